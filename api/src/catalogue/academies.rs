//! Academies: made by platform admins, read by all.

use super::fields::{RegionCode, ShownEmail};
use super::merge::MergePatch;
use super::scope;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{Line, Slug, Zone};
use crate::http::json::Json;
use crate::http::list::Page;
use crate::http::path::{AcademyPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{get, patch, post};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deserr::Deserr;
use domain::catalogue::{Academy, Region, limits};
use domain::identity::{Action, Resource};
use domain::ids::AcademyId;
use persistence::{Work, catalogue, new_id};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is said of an academy.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "slug": "south-east", "name": "South East Leadership Academy", "region": "south_east",
    "contactEmail": "academy@example.nhs.uk", "timeZone": "Europe/London"
}))]
pub(crate) struct AcademyInput {
    /// Its name in addresses; unique.
    slug: Slug,
    /// Its name.
    name: Line<{ limits::NAME }>,
    /// Its region of NHS England.
    region: RegionCode,
    /// Where to write; shown to all.
    contact_email: ShownEmail,
    /// IANA zone that its tasters and sessions have unless they say another; `Europe/London` unless said.
    #[deserr(default)]
    time_zone: Option<Zone>,
}

impl AcademyInput {
    fn apply(self, academy: &mut Academy) {
        academy.slug = self.slug.0;
        academy.name = self.name.0;
        academy.region = self.region.0;
        academy.contact_email = self.contact_email.0.0;
        academy.zone = self.time_zone.map_or(Tz::Europe__London, |zone| zone.0);
    }
}

/// The fields of an academy that can be changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "slug": "south-east", "name": "South East Leadership Academy", "region": "south_east",
    "contactEmail": "academy@example.nhs.uk", "timeZone": "Europe/London"
}))]
pub(crate) struct AcademyFields {
    /// Its name in addresses.
    slug: String,
    /// Its name.
    name: String,
    /// Its region of NHS England.
    region: &'static str,
    /// Where to write.
    contact_email: String,
    /// IANA zone that its tasters and sessions have unless they say another.
    time_zone: &'static str,
}

/// An academy.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Academy, example = json!({
    "id": "019b0000-0000-7000-8000-000000000001", "slug": "south-east",
    "name": "South East Leadership Academy", "region": "south_east",
    "contactEmail": "academy@example.nhs.uk", "timeZone": "Europe/London",
    "createdAt": "2027-01-05T09:00:00Z", "updatedAt": "2027-01-05T09:00:00Z"
}))]
pub(crate) struct AcademyView {
    /// Its id.
    id: Uuid,
    #[serde(flatten)]
    fields: AcademyFields,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<&Academy> for AcademyFields {
    fn from(academy: &Academy) -> Self {
        Self {
            slug: academy.slug.clone(),
            name: academy.name.clone(),
            region: academy.region.as_str(),
            contact_email: academy.contact_email.clone(),
            time_zone: academy.zone.name(),
        }
    }
}

impl From<&Academy> for AcademyView {
    fn from(academy: &Academy) -> Self {
        Self {
            id: academy.id.0,
            fields: AcademyFields::from(academy),
            created_at: academy.created_at,
            updated_at: academy.updated_at,
        }
    }
}

async fn check_slug(work: &Work, academy: &Academy) -> Result<(), Problem> {
    if catalogue::academy_slug_taken(work, &academy.slug, academy.id).await? {
        return Err(Problem::new(Code::SlugTaken).detail("Another academy has this slug."));
    }
    Ok(())
}

/// A merge patch of it.
pub(crate) type AcademyPatch = MergePatch<AcademyInput>;

/// Make an academy
///
/// For platform admins. Its people then get roles in it.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "createAcademy",
    responses((status = 201, description = "The academy.", body = AcademyView)),
    extensions(("x-problems" = json!(["slug-taken"])))
)]
#[post("/v1/academies")]
pub(crate) async fn create_academy(
    app: App,
    caller: Caller,
    _: Query<NoQuery>,
    body: Json<AcademyInput>,
) -> Result<Answer, Problem> {
    caller.require(Action::ManageAcademies, &Resource::Platform)?;
    app.write(&caller, async |work| {
        let now = work.now().await?;
        let mut academy = Academy {
            id: AcademyId(new_id()),
            slug: String::new(),
            name: String::new(),
            region: Region::London,
            contact_email: String::new(),
            zone: Tz::Europe__London,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        body.into_inner().apply(&mut academy);
        check_slug(work, &academy).await?;
        catalogue::insert_academy(work, &academy).await.map_err(taken)?;
        let subject = ("academy", academy.id.0);
        scope::audit(work, academy.id, "academy_created", subject, scope::revision_detail(1));
        Ok(scope::made(format!("/v1/academies/{}", academy.id), 1, &AcademyView::from(&academy)))
    })
    .await
}

/// Two that take the same slug at once: the second one's key is refused by the database.
pub(super) fn taken(error: persistence::StoreError) -> Problem {
    match error {
        persistence::StoreError::Conflict(_) => Problem::new(Code::SlugTaken),
        other => other.into(),
    }
}

/// List academies
///
/// All of them, in the order of their making. Open to all.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "listAcademies",
    params(PageQuery),
    responses((status = 200, description = "One page.", body = Page<AcademyView>)),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/academies")]
pub(crate) async fn list_academies(
    app: App,
    caller: Caller,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let after = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let limit = query.0.limit;
    let rows = catalogue::academies(&app.store.reader(), after, limit.one_more()).await?;
    let page = app.cursors.page(&caller, limit, rows, |academy| academy.id.0);
    Ok(Answer::page(&caller, &page.map(|academy| AcademyView::from(&academy))))
}

/// Read an academy
///
/// Open to all.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "readAcademy",
    params(AcademyPath),
    responses((status = 200, description = "The academy.", body = AcademyView)),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/academies/{academyId}")]
pub(crate) async fn read_academy(
    app: App,
    caller: Caller,
    path: Path<AcademyPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let academy = scope::academy(&app.store.reader(), path.0.academy_id).await?;
    Ok(scope::shown(&caller, academy.revision, &AcademyView::from(&academy)))
}

/// Change an academy
///
/// For platform admins and the academy's own admins.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "changeAcademy",
    params(AcademyPath),
    responses((status = 200, description = "The academy as it is now.", body = AcademyView)),
    extensions(("x-problems" = json!(["slug-taken"])))
)]
#[patch("/v1/academies/{academyId}")]
pub(crate) async fn change_academy(
    app: App,
    caller: Caller,
    path: Path<AcademyPath>,
    _: Query<NoQuery>,
    body: Json<AcademyPatch>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let id = scope::academy(&app.store.reader(), path.0.academy_id).await?.id;
    caller.require(Action::ManageMembers, &Resource::Academy(id))?;
    app.write(&caller, async |work| {
        let mut academy = catalogue::academy_for_update(work, id).await?.ok_or_else(scope::not_found)?;
        scope::if_match(&caller, academy.revision)?;
        body.0.onto(&AcademyFields::from(&academy))?.into_inner()?.apply(&mut academy);
        check_slug(work, &academy).await?;
        academy.revision += 1;
        academy.updated_at = work.now().await?;
        catalogue::update_academy(work, &academy).await.map_err(taken)?;
        let detail = scope::revision_detail(academy.revision);
        scope::audit(work, id, "academy_changed", ("academy", id.0), detail);
        catalogue::listing_changed(work).await?;
        Ok(scope::changed(academy.revision, &AcademyView::from(&academy)))
    })
    .await
}
