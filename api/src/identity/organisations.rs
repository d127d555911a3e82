//! Where people work (ACC-8, ACC-9): common to all academies, searched by anyone.

use super::fields::OdsCodeField;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::context::Body;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::fields::{Line, ListCode, RegionField};
use crate::http::json::{Json, Patch};
use crate::http::list::{Cursor, Limit, Page};
use crate::http::path::Path;
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::{get, patch, post};
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::{Action, Resource, search_words};
use domain::ids::OrganisationId;
use persistence::Work;
use persistence::identity::organisations::{self, Amended, Entered, NewOrganisation, Organisation, Search};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Where people work.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8061", "name": "The Densham Surgery", "odsCode": "A81001",
    "sector": "general_practice", "region": "north_east_and_yorkshire", "locality": "Stockton-on-Tees",
    "postcode": "TS18 1HU"
}))]
pub(crate) struct OrganisationView {
    /// Which.
    id: Uuid,
    /// Null while only its code is known, from a booking.
    name: Option<String>,
    /// Of the Organisation Data Service, where it has one.
    ods_code: Option<String>,
    /// A code; null while unknown.
    sector: Option<String>,
    /// A code; null while unknown.
    region: Option<String>,
    /// In words.
    locality: Option<String>,
    /// As it is written.
    postcode: Option<String>,
}

impl From<Organisation> for OrganisationView {
    fn from(organisation: Organisation) -> Self {
        Self {
            id: organisation.id.0,
            name: organisation.name,
            ods_code: organisation.ods_code.map(String::from),
            sector: organisation.sector,
            region: organisation.region,
            locality: organisation.locality,
            postcode: organisation.postcode,
        }
    }
}

/// What to search for.
#[derive(Deserr, IntoParams)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct SearchOrganisations {
    /// Words of the name, the ODS code or the postcode, without case; each has to be found.
    #[deserr(default)]
    q: Option<Line<200>>,
    /// This very code, in either case.
    #[deserr(default)]
    ods_code: Option<OdsCodeField>,
    /// How many at most, 1 to 200.
    #[deserr(default)]
    #[param(required = false, inline)]
    limit: Limit,
    /// `nextCursor` of the page before.
    #[deserr(default)]
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// Search organisations.
///
/// By words of the name, ODS code or postcode. Open to all.
#[utoipa::path(tag = "identity", operation_id = "searchOrganisations", security((), ("bearer" = []), ("clientCredentials" = [])), params(SearchOrganisations),
    responses((status = 200, description = "Those found.", body = Page<OrganisationView>)))]
#[get("/v1/organisations")]
pub(crate) async fn search_organisations(
    app: App,
    caller: Caller,
    query: Query<SearchOrganisations>,
) -> Result<Answer, Problem> {
    let SearchOrganisations { q, ods_code, limit, cursor } = query.0;
    let after: Option<Uuid> = app.cursors.position(&caller, cursor.as_ref())?;
    let search = Search {
        words: q.map(|q| search_words(&q.0)).unwrap_or_default(),
        ods_code: ods_code.map(|code| code.0),
    };
    let rows = organisations::search(&app.store.reader(), &search, after, limit.one_more()).await?;
    let page = app.cursors.page(&caller, limit, rows, |row| row.id.0).map(OrganisationView::from);
    Ok(Answer::page(&caller, &page))
}

/// An organisation to enter.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "name": "The Densham Surgery", "odsCode": "A81001", "sector": "general_practice",
    "region": "north_east_and_yorkshire", "locality": "Stockton-on-Tees", "postcode": "TS18 1HU"
}))]
pub(crate) struct CreateOrganisation {
    /// As it calls itself.
    name: Line<200>,
    /// Of the Organisation Data Service, in either case.
    #[deserr(default)]
    ods_code: Option<OdsCodeField>,
    /// A code of the reference data, or another.
    #[deserr(default)]
    sector: Option<ListCode>,
    /// An NHS England region.
    #[deserr(default)]
    region: Option<RegionField>,
    /// In words.
    #[deserr(default)]
    locality: Option<Line<200>>,
    /// As it is written.
    #[deserr(default)]
    postcode: Option<Line<10>>,
}

/// Enter an organisation.
///
/// For staff of any academy. One of which a booking told only the ODS code is completed.
#[utoipa::path(tag = "identity", operation_id = "createOrganisation", request_body = CreateOrganisation,
    extensions(("x-problems" = json!(["organisation-exists"]))),
    responses((status = 201, description = "The organisation.", body = OrganisationView)))]
#[post("/v1/organisations")]
pub(crate) async fn create_organisation(
    app: App,
    caller: Caller,
    _: Query<NoQuery>,
    body: Json<CreateOrganisation>,
) -> Result<Answer, Problem> {
    caller.require(Action::ExtendLists, &Resource::Platform)?;
    let body = body.into_inner();
    let new = NewOrganisation {
        name: body.name.0,
        ods_code: body.ods_code.map(|code| code.0),
        sector: body.sector.map(|code| code.0),
        region: body.region.map(|region| region.0.as_str().to_owned()),
        locality: body.locality.map(|locality| locality.0),
        postcode: body.postcode.map(|postcode| postcode.0.to_uppercase()),
    };
    let answer = app
        .write(&caller, async |work: &mut Work| match organisations::enter(work, new).await? {
            Entered::Added(organisation) | Entered::Completed(organisation) => {
                let location = format!("/v1/organisations/{}", organisation.id);
                let etag = ETag::of_revision(organisation.revision);
                Ok(Answer::created(location, &OrganisationView::from(organisation)).etag(etag))
            }
            Entered::Taken(id) => Err(taken(id)),
        })
        .await?;
    app.identity.organisations_changed.notify_one();
    Ok(answer)
}

fn taken(by: OrganisationId) -> Problem {
    Problem::new(Code::OrganisationExists).with("organisationId", json!(by.to_string()))
}

/// `/v1/organisations/{organisationId}`
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path, rename_all = "camelCase")]
pub(crate) struct OrganisationPath {
    /// The organisation.
    #[param(value_type = Uuid)]
    organisation_id: OrganisationId,
}

/// Read an organisation.
///
/// Open to all.
#[utoipa::path(tag = "identity", operation_id = "getOrganisation", security((), ("bearer" = []), ("clientCredentials" = [])), params(OrganisationPath),
    responses((status = 200, description = "The organisation.", body = OrganisationView)))]
#[get("/v1/organisations/{organisationId}")]
pub(crate) async fn get_organisation(
    app: App,
    caller: Caller,
    path: Path<OrganisationPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let found = organisations::organisation(&app.store.reader(), path.0.organisation_id).await?;
    let found = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    let etag = ETag::of_revision(found.revision);
    Ok(Answer::ok(&OrganisationView::from(found)).etag(etag).conditional(&caller))
}

/// A change of an organisation.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "name": "The Densham Surgery", "sector": "general_practice", "region": "north_east_and_yorkshire"
}))]
pub(crate) struct ChangeOrganisation {
    /// As it calls itself; can't be cleared.
    #[deserr(default)]
    name: Patch<Line<200>>,
    /// Of the Organisation Data Service, in either case; can't be cleared while there is no name.
    #[deserr(default)]
    ods_code: Patch<OdsCodeField>,
    /// A code of the reference data, or another.
    #[deserr(default)]
    sector: Patch<ListCode>,
    /// An NHS England region.
    #[deserr(default)]
    region: Patch<RegionField>,
    /// In words.
    #[deserr(default)]
    locality: Patch<Line<200>>,
    /// As it is written.
    #[deserr(default)]
    postcode: Patch<Line<10>>,
}

/// Change or complete an organisation.
///
/// For staff of any academy, and needs `If-Match`. A JSON merge patch: what is left out stays, `null` clears. Requests
/// for a place that waited for its region or sector are looked at again within seconds, and keep the moment at which
/// their people had done all that was asked of them.
#[utoipa::path(tag = "identity", operation_id = "changeOrganisation", params(OrganisationPath),
    request_body(content = ChangeOrganisation, content_type = "application/merge-patch+json"),
    extensions(("x-problems" = json!(["organisation-exists"]))),
    responses((status = 200, description = "The organisation as it is now.", body = OrganisationView)))]
#[patch("/v1/organisations/{organisationId}")]
pub(crate) async fn change_organisation(
    app: App,
    caller: Caller,
    path: Path<OrganisationPath>,
    _: Query<NoQuery>,
    body: Result<Json<ChangeOrganisation>, Problem>,
    sent: Body,
) -> Result<Answer, Problem> {
    caller.require(Action::ExtendLists, &Resource::Platform)?;
    let patch = body.map_err(|problem| with_cleared_name(problem, &sent))?.into_inner();
    let answer = app
        .write(&caller, async |work: &mut Work| {
            let found = organisations::organisation_for_update(work, path.0.organisation_id).await?;
            let before = found.ok_or_else(|| Problem::new(Code::NotFound))?;
            caller.if_match(&ETag::of_revision(before.revision))?;
            let after = patch.applied_to(before.clone())?;
            match organisations::amend(work, &before, after).await? {
                Amended::Done(organisation) => {
                    let etag = ETag::of_revision(organisation.revision);
                    Ok(Answer::ok(&OrganisationView::from(organisation)).etag(etag))
                }
                Amended::Taken(id) => Err(taken(id)),
            }
        })
        .await?;
    app.identity.organisations_changed.notify_one();
    Ok(answer)
}

fn name_cleared() -> Fault {
    Fault::new("/name", "required", "can't be cleared")
}

/// What else is wrong with a change whose fields don't all read well.
fn with_cleared_name(problem: Problem, sent: &Body) -> Problem {
    let raw: Value = serde_json::from_slice(&sent.0).unwrap_or_default();
    let cleared = problem.code() == Code::Invalid && raw.get("name").is_some_and(Value::is_null);
    if cleared { problem.faults(vec![name_cleared()]) } else { problem }
}

impl ChangeOrganisation {
    fn applied_to(self, mut to: Organisation) -> Result<Organisation, Problem> {
        let mut faults = Vec::new();
        if self.name == Patch::Clear {
            faults.push(name_cleared());
        }
        self.name.map(|name| name.0).apply(&mut to.name);
        if self.ods_code == Patch::Clear && to.name.is_none() {
            faults.push(Fault::new("/odsCode", "required", "can't be cleared while there is no name"));
        }
        self.ods_code.map(|code| code.0).apply(&mut to.ods_code);
        self.sector.map(|code| code.0).apply(&mut to.sector);
        self.region.map(|region| region.0.as_str().to_owned()).apply(&mut to.region);
        self.locality.map(|locality| locality.0).apply(&mut to.locality);
        self.postcode.map(|postcode| postcode.0.to_uppercase()).apply(&mut to.postcode);
        if faults.is_empty() { Ok(to) } else { Err(Problem::invalid(faults)) }
    }
}
