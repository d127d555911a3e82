//! Reading bookings: by cohort, by person, by rank, and what is due.

use super::booking::{self, Booking};
use crate::rows;
use crate::{Access, Result};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, Rank};
use domain::ids::{BookingId, ClientId, CohortId, PersonId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use std::collections::HashMap;
use uuid::Uuid;

/// Which bookings of a cohort are wanted.
#[derive(Clone, Debug, Default)]
pub struct BookingFilter {
    /// Only those with this status.
    pub status: Option<BookingStatus>,
    /// Only those of the participant with this email, by its key.
    pub email_key: Option<String>,
    /// Only those with this reference.
    pub external_reference: Option<String>,
    /// Only those that this client made.
    pub booked_by_client: Option<ClientId>,
}

fn integer(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A page of a cohort's bookings, closed ones included, in the order in which they were made.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn bookings_of_cohort(
    db: &impl Access,
    cohort: CohortId,
    filter: &BookingFilter,
    after: Option<BookingId>,
    limit: u64,
) -> Result<Vec<Booking>> {
    let mut values: Vec<Value> = vec![cohort.0.into(), after.map_or(Uuid::nil(), |id| id.0).into()];
    let mut wanted = String::new();
    let mut want = |condition: &str, value: Value| {
        values.push(value);
        wanted.push_str(&condition.replace('?', &format!("${}", values.len())));
    };
    if let Some(status) = filter.status {
        want(" AND b.status = ?", status.as_str().into());
    }
    if let Some(reference) = &filter.external_reference {
        want(" AND b.external_reference = ?", reference.clone().into());
    }
    if let Some(client) = filter.booked_by_client {
        want(" AND b.booked_by_client = ?", client.0.into());
    }
    if let Some(key) = &filter.email_key {
        let people = " AND b.person_id IN (SELECT e.person_id FROM person_email e WHERE e.address = ?)";
        want(people, key.clone().into());
    }
    values.push(integer(limit).into());
    let text = format!(
        "SELECT {} FROM booking b WHERE b.cohort_id = $1 AND b.id > $2{wanted} ORDER BY b.id LIMIT ${}",
        booking::SELECTED,
        values.len()
    );
    booking::query(db.connection(), text, values).await
}

/// A page of a person's bookings, newest first, before `before`.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn bookings_of_person(
    db: &impl Access,
    person: PersonId,
    before: Option<BookingId>,
    limit: u64,
) -> Result<Vec<Booking>> {
    let text = format!(
        "SELECT {} FROM booking b WHERE b.person_id = $1 AND b.id < $2 ORDER BY b.id DESC LIMIT $3",
        booking::SELECTED
    );
    let before = before.map_or(Uuid::max(), |id| id.0);
    booking::query(db.connection(), text, [person.0.into(), before.into(), integer(limit).into()]).await
}

/// A page of the waiting list in rank order, after `after`.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn waiting_page(
    db: &impl Access,
    cohort: CohortId,
    after: Option<Rank>,
    limit: u64,
) -> Result<Vec<Booking>> {
    let after = after.unwrap_or(Rank {
        moment: DateTime::UNIX_EPOCH,
        submitted_at: DateTime::UNIX_EPOCH,
        sequence: 0,
    });
    let text = format!(
        "SELECT {} FROM booking b WHERE b.cohort_id = $1 AND b.status = 'waiting' AND \
         (b.rank_moment, b.rank_submitted_at, b.rank_sequence) > ($2, $3, $4) \
         ORDER BY b.rank_moment, b.rank_submitted_at, b.rank_sequence LIMIT $5",
        booking::SELECTED
    );
    let values: [Value; 5] = [
        cohort.0.into(),
        after.moment.into(),
        after.submitted_at.into(),
        integer(after.sequence).into(),
        integer(limit).into(),
    ];
    booking::query(db.connection(), text, values).await
}

#[derive(FromQueryResult)]
struct Counted {
    n: i64,
}

async fn count<C: ConnectionTrait>(db: &C, text: &str, values: Vec<Value>) -> Result<u64> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let row = Counted::find_by_statement(statement).one(db).await?;
    Ok(row.and_then(|row| u64::try_from(row.n).ok()).unwrap_or(0))
}

/// How many wait in front of this rank.
pub(super) async fn waiting_before(db: &impl Access, cohort: CohortId, rank: Rank) -> Result<u64> {
    let text = "SELECT count(*) AS n FROM booking WHERE cohort_id = $1 AND status = 'waiting' AND \
                (rank_moment, rank_submitted_at, rank_sequence) < ($2, $3, $4)";
    let values =
        vec![cohort.0.into(), rank.moment.into(), rank.submitted_at.into(), integer(rank.sequence).into()];
    count(db.connection(), text, values).await
}

#[derive(FromQueryResult)]
struct PositionRow {
    id: Uuid,
    position: i64,
}

/// The positions of these bookings, of those of them that wait, counted from 1.
pub(super) async fn positions(db: &impl Access, waiting: &[&Booking]) -> Result<HashMap<BookingId, u64>> {
    if let [one] = waiting {
        let Some(rank) = one.rank else { return Ok(HashMap::new()) };
        let position = waiting_before(db, one.cohort_id, rank).await? + 1;
        return Ok(HashMap::from([(one.id, position)]));
    }
    if waiting.is_empty() {
        return Ok(HashMap::new());
    }
    let db = db.connection();
    let backend = db.get_database_backend();
    let columns = [("id", rows::Kind::Uuid), ("cohort_id", rows::Kind::Uuid)];
    let source = rows::source(backend, &columns);
    let text = format!(
        "SELECT w.id, w.position FROM (SELECT b.id, row_number() OVER (PARTITION BY b.cohort_id \
         ORDER BY b.rank_moment, b.rank_submitted_at, b.rank_sequence) AS position FROM booking b \
         WHERE b.status = 'waiting' AND b.cohort_id IN (SELECT r.cohort_id FROM {source})) w \
         JOIN {source} ON r.id = w.id"
    );
    let row = |b: &&Booking| rows::Row::default().uuid("id", b.id.0).uuid("cohort_id", b.cohort_id.0);
    let named = rows::parameter(waiting.iter().map(row).collect());
    let statement = Statement::from_sql_and_values(backend, text, [named]);
    let found = PositionRow::find_by_statement(statement).all(db).await?;
    let position = |row: PositionRow| (BookingId(row.id), u64::try_from(row.position).unwrap_or(0));
    Ok(found.into_iter().map(position).collect())
}

/// Whether a cohort has had any booking (ADM-2).
///
/// # Errors
/// When the database does not answer.
pub async fn has_bookings(db: &impl Access, cohort: CohortId) -> Result<bool> {
    let text =
        "SELECT count(*) AS n FROM (SELECT id FROM booking WHERE cohort_id = $1 LIMIT 1) AS any_booking";
    Ok(count(db.connection(), text, vec![cohort.0.into()]).await? > 0)
}

/// Whether a person has a booking that is not over.
///
/// # Errors
/// When the database does not answer.
pub async fn has_live_booking(db: &impl Access, person: PersonId) -> Result<bool> {
    let text = "SELECT count(*) AS n FROM (SELECT id FROM booking WHERE person_id = $1 AND status <> 'closed' LIMIT 1) \
                AS any_booking";
    Ok(count(db.connection(), text, vec![person.0.into()]).await? > 0)
}

/// Whether this person has a confirmed place (PRG-5), taken part or not.
///
/// # Errors
/// When the database does not answer.
pub async fn holds_confirmed_place(db: &impl Access, cohort: CohortId, person: PersonId) -> Result<bool> {
    let text = "SELECT count(*) AS n FROM booking WHERE cohort_id = $1 AND person_id = $2 \
                AND status IN ('confirmed', 'completed', 'not_completed')";
    Ok(count(db.connection(), text, vec![cohort.0.into(), person.0.into()]).await? > 0)
}

#[derive(FromQueryResult)]
struct CohortRow {
    cohort_id: Uuid,
}

/// What makes a cohort due, with the time as `$1`.
const DUE: [&str; 7] = [
    "SELECT b.cohort_id FROM booking b WHERE b.status = 'offered' AND b.offer_expires_at <= $1",
    "SELECT b.cohort_id FROM booking b WHERE b.status = 'pending' AND b.claim_due_at IS NOT NULL \
     AND b.claim_due_at <= $1",
    "SELECT b.cohort_id FROM cohort_desk b WHERE b.opened = false AND b.ended IS NULL \
     AND b.booking_opens_at <= $1",
    "SELECT b.cohort_id FROM cohort_desk b WHERE b.closed = false AND b.ended IS NULL \
     AND b.booking_closes_at <= $1",
    "SELECT b.cohort_id FROM cohort_desk b WHERE b.started = false AND b.ended IS NULL \
     AND b.first_session_at <= $1",
    "SELECT b.cohort_id FROM cohort_desk b WHERE b.reserve_due_at IS NOT NULL AND b.ended IS NULL \
     AND b.reserve_due_at <= $1",
    "SELECT b.cohort_id FROM cohort_desk b WHERE b.sealed = false AND b.settles_first = 'tasters_sealed' \
     AND b.ended IS NULL AND EXISTS (SELECT 1 FROM taster t WHERE t.programme_id = b.programme_id) AND \
     (NOT EXISTS (SELECT 1 FROM taster t WHERE t.programme_id = b.programme_id AND t.sealed_at IS NULL) \
      OR (b.sealed_after_hours IS NOT NULL AND NOT EXISTS (SELECT 1 FROM taster t \
          WHERE t.programme_id = b.programme_id AND t.ends_at > $1)))",
];

/// Cohorts in which something is due by `now`. Those that wait for their tasters' seal may be named early;
/// entering what is due finds nothing in them then.
///
/// # Errors
/// When the database does not answer.
pub async fn due_cohorts(db: &impl Access, now: DateTime<Utc>) -> Result<Vec<CohortId>> {
    let db = db.connection();
    let statement =
        Statement::from_sql_and_values(db.get_database_backend(), DUE.join(" UNION "), [now.into()]);
    let found = CohortRow::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|row| CohortId(row.cohort_id)).collect())
}

/// Those of these cohorts in which something is due by `now`, so that a reader can have it entered first.
///
/// # Errors
/// When the database does not answer.
pub async fn due_among(db: &impl Access, cohorts: &[CohortId], now: DateTime<Utc>) -> Result<Vec<CohortId>> {
    if cohorts.is_empty() {
        return Ok(Vec::new());
    }
    let db = db.connection();
    let backend = db.get_database_backend();
    // The ids are the first parameter of their table expression, the time the second.
    let among = format!(" AND b.cohort_id IN (SELECT r.id FROM {})", rows::ids_source(backend));
    let parts: Vec<String> = DUE.iter().map(|part| format!("{}{among}", part.replace("$1", "$2"))).collect();
    let values = [rows::ids(cohorts.iter().map(|id| id.0)), now.into()];
    let statement = Statement::from_sql_and_values(backend, parts.join(" UNION "), values);
    let found = CohortRow::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|row| CohortId(row.cohort_id)).collect())
}
