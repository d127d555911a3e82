//! What a person says of themselves (ACC-8).

use super::emails;
use super::entities::{member, person};
use super::members::parse_role;
use crate::governance::AuditRow;
use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::identity::Role;
use domain::ids::{AcademyId, OrganisationId, PersonId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;
use std::fmt;

/// What a person can change of their profile.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Theirs; none for whoever was never asked.
    pub full_name: Option<String>,
    /// A code.
    pub job_role: Option<String>,
    /// A code.
    pub staff_group: Option<String>,
    /// Codes; none said is unknown, an empty list is none held.
    pub qualifications: Option<Vec<String>>,
    /// Whether they lead or manage people.
    pub leads_or_manages: Option<bool>,
    /// Where they work.
    pub organisation_id: Option<OrganisationId>,
    /// Where they work, when it isn't listed (ACC-9).
    pub organisation_name: Option<String>,
    /// A code; counts where the organisation's is unknown.
    pub region: Option<String>,
    /// A code; counts where the organisation's is unknown.
    pub sector: Option<String>,
}

impl Facts {
    /// The names of the fields that differ, as they are on the wire.
    fn changed(&self, to: &Self) -> Vec<&'static str> {
        let pairs = [
            ("fullName", self.full_name != to.full_name),
            ("jobRole", self.job_role != to.job_role),
            ("staffGroup", self.staff_group != to.staff_group),
            ("qualifications", self.qualifications != to.qualifications),
            ("leadsOrManages", self.leads_or_manages != to.leads_or_manages),
            ("organisationId", self.organisation_id != to.organisation_id),
            ("organisationName", self.organisation_name != to.organisation_name),
            ("region", self.region != to.region),
            ("sector", self.sector != to.sector),
        ];
        pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// A person as they see themselves.
#[derive(Clone)]
pub struct Profile {
    /// Who.
    pub id: PersonId,
    /// Theirs, as they typed it.
    pub email: String,
    /// Whether they proved it.
    pub email_verified: bool,
    /// What they said of themselves.
    pub facts: Facts,
    /// Manages academies, members and clients.
    pub platform_admin: bool,
    /// In academies, by their ids.
    pub roles: Vec<(AcademyId, Role)>,
    /// Counts changes of the facts.
    pub revision: i64,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Personal data: never shown by `Debug` (ACC-7).
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One person's profile.
///
/// # Errors
/// When the database doesn't answer.
pub async fn profile(db: &impl Access, id: PersonId) -> Result<Option<Profile>> {
    let Some(row) = person::Entity::find_by_id(id.0).one(db.connection()).await? else {
        return Ok(None);
    };
    let email = emails::primary_of(db, id).await?;
    let held = member::Entity::find()
        .filter(member::Column::PersonId.eq(id.0))
        .order_by_asc(member::Column::AcademyId)
        .all(db.connection())
        .await?;
    let roles = held.iter().map(|row| Ok((AcademyId(row.academy_id), parse_role(&row.role, id)?)));
    Ok(Some(Profile {
        id,
        email_verified: email.standing == "verified",
        email: email.as_typed,
        roles: roles.collect::<Result<_>>()?,
        platform_admin: row.platform_admin,
        revision: row.revision,
        created_at: row.created_at,
        updated_at: row.updated_at,
        facts: facts_of(row)?,
    }))
}

/// Replaces what a person says of themselves; false when nothing differs, and then nothing is written.
///
/// # Errors
/// When the database doesn't answer, or the organisation is unknown.
pub async fn change_facts(work: &mut Work, id: PersonId, to: Facts) -> Result<bool> {
    let now = work.now().await?;
    let found = person::Entity::find_by_id(id.0).one(work.connection()).await?;
    let row = found.ok_or_else(|| StoreError::corrupt("person", "id", id))?;
    let fields = facts_of(row.clone())?.changed(&to);
    if fields.is_empty() {
        return Ok(false);
    }
    let revision = row.revision + 1;
    let mut change = row.into_active_model();
    change.full_name = Set(to.full_name);
    change.job_role = Set(to.job_role);
    change.staff_group = Set(to.staff_group);
    change.qualifications = Set(qualifications_text(to.qualifications));
    change.leads_or_manages = Set(to.leads_or_manages);
    change.organisation_id = Set(to.organisation_id.map(|id| id.0));
    change.organisation_name = Set(to.organisation_name);
    change.region = Set(to.region);
    change.sector = Set(to.sector);
    if fields.iter().any(|field| *field != "fullName") {
        change.facts_at = Set(Some(now));
    }
    change.revision = Set(revision);
    change.updated_at = Set(now);
    change.update(work.connection()).await?;
    work.audit(AuditRow {
        academy_id: None,
        action: "profile_changed",
        subject_kind: "person",
        subject_id: Some(id.0),
        detail: json!({ "fields": fields }),
    });
    Ok(true)
}

fn facts_of(row: person::Model) -> Result<Facts> {
    let qualifications = serde_json::from_str(&row.qualifications)
        .map_err(|_| StoreError::corrupt("person", "qualifications", row.id))?;
    Ok(Facts {
        full_name: row.full_name,
        job_role: row.job_role,
        staff_group: row.staff_group,
        qualifications,
        leads_or_manages: row.leads_or_manages,
        organisation_id: row.organisation_id.map(OrganisationId),
        organisation_name: row.organisation_name,
        region: row.region,
        sector: row.sector,
    })
}

/// JSON: `null` while nothing was said.
fn qualifications_text(list: Option<Vec<String>>) -> String {
    json!(list).to_string()
}
