//! Tasters.

use super::columns::{At, json};
use super::entities::taster::{ActiveModel, Column, Entity, Model};
use crate::{Access, Result, StoreError, Work};
use aws_lc_rs::rand;
use chrono::{DateTime, Utc};
use domain::catalogue::Taster;
use domain::ids::{AcademyId, PersonId, ProgrammeId, TasterId};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// Without I and O, which are heard and read as 1 and 0.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A new code for a facilitator to read out (ADM-3): 8 characters, 40 bits.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn new_check_in_code() -> Result<String> {
    let mut bytes = [0u8; 8];
    rand::fill(&mut bytes).map_err(|_| StoreError::Unavailable("no randomness".to_owned()))?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect())
}

/// One taster.
///
/// # Errors
/// When the database does not answer or the row is corrupt.
pub async fn taster(db: &impl Access, id: TasterId) -> Result<Option<Taster>> {
    Entity::find_by_id(id.0).one(db.connection()).await?.map(Taster::try_from).transpose()
}

/// The same, held until the work ends, so that nobody else changes it.
///
/// # Errors
/// As [`taster`].
pub async fn taster_for_update(work: &Work, id: TasterId) -> Result<Option<Taster>> {
    let found = Entity::find_by_id(id.0).lock(LockType::NoKeyUpdate).one(work.connection()).await?;
    found.map(Taster::try_from).transpose()
}

/// A programme's tasters by their start: at most `limit`.
///
/// # Errors
/// As [`taster`].
pub async fn tasters_of(
    db: &impl Access,
    programme: ProgrammeId,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Taster>> {
    let mut query = Entity::find().filter(Column::ProgrammeId.eq(programme.0));
    if let Some((start, id)) = after {
        let later = Column::StartsAt.gt(start);
        let same = Column::StartsAt.eq(start).and(Column::Id.gt(id));
        query = query.filter(Condition::any().add(later).add(same));
    }
    let query = query.order_by_asc(Column::StartsAt).order_by_asc(Column::Id).limit(limit);
    query.all(db.connection()).await?.into_iter().map(Taster::try_from).collect()
}

/// Adds a taster.
///
/// # Errors
/// When the database refuses.
pub async fn insert_taster(work: &Work, taster: &Taster) -> Result<()> {
    let row = Model::from(taster).into_active_model();
    Entity::insert(row).exec_without_returning(work.connection()).await?;
    Ok(())
}

/// Writes a changed taster.
///
/// # Errors
/// When the database refuses.
pub async fn update_taster(work: &Work, taster: &Taster) -> Result<()> {
    let row: ActiveModel = Model::from(taster).into_active_model();
    row.reset_all().update(work.connection()).await?;
    Ok(())
}

impl TryFrom<Model> for Taster {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self> {
        let at = At { table: "taster", row: row.id };
        Ok(Self {
            id: TasterId(row.id),
            academy_id: AcademyId(row.academy_id),
            programme_id: ProgrammeId(row.programme_id),
            when: at.when(row.starts_at, row.ends_at, &row.time_zone)?,
            meeting: at.meeting(&row.meeting)?,
            title: row.title,
            facilitator_id: row.facilitator_id.map(PersonId),
            check_in_code: row.check_in_code,
            sealed_at: row.sealed_at,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<&Taster> for Model {
    fn from(taster: &Taster) -> Self {
        Self {
            id: taster.id.0,
            academy_id: taster.academy_id.0,
            programme_id: taster.programme_id.0,
            title: taster.title.clone(),
            starts_at: taster.when.starts_at,
            ends_at: taster.when.ends_at,
            time_zone: taster.when.zone.name().to_owned(),
            meeting: json(&taster.meeting),
            facilitator_id: taster.facilitator_id.map(|id| id.0),
            check_in_code: taster.check_in_code.clone(),
            sealed_at: taster.sealed_at,
            revision: taster.revision,
            created_at: taster.created_at,
            updated_at: taster.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ADM-3.
    #[test]
    fn a_check_in_code_can_be_read_out_without_doubt() {
        let code = new_check_in_code().unwrap();
        assert_eq!(code.len(), 8);
        assert!(code.bytes().all(|byte| ALPHABET.contains(&byte)));
        assert_ne!(code, new_check_in_code().unwrap());
    }
}
