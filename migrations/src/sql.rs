//! Steps are written once, in SQL that both databases read; only the names of two types differ.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Runs statements separated by a line `--;`.
pub(crate) async fn run(manager: &SchemaManager<'_>, script: &str) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    for statement in script.split("--;").map(str::trim).filter(|text| !text.is_empty()) {
        manager.get_connection().execute_unprepared(&in_dialect(backend, statement)).await?;
    }
    Ok(())
}

fn in_dialect(backend: DbBackend, statement: &str) -> String {
    match backend {
        DbBackend::Sqlite => {
            statement.replace(" uuid", " uuid_text").replace(" timestamptz", " timestamp_with_timezone_text")
        }
        _ => statement.to_owned(),
    }
}

/// Makes a table append-only: the database refuses to change or delete its rows.
pub(crate) async fn append_only(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let script = match manager.get_database_backend() {
        DbBackend::Sqlite => ["UPDATE", "DELETE"]
            .map(|change| {
                format!(
                    "CREATE TRIGGER {table}_no_{change} BEFORE {change} ON {table} \
                     BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            })
            .join("--;"),
        _ => format!(
            "CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$ --; \
             CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} \
             FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        ),
    };
    run(manager, &script).await
}
