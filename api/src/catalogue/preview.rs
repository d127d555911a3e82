//! What a change of a cohort's terms would do, before it is made (ADM-14).

use super::cohorts::{CohortPatch, check_gate, desk_of, patched, refused};
use super::scope;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use chrono::{DateTime, Utc};
use domain::admission::ClosedReason;
use domain::identity::Action;
use domain::ids::CohortId;
use persistence::admission::{self, Booking, Preview};
use persistence::catalogue;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A booking that a change would reach, as it would be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "bookingId": "019b0000-0000-7000-8000-000000000009", "status": "offered", "closedReason": null,
    "offerExpiresAt": "2027-12-15T09:00:00Z"
}))]
pub(crate) struct PreviewedBooking {
    /// Which.
    booking_id: Uuid,
    /// Its status.
    status: &'static str,
    /// Why it would be closed.
    closed_reason: Option<&'static str>,
    /// Until when a place would be held for it, if the change were made now.
    offer_expires_at: Option<DateTime<Utc>>,
}

impl From<&Booking> for PreviewedBooking {
    fn from(booking: &Booking) -> Self {
        Self {
            booking_id: booking.id.0,
            status: booking.status.as_str(),
            closed_reason: booking.closed_reason.map(ClosedReason::as_str),
            offer_expires_at: booking.offer_expires_at,
        }
    }
}

/// What would change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "capacity": 14, "placesTaken": 14, "placesFree": 0, "placesOpenToAll": 0, "waitingCount": 3,
    "bookings": [{"bookingId": "019b0000-0000-7000-8000-000000000009", "status": "offered", "closedReason": null,
        "offerExpiresAt": "2027-12-15T09:00:00Z"}]
}))]
pub(crate) struct PreviewView {
    /// Places there would be.
    capacity: u32,
    /// Places that would be held.
    places_taken: u32,
    /// Places that nobody would hold.
    places_free: u32,
    /// Those of them that no reserve would keep.
    places_open_to_all: u32,
    /// Claims that would still wait.
    waiting_count: u64,
    /// Each booking that would change, in the order in which it would be decided.
    bookings: Vec<PreviewedBooking>,
}

impl From<Preview> for PreviewView {
    fn from(preview: Preview) -> Self {
        Self {
            capacity: preview.desk.terms.capacity.get(),
            places_taken: preview.desk.places_taken,
            places_free: preview.desk.places_free(),
            places_open_to_all: preview.desk.places_open_to_all(),
            waiting_count: preview.desk.waiting_count,
            bookings: preview.bookings.iter().map(PreviewedBooking::from).collect(),
        }
    }
}

/// Preview a change of a cohort
///
/// Takes what `changeCohort` takes and says what it would do to places, waiting list and bookings, what is due
/// included. Nothing is changed; the same rules refuse what can't be done.
#[utoipa::path(
    tag = "admission",
    operation_id = "previewCohort",
    params(CohortPath),
    responses((status = 200, description = "What would change.", body = PreviewView)),
    extensions(("x-problems" = json!([
        "booking-already-open", "capacity-below-places-taken", "cohort-ended", "cohort-started", "gate-in-use"
    ])))
)]
#[post("/v1/cohorts/{cohortId}/preview")]
pub(crate) async fn preview_cohort(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<CohortPatch>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let (cohort, programme) = scope::cohort(&app.store.reader(), path.0.cohort_id).await?;
    caller.require(Action::ReadWaitingList, &scope::resource(&programme))?;
    let seen = previewed(&app, &caller, cohort.id, &body.0).await;
    // Only the answer is kept, for repeats of it (ADM-10).
    if caller.request_key()?.is_none() { seen } else { app.write(&caller, async |_| seen).await }
}

/// Under the cohort's lock and never committed: it decides as the change itself would.
async fn previewed(
    app: &Shared,
    caller: &Caller,
    id: CohortId,
    patch: &CohortPatch,
) -> Result<Answer, Problem> {
    let mut work = app.store.begin(caller.origin()).await?;
    work.lock_cohorts([id]).await?;
    let cohort = catalogue::cohort(&work, id).await?.ok_or_else(scope::not_found)?;
    let desk = desk_of(&work, id).await?;
    let parts = patched(patch, &cohort, &desk)?;
    check_gate(&work, &cohort, &parts.gate).await?;
    let preview = admission::preview_terms(&mut work, id, parts.terms, &parts.reserves).await?;
    let preview = preview.map_err(refused)?;
    Ok(Answer::ok(&PreviewView::from(preview)).private())
}
