//! Who may nominate for a cohort, and whom they nominate (ADM-20).

use super::book::{gate_of, resource_of};
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{Email, Parsed, Whole};
use crate::http::json::{Json, NoBody};
use crate::http::list::Page;
use crate::http::path::{CohortPath, NominationPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{get, post};
use deserr::Deserr;
use domain::admission::Requirement;
use domain::fault::Fault;
use domain::identity::{Action, Actor, Resource};
use domain::ids::{ClientId, CohortId, NominationId, NominatorId};
use domain::time::wire;
use persistence::Work;
use persistence::admission::{self, Nominated, Nomination, Nominator, NominatorKey, NotNominated, Withdrawn};
use persistence::catalogue::gates::CohortGate;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

type ClientRef = Parsed<ClientId>;

/// Somebody who may nominate: a client, or a person by email.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"email": "fiona.greenfield@example.nhs.uk", "quota": 3}))]
pub(crate) struct NewNominator {
    /// A client of the academy; instead of `email`.
    #[deserr(default)]
    #[schema(value_type = Option<Uuid>)]
    client_id: Option<ClientRef>,
    /// A person, who can nominate once this email is verified; instead of `clientId`.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Email, max_length = 254)]
    email: Option<Email>,
    /// How many people they may nominate for this cohort.
    #[deserr(default)]
    #[schema(required, value_type = u32, minimum = 0, maximum = 100_000)]
    quota: Option<Whole<0, 100_000>>,
}

/// Somebody who may nominate.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "0193f2a4-0000-7000-8000-00000000000a", "clientId": null, "email": "fiona.greenfield@example.nhs.uk",
    "quota": 3, "used": 1
}))]
pub(crate) struct NominatorView {
    /// Their id as a nominator.
    id: Uuid,
    /// The client, where it is one.
    #[schema(required)]
    client_id: Option<Uuid>,
    /// The person's email, where it is one.
    #[schema(required)]
    email: Option<String>,
    /// How many people they may nominate.
    quota: u32,
    /// How many of them are used: nominations that stand, and withdrawn ones whose place was confirmed.
    used: u32,
}

fn nominator_view(nominator: Nominator) -> NominatorView {
    let (client_id, email) = match nominator.key {
        NominatorKey::Client(client) => (Some(client.0), None),
        NominatorKey::Person(email) => (None, Some(email.as_typed().to_owned())),
    };
    let quota = nominator.quota;
    NominatorView { id: nominator.id.0, client_id, email, quota: quota.quota, used: quota.used }
}

/// Set a nominator's quota
///
/// For staff: a client or a person by email may nominate so many people for this cohort. Sent again it sets the quota
/// anew, never under what is used.
#[utoipa::path(
    tag = "admission", operation_id = "setNominator", params(CohortPath), request_body = NewNominator,
    extensions(("x-problems" = json!(["quota-below-nominations"]))),
    responses((status = 201, description = "Who may nominate, and how many", body = NominatorView))
)]
#[post("/v1/cohorts/{cohortId}/nominators")]
pub(crate) async fn set_nominator(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<NewNominator>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let gate = gate_of(&app.store.reader(), cohort).await?;
    caller.require(Action::SetNominators, &resource_of(&gate))?;
    let body = body.into_inner();
    asks_for_it(&gate)?;
    let fault = |pointer, code, detail| Problem::invalid(vec![Fault::new(pointer, code, detail)]);
    let (key, quota) = whose_and_how_many(body).map_err(Problem::invalid)?;
    app.write(&caller, async |work: &mut Work| {
        match admission::set_nominator(work, gate.academy_id, cohort, &key, quota).await? {
            Ok(set) => {
                let location = format!("/v1/cohorts/{cohort}/nominators");
                Ok(Answer::created(location, &nominator_view(set)).private())
            }
            Err(NotNominated::UnknownClient) => {
                Err(fault("/clientId", "unknown", "is no client of this academy"))
            }
            Err(NotNominated::BelowUsed(quota)) => {
                Err(Problem::new(Code::QuotaBelowNominations).with("used", json!(quota.used)))
            }
        }
    })
    .await
}

/// Who may nominate, and how many; all that is wrong with it at once.
fn whose_and_how_many(body: NewNominator) -> Result<(NominatorKey, u32), Vec<Fault>> {
    let key = match (body.client_id, body.email) {
        (Some(client), None) => Ok(NominatorKey::Client(client.0)),
        (None, Some(email)) => Ok(NominatorKey::Person(email.0)),
        _ => Err(Fault::new("", "one-of", "must have clientId or email, and not both")),
    };
    let quota = body.quota.and_then(|quota| u32::try_from(quota.0).ok());
    let quota = quota.ok_or_else(|| Fault::new("/quota", "required", "is required"));
    match (key, quota) {
        (Ok(key), Ok(quota)) => Ok((key, quota)),
        (key, quota) => Err(key.err().into_iter().chain(quota.err()).collect()),
    }
}

/// Nominations are for gates that ask for them.
fn asks_for_it(gate: &CohortGate) -> Result<(), Problem> {
    if gate.requirements.contains(&Requirement::Nominated) {
        return Ok(());
    }
    let fault = Fault::new("", "not-in-gate", "this cohort's gate does not ask for a nomination");
    Err(Problem::invalid(vec![fault]))
}

/// List nominators
///
/// For staff: who may nominate for this cohort, and how much of each quota is used.
#[utoipa::path(
    tag = "admission", operation_id = "listNominators", params(CohortPath, PageQuery),
    responses((status = 200, description = "A page of nominators", body = Page<NominatorView>))
)]
#[get("/v1/cohorts/{cohortId}/nominators")]
pub(crate) async fn list_nominators(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let reader = app.store.reader();
    caller.require(Action::SetNominators, &resource_of(&gate_of(&reader, cohort).await?))?;
    let after: Option<NominatorId> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let rows = admission::nominators_page(&reader, cohort, after, query.0.limit.one_more()).await?;
    let page = app.cursors.page(&caller, query.0.limit, rows, |nominator: &Nominator| nominator.id);
    Ok(Answer::page(&caller, &page.map(nominator_view)).private())
}

/// Somebody to be nominated.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"email": "amina.khan@example.nhs.uk"}))]
pub(crate) struct NewNomination {
    /// Their email. It is found when they book with it, or prove it.
    email: Email,
}

/// Somebody who was nominated.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "0193f2a4-0000-7000-8000-00000000000b", "nominatorId": "0193f2a4-0000-7000-8000-00000000000a",
    "email": "amina.khan@example.nhs.uk", "nominatedAt": "2026-11-24T09:30:00Z", "withdrawnAt": null
}))]
pub(crate) struct NominationView {
    /// Its id.
    id: Uuid,
    /// By whom.
    nominator_id: Uuid,
    /// Who, as it was typed.
    email: String,
    /// When.
    nominated_at: String,
    /// When it was withdrawn; null while it stands.
    #[schema(required)]
    withdrawn_at: Option<String>,
}

fn nomination_view(nomination: Nomination) -> NominationView {
    NominationView {
        id: nomination.id.0,
        nominator_id: nomination.nominator_id.0,
        email: nomination.email.as_typed().to_owned(),
        nominated_at: wire(nomination.nominated_at),
        withdrawn_at: nomination.withdrawn_at.map(wire),
    }
}

/// As what the caller nominates in this cohort, and what the cohort is to permissions then.
async fn standing(
    app: &Shared,
    caller: &Caller,
    cohort: CohortId,
) -> Result<(CohortGate, Resource, Option<Nominator>), Problem> {
    let reader = app.store.reader();
    let gate = gate_of(&reader, cohort).await?;
    let (client, email) = match &caller.actor {
        Actor::Client(client) => (Some(client.id), None),
        Actor::Person(person) if person.email_verified => (None, Some(person.email_key.as_str())),
        _ => (None, None),
    };
    let nominator = admission::nominator_of(&reader, cohort, client, email).await?;
    let resource = Resource::Catalogue {
        academy_id: gate.academy_id,
        public: gate.public,
        run_by_actor: false,
        entitled: nominator.is_some(),
    };
    Ok((gate, resource, nominator))
}

/// Nominate somebody
///
/// By who has a quota for this cohort. When nothing else is missing, their pending booking becomes a claim with the moment
/// at which they had done their part.
#[utoipa::path(
    tag = "admission", operation_id = "nominate", params(CohortPath), request_body = NewNomination,
    extensions(("x-problems" = json!(["already-nominated", "quota-used"]))),
    responses((status = 201, description = "The nomination", body = NominationView))
)]
#[post("/v1/cohorts/{cohortId}/nominations")]
pub(crate) async fn nominate(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<NewNomination>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let (gate, resource, nominator) = standing(&app, &caller, cohort).await?;
    caller.require(Action::Nominate, &resource)?;
    let nominator = nominator.ok_or_else(|| Problem::new(Code::Forbidden))?;
    let email = body.into_inner().email.0;
    app.write(&caller, async |work: &mut Work| {
        match admission::nominate(work, gate.academy_id, cohort, &nominator, &email).await? {
            Nominated::Done(made) => {
                let location = format!("/v1/cohorts/{cohort}/nominations");
                Ok(Answer::created(location, &nomination_view(made)).private())
            }
            Nominated::Already => Err(Problem::new(Code::AlreadyNominated)),
            Nominated::QuotaUsed => Err(Problem::new(Code::QuotaUsed)),
            Nominated::Themselves => {
                let fault = Fault::new("/email", "own-email", "nobody nominates themselves");
                Err(Problem::invalid(vec![fault]))
            }
        }
    })
    .await
}

/// List nominations
///
/// For staff all of the cohort's, withdrawn ones included; for who nominates their own.
#[utoipa::path(
    tag = "admission", operation_id = "listNominations", params(CohortPath, PageQuery),
    responses((status = 200, description = "A page of nominations", body = Page<NominationView>))
)]
#[get("/v1/cohorts/{cohortId}/nominations")]
pub(crate) async fn list_nominations(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let (gate, resource, nominator) = standing(&app, &caller, cohort).await?;
    caller.require(Action::ListNominations, &resource)?;
    let sees_all = caller.may(Action::ListNominations, &resource_of(&gate));
    let by = nominator.map(|nominator| nominator.id).filter(|_| !sees_all);
    let after: Option<NominationId> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let limit = query.0.limit;
    let reader = app.store.reader();
    let rows = admission::nominations_page(&reader, cohort, by, after, limit.one_more()).await?;
    let page = app.cursors.page(&caller, limit, rows, |nomination: &Nomination| nomination.id);
    Ok(Answer::page(&caller, &page.map(nomination_view)).private())
}

/// Withdraw a nomination
///
/// By who made it, or staff. A booking that needs it is pending again; a confirmed place stays, and goes on using up the
/// quota.
#[utoipa::path(
    tag = "admission", operation_id = "withdrawNomination", params(NominationPath),
    extensions(("x-problems" = json!(["already-withdrawn", "malformed-json", "unsupported-media-type", "invalid"]))),
    responses((status = 200, description = "The nomination, withdrawn", body = NominationView))
)]
#[post("/v1/cohorts/{cohortId}/nominations/{nominationId}/withdraw")]
pub(crate) async fn withdraw_nomination(
    app: App,
    caller: Caller,
    path: Path<NominationPath>,
    _: Query<NoQuery>,
    _: NoBody,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let (gate, resource, nominator) = standing(&app, &caller, cohort).await?;
    let staff = caller.may(Action::SetNominators, &resource);
    if !staff {
        caller.require(Action::Nominate, &resource)?;
    }
    let by = nominator.map(|nominator| nominator.id).filter(|_| !staff);
    let id = path.0.nomination_id;
    app.write(&caller, async |work: &mut Work| {
        match admission::withdraw_nomination(work, gate.academy_id, cohort, id, by).await? {
            Withdrawn::Done(done) => Ok(Answer::ok(&nomination_view(done)).private()),
            Withdrawn::Unknown => Err(Problem::new(Code::NotFound)),
            Withdrawn::Already => Err(Problem::new(Code::AlreadyWithdrawn)),
        }
    })
    .await
}
