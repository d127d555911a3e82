//! The `ledger_entry` table (ADM-12): append-only, read in order, replayed by `verify`.

use super::booking;
use super::desk_row::{DeskRow, desks};
use super::sitting::DeskKey;
use crate::rows::{Column, Kind, Row, Writes};
use crate::{Access, Result, Store, StoreError};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, Entry, EntryKind, Outcome, Terms, replay};
use domain::ids::{BookingId, CohortId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

const COLUMNS: [Column; 12] = [
    ("cohort_id", Kind::Uuid),
    ("version", Kind::Int),
    ("academy_id", Kind::Uuid),
    ("kind", Kind::Text),
    ("sequence", Kind::Int),
    ("booking_id", Kind::Uuid),
    ("moment", Kind::Time),
    ("recorded_at", Kind::Time),
    ("facts", Kind::Text),
    ("decisions", Kind::Text),
    ("previous_hash", Kind::Text),
    ("entry_hash", Kind::Text),
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

/// Replays one cohort's ledger (ADM-12) and compares it with what is stored. Returns what differs, as
/// sentences; none when all agrees.
///
/// # Errors
/// When the database does not answer.
pub async fn verify_cohort(store: &Store, cohort: CohortId) -> Result<Vec<String>> {
    // Under the cohort's lock, so that the ledger and the rows are of one moment.
    let mut work = store.begin(crate::Origin::job()).await?;
    work.lock_cohorts([cohort]).await?;
    let Some(desk) = desks(&work, &[cohort]).await?.remove(&cohort) else {
        return Ok(vec![format!("cohort {cohort} does not exist")]);
    };
    let entries = match ledger_page(&work, cohort, 0, i64::MAX as u64).await {
        Ok(entries) => entries,
        Err(StoreError::Corrupt { table, column, row }) => {
            return Ok(vec![format!("{table}.{column} of {row} can't be read")]);
        }
        Err(error) => return Err(error),
    };
    let outcome = match replay(&entries) {
        Ok(Some(outcome)) => outcome,
        Ok(None) => return Ok(vec![format!("cohort {cohort} has no ledger")]),
        Err(disagreement) => return Ok(vec![format!("cohort {cohort}: {disagreement}")]),
    };
    let mut differs = compare_desk(&desk, &outcome);
    let text = format!(
        "SELECT {} FROM booking b WHERE b.cohort_id = $1 AND (b.claim_sequence IS NOT NULL OR b.cohort_version IS NOT NULL)",
        booking::SELECTED
    );
    let stored = booking::query(work.connection(), text, [cohort.0.into()]).await?;
    for booking in &stored {
        differs.extend(compare_booking(booking, &outcome, &entries));
    }
    if stored.len() != outcome.bookings.len() {
        differs.push(format!(
            "{} bookings are on the ledger, {} stored",
            outcome.bookings.len(),
            stored.len()
        ));
    }
    Ok(differs.into_iter().map(|what| format!("cohort {cohort}: {what}")).collect())
}

fn compare_desk(desk: &DeskRow, outcome: &Outcome) -> Vec<String> {
    let mut differs = Vec::new();
    let mut same = |what: &str, stored: u64, replayed: u64| {
        if stored != replayed {
            differs.push(format!("{what} is {stored}, the ledger gives {replayed}"));
        }
    };
    same("version", desk.version, outcome.version);
    same("places taken", desk.places_taken.into(), outcome.view.places_taken.into());
    same("waiting count", desk.waiting_count, outcome.view.waiting.len());
    let offered = outcome.bookings.values().filter(|standing| standing.status == BookingStatus::Offered);
    same("offers out", desk.offers_out.into(), offered.count() as u64);
    same("claim sequence", desk.claim_sequence, outcome.view.claim_sequence);
    same("capacity", desk.terms.capacity.get().into(), outcome.view.terms.capacity.get().into());
    if desk.head_hash != outcome.head_hash {
        differs.push("the head's hash differs".to_owned());
    }
    // When attendance counts as sealed by itself is no term of settling: its entry is on the ledger.
    let terms = Terms { sealed_after_hours: None, ..desk.terms.clone() };
    let view = &outcome.view;
    let stands = (desk.opened, desk.sealed, desk.closed, desk.started, desk.ended, desk.first_session_at);
    let replayed = (view.opened, view.sealed, view.closed, view.started, view.ended, view.first_session_at);
    if terms != view.terms || stands != replayed {
        differs.push("the terms differ".to_owned());
    }
    differs
}

/// Whether a booking's receipt is its entry of the ledger.
fn has_its_receipt(booking: &booking::Booking, entries: &[Entry]) -> bool {
    let Some(claim) = &booking.claim else { return true };
    let index = usize::try_from(claim.ledger_version).unwrap_or(usize::MAX).wrapping_sub(1);
    entries.get(index).is_some_and(|entry| {
        entry.booking == Some(booking.id)
            && entry.sequence == Some(claim.sequence)
            && entry.moment == claim.moment
            && entry.entry_hash == claim.entry_hash
            && entry.previous_hash == claim.previous_hash
    })
}

fn compare_booking(booking: &booking::Booking, outcome: &Outcome, entries: &[Entry]) -> Option<String> {
    if !has_its_receipt(booking, entries) {
        return Some(format!("the receipt of booking {} is not its entry", booking.id));
    }
    let Some(replayed) = outcome.bookings.get(&booking.id) else {
        return Some(format!("booking {} is not on the ledger", booking.id));
    };
    let left_pending = replayed.status == BookingStatus::Pending && booking.claim.is_none();
    let same = booking.status == replayed.status
        && booking.closed_reason == replayed.closed_reason
        && booking.offer_expires_at == replayed.offer_expires_at
        && booking.cohort_version == Some(replayed.version)
        && (booking.claim.is_none() || (booking.rank, booking.lapses) == (replayed.rank, replayed.lapses));
    if same || left_pending {
        return None;
    }
    Some(format!(
        "booking {} is {}, the ledger gives {} at version {}",
        booking.id,
        booking.status.as_str(),
        replayed.status.as_str(),
        replayed.version
    ))
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
