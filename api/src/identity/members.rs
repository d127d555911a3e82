//! Who holds which role in an academy (ACC-3).

use super::fields::RoleField;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::fields::Email;
use crate::http::json::Json;
use crate::http::list::Page;
use crate::http::path::{AcademyPath, MemberPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{delete, get, post, put};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use domain::identity::{Action, Resource};
use domain::ids::AcademyId;
use persistence::identity::members::{self, Member};
use persistence::{Work, catalogue};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// A member, or somebody invited to be one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "personId": "01890a5d-ac96-774b-bcce-b302099a8057", "invitationId": null,
    "email": "byron.lee@example.nhs.uk", "fullName": "Byron Lee", "role": "facilitator", "inForce": true,
    "createdAt": "2027-01-11T09:00:00Z", "updatedAt": "2027-01-11T09:00:00Z"
}))]
pub(crate) struct MemberView {
    /// Who; null while nobody has proven the email.
    person_id: Option<Uuid>,
    /// The invitation; null once it is in force.
    invitation_id: Option<Uuid>,
    /// Whose.
    email: String,
    /// Null while unknown.
    full_name: Option<String>,
    /// `academy_admin`, `coordinator`, `facilitator` or `supervisor`.
    role: &'static str,
    /// Whether the email is proven, and the role so in force.
    in_force: bool,
    /// Since when.
    created_at: DateTime<Utc>,
    /// When the role was last changed.
    updated_at: DateTime<Utc>,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            person_id: member.person.map(|id| id.0),
            invitation_id: member.person.is_none().then_some(member.id),
            email: member.email,
            full_name: member.full_name,
            role: member.role.as_str(),
            in_force: member.in_force,
            created_at: member.created_at,
            updated_at: member.updated_at,
        }
    }
}

/// 404 for an academy that isn't there, then whether the caller manages it.
pub(crate) async fn require_management(
    app: &Shared,
    caller: &Caller,
    academy: AcademyId,
    action: Action,
) -> Result<(), Problem> {
    let found = catalogue::academy(&app.store.reader(), academy).await?;
    found.ok_or_else(|| Problem::new(Code::NotFound))?;
    caller.require(action, &Resource::Academy(academy))
}

/// List an academy's members.
///
/// With those who are invited and have not proven their email yet.
#[utoipa::path(tag = "identity", operation_id = "listMembers", params(AcademyPath, PageQuery),
    responses((status = 200, description = "Members and invited ones.", body = Page<MemberView>)))]
#[get("/v1/academies/{academyId}/members")]
pub(crate) async fn list_members(
    app: App,
    caller: Caller,
    path: Path<AcademyPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let academy = path.0.academy_id;
    require_management(&app, &caller, academy, Action::ManageMembers).await?;
    let after: Option<Uuid> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let rows = members::list(&app.store.reader(), academy, after, query.0.limit.one_more()).await?;
    let page = app.cursors.page(&caller, query.0.limit, rows, |member| member.id).map(MemberView::from);
    Ok(Answer::page(&caller, &page).private())
}

/// Somebody who is to have a role.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"email": "byron.lee@example.nhs.uk", "role": "facilitator"}))]
pub(crate) struct InviteMember {
    /// Theirs.
    email: Email,
    /// One a person and academy; it replaces another.
    role: RoleField,
}

/// Give a role by email.
///
/// In force at once when the email is proven, or else once it is. No mail is sent: tell them to register.
#[utoipa::path(tag = "identity", operation_id = "inviteMember", params(AcademyPath), request_body = InviteMember,
    responses((status = 201, description = "A member or an invitation.", body = MemberView)))]
#[post("/v1/academies/{academyId}/members")]
pub(crate) async fn invite_member(
    app: App,
    caller: Caller,
    path: Path<AcademyPath>,
    _: Query<NoQuery>,
    body: Json<InviteMember>,
) -> Result<Answer, Problem> {
    let academy = path.0.academy_id;
    require_management(&app, &caller, academy, Action::ManageMembers).await?;
    let InviteMember { email, role } = body.into_inner();
    app.write(&caller, async |work: &mut Work| {
        let member = members::invite(work, academy, &email.0, role.0).await?;
        let location = match member.person {
            Some(person) => format!("/v1/academies/{academy}/members/{person}"),
            None => format!("/v1/academies/{academy}/member-invitations/{}", member.id),
        };
        let etag = etag_of(&member);
        Ok(Answer::created(location, &MemberView::from(member)).etag(etag).private())
    })
    .await
}

/// Read a member.
///
/// The role that a person holds in the academy.
#[utoipa::path(tag = "identity", operation_id = "getMember", params(MemberPath),
    responses((status = 200, description = "The member.", body = MemberView)))]
#[get("/v1/academies/{academyId}/members/{personId}")]
pub(crate) async fn get_member(
    app: App,
    caller: Caller,
    path: Path<MemberPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let MemberPath { academy_id, person_id } = path.0;
    require_management(&app, &caller, academy_id, Action::ManageMembers).await?;
    let member = members::member(&app.store.reader(), academy_id, person_id).await?;
    Ok(answer(member.ok_or_else(|| Problem::new(Code::NotFound))?).conditional(&caller))
}

/// A role to hold.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"role": "coordinator"}))]
pub(crate) struct SetMember {
    /// One a person and academy; it replaces another.
    role: RoleField,
}

/// Give a person a role.
///
/// It replaces the one held; then `If-Match` is needed. In force once their email is proven.
#[utoipa::path(tag = "identity", operation_id = "setMember", params(MemberPath), request_body = SetMember,
    responses((status = 200, description = "The member.", body = MemberView)))]
#[put("/v1/academies/{academyId}/members/{personId}")]
pub(crate) async fn set_member(
    app: App,
    caller: Caller,
    path: Path<MemberPath>,
    _: Query<NoQuery>,
    body: Json<SetMember>,
) -> Result<Answer, Problem> {
    let MemberPath { academy_id, person_id } = path.0;
    require_management(&app, &caller, academy_id, Action::ManageMembers).await?;
    let role = body.0.role.0;
    app.write(&caller, async |work: &mut Work| {
        let not_found = || Problem::new(Code::NotFound).detail("There is no account of that id.");
        if !members::lock_holder(work, person_id).await? {
            return Err(not_found());
        }
        let held = members::member(work, academy_id, person_id).await?;
        let current = held.as_ref().map(etag_of);
        caller.if_match_or_new(current.as_ref())?;
        members::set_role(work, academy_id, person_id, role).await?;
        let member = members::member(work, academy_id, person_id).await?;
        Ok(answer(member.ok_or_else(not_found)?))
    })
    .await
}

/// End a person's role.
///
/// In force at once. Needs `If-Match`.
#[utoipa::path(tag = "identity", operation_id = "removeMember", params(MemberPath),
    responses((status = 204, description = "The role has ended.")))]
#[delete("/v1/academies/{academyId}/members/{personId}")]
pub(crate) async fn remove_member(
    app: App,
    caller: Caller,
    path: Path<MemberPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let MemberPath { academy_id, person_id } = path.0;
    require_management(&app, &caller, academy_id, Action::ManageMembers).await?;
    app.write(&caller, async |work: &mut Work| {
        members::lock_holder(work, person_id).await?;
        let held = members::member(work, academy_id, person_id).await?;
        let held = held.ok_or_else(|| Problem::new(Code::NotFound))?;
        caller.if_match(&etag_of(&held))?;
        members::end_role(work, academy_id, person_id).await?;
        Ok(Answer::no_content())
    })
    .await
}

fn answer(member: Member) -> Answer {
    let etag = etag_of(&member);
    Answer::ok(&MemberView::from(member)).etag(etag).private()
}

/// An editor of the role is not made stale by another name or a proven email.
pub(crate) fn etag_of(member: &Member) -> ETag {
    let rest = json!([member.email, member.full_name, member.in_force]).to_string();
    ETag::since(member.created_at, member.revision, rest.as_bytes())
}
