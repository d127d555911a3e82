//! Staff are told of minimums that are to be decided (PRG-12): in the transaction that notes that they were, so that
//! several servers, and one that crashes, tell them once.

use crate::governance::AuditRow;
use crate::identity::members::staff_roles;
use crate::messaging::{MailKind, OutboxRow};
use crate::{Access, Result, Work};
use chrono::{DateTime, Utc};
use domain::catalogue::minimum::{Notice, Noticed, decided_by, notice};
use domain::ids::{AcademyId, CohortId, PersonId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::json;
use uuid::Uuid;

#[derive(FromQueryResult)]
struct OpenRow {
    id: Uuid,
    academy_id: Uuid,
    minimum_decided_by: Option<DateTime<Utc>>,
    first_session_at: Option<DateTime<Utc>>,
    minimum_soon_noticed: Option<DateTime<Utc>>,
    minimum_overdue_noticed: Option<DateTime<Utc>>,
}

/// Cohorts whose minimum is not decided, those of drafts left out.
const OPEN: &str = "SELECT c.id, c.academy_id, c.minimum_decided_by, d.first_session_at, c.minimum_soon_noticed, \
    c.minimum_overdue_noticed FROM cohort c JOIN cohort_desk d ON d.cohort_id = c.id \
    JOIN programme p ON p.id = c.programme_id \
    WHERE c.minimum IS NOT NULL AND c.minimum_decided_at IS NULL AND d.ended IS NULL AND p.status <> 'draft'";

impl OpenRow {
    /// What staff are to be told at `now`, and of which date.
    fn due(&self, now: DateTime<Utc>) -> Option<(Notice, DateTime<Utc>)> {
        let date = decided_by(self.minimum_decided_by, self.first_session_at)?;
        let noticed = Noticed { soon: self.minimum_soon_noticed, overdue: self.minimum_overdue_noticed };
        notice(date, noticed, now).map(|notice| (notice, date))
    }
}

/// The cohorts whose staff are to be told at `now` that their minimum is not decided.
///
/// # Errors
/// When the database does not answer.
pub async fn minimum_notices_due(db: &impl Access, now: DateTime<Utc>) -> Result<Vec<CohortId>> {
    let db = db.connection();
    let statement = Statement::from_string(db.get_database_backend(), OPEN);
    let open = OpenRow::find_by_statement(statement).all(db).await?;
    Ok(open.iter().filter(|row| row.due(now).is_some()).map(|row| CohortId(row.id)).collect())
}

/// Tells the academy's coordinators and admins what is due, if it still is under the cohort's lock.
///
/// # Errors
/// When the database refuses.
pub async fn notice_minimum(work: &mut Work, cohort: CohortId) -> Result<Option<Notice>> {
    work.lock_cohorts([cohort]).await?;
    let now = work.now().await?;
    let text = format!("{OPEN} AND c.id = $1");
    let statement = Statement::from_sql_and_values(work.backend(), text, [cohort.0.into()]);
    let Some(open) = OpenRow::find_by_statement(statement).one(work.connection()).await? else {
        return Ok(None);
    };
    let Some((notice, date)) = open.due(now) else { return Ok(None) };
    let (column, kind) = match notice {
        Notice::Soon => ("minimum_soon_noticed", MailKind::MinimumSoon),
        Notice::Overdue => ("minimum_overdue_noticed", MailKind::MinimumOverdue),
    };
    let text = format!("UPDATE cohort SET {column} = $2 WHERE id = $1");
    let statement = Statement::from_sql_and_values(work.backend(), text, [cohort.0.into(), date.into()]);
    work.connection().execute_raw(statement).await?;
    let academy = AcademyId(open.academy_id);
    let date = domain::time::wire(date);
    let staff = staff_of(work, academy).await?;
    work.audit(AuditRow {
        academy_id: Some(academy),
        action: kind.as_str(),
        subject_kind: "cohort",
        subject_id: Some(cohort.0),
        detail: json!({"decidedBy": date, "told": staff.len()}),
    });
    for person_id in staff {
        work.mail(OutboxRow {
            academy_id: Some(academy),
            kind,
            person_id,
            booking_id: None,
            token_id: None,
            refs: json!({"cohortId": cohort.to_string(), "decidedBy": date}),
        });
    }
    Ok(Some(notice))
}

#[derive(FromQueryResult)]
struct StaffRow {
    person_id: Uuid,
}

/// Its staff, whose role is in force.
async fn staff_of(work: &Work, academy: AcademyId) -> Result<Vec<PersonId>> {
    let text = format!(
        "SELECT m.person_id FROM member m JOIN person p ON p.id = m.person_id \
         WHERE m.academy_id = $1 AND m.role IN ({}) AND p.state = 'verified' ORDER BY m.person_id",
        staff_roles()
    );
    let statement = Statement::from_sql_and_values(work.backend(), text, [academy.0.into()]);
    let rows = StaffRow::find_by_statement(statement).all(work.connection()).await?;
    Ok(rows.into_iter().map(|row| PersonId(row.person_id)).collect())
}
