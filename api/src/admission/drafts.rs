//! A joining form that is saved half done (ADM-22).

use super::book::{gate_of, resource_of};
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::fields::JsonObject;
use crate::http::json::Json;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::{delete, get, put};
use deserr::Deserr;
use domain::admission::Requirement;
use domain::fault::Fault;
use domain::identity::Action;
use domain::ids::{CohortId, PersonId};
use domain::time::wire;
use persistence::Work;
use persistence::admission::{Draft, draft, remove_draft, save_draft};
use persistence::catalogue::gates::CohortGate;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A joining form as far as it is done.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"answers": {"why": "To look after my team better."}, "commitsToAllSessions": false}))]
pub(crate) struct DraftBody {
    /// Answers so far, by key: those that are there must be right, others may be missing.
    #[deserr(default)]
    #[schema(value_type = Option<Object>)]
    answers: Option<JsonObject>,
    /// The commitment to come to every session.
    #[deserr(default)]
    commits_to_all_sessions: Option<bool>,
}

/// A joining form that is saved half done. It is no booking, and gives no rank.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "cohortId": "0193f2a4-0000-7000-8000-000000000002", "answers": {"why": "To look after my team better."},
    "commitsToAllSessions": false,
    "missing": [{"pointer": "/answers/consent", "code": "consent-required", "detail": "consent must be given: answer true"}],
    "createdAt": "2026-11-24T09:30:00Z", "updatedAt": "2026-11-24T09:32:00Z"
}))]
pub(crate) struct DraftView {
    /// For which cohort.
    cohort_id: Uuid,
    /// Answers so far, by key.
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
    /// The commitment to come to every session.
    commits_to_all_sessions: bool,
    /// What a booking made of it would still be refused for.
    missing: Vec<MissingView>,
    /// When it was begun.
    created_at: String,
    /// When it was last saved.
    updated_at: String,
}

/// Something that is still to be done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"pointer": "/answers/consent", "code": "consent-required", "detail": "consent must be given: answer true"}))]
struct MissingView {
    /// Where it belongs in the request for a place.
    pointer: String,
    /// Stable.
    code: &'static str,
    /// A sentence.
    detail: String,
}

impl From<Fault> for MissingView {
    fn from(fault: Fault) -> Self {
        Self { pointer: fault.pointer, code: fault.code, detail: fault.detail }
    }
}

/// Whose draft it is, and what the cohort asks for.
async fn own(app: &Shared, caller: &Caller, cohort: CohortId) -> Result<(PersonId, CohortGate), Problem> {
    let gate = gate_of(&app.store.reader(), cohort).await?;
    caller.require(Action::BookForSelf, &resource_of(&gate))?;
    Ok((caller.person()?.id, gate))
}

/// What is still missing of a form that holds nothing wrong.
fn is_missing(fault: &Fault) -> bool {
    matches!(fault.code, "required" | "consent-required")
}

fn view(cohort: CohortId, gate: &CohortGate, draft: Draft) -> DraftView {
    let mut missing: Vec<MissingView> =
        gate.form.check(&draft.answers).into_iter().map(MissingView::from).collect();
    let asks = gate.requirements.contains(&Requirement::CommitsToAllSessions);
    if asks && !draft.commits_to_all_sessions {
        let detail = "This cohort asks you to commit to all sessions: send commitsToAllSessions: true.";
        missing.push(Fault::new("/commitsToAllSessions", "commitment-required", detail).into());
    }
    DraftView {
        cohort_id: cohort.0,
        answers: draft.answers,
        commits_to_all_sessions: draft.commits_to_all_sessions,
        missing,
        created_at: wire(draft.created_at),
        updated_at: wire(draft.updated_at),
    }
}

fn answer(cohort: CohortId, gate: &CohortGate, draft: Draft) -> Answer {
    let etag = ETag::of_revision(draft.revision);
    Answer::ok(&view(cohort, gate, draft)).etag(etag).private()
}

/// Read a draft
///
/// The signed-in person's own joining form for this cohort, saved half done, and what is still missing of it. Once they
/// have booked there is none.
#[utoipa::path(
    tag = "admission", operation_id = "getDraft", params(CohortPath),
    responses((status = 200, description = "The draft", body = DraftView), (status = 304, description = "You have this version already."))
)]
#[get("/v1/cohorts/{cohortId}/draft")]
pub(crate) async fn get_draft(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let (person, gate) = own(&app, &caller, cohort).await?;
    let found = draft(&app.store.reader(), cohort, person).await?;
    let found = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(answer(cohort, &gate, found).conditional(&caller))
}

/// Save a draft
///
/// Keeps the signed-in person's joining form as far as it is done, whole. Answers that are there must be right; what is
/// missing is told. It makes no booking and gives no rank: what counts is when the form is sent. It is kept for 90 days
/// after it was last saved, or until they book.
#[utoipa::path(
    tag = "admission", operation_id = "saveDraft", params(CohortPath), request_body = DraftBody,
    extensions(("x-problems" = json!(["answers-invalid"]))),
    responses((status = 200, description = "The draft as it is now", body = DraftView))
)]
#[put("/v1/cohorts/{cohortId}/draft")]
pub(crate) async fn put_draft(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<DraftBody>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let (person, gate) = own(&app, &caller, cohort).await?;
    let body = body.into_inner();
    let answers = body.answers.unwrap_or_default().0;
    let mut faults = gate.form.check(&answers);
    faults.retain(|fault| !is_missing(fault));
    if !faults.is_empty() {
        return Err(Problem::new(Code::AnswersInvalid).faults(faults));
    }
    let commits = body.commits_to_all_sessions.unwrap_or(false);
    app.write(&caller, async |work: &mut Work| {
        let before = draft(work, cohort, person).await?;
        let revision = before.as_ref().map(|draft| draft.revision);
        caller.if_match_or_new(revision.map(ETag::of_revision).as_ref())?;
        if !save_draft(work, gate.academy_id, cohort, person, (&answers, commits), revision).await? {
            return Err(Problem::new(Code::PreconditionFailed));
        }
        let saved = draft(work, cohort, person).await?;
        Ok(answer(cohort, &gate, saved.ok_or_else(|| Problem::new(Code::NotFound))?))
    })
    .await
}

/// Throw a draft away
///
/// The signed-in person's own.
#[utoipa::path(
    tag = "admission", operation_id = "deleteDraft", params(CohortPath),
    responses((status = 204, description = "It is gone"))
)]
#[delete("/v1/cohorts/{cohortId}/draft")]
pub(crate) async fn delete_draft(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let (person, _) = own(&app, &caller, cohort).await?;
    app.write(&caller, async |work: &mut Work| {
        let found = draft(work, cohort, person).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        caller.if_match(&ETag::of_revision(found.revision))?;
        remove_draft(work, cohort, person).await?;
        Ok(Answer::no_content())
    })
    .await
}
