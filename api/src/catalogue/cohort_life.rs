//! A cohort is closed, cancelled or completed (PRG-7).

use super::cohort_wire::CohortView;
use super::cohorts::desk_of;
use super::fields::BookingRef;
use super::scope;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::json::{MaybeJson, NoBody};
use crate::http::path::{CohortPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use deserr::Deserr;
use domain::admission::LifeRefused;
use domain::fault::Fault;
use domain::identity::Action;
use domain::ids::CohortId;
use persistence::admission;
use persistence::{StoreError, Work, catalogue};
use utoipa::ToSchema;

/// Close a cohort
///
/// Booking ends now: new bookings are refused, and nothing else changes. A pending booking still becomes a claim if
/// its moment lies before now, and places that become free still go out.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "closeCohort",
    params(CohortPath),
    responses((status = 200, description = "The cohort, closed.", body = CohortView)),
    extensions(("x-problems" = json!([
        "booking-closed", "cohort-ended", "malformed-json", "unsupported-media-type", "invalid"
    ])))
)]
#[post("/v1/cohorts/{cohortId}/close")]
pub(crate) async fn close_cohort(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    _: NoBody,
) -> Result<Answer, Problem> {
    end(&app, &caller, path.0.cohort_id, async |work, id| admission::close_cohort(work, id).await).await
}

/// Cancel a cohort
///
/// It does not take place: every live booking is closed `cohort_cancelled` and its participant told. This is final.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "cancelCohort",
    params(CohortPath),
    responses((status = 200, description = "The cohort, cancelled.", body = CohortView)),
    extensions(("x-problems" = json!(["cohort-ended", "malformed-json", "unsupported-media-type", "invalid"])))
)]
#[post("/v1/cohorts/{cohortId}/cancel")]
pub(crate) async fn cancel_cohort(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    _: NoBody,
) -> Result<Answer, Problem> {
    end(&app, &caller, path.0.cohort_id, async |work, id| admission::cancel_cohort(work, id).await).await
}

/// How a cohort's bookings end.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"notCompleted": ["019b0000-0000-7000-8000-000000000009"]}))]
pub(crate) struct Completion {
    /// The confirmed bookings whose participants did not complete it; all others did.
    #[deserr(default)]
    not_completed: Vec<BookingRef>,
}

/// Complete a cohort
///
/// Once its last session has ended. Each confirmed booking ends `completed`, less those named, which end
/// `not_completed`; both still count as places taken. This is final.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "completeCohort",
    params(CohortPath),
    request_body = Completion,
    responses((status = 200, description = "The cohort, completed.", body = CohortView)),
    extensions(("x-problems" = json!(["cohort-ended", "cohort-not-over"])))
)]
#[post("/v1/cohorts/{cohortId}/complete")]
pub(crate) async fn complete_cohort(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: MaybeJson<Completion>,
) -> Result<Answer, Problem> {
    let named: Vec<_> = body.0.not_completed.into_iter().map(|id| id.0).collect();
    end(&app, &caller, path.0.cohort_id, async |work, id| {
        let ends = catalogue::last_end(work, id).await?;
        let not_completed = named.iter().copied().collect();
        admission::complete_cohort(work, id, ends, &not_completed).await
    })
    .await
}

async fn end(
    app: &Shared,
    caller: &Caller,
    id: CohortId,
    change: impl AsyncFnOnce(&mut Work, CohortId) -> Result<Result<(), LifeRefused>, StoreError>,
) -> Result<Answer, Problem> {
    scope::signed_in(caller)?;
    let (_, programme) = scope::cohort(&app.store.reader(), id).await?;
    caller.require(Action::EndCohort, &scope::resource(&programme))?;
    app.write(caller, async |work| {
        change(work, id).await?.map_err(problem)?;
        let now = work.now().await?;
        // Its terms are others now: who edits what they were is stale.
        let mut cohort = catalogue::cohort(work, id).await?.ok_or_else(scope::not_found)?;
        cohort.revision += 1;
        cohort.updated_at = now;
        let desk = desk_of(work, id).await?;
        cohort.note_ended(desk.ended, now);
        catalogue::update_cohort(work, &cohort).await?;
        catalogue::listing_changed(work).await?;
        Ok(scope::changed(cohort.revision, &CohortView::of(&cohort, &programme, &desk, now)))
    })
    .await
}

fn problem(refused: LifeRefused) -> Problem {
    match refused {
        LifeRefused::AlreadyClosed => Problem::new(Code::BookingClosed).detail(
            "Booking is closed already. To open it again before the first session starts, change \
             `bookingClosesAt`; to end the cohort, cancel or complete it.",
        ),
        LifeRefused::AlreadyEnded => Problem::new(Code::CohortEnded),
        LifeRefused::NotOver(Some(ends)) => {
            let detail = format!("Its last session ends {}.", domain::time::wire(ends));
            Problem::new(Code::CohortNotOver).detail(detail)
        }
        LifeRefused::NotOver(None) => Problem::new(Code::CohortNotOver).detail("It has no sessions yet."),
        LifeRefused::NotConfirmed(list) => {
            let fault = |id: &domain::ids::BookingId| {
                let detail = format!("{id} holds no confirmed place in this cohort");
                Fault::new("/notCompleted", "unknown-value", detail)
            };
            Problem::invalid(list.iter().map(fault).collect())
        }
    }
}
