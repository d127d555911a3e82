//! What overlaps, on the wire (PRG-6).

use domain::admission::{Clash, SessionTime};
use domain::identity::{Actor, sees_clash, sees_clashes};
use domain::time::wire;
use persistence::admission::BookingRecord;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A session that overlaps with one of another confirmed place.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Clash, example = json!({
    "title": "Session 2", "startsAt": "2027-01-20T14:00:00Z", "endsAt": "2027-01-20T16:00:00Z",
    "other": {"bookingId": "0193f2a4-0000-7000-8000-000000000021", "cohortId": "0193f2a4-0000-7000-8000-000000000022",
              "title": "Module 1", "startsAt": "2027-01-20T09:30:00Z", "endsAt": "2027-01-20T16:30:00Z"}
}))]
pub(crate) struct ClashView {
    /// The title of this cohort's session.
    title: String,
    /// Its start.
    starts_at: String,
    /// Its end.
    ends_at: String,
    /// The session of the other cohort.
    other: OtherSessionView,
}

/// A session for which the participant has a place elsewhere.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OtherSession, example = json!({
    "bookingId": "0193f2a4-0000-7000-8000-000000000021", "cohortId": "0193f2a4-0000-7000-8000-000000000022",
    "title": "Module 1", "startsAt": "2027-01-20T09:30:00Z", "endsAt": "2027-01-20T16:30:00Z"
}))]
struct OtherSessionView {
    /// The booking that has the place.
    booking_id: Uuid,
    /// On which cohort.
    cohort_id: Uuid,
    /// The session's title.
    title: String,
    /// Its start.
    starts_at: String,
    /// Its end.
    ends_at: String,
}

/// Those of these clashes of which `viewer` may know what they are with.
pub(super) fn seen_by(list: &[Clash], viewer: &Actor) -> Vec<ClashView> {
    list.iter().filter(|clash| sees_clash(viewer, &clash.place)).map(view).collect()
}

/// What overlaps with a booking's sessions: its participant is told, and nobody else.
pub(super) fn of_booking(record: &BookingRecord, viewer: &Actor) -> Vec<ClashView> {
    if sees_clashes(viewer, record.booking.person_id) { seen_by(&record.clashes, viewer) } else { Vec::new() }
}

fn view(clash: &Clash) -> ClashView {
    let (title, starts_at, ends_at) = told(&clash.own);
    let (other_title, other_start, other_end) = told(&clash.other);
    let other = OtherSessionView {
        booking_id: clash.place.booking.0,
        cohort_id: clash.place.cohort_id.0,
        title: other_title,
        starts_at: other_start,
        ends_at: other_end,
    };
    ClashView { title, starts_at, ends_at, other }
}

fn told(session: &SessionTime) -> (String, String, String) {
    (session.title.clone(), wire(session.span.starts_at), wire(session.span.ends_at))
}
