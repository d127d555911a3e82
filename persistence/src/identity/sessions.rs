//! Sign-ins: families of refresh tokens (ACC-2). The token's text is derived from family and sequence, so
//! nothing secret is kept.

use super::emails;
use super::entities::{person, person_email, session_family};
use super::registrations::PasswordHash;
use crate::governance::AuditRow;
use crate::{Access, Result, StoreError, Work, new_id_at};
use domain::identity::{PersonState, Refresh, SESSION_LIFE, refresh};
use domain::ids::PersonId;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use std::fmt;
use uuid::Uuid;

/// Whom a sign-in can mean.
#[derive(Clone)]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// What their password is checked against.
    pub password_hash: String,
}

/// Secret: never shown (ACC-7).
impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("person", &self.person).finish_non_exhaustive()
    }
}

/// Who verified this email, if they have a password: then a sign-in with it can mean nobody else (ACC-1).
///
/// # Errors
/// When the database doesn't answer.
pub async fn owner(db: &impl Access, email_key: &str) -> Result<Option<Candidate>> {
    let Some(email) = emails::verified(db, email_key).await? else { return Ok(None) };
    let found = person::Entity::find_by_id(email.person_id).one(db.connection()).await?;
    let verified = found.filter(|row| row.state == PersonState::Verified.as_str());
    let candidate =
        |row: person::Model| Some(Candidate { person: PersonId(row.id), password_hash: row.password_hash? });
    Ok(verified.and_then(candidate))
}

/// The newest registration of this email with this very hash. All registrations of an email are hashed with one
/// salt, so it is found among however many there are (ACC-1).
///
/// # Errors
/// When the database doesn't answer.
pub async fn registration_with(
    db: &impl Access,
    email_key: &str,
    hash: &PasswordHash,
) -> Result<Option<PersonId>> {
    let emails = Query::select()
        .column(person_email::Column::PersonId)
        .from(person_email::Entity)
        .and_where(person_email::Column::Address.eq(email_key))
        .and_where(person_email::Column::Standing.eq("registered"))
        .to_owned();
    let found = person::Entity::find()
        .filter(person::Column::Id.in_subquery(emails))
        .filter(person::Column::State.eq(PersonState::Registered.as_str()))
        .filter(person::Column::PasswordHash.eq(hash.0.as_str()))
        .order_by_desc(person::Column::Id)
        .limit(1)
        .one(db.connection())
        .await?;
    Ok(found.map(|row| PersonId(row.id)))
}

/// The newest token of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The family.
    pub family: Uuid,
    /// Counts the family's tokens, from 1.
    pub sequence: i64,
    /// Who is signed in.
    pub person: PersonId,
}

/// Begins a family; `None` when the person can't be signed in any more.
///
/// # Errors
/// When the database doesn't answer.
pub async fn open(work: &mut Work, person: PersonId) -> Result<Option<Issued>> {
    if !can_sign_in(work, person).await? {
        return Ok(None);
    }
    let now = work.now().await?;
    let row = session_family::ActiveModel {
        id: Set(new_id_at(now)),
        person_id: Set(person.0),
        sequence: Set(1),
        rotated_at: Set(now),
        created_at: Set(now),
        expires_at: Set(now + SESSION_LIFE),
        ended_at: Set(None),
    };
    let family = row.insert(work.connection()).await?.id;
    audit(work, "signed_in", family, person);
    Ok(Some(Issued { family, sequence: 1, person }))
}

/// What came of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// This is the family's newest token now.
    Issued(Issued),
    /// It was an old one: the family has ended, which has to be committed.
    FamilyEnded,
    /// The family is unknown or has ended before.
    Refused,
}

/// Takes a refresh token back and issues its successor (ACC-2).
///
/// # Errors
/// When the database doesn't answer.
pub async fn renew(work: &mut Work, family: Uuid, sequence: i64) -> Result<Refreshed> {
    let now = work.now().await?;
    // Waits for whoever holds the row, then sees what they left.
    let rotated = session_family::Entity::update_many()
        .col_expr(session_family::Column::Sequence, Expr::value(sequence + 1))
        .col_expr(session_family::Column::RotatedAt, Expr::value(now))
        .filter(session_family::Column::Id.eq(family))
        .filter(session_family::Column::Sequence.eq(sequence))
        .filter(session_family::Column::EndedAt.is_null())
        .filter(session_family::Column::ExpiresAt.gt(now))
        .exec(work.connection())
        .await?;
    let Some(row) = session_family::Entity::find_by_id(family).one(work.connection()).await? else {
        return Ok(Refreshed::Refused);
    };
    let person = PersonId(row.person_id);
    if row.ended_at.is_some() || row.expires_at <= now || !can_sign_in(work, person).await? {
        return Ok(Refreshed::Refused);
    }
    let decision = match rotated.rows_affected {
        0 => refresh(sequence, row.sequence, row.rotated_at, now),
        _ => Refresh::Rotate,
    };
    match decision {
        Refresh::Rotate | Refresh::Repeat => {
            Ok(Refreshed::Issued(Issued { family, sequence: row.sequence, person }))
        }
        Refresh::EndFamily => {
            end_family(work, family).await?;
            audit(work, "refresh_token_reused", family, person);
            Ok(Refreshed::FamilyEnded)
        }
    }
}

/// Ends a family: its person has signed out. Nothing happens to one that has ended.
///
/// # Errors
/// When the database doesn't answer.
pub async fn close(work: &mut Work, family: Uuid) -> Result<()> {
    let found = session_family::Entity::find_by_id(family).one(work.connection()).await?;
    if let Some(row) = found.filter(|row| row.ended_at.is_none()) {
        end_family(work, family).await?;
        audit(work, "signed_out", family, PersonId(row.person_id));
    }
    Ok(())
}

/// Ends all families of these persons.
pub(crate) async fn end_all(work: &mut Work, persons: Vec<Uuid>) -> Result<()> {
    let now = work.now().await?;
    session_family::Entity::update_many()
        .col_expr(session_family::Column::EndedAt, Expr::value(now))
        .filter(session_family::Column::PersonId.is_in(persons))
        .filter(session_family::Column::EndedAt.is_null())
        .exec(work.connection())
        .await?;
    Ok(())
}

async fn end_family(work: &mut Work, family: Uuid) -> Result<()> {
    let now = work.now().await?;
    session_family::Entity::update_many()
        .col_expr(session_family::Column::EndedAt, Expr::value(now))
        .filter(session_family::Column::Id.eq(family))
        .exec(work.connection())
        .await?;
    Ok(())
}

async fn can_sign_in(work: &Work, id: PersonId) -> Result<bool> {
    let Some(row) = person::Entity::find_by_id(id.0).one(work.connection()).await? else {
        return Ok(false);
    };
    let state =
        PersonState::parse(&row.state).ok_or_else(|| StoreError::corrupt("person", "state", row.id))?;
    Ok(state.can_sign_in())
}

fn audit(work: &mut Work, action: &'static str, family: Uuid, person: PersonId) {
    work.audit(AuditRow {
        academy_id: None,
        action,
        subject_kind: "session_family",
        subject_id: Some(family),
        detail: json!({ "personId": person.to_string() }),
    });
}
