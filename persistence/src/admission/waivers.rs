//! What staff let people off (ADM-19): the requirement counts as met, and the first attempt that was refused only for
//! such requirements counts as the form's submission.

use super::desk_row::DeskRow;
use super::reassess::{pending_cohorts, reassess_pending};
use crate::governance::AuditRow;
use crate::identity::participants::participants;
use crate::rows;
use crate::{Access, Result, StoreError, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::admission::{Requirement, Waived, counts_when_waived};
use domain::ids::{AcademyId, BookingId, CohortId, PersonId, WaiverId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use std::collections::HashMap;
use uuid::Uuid;

/// The waivers of some people in some cohorts.
#[derive(Debug, Default)]
pub(super) struct Waivers {
    waived: HashMap<(CohortId, PersonId), Vec<Waived>>,
    first_attempts: HashMap<(CohortId, PersonId), DateTime<Utc>>,
}

/// Those of these cohorts that have waivers at all: most have none, and nothing is asked of the database for them.
pub(super) fn waiving<'a>(rows: impl Iterator<Item = &'a DeskRow>) -> Vec<CohortId> {
    rows.filter(|row| row.waives).map(|row| row.cohort_id).collect()
}

#[derive(FromQueryResult)]
struct WaivedRow {
    cohort_id: Uuid,
    person_id: Uuid,
    requirement: String,
    waived_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct AttemptRow {
    cohort_id: Uuid,
    person_id: Uuid,
    code: String,
    codes: Option<String>,
    attempted_at: DateTime<Utc>,
}

impl Waivers {
    pub(super) async fn load(
        db: &impl Access,
        persons: impl IntoIterator<Item = PersonId>,
        cohorts: impl IntoIterator<Item = CohortId>,
    ) -> Result<Self> {
        let cohorts: Vec<Uuid> = cohorts.into_iter().map(|id| id.0).collect();
        let persons: Vec<Uuid> = persons.into_iter().map(|id| id.0).collect();
        if cohorts.is_empty() || persons.is_empty() {
            return Ok(Self::default());
        }
        let db = db.connection();
        let backend = db.get_database_backend();
        let source = rows::ids_source(backend);
        let text = format!(
            "SELECT w.cohort_id, w.person_id, w.requirement, w.waived_at FROM {source} JOIN waiver w ON w.person_id = r.id"
        );
        let statement = Statement::from_sql_and_values(backend, text, [rows::ids(persons.iter().copied())]);
        let mut found = Self::default();
        for row in WaivedRow::find_by_statement(statement).all(db).await? {
            let corrupt = || StoreError::corrupt("waiver", "requirement", row.person_id);
            let requirement = Requirement::parse(&row.requirement).ok_or_else(corrupt)?;
            let key = (CohortId(row.cohort_id), PersonId(row.person_id));
            if cohorts.contains(&row.cohort_id) {
                found.waived.entry(key).or_default().push(Waived { requirement, at: row.waived_at });
            }
        }
        if found.waived.is_empty() {
            return Ok(found);
        }
        let text = format!(
            "SELECT a.cohort_id, a.person_id, a.code, a.codes, a.attempted_at FROM {source} \
             JOIN refused_attempt a ON a.person_id = r.id"
        );
        let statement = Statement::from_sql_and_values(backend, text, [rows::ids(persons)]);
        for row in AttemptRow::find_by_statement(statement).all(db).await? {
            found.take_attempt(&row);
        }
        Ok(found)
    }

    fn take_attempt(&mut self, row: &AttemptRow) {
        let key = (CohortId(row.cohort_id), PersonId(row.person_id));
        let codes = row.codes.as_deref().unwrap_or(&row.code);
        if counts_when_waived(codes, self.of(key.0, key.1)) {
            let first = self.first_attempts.entry(key).or_insert(row.attempted_at);
            *first = row.attempted_at.min(*first);
        }
    }

    /// What this person is let off in this cohort.
    pub(super) fn of(&self, cohort: CohortId, person: PersonId) -> &[Waived] {
        self.waived.get(&(cohort, person)).map_or(&[], Vec::as_slice)
    }

    /// When they first asked for a place and were refused only for what they are let off now.
    pub(super) fn first_attempt(&self, cohort: CohortId, person: PersonId) -> Option<DateTime<Utc>> {
        self.first_attempts.get(&(cohort, person)).copied()
    }
}

/// A waiver to be made.
#[derive(Clone, Debug)]
pub struct NewWaiver {
    /// Whose cohort.
    pub academy_id: AcademyId,
    /// In which cohort.
    pub cohort_id: CohortId,
    /// Whom it lets off.
    pub person_id: PersonId,
    /// What.
    pub requirement: Requirement,
    /// Why.
    pub reason: String,
    /// By whom.
    pub waived_by: PersonId,
}

/// A waiver as it is kept.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Which.
    pub id: WaiverId,
    /// In which cohort.
    pub cohort_id: CohortId,
    /// Whom it lets off.
    pub person_id: PersonId,
    /// What.
    pub requirement: Requirement,
    /// Why.
    pub reason: String,
    /// When.
    pub waived_at: DateTime<Utc>,
    /// Their live booking in the cohort.
    pub booking: Option<BookingId>,
    /// When they first asked for a place and were refused only for what they are let off now.
    pub first_attempt_at: Option<DateTime<Utc>>,
}

/// Why nothing was waived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWaived {
    /// Nobody with this id asked for a place in the cohort.
    UnknownPerson,
    /// It was waived before.
    Already,
}

/// Lets a person off a requirement and looks at their pending bookings again.
///
/// # Errors
/// When the database refuses.
pub async fn waive(work: &mut Work, new: NewWaiver) -> Result<std::result::Result<Waiver, NotWaived>> {
    let people = participants(work, [new.person_id]).await?;
    let Some(participant) = people.get(&new.person_id) else { return Ok(Err(NotWaived::UnknownPerson)) };
    work.lock_persons([participant.email_key.as_str()]).await?;
    // With those of the person's pending bookings, which are looked at again: all cohorts in their one order.
    let cohorts = pending_cohorts(work, new.person_id).await?;
    work.lock_cohorts(cohorts.into_iter().chain([new.cohort_id])).await?;
    if !asked_for_a_place(work, new.cohort_id, new.person_id).await? {
        return Ok(Err(NotWaived::UnknownPerson));
    }
    let now = work.now().await?;
    let id = WaiverId(new_id_at(now));
    let text = "INSERT INTO waiver (id, academy_id, cohort_id, person_id, requirement, reason, waived_by, waived_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (cohort_id, person_id, requirement) DO NOTHING";
    let values: [Value; 8] = [
        id.0.into(),
        new.academy_id.0.into(),
        new.cohort_id.0.into(),
        new.person_id.0.into(),
        new.requirement.as_str().into(),
        new.reason.clone().into(),
        new.waived_by.0.into(),
        now.into(),
    ];
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    if work.connection().execute_raw(statement).await?.rows_affected() == 0 {
        return Ok(Err(NotWaived::Already));
    }
    let text = "UPDATE cohort_desk SET waives = true WHERE cohort_id = $1";
    let statement = Statement::from_sql_and_values(work.backend(), text, [new.cohort_id.0.into()]);
    work.connection().execute_raw(statement).await?;
    work.audit(AuditRow {
        academy_id: Some(new.academy_id),
        action: "requirement_waived",
        subject_kind: "person",
        subject_id: Some(new.person_id.0),
        detail: serde_json::json!({
            "cohortId": new.cohort_id.to_string(), "waiverId": id.to_string(),
            "requirement": new.requirement.as_str(),
        }),
    });
    reassess_pending(work, &[new.person_id]).await?;
    let made = waiver_of_cohort(work, new.cohort_id, id).await?;
    made.map(Ok).ok_or_else(|| StoreError::corrupt("waiver", "id", id))
}

#[derive(FromQueryResult)]
struct Counted {
    n: i64,
}

/// Whether this person has, or had, a booking or a refused attempt in this cohort: nobody else is known here (ACC-3).
async fn asked_for_a_place(work: &Work, cohort: CohortId, person: PersonId) -> Result<bool> {
    let text = "SELECT (SELECT count(*) FROM booking WHERE cohort_id = $1 AND person_id = $2) \
                + (SELECT count(*) FROM refused_attempt WHERE cohort_id = $1 AND person_id = $2) AS n";
    let values: [Value; 2] = [cohort.0.into(), person.0.into()];
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    Ok(Counted::find_by_statement(statement).one(work.connection()).await?.is_some_and(|row| row.n > 0))
}

#[derive(FromQueryResult)]
struct WaiverRow {
    id: Uuid,
    cohort_id: Uuid,
    person_id: Uuid,
    requirement: String,
    reason: String,
    waived_at: DateTime<Utc>,
    booking_id: Option<Uuid>,
}

/// One waiver of a cohort.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn waiver_of_cohort(db: &impl Access, cohort: CohortId, id: WaiverId) -> Result<Option<Waiver>> {
    let text = "SELECT w.id, w.cohort_id, w.person_id, w.requirement, w.reason, w.waived_at, b.id AS booking_id \
                FROM waiver w LEFT JOIN booking b ON b.cohort_id = w.cohort_id AND b.person_id = w.person_id \
                AND b.status <> 'closed' WHERE w.id = $1 AND w.cohort_id = $2";
    let connection = db.connection();
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, text, [id.0.into(), cohort.0.into()]);
    let Some(row) = WaiverRow::find_by_statement(statement).one(connection).await? else { return Ok(None) };
    let person = PersonId(row.person_id);
    let first_attempt_at = Waivers::load(db, [person], [cohort]).await?.first_attempt(cohort, person);
    let requirement = Requirement::parse(&row.requirement);
    Ok(Some(Waiver {
        id: WaiverId(row.id),
        cohort_id: CohortId(row.cohort_id),
        person_id: person,
        requirement: requirement.ok_or_else(|| StoreError::corrupt("waiver", "requirement", row.id))?,
        reason: row.reason,
        waived_at: row.waived_at,
        booking: row.booking_id.map(BookingId),
        first_attempt_at,
    }))
}

/// An attempt to book that was refused for something that staff can waive.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// Which.
    pub id: Uuid,
    /// Who would have taken part.
    pub person_id: PersonId,
    /// The codes of all reasons, the first one first.
    pub codes: Vec<String>,
    /// When.
    pub attempted_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct AttemptedRow {
    id: Uuid,
    person_id: Uuid,
    code: String,
    codes: Option<String>,
    attempted_at: DateTime<Utc>,
}

/// A page of a cohort's refused attempts, oldest first, after `after`.
///
/// # Errors
/// When the database does not answer.
pub async fn refused_attempts(
    db: &impl Access,
    cohort: CohortId,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Attempted>> {
    let text = "SELECT id, person_id, code, codes, attempted_at FROM refused_attempt \
                WHERE cohort_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values: [Value; 3] = [cohort.0.into(), after.unwrap_or(Uuid::nil()).into(), limit.into()];
    let db = db.connection();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let found = AttemptedRow::find_by_statement(statement).all(db).await?;
    let attempted = |row: AttemptedRow| Attempted {
        id: row.id,
        person_id: PersonId(row.person_id),
        codes: row.codes.unwrap_or(row.code).split(' ').map(str::to_owned).collect(),
        attempted_at: row.attempted_at,
    };
    Ok(found.into_iter().map(attempted).collect())
}
