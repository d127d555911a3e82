//! On PostgreSQL the texts that claims are looked up by compare as bytes, as they always do on SQLite: no rules of
//! a language are asked for an email or a key, and both databases agree whatever the server's locale is.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0030_keys_compare_as_bytes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        collate(manager, "\"C\"").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        collate(manager, "\"default\"").await
    }
}

const COLUMNS: [(&str, &[&str]); 3] =
    [("person_email", &["address"]), ("attendance", &["address"]), ("repeat_key", &["caller", "key"])];

async fn collate(manager: &SchemaManager<'_>, collation: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    for (table, columns) in COLUMNS {
        let changes: Vec<String> = columns
            .iter()
            .map(|column| format!("ALTER COLUMN {column} TYPE text COLLATE {collation}"))
            .collect();
        crate::sql::run(manager, &format!("ALTER TABLE {table} {}", changes.join(", "))).await?;
    }
    Ok(())
}
