//! Sessions of a cohort, one by one (PRG-4, PRG-5).

use super::facilitators;
use super::merge::MergePatch;
use super::scope;
use super::session_changes;
use super::session_wire::{SessionFields, SessionInput, SessionView};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::draft::Draft;
use crate::http::json::Json;
use crate::http::list::Page;
use crate::http::path::{CohortPath, Path, SessionPath};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{get, patch, post};
use domain::catalogue::Session;
use domain::catalogue::programme::Programme;
use domain::identity::{Action, Actor};
use domain::ids::CohortId;
use persistence::{Access, admission, catalogue};

/// A merge patch of it.
pub(crate) type SessionPatch = MergePatch<SessionInput>;

/// What should be one, with all that is wrong with it.
pub(crate) type SessionDraft = Draft<SessionInput>;

/// Add a session
///
/// With the first one the cohort's dates stand.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "createSession",
    params(CohortPath),
    responses((status = 201, description = "The session.", body = SessionView)),
    extensions(("x-problems" = json!(["cohort-ended", "session-clash"])))
)]
#[post("/v1/cohorts/{cohortId}/sessions")]
pub(crate) async fn create_session(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<SessionDraft>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let reader = app.store.reader();
    let (cohort, programme) = scope::cohort(&reader, path.0.cohort_id).await?;
    caller.require(Action::WriteCatalogue, &scope::resource(&programme))?;
    let zone = scope::academy(&reader, cohort.academy_id).await?.zone;
    app.write(&caller, async |work| {
        let held = facilitators::hold(work, &body.0, None).await?;
        work.lock_cohorts([cohort.id]).await?;
        let parts = session_changes::read(work, cohort.academy_id, body.0, None, zone).await??;
        let session = session_changes::made(&cohort, parts, work.now().await?);
        session_changes::add(work, &held, &cohort, std::slice::from_ref(&session)).await?;
        let view = SessionView::of(&session, true);
        Ok(scope::made(format!("/v1/sessions/{}", session.id), 1, &view))
    })
    .await
}

/// Whether the caller is a person with a confirmed place in the cohort (PRG-5).
async fn is_entitled(db: &impl Access, caller: &Caller, cohort: CohortId) -> Result<bool, Problem> {
    match &caller.actor {
        Actor::Person(person) => Ok(admission::holds_confirmed_place(db, cohort, person.id).await?),
        _ => Ok(false),
    }
}

fn seen_by(caller: &Caller, programme: &Programme, session: &Session, entitled: bool) -> SessionView {
    let resource = scope::resource_run_by(programme, session.facilitator_id, caller, entitled);
    SessionView::of(session, caller.may(Action::SeeJoinDetails, &resource))
}

/// List a cohort's sessions
///
/// By their start. Open to all once the programme is published; join details are null for callers without a
/// confirmed place who don't run the session.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "listSessions",
    params(CohortPath, PageQuery),
    responses((status = 200, description = "One page.", body = Page<SessionView>)),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/cohorts/{cohortId}/sessions")]
pub(crate) async fn list_sessions(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let reader = app.store.reader();
    let (cohort, programme) = scope::cohort(&reader, path.0.cohort_id).await?;
    caller.require(Action::ReadCatalogue, &scope::resource(&programme))?;
    let entitled = is_entitled(&reader, &caller, cohort.id).await?;
    let after = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let limit = query.0.limit;
    let rows = catalogue::sessions_of(&reader, cohort.id, after, limit.one_more()).await?;
    let page = app.cursors.page(&caller, limit, rows, |session| (session.when.starts_at, session.id.0));
    let page = page.map(|session| seen_by(&caller, &programme, &session, entitled));
    Ok(scope::varied(Answer::page(&caller, &page)))
}

/// Read a session
///
/// Open to all once its programme is published, to its facilitator before; join details are null for callers
/// without a confirmed place who don't run it.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "readSession",
    params(SessionPath),
    responses((status = 200, description = "The session.", body = SessionView)),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/sessions/{sessionId}")]
pub(crate) async fn read_session(
    app: App,
    caller: Caller,
    path: Path<SessionPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let reader = app.store.reader();
    let session = catalogue::session(&reader, path.0.session_id).await?.ok_or_else(scope::not_found)?;
    let (cohort, programme) = scope::cohort(&reader, session.cohort_id).await?;
    let entitled = is_entitled(&reader, &caller, cohort.id).await?;
    let resource = scope::resource_run_by(&programme, session.facilitator_id, &caller, entitled);
    caller.require(Action::ReadCatalogue, &resource)?;
    let view = seen_by(&caller, &programme, &session, entitled);
    Ok(scope::shown(&caller, session.revision, &view))
}

/// Change a session
///
/// By merge patch: each session can be moved alone and have its own meeting.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "changeSession",
    params(SessionPath),
    responses((status = 200, description = "The session as it is now.", body = SessionView)),
    extensions(("x-problems" = json!(["cohort-ended", "session-clash"])))
)]
#[patch("/v1/sessions/{sessionId}")]
pub(crate) async fn change_session(
    app: App,
    caller: Caller,
    path: Path<SessionPath>,
    _: Query<NoQuery>,
    body: Json<SessionPatch>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let reader = app.store.reader();
    let id = path.0.session_id;
    let session = catalogue::session(&reader, id).await?.ok_or_else(scope::not_found)?;
    let (cohort, programme) = scope::cohort(&reader, session.cohort_id).await?;
    caller.require(Action::WriteCatalogue, &scope::resource(&programme))?;
    let zone = scope::academy(&reader, cohort.academy_id).await?.zone;
    app.write(&caller, async |work| {
        let draft = body.0.onto(&SessionFields::from(&session))?;
        let held = facilitators::hold(work, &draft, session.facilitator_id).await?;
        work.lock_cohorts([cohort.id]).await?;
        let session = catalogue::session(work, id).await?.ok_or_else(scope::not_found)?;
        scope::if_match(&caller, session.revision)?;
        let draft = body.0.onto(&SessionFields::from(&session))?;
        let (academy, runs_it) = (session.academy_id, session.facilitator_id);
        let parts = session_changes::read(work, academy, draft, runs_it, zone).await??;
        let session = session_changes::change(work, &held, session, parts).await?;
        Ok(scope::changed(session.revision, &SessionView::of(&session, true)))
    })
    .await
}
