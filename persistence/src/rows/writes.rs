//! Rows to write. SQLite takes them as one JSON parameter. PostgreSQL takes an array for each column, in its own
//! binary form: reading JSON would cost it more than writing the rows.

use super::{Cell, Column, Kind, Row, parameter, source};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::ArrayType;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use uuid::Uuid;

/// Inserts rows; `tail` may hold an `ON CONFLICT` clause. Returns how many were inserted.
pub(crate) async fn insert<C: ConnectionTrait>(
    db: &C,
    table: &'static str,
    columns: &[Column],
    rows: Vec<Row>,
    tail: &str,
) -> Result<u64, DbErr> {
    if rows.is_empty() {
        return Ok(0);
    }
    let backend = db.get_database_backend();
    let write = Write { table, columns: columns.to_vec(), rows, changes: false };
    let text = write.text(backend, 1, tail);
    let values = write.values(backend);
    Ok(db.execute_raw(Statement::from_sql_and_values(backend, text, values)).await?.rows_affected())
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
                let text = write.text(backend, 1, "");
                db.execute_raw(Statement::from_sql_and_values(backend, text, write.values(backend))).await?;
            }
            return Ok(());
        }
        let mut parts = Vec::with_capacity(self.0.len());
        let mut values = Vec::new();
        for (n, write) in self.0.into_iter().enumerate() {
            parts.push(format!("w{n} AS ({})", write.text(backend, values.len() + 1, "")));
            values.extend(write.values(backend));
        }
        let text = format!("WITH {} SELECT 1", parts.join(", "));
        db.execute_raw(Statement::from_sql_and_values(backend, text, values)).await?;
        Ok(())
    }
}

impl Write {
    /// The statement, whose parameters begin with the number `first`.
    fn text(&self, backend: DbBackend, first: usize, tail: &str) -> String {
        let Self { table, columns, changes, .. } = self;
        let source = match backend {
            DbBackend::Sqlite => source(backend, columns),
            _ => arrays(columns, first),
        };
        if *changes {
            let key = columns[0].0;
            let set: Vec<String> =
                columns[1..].iter().map(|(name, _)| format!("{name} = r.{name}")).collect();
            return format!(
                "UPDATE {table} SET {} FROM {source} WHERE {table}.{key} = r.{key}",
                set.join(", ")
            );
        }
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        // SQLite needs a WHERE before ON CONFLICT in INSERT … SELECT.
        format!("INSERT INTO {table} ({names}) SELECT {names} FROM {source} WHERE true {tail}")
    }

    fn values(self, backend: DbBackend) -> Vec<Value> {
        match backend {
            DbBackend::Sqlite => vec![parameter(self.rows)],
            _ => columns_of(&self.columns, self.rows),
        }
    }
}

/// The table expression `r` over an array for each column. The driver's arrays hold no NULLs, so each kind has a
/// value that stands for one; texts that may be empty are marked, so that none can be taken for it.
fn arrays(columns: &[Column], first: usize) -> String {
    let parameters: Vec<String> = columns
        .iter()
        .zip(first..)
        .map(|((_, kind), number)| format!("${number}::{}[]", array_type(*kind)))
        .collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let shown: Vec<String> = columns.iter().map(|(name, kind)| shown(name, *kind)).collect();
    format!(
        "(SELECT {} FROM unnest({}) AS a({})) AS r",
        shown.join(", "),
        parameters.join(", "),
        names.join(", ")
    )
}

fn array_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid => "uuid",
        Kind::Text | Kind::Word => "text",
        Kind::Int | Kind::Bool => "bigint",
        Kind::Time => "timestamptz",
    }
}

fn shown(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Uuid => format!("NULLIF({name}, '{}'::uuid) AS {name}", Uuid::nil()),
        Kind::Text => format!("CASE WHEN {name} <> '' THEN substr({name}, 2) END AS {name}"),
        Kind::Word => format!("NULLIF({name}, '') AS {name}"),
        Kind::Int => format!("NULLIF({name}, {}) AS {name}", NO_INT + 1),
        Kind::Bool => format!("NULLIF({name}, {}) = 1 AS {name}", NO_INT + 1),
        Kind::Time => format!("NULLIF({name}, '0001-01-01T00:00:00Z'::timestamptz) AS {name}"),
    }
}

/// The least number, which PostgreSQL can't read as a literal: the one above it stands for NULL.
const NO_INT: i64 = i64::MIN;

/// What stands for no time: the first year.
const NO_TIME_SECONDS: i64 = -62_135_596_800;

/// The rows' cells by column.
fn columns_of(columns: &[Column], rows: Vec<Row>) -> Vec<Value> {
    let mut list: Vec<Vec<Value>> = columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        let mut cells: Vec<(&str, Option<Cell>)> =
            row.0.into_iter().map(|(name, cell)| (name, Some(cell))).collect();
        // Rows are mostly written in the order of their columns.
        let mut next = 0;
        for ((name, kind), column) in columns.iter().zip(&mut list) {
            let at = (next..cells.len()).chain(0..next).find(|index| cells[*index].0 == *name);
            next = at.map_or(next, |index| index + 1);
            column.push(value_of(*kind, at.and_then(|index| cells[index].1.take())));
        }
    }
    let typed =
        |((_, kind), column): (&Column, Vec<Value>)| Value::Array(type_of(*kind), Some(Box::new(column)));
    columns.iter().zip(list).map(typed).collect()
}

fn type_of(kind: Kind) -> ArrayType {
    match kind {
        Kind::Uuid => ArrayType::Uuid,
        Kind::Text | Kind::Word => ArrayType::String,
        Kind::Int | Kind::Bool => ArrayType::BigInt,
        Kind::Time => ArrayType::ChronoDateTimeUtc,
    }
}

fn value_of(kind: Kind, cell: Option<Cell>) -> Value {
    match (kind, cell) {
        (_, Some(Cell::Uuid(id))) => id.into(),
        (Kind::Word, Some(Cell::Text(text))) => text.into(),
        (_, Some(Cell::Text(text))) => format!("={text}").into(),
        (_, Some(Cell::Int(number))) => number.into(),
        (_, Some(Cell::Bool(flag))) => i64::from(flag).into(),
        (_, Some(Cell::Time(at))) => at.into(),
        (Kind::Uuid, None) => Uuid::nil().into(),
        (Kind::Text | Kind::Word, None) => String::new().into(),
        (Kind::Int | Kind::Bool, None) => (NO_INT + 1).into(),
        (Kind::Time, None) => DateTime::<Utc>::from_timestamp(NO_TIME_SECONDS, 0).unwrap_or_default().into(),
    }
}
