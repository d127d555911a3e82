//! What can go wrong with the database, sorted by what the caller should do.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection, a time-out, a full queue: try again shortly.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The answer to COMMIT was lost and what happened could not be found out.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// A unique or foreign key refused the change.
    #[error("a key refuses the change: {0}")]
    Conflict(String),
    /// A row says what no program of ours writes.
    #[error("corrupt row in {table}.{column} of {row}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Primary key.
        row: String,
    },
    /// A sitting of the desk loaded too little of a waiting list; it is repeated with all of it.
    #[error("more of a waiting list is needed")]
    NeedsMore,
    /// A choice of a joining form got a place while the form's other choices were not at hand; it is repeated with
    /// them (ADM-21).
    #[error("the other choices of a form are needed")]
    NeedsChoices,
    /// Somebody got a place while what they have asked for elsewhere, at the same time, could be given to them there; it is
    /// repeated with those cohorts locked (PRG-6).
    #[error("what somebody asked for elsewhere is needed")]
    NeedsClaims,
    /// A key that a batch of the desk took for new was used before; the batch is repeated with its keys looked up.
    #[error("a key was used before")]
    KeyMet,
    /// Anything else.
    #[error(transparent)]
    Database(DbErr),
    /// The set-up does not fit: a wrong address, an old schema, a file in use.
    #[error("{0}")]
    SetUp(String),
}

impl StoreError {
    /// A value that does not parse.
    pub(crate) fn corrupt(table: &'static str, column: &'static str, row: impl ToString) -> Self {
        Self::Corrupt { table, column, row: row.to_string() }
    }

    /// Whether the transaction certainly left nothing behind.
    pub fn certainly_rolled_back(&self) -> bool {
        !matches!(self, Self::OutcomeUnknown)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(name) | SqlErr::ForeignKeyConstraintViolation(name)) =
            error.sql_err()
        {
            return Self::Conflict(name);
        }
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error.to_string()),
            DbErr::Exec(RuntimeErr::SqlxError(e)) | DbErr::Query(RuntimeErr::SqlxError(e))
                if is_passing(e) =>
            {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Database(error),
        }
    }
}

/// `SQLITE_BUSY`, `SQLITE_IOERR`, `SQLITE_FULL` and `SQLITE_CANTOPEN`.
const SQLITE_PASSING: [u32; 4] = [5, 10, 13, 14];

/// Lost connections, time-outs, deadlocks, shutdowns and full disks pass; a wrong statement doesn't.
fn is_passing(error: &sea_orm::sqlx::Error) -> bool {
    use sea_orm::sqlx::Error;
    match error {
        Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed | Error::Tls(_) => true,
        Error::Database(e) => e.code().is_some_and(|code| {
            // PostgreSQL's codes have five characters, SQLite's are numbers with the kind in the lowest byte.
            if code.len() < 5 {
                return code.parse::<u32>().is_ok_and(|code| SQLITE_PASSING.contains(&(code & 0xff)));
            }
            ["08", "53", "57"].iter().any(|class| code.starts_with(class))
                || ["40001", "40P01", "55P03", "25006", "58030"].contains(&code.as_ref())
        }),
        _ => false,
    }
}
