//! A manager says whether they agree (ADM-20): with the one-time token of the mail, without an account.

use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::Line;
use crate::http::json::Json;
use crate::http::path::{BookingPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use deserr::Deserr;
use domain::admission::{MOST_ASKED, NotNamed};
use domain::fault::Fault;
use domain::ids::BookingId;
use domain::messaging::TokenPurpose;
use persistence::Work;
use persistence::admission::{ManagerAnswered, answer_manager};
use utoipa::ToSchema;

/// A manager's answer.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"token": "AZPypAAAcACAAAAAAAAAAAcR3Y0dW1v"}))]
pub(crate) struct ManagerAnswer {
    /// The one-time token of the mail.
    token: Line<200>,
}

/// Agree as a manager
///
/// With the token that was mailed to the manager; nobody needs to sign in. When nothing else is missing the booking
/// becomes a claim, with the moment at which the participant had done their part.
#[utoipa::path(
    tag = "admission", operation_id = "agreeAsManager", params(BookingPath), request_body = ManagerAnswer,
    extensions(("x-problems" = json!(["booking-not-live"]))),
    security((), ("bearer" = []), ("clientCredentials" = [])),
    responses((status = 204, description = "The agreement is on record"))
)]
#[post("/v1/bookings/{bookingId}/manager/agree")]
pub(crate) async fn agree_as_manager(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    body: Json<ManagerAnswer>,
) -> Result<Answer, Problem> {
    answered(&app, &caller, path.0.booking_id, body.into_inner(), true).await
}

/// Refuse as a manager
///
/// With the token that was mailed to the manager. The participant is told, and for 48 hours nobody else sees it; the
/// booking stays pending, and they can name somebody else or withdraw.
#[utoipa::path(
    tag = "admission", operation_id = "refuseAsManager", params(BookingPath), request_body = ManagerAnswer,
    extensions(("x-problems" = json!(["booking-not-live"]))),
    security((), ("bearer" = []), ("clientCredentials" = [])),
    responses((status = 204, description = "The refusal is on record"))
)]
#[post("/v1/bookings/{bookingId}/manager/refuse")]
pub(crate) async fn refuse_as_manager(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    body: Json<ManagerAnswer>,
) -> Result<Answer, Problem> {
    answered(&app, &caller, path.0.booking_id, body.into_inner(), false).await
}

async fn answered(
    app: &Shared,
    caller: &Caller,
    booking: BookingId,
    body: ManagerAnswer,
    agrees: bool,
) -> Result<Answer, Problem> {
    let wrong = |code, detail| Problem::invalid(vec![Fault::new("/token", code, detail)]);
    let unknown = || wrong("token-unknown", "is no token of ours for this booking");
    let purpose = TokenPurpose::Manager.as_str();
    let token = app.secrets.read_mail_token(purpose, &body.token.0).ok_or_else(unknown)?;
    app.write(caller, async |work: &mut Work| match answer_manager(work, booking, token, agrees).await? {
        ManagerAnswered::Done => Ok(Answer::no_content()),
        ManagerAnswered::Unknown => Err(unknown()),
        ManagerAnswered::Used => Err(wrong("token-used", "was used, or somebody else was asked since")),
        ManagerAnswered::Expired => Err(wrong("token-expired", "has expired")),
        ManagerAnswered::NotLive => Err(Problem::new(Code::BookingNotLive)),
    })
    .await
}

/// Why a correction can't name that manager.
pub(super) fn not_named(why: NotNamed) -> Problem {
    match why {
        NotNamed::NotAsked => {
            let detail = "this cohort does not ask for a manager's agreement";
            Problem::invalid(vec![Fault::new("/manager", "not-allowed", detail)])
        }
        NotNamed::Themselves => {
            let fault =
                Fault::new("/manager/email", "manager-is-participant", "Nobody is their own manager here.");
            Problem::new(Code::ManagerIsParticipant).faults(vec![fault])
        }
        NotNamed::Agreed => {
            Problem::new(Code::ManagerUnchangeable).detail("The manager who was named agrees already.")
        }
        NotNamed::TooOften => Problem::new(Code::ManagerUnchangeable)
            .detail(format!("Managers were asked {MOST_ASKED} times for this booking. Ask the academy.")),
    }
}
