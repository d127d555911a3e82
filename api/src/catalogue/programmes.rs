//! Programmes: written by staff, published to all (PRG-1).

use super::academies::taken;
use super::merge::MergePatch;
use super::programme_views::{ProgrammeSummary, ProgrammeView};
use super::programme_wire::{ProgrammeFields, ProgrammeInput};
use super::scope;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::draft::Draft;
use crate::http::faults::Faults;
use crate::http::fields::{FromText, Parsed};
use crate::http::json::{Json, NoBody};
use crate::http::list::{Cursor, Limit, Page};
use crate::http::path::{AcademyPath, Path, ProgrammePath};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::{get, patch, post};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use domain::catalogue::programme::{Content, Lifecycle, Programme};
use domain::fault::{Fault, Refused};
use domain::identity::{Action, Resource};
use domain::ids::{AcademyId, ProgrammeId};
use persistence::{Work, catalogue, new_id};
use utoipa::IntoParams;
use utoipa::openapi::schema::ObjectBuilder;

/// A merge patch of it.
pub(crate) type ProgrammePatch = MergePatch<ProgrammeInput>;

/// What should be one, with all that is wrong with it.
pub(crate) type ProgrammeDraft = Draft<ProgrammeInput>;

/// Make a programme
///
/// It begins as a draft that only staff see; `POST …/publish` shows it to all. Its gate (`requiresTaster`,
/// `commitsToAllSessions`, `requiresManagerAgreement`, `requiresNomination`, `eligibility`, `joiningForm`) is copied by each
/// cohort when that is made.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "createProgramme",
    params(AcademyPath),
    responses((status = 201, description = "The draft.", body = ProgrammeView)),
    extensions(("x-problems" = json!(["slug-taken"])))
)]
#[post("/v1/academies/{academyId}/programmes")]
pub(crate) async fn create_programme(
    app: App,
    caller: Caller,
    path: Path<AcademyPath>,
    _: Query<NoQuery>,
    body: Json<ProgrammeDraft>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let academy = scope::academy(&app.store.reader(), path.0.academy_id).await?;
    caller.require(Action::WriteCatalogue, &Resource::Academy(academy.id))?;
    app.write(&caller, async |work| {
        let content = content_of(work, academy.id, body.into_inner()).await?;
        let now = work.now().await?;
        let programme = Programme {
            id: ProgrammeId(new_id()),
            academy_id: academy.id,
            content,
            lifecycle: Lifecycle::Draft,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        check_slug(work, &programme).await?;
        catalogue::insert_programme(work, &programme).await.map_err(taken)?;
        let subject = ("programme", programme.id.0);
        scope::audit(work, academy.id, "programme_created", subject, scope::revision_detail(1));
        let view = ProgrammeView::whole(&programme, &[], now);
        Ok(scope::made(format!("/v1/programmes/{}", programme.id), 1, &view))
    })
    .await
}

async fn check_slug(work: &Work, programme: &Programme) -> Result<(), Problem> {
    let Programme { id, academy_id, content, .. } = programme;
    if catalogue::programme_slug_taken(work, *academy_id, &content.slug, *id).await? {
        return Err(Problem::new(Code::SlugTaken).detail("Another programme of the academy has this slug."));
    }
    Ok(())
}

/// The content, with what only the database knows: that the programmes it names exist.
async fn content_of(
    work: &Work,
    academy: AcademyId,
    draft: Draft<ProgrammeInput>,
) -> Result<Content, Problem> {
    let detail = "must be the id of a programme that is published, or of this academy";
    let mut faults = ProgrammeInput::list_faults(&draft);
    let related = ProgrammeInput::related(&draft);
    let ids: Vec<ProgrammeId> = related.iter().map(|(_, id)| *id).collect();
    let unknown = catalogue::unknown_programmes(work, academy, &ids).await?;
    let places = related.iter().filter(|(_, id)| unknown.contains(id));
    faults
        .extend(places.map(|(index, _)| {
            Fault::new(format!("/relatedProgrammes/{index}"), "unknown-programme", detail)
        }));
    draft.finish(faults, |input| Ok(input.content()))
}

/// The state of a programme, for the staff's list.
#[derive(Debug)]
pub(crate) struct StatusWord(&'static str);

impl FromText for StatusWord {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        let word = ["draft", "published", "archived"].into_iter().find(|word| *word == raw);
        word.map(Self)
            .ok_or_else(|| Refused::new("unknown-value", "must be one of draft, published, archived"))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(["draft", "published", "archived"]))
    }
}

/// The same as a parameter.
pub(crate) type StatusText = Parsed<StatusWord>;

/// Query of the staff's list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct StaffListQuery {
    /// How many at most, 1 to 200.
    #[deserr(default)]
    #[param(required = false)]
    limit: Limit,
    /// `nextCursor` of the page before.
    #[deserr(default)]
    cursor: Option<Cursor>,
    /// Only those in this state.
    #[deserr(default)]
    status: Option<StatusText>,
}

/// List an academy's programmes
///
/// In every state, for staff, in the order of their making.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "listAcademyProgrammes",
    params(AcademyPath, StaffListQuery),
    responses((status = 200, description = "One page.", body = Page<ProgrammeSummary>))
)]
#[get("/v1/academies/{academyId}/programmes")]
pub(crate) async fn list_academy_programmes(
    app: App,
    caller: Caller,
    path: Path<AcademyPath>,
    query: Query<StaffListQuery>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let reader = app.store.reader();
    let academy = scope::academy(&reader, path.0.academy_id).await?;
    caller.require(Action::ReadDrafts, &Resource::Academy(academy.id))?;
    let after = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let (limit, status) = (query.0.limit, query.0.status.map(|word| word.0.0));
    let rows = catalogue::programmes_of(&reader, academy.id, status, after, limit.one_more()).await?;
    let page = app.cursors.page(&caller, limit, rows, |programme| programme.id.0);
    let now = reader.now().await?;
    let facts = catalogue::cohort_facts(&reader, &page.items, now).await?;
    let page = page.map(|programme| {
        let cohorts = facts.get(&programme.id).map(Vec::as_slice).unwrap_or_default();
        ProgrammeSummary::of(&programme, cohorts, now)
    });
    Ok(Answer::page(&caller, &page).private())
}

/// Read a programme
///
/// Open to all once it is published; a draft is 404 to others than staff. An archived one can still be read.
/// Testimonials whose consent was withdrawn, and related programmes that are not published, are shown to staff only.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "readProgramme",
    params(ProgrammePath),
    responses((status = 200, description = "The programme.", body = ProgrammeView)),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/programmes/{programmeId}")]
pub(crate) async fn read_programme(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let reader = app.store.reader();
    let programme = scope::programme(&reader, path.0.programme_id).await?;
    caller.require(Action::ReadCatalogue, &scope::resource(&programme))?;
    let now = reader.now().await?;
    let cohorts = scope::facts_of(&reader, &programme, now).await?;
    let mut page = programme.content.page.clone();
    if !scope::reads_as_staff(&caller, &programme) {
        let published = catalogue::published_among(&reader, &page.related_programmes).await?;
        page = page.public(&published);
    }
    let view = ProgrammeView::of(&programme, page, &cohorts, now);
    Ok(scope::shown(&caller, programme.revision, &view))
}

/// Change a programme
///
/// By merge patch. Cohorts that were made before keep the gate and form that they copied.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "changeProgramme",
    params(ProgrammePath),
    responses((status = 200, description = "The programme as it is now.", body = ProgrammeView)),
    extensions(("x-problems" = json!(["slug-taken"])))
)]
#[patch("/v1/programmes/{programmeId}")]
pub(crate) async fn change_programme(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    _: Query<NoQuery>,
    body: Json<ProgrammePatch>,
) -> Result<Answer, Problem> {
    let id = required_to_write(&app, &caller, path.0.programme_id).await?;
    app.write(&caller, async |work| {
        let mut programme = held(work, id).await?;
        scope::if_match(&caller, programme.revision)?;
        let draft = body.0.onto(&ProgrammeFields::whole(&programme.content))?;
        programme.content = content_of(work, programme.academy_id, draft).await?;
        check_slug(work, &programme).await?;
        keep(work, programme, "programme_changed").await
    })
    .await
}

/// Publish a programme
///
/// From then on all can read it. Its tasters, cohorts and sessions with it.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "publishProgramme",
    params(ProgrammePath),
    responses((status = 200, description = "The published programme.", body = ProgrammeView)),
    extensions(("x-problems" = json!([
        "already-published", "already-archived", "malformed-json", "unsupported-media-type", "invalid"
    ])))
)]
#[post("/v1/programmes/{programmeId}/publish")]
pub(crate) async fn publish_programme(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    _: Query<NoQuery>,
    _: NoBody,
) -> Result<Answer, Problem> {
    move_on(&app, &caller, path.0.programme_id, "programme_published", Lifecycle::publish).await
}

/// Archive a programme
///
/// It leaves the public list and takes no new bookings; live ones go on. This is final.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "archiveProgramme",
    params(ProgrammePath),
    responses((status = 200, description = "The archived programme.", body = ProgrammeView)),
    extensions(("x-problems" = json!([
        "not-published", "already-archived", "malformed-json", "unsupported-media-type", "invalid"
    ])))
)]
#[post("/v1/programmes/{programmeId}/archive")]
pub(crate) async fn archive_programme(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    _: Query<NoQuery>,
    _: NoBody,
) -> Result<Answer, Problem> {
    move_on(&app, &caller, path.0.programme_id, "programme_archived", Lifecycle::archive).await
}

async fn move_on(
    app: &Shared,
    caller: &Caller,
    id: ProgrammeId,
    action: &'static str,
    step: fn(Lifecycle, DateTime<Utc>) -> Result<Lifecycle, Refused>,
) -> Result<Answer, Problem> {
    let id = required_to_write(app, caller, id).await?;
    app.write(caller, async |work| {
        let mut programme = held(work, id).await?;
        let now = work.now().await?;
        programme.lifecycle = step(programme.lifecycle, now).map_err(refused)?;
        keep(work, programme, action).await
    })
    .await
}

/// A step that the programme's state doesn't allow: 409.
fn refused(refused: Refused) -> Problem {
    let code = match refused.code {
        "already-published" => Code::AlreadyPublished,
        "not-published" => Code::NotPublished,
        _ => Code::AlreadyArchived,
    };
    Problem::new(code).detail(refused.detail)
}

async fn required_to_write(app: &Shared, caller: &Caller, id: ProgrammeId) -> Result<ProgrammeId, Problem> {
    scope::signed_in(caller)?;
    let programme = scope::programme(&app.store.reader(), id).await?;
    caller.require(Action::WriteCatalogue, &scope::resource(&programme))?;
    Ok(programme.id)
}

async fn held(work: &Work, id: ProgrammeId) -> Result<Programme, Problem> {
    catalogue::programme_for_update(work, id).await?.ok_or_else(scope::not_found)
}

/// Writes the changed programme with its audit, and says that the listing changed.
async fn keep(work: &mut Work, mut programme: Programme, action: &'static str) -> Result<Answer, Problem> {
    let now = work.now().await?;
    programme.revision += 1;
    programme.updated_at = now;
    catalogue::update_programme(work, &programme).await.map_err(taken)?;
    let (subject, detail) = (("programme", programme.id.0), scope::revision_detail(programme.revision));
    scope::audit(work, programme.academy_id, action, subject, detail);
    let cohorts = scope::facts_of(work, &programme, now).await?;
    catalogue::listing_changed(work).await?;
    let view = ProgrammeView::whole(&programme, &cohorts, now);
    Ok(scope::changed(programme.revision, &view))
}
