//! How a gate looks on the wire.

use domain::admission::{EvidenceOf, GateItem, ManagerStanding, Requirement};
use domain::identity::EvidenceSeen;
use domain::ids::{ClientId, TasterId};
use domain::time::wire;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// One requirement of a gate.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"requirement": "taster_attended", "met": false, "detail": "Come to one of the programme's tasters.", "evidence": null}))]
pub(crate) struct GateItemView {
    /// `email_verified`, `joining_form`, `taster_attended`, `eligible`, `commits_to_all_sessions`, `manager_agreed` or
    /// `nominated`.
    requirement: &'static str,
    /// Whether it is met now.
    met: bool,
    /// How it stands, and what to do next where it is not met.
    detail: String,
    /// What shows it, where something does and you may see it.
    #[schema(required, value_type = Option<Object>)]
    evidence: Option<Value>,
}

/// A gate as a viewer may see it; `recorded_by` says which client recorded which attendance.
pub(super) fn gate_view(
    items: &[GateItem],
    seen: EvidenceSeen,
    recorded_by: &[(TasterId, Option<ClientId>)],
) -> Vec<GateItemView> {
    let view = |item: &GateItem| GateItemView {
        requirement: item.requirement.as_str(),
        met: item.met,
        detail: detail_of(item, seen),
        evidence: item.evidence.as_ref().and_then(|evidence| evidence_view(evidence, seen, recorded_by)),
    };
    items.iter().map(view).collect()
}

/// A client is told the rule, never what a profile lacks.
fn detail_of(item: &GateItem, seen: EvidenceSeen) -> String {
    let asks_profile = matches!(item.evidence, Some(EvidenceOf::MissingFields(_)));
    match seen {
        EvidenceSeen::OfClient(_) if asks_profile && item.requirement == Requirement::Eligible => {
            "It is not known yet whether the eligibility rules are met: tell more about the participant, or ask \
             them to complete their profile."
                .to_owned()
        }
        _ => item.detail.clone(),
    }
}

fn evidence_view(
    evidence: &EvidenceOf,
    seen: EvidenceSeen,
    recorded_by: &[(TasterId, Option<ClientId>)],
) -> Option<Value> {
    let all = seen == EvidenceSeen::All;
    match evidence {
        EvidenceOf::SubmittedAt(at) => Some(json!({"submittedAt": wire(*at)})),
        EvidenceOf::Waived(at) => Some(json!({"waived": true, "waivedAt": wire(*at)})),
        EvidenceOf::Vouched => Some(json!({"vouched": true})),
        EvidenceOf::VerifiedAt(at) => all.then(|| json!({"verifiedAt": wire(*at)})),
        EvidenceOf::NominatedAt(at) => all.then(|| json!({"nominatedAt": wire(*at)})),
        EvidenceOf::Manager(standing) => manager_evidence(*standing).filter(|_| all),
        EvidenceOf::MissingFields(fields) => all.then(|| json!({"missing": fields})),
        EvidenceOf::Attendance(attended) => {
            let visible = match seen {
                EvidenceSeen::All => true,
                EvidenceSeen::OfClient(client) => recorded_by.contains(&(attended.taster, Some(client))),
            };
            visible.then(|| {
                json!({"tasterId": attended.taster.to_string(), "effectiveAt": wire(attended.effective_at)})
            })
        }
    }
}

fn manager_evidence(standing: ManagerStanding) -> Option<Value> {
    match standing {
        ManagerStanding::NotNamed => None,
        ManagerStanding::Asked(at) => Some(json!({"askedAt": wire(at)})),
        ManagerStanding::Agreed(at) => Some(json!({"agreedAt": wire(at)})),
        ManagerStanding::Refused { asked, at } => {
            Some(json!({"askedAt": wire(asked), "refusedAt": wire(at)}))
        }
    }
}
