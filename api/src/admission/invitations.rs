//! What came of the interest that was told of a cohort (COM-5).

use super::book::{gate_of, resource_of};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use actix_web::get;
use domain::identity::Action;
use persistence::admission;
use serde::Serialize;
use utoipa::ToSchema;

/// How many who told their interest in the programme were mailed about a cohort, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"invited": 40, "booked": 17, "placed": 9}))]
pub(crate) struct InvitationsView {
    /// How many were mailed.
    invited: u64,
    /// How many of them asked for a place afterwards, whatever became of it.
    booked: u64,
    /// How many of them have a place, or had one to the end.
    placed: u64,
}

/// See what came of interest
///
/// For staff. A cohort with `interestToldHours` is announced by mail, so many hours before booking opens, to those who told
/// their interest in its programme before the opening: each once. It gives no rank.
#[utoipa::path(
    tag = "admission", operation_id = "getInvitations", params(CohortPath),
    responses((status = 200, description = "The counts", body = InvitationsView),
        (status = 304, description = "You have this version already."))
)]
#[get("/v1/cohorts/{cohortId}/invitations")]
pub(crate) async fn get_invitations(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let reader = app.store.reader();
    caller.require(Action::SeeInvitations, &resource_of(&gate_of(&reader, cohort).await?))?;
    let came = admission::came_of_interest(&reader, cohort).await?;
    let view = InvitationsView { invited: came.invited, booked: came.booked, placed: came.placed };
    let etag = ETag::of_content(&serde_json::to_vec(&view).unwrap_or_default());
    Ok(Answer::ok(&view).etag(etag).private().conditional(&caller))
}
