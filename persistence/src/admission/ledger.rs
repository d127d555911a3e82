//! The `ledger_entry` table (ADM-12): append-only, read in order.

use super::sitting::DeskKey;
use crate::rows::{Column, Kind, Row, Writes};
use crate::{Access, Result, StoreError};
use chrono::{DateTime, Utc};
use domain::admission::{Entry, EntryKind};
use domain::ids::{BookingId, CohortId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

const COLUMNS: [Column; 12] = [
    ("cohort_id", Kind::Uuid),
    ("version", Kind::Int),
    ("academy_id", Kind::Uuid),
    ("kind", Kind::Word),
    ("sequence", Kind::Int),
    ("booking_id", Kind::Uuid),
    ("moment", Kind::Time),
    ("recorded_at", Kind::Time),
    ("facts", Kind::Word),
    ("decisions", Kind::Word),
    ("previous_hash", Kind::Word),
    ("entry_hash", Kind::Word),
];

pub(super) fn insert(writes: &mut Writes, entries: &[(DeskKey, Entry)]) {
    let integer = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let row = |(key, entry): &(DeskKey, Entry)| {
        Row::default()
            .uuid("cohort_id", key.cohort_id.0)
            .int("version", integer(entry.version))
            .uuid("academy_id", key.academy_id.0)
            .text("kind", entry.kind.as_str().to_owned())
            .int("sequence", entry.sequence.map(integer))
            .uuid("booking_id", entry.booking.map(|id| id.0))
            .time("moment", entry.moment)
            .time("recorded_at", entry.recorded_at)
            .text("facts", serde_json::Value::Object(entry.facts.clone()).to_string())
            .text("decisions", entry.decisions_json().to_string())
            .text("previous_hash", entry.previous_hash.clone())
            .text("entry_hash", entry.entry_hash.clone())
    };
    writes.insert("ledger_entry", &COLUMNS, entries.iter().map(row).collect());
}

#[derive(FromQueryResult)]
struct EntryRow {
    cohort_id: Uuid,
    version: i64,
    kind: String,
    sequence: Option<i64>,
    booking_id: Option<Uuid>,
    moment: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    facts: String,
    decisions: String,
    previous_hash: String,
    entry_hash: String,
}

impl TryFrom<EntryRow> for Entry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self> {
        let place = format!("{}/{}", row.cohort_id, row.version);
        let corrupt = |column| StoreError::corrupt("ledger_entry", column, &place);
        let decisions: serde_json::Value =
            serde_json::from_str(&row.decisions).map_err(|_| corrupt("decisions"))?;
        Ok(Self {
            version: u64::try_from(row.version).map_err(|_| corrupt("version"))?,
            kind: EntryKind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?,
            sequence: row.sequence.map(u64::try_from).transpose().map_err(|_| corrupt("sequence"))?,
            booking: row.booking_id.map(BookingId),
            moment: row.moment,
            recorded_at: row.recorded_at,
            facts: serde_json::from_str(&row.facts).map_err(|_| corrupt("facts"))?,
            decisions: Self::read_decisions(&decisions).ok_or_else(|| corrupt("decisions"))?,
            previous_hash: row.previous_hash.clone(),
            entry_hash: row.entry_hash.clone(),
        })
    }
}

/// A page of a cohort's ledger: the entries after version `after`, in order.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn ledger_page(db: &impl Access, cohort: CohortId, after: u64, limit: u64) -> Result<Vec<Entry>> {
    let db = db.connection();
    let text = "SELECT cohort_id, version, kind, sequence, booking_id, moment, recorded_at, facts, decisions, \
                previous_hash, entry_hash FROM ledger_entry WHERE cohort_id = $1 AND version > $2 \
                ORDER BY version LIMIT $3";
    let integer = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let values: [sea_orm::Value; 3] = [cohort.0.into(), integer(after).into(), integer(limit).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    EntryRow::find_by_statement(statement).all(db).await?.into_iter().map(Entry::try_from).collect()
}

#[derive(FromQueryResult)]
struct Held {
    held: i64,
}

/// Whether the person holds a receipt of this ledger (ADM-12).
///
/// # Errors
/// When the database does not answer.
pub async fn holds_receipt(
    db: &impl Access,
    cohort: CohortId,
    person: domain::ids::PersonId,
) -> Result<bool> {
    let db = db.connection();
    let text = "SELECT count(*) AS held FROM booking WHERE cohort_id = $1 AND person_id = $2 \
                AND claim_sequence IS NOT NULL";
    let statement =
        Statement::from_sql_and_values(db.get_database_backend(), text, [cohort.0.into(), person.0.into()]);
    Ok(Held::find_by_statement(statement).one(db).await?.is_some_and(|row| row.held > 0))
}

/// Whether the client was given a receipt of this ledger, with a booking that it made.
///
/// # Errors
/// When the database does not answer.
pub async fn client_holds_receipt(
    db: &impl Access,
    cohort: CohortId,
    client: domain::ids::ClientId,
) -> Result<bool> {
    let db = db.connection();
    let text = "SELECT count(*) AS held FROM booking WHERE cohort_id = $1 AND booked_by_client = $2 \
                AND claim_sequence IS NOT NULL";
    let statement =
        Statement::from_sql_and_values(db.get_database_backend(), text, [cohort.0.into(), client.0.into()]);
    Ok(Held::find_by_statement(statement).one(db).await?.is_some_and(|row| row.held > 0))
}

#[derive(FromQueryResult)]
struct CohortRow {
    cohort_id: Uuid,
}

/// Every cohort that has a ledger.
///
/// # Errors
/// When the database does not answer.
pub async fn cohorts_with_ledger(db: &impl Access) -> Result<Vec<CohortId>> {
    let db = db.connection();
    let text = "SELECT cohort_id FROM cohort_desk ORDER BY cohort_id";
    let statement = Statement::from_string(db.get_database_backend(), text);
    let found = CohortRow::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|row| CohortId(row.cohort_id)).collect())
}
