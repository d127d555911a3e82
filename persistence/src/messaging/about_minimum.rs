//! What a mail about a minimum that is to be decided needs to know (PRG-12), read when it is sent.

use super::lease::Leased;
use super::particulars::{moment, word, zone};
use crate::identity::members::staff_roles;
use crate::{Access, Result, StoreError};
use chrono::{DateTime, Utc};
use domain::catalogue::minimum::decided_by;
use domain::ids::CohortId;
use domain::messaging::{AboutMinimum, MailKind};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

#[derive(FromQueryResult)]
struct MinimumRow {
    minimum: i64,
    minimum_decided_by: Option<DateTime<Utc>>,
    first_session_at: Option<DateTime<Utc>>,
    places_taken: i64,
    capacity: i64,
    waiting_count: i64,
    programme: String,
    cohort: String,
    academy: String,
    contact_email: String,
    time_zone: String,
}

/// Only while it is not decided, and for who still has the role.
const MINIMUM: &str = "SELECT c.minimum, c.minimum_decided_by, d.first_session_at, d.places_taken, d.capacity, \
    d.waiting_count, p.title AS programme, c.title AS cohort, a.name AS academy, a.contact_email, a.time_zone \
    FROM cohort c JOIN cohort_desk d ON d.cohort_id = c.id JOIN programme p ON p.id = c.programme_id \
    JOIN academy a ON a.id = c.academy_id JOIN member m ON m.academy_id = c.academy_id \
    WHERE c.id = $1 AND m.person_id = $2 \
    AND c.minimum IS NOT NULL AND c.minimum_decided_at IS NULL AND d.ended IS NULL";

/// The cohort that the mail is about. `None` where it is about none, or nothing is to be decided by that date any more.
pub(super) async fn load(
    db: &impl Access,
    mail: &Leased,
    now: DateTime<Utc>,
) -> Result<Option<AboutMinimum>> {
    if !matches!(mail.kind, MailKind::MinimumSoon | MailKind::MinimumOverdue) {
        return Ok(None);
    }
    let Some(id) = word(&mail.refs, "cohortId").and_then(|id| Uuid::parse_str(id).ok()) else {
        return Ok(None);
    };
    let db = db.connection();
    let values = [id.into(), mail.person_id.0.into()];
    let text = format!("{MINIMUM} AND m.role IN ({})", staff_roles());
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let Some(row) = MinimumRow::find_by_statement(statement).one(db).await? else { return Ok(None) };
    let Some(date) = decided_by(row.minimum_decided_by, row.first_session_at) else { return Ok(None) };
    let too_late = mail.kind == MailKind::MinimumSoon && date <= now;
    if too_late || moment(&mail.refs, "decidedBy") != Some(date) {
        return Ok(None);
    }
    let count = |column, number: i64| u32::try_from(number).map_err(|_| corrupt(column, id));
    Ok(Some(AboutMinimum {
        cohort_id: CohortId(id),
        programme: row.programme,
        cohort: row.cohort,
        academy: row.academy,
        contact: row.contact_email,
        zone: zone(&row.time_zone),
        minimum: count("minimum", row.minimum)?,
        places_taken: count("places_taken", row.places_taken)?,
        capacity: count("capacity", row.capacity)?,
        waiting: u64::try_from(row.waiting_count).map_err(|_| corrupt("waiting_count", id))?,
        decided_by: date,
    }))
}

fn corrupt(column: &'static str, row: Uuid) -> StoreError {
    StoreError::corrupt("cohort", column, row)
}
