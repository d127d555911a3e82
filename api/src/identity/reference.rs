//! Labelled lists (ACC-9): staff extend all but the regions.

use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::fields::{Line, ListCode};
use crate::http::json::Json;
use crate::http::path::Path;
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::{get, post};
use deserr::Deserr;
use domain::identity::{Action, LabelledList, Resource};
use persistence::Work;
use persistence::identity::reference::{self, ReferenceItem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A code with its label.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({"code": "practice_manager", "label": "Practice manager"}))]
pub(crate) struct LabelView {
    /// `[a-z][a-z0-9_]{0,39}`
    code: String,
    /// As people read it.
    label: String,
}

/// The labelled lists. Codes are open: others are taken wherever one of these is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "regions": [{"code": "south_east", "label": "South East"}],
    "jobRoles": [{"code": "practice_manager", "label": "Practice manager"}],
    "staffGroups": [{"code": "nurse", "label": "Nurse"}],
    "sectors": [{"code": "general_practice", "label": "General practice"}],
    "qualifications": [{"code": "professional_nurse_advocate", "label": "Professional nurse advocate"}]
}))]
pub(crate) struct ReferenceDataView {
    /// NHS England's regions.
    regions: Vec<LabelView>,
    /// What people do.
    job_roles: Vec<LabelView>,
    /// The groups that job roles are counted in.
    staff_groups: Vec<LabelView>,
    /// Parts of health and care.
    sectors: Vec<LabelView>,
    /// What people hold beside their role.
    qualifications: Vec<LabelView>,
}

/// Read the labelled lists.
///
/// Regions, job roles, staff groups, sectors and qualifications. Open to all.
#[utoipa::path(tag = "identity", operation_id = "getReferenceData", security((), ("bearer" = []), ("clientCredentials" = [])),
    responses((status = 200, description = "The lists.", body = ReferenceDataView),
        (status = 304, description = "You have this version already.")))]
#[get("/v1/reference-data")]
pub(crate) async fn get_reference_data(
    app: App,
    caller: Caller,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let items = reference::all(&app.store.reader()).await?;
    let of = |list: LabelledList| -> Vec<LabelView> {
        let own = items.iter().filter(|item| item.list == list);
        own.map(|item| LabelView { code: item.code.clone(), label: item.label.clone() }).collect()
    };
    let view = ReferenceDataView {
        regions: of(LabelledList::Regions),
        job_roles: of(LabelledList::JobRoles),
        staff_groups: of(LabelledList::StaffGroups),
        sectors: of(LabelledList::Sectors),
        qualifications: of(LabelledList::Qualifications),
    };
    let content = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::InternalError))?;
    Ok(Answer::ok(&view).etag(ETag::of_content(&content)).conditional(&caller))
}

/// `/v1/reference-data/{list}`
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ListPath {
    /// `job-roles`, `staff-groups`, `sectors` or `qualifications`.
    list: String,
}

/// An entry to add.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"code": "wellbeing_lead", "label": "Wellbeing lead"}))]
pub(crate) struct ExtendReferenceData {
    /// `[a-z][a-z0-9_]{0,39}`
    code: ListCode,
    /// As people read it.
    label: Line<200>,
}

/// Extend a labelled list.
///
/// For staff of any academy: `job-roles`, `staff-groups`, `sectors` and `qualifications`. The entry comes last.
#[utoipa::path(tag = "identity", operation_id = "extendReferenceData", params(ListPath),
    request_body = ExtendReferenceData, extensions(("x-problems" = json!(["code-taken"]))),
    responses((status = 201, description = "The entry.", body = LabelView)))]
#[post("/v1/reference-data/{list}")]
pub(crate) async fn extend_reference_data(
    app: App,
    caller: Caller,
    path: Path<ListPath>,
    _: Query<NoQuery>,
    body: Json<ExtendReferenceData>,
) -> Result<Answer, Problem> {
    let list = LabelledList::extensible(&path.0.list).ok_or_else(|| Problem::new(Code::NotFound))?;
    caller.require(Action::ExtendLists, &Resource::Platform)?;
    let ExtendReferenceData { code, label } = body.into_inner();
    let item = ReferenceItem { list, code: code.0, label: label.0 };
    app.write(&caller, async |work: &mut Work| {
        if !reference::add(work, &item).await? {
            return Err(Problem::new(Code::ListCodeTaken));
        }
        let view = LabelView { code: item.code.clone(), label: item.label.clone() };
        Ok(Answer::created("/v1/reference-data", &view))
    })
    .await
}
