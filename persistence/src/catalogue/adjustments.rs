//! What participants need in order to take part in a session (PRG-11), in a table of its own (ACC-10).

use crate::governance::AuditRow;
use crate::{Access, Result, StoreError, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::admission::BookingStatus;
use domain::catalogue::Session;
use domain::catalogue::adjustment::{
    AdjustmentKind, AdjustmentOutcome, AdjustmentStatus, KEPT_FOR, NotAsked, may_ask,
};
use domain::ids::{AcademyId, AdjustmentId, BookingId, CohortId, PersonId, SessionId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde_json::json;
use std::fmt;
use uuid::Uuid;

/// What a participant needs in a session.
#[derive(Clone)]
pub struct Adjustment {
    /// Which.
    pub id: AdjustmentId,
    /// In which session.
    pub session_id: SessionId,
    /// By whose booking.
    pub booking_id: BookingId,
    /// Who needs it.
    pub person_id: PersonId,
    /// Their name.
    pub full_name: Option<String>,
    /// What.
    pub kind: AdjustmentKind,
    /// What exactly, in their words.
    pub detail: Option<String>,
    /// Where it stands.
    pub status: AdjustmentStatus,
    /// What was said to it.
    pub note: Option<String>,
    /// When that was said.
    pub decided_at: Option<DateTime<Utc>>,
    /// Counts changes, from 1.
    pub revision: i64,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Without what it says of a person's health.
impl fmt::Debug for Adjustment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adjustment").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(FromQueryResult)]
struct AdjustmentRow {
    id: Uuid,
    session_id: Uuid,
    booking_id: Uuid,
    person_id: Uuid,
    full_name: Option<String>,
    kind: String,
    detail: Option<String>,
    outcome: Option<String>,
    note: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    ends_at: DateTime<Utc>,
    revision: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl AdjustmentRow {
    fn read(self, now: DateTime<Utc>) -> Result<Adjustment> {
        let corrupt = |column| StoreError::corrupt("adjustment", column, self.id);
        let said = self.outcome.as_deref().map(|word| AdjustmentOutcome::parse(word).ok_or(word));
        let said = said.transpose().map_err(|_| corrupt("outcome"))?;
        Ok(Adjustment {
            id: AdjustmentId(self.id),
            session_id: SessionId(self.session_id),
            booking_id: BookingId(self.booking_id),
            person_id: PersonId(self.person_id),
            full_name: self.full_name,
            kind: AdjustmentKind::parse(&self.kind).ok_or_else(|| corrupt("kind"))?,
            detail: self.detail,
            status: AdjustmentStatus::at(said, self.ends_at, now),
            note: self.note,
            decided_at: self.decided_at,
            revision: self.revision,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The statuses of who has a place, as a list in a statement: of others nobody must act on anything.
fn with_place() -> String {
    let with_place = BookingStatus::ALL.into_iter().filter(|status| status.has_place());
    with_place.map(|status| format!("'{}'", status.as_str())).collect::<Vec<_>>().join(", ")
}

async fn query(
    db: &impl Access,
    tail: &str,
    values: Vec<Value>,
    now: DateTime<Utc>,
) -> Result<Vec<Adjustment>> {
    let db = db.connection();
    let text = format!(
        "SELECT a.id, a.session_id, a.booking_id, b.person_id, p.full_name, a.kind, a.detail, a.outcome, a.note, \
         a.decided_at, s.ends_at, a.revision, a.created_at, a.updated_at FROM adjustment a \
         JOIN session s ON s.id = a.session_id JOIN booking b ON b.id = a.booking_id \
         JOIN person p ON p.id = b.person_id WHERE b.status IN ({}) AND {tail}",
        with_place()
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let found = AdjustmentRow::find_by_statement(statement).all(db).await?;
    found.into_iter().map(|row| row.read(now)).collect()
}

/// One adjustment as it stands at `now`, of somebody who still has a place.
///
/// # Errors
/// When the database does not answer or the row is corrupt.
pub async fn adjustment(
    db: &impl Access,
    id: AdjustmentId,
    now: DateTime<Utc>,
) -> Result<Option<Adjustment>> {
    Ok(query(db, "a.id = $1", vec![id.0.into()], now).await?.pop())
}

/// A session's adjustments after `after`: all, or those of one person.
///
/// # Errors
/// As [`adjustment`].
pub async fn adjustments_of(
    db: &impl Access,
    session: SessionId,
    of: Option<PersonId>,
    after: Option<AdjustmentId>,
    (limit, now): (u64, DateTime<Utc>),
) -> Result<Vec<Adjustment>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let mut values: Vec<Value> = vec![session.0.into(), after.into(), limit.into()];
    let tail = match of {
        None => "a.session_id = $1 AND a.id > $2 ORDER BY a.id LIMIT $3",
        Some(person) => {
            values.push(person.0.into());
            "a.session_id = $1 AND a.id > $2 AND b.person_id = $4 ORDER BY a.id LIMIT $3"
        }
    };
    query(db, tail, values, now).await
}

#[derive(FromQueryResult)]
struct PlaceRow {
    id: Uuid,
}

/// The booking by which somebody has a place in a cohort.
///
/// # Errors
/// When the database does not answer.
pub async fn place_of(db: &impl Access, cohort: CohortId, person: PersonId) -> Result<Option<BookingId>> {
    let db = db.connection();
    let text = format!(
        "SELECT b.id FROM booking b WHERE b.cohort_id = $1 AND b.person_id = $2 AND b.status IN ({})",
        with_place()
    );
    let values = [cohort.0.into(), person.0.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    Ok(PlaceRow::find_by_statement(statement).one(db).await?.map(|row| BookingId(row.id)))
}

/// Asks for an adjustment in a session whose cohort is locked, by a booking that has a place there.
///
/// # Errors
/// When the database refuses; within, why it is not asked for.
pub async fn ask_for_adjustment(
    work: &mut Work,
    session: &Session,
    booking: BookingId,
    kind: AdjustmentKind,
    detail: Option<String>,
) -> Result<std::result::Result<Adjustment, NotAsked>> {
    let now = work.now().await?;
    let of_booking = vec![session.id.0.into(), booking.0.into(), kind.as_str().into()];
    let before = query(work, "a.session_id = $1 AND a.booking_id = $2 AND a.kind = $3", of_booking, now);
    if let Err(refused) = may_ask(session.adjustments_until, !before.await?.is_empty(), now) {
        return Ok(Err(refused));
    }
    let id = AdjustmentId(new_id_at(now));
    let text = "INSERT INTO adjustment (id, academy_id, session_id, booking_id, kind, detail, revision, created_at, \
                updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
    let values: [Value; 8] = [
        id.0.into(),
        session.academy_id.0.into(),
        session.id.0.into(),
        booking.0.into(),
        kind.as_str().into(),
        detail.into(),
        1_i64.into(),
        now.into(),
    ];
    execute(work, text, values).await?;
    audit(work, session.academy_id, "adjustment_asked", id, json!({}));
    let made = adjustment(work, id, now).await?;
    Ok(Ok(made.ok_or_else(|| StoreError::corrupt("adjustment", "booking_id", id))?))
}

/// Takes back what somebody asked for.
///
/// # Errors
/// When the database refuses.
pub async fn take_back_adjustment(work: &mut Work, academy: AcademyId, id: AdjustmentId) -> Result<()> {
    delete(work, academy, id, "adjustment_taken_back").await
}

/// Says what becomes of an adjustment; what is said later replaces it.
///
/// # Errors
/// When the database refuses.
pub async fn decide_adjustment(
    work: &mut Work,
    academy: AcademyId,
    id: AdjustmentId,
    outcome: AdjustmentOutcome,
    note: Option<String>,
) -> Result<Option<Adjustment>> {
    let now = work.now().await?;
    let text = "UPDATE adjustment SET outcome = $2, note = $3, decided_at = $4, updated_at = $4, \
                revision = revision + 1 WHERE id = $1";
    let values: [Value; 4] = [id.0.into(), outcome.as_str().into(), note.into(), now.into()];
    execute(work, text, values).await?;
    audit(work, academy, "adjustment_decided", id, json!({ "outcome": outcome.as_str() }));
    adjustment(work, id, now).await
}

#[derive(FromQueryResult)]
struct OverRow {
    id: Uuid,
    academy_id: Uuid,
}

/// Some adjustments that nobody must act on any more, with their academies: of who has no place, and of cohorts whose last
/// session ended [`KEPT_FOR`] before `now` (ACC-10).
///
/// # Errors
/// When the database does not answer.
pub async fn adjustments_over(
    db: &impl Access,
    now: DateTime<Utc>,
) -> Result<Vec<(AdjustmentId, AcademyId)>> {
    let text = format!(
        "SELECT a.id, a.academy_id FROM adjustment a JOIN session s ON s.id = a.session_id \
         JOIN booking b ON b.id = a.booking_id WHERE b.status NOT IN ({}) OR NOT EXISTS \
         (SELECT 1 FROM session l WHERE l.cohort_id = s.cohort_id AND l.ends_at > $1) ORDER BY a.id LIMIT 500",
        with_place()
    );
    let db = db.connection();
    let long_ago = now - KEPT_FOR;
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [long_ago.into()]);
    let over = OverRow::find_by_statement(statement).all(db).await?;
    Ok(over.into_iter().map(|row| (AdjustmentId(row.id), AcademyId(row.academy_id))).collect())
}

/// Deletes [`adjustments_over`].
///
/// # Errors
/// When the database refuses; the next run goes on.
pub async fn forget_adjustments(work: &mut Work, over: &[(AdjustmentId, AcademyId)]) -> Result<()> {
    for (id, academy) in over {
        delete(work, *academy, *id, "adjustment_forgotten").await?;
    }
    Ok(())
}

/// Deletes one, unless another server did.
async fn delete(work: &mut Work, academy: AcademyId, id: AdjustmentId, action: &'static str) -> Result<()> {
    if execute(work, "DELETE FROM adjustment WHERE id = $1", [id.0.into()]).await? == 1 {
        audit(work, academy, action, id, json!({}));
    }
    Ok(())
}

/// How many rows it changed.
async fn execute(work: &Work, text: &str, values: impl IntoIterator<Item = Value>) -> Result<u64> {
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    Ok(work.connection().execute_raw(statement).await?.rows_affected())
}

fn audit(
    work: &mut Work,
    academy: AcademyId,
    action: &'static str,
    id: AdjustmentId,
    detail: serde_json::Value,
) {
    work.audit(AuditRow {
        academy_id: Some(academy),
        action,
        subject_kind: "adjustment",
        subject_id: Some(id.0),
        detail,
    });
}
