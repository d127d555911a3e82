//! Reading many rows as they were at one moment, without holding anybody up.

use crate::work::Access;
use crate::{Result, Store};
use sea_orm::{
    AccessMode, DatabaseTransaction, DbBackend, IsolationLevel, TransactionOptions, TransactionTrait,
};

/// An open read transaction: every statement sees the moment of the first one.
pub(crate) struct Snapshot(DatabaseTransaction);

impl Access for Snapshot {
    type Connection = DatabaseTransaction;

    fn connection(&self) -> &DatabaseTransaction {
        &self.0
    }
}

impl Store {
    /// Opens one. It takes no locks, so what is decided on it may be out of date: it is for looking back.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        // A read transaction of SQLite is one by itself.
        let of_postgres = self.backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: of_postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: of_postgres.then_some(AccessMode::ReadOnly),
            ..Default::default()
        };
        Ok(Snapshot(self.reader.begin_with_options(options).await?))
    }
}
