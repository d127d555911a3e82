//! Interest in future cohorts: a wish to hear of them, without an account; it gives no rank (PRG-8).

use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{Line, ListCode, Paragraphs, Parsed};
use crate::http::json::Json;
use crate::http::path::{Path, ProgrammePath};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::{Action, EmailAddress, Resource};
use domain::ids::{InterestId, OrganisationId};
use persistence::Work;
use persistence::admission::{self, NewInterest};
use persistence::governance::AuditRow;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// A wish to hear of future cohorts.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "email": "fiona.greenfield@example.nhs.uk", "fullName": "Fiona Greenfield", "jobRole": "community_nurse",
    "organisationName": "An integrated community and mental health services trust", "sector": "community",
    "locality": "Southwark", "note": "I would like to join the next programme."
}))]
pub(crate) struct InterestIn {
    /// Where to write to.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Parsed<EmailAddress>,
    /// Who.
    full_name: Line<200>,
    /// Job role, by its code.
    #[deserr(default)]
    job_role: Option<ListCode>,
    /// Staff group, by its code.
    #[deserr(default)]
    staff_group: Option<ListCode>,
    /// Where they work.
    #[deserr(default)]
    #[schema(value_type = Option<Uuid>)]
    organisation_id: Option<Parsed<OrganisationId>>,
    /// Where they work, when it is not listed.
    #[deserr(default)]
    organisation_name: Option<Line<200>>,
    /// Sector, by its code.
    #[deserr(default)]
    sector: Option<ListCode>,
    /// Locality.
    #[deserr(default)]
    locality: Option<Line<200>>,
    /// What they add.
    #[deserr(default)]
    note: Option<Paragraphs<2_000>>,
}

/// A wish that is kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "0193f2a4-0000-7000-8000-000000000007", "programmeId": "0193f2a4-0000-7000-8000-000000000003", "email": "fiona.greenfield@example.nhs.uk", "fullName": "Fiona Greenfield"}))]
pub(crate) struct InterestView {
    /// Its id.
    id: Uuid,
    /// In which programme.
    programme_id: Uuid,
    /// Where we write to.
    email: String,
    /// Who.
    full_name: String,
}

/// Register interest
///
/// No account is needed. One wish an email and programme: sending it again brings it up to date. Interest told
/// early gives no rank.
#[utoipa::path(
    tag = "admission", operation_id = "registerInterest", params(ProgrammePath), request_body = InterestIn,
    security((), ("bearer" = []), ("clientCredentials" = [])),
    responses((status = 201, description = "The wish is kept", body = InterestView))
)]
#[post("/v1/programmes/{programmeId}/interest")]
pub(crate) async fn register_interest(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    _: Query<NoQuery>,
    body: Json<InterestIn>,
) -> Result<Answer, Problem> {
    let programme_id = path.0.programme_id;
    let reader = app.store.reader();
    let standing = persistence::catalogue::gates::programme_standing(&reader, programme_id).await?;
    let (academy_id, public) = standing.ok_or_else(|| Problem::new(Code::NotFound))?;
    let resource = Resource::Catalogue { academy_id, public, run_by_actor: false, entitled: false };
    caller.require(Action::RegisterInterest, &resource)?;
    let body = body.into_inner();
    if let Some(organisation) = &body.organisation_id {
        let known = persistence::identity::organisations::organisation(&reader, organisation.0).await?;
        if known.is_none() {
            let fault =
                Fault::new("/organisationId", "unknown-organisation", "is no organisation that we know");
            return Err(Problem::invalid(vec![fault]));
        }
    }
    let (email, full_name) = (body.email.0, body.full_name.0);
    let new = NewInterest {
        id: InterestId(persistence::new_id()),
        academy_id,
        programme_id,
        address: email.key().to_owned(),
        as_typed: email.as_typed().to_owned(),
        full_name: full_name.clone(),
        job_role: body.job_role.map(|code| code.0),
        staff_group: body.staff_group.map(|code| code.0),
        organisation_id: body.organisation_id.map(|id| id.0),
        organisation_name: body.organisation_name.map(|name| name.0),
        sector: body.sector.map(|code| code.0),
        locality: body.locality.map(|name| name.0),
        note: body.note.map(|note| note.0),
    };
    app.write(&caller, async |work: &mut Work| {
        let id = admission::register_interest(work, new).await?;
        work.audit(AuditRow {
            academy_id: Some(academy_id),
            action: "interest_registered",
            subject_kind: "interest",
            subject_id: Some(id.0),
            detail: json!({ "programmeId": programme_id.to_string() }),
        });
        let view = InterestView {
            id: id.0,
            programme_id: programme_id.0,
            email: email.as_typed().to_owned(),
            full_name,
        };
        Ok(Answer::created(format!("/v1/programmes/{programme_id}/interest"), &view).private())
    })
    .await
}
