//! A test's own database, empty or copied from one that was furnished.

use crate::postgres::{self, Cluster};
use crate::scratch;
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// The two databases that the program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of the program's own.
    Sqlite,
    /// A server, shared by several programs.
    Postgres,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// One database; removed when the last handle is dropped.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

enum Inner {
    Sqlite { directory: TempDir },
    Postgres { cluster: &'static Cluster, name: String },
    Foreign { url: String },
}

impl Database {
    /// A new one without tables. `None` for PostgreSQL where there is no server.
    pub fn empty(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Sqlite => Some(Self::in_directory()),
            Kind::Postgres => Some(Self::on_cluster(postgres::shared()?, "")),
        }
    }

    /// One that the caller made and removes.
    pub fn at(url: impl Into<String>) -> Self {
        Self(Arc::new(Inner::Foreign { url: url.into() }))
    }

    /// One with the same rows. No program may be using the original.
    ///
    /// # Panics
    /// When it can't be copied.
    pub fn copy(&self) -> Self {
        match &*self.0 {
            Inner::Sqlite { directory } => {
                let copy = Self::in_directory();
                let to = copy.file().expect("a file").to_owned();
                for ending in ["", "-wal"] {
                    let from = directory.path().join(format!("academy.db{ending}"));
                    if from.exists() {
                        let to = format!("{}{ending}", to.display());
                        std::fs::copy(from, to).expect("the database can be copied");
                    }
                }
                copy
            }
            Inner::Postgres { cluster, name } => Self::on_cluster(cluster, &format!(" TEMPLATE {name}")),
            Inner::Foreign { .. } => panic!("a foreign database is not copied"),
        }
    }

    fn in_directory() -> Self {
        let directory = tempfile::Builder::new().prefix("sqlite-").tempdir_in(scratch::on_disk());
        Self(Arc::new(Inner::Sqlite { directory: directory.expect("a directory for the database") }))
    }

    fn on_cluster(cluster: &'static Cluster, tail: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("academy_test_{}_{number}", std::process::id());
        on_server(cluster, format!("CREATE DATABASE {name}{tail}"));
        Self(Arc::new(Inner::Postgres { cluster, name }))
    }

    /// What `DATABASE_URL` has to say.
    pub fn url(&self) -> String {
        match &*self.0 {
            Inner::Sqlite { directory } => {
                format!("sqlite://{}", directory.path().join("academy.db").display())
            }
            Inner::Postgres { cluster, name } => cluster.url(name),
            Inner::Foreign { url } => url.clone(),
        }
    }

    /// Which of the two it is.
    pub fn kind(&self) -> Kind {
        if self.url().starts_with("sqlite") { Kind::Sqlite } else { Kind::Postgres }
    }

    /// The file, on SQLite.
    pub fn file(&self) -> Option<PathBuf> {
        let url = self.url();
        url.strip_prefix("sqlite://").map(|path| Path::new(path).to_owned())
    }

    /// A connection of the test's own, to look at what the program wrote.
    ///
    /// # Panics
    /// When it can't be opened.
    pub async fn connect(&self) -> DatabaseConnection {
        sea_orm::Database::connect(self.url()).await.expect("the test's database answers")
    }

    /// The first column of what `sql` gives, as text.
    ///
    /// # Panics
    /// When the statement fails.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        let db = self.connect().await;
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let rows = db.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let texts = rows.iter().map(|row| row.try_get_by_index::<Option<String>>(0));
        let texts = texts.map(|text| text.expect("a text").unwrap_or_default()).collect();
        let _ = db.close().await;
        texts
    }

    /// The ids of a table's rows, in order: what works off its rows meanwhile changes none of them.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn ids(&self, table: &str) -> Vec<String> {
        let id = match self.kind() {
            Kind::Postgres => "id::text",
            Kind::Sqlite => "CASE typeof(id) WHEN 'blob' THEN hex(id) ELSE CAST(id AS text) END",
        };
        self.column(&format!("SELECT {id} FROM {table} ORDER BY 1")).await
    }

    /// Every row of a table, as the text of a JSON object each.
    ///
    /// # Panics
    /// When the table can't be read.
    pub async fn dump(&self, table: &str) -> Vec<String> {
        let sql = match self.kind() {
            Kind::Postgres => format!("SELECT row_to_json(t)::text FROM {table} t"),
            Kind::Sqlite => {
                let columns = self.column(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let texts: Vec<String> =
                    columns.iter().map(|c| format!("CASE typeof({c}) WHEN 'blob' THEN hex({c}) ELSE coalesce(CAST({c} AS text), '') END")).collect();
                format!("SELECT {} FROM {table}", texts.join(" || ' | ' || "))
            }
        };
        self.column(&sql).await
    }

    /// Every table's name.
    pub async fn tables(&self) -> Vec<String> {
        self.column(match self.kind() {
            Kind::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            }
            Kind::Postgres => {
                "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
            }
        })
        .await
    }

    /// Executes a statement.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&self, sql: &str) -> Result<u64, sea_orm::DbErr> {
        Self::execute_on(self.connect().await, sql).await
    }

    /// The same where the database perhaps does not answer: it is not waited for.
    ///
    /// # Errors
    /// What the database says, or that there is none.
    pub(crate) async fn try_to(&self, sql: &str) -> Result<u64, sea_orm::DbErr> {
        let mut options = ConnectOptions::new(self.url());
        options.acquire_timeout(Duration::from_secs(1));
        Self::execute_on(sea_orm::Database::connect(options).await?, sql).await
    }

    async fn execute_on(db: DatabaseConnection, sql: &str) -> Result<u64, sea_orm::DbErr> {
        let backend: DbBackend = db.get_database_backend();
        let done = db.execute_raw(Statement::from_string(backend, sql)).await;
        let _ = db.close().await;
        done.map(|done| done.rows_affected())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Self::Postgres { cluster, name } = self {
            on_server(cluster, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// Runs one statement outside any test's database, whether or not a runtime is around.
fn on_server(cluster: &'static Cluster, sql: String) {
    let url = cluster.url("postgres");
    let done = std::thread::spawn(move || {
        crate::world::runtime().block_on(async {
            let db = sea_orm::Database::connect(url).await?;
            db.execute_unprepared(&sql).await?;
            db.close().await
        })
    });
    let done = done.join().expect("the statement's thread ends");
    if let Err(error) = done
        && !std::thread::panicking()
    {
        panic!("PostgreSQL: {error}");
    }
}
