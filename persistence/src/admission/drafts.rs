//! Joining forms that are saved half done (ADM-22): of one person, for one cohort. A draft is no booking: it has no
//! rank, and its moment counts for nothing.

use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{AcademyId, CohortId, PersonId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde_json::Map;

/// How long a draft is kept that nobody touches.
const KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// A form that is saved half done.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Answers so far, by key.
    pub answers: Map<String, serde_json::Value>,
    /// The commitment to all sessions.
    pub commits_to_all_sessions: bool,
    /// Counts its changes.
    pub revision: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was last saved.
    pub updated_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct DraftRow {
    answers: String,
    commits_to_all_sessions: bool,
    revision: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Drafts that a booking has taken the place of.
const BOOKED: &str = "EXISTS (SELECT 1 FROM booking b WHERE b.cohort_id = form_draft.cohort_id \
    AND b.person_id = form_draft.person_id AND b.created_at >= form_draft.updated_at)";

/// A person's draft for a cohort; none once they booked.
///
/// # Errors
/// When the database does not answer or the row is corrupt.
pub async fn draft(db: &impl Access, cohort: CohortId, person: PersonId) -> Result<Option<Draft>> {
    let text = format!(
        "SELECT answers, commits_to_all_sessions, revision, created_at, updated_at FROM form_draft \
         WHERE cohort_id = $1 AND person_id = $2 AND NOT {BOOKED}"
    );
    let db = db.connection();
    let values: [Value; 2] = [cohort.0.into(), person.0.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let Some(row) = DraftRow::find_by_statement(statement).one(db).await? else { return Ok(None) };
    Ok(Some(Draft {
        answers: serde_json::from_str(&row.answers)
            .map_err(|_| StoreError::corrupt("form_draft", "answers", person))?,
        commits_to_all_sessions: row.commits_to_all_sessions,
        revision: row.revision,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }))
}

/// Saves answers and commitment over whatever was there with revision `before`; `false` when somebody else saved meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn save_draft(
    work: &mut Work,
    academy: AcademyId,
    cohort: CohortId,
    person: PersonId,
    (answers, commits): (&Map<String, serde_json::Value>, bool),
    before: Option<i64>,
) -> Result<bool> {
    let now = work.now().await?;
    if before.is_none() {
        let over = format!("DELETE FROM form_draft WHERE cohort_id = $1 AND person_id = $2 AND {BOOKED}");
        let values: [Value; 2] = [cohort.0.into(), person.0.into()];
        work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), over, values)).await?;
    }
    let text = "INSERT INTO form_draft (cohort_id, person_id, academy_id, answers, commits_to_all_sessions, revision, \
                created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $6) \
                ON CONFLICT (cohort_id, person_id) DO UPDATE SET answers = excluded.answers, \
                commits_to_all_sessions = excluded.commits_to_all_sessions, revision = form_draft.revision + 1, \
                updated_at = excluded.updated_at WHERE form_draft.revision = $7";
    let values: [Value; 7] = [
        cohort.0.into(),
        person.0.into(),
        academy.0.into(),
        serde_json::Value::Object(answers.clone()).to_string().into(),
        commits.into(),
        now.into(),
        before.unwrap_or(0).into(),
    ];
    let done =
        work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a person's draft for a cohort.
///
/// # Errors
/// When the database refuses.
pub async fn remove_draft(work: &mut Work, cohort: CohortId, person: PersonId) -> Result<()> {
    let text = "DELETE FROM form_draft WHERE cohort_id = $1 AND person_id = $2";
    let values: [Value; 2] = [cohort.0.into(), person.0.into()];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    Ok(())
}

/// Forgets drafts that a booking has taken the place of, and those that nobody touched for 90 days; a job's work.
///
/// # Errors
/// When the database refuses.
pub async fn forget_drafts(work: &mut Work) -> Result<()> {
    let now = work.now().await?;
    let text = format!("DELETE FROM form_draft WHERE updated_at <= $1 OR {BOOKED}");
    let values: [Value; 1] = [(now - KEPT_FOR).into()];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    Ok(())
}
