//! Which ledgers are to be verified next, and how their last verification ended (ADM-12).

use super::verify::Verified;
use crate::{Access, Result, Work};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::CohortId;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

/// How long a verification is good for: each cohort comes again after this, if there are few of them.
const GOOD_FOR: TimeDelta = TimeDelta::hours(1);

/// After this long a verification that was begun and never ended is begun again.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::minutes(10);

/// How the verification of all ledgers stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckFigures {
    /// Cohorts whose last verification found a difference.
    pub failing: i64,
    /// Cohorts whose ledger was never verified.
    pub unverified: i64,
    /// The age of the verification that is longest ago, in whole seconds; of a cohort that had none, since it is known.
    pub oldest_seconds: i64,
}

#[derive(FromQueryResult)]
struct DueRow {
    cohort_id: Uuid,
}

/// Takes at most `limit` cohorts whose verification is longest ago, for this server.
///
/// # Errors
/// When the database refuses.
pub async fn checks_due(work: &mut Work, limit: u64) -> Result<Vec<CohortId>> {
    let now = work.now().await?;
    let db = work.connection();
    let made = "INSERT INTO ledger_check (cohort_id, academy_id, seen_at) \
                SELECT d.cohort_id, d.academy_id, $1 FROM cohort_desk d \
                WHERE NOT EXISTS (SELECT 1 FROM ledger_check c WHERE c.cohort_id = d.cohort_id) \
                ON CONFLICT (cohort_id) DO NOTHING";
    db.execute_raw(Statement::from_sql_and_values(work.backend(), made, [now.into()])).await?;
    let text = "UPDATE ledger_check SET begun_at = $1 WHERE cohort_id IN (SELECT c.cohort_id FROM ledger_check c \
                WHERE (c.checked_at IS NULL OR c.checked_at <= $2) AND (c.begun_at IS NULL OR c.begun_at <= $3) \
                ORDER BY coalesce(c.checked_at, c.seen_at), c.cohort_id LIMIT $4) \
                AND (begun_at IS NULL OR begun_at <= $3) RETURNING cohort_id";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values: [sea_orm::Value; 4] =
        [now.into(), (now - GOOD_FOR).into(), (now - GIVEN_UP_AFTER).into(), limit.into()];
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    let found = DueRow::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|row| CohortId(row.cohort_id)).collect())
}

/// Keeps how a verification ended.
///
/// # Errors
/// When the database refuses.
pub async fn record_check(work: &mut Work, cohort: CohortId, verified: &Verified) -> Result<()> {
    let now = work.now().await?;
    let text = "UPDATE ledger_check SET begun_at = NULL, checked_at = $1, version = $2, agrees = $3 \
                WHERE cohort_id = $4";
    let version = i64::try_from(verified.version).unwrap_or(i64::MAX);
    let values: [sea_orm::Value; 4] =
        [now.into(), version.into(), verified.differs.is_empty().into(), cohort.0.into()];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct FiguresRow {
    failing: i64,
    unverified: i64,
    oldest: Option<DateTime<Utc>>,
}

/// How the verification of all ledgers stands at `now`.
///
/// # Errors
/// When the database does not answer.
pub async fn check_figures(db: &impl Access, now: DateTime<Utc>) -> Result<CheckFigures> {
    let db = db.connection();
    let text = "SELECT count(CASE WHEN agrees = false THEN 1 END) AS failing, \
                count(CASE WHEN checked_at IS NULL THEN 1 END) AS unverified, \
                min(coalesce(checked_at, seen_at)) AS oldest FROM ledger_check";
    let statement = Statement::from_string(db.get_database_backend(), text);
    let row = FiguresRow::find_by_statement(statement).one(db).await?;
    Ok(row.map_or(CheckFigures { failing: 0, unverified: 0, oldest_seconds: 0 }, |row| CheckFigures {
        failing: row.failing,
        unverified: row.unverified,
        oldest_seconds: row.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0)),
    }))
}
