//! Set-based statements that read the same on both databases: many rows travel as one JSON parameter, so
//! the statement's text is constant (prepared once) and no bind limit is met.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde::Serialize;
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

/// One row, by column name, each at most once; a missing column is NULL. Written as JSON at once: a batch has
/// thousands of cells.
#[derive(Default)]
pub(crate) struct Row(Vec<u8>);

impl Row {
    pub(crate) fn uuid(self, name: &str, value: impl Into<Option<Uuid>>) -> Self {
        self.cell(name, value.into().map(Uuid::simple))
    }

    pub(crate) fn text(self, name: &str, value: impl Into<Option<String>>) -> Self {
        self.cell(name, value.into())
    }

    pub(crate) fn int(self, name: &str, value: impl Into<Option<i64>>) -> Self {
        self.cell(name, value.into())
    }

    pub(crate) fn bool(self, name: &str, value: impl Into<Option<bool>>) -> Self {
        self.cell(name, value.into())
    }

    pub(crate) fn time(self, name: &str, value: impl Into<Option<DateTime<Utc>>>) -> Self {
        // The same text as sqlx writes on SQLite, so that stored times compare as text.
        self.cell(name, value.into().map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, false)))
    }

    fn cell(mut self, name: &str, value: Option<impl Serialize>) -> Self {
        let Some(value) = value else { return self };
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
        // Texts, numbers and flags can always be written, and a vector takes them all.
        let _ = serde_json::to_writer(&mut self.0, &value);
        self
    }
}

/// The rows as a table expression `r`, fed by the statement's first parameter.
pub(crate) fn source(backend: DbBackend, columns: &[Column]) -> String {
    source_of(backend, columns, 1)
}

/// The same, fed by the parameter with this number.
fn source_of(backend: DbBackend, columns: &[Column], number: usize) -> String {
    match backend {
        DbBackend::Sqlite => {
            let list: Vec<String> = columns.iter().map(|(name, kind)| sqlite_column(name, *kind)).collect();
            format!("(SELECT {} FROM json_each(${number})) AS r", list.join(", "))
        }
        _ => {
            let list: Vec<String> =
                columns.iter().map(|(name, kind)| format!("{name} {}", postgres_type(*kind))).collect();
            format!("json_to_recordset(${number}::json) AS r({})", list.join(", "))
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
    let mut list = Vec::with_capacity(2 + rows.iter().map(|row| row.0.len() + 2).sum::<usize>());
    for (index, row) in rows.iter().enumerate() {
        list.push(if index == 0 { b'[' } else { b',' });
        list.extend_from_slice(if row.0.is_empty() { b"{" } else { &row.0 });
        list.push(b'}');
    }
    list.extend_from_slice(if rows.is_empty() { b"[]" } else { b"]" });
    // Names are ours and values are written by serde_json: it is UTF-8.
    String::from_utf8(list).unwrap_or_default().into()
}

/// Joins what stands in a table for each row before it, looked up by an index. PostgreSQL keeps a statement's
/// plan: one made while the table was small would read all of it for ever, so the way is laid down here.
pub(crate) fn lookup(backend: DbBackend, table: &str, alias: &str, on: &str) -> String {
    match backend {
        DbBackend::Sqlite => format!("CROSS JOIN {table} {alias} ON {on}"),
        _ => {
            format!("CROSS JOIN LATERAL (SELECT * FROM {table} {alias} WHERE {on} OFFSET 0) AS {alias}")
        }
    }
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
) -> Result<u64, DbErr> {
    if rows.is_empty() {
        return Ok(0);
    }
    let backend = db.get_database_backend();
    let text = insertion(backend, table, columns, tail, 1);
    Ok(db
        .execute_raw(Statement::from_sql_and_values(backend, text, [parameter(rows)]))
        .await?
        .rows_affected())
}

fn insertion(backend: DbBackend, table: &str, columns: &[Column], tail: &str, number: usize) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    // SQLite needs a WHERE before ON CONFLICT in INSERT … SELECT.
    let source = source_of(backend, columns, number);
    format!("INSERT INTO {table} ({names}) SELECT {names} FROM {source} WHERE true {tail}")
}

fn change(backend: DbBackend, table: &str, columns: &[Column], number: usize) -> String {
    let key = columns[0].0;
    let set: Vec<String> = columns[1..].iter().map(|(name, _)| format!("{name} = r.{name}")).collect();
    let source = source_of(backend, columns, number);
    format!("UPDATE {table} SET {} FROM {source} WHERE {table}.{key} = r.{key}", set.join(", "))
}

/// Rows for several tables, written together: one way to PostgreSQL for all of them, and the statements one
/// after another on SQLite, where a way costs nothing. No row may stand in two of them, and none may make room
/// for another, since PostgreSQL keeps no order among them; foreign keys it checks when all are there.
#[derive(Default)]
pub(crate) struct Writes(Vec<Write>);

struct Write {
    table: &'static str,
    columns: Vec<Column>,
    rows: Vec<Row>,
    changes: bool,
}

impl Writes {
    /// Inserts rows.
    pub(crate) fn insert(&mut self, table: &'static str, columns: &[Column], rows: Vec<Row>) {
        self.0.push(Write { table, columns: columns.to_vec(), rows, changes: false });
    }

    /// Sets all columns but the first, which is the key, of the rows with these keys.
    pub(crate) fn update(&mut self, table: &'static str, columns: &[Column], rows: Vec<Row>) {
        self.0.push(Write { table, columns: columns.to_vec(), rows, changes: true });
    }

    /// Writes all of it.
    pub(crate) async fn run<C: ConnectionTrait>(mut self, db: &C) -> Result<(), DbErr> {
        self.0.retain(|write| !write.rows.is_empty());
        let backend = db.get_database_backend();
        if backend == DbBackend::Sqlite || self.0.len() < 2 {
            for write in self.0 {
                let text = write.text(backend, 1);
                let statement = Statement::from_sql_and_values(backend, text, [parameter(write.rows)]);
                db.execute_raw(statement).await?;
            }
            return Ok(());
        }
        let texts = self.0.iter().zip(1..).map(|(write, number)| write.text(backend, number));
        let parts: Vec<String> =
            texts.zip(1..).map(|(text, n): (String, u32)| format!("w{n} AS ({text})")).collect();
        let text = format!("WITH {} SELECT 1", parts.join(", "));
        let values = self.0.into_iter().map(|write| parameter(write.rows));
        db.execute_raw(Statement::from_sql_and_values(backend, text, values)).await?;
        Ok(())
    }
}

impl Write {
    fn text(&self, backend: DbBackend, number: usize) -> String {
        if self.changes {
            change(backend, self.table, &self.columns, number)
        } else {
            insertion(backend, self.table, &self.columns, "", number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_travel_as_one_json_text() {
        let id = Uuid::from_u128(7);
        let row = Row::default().uuid("id", id).text("t", "a\"\n".to_owned()).int("n", -1).bool("b", true);
        let row = row.text("none", None).time("at", DateTime::from_timestamp_micros(1_500_000));
        let text = r#"[{"id":"00000000000000000000000000000007","t":"a\"\n","n":-1,"b":true,"at":"1970-01-01T00:00:01.500+00:00"},{}]"#;
        assert_eq!(parameter(vec![row, Row::default()]), text.into());
        assert_eq!(parameter(vec![]), "[]".into());
    }
}
