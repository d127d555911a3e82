//! Cancelling and correcting bookings.

use super::book::{ManagerIn, gate_of};
use super::managers::not_named;
use super::participant::ParticipantPatch;
use super::read::{missing, permitted};
use super::view::{BookingView, booking_etag, booking_view};
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{JsonObject, Line};
use crate::http::json::{Json, MaybeJson, Patch};
use crate::http::path::{BookingPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::http::StatusCode;
use actix_web::{patch, post};
use deserr::Deserr;
use domain::admission::CancelledBy;
use domain::fault::Fault;
use domain::identity::Action;
use domain::ids::BookingId;
use domain::messaging::TokenPurpose;
use persistence::Work;
use persistence::admission::{Booking, Command, Rewrite, Rewritten, booking, rewrite_booking};
use utoipa::ToSchema;

/// Why a booking is cancelled.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"reason": "The dates moved and I am on leave."}))]
pub(crate) struct Cancellation {
    /// A reason for the audit trail. Write nothing about anybody's health.
    #[deserr(default)]
    reason: Option<Line<500>>,
    /// The one-time token of the mail to who was booked by another, instead of signing in.
    #[deserr(default)]
    token: Option<Line<200>>,
}

/// The booking that a mailed token withdraws (ACC-4).
async fn of_token(app: &Shared, caller: &Caller, id: BookingId, token: &str) -> Result<Booking, Problem> {
    let named = app.secrets.read_mail_token(TokenPurpose::Withdraw.as_str(), token);
    let found = match named {
        Some(named) if named == id.0 => booking(&app.store.reader(), id).await?,
        _ => None,
    };
    found.ok_or_else(|| missing(caller))
}

/// As whom the caller cancels.
pub(super) fn cancelled_by(caller: &Caller, booking: &Booking) -> CancelledBy {
    CancelledBy::of(&caller.actor, booking.person_id, booking.booked_by_client)
}

/// Cancel a booking
///
/// A pending or waiting one is `withdrawn`, an offered or confirmed one `cancelled_by_participant`; by staff it is
/// always `cancelled_by_academy`. Who was booked by another needs no account: the `token` of the mail about it does. A
/// place that becomes free goes to the next in rank in the same moment.
#[utoipa::path(
    tag = "admission", operation_id = "cancelBooking", params(BookingPath), request_body = Cancellation,
    extensions(("x-problems" = json!(["booking-not-live"]))),
    responses((status = 200, description = "The booking, closed", body = BookingView))
)]
#[post("/v1/bookings/{bookingId}/cancel")]
pub(crate) async fn cancel_booking(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    body: MaybeJson<Cancellation>,
) -> Result<Answer, Problem> {
    let Cancellation { reason, token } = body.0;
    let (found, by) = match token {
        Some(token) => {
            let found = of_token(&app, &caller, path.0.booking_id, &token.0).await?;
            (found, CancelledBy::Participant)
        }
        None => {
            let found = permitted(&app, &caller, path.0.booking_id, Action::CancelBooking).await?;
            let by = cancelled_by(&caller, &found);
            (found, by)
        }
    };
    let reason = reason.map(|reason| reason.0);
    let command = Command::Cancel { booking: found.id, cohort: found.cohort_id, by, reason };
    app.at_desk(&caller, command, StatusCode::OK).await
}

/// A correction of a booking.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"answers": {"why": "To look after my whole practice."}, "externalReference": null}))]
pub(crate) struct BookingPatch {
    /// Answers by key: `null` takes one away, others stay.
    #[deserr(default)]
    #[schema(value_type = Option<Object>)]
    answers: Patch<JsonObject>,
    /// What is said of the participant: what is left out stays, `null` takes a fact away; only where somebody else
    /// booked.
    #[deserr(default)]
    participant: Option<ParticipantPatch>,
    /// The booker's own reference.
    #[deserr(default)]
    external_reference: Patch<Line<200>>,
    /// Whether the participant wishes to be carried over into the programme's next cohort.
    #[deserr(default)]
    carry_over: Option<bool>,
    /// The participant's manager, who is asked anew; the one who was asked before can't answer any more.
    #[deserr(default)]
    manager: Option<ManagerIn>,
}

/// Correct a booking
///
/// By who made it: answers, what was said of the participant, the reference, the wish to be carried over, the manager
/// to be asked. A correction never moves a claim.
#[utoipa::path(
    tag = "admission", operation_id = "changeBooking", params(BookingPath), request_body = BookingPatch,
    extensions(("x-problems" = json!(["booking-not-live", "answers-invalid", "manager-is-participant",
        "manager-unchangeable"]))),
    responses((status = 200, description = "The booking as it is now", body = BookingView))
)]
#[patch("/v1/bookings/{bookingId}")]
pub(crate) async fn change_booking(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    body: Json<BookingPatch>,
) -> Result<Answer, Problem> {
    let found = permitted(&app, &caller, path.0.booking_id, Action::ChangeBooking).await?;
    let patch = body.into_inner();
    // Somebody else may change it between the reading and the writing: then all is looked at anew.
    for _ in 0..RETRIES {
        match change_once(&app, &caller, found.clone(), patch.clone()).await {
            Err(problem) if problem.code() == Code::PreconditionFailed && caller.if_match_any() => {}
            done => return done,
        }
    }
    Err(Problem::new(Code::PreconditionFailed))
}

/// How often a change that doesn't care for versions is tried anew.
const RETRIES: usize = 5;

async fn change_once(
    app: &Shared,
    caller: &Caller,
    found: Booking,
    patch: BookingPatch,
) -> Result<Answer, Problem> {
    let record = super::read::current(app, found.clone()).await?;
    caller.if_match(&booking_etag(&record, &booking_view(&record, &caller.actor)))?;
    let gate = gate_of(&app.store.reader(), found.cohort_id).await?;
    let rewrite = rewrite(patch, &record.booking)?;
    if let Some(answers) = &rewrite.answers {
        let faults = gate.form.check(answers);
        if !faults.is_empty() {
            return Err(Problem::new(Code::AnswersInvalid).faults(faults));
        }
    }
    let viewer = caller.actor.clone();
    app.write(caller, async |work: &mut Work| {
        let record = match rewrite_booking(work, found.id, rewrite).await? {
            Rewritten::Done(record) => record,
            Rewritten::NotLive => return Err(Problem::new(Code::BookingNotLive)),
            Rewritten::Stale => return Err(Problem::new(Code::PreconditionFailed)),
            Rewritten::NotNamed(why) => return Err(not_named(why)),
        };
        let view = booking_view(&record, &viewer);
        Ok(Answer::ok(&view).etag(booking_etag(&record, &view)).private())
    })
    .await
}

/// Puts a merge patch (RFC 7396) into what is there.
fn rewrite(patch: BookingPatch, booking: &Booking) -> Result<Rewrite, Problem> {
    let answers = patch.answers.into_change().map(|changes| {
        let Some(changes) = changes else { return serde_json::Map::new() };
        let mut answers = booking.answers.clone();
        for (key, value) in changes.0 {
            match value {
                serde_json::Value::Null => answers.remove(&key),
                value => answers.insert(key, value),
            };
        }
        answers
    });
    let told = match (patch.participant, &booking.told) {
        (None, _) => None,
        (Some(changes), Some(before)) => Some(changes.applied_to(before.clone()).map_err(Problem::invalid)?),
        (Some(_), None) => {
            let detail = "the participant booked for themselves: their facts are in their profile";
            return Err(Problem::invalid(vec![Fault::new("/participant", "not-allowed", detail)]));
        }
    };
    let external_reference = patch.external_reference.map(|reference| reference.0).into_change();
    let manager = patch.manager.map(|manager| manager.email.0);
    let (expected_revision, carry_over) = (booking.revision, patch.carry_over);
    Ok(Rewrite { expected_revision, answers, told, external_reference, carry_over, manager })
}
