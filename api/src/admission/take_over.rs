//! Taking over a place that a colleague passes on (ADM-23).

use super::submit::no_proposal;
use super::view::BookingView;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{JsonObject, Line};
use crate::http::json::Json;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::http::StatusCode;
use actix_web::post;
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::{Action, PersonActor, Resource};
use domain::ids::{BookingId, CohortId};
use domain::messaging::TokenPurpose;
use persistence::admission::{Book, Booker, Command, OfClash, Proposed, TakeOver, proposed};
use utoipa::ToSchema;

/// A place that is taken over, with all that a request for a place brings.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "token": "AZPypAAAcACAAAAAAAAAAAcR3Y0dW1v",
    "answers": {"why": "To look after my team better.", "consent": true}, "commitsToAllSessions": true
}))]
pub(crate) struct PlaceTakenOver {
    /// The one-time token of the mail.
    token: Line<200>,
    /// Answers to the joining form, by key.
    #[deserr(default)]
    #[schema(value_type = Option<Object>)]
    answers: Option<JsonObject>,
    /// The commitment to come to every session, where the cohort asks for it.
    #[deserr(default)]
    commits_to_all_sessions: Option<bool>,
    /// The code that was read out at the end of a taster.
    #[deserr(default)]
    taster_code: Option<Line<40>>,
    /// Your own reference.
    #[deserr(default)]
    external_reference: Option<Line<200>>,
    /// Whether you wish to be carried over into the programme's next cohort, should this one be cancelled; not unless said.
    #[deserr(default)]
    carry_over: Option<bool>,
    /// Whether it is known that sessions overlap with those of another confirmed place of yours, and this one is wanted all
    /// the same.
    #[deserr(default)]
    acknowledges_clash: Option<bool>,
}

/// Take over a colleague's place
///
/// By the person to whom it was proposed, signed in with the email that the token was sent to, once that is verified. The
/// whole gate is passed as by anybody who books; what is missing refuses, and nothing is changed: it can be tried again
/// while the proposal stands. The place goes over in one step, which nobody can come between. If somebody waits by now, or
/// the place is kept for others, it is refused. The answer is your booking, confirmed.
#[utoipa::path(
    tag = "admission", operation_id = "takeOverPlace", params(CohortPath), request_body = PlaceTakenOver,
    extensions(("x-problems" = json!(["booking-not-live", "pass-on-refused", "already-booked", "not-published",
        "booking-closed", "others-waiting", "no-place", "not-eligible", "answers-invalid", "commitment-required",
        "taster-code-invalid", "manager-required", "session-clash"]))),
    responses((status = 201, description = "Your booking, confirmed", body = BookingView))
)]
#[post("/v1/cohorts/{cohortId}/bookings/take-over")]
pub(crate) async fn take_over(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<PlaceTakenOver>,
) -> Result<Answer, Problem> {
    let person = caller.person()?;
    let (cohort, body) = (path.0.cohort_id, body.into_inner());
    let unknown = || {
        let detail = "is no token of ours for a place of this cohort";
        Problem::invalid(vec![Fault::new("/token", "token-unknown", detail)])
    };
    let purpose = TokenPurpose::TakeOver.as_str();
    let token_id = app.secrets.read_mail_token(purpose, &body.token.0).ok_or_else(unknown)?;
    let found = proposed(&app.store.reader(), cohort, token_id).await?.ok_or_else(unknown)?;
    let Proposed { booking, email_key, leaver_key } = found.map_err(no_proposal)?;
    caller.require(Action::TakeOverPlace, &Resource::Proposal { email_key }).map_err(of_another)?;
    let to = body.into_book(cohort, person, &caller);
    let take = TakeOver { booking, cohort, leaver_key, token_id, to };
    app.at_desk(&caller, Command::TakeOver(Box::new(take)), StatusCode::CREATED).await
}

/// Who has the token without being meant knows of the place, and is told what to do.
fn of_another(problem: Problem) -> Problem {
    if problem.code() == Code::Forbidden {
        return problem
            .detail("Sign in with the email to which the token was sent, and verify that email first.");
    }
    problem
}

impl PlaceTakenOver {
    /// What the colleague asks for.
    fn into_book(self, cohort_id: CohortId, person: &PersonActor, caller: &Caller) -> Book {
        Book {
            id: BookingId(persistence::new_id()),
            cohort_id,
            booker: Booker::Participant { person: person.id, email_key: person.email_key.clone() },
            answers: self.answers.unwrap_or_default().0,
            commits_to_all_sessions: self.commits_to_all_sessions.unwrap_or(false),
            taster_code: self.taster_code.map(|code| code.0),
            external_reference: self.external_reference.map(|reference| reference.0),
            carry_over: self.carry_over.unwrap_or(false),
            requires_place: true,
            choice: None,
            earlier: None,
            manager: None,
            clash: OfClash::said(self.acknowledges_clash.unwrap_or(false), &caller.actor),
        }
    }
}
