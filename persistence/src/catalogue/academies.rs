//! Academies.

use super::columns::At;
use super::entities::academy::{ActiveModel, Column, Entity, Model};
use crate::{Access, Result, StoreError, Work};
use domain::catalogue::{Academy, Region};
use domain::ids::AcademyId;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// One academy.
///
/// # Errors
/// When the database does not answer or the row is corrupt.
pub async fn academy(db: &impl Access, id: AcademyId) -> Result<Option<Academy>> {
    Entity::find_by_id(id.0).one(db.connection()).await?.map(Academy::try_from).transpose()
}

/// The same, held until the work ends, so that nobody else changes it.
///
/// # Errors
/// As [`academy`].
pub async fn academy_for_update(work: &Work, id: AcademyId) -> Result<Option<Academy>> {
    let found = Entity::find_by_id(id.0).lock(LockType::NoKeyUpdate).one(work.connection()).await?;
    found.map(Academy::try_from).transpose()
}

/// Academies in order of their making, after `after`: at most `limit`.
///
/// # Errors
/// As [`academy`].
pub async fn academies(db: &impl Access, after: Option<Uuid>, limit: u64) -> Result<Vec<Academy>> {
    let mut query = Entity::find().order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.all(db.connection()).await?.into_iter().map(Academy::try_from).collect()
}

/// Whether another academy has this slug.
///
/// # Errors
/// When the database does not answer.
pub async fn academy_slug_taken(db: &impl Access, slug: &str, by_other_than: AcademyId) -> Result<bool> {
    let query = Entity::find().filter(Column::Slug.eq(slug)).filter(Column::Id.ne(by_other_than.0));
    Ok(query.one(db.connection()).await?.is_some())
}

/// Adds an academy.
///
/// # Errors
/// [`StoreError::Conflict`] when its slug is taken.
pub async fn insert_academy(work: &Work, academy: &Academy) -> Result<()> {
    let row = Model::from(academy).into_active_model();
    Entity::insert(row).exec_without_returning(work.connection()).await?;
    Ok(())
}

/// Writes a changed academy.
///
/// # Errors
/// [`StoreError::Conflict`] when its slug is taken.
pub async fn update_academy(work: &Work, academy: &Academy) -> Result<()> {
    let row: ActiveModel = Model::from(academy).into_active_model();
    row.reset_all().update(work.connection()).await?;
    Ok(())
}

impl TryFrom<Model> for Academy {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self> {
        let at = At { table: "academy", row: row.id };
        Ok(Self {
            id: AcademyId(row.id),
            region: Region::parse(&row.region).map_err(|_| at.corrupt("region"))?,
            zone: at.zone(&row.time_zone)?,
            slug: row.slug,
            name: row.name,
            contact_email: row.contact_email,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<&Academy> for Model {
    fn from(academy: &Academy) -> Self {
        Self {
            id: academy.id.0,
            slug: academy.slug.clone(),
            name: academy.name.clone(),
            region: academy.region.as_str().to_owned(),
            contact_email: academy.contact_email.clone(),
            time_zone: academy.zone.name().to_owned(),
            revision: academy.revision,
            created_at: academy.created_at,
            updated_at: academy.updated_at,
        }
    }
}
