//! Accepting and declining an offer (ADM-7, ADM-11): by the participant, by who booked, by staff, or from the
//! mail with its one-time token.

use super::read::{missing, permitted};
use super::view::BookingView;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::Line;
use crate::http::json::MaybeJson;
use crate::http::path::{BookingPath, Path};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use actix_web::http::StatusCode;
use actix_web::post;
use chrono::{DateTime, Utc};
use deserr::Deserr;
use domain::identity::Action;
use domain::ids::{BookingId, CohortId, PersonId};
use domain::messaging::TokenPurpose;
use persistence::admission::{Command, OfClash, booking};
use persistence::identity::mail_tokens;
use persistence::identity::participants::participants;
use utoipa::ToSchema;

/// The refusal of an offer.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"token": "AZPypAAAcACAAAAAAAAAAcR3Y0dW1v"}))]
pub(crate) struct OfferAnswer {
    /// The one-time token of the mail, instead of signing in.
    #[deserr(default)]
    token: Option<Line<200>>,
}

/// The acceptance of an offer.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"acknowledgesClash": true}))]
pub(crate) struct OfferAcceptance {
    /// The one-time token of the mail, instead of signing in.
    #[deserr(default)]
    token: Option<Line<200>>,
    /// Whether it is known that sessions overlap with those of another confirmed place of the participant's, and this one
    /// is wanted all the same.
    #[deserr(default)]
    acknowledges_clash: Option<bool>,
}

/// Which booking is answered, of which cohort, and only for which offer.
struct Answering {
    cohort: CohortId,
    person: PersonId,
    offer_end: Option<DateTime<Utc>>,
}

async fn answering(
    app: &Shared,
    caller: &Caller,
    id: BookingId,
    token: Option<Line<200>>,
) -> Result<Answering, Problem> {
    let Some(token) = token else {
        let found = permitted(app, caller, id, Action::AnswerOffer).await?;
        return Ok(Answering { cohort: found.cohort_id, person: found.person_id, offer_end: None });
    };
    let reader = app.store.reader();
    let purpose = TokenPurpose::Offer;
    let token_id = app.secrets.read_mail_token(purpose.as_str(), &token.0).ok_or_else(|| missing(caller))?;
    let kept = mail_tokens::of_booking(&reader, token_id, purpose, id).await?;
    let kept = kept.ok_or_else(|| missing(caller))?;
    let found = booking(&reader, id).await?.ok_or_else(|| missing(caller))?;
    Ok(Answering { cohort: found.cohort_id, person: found.person_id, offer_end: Some(kept) })
}

/// Accept an offer
///
/// The place becomes yours. At or after the offer's end it is refused with `offer-expired`, and the place goes
/// to the next in rank. With the mail's `token` nobody needs to sign in. Where sessions overlap with those of another
/// confirmed place it is refused with `session-clash`, unless `acknowledgesClash` says that this is known.
#[utoipa::path(
    tag = "admission", operation_id = "acceptOffer", params(BookingPath), request_body = OfferAcceptance,
    extensions(("x-problems" = json!(["offer-expired", "no-offer", "session-clash"]))),
    responses((status = 200, description = "The booking, confirmed", body = BookingView))
)]
#[post("/v1/bookings/{bookingId}/offer/accept")]
pub(crate) async fn accept_offer(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    body: MaybeJson<OfferAcceptance>,
) -> Result<Answer, Problem> {
    let booking = path.0.booking_id;
    let Answering { cohort, person, offer_end } = answering(&app, &caller, booking, body.0.token).await?;
    let found = participants(&app.store.reader(), [person]).await?.remove(&person);
    let email_key = found.ok_or_else(|| missing(&caller))?.email_key;
    let clash = OfClash::said(body.0.acknowledges_clash.unwrap_or(false), &caller.actor);
    let accept = Command::Accept { booking, cohort, offer_end, email_key, clash };
    app.at_desk(&caller, accept, StatusCode::OK).await
}

/// Decline an offer
///
/// The booking is closed with the reason `declined`, and the place goes to the next in rank.
#[utoipa::path(
    tag = "admission", operation_id = "declineOffer", params(BookingPath), request_body = OfferAnswer,
    extensions(("x-problems" = json!(["offer-expired", "no-offer"]))),
    responses((status = 200, description = "The booking, closed", body = BookingView))
)]
#[post("/v1/bookings/{bookingId}/offer/decline")]
pub(crate) async fn decline_offer(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
    body: MaybeJson<OfferAnswer>,
) -> Result<Answer, Problem> {
    let booking = path.0.booking_id;
    let Answering { cohort, offer_end, .. } = answering(&app, &caller, booking, body.0.token).await?;
    app.at_desk(&caller, Command::Decline { booking, cohort, offer_end }, StatusCode::OK).await
}
