//! Showing a taster's code (ADM-3).

use super::submit::too_many_tries;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::Line;
use crate::http::json::Json;
use crate::http::path::{Path, TasterPath};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::{Action, Resource};
use domain::ids::TasterId;
use domain::time::wire;
use persistence::Work;
use persistence::admission::{CheckedIn, check_in as record};
use persistence::catalogue::gates::{TasterGate, taster};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The code of a taster.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"code": "KM7Q4XWP"}))]
pub(crate) struct CheckIn {
    /// The code that the facilitator reads out.
    code: Line<40>,
}

/// An attendance that a code showed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"tasterId": "0193f2a4-0000-7000-8000-000000000005", "effectiveAt": "2026-11-25T17:00:00Z", "bookingsClaimed": 1}))]
pub(crate) struct CheckInView {
    /// At which taster.
    taster_id: Uuid,
    /// From when it counts: the taster's end.
    effective_at: String,
    /// How many of your bookings became claims.
    bookings_claimed: u64,
}

/// A taster whose programme is public, as permissions see it, or 404.
pub(super) async fn found(app: &Shared, id: TasterId) -> Result<(TasterGate, bool, Option<Uuid>), Problem> {
    let reader = app.store.reader();
    let gate = taster(&reader, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let (public, facilitator) = persistence::catalogue::gates::taster_standing(&reader, id).await?;
    Ok((gate, public, facilitator))
}

/// Check in at a taster
///
/// Shows your attendance with the code that is read out at the taster's end: valid from its start to 24 hours
/// after its end. It counts from the taster's end, whenever you show it.
#[utoipa::path(
    tag = "admission", operation_id = "checkIn", params(TasterPath), request_body = CheckIn,
    extensions(("x-problems" = json!(["taster-code-invalid"]))),
    responses((status = 201, description = "The attendance is on record", body = CheckInView))
)]
#[post("/v1/tasters/{tasterId}/check-ins")]
pub(crate) async fn check_in(
    app: App,
    caller: Caller,
    path: Path<TasterPath>,
    _: Query<NoQuery>,
    body: Json<CheckIn>,
) -> Result<Answer, Problem> {
    let (gate, public, _) = found(&app, path.0.taster_id).await?;
    let resource =
        Resource::Catalogue { academy_id: gate.academy_id, public, run_by_actor: false, entitled: false };
    caller.require(Action::CheckIn, &resource)?;
    let person = caller.person()?.id;
    let code = body.into_inner().code.0;
    let mut refused = None;
    let answer = app
        .write(&caller, async |work: &mut Work| match record(work, &gate, person, &code).await? {
            CheckedIn::Recorded { effective_at, bookings_claimed } => {
                let taster_id = gate.id.0;
                let view = CheckInView { taster_id, effective_at: wire(effective_at), bookings_claimed };
                Ok(Answer::created(format!("/v1/tasters/{taster_id}"), &view).private())
            }
            outcome => {
                // A wrong try is counted, so what was done is kept; the refusal is told after it.
                refused = Some(outcome);
                Ok(Answer::no_content().unkept())
            }
        })
        .await?;
    match refused {
        None => Ok(answer),
        Some(CheckedIn::TooManyTries { until, now }) => Err(too_many_tries(until, now)),
        Some(_) => {
            let detail = "The code is wrong, or its time is over: it is valid from the start to 24 hours after the end.";
            let fault = Fault::new("/code", "taster-code-invalid", detail);
            Err(Problem::new(Code::TasterCodeInvalid).fault(fault))
        }
    }
}
