//! What participants need in order to take part in a session (PRG-11).

use super::scope;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{FromText, Paragraphs, Parsed};
use crate::http::json::Json;
use crate::http::list::Page;
use crate::http::path::{AdjustmentPath, Path, SessionPath};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{delete, get, post};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use domain::catalogue::adjustment::{AdjustmentKind, AdjustmentOutcome, NotAsked};
use domain::catalogue::programme::Programme;
use domain::catalogue::{Session, limits};
use domain::fault::Refused;
use domain::identity::{Action, Actor, Resource};
use domain::ids::{AcademyId, AdjustmentId, BookingId, PersonId, SessionId};
use domain::time::wire;
use persistence::catalogue::{self, Adjustment};
use persistence::{Access, Origin, StoreError, Work};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;
use uuid::Uuid;

impl FromText for AdjustmentKind {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        let refused = || Refused::new("unknown-value", "must be captions, bsl, breaks, access or diet");
        Self::parse(raw).ok_or_else(refused)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(Self::ALL.map(Self::as_str)))
    }
}

impl FromText for AdjustmentOutcome {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::parse(raw).ok_or_else(|| Refused::new("unknown-value", "must be met or not_met"))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(Self::ALL.map(Self::as_str)))
    }
}

type Kind = Parsed<AdjustmentKind>;
type Outcome = Parsed<AdjustmentOutcome>;

/// What a participant needs in a session.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "kind": "captions", "detail": "Live captions, please; I lip-read when the speaker's face is seen."
}))]
pub(crate) struct NewAdjustment {
    /// What.
    kind: Kind,
    /// What exactly.
    #[deserr(default)]
    detail: Option<Paragraphs<{ limits::NOTE }>>,
}

/// What becomes of an adjustment.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"outcome": "met", "note": "Captions are switched on."}))]
pub(crate) struct NewOutcome {
    /// Whether it is provided.
    outcome: Outcome,
    /// What the participant should know of it.
    #[deserr(default)]
    note: Option<Paragraphs<{ limits::NOTE }>>,
}

/// What a participant needs in a session, and what becomes of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Adjustment, example = json!({
    "id": "0193f2a4-0000-7000-8000-00000000000c", "sessionId": "0193f2a4-0000-7000-8000-000000000005",
    "bookingId": "0193f2a4-0000-7000-8000-000000000001", "fullName": "Amina Khan", "kind": "captions",
    "detail": "Live captions, please; I lip-read when the speaker's face is seen.", "status": "asked", "note": null,
    "decidedAt": null, "createdAt": "2026-11-24T09:30:00Z", "updatedAt": "2026-11-24T09:30:00Z"
}))]
pub(crate) struct AdjustmentView {
    /// Its id.
    id: Uuid,
    /// In which session.
    session_id: Uuid,
    /// By which booking.
    booking_id: Uuid,
    /// Who needs it.
    full_name: Option<String>,
    /// What: `captions`, `bsl`, `breaks`, `access` or `diet`.
    kind: &'static str,
    /// What exactly.
    detail: Option<String>,
    /// `asked`, `met` or `not_met`; of which nothing was said by the end of the session was not met.
    status: &'static str,
    /// What was said to it.
    note: Option<String>,
    /// When that was said.
    decided_at: Option<String>,
    /// When it was asked for.
    created_at: String,
    /// When it last changed.
    updated_at: String,
}

fn view(adjustment: Adjustment) -> AdjustmentView {
    AdjustmentView {
        id: adjustment.id.0,
        session_id: adjustment.session_id.0,
        booking_id: adjustment.booking_id.0,
        full_name: adjustment.full_name,
        kind: adjustment.kind.as_str(),
        detail: adjustment.detail,
        status: adjustment.status.as_str(),
        note: adjustment.note,
        decided_at: adjustment.decided_at.map(wire),
        created_at: wire(adjustment.created_at),
        updated_at: wire(adjustment.updated_at),
    }
}

/// A session, what it is to permissions, and the caller's own place in its cohort.
struct Reached {
    session: Session,
    programme: Programme,
    resource: Resource,
    own: Option<(PersonId, BookingId)>,
}

async fn reached(db: &impl Access, caller: &Caller, id: SessionId) -> Result<Reached, Problem> {
    let session = catalogue::session(db, id).await?.ok_or_else(scope::not_found)?;
    let (_, programme) = scope::cohort(db, session.cohort_id).await?;
    let own = match &caller.actor {
        Actor::Person(person) => {
            let place = catalogue::place_of(db, session.cohort_id, person.id).await?;
            place.map(|booking| (person.id, booking))
        }
        _ => None,
    };
    let resource = scope::resource_run_by(&programme, session.facilitator_id, caller, own.is_some());
    Ok(Reached { session, programme, resource, own })
}

/// Ask for an adjustment
///
/// By who has a confirmed place: captions, British Sign Language, breaks, access or diet, each once, by the session's
/// `adjustmentsUntil`. It is shown to staff and to who runs the session, and deleted 30 days after the cohort's end.
#[utoipa::path(
    tag = "catalogue", operation_id = "askForAdjustment", params(SessionPath), request_body = NewAdjustment,
    extensions(("x-problems" = json!(["adjustments-closed", "already-asked"]))),
    responses((status = 201, description = "What was asked for", body = AdjustmentView))
)]
#[post("/v1/sessions/{sessionId}/adjustments")]
pub(crate) async fn ask_for_adjustment(
    app: App,
    caller: Caller,
    path: Path<SessionPath>,
    _: Query<NoQuery>,
    body: Json<NewAdjustment>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let before = reached(&app.store.reader(), &caller, path.0.session_id).await?;
    caller.require(Action::AskForAdjustment, &before.resource)?;
    let (kind, detail) = (body.0.kind.0, body.0.detail.map(|detail| detail.0));
    app.write(&caller, async |work: &mut Work| {
        work.lock_cohorts([before.session.cohort_id]).await?;
        let now = reached(work, &caller, before.session.id).await?;
        caller.require(Action::AskForAdjustment, &now.resource)?;
        let (_, booking) = now.own.ok_or_else(|| Problem::new(Code::Forbidden))?;
        let asked = catalogue::ask_for_adjustment(work, &now.session, booking, kind, detail.clone()).await?;
        let made = asked.map_err(|refused| {
            Problem::new(match refused {
                NotAsked::Closed => Code::AdjustmentsClosed,
                NotAsked::Already => Code::AlreadyAsked,
            })
        })?;
        let (location, revision) = (format!("/v1/adjustments/{}", made.id), made.revision);
        Ok(scope::made(location, revision, &view(made)).secret())
    })
    .await
}

/// List a session's adjustments
///
/// Staff and who runs the session see what is needed by all who have a place; a participant sees their own.
#[utoipa::path(
    tag = "catalogue", operation_id = "listAdjustments", params(SessionPath, PageQuery),
    responses((status = 200, description = "A page of adjustments", body = Page<AdjustmentView>))
)]
#[get("/v1/sessions/{sessionId}/adjustments")]
pub(crate) async fn list_adjustments(
    app: App,
    caller: Caller,
    path: Path<SessionPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let reader = app.store.reader();
    let Reached { session, resource, own, .. } = reached(&reader, &caller, path.0.session_id).await?;
    let sees_all = caller.may(Action::ActOnAdjustments, &resource);
    if !sees_all {
        caller.require(Action::AskForAdjustment, &resource)?;
    }
    let only = own.map(|(person, _)| person).filter(|_| !sees_all);
    let after: Option<AdjustmentId> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let limit = (query.0.limit.one_more(), reader.now().await?);
    let rows = catalogue::adjustments_of(&reader, session.id, only, after, limit).await?;
    let page = app.cursors.page(&caller, query.0.limit, rows, |adjustment: &Adjustment| adjustment.id);
    Ok(scope::varied(Answer::page(&caller, &page.map(view)).private()))
}

/// An adjustment as it stands at `now`, with its academy and what it is to permissions: that of a stranger is 404.
async fn found(
    db: &impl Access,
    caller: &Caller,
    id: AdjustmentId,
    now: DateTime<Utc>,
) -> Result<(Adjustment, AcademyId, Resource), Problem> {
    let adjustment = catalogue::adjustment(db, id, now).await?.ok_or_else(scope::not_found)?;
    let Reached { session, programme, own, .. } = reached(db, caller, adjustment.session_id).await?;
    let own = own.is_some_and(|(_, booking)| booking == adjustment.booking_id);
    let resource = scope::resource_run_by(&programme, session.facilitator_id, caller, own);
    let seen = [Action::AskForAdjustment, Action::ActOnAdjustments];
    if seen.into_iter().any(|action| caller.may(action, &resource)) {
        Ok((adjustment, session.academy_id, resource))
    } else {
        Err(scope::not_found())
    }
}

/// Read an adjustment
///
/// By who needs it, staff, and who runs the session.
#[utoipa::path(
    tag = "catalogue", operation_id = "readAdjustment", params(AdjustmentPath),
    responses((status = 200, description = "The adjustment", body = AdjustmentView))
)]
#[get("/v1/adjustments/{adjustmentId}")]
pub(crate) async fn read_adjustment(
    app: App,
    caller: Caller,
    path: Path<AdjustmentPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let reader = app.store.reader();
    let (adjustment, ..) = found(&reader, &caller, path.0.adjustment_id, reader.now().await?).await?;
    let revision = adjustment.revision;
    Ok(scope::shown(&caller, revision, &view(adjustment)).private())
}

/// Take back an adjustment
///
/// By who asked for it, at any time: it is deleted.
#[utoipa::path(
    tag = "catalogue", operation_id = "takeBackAdjustment", params(AdjustmentPath),
    responses((status = 204, description = "It is gone"))
)]
#[delete("/v1/adjustments/{adjustmentId}")]
pub(crate) async fn take_back_adjustment(
    app: App,
    caller: Caller,
    path: Path<AdjustmentPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    app.write(&caller, async |work: &mut Work| {
        let now = work.now().await?;
        let (adjustment, academy, resource) = found(work, &caller, path.0.adjustment_id, now).await?;
        caller.require(Action::AskForAdjustment, &resource)?;
        scope::if_match(&caller, adjustment.revision)?;
        catalogue::take_back_adjustment(work, academy, adjustment.id).await?;
        Ok(Answer::no_content())
    })
    .await
}

/// Say what becomes of an adjustment
///
/// By staff and who runs the session; said again, it replaces what was said before.
#[utoipa::path(
    tag = "catalogue", operation_id = "decideAdjustment", params(AdjustmentPath), request_body = NewOutcome,
    responses((status = 200, description = "The adjustment as it is now", body = AdjustmentView))
)]
#[post("/v1/adjustments/{adjustmentId}/outcome")]
pub(crate) async fn decide_adjustment(
    app: App,
    caller: Caller,
    path: Path<AdjustmentPath>,
    _: Query<NoQuery>,
    body: Json<NewOutcome>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let (outcome, note) = (body.0.outcome.0, body.0.note.map(|note| note.0));
    app.write(&caller, async |work: &mut Work| {
        let now = work.now().await?;
        let (adjustment, academy, resource) = found(work, &caller, path.0.adjustment_id, now).await?;
        caller.require(Action::ActOnAdjustments, &resource)?;
        let decided =
            catalogue::decide_adjustment(work, academy, adjustment.id, outcome, note.clone()).await?;
        let decided = decided.ok_or_else(scope::not_found)?;
        let revision = decided.revision;
        Ok(scope::changed(revision, &view(decided)).secret())
    })
    .await
}

/// Deletes what is no longer needed (ACC-10).
///
/// # Errors
/// When the database does not answer; the next run goes on.
pub(crate) async fn forget_adjustments(app: &Shared) -> Result<(), StoreError> {
    let reader = app.store.reader();
    loop {
        let over = catalogue::adjustments_over(&reader, reader.now().await?).await?;
        if over.is_empty() {
            return Ok(());
        }
        let mut work = app.store.begin(Origin::job()).await?;
        catalogue::forget_adjustments(&mut work, &over).await?;
        work.commit().await?;
    }
}
