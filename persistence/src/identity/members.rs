//! Roles in academies (ACC-3): held by persons, or waiting for an email to be verified.

use super::emails;
use super::entities::{member, member_invitation, person};
use crate::governance::AuditRow;
use crate::{Access, Result, StoreError, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::identity::{EmailAddress, PersonState, Role};
use domain::ids::{AcademyId, PersonId};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// A member of an academy, or somebody invited to be one.
#[derive(Clone)]
pub struct Member {
    /// Sorts the list: the person's id or the invitation's.
    pub id: Uuid,
    /// Who; nobody while the email isn't verified.
    pub person: Option<PersonId>,
    /// Theirs, as they typed it.
    pub email: String,
    /// Theirs, where it is known.
    pub full_name: Option<String>,
    /// In this academy.
    pub role: Role,
    /// Whether the email is verified, and the role so in force.
    pub in_force: bool,
    /// Counts changes of the role since `created_at`.
    pub revision: i64,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When the role was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Members and invited ones, in the order of their ids, behind `after`.
///
/// # Errors
/// When the database doesn't answer.
pub async fn list(
    db: &impl Access,
    academy: AcademyId,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Member>> {
    let after = after.unwrap_or(Uuid::nil());
    let held = member::Entity::find()
        .filter(member::Column::AcademyId.eq(academy.0))
        .filter(member::Column::PersonId.gt(after))
        .order_by_asc(member::Column::PersonId)
        .limit(limit)
        .all(db.connection())
        .await?;
    let invited = member_invitation::Entity::find()
        .filter(member_invitation::Column::AcademyId.eq(academy.0))
        .filter(member_invitation::Column::Id.gt(after))
        .order_by_asc(member_invitation::Column::Id)
        .limit(limit)
        .all(db.connection())
        .await?;
    let mut list = with_persons(db, held).await?;
    for row in invited {
        list.push(from_invitation(row)?);
    }
    list.sort_by_key(|member| member.id);
    list.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(list)
}

/// One member.
///
/// # Errors
/// When the database doesn't answer.
pub async fn member(db: &impl Access, academy: AcademyId, person: PersonId) -> Result<Option<Member>> {
    let found = member::Entity::find_by_id((academy.0, person.0)).one(db.connection()).await?;
    Ok(with_persons(db, found.into_iter().collect()).await?.pop())
}

/// Takes the lock of the person's email; false when there is no account of that id that can hold a role.
///
/// # Errors
/// When the database doesn't answer.
pub async fn lock_holder(work: &mut Work, id: PersonId) -> Result<bool> {
    let Some(email) = emails::primary(work, [id]).await?.remove(&id) else { return Ok(false) };
    work.lock_persons([email.address.as_str()]).await?;
    let found = person::Entity::find_by_id(id.0).one(work.connection()).await?;
    Ok(found.and_then(|row| PersonState::parse(&row.state)).is_some_and(PersonState::can_sign_in))
}

/// One invitation.
///
/// # Errors
/// When the database doesn't answer.
pub async fn invitation(db: &impl Access, academy: AcademyId, id: Uuid) -> Result<Option<Member>> {
    let found = member_invitation::Entity::find()
        .filter(member_invitation::Column::AcademyId.eq(academy.0))
        .filter(member_invitation::Column::Id.eq(id))
        .one(db.connection())
        .await?;
    found.map(from_invitation).transpose()
}

/// Gives a role; it replaces the one held. Gives no revision more for the same role again.
///
/// # Errors
/// When the database doesn't answer.
pub async fn set_role(work: &mut Work, academy: AcademyId, person: PersonId, role: Role) -> Result<()> {
    let now = work.now().await?;
    let found = member::Entity::find_by_id((academy.0, person.0)).one(work.connection()).await?;
    match found {
        Some(row) if row.role == role.as_str() => return Ok(()),
        Some(row) => {
            let revision = row.revision + 1;
            let mut change = row.into_active_model();
            change.role = Set(role.as_str().to_owned());
            change.revision = Set(revision);
            change.updated_at = Set(now);
            change.update(work.connection()).await?;
        }
        None => {
            let row = member::ActiveModel {
                academy_id: Set(academy.0),
                person_id: Set(person.0),
                role: Set(role.as_str().to_owned()),
                revision: Set(1),
                created_at: Set(now),
                updated_at: Set(now),
            };
            row.insert(work.connection()).await?;
        }
    }
    audit(work, academy, "role_given", "person", person.0, role);
    Ok(())
}

/// Gives a role to whoever has that email: at once where it is verified, or else once it is. Takes the
/// email's lock.
///
/// # Errors
/// When the database doesn't answer.
pub async fn invite(work: &mut Work, academy: AcademyId, email: &EmailAddress, role: Role) -> Result<Member> {
    work.lock_persons([email.key()]).await?;
    if let Some(verified) = emails::verified(work, email.key()).await? {
        let person = PersonId(verified.person_id);
        set_role(work, academy, person, role).await?;
        let member = member(work, academy, person).await?;
        return member.ok_or_else(|| StoreError::corrupt("member", "person_id", person));
    }
    let now = work.now().await?;
    let key = (academy.0, email.key().to_owned());
    let found = member_invitation::Entity::find_by_id(key).one(work.connection()).await?;
    let row = match found {
        Some(row) if row.role == role.as_str() => return from_invitation(row),
        Some(row) => {
            let revision = row.revision + 1;
            let mut change = row.into_active_model();
            change.role = Set(role.as_str().to_owned());
            change.revision = Set(revision);
            change.updated_at = Set(Some(now));
            change.update(work.connection()).await?
        }
        None => {
            let row = member_invitation::ActiveModel {
                id: Set(new_id_at(now)),
                academy_id: Set(academy.0),
                address: Set(email.key().to_owned()),
                role: Set(role.as_str().to_owned()),
                revision: Set(1),
                created_at: Set(now),
                updated_at: Set(None),
            };
            row.insert(work.connection()).await?
        }
    };
    audit(work, academy, "member_invited", "member_invitation", row.id, role);
    from_invitation(row)
}

/// Ends a role. True when there was one.
///
/// # Errors
/// When the database doesn't answer.
pub async fn end_role(work: &mut Work, academy: AcademyId, person: PersonId) -> Result<bool> {
    let found = member::Entity::find_by_id((academy.0, person.0)).one(work.connection()).await?;
    let Some(row) = found else { return Ok(false) };
    let role = parse_role(&row.role, person)?;
    member::Entity::delete_by_id((academy.0, person.0)).exec(work.connection()).await?;
    audit(work, academy, "role_ended", "person", person.0, role);
    Ok(true)
}

/// Takes an invitation back. True when there was one.
///
/// # Errors
/// When the database doesn't answer.
pub async fn withdraw_invitation(work: &mut Work, academy: AcademyId, id: Uuid) -> Result<bool> {
    let Some(invited) = invitation(work, academy, id).await? else { return Ok(false) };
    member_invitation::Entity::delete_many()
        .filter(member_invitation::Column::Id.eq(id))
        .exec(work.connection())
        .await?;
    audit(work, academy, "invitation_withdrawn", "member_invitation", id, invited.role);
    Ok(true)
}

pub(crate) fn parse_role(word: &str, person: PersonId) -> Result<Role> {
    Role::parse(word).ok_or_else(|| StoreError::corrupt("member", "role", person))
}

fn from_invitation(row: member_invitation::Model) -> Result<Member> {
    let role = Role::parse(&row.role);
    let role = role.ok_or_else(|| StoreError::corrupt("member_invitation", "role", row.id))?;
    Ok(Member {
        id: row.id,
        person: None,
        email: row.address,
        full_name: None,
        role,
        in_force: false,
        revision: row.revision,
        created_at: row.created_at,
        updated_at: row.updated_at.unwrap_or(row.created_at),
    })
}

async fn with_persons(db: &impl Access, rows: Vec<member::Model>) -> Result<Vec<Member>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let persons = person::Entity::find()
        .filter(person::Column::Id.is_in(rows.iter().map(|row| row.person_id)))
        .all(db.connection())
        .await?;
    let mut persons: HashMap<Uuid, person::Model> = persons.into_iter().map(|row| (row.id, row)).collect();
    let mut emails = emails::primary(db, rows.iter().map(|row| PersonId(row.person_id))).await?;
    rows.into_iter()
        .map(|row| {
            let id = PersonId(row.person_id);
            let email =
                emails.remove(&id).ok_or_else(|| StoreError::corrupt("person_email", "person_id", id))?;
            Ok(Member {
                id: row.person_id,
                person: Some(id),
                in_force: email.standing == "verified",
                email: email.as_typed,
                full_name: persons.remove(&row.person_id).and_then(|person| person.full_name),
                role: parse_role(&row.role, id)?,
                revision: row.revision,
                created_at: row.created_at,
                updated_at: row.updated_at,
            })
        })
        .collect()
}

fn audit(
    work: &mut Work,
    academy: AcademyId,
    action: &'static str,
    kind: &'static str,
    id: Uuid,
    role: Role,
) {
    work.audit(AuditRow {
        academy_id: Some(academy),
        action,
        subject_kind: kind,
        subject_id: Some(id),
        detail: json!({ "role": role.as_str() }),
    });
}

/// The roles that are staff, as a list in a statement.
pub(crate) fn staff_roles() -> String {
    let staff = Role::ALL.into_iter().filter(|role| role.is_staff());
    staff.map(|role| format!("'{}'", role.as_str())).collect::<Vec<_>>().join(", ")
}
