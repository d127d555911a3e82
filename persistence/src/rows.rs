//! Set-based statements that read the same on both databases: many rows travel as one JSON parameter, so
//! the statement's text is constant (prepared once) and no bind limit is met.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The type of a column of such rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Uuid,
    Text,
    Int,
    Bool,
    Time,
}

/// A column: its name in SQL and its type.
pub(crate) type Column = (&'static str, Kind);

/// One row, by column name; a missing column is NULL.
#[derive(Default)]
pub(crate) struct Row(Map<String, Value>);

impl Row {
    pub(crate) fn uuid(mut self, name: &str, value: impl Into<Option<Uuid>>) -> Self {
        if let Some(id) = value.into() {
            self.0.insert(name.to_owned(), Value::String(id.simple().to_string()));
        }
        self
    }

    pub(crate) fn text(mut self, name: &str, value: impl Into<Option<String>>) -> Self {
        if let Some(text) = value.into() {
            self.0.insert(name.to_owned(), Value::String(text));
        }
        self
    }

    pub(crate) fn int(mut self, name: &str, value: impl Into<Option<i64>>) -> Self {
        if let Some(number) = value.into() {
            self.0.insert(name.to_owned(), Value::from(number));
        }
        self
    }

    pub(crate) fn bool(mut self, name: &str, value: impl Into<Option<bool>>) -> Self {
        if let Some(flag) = value.into() {
            self.0.insert(name.to_owned(), Value::Bool(flag));
        }
        self
    }

    pub(crate) fn time(mut self, name: &str, value: impl Into<Option<DateTime<Utc>>>) -> Self {
        if let Some(at) = value.into() {
            // The same text as sqlx writes on SQLite, so that stored times compare as text.
            self.0.insert(name.to_owned(), Value::String(at.to_rfc3339_opts(SecondsFormat::AutoSi, false)));
        }
        self
    }
}

/// The rows as a table expression `r`, fed by the statement's first parameter.
pub(crate) fn source(backend: DbBackend, columns: &[Column]) -> String {
    match backend {
        DbBackend::Sqlite => {
            let list: Vec<String> = columns.iter().map(|(name, kind)| sqlite_column(name, *kind)).collect();
            format!("(SELECT {} FROM json_each($1)) AS r", list.join(", "))
        }
        _ => {
            let list: Vec<String> =
                columns.iter().map(|(name, kind)| format!("{name} {}", postgres_type(*kind))).collect();
            format!("json_to_recordset($1::json) AS r({})", list.join(", "))
        }
    }
}

fn sqlite_column(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Uuid => format!("unhex(value ->> '{name}') AS {name}"),
        _ => format!("value ->> '{name}' AS {name}"),
    }
}

fn postgres_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid => "uuid",
        Kind::Text => "text",
        Kind::Int => "bigint",
        Kind::Bool => "boolean",
        Kind::Time => "timestamptz",
    }
}

/// The statement's first parameter.
pub(crate) fn parameter(rows: Vec<Row>) -> sea_orm::Value {
    let list: Vec<Value> = rows.into_iter().map(|row| Value::Object(row.0)).collect();
    Value::Array(list).to_string().into()
}

/// Rows with one id each, to join with.
pub(crate) fn ids(list: impl IntoIterator<Item = Uuid>) -> sea_orm::Value {
    parameter(list.into_iter().map(|id| Row::default().uuid("id", id)).collect())
}

/// The table expression for [`ids`].
pub(crate) fn ids_source(backend: DbBackend) -> String {
    source(backend, &[("id", Kind::Uuid)])
}

/// Inserts rows; `tail` may hold an `ON CONFLICT` clause. Returns how many were inserted.
pub(crate) async fn insert<C: ConnectionTrait>(
    db: &C,
    table: &str,
    columns: &[Column],
    rows: Vec<Row>,
    tail: &str,
) -> Result<u64, sea_orm::DbErr> {
    if rows.is_empty() {
        return Ok(0);
    }
    let backend = db.get_database_backend();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    // SQLite needs a WHERE before ON CONFLICT in INSERT … SELECT.
    let text = format!(
        "INSERT INTO {table} ({names}) SELECT {names} FROM {} WHERE true {tail}",
        source(backend, columns)
    );
    let statement = Statement::from_sql_and_values(backend, text, [parameter(rows)]);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Sets all columns but the first, which is the key, of the rows with these keys.
pub(crate) async fn update<C: ConnectionTrait>(
    db: &C,
    table: &str,
    columns: &[Column],
    rows: Vec<Row>,
) -> Result<u64, sea_orm::DbErr> {
    if rows.is_empty() {
        return Ok(0);
    }
    let backend = db.get_database_backend();
    let key = columns[0].0;
    let set: Vec<String> = columns[1..].iter().map(|(name, _)| format!("{name} = r.{name}")).collect();
    let text = format!(
        "UPDATE {table} SET {} FROM {} WHERE {table}.{key} = r.{key}",
        set.join(", "),
        source(backend, columns)
    );
    let statement = Statement::from_sql_and_values(backend, text, [parameter(rows)]);
    Ok(db.execute_raw(statement).await?.rows_affected())
}
