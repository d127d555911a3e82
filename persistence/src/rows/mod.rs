//! Set-based statements that read the same on both databases. Rows to look up travel as one JSON parameter, so
//! the statement's text is constant (prepared once) and no bind limit is met; rows to write see [`writes`].

mod writes;

pub(crate) use writes::{Writes, insert};

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::DbBackend;
use uuid::Uuid;

/// The type of a column of such rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Uuid,
    Text,
    /// A text that is never empty.
    Word,
    Int,
    Bool,
    Time,
}

/// A column: its name in SQL and its type.
pub(crate) type Column = (&'static str, Kind);

/// What stands in one column of one row.
#[derive(Clone, Debug)]
enum Cell {
    Uuid(Uuid),
    Text(String),
    Int(i64),
    Bool(bool),
    Time(DateTime<Utc>),
}

/// One row, by column name, each at most once; a missing column is NULL.
#[derive(Default)]
pub(crate) struct Row(Vec<(&'static str, Cell)>);

impl Row {
    pub(crate) fn uuid(self, name: &'static str, value: impl Into<Option<Uuid>>) -> Self {
        self.cell(name, value.into().map(Cell::Uuid))
    }

    pub(crate) fn text(self, name: &'static str, value: impl Into<Option<String>>) -> Self {
        self.cell(name, value.into().map(Cell::Text))
    }

    pub(crate) fn int(self, name: &'static str, value: impl Into<Option<i64>>) -> Self {
        self.cell(name, value.into().map(Cell::Int))
    }

    pub(crate) fn bool(self, name: &'static str, value: impl Into<Option<bool>>) -> Self {
        self.cell(name, value.into().map(Cell::Bool))
    }

    pub(crate) fn time(self, name: &'static str, value: impl Into<Option<DateTime<Utc>>>) -> Self {
        self.cell(name, value.into().map(Cell::Time))
    }

    fn cell(mut self, name: &'static str, cell: Option<Cell>) -> Self {
        self.0.extend(cell.map(|cell| (name, cell)));
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
        Kind::Text | Kind::Word => "text",
        Kind::Int => "bigint",
        Kind::Bool => "boolean",
        Kind::Time => "timestamptz",
    }
}

/// The statement's first parameter: the rows as a JSON text.
pub(crate) fn parameter(rows: Vec<Row>) -> sea_orm::Value {
    let mut list = Vec::with_capacity(2 + rows.len() * 64);
    list.push(b'[');
    for (index, row) in rows.iter().enumerate() {
        list.extend_from_slice(if index == 0 { b"{" } else { b",{" });
        for (position, (name, cell)) in row.0.iter().enumerate() {
            list.extend_from_slice(if position == 0 { b"\"" } else { b",\"" });
            list.extend_from_slice(name.as_bytes());
            list.extend_from_slice(b"\":");
            write_json(&mut list, cell);
        }
        list.push(b'}');
    }
    list.push(b']');
    // Names are ours and values are written by serde_json: it is UTF-8.
    String::from_utf8(list).unwrap_or_default().into()
}

/// Texts, numbers and flags can always be written, and a vector takes them all.
fn write_json(list: &mut Vec<u8>, cell: &Cell) {
    let _ = match cell {
        Cell::Uuid(id) => serde_json::to_writer(list, &id.simple()),
        Cell::Text(text) => serde_json::to_writer(list, text),
        Cell::Int(number) => serde_json::to_writer(list, number),
        Cell::Bool(flag) => serde_json::to_writer(list, flag),
        // The same text as sqlx writes on SQLite, so that stored times compare as text.
        Cell::Time(at) => serde_json::to_writer(list, &at.to_rfc3339_opts(SecondsFormat::AutoSi, false)),
    };
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

/// Whether a table holds a row for which `on` is true, looked up by an index: PostgreSQL may read the whole table for
/// an `EXISTS` in a list of columns.
pub(crate) fn holds(table: &str, alias: &str, on: &str) -> String {
    format!("(SELECT 1 FROM {table} {alias} WHERE {on} LIMIT 1) IS NOT NULL")
}

/// Rows with one id each, to join with.
pub(crate) fn ids(list: impl IntoIterator<Item = Uuid>) -> sea_orm::Value {
    parameter(list.into_iter().map(|id| Row::default().uuid("id", id)).collect())
}

/// The table expression for [`ids`].
pub(crate) fn ids_source(backend: DbBackend) -> String {
    source(backend, &[("id", Kind::Uuid)])
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
