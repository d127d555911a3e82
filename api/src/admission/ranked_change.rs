//! Changing a joining form that ranks several cohorts (ADM-21): the order of preference, and what a place does.

use super::ranked::{Chosen, CohortRef, FormView, form_view, permitted_form};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::json::Json;
use crate::http::path::{FormPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::patch;
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::Action;
use domain::ids::CohortId;
use persistence::Work;
use persistence::admission::{
    Booking, FormChange, bookings_of_form, change_form, lock_form, ranked_form, records,
};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A change of a joining form that ranks several cohorts.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"whenPlaced": "keep_others"}))]
pub(crate) struct FormPatch {
    /// All cohorts of the form in the new order of preference.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 10)]
    cohorts: Option<Vec<CohortRef>>,
    /// What becomes of the other requests once one of them has a confirmed place; where one has, the others end at once
    /// with `end_others`. No place is taken away.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    when_placed: Option<Chosen>,
}

/// Change a joining form that ranks several cohorts
///
/// By who may correct its bookings: the order of preference, and what a place in one cohort does to the other requests.
/// No claim moves by it.
#[utoipa::path(
    tag = "admission", operation_id = "changeJoiningForm", params(FormPath), request_body = FormPatch,
    responses((status = 200, description = "The form as it is now", body = FormView))
)]
#[patch("/v1/joining-forms/{formId}")]
pub(crate) async fn change_joining_form(
    app: App,
    caller: Caller,
    path: Path<FormPath>,
    _: Query<NoQuery>,
    body: Json<FormPatch>,
) -> Result<Answer, Problem> {
    let id = path.0.form_id;
    permitted_form(&app, &caller, id, Action::ChangeBooking).await?;
    let patch = body.into_inner();
    app.write(&caller, async |work: &mut Work| {
        let found = lock_form(work, id).await?;
        let (form, bookings) = found.ok_or_else(|| Problem::new(Code::NotFound))?;
        caller.if_match(&ETag::of_revision(form.revision))?;
        let order: Option<Vec<CohortId>> =
            patch.cohorts.as_ref().map(|list| list.iter().map(|cohort| cohort.0).collect());
        if let Some(fault) = order.as_deref().and_then(|order| other_cohorts(order, &bookings)) {
            return Err(Problem::invalid(vec![fault]));
        }
        let change = FormChange { order, when_placed: patch.when_placed.as_ref().map(|chosen| chosen.0) };
        change_form(work, &form, bookings, change).await?;
        let form = ranked_form(work, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let (list, now) = (bookings_of_form(work, id).await?, work.now().await?);
        let view = form_view(&form, &records(work, list, now).await?, &caller.actor);
        let etag = ETag::of_parts(form.revision, &serde_json::to_vec(&view).unwrap_or_default());
        Ok(Answer::ok(&view).etag(etag).private())
    })
    .await
}

/// The order of preference names each cohort of the form once.
fn other_cohorts(order: &[CohortId], bookings: &[Booking]) -> Option<Fault> {
    let own: BTreeSet<CohortId> = bookings.iter().map(|booking| booking.cohort_id).collect();
    let named: BTreeSet<CohortId> = order.iter().copied().collect();
    let same = named == own && named.len() == order.len();
    (!same).then(|| Fault::new("/cohorts", "other-cohorts", "must name each cohort of the form once"))
}
