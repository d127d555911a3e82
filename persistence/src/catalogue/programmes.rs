//! Programmes.

use super::columns::{At, json};
use super::entities::academy;
use super::entities::programme::{ActiveModel, Column, Entity, Model};
use crate::{Access, Result, StoreError, Work};
use domain::catalogue::Region;
use domain::catalogue::programme::{Content, Format, Gate, Lifecycle, Programme};
use domain::identity::Role;
use domain::ids::{AcademyId, PersonId, ProgrammeId};
use domain::text;
use sea_orm::sea_query::{Expr, LikeExpr, LockType, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;

/// What the public listing is narrowed by, as far as the database does it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this academy only.
    pub academy_id: Option<AcademyId>,
    /// With this topic, as far as the search text tells.
    pub topic: Option<String>,
    /// Of an academy in this region.
    pub region: Option<Region>,
    /// Every one of these words stands in title, summary or topics; normalised.
    pub words: Vec<String>,
}

/// One programme.
///
/// # Errors
/// When the database does not answer or the row is corrupt.
pub async fn programme(db: &impl Access, id: ProgrammeId) -> Result<Option<Programme>> {
    Entity::find_by_id(id.0).one(db.connection()).await?.map(Programme::try_from).transpose()
}

/// The same, held until the work ends, so that nobody else changes it.
///
/// # Errors
/// As [`programme`].
pub async fn programme_for_update(work: &Work, id: ProgrammeId) -> Result<Option<Programme>> {
    let found = Entity::find_by_id(id.0).lock(LockType::NoKeyUpdate).one(work.connection()).await?;
    found.map(Programme::try_from).transpose()
}

/// Which of these are no programmes that others than staff may know of, or drafts of `academy`.
///
/// # Errors
/// When the database does not answer.
pub async fn unknown_programmes(
    db: &impl Access,
    academy: AcademyId,
    ids: &[ProgrammeId],
) -> Result<Vec<ProgrammeId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let known: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
        .filter(Column::Status.ne("draft").or(Column::AcademyId.eq(academy.0)))
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(ids.iter().copied().filter(|id| !known.contains(&id.0)).collect())
}

/// Which of these are published.
///
/// # Errors
/// When the database does not answer.
pub async fn published_among(db: &impl Access, ids: &[ProgrammeId]) -> Result<Vec<ProgrammeId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let published: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
        .filter(Column::Status.eq("published"))
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(published.into_iter().map(ProgrammeId).collect())
}

/// An academy's programmes in every state, in order of their making: at most `limit`.
///
/// # Errors
/// As [`programme`].
pub async fn programmes_of(
    db: &impl Access,
    academy: AcademyId,
    status: Option<&str>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Programme>> {
    let mut query = Entity::find().filter(Column::AcademyId.eq(academy.0));
    if let Some(status) = status {
        query = query.filter(Column::Status.eq(status));
    }
    page(query, after, limit, db).await
}

/// Published programmes in order of their making, after `after`: at most `limit`.
///
/// # Errors
/// As [`programme`].
pub async fn published(
    db: &impl Access,
    wanted: &Wanted,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Programme>> {
    let mut query = Entity::find().filter(Column::Status.eq("published"));
    if let Some(academy) = wanted.academy_id {
        query = query.filter(Column::AcademyId.eq(academy.0));
    }
    if let Some(topic) = &wanted.topic {
        // Narrows; that it is a topic and no other words is seen to by who reads the rows.
        query = query.filter(contains(Column::SearchText, &text::words(topic)));
    }
    if let Some(region) = wanted.region {
        let within = Query::select()
            .column(academy::Column::Id)
            .from(academy::Entity)
            .and_where(academy::Column::Region.eq(region.as_str()))
            .to_owned();
        query = query.filter(Column::AcademyId.in_subquery(within));
    }
    for word in &wanted.words {
        query = query.filter(contains(Column::SearchText, word));
    }
    page(query, after, limit, db).await
}

async fn page(
    query: Select<Entity>,
    after: Option<Uuid>,
    limit: u64,
    db: &impl Access,
) -> Result<Vec<Programme>> {
    let mut query = query.order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.all(db.connection()).await?.into_iter().map(Programme::try_from).collect()
}

fn contains(column: Column, needle: &str) -> sea_orm::sea_query::SimpleExpr {
    let escaped: String = needle
        .chars()
        .flat_map(|c| if matches!(c, '\\' | '%' | '_') { vec!['\\', c] } else { vec![c] })
        .collect();
    Expr::col((Entity, column)).like(LikeExpr::new(format!("%{escaped}%")).escape('\\'))
}

/// The words of a search, as [`Wanted`] takes them.
pub fn search_words(raw: &str) -> Vec<String> {
    let mut words: Vec<String> = text::words(raw).split(' ').map(str::to_owned).collect();
    words.retain(|word| !word.is_empty());
    words.sort();
    words.dedup();
    words
}

/// Whether a person can run meetings of an academy: as its facilitator, coordinator or admin.
///
/// # Errors
/// When the database does not answer.
pub async fn runs_meetings(db: &impl Access, academy: AcademyId, person: PersonId) -> Result<bool> {
    let member = crate::identity::members::member(db, academy, person).await?;
    Ok(member.is_some_and(|member| member.in_force && member.role != Role::Supervisor))
}

/// Whether another programme of the academy has this slug.
///
/// # Errors
/// When the database does not answer.
pub async fn programme_slug_taken(
    db: &impl Access,
    academy: AcademyId,
    slug: &str,
    by_other_than: ProgrammeId,
) -> Result<bool> {
    let query = Entity::find()
        .filter(Column::AcademyId.eq(academy.0))
        .filter(Column::Slug.eq(slug))
        .filter(Column::Id.ne(by_other_than.0));
    Ok(query.one(db.connection()).await?.is_some())
}

/// Adds a programme.
///
/// # Errors
/// [`StoreError::Conflict`] when its slug is taken in its academy.
pub async fn insert_programme(work: &Work, programme: &Programme) -> Result<()> {
    let row = Model::from(programme).into_active_model();
    Entity::insert(row).exec_without_returning(work.connection()).await?;
    Ok(())
}

/// Writes a changed programme.
///
/// # Errors
/// [`StoreError::Conflict`] when its slug is taken in its academy.
pub async fn update_programme(work: &Work, programme: &Programme) -> Result<()> {
    let row: ActiveModel = Model::from(programme).into_active_model();
    row.reset_all().update(work.connection()).await?;
    Ok(())
}

impl TryFrom<Model> for Programme {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self> {
        let at = At { table: "programme", row: row.id };
        let lifecycle = match (row.status.as_str(), row.published_at, row.archived_at) {
            ("draft", None, None) => Lifecycle::Draft,
            ("published", Some(published), None) => Lifecycle::Published { at: published },
            ("archived", Some(published_at), Some(archived)) => {
                Lifecycle::Archived { published_at, at: archived }
            }
            _ => return Err(at.corrupt("status")),
        };
        let gate = Gate {
            requires_taster: row.requires_taster,
            commits_to_all_sessions: row.commits_to_all_sessions,
            requires_manager_agreement: row.requires_manager_agreement,
            requires_nomination: row.requires_nomination,
            eligibility: row.eligibility.map(|text| at.json("eligibility", &text)).transpose()?,
            joining_form: at.json("joining_form", &row.joining_form)?,
        };
        Ok(Self {
            id: ProgrammeId(row.id),
            academy_id: AcademyId(row.academy_id),
            content: Content {
                slug: row.slug,
                title: row.title,
                summary: row.summary,
                description: row.description,
                format: Format::parse(&row.format).ok_or_else(|| at.corrupt("format"))?,
                topics: at.json("topics", &row.topics)?,
                page: at.json("page", &row.page)?,
                gate,
                confidential: row.confidential,
            },
            lifecycle,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<&Programme> for Model {
    fn from(programme: &Programme) -> Self {
        let content = &programme.content;
        Self {
            id: programme.id.0,
            academy_id: programme.academy_id.0,
            slug: content.slug.clone(),
            title: content.title.clone(),
            summary: content.summary.clone(),
            description: content.description.clone(),
            format: content.format.as_str().to_owned(),
            status: programme.lifecycle.as_str().to_owned(),
            topics: json(&content.topics),
            page: json(&content.page),
            requires_taster: content.gate.requires_taster,
            commits_to_all_sessions: content.gate.commits_to_all_sessions,
            requires_manager_agreement: content.gate.requires_manager_agreement,
            requires_nomination: content.gate.requires_nomination,
            confidential: content.confidential,
            eligibility: content.gate.eligibility.as_ref().map(json),
            joining_form: json(&content.gate.joining_form),
            search_text: content.search_text(),
            revision: programme.revision,
            created_at: programme.created_at,
            updated_at: programme.updated_at,
            published_at: programme.lifecycle.published_at(),
            archived_at: programme.lifecycle.archived_at(),
        }
    }
}
