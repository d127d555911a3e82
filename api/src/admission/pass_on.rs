//! Proposing one's place to a colleague (ADM-23), and taking that back.

use super::change::cancelled_by;
use super::read::permitted;
use super::submit::problem;
use super::view::{BookingView, booking_etag, booking_view};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{Email, Line};
use crate::http::json::{Json, NoBody};
use crate::http::path::{BookingPath, Path};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use deserr::Deserr;
use domain::identity::{Action, Actor, Proposer};
use domain::ids::ClientId;
use persistence::Work;
use persistence::admission::{BookingRecord, DeskError, NewProposal, propose_place, take_back_place};
use utoipa::ToSchema;

/// The colleague to whom a place is to be passed on.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"email": "grace.obi@practice.example", "fullName": "Grace Obi"}))]
pub(crate) struct ColleagueIn {
    /// Their email, to which the mail goes; only its owner can take the place over.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Email,
    /// Their name, shown to who proposes the place and to staff.
    full_name: Line<200>,
}

/// Propose a place to a colleague
///
/// Where the cohort says `passOn`, and nobody waits. The colleague is mailed a one-time token, and nothing else changes: the
/// place stays with the one who has it until the colleague takes it over (`takeOverPlace`), going through the whole gate. The
/// proposal stands for a week, at most until booking closes or the cohort starts; another takes its stead. The answer is the
/// same whether the colleague is known to us or not.
///
/// A participant needs a verified email for it; who has a place that others propose is mailed, and can take that back. A place
/// is proposed 5 times at most, and an email is sent 6 proposals in 24 hours at most. Where the gate asks for `manager_agreed`
/// staff have to waive it for the colleague first, and where it asks for `nominated` the colleague has to be nominated, or
/// let off: else taking over is refused.
#[utoipa::path(
    tag = "admission", operation_id = "proposePlace", params(BookingPath), request_body = ColleagueIn,
    extensions(("x-problems" = json!(["booking-not-live", "not-confirmed", "pass-on-refused", "not-published",
        "booking-closed", "others-waiting", "no-place"]))),
    responses((status = 200, description = "The booking, with the proposal in `passOn`", body = BookingView))
)]
#[post("/v1/bookings/{bookingId}/pass-on")]
pub(crate) async fn propose(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    body: Json<ColleagueIn>,
) -> Result<Answer, Problem> {
    let found = permitted(&app, &caller, path.0.booking_id, Action::ProposePlace).await?;
    let colleague = body.into_inner();
    let to = NewProposal {
        email: colleague.email.0,
        full_name: colleague.full_name.0,
        by: cancelled_by(&caller, &found),
        proposer: Proposer {
            themselves: caller.actor.is_person(found.person_id),
            client: client_of(&caller.actor),
        },
    };
    let viewer = caller.actor.clone();
    app.write(&caller, async |work: &mut Work| answered(propose_place(work, found.id, &to).await?, &viewer))
        .await
}

/// Take a proposed place back
///
/// The token that was mailed to the colleague is worth nothing any more; the place stays where it is.
#[utoipa::path(
    tag = "admission", operation_id = "takeBackPlace", params(BookingPath),
    extensions(("x-problems" = json!(["pass-on-refused"]))),
    responses((status = 200, description = "The booking, without a proposal", body = BookingView))
)]
#[post("/v1/bookings/{bookingId}/pass-on/take-back")]
pub(crate) async fn take_back(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    _: NoBody,
) -> Result<Answer, Problem> {
    let found = permitted(&app, &caller, path.0.booking_id, Action::LeavePlace).await?;
    let viewer = caller.actor.clone();
    app.write(&caller, async |work: &mut Work| answered(take_back_place(work, found.id).await?, &viewer))
        .await
}

fn client_of(actor: &Actor) -> Option<ClientId> {
    match actor {
        Actor::Client(client) => Some(client.id),
        Actor::Person(_) | Actor::Anonymous => None,
    }
}

fn answered(done: Result<Box<BookingRecord>, DeskError>, viewer: &Actor) -> Result<Answer, Problem> {
    let record = done.map_err(problem)?;
    let view = booking_view(&record, viewer);
    Ok(Answer::ok(&view).etag(booking_etag(&record, &view)).private())
}
