//! Staff let people off requirements, for a reason (ADM-19).

use super::book::{gate_of, resource_of};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::fields::{FromText, Line, Parsed};
use crate::http::json::Json;
use crate::http::list::Page;
use crate::http::path::{CohortPath, Path, WaiverPath};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{get, post};
use deserr::Deserr;
use domain::admission::Requirement;
use domain::fault::{Fault, Refused};
use domain::identity::Action;
use domain::ids::PersonId;
use domain::time::wire;
use persistence::Work;
use persistence::admission::{
    Attempted, NewWaiver, NotWaived, Waiver, refused_attempts, waive, waiver_of_cohort,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;
use uuid::Uuid;

/// A requirement that can be waived: an email is proved by its owner or vouched for, never waived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waivable(Requirement);

fn waivable() -> Vec<&'static str> {
    Requirement::ALL.into_iter().filter(|one| one.can_be_waived()).map(Requirement::as_str).collect()
}

impl FromText for Waivable {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        let known = Requirement::parse(raw).filter(|one| one.can_be_waived()).map(Self);
        known
            .ok_or_else(|| Refused::new("unknown-value", format!("must be one of {}", waivable().join(", "))))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(waivable()))
    }
}

type WaivableField = Parsed<Waivable>;
type PersonRef = Parsed<PersonId>;

/// A requirement to let a person off.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "participantId": "0193f2a4-0000-7000-8000-000000000004", "requirement": "eligible",
    "reason": "Leads a practice as its acting manager."
}))]
pub(crate) struct NewWaiverBody {
    /// Whom, as bookings and refused attempts name them.
    participant_id: PersonRef,
    /// Which requirement of the cohort's gate.
    requirement: WaivableField,
    /// Why. It stands with the waiver: write nothing about anybody's health.
    reason: Line<500>,
}

/// A requirement that staff let a person off.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "0193f2a4-0000-7000-8000-000000000008", "cohortId": "0193f2a4-0000-7000-8000-000000000002",
    "participantId": "0193f2a4-0000-7000-8000-000000000004", "requirement": "eligible",
    "reason": "Leads a practice as its acting manager.", "waivedAt": "2026-11-25T09:00:00Z", "bookingId": null,
    "countsFrom": "2026-11-24T09:30:00Z"
}))]
pub(crate) struct WaiverView {
    /// Its id.
    id: Uuid,
    /// In which cohort.
    cohort_id: Uuid,
    /// Whom it lets off.
    participant_id: Uuid,
    /// Which requirement.
    requirement: &'static str,
    /// Why.
    reason: String,
    /// When.
    waived_at: String,
    /// Their live booking in the cohort, where they have one.
    #[schema(required)]
    booking_id: Option<Uuid>,
    /// When they first asked for a place and were refused only for what is waived now: a booking that they make counts
    /// from then.
    #[schema(required)]
    counts_from: Option<String>,
}

fn view(waiver: Waiver) -> WaiverView {
    WaiverView {
        id: waiver.id.0,
        cohort_id: waiver.cohort_id.0,
        participant_id: waiver.person_id.0,
        requirement: waiver.requirement.as_str(),
        reason: waiver.reason,
        waived_at: wire(waiver.waived_at),
        booking_id: waiver.booking.map(|id| id.0),
        counts_from: waiver.first_attempt_at.map(wire),
    }
}

/// Waive a requirement
///
/// For staff, with a reason. The requirement then counts as met for this person in this cohort, and a pending booking
/// of theirs becomes a claim if nothing else is missing. Who was refused books again: if all that refused their
/// first attempt is waived, the booking counts from that attempt. No place that is held is taken from anybody.
#[utoipa::path(
    tag = "admission", operation_id = "waiveRequirement", params(CohortPath), request_body = NewWaiverBody,
    extensions(("x-problems" = json!(["already-waived"]))),
    responses((status = 201, description = "The waiver", body = WaiverView))
)]
#[post("/v1/cohorts/{cohortId}/waivers")]
pub(crate) async fn waive_requirement(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<NewWaiverBody>,
) -> Result<Answer, Problem> {
    let cohort_id = path.0.cohort_id;
    let gate = gate_of(&app.store.reader(), cohort_id).await?;
    caller.require(Action::WaiveRequirement, &resource_of(&gate))?;
    let body = body.into_inner();
    let requirement = body.requirement.0.0;
    if !gate.requirements.contains(&requirement) {
        let fault = Fault::new("/requirement", "not-in-gate", "is not asked for by this cohort's gate");
        return Err(Problem::invalid(vec![fault]));
    }
    let new = NewWaiver {
        academy_id: gate.academy_id,
        cohort_id,
        person_id: body.participant_id.0,
        requirement,
        reason: body.reason.0,
        waived_by: caller.person()?.id,
    };
    app.write(&caller, async |work: &mut Work| match waive(work, new).await? {
        Ok(waiver) => {
            let location = format!("/v1/cohorts/{cohort_id}/waivers/{}", waiver.id);
            Ok(Answer::created(location, &view(waiver)).private())
        }
        Err(NotWaived::Already) => Err(Problem::new(Code::AlreadyWaived)),
        Err(NotWaived::UnknownPerson) => {
            let fault =
                Fault::new("/participantId", "unknown", "is nobody's who asked for a place in this cohort");
            Err(Problem::invalid(vec![fault]))
        }
    })
    .await
}

/// Read a waiver
///
/// For staff.
#[utoipa::path(
    tag = "admission", operation_id = "getWaiver", params(WaiverPath),
    responses((status = 200, description = "The waiver", body = WaiverView))
)]
#[get("/v1/cohorts/{cohortId}/waivers/{waiverId}")]
pub(crate) async fn get_waiver(
    app: App,
    caller: Caller,
    path: Path<WaiverPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let reader = app.store.reader();
    let gate = gate_of(&reader, path.0.cohort_id).await?;
    caller.require(Action::WaiveRequirement, &resource_of(&gate))?;
    let found = waiver_of_cohort(&reader, path.0.cohort_id, path.0.waiver_id).await?;
    let view = view(found.ok_or_else(|| Problem::new(Code::NotFound))?);
    let etag = ETag::of_content(&serde_json::to_vec(&view).unwrap_or_default());
    Ok(Answer::ok(&view).etag(etag).private().conditional(&caller))
}

/// An attempt to book that was refused for something that staff can waive.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "0193f2a4-0000-7000-8000-000000000009", "participantId": "0193f2a4-0000-7000-8000-000000000004",
    "codes": ["not-eligible"], "attemptedAt": "2026-11-24T09:30:00Z"
}))]
pub(crate) struct AttemptView {
    /// Its id.
    id: Uuid,
    /// Who would have taken part.
    participant_id: Uuid,
    /// The problem codes of all reasons, the first one first.
    codes: Vec<String>,
    /// When.
    attempted_at: String,
}

/// List refused attempts
///
/// For staff: who asked for a place in this cohort and was refused for something that can be waived, oldest first.
#[utoipa::path(
    tag = "admission", operation_id = "listRefusedAttempts", params(CohortPath, PageQuery),
    responses((status = 200, description = "A page of refused attempts", body = Page<AttemptView>))
)]
#[get("/v1/cohorts/{cohortId}/refused-attempts")]
pub(crate) async fn list_refused_attempts(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let reader = app.store.reader();
    caller.require(Action::WaiveRequirement, &resource_of(&gate_of(&reader, cohort).await?))?;
    let after: Option<Uuid> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let rows = refused_attempts(&reader, cohort, after, query.0.limit.one_more()).await?;
    let page = app.cursors.page(&caller, query.0.limit, rows, |attempt: &Attempted| attempt.id);
    let page = page.map(|attempt| AttemptView {
        id: attempt.id,
        participant_id: attempt.person_id.0,
        codes: attempt.codes,
        attempted_at: wire(attempt.attempted_at),
    });
    Ok(Answer::page(&caller, &page).private())
}
