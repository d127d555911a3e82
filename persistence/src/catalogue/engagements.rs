//! What a facilitator runs already (PRG-6).

use crate::{Access, Result, Work};
use chrono::{DateTime, Utc};
use domain::catalogue::{Engagement, Span};
use domain::ids::{AcademyId, PersonId};
use sea_orm::{FromQueryResult, Statement};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Holds these people as facilitators until the work ends, so that nobody else puts them on a meeting meanwhile. The
/// locks are persons': they come before those of cohorts.
///
/// # Errors
/// When the wait takes too long.
pub async fn hold_facilitators(work: &mut Work, facilitators: &BTreeSet<PersonId>) -> Result<()> {
    let keys: Vec<String> = facilitators.iter().map(ToString::to_string).collect();
    work.lock_persons(keys.iter().map(String::as_str)).await
}

#[derive(FromQueryResult)]
struct EngagementRow {
    academy_id: Uuid,
    title: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// The sessions of cohorts that take place, and the tasters, that a facilitator runs somewhere `around`, in all
/// academies, without the meeting `itself`; by their start.
///
/// # Errors
/// When the database does not answer.
pub async fn engagements(
    db: &impl Access,
    facilitator: PersonId,
    around: Span,
    itself: Option<Uuid>,
) -> Result<Vec<Engagement>> {
    use sea_orm::ConnectionTrait;
    let text = "SELECT s.academy_id, s.title, s.starts_at, s.ends_at FROM session s \
                JOIN cohort_desk d ON d.cohort_id = s.cohort_id \
                WHERE s.facilitator_id = $1 AND s.starts_at < $2 AND s.ends_at > $3 AND s.id <> $4 \
                AND (d.ended IS NULL OR d.ended <> 'cancelled') \
                UNION ALL SELECT t.academy_id, t.title, t.starts_at, t.ends_at FROM taster t \
                WHERE t.facilitator_id = $1 AND t.starts_at < $2 AND t.ends_at > $3 AND t.id <> $4 \
                ORDER BY starts_at, title";
    let itself = itself.unwrap_or(Uuid::nil());
    let values = [facilitator.0.into(), around.ends_at.into(), around.starts_at.into(), itself.into()];
    let db = db.connection();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let found = EngagementRow::find_by_statement(statement).all(db).await?;
    let engagement = |row: EngagementRow| Engagement {
        academy_id: AcademyId(row.academy_id),
        title: row.title,
        span: Span { starts_at: row.starts_at, ends_at: row.ends_at },
    };
    Ok(found.into_iter().map(engagement).collect())
}
