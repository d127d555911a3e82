//! Attendance at tasters as staff record, correct and seal it (ADM-3, ADM-6).

use super::check_ins::found;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{Line, Parsed, Whole};
use crate::http::json::{Json, NoBody};
use crate::http::list::Page;
use crate::http::path::{AttendancePath, Path, TasterPath};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{delete, get, post};
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::{Action, Actor, EmailAddress, Resource};
use domain::ids::{AttendanceId, TasterId};
use domain::time::wire;
use persistence::Work;
use persistence::admission::{self, AttendanceSource, HeldAttendance, NewAttendance};
use persistence::catalogue::gates::TasterGate;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// How many attendees one request may name.
const MOST: usize = 1_000;

/// One person who was there.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan", "minutes": 55}))]
pub(crate) struct Attendee {
    /// Their email: attendance is held by it, and found when it is verified.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Parsed<EmailAddress>,
    /// The name that was seen.
    #[deserr(default)]
    full_name: Option<Line<200>>,
    /// For how many minutes.
    #[deserr(default)]
    minutes: Option<Whole<0, 1440>>,
}

/// Who was there.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"attendees": [{"email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan", "minutes": 55}]}))]
pub(crate) struct Attendees {
    /// 1 to 1,000 people.
    #[schema(max_items = 1000, min_items = 1)]
    attendees: Vec<Attendee>,
}

/// What recording led to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"recorded": 24, "bookingsClaimed": 19}))]
pub(crate) struct RecordedView {
    /// Attendances that were not on record before.
    recorded: u64,
    /// Bookings that became claims by it.
    bookings_claimed: u64,
}

/// One attendance on record.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "0193f2a4-0000-7000-8000-000000000006", "email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan",
    "minutes": 55, "source": "staff", "participantId": null, "effectiveAt": "2026-11-25T17:00:00Z",
    "recordedAt": "2026-11-25T17:20:00Z"
}))]
pub(crate) struct AttendanceView {
    /// Its id, for a correction.
    id: Uuid,
    /// The email by which it is held.
    email: String,
    /// The name that was recorded.
    #[schema(required)]
    full_name: Option<String>,
    /// Minutes, where they were recorded.
    #[schema(required)]
    minutes: Option<u32>,
    /// How it was shown: `staff`, `code` or `import`.
    source: &'static str,
    /// The person who has this email, where one is known.
    #[schema(required)]
    participant_id: Option<Uuid>,
    /// From when it counts: the taster's end.
    effective_at: String,
    /// When it was recorded.
    recorded_at: String,
}

fn view(held: HeldAttendance) -> AttendanceView {
    AttendanceView {
        id: held.id.0,
        email: held.address,
        full_name: held.full_name,
        minutes: held.minutes,
        source: held.source.as_str(),
        participant_id: held.participant_id.map(|id| id.0),
        effective_at: wire(held.effective_at),
        recorded_at: wire(held.recorded_at),
    }
}

/// A taster that the caller may do this to, or 404 or 403.
async fn permitted(
    app: &Shared,
    caller: &Caller,
    id: TasterId,
    action: Action,
) -> Result<TasterGate, Problem> {
    let (gate, public, facilitator) = found(app, id).await?;
    let run_by_actor = match &caller.actor {
        Actor::Person(person) => facilitator == Some(person.id.0),
        _ => false,
    };
    let resource = Resource::Catalogue { academy_id: gate.academy_id, public, run_by_actor, entitled: false };
    caller.require(action, &resource)?;
    Ok(gate)
}

/// Record attendance
///
/// By email, at most 1,000 people at once; who is on record already stays as recorded. It counts as of the
/// taster's end, and every booking whose gate it opens becomes a claim.
#[utoipa::path(
    tag = "admission", operation_id = "recordAttendance", params(TasterPath), request_body = Attendees,
    responses((status = 200, description = "What was recorded", body = RecordedView))
)]
#[post("/v1/tasters/{tasterId}/attendance")]
pub(crate) async fn record_attendance(
    app: App,
    caller: Caller,
    path: Path<TasterPath>,
    _: Query<NoQuery>,
    body: Json<Attendees>,
) -> Result<Answer, Problem> {
    let gate = permitted(&app, &caller, path.0.taster_id, Action::RecordAttendance).await?;
    let attendees = body.into_inner().attendees;
    if !(1..=MOST).contains(&attendees.len()) {
        let fault = Fault::new("/attendees", "out-of-range", "must name 1 to 1000 people");
        return Err(Problem::invalid(vec![fault]));
    }
    let client = caller.client().map(|client| client.id);
    let new = |attendee: Attendee| NewAttendance {
        address: attendee.email.0.key().to_owned(),
        person_id: None,
        full_name: attendee.full_name.map(|name| name.0),
        minutes: attendee.minutes.and_then(|minutes| u32::try_from(minutes.0).ok()),
        source: AttendanceSource::Staff,
        recorded_by_client: client,
    };
    let list: Vec<NewAttendance> = attendees.into_iter().map(new).collect();
    app.write(&caller, async |work: &mut Work| {
        let done = admission::record_attendance(work, &gate, list).await?;
        let view = RecordedView { recorded: done.recorded, bookings_claimed: done.bookings_claimed };
        Ok(Answer::ok(&view))
    })
    .await
}

/// List attendance
///
/// In the order of recording.
#[utoipa::path(
    tag = "admission", operation_id = "listAttendance", params(TasterPath, PageQuery),
    responses((status = 200, description = "A page of attendance", body = Page<AttendanceView>))
)]
#[get("/v1/tasters/{tasterId}/attendance")]
pub(crate) async fn list_attendance(
    app: App,
    caller: Caller,
    path: Path<TasterPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let gate = permitted(&app, &caller, path.0.taster_id, Action::RecordAttendance).await?;
    let after: Option<AttendanceId> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let reader = app.store.reader();
    let rows = admission::attendance_page(&reader, gate.id, after, query.0.limit.one_more()).await?;
    let page = app.cursors.page(&caller, query.0.limit, rows, |held: &HeldAttendance| held.id);
    Ok(Answer::page(&caller, &page.map(view)).private())
}

/// Take a wrong attendance off the record
///
/// A claim that stood on it is looked at again: without other evidence it is pending; a confirmed place stays.
#[utoipa::path(
    tag = "admission", operation_id = "removeAttendance", params(AttendancePath),
    extensions(("x-no-if-match" = json!(true))),
    responses((status = 204, description = "It is off the record"))
)]
#[delete("/v1/tasters/{tasterId}/attendance/{attendanceId}")]
pub(crate) async fn remove_attendance(
    app: App,
    caller: Caller,
    path: Path<AttendancePath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let gate = permitted(&app, &caller, path.0.taster_id, Action::RecordAttendance).await?;
    app.write(&caller, async |work: &mut Work| {
        match admission::remove_attendance(work, &gate, path.0.attendance_id).await? {
            true => Ok(Answer::no_content()),
            false => Err(Problem::new(Code::NotFound)),
        }
    })
    .await
}

/// That a taster's attendance is complete.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"tasterId": "0193f2a4-0000-7000-8000-000000000005", "sealed": true}))]
pub(crate) struct SealView {
    /// Which taster.
    taster_id: Uuid,
    /// Always true.
    sealed: bool,
}

/// Seal a taster's attendance
///
/// Staff say that it is complete. When all tasters of the programme are sealed, cohorts that wait for it give
/// out their places in rank order.
#[utoipa::path(
    tag = "admission", operation_id = "sealAttendance", extensions(("x-problems" = json!(["malformed-json", "unsupported-media-type", "invalid"]))),
    params(TasterPath),
    responses((status = 200, description = "The attendance is sealed", body = SealView))
)]
#[post("/v1/tasters/{tasterId}/attendance/seal")]
pub(crate) async fn seal_attendance(
    app: App,
    caller: Caller,
    path: Path<TasterPath>,
    _: Query<NoQuery>,
    _: NoBody,
) -> Result<Answer, Problem> {
    let gate = permitted(&app, &caller, path.0.taster_id, Action::SealAttendance).await?;
    app.write(&caller, async |work: &mut Work| {
        admission::seal(work, &gate).await?;
        Ok(Answer::ok(&SealView { taster_id: gate.id.0, sealed: true }))
    })
    .await
}
