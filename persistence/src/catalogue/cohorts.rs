//! Cohorts, without their desks.

use super::columns::{At, json};
use super::entities::cohort::{ActiveModel, Column, Entity, Model};
use crate::{Access, Result, StoreError, Work};
use domain::admission::Requirement;
use domain::catalogue::programme::Gate;
use domain::catalogue::public_state::Month;
use domain::catalogue::{Cohort, ReserveRule};
use domain::ids::{AcademyId, CohortId, ProgrammeId};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// One cohort.
///
/// # Errors
/// When the database does not answer or the row is corrupt.
pub async fn cohort(db: &impl Access, id: CohortId) -> Result<Option<Cohort>> {
    Entity::find_by_id(id.0).one(db.connection()).await?.map(Cohort::try_from).transpose()
}

/// A programme's cohorts in order of their making: at most `limit`.
///
/// # Errors
/// As [`cohort`].
pub async fn cohorts_of(
    db: &impl Access,
    programme: ProgrammeId,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Cohort>> {
    let mut query = Entity::find().filter(Column::ProgrammeId.eq(programme.0));
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    let query = query.order_by_asc(Column::Id).limit(limit);
    query.all(db.connection()).await?.into_iter().map(Cohort::try_from).collect()
}

/// The months that the cohorts of these programmes are announced for, with whose they are.
pub(super) async fn announcements(
    db: &impl Access,
    programmes: &[ProgrammeId],
) -> Result<Vec<(CohortId, ProgrammeId, Option<Month>)>> {
    let rows: Vec<(Uuid, Uuid, Option<String>)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::ProgrammeId, Column::AnnouncedFor])
        .filter(Column::ProgrammeId.is_in(programmes.iter().map(|id| id.0)))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db.connection())
        .await?;
    let each = rows.into_iter().map(|(id, programme, month)| {
        let month = announced(At { table: "cohort", row: id }, month.as_deref())?;
        Ok((CohortId(id), ProgrammeId(programme), month))
    });
    each.collect()
}

/// Adds a cohort.
///
/// # Errors
/// When the database refuses.
pub async fn insert_cohort(work: &Work, cohort: &Cohort) -> Result<()> {
    let row = Model::from(cohort).into_active_model();
    Entity::insert(row).exec_without_returning(work.connection()).await?;
    Ok(())
}

/// Writes a changed cohort; its lock must be held.
///
/// # Errors
/// When the database refuses.
pub async fn update_cohort(work: &Work, cohort: &Cohort) -> Result<()> {
    let row: ActiveModel = Model::from(cohort).into_active_model();
    row.reset_all().update(work.connection()).await?;
    Ok(())
}

/// Writes who fits a cohort's reserves; its lock must be held.
pub(crate) async fn set_reserves(work: &Work, cohort: CohortId, rules: &[ReserveRule]) -> Result<()> {
    let row = ActiveModel { id: Set(cohort.0), reserves: Set(json(&rules)), ..Default::default() };
    row.update(work.connection()).await?;
    Ok(())
}

fn announced(at: At, raw: Option<&str>) -> Result<Option<Month>> {
    raw.map(|raw| Month::parse(raw).map_err(|_| at.corrupt("announced_for"))).transpose()
}

impl TryFrom<Model> for Cohort {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self> {
        let at = At { table: "cohort", row: row.id };
        let words: Vec<String> = at.json("gate", &row.gate)?;
        let asks = |requirement: Requirement| words.iter().any(|word| word == requirement.as_str());
        let gate = Gate {
            requires_taster: asks(Requirement::TasterAttended),
            commits_to_all_sessions: asks(Requirement::CommitsToAllSessions),
            requires_manager_agreement: asks(Requirement::ManagerAgreed),
            requires_nomination: asks(Requirement::Nominated),
            eligibility: row.eligibility.map(|text| at.json("eligibility", &text)).transpose()?,
            joining_form: at.json("joining_form", &row.joining_form)?,
        };
        let whole = |number: Option<i64>, column| {
            number.map(|number| u32::try_from(number).map_err(|_| at.corrupt(column))).transpose()
        };
        let minimum = whole(row.minimum, "minimum")?;
        let interest_told_hours = whole(row.interest_told_hours, "interest_told_hours")?;
        Ok(Self {
            id: CohortId(row.id),
            academy_id: AcademyId(row.academy_id),
            programme_id: ProgrammeId(row.programme_id),
            title: row.title,
            description: row.description,
            announced_for: announced(at, row.announced_for.as_deref())?,
            minimum,
            minimum_decided_by: row.minimum_decided_by,
            minimum_decided_at: row.minimum_decided_at,
            interest_told_hours,
            pass_on: row.pass_on,
            gate,
            confidential: row.confidential,
            reserves: at.json("reserves", &row.reserves)?,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<&Cohort> for Model {
    fn from(cohort: &Cohort) -> Self {
        let words = cohort.gate.terms().requirements();
        let words: Vec<&str> = words.into_iter().map(Requirement::as_str).collect();
        Self {
            id: cohort.id.0,
            academy_id: cohort.academy_id.0,
            programme_id: cohort.programme_id.0,
            title: cohort.title.clone(),
            description: cohort.description.clone(),
            announced_for: cohort.announced_for.map(|month| month.to_string()),
            minimum: cohort.minimum.map(i64::from),
            minimum_decided_by: cohort.minimum_decided_by,
            minimum_decided_at: cohort.minimum_decided_at,
            interest_told_hours: cohort.interest_told_hours.map(i64::from),
            pass_on: cohort.pass_on,
            gate: json(&words),
            joining_form: json(&cohort.gate.joining_form),
            eligibility: cohort.gate.eligibility.as_ref().map(json),
            confidential: cohort.confidential,
            reserves: json(&cohort.reserves),
            revision: cohort.revision,
            created_at: cohort.created_at,
            updated_at: cohort.updated_at,
        }
    }
}
