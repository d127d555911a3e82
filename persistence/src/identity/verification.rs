//! Proving an email (ACC-1): what a token brings into force, and what it ends.

use super::entities::{member, member_invitation, person, person_email};
use super::mail_tokens;
use super::registrations::{self, PasswordHash};
use super::{emails, members};
use crate::governance::AuditRow;
use crate::{Access, Result, StoreError, Work, new_id_at};
use domain::identity::{EmailAddress, PersonState, Role};
use domain::ids::{AcademyId, PersonId};
use domain::messaging::TokenPurpose;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use uuid::Uuid;

/// What came of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The email is this person's now.
    Verified(PersonId),
    /// No such token, or what it was sent for has ended.
    Unknown,
    /// It was used before.
    Used,
    /// It came too late.
    Expired,
}

/// Proves the email that a token was sent to, for the registration that it was sent for. Member invitations
/// come into force; other registrations of the email end, when this one has a password. Takes the email's lock.
///
/// # Errors
/// When the database doesn't answer.
pub async fn verify(work: &mut Work, token_id: Uuid) -> Result<Verification> {
    let Some(token) = mail_tokens::find(work, TokenPurpose::VerifyEmail, token_id).await? else {
        return Ok(Verification::Unknown);
    };
    // Whoever turned out to be somebody else has no email any more.
    let Some(email) = emails::primary(work, [token.person]).await?.remove(&token.person) else {
        return Ok(Verification::Unknown);
    };
    work.lock_persons([email.address.as_str()]).await?;
    let now = work.now().await?;
    if token.expires_at <= now {
        return Ok(Verification::Expired);
    }
    if !mail_tokens::use_up(work, token_id).await? {
        return Ok(Verification::Used);
    }
    let found = person::Entity::find_by_id(token.person.0).one(work.connection()).await?;
    let row = found.ok_or_else(|| StoreError::corrupt("mail_token", "person_id", token_id))?;
    let state = PersonState::parse(&row.state);
    match state.ok_or_else(|| StoreError::corrupt("person", "state", row.id))? {
        PersonState::Registered | PersonState::Known => {
            make_verified(work, token.person, &email.address).await?;
            Ok(Verification::Verified(token.person))
        }
        PersonState::Verified => Ok(Verification::Verified(token.person)),
        PersonState::Ended => Ok(Verification::Unknown),
    }
}

/// Makes a verified person with that email and password a platform admin, whatever was known of it before.
///
/// # Errors
/// When the database doesn't answer.
pub async fn create_platform_admin(
    work: &mut Work,
    email: &EmailAddress,
    password_hash: PasswordHash,
) -> Result<PersonId> {
    work.lock_persons([email.key()]).await?;
    let now = work.now().await?;
    let owner = match emails::verified(work, email.key()).await? {
        Some(row) => PersonId(row.person_id),
        None => {
            let person = insert_bare(work, email).await?;
            make_verified(work, person, email.key()).await?;
            person
        }
    };
    person::Entity::update_many()
        .col_expr(person::Column::PlatformAdmin, Expr::value(true))
        .col_expr(person::Column::PasswordHash, Expr::value(password_hash.0))
        .col_expr(person::Column::Revision, Expr::col(person::Column::Revision).add(1))
        .col_expr(person::Column::UpdatedAt, Expr::value(now))
        .filter(person::Column::Id.eq(owner.0))
        .exec(work.connection())
        .await?;
    // Whoever knew the password before knows it no more, and what stood beside it ends.
    super::sessions::end_all(work, vec![owner.0]).await?;
    let others = registrations::live_registrations(work, email.key()).await?;
    registrations::end(work, others, "email_verified_by_another").await?;
    audit(work, "platform_admin_created", owner, None, json!({}));
    Ok(owner)
}

async fn make_verified(work: &mut Work, person: PersonId, email_key: &str) -> Result<()> {
    give_way(work, person, email_key).await?;
    let now = work.now().await?;
    person_email::Entity::update_many()
        .col_expr(person_email::Column::Standing, Expr::value("verified"))
        .col_expr(person_email::Column::VerifiedAt, Expr::value(now))
        .filter(person_email::Column::PersonId.eq(person.0))
        .filter(person_email::Column::Address.eq(email_key))
        .exec(work.connection())
        .await?;
    let row = person::Entity::find_by_id(person.0).one(work.connection()).await?;
    let row = row.ok_or_else(|| StoreError::corrupt("person", "id", person))?;
    let has_password = row.password_hash.is_some();
    let revision = row.revision + 1;
    let mut change = row.into_active_model();
    change.state = Set(PersonState::Verified.as_str().to_owned());
    change.revision = Set(revision);
    change.updated_at = Set(now);
    change.update(work.connection()).await?;
    audit(work, "email_verified", person, None, json!({}));
    if has_password {
        let mut others = registrations::live_registrations(work, email_key).await?;
        others.retain(|other| *other != person.0);
        registrations::end(work, others, "email_verified_by_another").await?;
    }
    bring_invitations_into_force(work, person, email_key).await?;
    crate::admission::email_verified(work, person, email_key).await
}

/// Somebody who proved this email without ever having a password makes way for a registration: they are
/// known from others again, so that what is theirs joins it; their roles and what they run go over.
async fn give_way(work: &mut Work, person: PersonId, email_key: &str) -> Result<()> {
    let Some(email) = emails::verified(work, email_key).await? else { return Ok(()) };
    let before = PersonId(email.person_id);
    if before == person {
        return Ok(());
    }
    let mut change = email.into_active_model();
    change.standing = Set("known".to_owned());
    change.verified_at = Set(None);
    change.update(work.connection()).await?;
    person::Entity::update_many()
        .col_expr(person::Column::State, Expr::value(PersonState::Known.as_str()))
        .filter(person::Column::Id.eq(before.0))
        .exec(work.connection())
        .await?;
    let held =
        member::Entity::find().filter(member::Column::PersonId.eq(before.0)).all(work.connection()).await?;
    for role in held {
        let academy = AcademyId(role.academy_id);
        let kept = members::parse_role(&role.role, before)?;
        members::end_role(work, academy, before).await?;
        members::set_role(work, academy, person, kept).await?;
    }
    crate::catalogue::hand_over_meetings(work, before, person).await
}

async fn bring_invitations_into_force(work: &mut Work, person: PersonId, email_key: &str) -> Result<()> {
    let waiting = member_invitation::Entity::find()
        .filter(member_invitation::Column::Address.eq(email_key))
        .all(work.connection())
        .await?;
    for invitation in waiting {
        let role = Role::parse(&invitation.role);
        let role = role.ok_or_else(|| StoreError::corrupt("member_invitation", "role", invitation.id))?;
        members::set_role(work, AcademyId(invitation.academy_id), person, role).await?;
    }
    member_invitation::Entity::delete_many()
        .filter(member_invitation::Column::Address.eq(email_key))
        .exec(work.connection())
        .await?;
    Ok(())
}

async fn insert_bare(work: &mut Work, email: &EmailAddress) -> Result<PersonId> {
    let now = work.now().await?;
    let id = new_id_at(now);
    registrations::blank_person(id, PersonState::Registered, now).insert(work.connection()).await?;
    registrations::registered_email(PersonId(id), email, now).insert(work.connection()).await?;
    Ok(PersonId(id))
}

fn audit(
    work: &mut Work,
    action: &'static str,
    person: PersonId,
    academy_id: Option<AcademyId>,
    detail: serde_json::Value,
) {
    work.audit(AuditRow { academy_id, action, subject_kind: "person", subject_id: Some(person.0), detail });
}
