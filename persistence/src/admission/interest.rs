//! Interest: a wish to hear of future cohorts (PRG-8: it gives no rank).

use crate::rows::{self, Kind, Row};
use crate::{Access, Result, Work};
use chrono::{DateTime, Utc};
use domain::ids::{AcademyId, InterestId, OrganisationId, ProgrammeId};
use sea_orm::{FromQueryResult, Statement};
use uuid::Uuid;

/// A wish to be kept.
pub struct NewInterest {
    /// The id it gets.
    pub id: InterestId,
    /// Whose programme.
    pub academy_id: AcademyId,
    /// Which programme.
    pub programme_id: ProgrammeId,
    /// The email as it is compared.
    pub address: String,
    /// The email as typed.
    pub as_typed: String,
    /// The name.
    pub full_name: String,
    /// Job role, by code.
    pub job_role: Option<String>,
    /// Staff group, by code.
    pub staff_group: Option<String>,
    /// Where they work.
    pub organisation_id: Option<OrganisationId>,
    /// Where they work, when it is not listed.
    pub organisation_name: Option<String>,
    /// Sector, by code.
    pub sector: Option<String>,
    /// Locality.
    pub locality: Option<String>,
    /// What they add.
    pub note: Option<String>,
}

#[derive(FromQueryResult)]
struct IdRow {
    id: Uuid,
}

/// Keeps a wish, or brings the one that this email had for this programme up to date. Returns its id.
///
/// # Errors
/// When the database refuses.
pub async fn register_interest(work: &mut Work, new: NewInterest) -> Result<InterestId> {
    let now = work.now().await?;
    let (id, programme, address) = (new.id, new.programme_id, new.address.clone());
    let row = row_of(new, now);
    let set: Vec<String> = COLUMNS[4..]
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| *name != "created_at")
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    let tail = format!("ON CONFLICT (programme_id, address) DO UPDATE SET {}", set.join(", "));
    rows::insert(work.connection(), "interest", &COLUMNS, vec![row], &tail).await?;
    let text = "SELECT id FROM interest WHERE programme_id = $1 AND address = $2";
    let statement =
        Statement::from_sql_and_values(work.backend(), text, [programme.0.into(), address.into()]);
    let kept = IdRow::find_by_statement(statement).one(work.connection()).await?;
    Ok(kept.map_or(id, |row| InterestId(row.id)))
}

fn row_of(new: NewInterest, now: DateTime<Utc>) -> Row {
    Row::default()
        .uuid("id", new.id.0)
        .uuid("academy_id", new.academy_id.0)
        .uuid("programme_id", new.programme_id.0)
        .text("address", new.address)
        .text("as_typed", new.as_typed)
        .text("full_name", new.full_name)
        .text("job_role", new.job_role)
        .text("staff_group", new.staff_group)
        .uuid("organisation_id", new.organisation_id.map(|id| id.0))
        .text("organisation_name", new.organisation_name)
        .text("sector", new.sector)
        .text("locality", new.locality)
        .text("note", new.note)
        .time("created_at", now)
        .time("updated_at", now)
}

/// Keeps a wish that comes with a joining form (ADM-21), unless this email has one for this programme.
pub(super) async fn keep_interest(work: &mut Work, new: NewInterest) -> Result<()> {
    let now = work.now().await?;
    let tail = "ON CONFLICT (programme_id, address) DO NOTHING";
    rows::insert(work.connection(), "interest", &COLUMNS, vec![row_of(new, now)], tail).await?;
    Ok(())
}

const COLUMNS: [rows::Column; 15] = [
    ("id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("programme_id", Kind::Uuid),
    ("address", Kind::Text),
    ("as_typed", Kind::Text),
    ("full_name", Kind::Text),
    ("job_role", Kind::Text),
    ("staff_group", Kind::Text),
    ("organisation_id", Kind::Uuid),
    ("organisation_name", Kind::Text),
    ("sector", Kind::Text),
    ("locality", Kind::Text),
    ("note", Kind::Text),
    ("created_at", Kind::Time),
    ("updated_at", Kind::Time),
];
