//! The pools: one for writing, one for reading.

use crate::clock::Clock;
use crate::rehearsal::Rehearsal;
use crate::work::{Reader, Work};
use crate::{Origin, Result, StoreError};
use migrations::Migrator;
use sea_orm::sqlx::Connection;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// Where the data lives: `sqlite://FILE` or `postgres://…`. Never shown whole: it can hold a password.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes an address.
    ///
    /// # Errors
    /// Says which two forms there are.
    pub fn parse(raw: &str) -> Result<Self> {
        let known =
            ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| raw.starts_with(scheme));
        if known && !raw.contains(":memory:") {
            return Ok(Self(raw.to_owned()));
        }
        Err(StoreError::SetUp("DATABASE_URL must be sqlite://FILE or postgres://USER@HOST/DATABASE".into()))
    }

    /// Whether the data lives in a file of this program's own.
    pub fn is_embedded(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    fn file(&self) -> &str {
        self.0.trim_start_matches("sqlite://").split('?').next().unwrap_or_default()
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_embedded() { "sqlite://…" } else { "postgres://…" })
    }
}

/// The database, shared by all who work with it.
pub struct Store {
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
    pub(crate) clock: Arc<dyn Clock>,
    /// Told after each commit that left mail to send.
    pub mail_is_due: Arc<Notify>,
    listing_changes: Arc<AtomicU64>,
    _only_server: Option<File>,
}

impl Store {
    /// Opens the pools. An embedded database that another program serves is refused.
    ///
    /// # Errors
    /// When the database can't be reached, or the file is in use.
    pub async fn open(url: &DatabaseUrl, clock: Arc<dyn Clock>) -> Result<Self> {
        #[cfg(feature = "planted")]
        crate::planted::plant()?;
        let only_server = if url.is_embedded() { Some(take_file(url.file())?) } else { None };
        let (writer, reader) = if url.is_embedded() { sqlite(url).await? } else { postgres(url).await? };
        Ok(Self {
            writer,
            reader,
            clock,
            mail_is_due: Arc::new(Notify::new()),
            listing_changes: Arc::default(),
            _only_server: only_server,
        })
    }

    /// Opens the pools beside a server that may serve the same embedded database: for commands that give out no
    /// places. SQLite lets one write at a time, whoever it is.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn open_beside(url: &DatabaseUrl, clock: Arc<dyn Clock>) -> Result<Self> {
        let (writer, reader) = if url.is_embedded() { sqlite(url).await? } else { postgres(url).await? };
        Ok(Self {
            writer,
            reader,
            clock,
            mail_is_due: Arc::default(),
            listing_changes: Arc::default(),
            _only_server: None,
        })
    }

    /// Brings the schema up to date; safe to call from several servers at once.
    ///
    /// # Errors
    /// When a step fails; then nothing of it is kept.
    pub async fn migrate(&self) -> Result<()> {
        if self.backend() == DbBackend::Sqlite {
            return Ok(Migrator::up(&self.writer, None).await?);
        }
        // The lock lives in a transaction of its own and ends with it, whatever happens.
        let lock = self.writer.begin().await?;
        lock.execute_unprepared("SET LOCAL lock_timeout = 0").await?;
        lock.execute_unprepared("SELECT pg_advisory_xact_lock(7220240001)").await?;
        Migrator::up(&self.writer, None).await?;
        Ok(lock.commit().await?)
    }

    /// How many steps of the schema's history are still to be taken; 0 when it is up to date.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn pending_migrations(&self) -> Result<usize> {
        Ok(Migrator::get_pending_migrations_read_only(&self.reader).await?.len())
    }

    /// Opens a write transaction on behalf of `origin`. Dropped without `commit` it rolls back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection is free in time.
    pub async fn begin(&self, origin: Origin) -> Result<Work> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let tx = self.writer.begin_with_options(options).await?;
        Ok(Work::new(tx, self.clock.clone(), self.mail_is_due.clone(), self.listing_changes.clone(), origin))
    }

    /// Opens a write transaction that is never committed: what a change would do (ADM-14).
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub async fn rehearse(&self, origin: Origin) -> Result<Rehearsal> {
        Ok(Rehearsal::of(self.begin(origin).await?))
    }

    /// How many commits of this process changed what the public listing shows.
    pub fn listing_changes(&self) -> u64 {
        self.listing_changes.load(Ordering::Acquire)
    }

    /// Reads without a transaction.
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(&self.reader, &*self.clock)
    }

    /// Asks the database whether it is there.
    ///
    /// # Errors
    /// When it doesn't answer.
    pub async fn ping(&self) -> Result<()> {
        self.reader.execute_raw(Statement::from_string(self.backend(), "SELECT 1")).await?;
        Ok(())
    }

    /// Whether the data lives in a file of this program's own.
    pub fn is_embedded(&self) -> bool {
        self.backend() == DbBackend::Sqlite
    }

    /// Finds out whether a transaction was committed whose answer was lost: `None` when it can't be known. A transaction's id
    /// alone proves nothing once PostgreSQL has crashed, or a standby has taken over (which begins another timeline): it gives
    /// ids anew that it had given to what never reached its log. So the `witness` is looked for, the id of an audit row
    /// that the transaction wrote, where it wrote any.
    pub(crate) async fn find_out(
        &self,
        transaction_id: Option<String>,
        witness: Option<Uuid>,
    ) -> Option<bool> {
        let id = transaction_id?;
        for _ in 0..50 {
            let text = "SELECT CASE WHEN left(split_part($1, ' ', 2), 8) = \
                        left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) \
                        THEN pg_xact_status(split_part($1, ' ', 1)::xid8) END AS status";
            let statement = Statement::from_sql_and_values(self.backend(), text, [id.clone().into()]);
            if let Ok(Some(row)) = self.reader.query_one_raw(statement).await {
                match row.try_get::<Option<String>>("", "status").ok().flatten().as_deref() {
                    Some("in progress") => {} // the server has not noticed yet that we are gone
                    status => {
                        // Looked for after its status is known: what ended has been there, or not, since before.
                        let there = match witness {
                            Some(witness) => self.is_witnessed(witness).await,
                            None => Some(status == Some("committed")),
                        };
                        match (there, status) {
                            (Some(true), _) => return Some(true),
                            (Some(false), Some(_)) => return Some(false),
                            (Some(false), None) => return None,
                            (None, _) => {}
                        }
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    }

    /// Whether such an audit row is there; `None` when nobody answers.
    async fn is_witnessed(&self, id: Uuid) -> Option<bool> {
        let text = "SELECT count(*) AS n FROM audit WHERE id = $1";
        let statement = Statement::from_sql_and_values(self.backend(), text, [id.into()]);
        let row = self.reader.query_one_raw(statement).await.ok()??;
        row.try_get::<i64>("", "n").ok().map(|n| n > 0)
    }

    /// Ends all connections.
    pub async fn close(&self) {
        let _ = self.writer.clone().close().await;
        let _ = self.reader.clone().close().await;
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }
}

fn take_file(path: &str) -> Result<File> {
    let lock_path = format!("{path}.lock");
    let file = open_private(Path::new(&lock_path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(StoreError::SetUp(format!(
            "{path} is in use by another academy program: stop it first, or use PostgreSQL for several servers"
        ))),
    }
}

/// Opens a file, made for the program's own user only where it isn't there yet.
fn open_private(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| StoreError::SetUp(format!("cannot open {}: {e}", path.display())))
}

async fn sqlite(url: &DatabaseUrl) -> Result<(DatabaseConnection, DatabaseConnection)> {
    // SQLite gives its `-wal` and `-shm` the permissions of the database itself.
    let options: SqliteConnectOptions = url.0.parse().map_err(|e| StoreError::SetUp(format!("{e}")))?;
    open_private(options.get_filename())?;
    let shared = |max: u32, read_only: bool| {
        let mut options = ConnectOptions::new(url.0.clone());
        options.max_connections(max).min_connections(1).sqlx_logging(false).test_before_acquire(false);
        options.acquire_timeout(Duration::from_secs(10));
        // After a full disk SQLite has rolled back by itself, and what is below us still counts a transaction as open:
        // the next would be a savepoint that is never committed. Such a connection is never used again.
        options.map_sqlx_sqlite_before_acquire(|connection, _| {
            let is_at_rest = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_at_rest) })
        });
        options.map_sqlx_sqlite_opts(move |o| {
            let o = o
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
                .statement_cache_capacity(400);
            if read_only { o.pragma("query_only", "1") } else { o.pragma("trusted_schema", "0") }
        });
        options
    };
    let writer = Database::connect(shared(1, false)).await?;
    let version =
        writer.query_one_raw(Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version() AS v"));
    let version: String = version.await?.map(|row| row.try_get("", "v")).transpose()?.unwrap_or_default();
    let parts: Vec<u32> = version.split('.').filter_map(|p| p.parse().ok()).collect();
    if parts < vec![3, 51, 3] {
        return Err(StoreError::SetUp(format!(
            "SQLite {version} can corrupt a WAL; 3.51.3 or later is needed"
        )));
    }
    let reader = Database::connect(shared(4, true)).await?;
    Ok((writer, reader))
}

async fn postgres(url: &DatabaseUrl) -> Result<(DatabaseConnection, DatabaseConnection)> {
    let pool = |max: u32, plans: &'static [(&'static str, &'static str)]| {
        let mut options = ConnectOptions::new(url.0.clone());
        options.max_connections(max).min_connections(1).sqlx_logging(false);
        // A busy connection needs no test; one that rested may have lost its server in the meantime.
        options.test_before_acquire_if_idle_for(Duration::from_millis(250));
        options.acquire_timeout(Duration::from_secs(5));
        options.idle_timeout(Duration::from_secs(600));
        options.map_sqlx_postgres_opts(|o| {
            let o = o.application_name("academy").statement_cache_capacity(400).options([
                ("lock_timeout", "8s"),
                ("statement_timeout", "15s"),
                ("idle_in_transaction_session_timeout", "20s"),
                ("jit", "off"),
            ]);
            o.options(plans.iter().copied())
        });
        options
    };
    // What writes touches a few rows of large tables by their keys. PostgreSQL keeps its plans, those of foreign
    // keys too; made while a table was small they would read all of it when it is large.
    let by_keys = &[
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        ("plan_cache_mode", "force_generic_plan"),
    ];
    let writer = Database::connect(pool(6, by_keys)).await?;
    let reader = Database::connect(pool(8, &[])).await?;
    Ok((writer, reader))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Access, SystemClock};

    async fn note(store: &Store, value: &str) -> Result<Work> {
        let work = store.begin(Origin::job()).await?;
        work.connection().execute_unprepared(&format!("INSERT INTO note VALUES ({value})")).await?;
        Ok(work)
    }

    /// ADM-10.
    #[tokio::test]
    async fn what_is_committed_after_the_disk_was_full_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("a.db").display());
        let store = Store::open(&DatabaseUrl::parse(&url).unwrap(), Arc::new(SystemClock)).await.unwrap();
        store.writer.execute_unprepared("CREATE TABLE note (text)").await.unwrap();
        store.writer.execute_unprepared("PRAGMA max_page_count = 10").await.unwrap();
        let full = note(&store, "zeroblob(1000000)").await.err();
        assert!(matches!(full, Some(StoreError::Unavailable(_))), "{full:?}");
        drop(note(&store, "'taken back'").await.unwrap());
        note(&store, "'kept'").await.unwrap().commit_written(false).await.unwrap();
        let text = "SELECT group_concat(text) AS all_of_it FROM note";
        let row = store.reader.query_one_raw(Statement::from_string(DbBackend::Sqlite, text)).await;
        let kept: String = row.unwrap().unwrap().try_get("", "all_of_it").unwrap();
        assert_eq!(kept, "kept");
    }
}
