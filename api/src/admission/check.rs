//! The check that books nothing (ADM-15).

use super::book::{gate_of, resource_of};
use super::clash_view::{ClashView, seen_by};
use super::gate_view::{GateItemView, gate_view};
use super::participant::ParticipantIn;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::json::Json;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use deserr::Deserr;
use domain::admission::{EvidenceOf, Requirement, Standing};
use domain::identity::{Action, Actor, evidence_seen};
use persistence::Work;
use persistence::admission::{Asked, Checked, check};
use serde::Serialize;
use utoipa::ToSchema;

/// For whom the gate is looked at.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"participant": {"email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan", "jobRole": "practice_manager", "region": "south_east"}}))]
pub(crate) struct EligibilityCheck {
    /// Somebody else: coordinators and clients only. Left out: the signed-in person.
    #[deserr(default)]
    participant: Option<ParticipantIn>,
}

/// What the gate says before anything is booked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"eligible": true, "gate": [{"requirement": "eligible", "met": true, "detail": "The eligibility rules are met.", "evidence": null}], "clashes": []}))]
pub(crate) struct EligibilityView {
    /// Whether the eligibility rules are known to be met. False also while facts are missing: `gate` says which.
    eligible: bool,
    /// Each requirement: how it stands, and what to do next where it is not met.
    gate: Vec<GateItemView>,
    /// Sessions that overlap with those of a confirmed place elsewhere, where you may read that booking: a booking then
    /// needs `acknowledgesClash`. Of others' commitments nothing is told before somebody books.
    clashes: Vec<ClashView>,
}

/// Check eligibility
///
/// Looks at the cohort's gate and books nothing. Every requirement is told at once, with what to do next.
#[utoipa::path(
    tag = "admission", operation_id = "checkEligibility", params(CohortPath), request_body = EligibilityCheck,
    responses((status = 200, description = "How the gate stands", body = EligibilityView))
)]
#[post("/v1/cohorts/{cohortId}/eligibility-checks")]
pub(crate) async fn check_eligibility(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<EligibilityCheck>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let reader = app.store.reader();
    let resource = resource_of(&gate_of(&reader, cohort).await?);
    let participant = body.into_inner().participant;
    let for_other = participant.is_some() || caller.client().is_some();
    let action = if for_other { Action::CheckEligibilityOfOther } else { Action::CheckOwnEligibility };
    caller.require(action, &resource)?;
    let told = participant.map(ParticipantIn::into_told);
    let asked = match (&caller.actor, told) {
        (Actor::Person(person), None) => Asked::Oneself(person.id),
        (actor, Some((told, email_key))) => {
            let vouches = match actor {
                Actor::Client(client) => client.vouches_for_emails,
                _ => true,
            };
            Asked::Other { told: Box::new(told), email_key, vouches }
        }
        _ => {
            let fault = domain::fault::Fault::new("/participant", "required", "is required for a client");
            return Err(Problem::invalid(vec![fault]));
        }
    };
    let answer = |found: Option<Checked>| {
        let found = found.ok_or_else(|| Problem::new(Code::NotFound))?;
        Ok(Answer::ok(&view(&found, &caller)).private())
    };
    if caller.request_key()?.is_none() {
        return answer(check(&reader, cohort, &asked, reader.now().await?).await?);
    }
    app.write(&caller, async |work: &mut Work| {
        let now = work.now().await?;
        answer(check(work, cohort, &asked, now).await?)
    })
    .await
}

fn view(found: &Checked, caller: &Caller) -> EligibilityView {
    let look = &found.look;
    let unknown = look.items.iter().any(|item| {
        item.requirement == Requirement::Eligible
            && matches!(item.evidence, Some(EvidenceOf::MissingFields(_)))
    });
    let failed = matches!(look.standing, Standing::NotEligible(_));
    EligibilityView {
        eligible: !failed && !unknown,
        gate: gate_view(&look.items, evidence_seen(&caller.actor), &[]),
        clashes: seen_by(&found.clashes, &caller.actor),
    }
}
