//! How bookings look on the wire.

use super::clash_view::{self, ClashView};
use super::gate_view::{GateItemView, gate_view};
use crate::http::etag::ETag;
use domain::admission::{BookingStatus, CarryOver, Explanation, Standpoint, as_seen_by, explain};
use domain::identity::{
    Actor, Resource, evidence_seen, sees_colleague, sees_manager, sees_other_of, sees_others, sees_proposal,
};
use domain::planted::{Bug, is_on};
use domain::time::wire;
use persistence::admission::BookingRecord;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// One person's claim on a cohort, from joining form to completion.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "0193f2a4-0000-7000-8000-000000000001",
    "cohortId": "0193f2a4-0000-7000-8000-000000000002",
    "programmeId": "0193f2a4-0000-7000-8000-000000000003",
    "participant": {"id": "0193f2a4-0000-7000-8000-000000000004", "email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan"},
    "status": "waiting", "closedReason": null,
    "gate": [{"requirement": "taster_attended", "met": true, "detail": "Attendance at a taster is on record.",
              "evidence": {"tasterId": "0193f2a4-0000-7000-8000-000000000005", "effectiveAt": "2026-11-25T17:00:00Z"}}],
    "claim": {"sequence": 12, "moment": "2026-11-25T17:00:00Z", "ledgerVersion": 17,
              "entryHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
              "previousHash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"},
    "cohortVersion": 17, "position": 3,
    "explanation": {"code": "no_place_free", "detail": "You are number 3 on the waiting list.", "before": 2,
                    "lastPlaceAt": "2026-11-25T17:04:00Z", "otherBookingId": null,
                    "more": {"code": "when_given_back", "detail": "A place that is given back is offered to the first on the list."}},
    "offer": null, "answers": {"why": "To look after my team better."}, "externalReference": null,
    "carryOver": false, "carriedFrom": null, "createdAt": "2026-11-24T09:30:00Z", "updatedAt": "2026-11-25T17:04:00Z"
}))]
pub(crate) struct BookingView {
    /// Its id.
    id: Uuid,
    /// On which cohort.
    cohort_id: Uuid,
    /// Of which programme.
    programme_id: Uuid,
    /// Who takes part.
    participant: ParticipantView,
    /// Where it stands: `pending`, `waiting`, `offered`, `confirmed`, `completed`, `not_completed` or `closed`.
    status: &'static str,
    /// Why it is closed, where it is.
    #[schema(required)]
    closed_reason: Option<&'static str>,
    /// Each requirement of the cohort's gate, with its evidence and what to do next.
    gate: Vec<GateItemView>,
    /// The entry of its claim in the ledger; null while pending.
    #[schema(required)]
    claim: Option<ClaimView>,
    /// The ledger version that last changed this booking; null before any.
    #[schema(required)]
    cohort_version: Option<u64>,
    /// Its place on the waiting list, counted from 1; a number only while waiting.
    #[schema(required)]
    position: Option<u64>,
    /// Why it stands where it stands.
    explanation: ExplanationView,
    /// The offer that stands; an object only while offered.
    #[schema(required)]
    offer: Option<OfferView>,
    /// The answers to the joining form, by key.
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
    /// The booker's own reference.
    #[schema(required)]
    external_reference: Option<String>,
    /// Whether the participant wishes to be carried over into the programme's next cohort, or was.
    carry_over: bool,
    /// The booking in an earlier cohort that it was carried over from.
    #[schema(required)]
    carried_from: Option<Uuid>,
    /// The joining form that ranks several cohorts, of which it is one choice; left out where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<ChoiceView>,
    /// The manager who is asked whether they agree; left out where the cohort doesn't ask, or you may not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<ManagerView>,
    /// That the place is to be passed on, and to whom, while that stands; left out where it does not, or you may not see it.
    /// Whether the colleague will pass the gate is not said: a cohort can ask them for what only staff, or who nominates, can give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pass_on: Option<ProposalView>,
    /// What overlaps with sessions of your other confirmed places; left out where nothing does, or to others than the
    /// participant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    clashes: Vec<ClashView>,
    /// When it was made.
    created_at: String,
    /// When it last changed.
    updated_at: String,
}

/// Which choice of a joining form a booking is (ADM-21).
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "0193f2a4-0000-7000-8000-000000000008", "preference": 2}))]
struct ChoiceView {
    /// The form.
    id: Uuid,
    /// Its place in the order of preference, counted from 1.
    preference: u32,
}

/// A manager who is asked whether they agree (ADM-20); `gate` tells what they said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"email": "fiona.greenfield@example.nhs.uk", "askedAt": "2026-11-24T09:30:00Z"}))]
struct ManagerView {
    /// Their email, as it was typed.
    email: String,
    /// When they were asked.
    asked_at: String,
}

/// A colleague to whom a place is to be passed on (ADM-23).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"email": "grace.obi@practice.example", "fullName": "Grace Obi",
    "proposedAt": "2026-12-03T10:15:00Z", "expiresAt": "2026-12-10T10:15:00Z"}))]
struct ProposalView {
    /// Their email, as it was typed; null to others than who proposed it, and staff.
    #[schema(required)]
    email: Option<String>,
    /// Their name, as it was given; null like `email`.
    #[schema(required)]
    full_name: Option<String>,
    /// When they were mailed.
    proposed_at: String,
    /// From then on they can't take it over.
    expires_at: String,
}

/// Who takes part.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "0193f2a4-0000-7000-8000-000000000004", "email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan"}))]
struct ParticipantView {
    /// The person's id.
    id: Uuid,
    /// Their email; null after an erasure.
    #[schema(required)]
    email: Option<String>,
    /// Their name; null after an erasure.
    #[schema(required)]
    full_name: Option<String>,
}

/// The receipt of a claim.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"sequence": 12, "moment": "2026-11-25T17:00:00Z", "ledgerVersion": 17,
    "entryHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "previousHash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"}))]
struct ClaimView {
    /// The order in which the system accepted the claims, without gaps.
    sequence: u64,
    /// When the person had done all that was asked of them; it ranks the claim and never changes.
    moment: String,
    /// The ledger version of its entry.
    ledger_version: u64,
    /// The hash of its entry.
    entry_hash: String,
    /// The hash of the entry before.
    previous_hash: String,
}

/// Why a booking stands where it stands (ADM-13).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "code": "no_place_free", "detail": "You are number 3 on the waiting list. All 16 places are held, and no place that is held is taken away. A place that becomes free goes to the first on the list.",
    "before": 2, "lastPlaceAt": "2026-11-25T17:04:00Z", "otherBookingId": null,
    "more": {"code": "offers_out", "detail": "1 place is held for people who have not answered yet; one that they do not take is offered to the first on the list until 2027-01-13T14:00:00Z."}
}))]
struct ExplanationView {
    /// Stable.
    code: &'static str,
    /// A sentence for the person.
    detail: String,
    /// How many wait in front of it; a number only while waiting.
    #[schema(required)]
    before: Option<u64>,
    /// When a place of the cohort last went to somebody; null where this booking has a place, or none has gone.
    #[schema(required)]
    last_place_at: Option<String>,
    /// Whether a place can still come; an object only while pending or waiting. Like the two before it, a partner is
    /// not told it of a confidential cohort.
    #[schema(required)]
    more: Option<ProspectView>,
    /// The booking that this one was left for, that gave a place and ended this one, or whose stead it took; null where there is none, or you may not read it.
    #[schema(required)]
    other_booking_id: Option<Uuid>,
}

/// Whether a place can still come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"code": "when_given_back", "detail": "A place that is given back is offered to the first on the list."}))]
struct ProspectView {
    /// Stable: `at_opening`, `at_seal`, `before_closing_only`, `places_free`, `offers_out`, `at_release`, `when_given_back`, `no_waiting_list` or `no_more`.
    code: &'static str,
    /// A sentence for the person.
    detail: String,
}

impl From<Explanation> for ExplanationView {
    fn from(explanation: Explanation) -> Self {
        let (code, detail) = explanation.told;
        Self {
            code,
            detail,
            before: explanation.before,
            last_place_at: explanation.last_place_at.map(wire),
            other_booking_id: None,
            more: explanation.more.map(|(code, detail)| ProspectView { code, detail }),
        }
    }
}

/// A place that is held for an answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"expiresAt": "2026-12-03T10:15:00Z"}))]
struct OfferView {
    /// The exact moment at which it ends.
    expires_at: String,
}

/// A booking as this caller may see it (ACC-4).
pub(super) fn booking_view(record: &BookingRecord, viewer: &Actor) -> BookingView {
    let booking = &record.booking;
    let desk = &record.desk;
    let look = as_seen_by(viewer, booking.person_id, &record.look, record.now);
    let (view, fits) = (desk.view_without_heads(), booking.fits());
    let explanation = explain(&Standpoint {
        status: booking.status,
        closed_reason: booking.closed_reason,
        transferred: record.transferred,
        placed_elsewhere: booking.choice.is_some_and(|choice| choice.placed_elsewhere.is_some()),
        has_claim: booking.claim.is_some(),
        position: record.position,
        offer_expires_at: booking.offer_expires_at,
        imported_since: booking.imported_since(),
        look: &look,
        fits: &fits,
        carried: booking.carries().is_some(),
        carry_over: booking.carry_over,
        cohort: &view,
        offers_out: desk.offers_out,
        last_place_at: desk.last_place_at,
        now: record.now,
    });
    BookingView {
        id: booking.id.0,
        cohort_id: booking.cohort_id.0,
        programme_id: booking.programme_id.0,
        participant: participant_view(record),
        status: booking.status.as_str(),
        closed_reason: booking.closed_reason.map(|reason| reason.as_str()),
        gate: gate_view(&look.items, evidence_seen(viewer), &record.recorded_by),
        claim: booking.claim.as_ref().map(|claim| ClaimView {
            sequence: claim.sequence,
            moment: wire(claim.moment),
            ledger_version: claim.ledger_version,
            entry_hash: claim.entry_hash.clone(),
            previous_hash: claim.previous_hash.clone(),
        }),
        cohort_version: booking.cohort_version,
        position: record.position.map(|at| at - u64::from(is_on(Bug::PositionFromZero))),
        explanation: ExplanationView {
            other_booking_id: other_booking(record, viewer),
            ..explained(explanation, record, viewer).into()
        },
        offer: (booking.status == BookingStatus::Offered)
            .then(|| booking.offer_expires_at.map(|at| OfferView { expires_at: wire(at) }))
            .flatten(),
        answers: booking.answers.clone(),
        external_reference: booking.external_reference.clone(),
        carry_over: booking.carry_over != CarryOver::No,
        carried_from: booking.carried_from.map(|id| id.0),
        form: booking.choice.map(|choice| ChoiceView { id: choice.form.0, preference: choice.preference }),
        manager: manager_view(record, viewer),
        pass_on: proposal_view(record, viewer),
        clashes: clash_view::of_booking(record, viewer),
        created_at: wire(booking.created_at),
        updated_at: wire(booking.updated_at),
    }
}

/// The other booking of a transfer, or the choice of the same form that was placed, where the viewer may read it (ACC-4).
fn other_booking(record: &BookingRecord, viewer: &Actor) -> Option<Uuid> {
    let placed = record.booking.choice.and_then(|choice| choice.placed_elsewhere);
    let other = placed.or(record.transferred.map(|known| known.other))?;
    let transfer = record.transferred.filter(|_| placed.is_none()).map(|known| known.transfer);
    sees_other_of(viewer, transfer, &resource_of(record)).then_some(other.0)
}

/// Whom a booking names is seen by the participant, by who booked, and by staff (ACC-4).
fn manager_view(record: &BookingRecord, viewer: &Actor) -> Option<ManagerView> {
    let request = record.manager.as_ref()?;
    let told = || ManagerView { email: request.email.clone(), asked_at: wire(request.asked_at) };
    sees_manager(viewer, &resource_of(record)).then(told)
}

/// To whom a place is to be passed on, while it can be taken over (ADM-23).
fn proposal_view(record: &BookingRecord, viewer: &Actor) -> Option<ProposalView> {
    let proposal = record.proposal.as_ref()?;
    let ends_at = record.desk.view_without_heads().proposal_ends(proposal.ends_at);
    let named = sees_colleague(viewer, &resource_of(record), proposal.proposer);
    let told = || ProposalView {
        email: named.then(|| proposal.email.clone()),
        full_name: named.then(|| proposal.full_name.clone()),
        proposed_at: wire(proposal.proposed_at),
        expires_at: wire(ends_at),
    };
    let seen = sees_proposal(viewer, &resource_of(record), record.confidential);
    (record.now < ends_at && seen).then(told)
}

fn resource_of(record: &BookingRecord) -> Resource {
    Resource::Booking {
        academy_id: record.booking.academy_id,
        person_id: record.booking.person_id,
        booked_by_client: record.booking.booked_by_client,
    }
}

/// Of a confidential cohort a partner learns place status at most: nothing of those before, and of when and how
/// others get places (ACC-4).
fn explained(explanation: Explanation, record: &BookingRecord, viewer: &Actor) -> Explanation {
    if sees_others(viewer, record.confidential) {
        return explanation;
    }
    Explanation { before: None, last_place_at: None, more: None, ..explanation }
}

/// What a booker said belongs to the booking and is what is seen again (ACC-4).
fn participant_view(record: &BookingRecord) -> ParticipantView {
    let (email, full_name) = match &record.booking.told {
        Some(told) => (Some(told.email.clone()), Some(told.full_name.clone())),
        None => (Some(record.participant.email.clone()), record.participant.full_name.clone()),
    };
    ParticipantView { id: record.participant.id.0, email, full_name }
}

/// The version of a booking: its own changes are what `If-Match` compares; what `If-None-Match` compares is all
/// that is seen of it, as its gate and position change without it.
pub(super) fn booking_etag(record: &BookingRecord, view: &BookingView) -> ETag {
    version_of(record, &serde_json::to_vec(view).unwrap_or_default())
}

/// The same from the body that was written.
pub(super) fn version_of(record: &BookingRecord, body: &[u8]) -> ETag {
    ETag::of_parts(record.booking.revision, body)
}
