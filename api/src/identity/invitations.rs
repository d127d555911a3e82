//! Roles that wait for an email to be proven.

use super::members::{MemberView, etag_of, require_management};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::path::Path;
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::{delete, get};
use domain::identity::Action;
use domain::ids::AcademyId;
use persistence::Work;
use persistence::identity::members;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

/// `/v1/academies/{academyId}/member-invitations/{invitationId}`
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path, rename_all = "camelCase")]
pub(crate) struct InvitationPath {
    /// The academy.
    #[param(value_type = Uuid)]
    academy_id: AcademyId,
    /// The invitation.
    invitation_id: Uuid,
}

/// Read an invitation.
///
/// A role that waits for its email to be proven.
#[utoipa::path(tag = "identity", operation_id = "getMemberInvitation", params(InvitationPath),
    responses((status = 200, description = "The invitation.", body = MemberView)))]
#[get("/v1/academies/{academyId}/member-invitations/{invitationId}")]
pub(crate) async fn get_member_invitation(
    app: App,
    caller: Caller,
    path: Path<InvitationPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let InvitationPath { academy_id, invitation_id } = path.0;
    require_management(&app, &caller, academy_id, Action::ManageMembers).await?;
    let invited = members::invitation(&app.store.reader(), academy_id, invitation_id).await?;
    let invited = invited.ok_or_else(|| Problem::new(Code::NotFound))?;
    let etag = etag_of(&invited);
    Ok(Answer::ok(&MemberView::from(invited)).etag(etag).private().conditional(&caller))
}

/// Take an invitation back.
///
/// Needs `If-Match`.
#[utoipa::path(tag = "identity", operation_id = "withdrawMemberInvitation", params(InvitationPath),
    responses((status = 204, description = "The invitation is no more.")))]
#[delete("/v1/academies/{academyId}/member-invitations/{invitationId}")]
pub(crate) async fn withdraw_member_invitation(
    app: App,
    caller: Caller,
    path: Path<InvitationPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let InvitationPath { academy_id, invitation_id } = path.0;
    require_management(&app, &caller, academy_id, Action::ManageMembers).await?;
    app.write(&caller, async |work: &mut Work| {
        let invited = members::invitation(work, academy_id, invitation_id).await?;
        let invited = invited.ok_or_else(|| Problem::new(Code::NotFound))?;
        caller.if_match(&etag_of(&invited))?;
        members::withdraw_invitation(work, academy_id, invitation_id).await?;
        Ok(Answer::no_content())
    })
    .await
}
