//! Sessions of cohorts.

use super::columns::{At, json};
use super::entities::session::{ActiveModel, Column, Entity, Model};
use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::catalogue::Session;
use domain::ids::{AcademyId, CohortId, PersonId, SessionId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// One session.
///
/// # Errors
/// When the database does not answer or the row is corrupt.
pub async fn session(db: &impl Access, id: SessionId) -> Result<Option<Session>> {
    Entity::find_by_id(id.0).one(db.connection()).await?.map(Session::try_from).transpose()
}

/// A cohort's sessions by their start: at most `limit`.
///
/// # Errors
/// As [`session`].
pub async fn sessions_of(
    db: &impl Access,
    cohort: CohortId,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Session>> {
    let mut query = Entity::find().filter(Column::CohortId.eq(cohort.0));
    if let Some((start, id)) = after {
        let later = Column::StartsAt.gt(start);
        let same = Column::StartsAt.eq(start).and(Column::Id.gt(id));
        query = query.filter(Condition::any().add(later).add(same));
    }
    let query = query.order_by_asc(Column::StartsAt).order_by_asc(Column::Id).limit(limit);
    query.all(db.connection()).await?.into_iter().map(Session::try_from).collect()
}

/// How many sessions a cohort has.
///
/// # Errors
/// When the database does not answer.
pub async fn count_sessions(db: &impl Access, cohort: CohortId) -> Result<u64> {
    Ok(Entity::find().filter(Column::CohortId.eq(cohort.0)).count(db.connection()).await?)
}

/// When a cohort's first session starts.
///
/// # Errors
/// When the database does not answer.
pub async fn first_start(db: &impl Access, cohort: CohortId) -> Result<Option<DateTime<Utc>>> {
    let first: Option<DateTime<Utc>> = Entity::find()
        .select_only()
        .column(Column::StartsAt)
        .filter(Column::CohortId.eq(cohort.0))
        .order_by_asc(Column::StartsAt)
        .limit(1)
        .into_tuple()
        .one(db.connection())
        .await?;
    Ok(first)
}

/// When a cohort's last session ends.
///
/// # Errors
/// When the database does not answer.
pub async fn last_end(db: &impl Access, cohort: CohortId) -> Result<Option<DateTime<Utc>>> {
    let last: Option<DateTime<Utc>> = Entity::find()
        .select_only()
        .column(Column::EndsAt)
        .filter(Column::CohortId.eq(cohort.0))
        .order_by_desc(Column::EndsAt)
        .limit(1)
        .into_tuple()
        .one(db.connection())
        .await?;
    Ok(last)
}

/// Adds sessions.
///
/// # Errors
/// When the database refuses.
pub async fn insert_sessions(work: &Work, sessions: &[Session]) -> Result<()> {
    let rows = sessions.iter().map(|session| Model::from(session).into_active_model());
    Entity::insert_many(rows).exec_without_returning(work.connection()).await?;
    Ok(())
}

/// Writes a changed session.
///
/// # Errors
/// When the database refuses.
pub async fn update_session(work: &Work, session: &Session) -> Result<()> {
    let row: ActiveModel = Model::from(session).into_active_model();
    row.reset_all().update(work.connection()).await?;
    Ok(())
}

impl TryFrom<Model> for Session {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self> {
        let at = At { table: "session", row: row.id };
        Ok(Self {
            id: SessionId(row.id),
            academy_id: AcademyId(row.academy_id),
            cohort_id: CohortId(row.cohort_id),
            series_id: row.series_id,
            when: at.when(row.starts_at, row.ends_at, &row.time_zone)?,
            meeting: at.meeting(&row.meeting)?,
            title: row.title,
            facilitator_id: row.facilitator_id.map(PersonId),
            asks_for: row.asks_for,
            adjustments_until: row.adjustments_until,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<&Session> for Model {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.0,
            academy_id: session.academy_id.0,
            cohort_id: session.cohort_id.0,
            series_id: session.series_id,
            title: session.title.clone(),
            starts_at: session.when.starts_at,
            ends_at: session.when.ends_at,
            time_zone: session.when.zone.name().to_owned(),
            meeting: json(&session.meeting),
            facilitator_id: session.facilitator_id.map(|id| id.0),
            asks_for: session.asks_for.clone(),
            adjustments_until: session.adjustments_until,
            revision: session.revision,
            created_at: session.created_at,
            updated_at: session.updated_at,
        }
    }
}
