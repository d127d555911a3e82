//! Sessions of a cohort, one by one (PRG-4, PRG-5).

use super::facilitators::{self, Held, Wanted};
use super::merge::MergePatch;
use super::scope;
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
use domain::catalogue::programme::Programme;
use domain::catalogue::{Cohort, Session, limits};
use domain::fault::Fault;
use domain::identity::{Action, Actor};
use domain::ids::{CohortId, SessionId};
use persistence::{Access, Work, admission, catalogue, new_id};

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
        let faults = scope::meeting_faults(work, cohort.academy_id, &body.0, None).await?;
        let parts = body.0.finish(faults, |input| input.into_parts(zone))?;
        let now = work.now().await?;
        let session = Session {
            id: SessionId(new_id()),
            academy_id: cohort.academy_id,
            cohort_id: cohort.id,
            series_id: None,
            title: parts.title,
            when: parts.when,
            meeting: parts.meeting,
            facilitator_id: parts.facilitator_id,
            asks_for: parts.asks_for,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        add(work, &held, &cohort, std::slice::from_ref(&session)).await?;
        let view = SessionView::of(&session, true);
        Ok(scope::made(format!("/v1/sessions/{}", session.id), 1, &view))
    })
    .await
}

/// Adds sessions to a cohort whose lock is held, with their audit and what follows from new dates.
pub(super) async fn add(
    work: &mut Work,
    held: &Held,
    cohort: &Cohort,
    sessions: &[Session],
) -> Result<(), Problem> {
    let there = usize::try_from(catalogue::count_sessions(work, cohort.id).await?).unwrap_or(usize::MAX);
    if there.saturating_add(sessions.len()) > limits::SESSIONS {
        let detail = format!("a cohort can have at most {} sessions", limits::SESSIONS);
        return Err(Problem::invalid(vec![Fault::new("", "too-many", detail)]));
    }
    let wanted = Wanted {
        academy: cohort.academy_id,
        facilitator: sessions.first().and_then(|session| session.facilitator_id),
        meetings: &facilitators::meetings(sessions),
        itself: None,
    };
    held.refuse_clash(work, wanted).await?;
    catalogue::insert_sessions(work, sessions).await?;
    for session in sessions {
        let subject = ("session", session.id.0);
        scope::audit(work, session.academy_id, "session_created", subject, scope::revision_detail(1));
    }
    dates_changed(work, cohort.id).await?;
    let times = facilitators::times(sessions);
    admission::tell_of_clashes(work, cohort.id, &times, None).await?;
    Ok(())
}

async fn dates_changed(work: &mut Work, cohort: CohortId) -> Result<(), Problem> {
    let first = catalogue::first_start(work, cohort).await?;
    admission::set_first_session(work, cohort, first).await?.map_err(super::cohorts::refused)?;
    catalogue::listing_changed(work).await?;
    Ok(())
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
        let mut session = catalogue::session(work, id).await?.ok_or_else(scope::not_found)?;
        scope::if_match(&caller, session.revision)?;
        let draft = body.0.onto(&SessionFields::from(&session))?;
        let faults = scope::meeting_faults(work, session.academy_id, &draft, session.facilitator_id).await?;
        let parts = draft.finish(faults, |input| input.into_parts(zone))?;
        let stays = (session.facilitator_id, session.when) == (parts.facilitator_id, parts.when);
        let before = facilitators::span(&session.when);
        (session.title, session.when, session.meeting) = (parts.title, parts.when, parts.meeting);
        (session.facilitator_id, session.asks_for) = (parts.facilitator_id, parts.asks_for);
        session.revision += 1;
        session.updated_at = work.now().await?;
        if !stays {
            let wanted = Wanted {
                academy: session.academy_id,
                facilitator: session.facilitator_id,
                meetings: &facilitators::meetings(std::slice::from_ref(&session)),
                itself: Some(session.id.0),
            };
            held.refuse_clash(work, wanted).await?;
        }
        catalogue::update_session(work, &session).await?;
        let detail = scope::revision_detail(session.revision);
        scope::audit(work, session.academy_id, "session_changed", ("session", id.0), detail);
        dates_changed(work, cohort.id).await?;
        let times = facilitators::times(std::slice::from_ref(&session));
        admission::tell_of_clashes(work, cohort.id, &times, Some(before)).await?;
        Ok(scope::changed(session.revision, &SessionView::of(&session, true)))
    })
    .await
}
