//! Tasters: dated meetings of a programme, open to all.

use super::facilitators::{self, Wanted};
use super::fields::{MeetingField, PersonRef};
use super::merge::MergePatch;
use super::scope;
use super::wire::{MeetingInput, MeetingView};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::draft::Draft;
use crate::http::faults::Faults;
use crate::http::fields::{Line, Moment, Zone};
use crate::http::json::Json;
use crate::http::list::Page;
use crate::http::path::{Path, ProgrammePath, TasterPath};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{get, patch, post};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deserr::Deserr;
use domain::catalogue::meeting::{Meeting, When};
use domain::catalogue::programme::Programme;
use domain::catalogue::{Span, Taster, limits};
use domain::fault::Fault;
use domain::identity::Action;
use domain::ids::{PersonId, TasterId};
use persistence::{catalogue, new_id};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is said of a taster. It may lie in the past: that is how one that took place is entered.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "title": "Taster session", "startsAt": "2027-11-29T16:00:00Z", "endsAt": "2027-11-29T17:00:00Z",
    "timeZone": "Europe/London",
    "meeting": {"kind": "online", "joinUrl": "https://zoom.us/j/91273431323",
        "meetingId": "912 7343 1323", "passcode": "114640"}
}))]
pub(crate) struct TasterInput {
    /// Its title.
    title: Line<{ limits::TITLE }>,
    /// Its start, with an offset.
    starts_at: Moment,
    /// Its end, after its start.
    ends_at: Moment,
    /// IANA zone that it is shown in; the academy's unless said.
    #[deserr(default)]
    time_zone: Option<Zone>,
    /// Where; shown to all.
    meeting: MeetingField,
    /// Who runs it: a facilitator, coordinator or admin of the academy. They see its code and record attendance.
    #[deserr(default)]
    facilitator_id: Option<PersonRef>,
}

struct Parts {
    title: String,
    when: When,
    meeting: Meeting,
    facilitator_id: Option<PersonId>,
}

impl TasterInput {
    fn into_parts(self, zone: Tz) -> Result<Parts, Vec<Fault>> {
        let zone = self.time_zone.map_or(zone, |zone| zone.0);
        let when = When::new(self.starts_at.0, self.ends_at.0, zone).map_err(|fault| vec![fault])?;
        Ok(Parts {
            title: self.title.0,
            when,
            meeting: self.meeting.0,
            facilitator_id: self.facilitator_id.map(|id| id.0),
        })
    }
}

/// The fields of a taster that staff write.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TasterFields {
    title: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    time_zone: &'static str,
    meeting: MeetingInput,
    facilitator_id: Option<Uuid>,
}

impl From<&Taster> for TasterFields {
    fn from(taster: &Taster) -> Self {
        Self {
            title: taster.title.clone(),
            starts_at: taster.when.starts_at,
            ends_at: taster.when.ends_at,
            time_zone: taster.when.zone.name(),
            meeting: MeetingInput::from(&taster.meeting),
            facilitator_id: taster.facilitator_id.map(|id| id.0),
        }
    }
}

/// A taster.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Taster, example = json!({
    "id": "019b0000-0000-7000-8000-000000000004", "academyId": "019b0000-0000-7000-8000-000000000001",
    "programmeId": "019b0000-0000-7000-8000-000000000002", "title": "Taster session",
    "startsAt": "2027-11-29T16:00:00Z", "endsAt": "2027-11-29T17:00:00Z", "timeZone": "Europe/London",
    "meeting": {"kind": "online", "joinUrl": "https://zoom.us/j/91273431323",
        "meetingId": "912 7343 1323", "passcode": "114640"},
    "facilitatorId": null, "attendanceSealed": false, "checkInCode": null,
    "createdAt": "2027-01-05T09:00:00Z", "updatedAt": "2027-01-05T09:00:00Z"
}))]
pub(crate) struct TasterView {
    /// Its id.
    id: Uuid,
    /// Whose it is.
    academy_id: Uuid,
    /// Of which programme.
    programme_id: Uuid,
    /// Its title.
    title: String,
    /// Its start.
    starts_at: DateTime<Utc>,
    /// Its end.
    ends_at: DateTime<Utc>,
    /// IANA zone that it is shown in.
    time_zone: &'static str,
    /// Where.
    meeting: MeetingView,
    /// Who runs it; null to others than staff and that person.
    facilitator_id: Option<Uuid>,
    /// Whether staff said that its attendance is complete.
    attendance_sealed: bool,
    /// What the facilitator reads out at its end, valid from its start to 24 hours after its end; null to others
    /// than staff and its facilitator.
    check_in_code: Option<String>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl TasterView {
    fn of(taster: &Taster, with_code: bool) -> Self {
        Self {
            id: taster.id.0,
            academy_id: taster.academy_id.0,
            programme_id: taster.programme_id.0,
            title: taster.title.clone(),
            starts_at: taster.when.starts_at,
            ends_at: taster.when.ends_at,
            time_zone: taster.when.zone.name(),
            meeting: MeetingView::of(&taster.meeting, true),
            facilitator_id: taster.facilitator_id.filter(|_| with_code).map(|id| id.0),
            attendance_sealed: taster.sealed_at.is_some(),
            check_in_code: with_code.then(|| taster.check_in_code.clone()),
            created_at: taster.created_at,
            updated_at: taster.updated_at,
        }
    }

    /// As this caller sees it.
    fn seen_by(caller: &Caller, programme: &Programme, taster: &Taster) -> Self {
        let resource = scope::resource_run_by(programme, taster.facilitator_id, caller, false);
        Self::of(taster, caller.may(Action::SeeCheckInCode, &resource))
    }
}

/// A merge patch of it.
pub(crate) type TasterPatch = MergePatch<TasterInput>;

/// What should be one, with all that is wrong with it.
pub(crate) type TasterDraft = Draft<TasterInput>;

/// Add a taster
///
/// It gets a code that the facilitator reads out at its end.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "createTaster",
    params(ProgrammePath),
    responses((status = 201, description = "The taster.", body = TasterView)),
    extensions(("x-problems" = json!(["session-clash"])))
)]
#[post("/v1/programmes/{programmeId}/tasters")]
pub(crate) async fn create_taster(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    _: Query<NoQuery>,
    body: Json<TasterDraft>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let reader = app.store.reader();
    let programme = scope::programme(&reader, path.0.programme_id).await?;
    caller.require(Action::WriteCatalogue, &scope::resource(&programme))?;
    let zone = scope::academy(&reader, programme.academy_id).await?.zone;
    app.write(&caller, async |work| {
        let held = facilitators::hold(work, &body.0, None).await?;
        let faults = scope::meeting_faults(work, programme.academy_id, &body.0, None).await?;
        let parts = body.0.finish(faults, |input| input.into_parts(zone))?;
        let now = work.now().await?;
        let taster = Taster {
            id: TasterId(new_id()),
            academy_id: programme.academy_id,
            programme_id: programme.id,
            title: parts.title,
            when: parts.when,
            meeting: parts.meeting,
            facilitator_id: parts.facilitator_id,
            check_in_code: catalogue::new_check_in_code()?,
            sealed_at: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        held.refuse_clash(work, wanted(&taster, &meeting_of(&taster), None)).await?;
        catalogue::insert_taster(work, &taster).await?;
        let subject = ("taster", taster.id.0);
        scope::audit(work, taster.academy_id, "taster_created", subject, scope::revision_detail(1));
        let view = TasterView::seen_by(&caller, &programme, &taster);
        Ok(scope::made(format!("/v1/tasters/{}", taster.id), 1, &view))
    })
    .await
}

/// List a programme's tasters
///
/// By their start. Open to all once the programme is published, with their join details.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "listTasters",
    params(ProgrammePath, PageQuery),
    responses((status = 200, description = "One page.", body = Page<TasterView>)),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/programmes/{programmeId}/tasters")]
pub(crate) async fn list_tasters(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let reader = app.store.reader();
    let programme = scope::programme(&reader, path.0.programme_id).await?;
    caller.require(Action::ReadCatalogue, &scope::resource(&programme))?;
    let after = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let limit = query.0.limit;
    let rows = catalogue::tasters_of(&reader, programme.id, after, limit.one_more()).await?;
    let page = app.cursors.page(&caller, limit, rows, |taster| (taster.when.starts_at, taster.id.0));
    let page = page.map(|taster| TasterView::seen_by(&caller, &programme, &taster));
    Ok(scope::varied(Answer::page(&caller, &page)))
}

/// Read a taster
///
/// Open to all once its programme is published. Staff and its facilitator see it before, and its code too.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "readTaster",
    params(TasterPath),
    responses((status = 200, description = "The taster.", body = TasterView)),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/tasters/{tasterId}")]
pub(crate) async fn read_taster(
    app: App,
    caller: Caller,
    path: Path<TasterPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let reader = app.store.reader();
    let taster = catalogue::taster(&reader, path.0.taster_id).await?.ok_or_else(scope::not_found)?;
    let programme = scope::programme(&reader, taster.programme_id).await?;
    let resource = scope::resource_run_by(&programme, taster.facilitator_id, &caller, false);
    caller.require(Action::ReadCatalogue, &resource)?;
    let view = TasterView::seen_by(&caller, &programme, &taster);
    Ok(scope::shown(&caller, taster.revision, &view))
}

/// Change a taster
///
/// By merge patch; its code stays.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "changeTaster",
    params(TasterPath),
    responses((status = 200, description = "The taster as it is now.", body = TasterView)),
    extensions(("x-problems" = json!(["session-clash"])))
)]
#[patch("/v1/tasters/{tasterId}")]
pub(crate) async fn change_taster(
    app: App,
    caller: Caller,
    path: Path<TasterPath>,
    _: Query<NoQuery>,
    body: Json<TasterPatch>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let reader = app.store.reader();
    let id = path.0.taster_id;
    let taster = catalogue::taster(&reader, id).await?.ok_or_else(scope::not_found)?;
    let programme = scope::programme(&reader, taster.programme_id).await?;
    caller.require(Action::WriteCatalogue, &scope::resource(&programme))?;
    let zone = scope::academy(&reader, programme.academy_id).await?.zone;
    app.write(&caller, async |work| {
        let draft = body.0.onto(&TasterFields::from(&taster))?;
        let held = facilitators::hold(work, &draft, taster.facilitator_id).await?;
        let mut taster = catalogue::taster_for_update(work, id).await?.ok_or_else(scope::not_found)?;
        scope::if_match(&caller, taster.revision)?;
        let draft = body.0.onto(&TasterFields::from(&taster))?;
        let faults = scope::meeting_faults(work, taster.academy_id, &draft, taster.facilitator_id).await?;
        let parts = draft.finish(faults, |input| input.into_parts(zone))?;
        let ends_before = taster.when.ends_at;
        let stays = (taster.facilitator_id, taster.when) == (parts.facilitator_id, parts.when);
        (taster.title, taster.when) = (parts.title, parts.when);
        (taster.meeting, taster.facilitator_id) = (parts.meeting, parts.facilitator_id);
        taster.revision += 1;
        taster.updated_at = work.now().await?;
        if !stays {
            let itself = Some(taster.id.0);
            held.refuse_clash(work, wanted(&taster, &meeting_of(&taster), itself)).await?;
        }
        catalogue::update_taster(work, &taster).await?;
        if taster.when.ends_at != ends_before
            && let Some(gate) = catalogue::gates::taster(work, id).await?
        {
            persistence::admission::taster_moved(work, &gate, taster.when.ends_at).await?;
        }
        let detail = scope::revision_detail(taster.revision);
        scope::audit(work, taster.academy_id, "taster_changed", ("taster", id.0), detail);
        let view = TasterView::seen_by(&caller, &programme, &taster);
        Ok(scope::changed(taster.revision, &view))
    })
    .await
}

/// What the taster's facilitator is to run.
fn wanted<'a>(taster: &Taster, meetings: &'a [(String, Span)], itself: Option<Uuid>) -> Wanted<'a> {
    Wanted { academy: taster.academy_id, facilitator: taster.facilitator_id, meetings, itself }
}

fn meeting_of(taster: &Taster) -> [(String, Span); 1] {
    [(taster.title.clone(), facilitators::span(&taster.when))]
}
