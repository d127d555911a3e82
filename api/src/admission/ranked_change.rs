//! Changing a joining form that ranks several cohorts (ADM-21): the order of preference, and what a place does.

use super::ranked::{Choices, Chosen, FormView, form_view, permitted_form};
use super::read::note_clashes;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::json::{Json, Patch};
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
    /// All cohorts of the form in the new order of preference; can't be cleared.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 10)]
    cohorts: Patch<Choices>,
    /// What becomes of the other requests once one of them has a confirmed place; where one has, the others end at once
    /// with `end_others`. No place is taken away. Can't be cleared.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    when_placed: Patch<Chosen>,
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
        let change = change_of(patch.clone(), &bookings).map_err(Problem::invalid)?;
        change_form(work, &form, bookings, change).await?;
        let form = ranked_form(work, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let (list, now) = (bookings_of_form(work, id).await?, work.now().await?);
        let mut records = records(work, list, now).await?;
        note_clashes(work, &caller, &mut records).await?;
        let view = form_view(&form, &records, &caller.actor);
        let etag = ETag::of_parts(form.revision, &serde_json::to_vec(&view).unwrap_or_default());
        Ok(Answer::ok(&view).etag(etag).private())
    })
    .await
}

/// What is to change; all that is wrong with it at once.
fn change_of(patch: FormPatch, bookings: &[Booking]) -> Result<FormChange, Vec<Fault>> {
    let kept = |pointer| Fault::new(pointer, "required", "can't be cleared");
    let mut faults = Vec::new();
    let order = patch.cohorts.map(|cohorts| cohorts.0).into_change().map(|order| match order {
        None => Err(kept("/cohorts")),
        Some(order) => other_cohorts(&order, bookings).map_or(Ok(order), Err),
    });
    let chosen = patch.when_placed.map(|chosen| chosen.0).into_change();
    let chosen = chosen.map(|chosen| chosen.ok_or_else(|| kept("/whenPlaced")));
    let order = order.transpose().map_err(|fault| faults.push(fault));
    let chosen = chosen.transpose().map_err(|fault| faults.push(fault));
    match (order, chosen) {
        (Ok(order), Ok(when_placed)) => Ok(FormChange { order, when_placed }),
        _ => Err(faults),
    }
}

/// The order of preference names each cohort of the form once.
fn other_cohorts(order: &[CohortId], bookings: &[Booking]) -> Option<Fault> {
    let own: BTreeSet<CohortId> = bookings.iter().map(|booking| booking.cohort_id).collect();
    let named: BTreeSet<CohortId> = order.iter().copied().collect();
    let same = named == own && named.len() == order.len();
    (!same).then(|| Fault::new("/cohorts", "other-cohorts", "must name each cohort of the form once"))
}
