//! The signed-in person (ACC-8).

use super::fields::FullNameField;
use super::registration::{AcrossFields, checked};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::context::Body;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::fields::{Line, ListCode, OrganisationRef, Parsed, RegionField};
use crate::http::json::{Json, Patch};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::{get, patch};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::{Action, Resource};
use persistence::identity::people::{self, Facts, Profile};
use persistence::{Work, admission};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// Qualifications that one person can name.
const MOST_QUALIFICATIONS: usize = 50;

/// The signed-in person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "byron.lee@example.nhs.uk", "emailVerified": true,
    "fullName": "Byron Lee", "jobRole": "practice_manager", "staffGroup": "admin_non_clinical",
    "qualifications": [], "leadsOrManages": true, "organisationId": null, "organisationName": null,
    "region": "south_east", "sector": "general_practice", "platformAdmin": false,
    "roles": [{"academyId": "01890a5d-ac96-774b-bcce-b302099a8058", "role": "facilitator"}],
    "createdAt": "2027-01-11T09:00:00Z", "updatedAt": "2027-01-11T09:00:00Z"
}))]
pub(crate) struct MeView {
    /// Who.
    id: Uuid,
    /// As it was typed.
    email: String,
    /// Whether it is proven; roles are in force only then.
    email_verified: bool,
    /// Null while it was never said.
    full_name: Option<String>,
    /// A code; null while unknown.
    job_role: Option<String>,
    /// A code; null while unknown.
    staff_group: Option<String>,
    /// Codes; null while it was never said, empty when there are none.
    qualifications: Option<Vec<String>>,
    /// Whether you lead or manage people; null while unknown.
    leads_or_manages: Option<bool>,
    /// Where you work.
    organisation_id: Option<Uuid>,
    /// Where you work, when it isn't listed.
    organisation_name: Option<String>,
    /// Counts where the organisation's is unknown.
    region: Option<String>,
    /// Counts where the organisation's is unknown.
    sector: Option<String>,
    /// Manages academies, members and clients.
    platform_admin: bool,
    /// At most one an academy.
    roles: Vec<RoleView>,
    /// Since when you are known here.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// A role in an academy.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoleView {
    /// The academy.
    academy_id: Uuid,
    /// `academy_admin`, `coordinator`, `facilitator` or `supervisor`.
    role: &'static str,
}

/// Who am I?
///
/// The signed-in person's own profile and roles.
#[utoipa::path(tag = "identity", operation_id = "getMe",
    responses((status = 200, description = "The signed-in person.", body = MeView)))]
#[get("/v1/me")]
pub(crate) async fn get_me(app: App, caller: Caller, _: Query<NoQuery>) -> Result<Answer, Problem> {
    caller.require(Action::UseOwnAccount, &Resource::Platform)?;
    let person = caller.person()?;
    let profile = people::profile(&app.store.reader(), person.id).await?;
    let profile = profile.ok_or_else(Problem::invalid_token)?;
    Ok(answer(profile).conditional(&caller))
}

/// A change of one's own profile.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "jobRole": "practice_manager", "qualifications": ["professional_nurse_advocate"], "leadsOrManages": true,
    "region": "south_east"
}))]
pub(crate) struct UpdateMe {
    /// As you write your name; can't be cleared.
    #[deserr(default)]
    full_name: Patch<FullNameField>,
    /// What you do; a code of the reference data, or another.
    #[deserr(default)]
    job_role: Patch<ListCode>,
    /// A code of the reference data, or another.
    #[deserr(default)]
    staff_group: Patch<ListCode>,
    /// Codes of the reference data, or others; at most 50.
    #[deserr(default)]
    qualifications: Patch<Vec<ListCode>>,
    /// Whether you lead or manage people.
    #[deserr(default)]
    leads_or_manages: Patch<bool>,
    /// Where you work; found with `GET /v1/organisations`.
    #[deserr(default)]
    organisation_id: Patch<OrganisationRef>,
    /// Where you work, when it isn't listed: staff resolve it later.
    #[deserr(default)]
    organisation_name: Patch<Line<200>>,
    /// Counts where the organisation's is unknown.
    #[deserr(default)]
    region: Patch<RegionField>,
    /// Counts where the organisation's is unknown.
    #[deserr(default)]
    sector: Patch<ListCode>,
}

/// Change one's own profile.
///
/// A JSON merge patch: what is left out stays, `null` clears. A fact that a request for a place was waiting for
/// is taken into account at once.
#[utoipa::path(tag = "identity", operation_id = "updateMe",
    request_body(content = UpdateMe, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The profile as it is now.", body = MeView)))]
#[patch("/v1/me")]
pub(crate) async fn update_me(
    app: App,
    caller: Caller,
    _: Query<NoQuery>,
    body: Result<Json<UpdateMe>, Problem>,
    sent: Body,
) -> Result<Answer, Problem> {
    caller.require(Action::UseOwnAccount, &Resource::Platform)?;
    let person = caller.person()?;
    let body = checked(&app, body, &sent).await?;
    app.write(&caller, async |work: &mut Work| {
        work.lock_persons([person.email_key.as_str()]).await?;
        let before = people::profile(work, person.id).await?.ok_or_else(Problem::invalid_token)?;
        caller.if_match(&etag(&before))?;
        let facts = body.applied_to(before.facts);
        if people::change_facts(work, person.id, facts).await? {
            admission::facts_changed(work, person.id).await?;
        }
        let after = people::profile(work, person.id).await?;
        Ok(answer(after.ok_or_else(|| Problem::new(Code::InternalError))?))
    })
    .await
}

impl AcrossFields for UpdateMe {
    fn across(raw: &Value) -> Vec<Fault> {
        let mut faults = Vec::new();
        if raw.get("fullName").is_some_and(Value::is_null) {
            faults.push(Fault::new("/fullName", "required", "can't be cleared"));
        }
        let named = raw.get("qualifications").and_then(Value::as_array);
        if named.is_some_and(|list| list.len() > MOST_QUALIFICATIONS) {
            let detail = format!("must have at most {MOST_QUALIFICATIONS} items");
            faults.push(Fault::new("/qualifications", "too-many", detail));
        }
        faults
    }
}

impl UpdateMe {
    fn applied_to(self, mut facts: Facts) -> Facts {
        let code = |code: ListCode| code.0;
        if let Patch::Set(Parsed(name)) = self.full_name {
            facts.full_name = Some(name.into());
        }
        self.job_role.map(code).apply(&mut facts.job_role);
        self.staff_group.map(code).apply(&mut facts.staff_group);
        self.qualifications.map(once_each).apply(&mut facts.qualifications);
        self.leads_or_manages.apply(&mut facts.leads_or_manages);
        self.organisation_id.map(|id| id.0).apply(&mut facts.organisation_id);
        self.organisation_name.map(|name| name.0).apply(&mut facts.organisation_name);
        self.region.map(|region| region.0.as_str().to_owned()).apply(&mut facts.region);
        self.sector.map(code).apply(&mut facts.sector);
        facts
    }
}

/// Each code once, in the order they were named.
fn once_each(codes: Vec<ListCode>) -> Vec<String> {
    let mut list: Vec<String> = Vec::with_capacity(codes.len());
    for ListCode(code) in codes {
        if !list.contains(&code) {
            list.push(code);
        }
    }
    list
}

/// An editor of the profile is not made stale by a role or a proven email.
fn etag(profile: &Profile) -> ETag {
    let roles: Vec<String> =
        profile.roles.iter().map(|(academy, role)| format!("{academy} {}", role.as_str())).collect();
    let rest = json!([profile.email, profile.email_verified, profile.platform_admin, roles]).to_string();
    ETag::of_parts(profile.revision, rest.as_bytes())
}

fn answer(profile: Profile) -> Answer {
    let etag = etag(&profile);
    let Facts { full_name, job_role, staff_group, qualifications, leads_or_manages, .. } = profile.facts;
    let view = MeView {
        id: profile.id.0,
        email: profile.email,
        email_verified: profile.email_verified,
        full_name,
        job_role,
        staff_group,
        qualifications,
        leads_or_manages,
        organisation_id: profile.facts.organisation_id.map(|id| id.0),
        organisation_name: profile.facts.organisation_name,
        region: profile.facts.region,
        sector: profile.facts.sector,
        platform_admin: profile.platform_admin,
        roles: profile
            .roles
            .into_iter()
            .map(|(academy, role)| RoleView { academy_id: academy.0, role: role.as_str() })
            .collect(),
        created_at: profile.created_at,
        updated_at: profile.updated_at,
    };
    Answer::ok(&view).etag(etag).private()
}
