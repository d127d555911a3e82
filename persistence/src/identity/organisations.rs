//! Organisations (ACC-8, ACC-9): common to all academies.

use super::entities::organisation;
use crate::governance::AuditRow;
use crate::{Access, Result, StoreError, Work, new_id_at};
use domain::identity::{OdsCode, organisation_search_text};
use domain::ids::OrganisationId;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{LikeExpr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

/// Where people work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Which.
    pub id: OrganisationId,
    /// None while only its code is known, from a booking.
    pub name: Option<String>,
    /// Where it has one.
    pub ods_code: Option<OdsCode>,
    /// A code.
    pub sector: Option<String>,
    /// A code.
    pub region: Option<String>,
    /// In words.
    pub locality: Option<String>,
    /// As it is written.
    pub postcode: Option<String>,
    /// Counts changes.
    pub revision: i64,
}

impl Organisation {
    /// The names of the fields that differ, as they are on the wire.
    fn changed(&self, to: &Self) -> Vec<&'static str> {
        let pairs = [
            ("name", self.name != to.name),
            ("odsCode", self.ods_code != to.ods_code),
            ("sector", self.sector != to.sector),
            ("region", self.region != to.region),
            ("locality", self.locality != to.locality),
            ("postcode", self.postcode != to.postcode),
        ];
        pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// An organisation as staff enter it.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// As it calls itself.
    pub name: String,
    /// Where it has one.
    pub ods_code: Option<OdsCode>,
    /// A code.
    pub sector: Option<String>,
    /// A code.
    pub region: Option<String>,
    /// In words.
    pub locality: Option<String>,
    /// As it is written.
    pub postcode: Option<String>,
}

/// What came of entering one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It is new.
    Added(Organisation),
    /// Only its code was known, from a booking; now the rest is.
    Completed(Organisation),
    /// Another has that ODS code.
    Taken(OrganisationId),
}

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Each has to be found in name, ODS code or postcode; normalised.
    pub words: Vec<String>,
    /// This very code.
    pub ods_code: Option<OdsCode>,
}

/// Those that are found, in the order they were entered, behind `after`.
///
/// # Errors
/// When the database doesn't answer.
pub async fn search(
    db: &impl Access,
    search: &Search,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Organisation>> {
    let mut query =
        organisation::Entity::find().filter(organisation::Column::Id.gt(after.unwrap_or(Uuid::nil())));
    if let Some(code) = &search.ods_code {
        query = query.filter(organisation::Column::OdsCode.eq(code.as_str()));
    }
    for word in &search.words {
        let literal = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = LikeExpr::new(format!("%{literal}%")).escape('\\');
        query = query.filter(organisation::Column::SearchText.like(pattern));
    }
    let rows = query.order_by_asc(organisation::Column::Id).limit(limit).all(db.connection()).await?;
    rows.into_iter().map(Organisation::try_from).collect()
}

/// One organisation.
///
/// # Errors
/// When the database doesn't answer.
pub async fn organisation(db: &impl Access, id: OrganisationId) -> Result<Option<Organisation>> {
    let found = organisation::Entity::find_by_id(id.0).one(db.connection()).await?;
    found.map(Organisation::try_from).transpose()
}

/// The organisation with that code; one with only its code is made where none has it.
///
/// # Errors
/// When the database doesn't answer.
pub async fn by_ods_code_or_make(work: &mut Work, code: &OdsCode) -> Result<OrganisationId> {
    if let Some(found) = by_ods_code(work, code).await? {
        return Ok(OrganisationId(found.id));
    }
    let now = work.now().await?;
    let row = organisation::ActiveModel {
        id: Set(new_id_at(now)),
        name: Set(None),
        ods_code: Set(Some(code.as_str().to_owned())),
        sector: Set(None),
        region: Set(None),
        locality: Set(None),
        postcode: Set(None),
        search_text: Set(organisation_search_text(None, Some(code), None)),
        revision: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let conflict = OnConflict::column(organisation::Column::OdsCode).do_nothing().to_owned();
    let insert = organisation::Entity::insert(row).on_conflict(conflict);
    let inserted = insert.exec_without_returning(work.connection()).await?;
    let found = by_ods_code(work, code).await?;
    let found = found.ok_or_else(|| StoreError::corrupt("organisation", "ods_code", code.as_str()))?;
    if inserted == 1 {
        audit(work, "organisation_added", OrganisationId(found.id), json!({}));
    }
    Ok(OrganisationId(found.id))
}

/// Enters an organisation, or completes the one of which only the code was known.
///
/// # Errors
/// When the database doesn't answer.
pub async fn enter(work: &mut Work, new: NewOrganisation) -> Result<Entered> {
    let now = work.now().await?;
    let known = match &new.ods_code {
        Some(code) => by_ods_code(work, code).await?,
        None => None,
    };
    let search_text =
        organisation_search_text(Some(&new.name), new.ods_code.as_ref(), new.postcode.as_deref());
    let mut row = match known {
        Some(row) if row.name.is_some() => return Ok(Entered::Taken(OrganisationId(row.id))),
        Some(row) => {
            let revision = row.revision + 1;
            organisation::ActiveModel { revision: Set(revision), ..row.into_active_model() }
        }
        None => organisation::ActiveModel {
            id: Set(new_id_at(now)),
            ods_code: Set(new.ods_code.map(String::from)),
            revision: Set(1),
            created_at: Set(now),
            ..Default::default()
        },
    };
    let completes = row.ods_code.is_unchanged();
    row.name = Set(Some(new.name));
    row.sector = Set(new.sector);
    row.region = Set(new.region);
    row.locality = Set(new.locality);
    row.postcode = Set(new.postcode);
    row.search_text = Set(search_text);
    row.updated_at = Set(now);
    if completes {
        let completed = Organisation::try_from(row.update(work.connection()).await?)?;
        audit(work, "organisation_completed", completed.id, json!({}));
        crate::admission::organisation_changed(work, completed.id).await?;
        return Ok(Entered::Completed(completed));
    }
    let added = Organisation::try_from(row.insert(work.connection()).await?)?;
    audit(work, "organisation_added", added.id, json!({}));
    Ok(Entered::Added(added))
}

/// One organisation, held for a change until the commit.
///
/// # Errors
/// When the database doesn't answer.
pub async fn organisation_for_update(work: &Work, id: OrganisationId) -> Result<Option<Organisation>> {
    let found = organisation::Entity::find_by_id(id.0).lock_exclusive().one(work.connection()).await?;
    found.map(Organisation::try_from).transpose()
}

/// What came of changing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amended {
    /// It is so now.
    Done(Organisation),
    /// Another has that ODS code.
    Taken(OrganisationId),
}

/// Writes a changed organisation; nothing where nothing differs. Where rules could look at what differs, the gates
/// of its people are looked at again (ADM-2). The row must be held.
///
/// # Errors
/// When the database doesn't answer.
pub async fn amend(work: &mut Work, before: &Organisation, mut after: Organisation) -> Result<Amended> {
    let fields = before.changed(&after);
    if fields.is_empty() {
        return Ok(Amended::Done(after));
    }
    if let Some(code) = after.ods_code.as_ref().filter(|code| Some(*code) != before.ods_code.as_ref())
        && let Some(other) = by_ods_code(work, code).await?
    {
        return Ok(Amended::Taken(OrganisationId(other.id)));
    }
    let now = work.now().await?;
    after.revision = before.revision + 1;
    let search_text =
        organisation_search_text(after.name.as_deref(), after.ods_code.as_ref(), after.postcode.as_deref());
    let row = organisation::ActiveModel {
        id: Set(after.id.0),
        name: Set(after.name.clone()),
        ods_code: Set(after.ods_code.clone().map(String::from)),
        sector: Set(after.sector.clone()),
        region: Set(after.region.clone()),
        locality: Set(after.locality.clone()),
        postcode: Set(after.postcode.clone()),
        search_text: Set(search_text),
        revision: Set(after.revision),
        created_at: NotSet,
        updated_at: Set(now),
    };
    row.update(work.connection()).await?;
    audit(work, "organisation_changed", after.id, json!({ "fields": fields }));
    if fields.iter().any(|field| ["odsCode", "sector", "region"].contains(field)) {
        crate::admission::organisation_changed(work, after.id).await?;
    }
    Ok(Amended::Done(after))
}

async fn by_ods_code(db: &impl Access, code: &OdsCode) -> Result<Option<organisation::Model>> {
    let found = organisation::Entity::find().filter(organisation::Column::OdsCode.eq(code.as_str()));
    Ok(found.one(db.connection()).await?)
}

impl TryFrom<organisation::Model> for Organisation {
    type Error = StoreError;

    fn try_from(row: organisation::Model) -> Result<Self> {
        let ods_code = row.ods_code.as_deref().map(OdsCode::parse).transpose();
        Ok(Self {
            id: OrganisationId(row.id),
            name: row.name,
            ods_code: ods_code.map_err(|_| StoreError::corrupt("organisation", "ods_code", row.id))?,
            sector: row.sector,
            region: row.region,
            locality: row.locality,
            postcode: row.postcode,
            revision: row.revision,
        })
    }
}

fn audit(work: &mut Work, action: &'static str, id: OrganisationId, detail: serde_json::Value) {
    work.audit(AuditRow {
        academy_id: None,
        action,
        subject_kind: "organisation",
        subject_id: Some(id.0),
        detail,
    });
}
