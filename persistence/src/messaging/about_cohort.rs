//! What the announcement of a cohort needs to know (COM-5).

use super::lease::Leased;
use super::particulars::{one, word, zone};
use crate::{Access, Result};
use chrono::{DateTime, Utc};
use domain::ids::ProgrammeId;
use domain::messaging::{AboutCohort, MailKind};
use sea_orm::FromQueryResult;
use uuid::Uuid;

#[derive(FromQueryResult)]
struct CohortRow {
    programme_id: Uuid,
    programme: String,
    cohort: String,
    academy: String,
    contact_email: String,
    time_zone: String,
    booking_opens_at: Option<DateTime<Utc>>,
    first_session_at: Option<DateTime<Utc>>,
}

/// The cohort that is announced (COM-5); `None` where it can't be booked any more.
pub(super) async fn load(db: &impl Access, mail: &Leased, now: DateTime<Utc>) -> Result<Option<AboutCohort>> {
    if mail.kind != MailKind::CohortAnnounced {
        return Ok(None);
    }
    let Some(id) = word(&mail.refs, "cohortId").and_then(|id| id.parse::<Uuid>().ok()) else {
        return Ok(None);
    };
    let text = "SELECT p.id AS programme_id, p.title AS programme, c.title AS cohort, a.name AS academy, \
                a.contact_email, a.time_zone, \
                d.booking_opens_at, d.first_session_at FROM cohort c JOIN programme p ON p.id = c.programme_id \
                JOIN academy a ON a.id = c.academy_id JOIN cohort_desk d ON d.cohort_id = c.id \
                WHERE c.id = $1 AND d.ended IS NULL AND d.closed = false AND p.status = 'published'";
    let Some(row) = one::<CohortRow>(db, text, id).await? else { return Ok(None) };
    let Some(opens_at) = row.booking_opens_at else { return Ok(None) };
    Ok(Some(AboutCohort {
        programme_id: ProgrammeId(row.programme_id),
        programme: row.programme,
        cohort: row.cohort,
        academy: row.academy,
        contact: row.contact_email,
        zone: zone(&row.time_zone),
        opens_at,
        opened: opens_at <= now,
        first_session_at: row.first_session_at,
    }))
}
