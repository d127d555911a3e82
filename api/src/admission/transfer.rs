//! Leaving a confirmed place for another cohort (ADM-23): moving, and deferring.

use super::change::cancelled_by;
use super::read::permitted;
use super::view::BookingView;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{JsonObject, Parsed};
use crate::http::json::Json;
use crate::http::path::{BookingPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::http::StatusCode;
use actix_web::post;
use deserr::Deserr;
use domain::admission::{CarryOver, Transfer};
use domain::identity::Action;
use domain::ids::{BookingId, CohortId};
use persistence::admission::{Book, Booker, Booking, Command, Leave, OfClash};
use persistence::identity::participants::participants;
use utoipa::ToSchema;

/// Where to, and what that cohort's gate asks of the request itself.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "cohortId": "0193f2a4-0000-7000-8000-000000000012", "commitsToAllSessions": true
}))]
pub(crate) struct OtherCohort {
    /// Another cohort of the same programme.
    #[schema(value_type = uuid::Uuid)]
    cohort_id: Parsed<CohortId>,
    /// Answers to its joining form, by key; those of the booking that is left go along where this is left out.
    #[deserr(default)]
    #[schema(value_type = Option<Object>)]
    answers: Option<JsonObject>,
    /// The commitment to come to every session there, where that cohort asks for it.
    #[deserr(default)]
    commits_to_all_sessions: Option<bool>,
    /// Whether it is known that sessions there overlap with those of another confirmed place of the participant's.
    #[deserr(default)]
    acknowledges_clash: Option<bool>,
}

/// Move to another cohort
///
/// A confirmed place is left for one in another cohort of the programme that has a place free and nobody waiting. Its
/// gate is passed anew. The answer is the new booking; the one that is left is closed, and its place goes on to the next
/// in rank. Where it can't be, nothing moves.
#[utoipa::path(
    tag = "admission", operation_id = "moveBooking", params(BookingPath), request_body = OtherCohort,
    extensions(("x-problems" = json!(["booking-not-live", "not-confirmed", "already-booked", "not-published",
        "booking-closed", "cohort-full", "others-waiting", "no-place", "not-eligible", "answers-invalid",
        "commitment-required", "manager-required", "session-clash"]))),
    responses((status = 200, description = "The new booking, confirmed", body = BookingView))
)]
#[post("/v1/bookings/{bookingId}/move")]
pub(crate) async fn move_booking(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    body: Json<OtherCohort>,
) -> Result<Answer, Problem> {
    leave(&app, &caller, path.0.booking_id, Transfer::Moved, body.into_inner()).await
}

/// Defer to a later cohort
///
/// A confirmed place is given back for a claim on a cohort of the programme that starts later. The claim ranks by the
/// moment of the deferral like any other: it is confirmed where a place is free and nobody waits, and else waits, or
/// gathers until booking opens. The answer is the new booking.
#[utoipa::path(
    tag = "admission", operation_id = "deferBooking", params(BookingPath), request_body = OtherCohort,
    extensions(("x-problems" = json!(["booking-not-live", "not-confirmed", "not-later", "already-booked",
        "not-published", "booking-closed", "cohort-full", "no-place", "not-eligible", "answers-invalid",
        "commitment-required", "manager-required", "session-clash"]))),
    responses((status = 200, description = "The new booking", body = BookingView))
)]
#[post("/v1/bookings/{bookingId}/defer")]
pub(crate) async fn defer_booking(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    body: Json<OtherCohort>,
) -> Result<Answer, Problem> {
    leave(&app, &caller, path.0.booking_id, Transfer::Deferred, body.into_inner()).await
}

async fn leave(
    app: &Shared,
    caller: &Caller,
    booking: BookingId,
    transfer: Transfer,
    to: OtherCohort,
) -> Result<Answer, Problem> {
    let found = permitted(app, caller, booking, Action::LeavePlace).await?;
    let booker = participant_of(app, &found).await?;
    let leave = Leave {
        booking,
        cohort: found.cohort_id,
        transfer,
        brings_answers: to.answers.is_some(),
        by: cancelled_by(caller, &found),
        partner: caller.actor.confined_to(),
        to: Book {
            id: BookingId(persistence::new_id()),
            cohort_id: to.cohort_id.0,
            booker,
            answers: to.answers.unwrap_or_default().0,
            commits_to_all_sessions: to.commits_to_all_sessions.unwrap_or(false),
            taster_code: None,
            external_reference: None,
            carry_over: found.carry_over == CarryOver::Wished,
            requires_place: false,
            choice: None,
            earlier: None,
            manager: None,
            clash: OfClash::said(to.acknowledges_clash.unwrap_or(false), &caller.actor),
        },
    };
    app.at_desk(caller, Command::Leave(Box::new(leave)), StatusCode::OK).await
}

/// The person that takes part, whoever booked: the new booking is theirs, and their lock is taken.
async fn participant_of(app: &Shared, booking: &Booking) -> Result<Booker, Problem> {
    let person = booking.person_id;
    let found = participants(&app.store.reader(), [person]).await?.remove(&person);
    let email_key = found.ok_or_else(|| Problem::new(Code::NotFound))?.email_key;
    Ok(Booker::Participant { person, email_key })
}
