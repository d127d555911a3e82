//! Meetings go over to who their facilitator turned out to be.

use crate::governance::AuditRow;
use crate::{Access, Result, Work};
use domain::ids::{AcademyId, PersonId};
use sea_orm::{FromQueryResult, Statement};
use serde_json::json;
use uuid::Uuid;

#[derive(FromQueryResult)]
struct Moved {
    id: Uuid,
    academy_id: Uuid,
    revision: i64,
}

/// Gives the tasters and sessions that one person runs to another, who turned out to be them (ACC-1).
///
/// # Errors
/// When the database refuses.
pub(crate) async fn hand_over_meetings(work: &mut Work, from: PersonId, to: PersonId) -> Result<()> {
    let now = work.now().await?;
    for (table, action) in [("taster", "taster_changed"), ("session", "session_changed")] {
        let text = format!(
            "UPDATE {table} SET facilitator_id = $1, revision = revision + 1, updated_at = $2 \
             WHERE facilitator_id = $3 RETURNING id, academy_id, revision"
        );
        let values = [to.0.into(), now.into(), from.0.into()];
        let statement = Statement::from_sql_and_values(work.backend(), text, values);
        for moved in Moved::find_by_statement(statement).all(work.connection()).await? {
            work.audit(AuditRow {
                academy_id: Some(AcademyId(moved.academy_id)),
                action,
                subject_kind: table,
                subject_id: Some(moved.id),
                detail: json!({"revision": moved.revision, "reason": "email_verified"}),
            });
        }
    }
    Ok(())
}
