//! Registrations (ACC-1): each of an unverified email stands by itself, as a person of its own.

use super::entities::{person, person_email};
use super::mail_tokens::{self, VERIFICATION_LIFE};
use super::{emails, sessions};
use crate::governance::AuditRow;
use crate::messaging::{MailKind, OutboxRow};
use crate::{Access, Result, Work, new_id_at};
use chrono::{DateTime, TimeDelta, Utc};
use domain::identity::{EmailAddress, FullName, PersonState};
use domain::ids::{OrganisationId, PersonId};
use domain::messaging::TokenPurpose;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

/// Unverified registrations that one email can have: beyond it the oldest without a live booking ends.
const MOST_REGISTRATIONS: usize = 10;

/// Registrations of one address an hour whose first mail goes by itself.
const MOST_FIRST_MAILS_AN_HOUR: u64 = 20;

/// Mails an hour that anybody can have sent to an address, beside the first one of each registration.
const MOST_ASKED_BY_ANYBODY: u64 = 8;

/// Mails an hour that who is signed in to a registration can have sent for it, whatever others had sent (ACC-1).
const MOST_OWN_AN_HOUR: u64 = 3;

/// Registrations of an address to which one wish of anybody sends a mail each: the newest.
const MOST_SENT_AGAIN: usize = 5;

/// What somebody registers with.
#[derive(Debug)]
pub struct NewRegistration {
    /// Theirs, as they say.
    pub email: EmailAddress,
    /// Argon2id, in PHC form.
    pub password_hash: PasswordHash,
    /// Theirs.
    pub full_name: FullName,
    /// A code.
    pub job_role: Option<String>,
    /// A code.
    pub staff_group: Option<String>,
    /// Where they work.
    pub organisation_id: Option<OrganisationId>,
    /// Where they work, when it isn't listed (ACC-9).
    pub organisation_name: Option<String>,
    /// The version of the privacy notice that was shown (ACC-10).
    pub privacy_notice_version: Option<String>,
}

/// A hash that is never shown.
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Keeps a registration and has a mail sent, or, where the email has an account, only another mail. The
/// caller learns nothing of which. Takes the email's lock.
///
/// # Errors
/// When the database doesn't answer.
pub async fn register(work: &mut Work, new: NewRegistration) -> Result<()> {
    work.lock_persons([new.email.key()]).await?;
    if let Some(owner) = owner_with_password(work, new.email.key()).await? {
        return tell_owner(work, new.email.key(), owner).await;
    }
    make_room(work, new.email.key()).await?;
    let person = insert_person(work, &new).await?;
    work.audit(AuditRow {
        academy_id: None,
        action: "person_registered",
        subject_kind: "person",
        subject_id: Some(person.0),
        detail: json!({}),
    });
    let an_hour_ago = work.now().await? - TimeDelta::hours(1);
    if registered_since(work, new.email.key(), an_hour_ago).await? > MOST_FIRST_MAILS_AN_HOUR {
        return Ok(());
    }
    send_token(work, person).await
}

/// Sends new tokens: for the registration that asks, if it is one of this email, or else for each of the newest, since
/// nobody can tell which of them is the owner's (ACC-1). Each registration has a share of its own. Nothing happens for an email that is unknown or verified.
/// Takes the email's lock.
///
/// # Errors
/// When the database doesn't answer.
pub async fn resend(work: &mut Work, email: &EmailAddress, asked_by: Option<PersonId>) -> Result<()> {
    work.lock_persons([email.key()]).await?;
    if let Some(owner) = owner_with_password(work, email.key()).await? {
        return tell_owner(work, email.key(), owner).await;
    }
    let live = live_registrations(work, email.key()).await?;
    if let Some(asking) = asked_by.filter(|person| live.contains(&person.0)) {
        return send_own_token(work, asking).await;
    }
    let newest = live.iter().skip(live.len().saturating_sub(MOST_SENT_AGAIN)).copied();
    let mut meant: Vec<Uuid> = newest.collect();
    if meant.is_empty() {
        meant.extend(emails::known(work, email.key()).await?.map(|email| email.person_id));
    }
    for person in meant {
        if !asked_by_anybody(work, email.key(), PersonId(person)).await? {
            break;
        }
        send_token(work, PersonId(person)).await?;
    }
    Ok(())
}

/// Sends what who is signed in to a registration asks for, out of its own share.
async fn send_own_token(work: &mut Work, person: PersonId) -> Result<()> {
    let an_hour_ago = work.now().await? - TimeDelta::hours(1);
    if mail_tokens::asked_by_owner(work, person, an_hour_ago).await? >= MOST_OWN_AN_HOUR {
        return Ok(());
    }
    mail_tokens::count_own(work, person).await?;
    send_token(work, person).await
}

/// Sends a token that proves an email.
async fn send_token(work: &mut Work, person: PersonId) -> Result<()> {
    let token = mail_tokens::issue(work, TokenPurpose::VerifyEmail, person, None, VERIFICATION_LIFE).await?;
    mail(work, MailKind::VerifyEmail, person, Some(token));
    Ok(())
}

/// Counts a mail that anybody has sent to an address; false when it had too many within an hour.
async fn asked_by_anybody(work: &mut Work, email_key: &str, person: PersonId) -> Result<bool> {
    let an_hour_ago = work.now().await? - TimeDelta::hours(1);
    if mail_tokens::asked_by_anybody(work, email_key, an_hour_ago).await? >= MOST_ASKED_BY_ANYBODY {
        return Ok(false);
    }
    mail_tokens::count_notice(work, person).await?;
    Ok(true)
}

/// How many registrations an address had since then, ended ones included.
async fn registered_since(work: &Work, email_key: &str, since: DateTime<Utc>) -> Result<u64> {
    let emails = person_email::Entity::find()
        .filter(person_email::Column::Address.eq(email_key))
        .filter(person_email::Column::Standing.eq("registered"))
        .filter(person_email::Column::CreatedAt.gt(since));
    Ok(emails.count(work.connection()).await?)
}

/// The persons of an email's unverified registrations, oldest first.
pub(crate) async fn live_registrations(db: &impl Access, email_key: &str) -> Result<Vec<Uuid>> {
    let emails = person_email::Entity::find()
        .filter(person_email::Column::Address.eq(email_key))
        .filter(person_email::Column::Standing.eq("registered"))
        .all(db.connection())
        .await?;
    let persons = person::Entity::find()
        .filter(person::Column::Id.is_in(emails.iter().map(|email| email.person_id)))
        .filter(person::Column::State.eq("registered"))
        .order_by_asc(person::Column::Id)
        .all(db.connection())
        .await?;
    Ok(persons.into_iter().map(|person| person.id).collect())
}

/// Ends registrations with their sessions: another one of the email was proven, or too many stand.
pub(crate) async fn end(work: &mut Work, persons: Vec<Uuid>, reason: &'static str) -> Result<()> {
    if persons.is_empty() {
        return Ok(());
    }
    let now = work.now().await?;
    person::Entity::update_many()
        .col_expr(person::Column::State, Expr::value("ended"))
        .col_expr(person::Column::PasswordHash, Expr::value(Option::<String>::None))
        .col_expr(person::Column::Revision, Expr::col(person::Column::Revision).add(1))
        .col_expr(person::Column::UpdatedAt, Expr::value(now))
        .filter(person::Column::Id.is_in(persons.iter().copied()))
        .exec(work.connection())
        .await?;
    sessions::end_all(work, persons.clone()).await?;
    for person in persons {
        work.audit(AuditRow {
            academy_id: None,
            action: "registration_ended",
            subject_kind: "person",
            subject_id: Some(person),
            detail: json!({ "reason": reason }),
        });
    }
    Ok(())
}

/// The verified person of an email, if they can sign in. One who only proved an email that others booked
/// for has no password yet and can still register.
async fn owner_with_password(work: &Work, email_key: &str) -> Result<Option<PersonId>> {
    let Some(email) = emails::verified(work, email_key).await? else { return Ok(None) };
    let owner = person::Entity::find_by_id(email.person_id).one(work.connection()).await?;
    Ok(owner.filter(|person| person.password_hash.is_some()).map(|person| PersonId(person.id)))
}

async fn tell_owner(work: &mut Work, email_key: &str, owner: PersonId) -> Result<()> {
    if asked_by_anybody(work, email_key, owner).await? {
        mail(work, MailKind::AlreadyRegistered, owner, None);
    }
    Ok(())
}

async fn make_room(work: &mut Work, email_key: &str) -> Result<()> {
    let live = live_registrations(work, email_key).await?;
    if live.len() < MOST_REGISTRATIONS {
        return Ok(());
    }
    let now = work.now().await?;
    for person in live {
        let row = person::Entity::find_by_id(person).one(work.connection()).await?;
        // One that can still be proved stands in nobody's way and is in nobody's power (ACC-1).
        let can_be_proved = row.is_none_or(|row| row.created_at + VERIFICATION_LIFE > now);
        if !can_be_proved && !crate::admission::has_live_booking(work, PersonId(person)).await? {
            end(work, vec![person], "too_many").await?;
        }
    }
    Ok(())
}

async fn insert_person(work: &mut Work, new: &NewRegistration) -> Result<PersonId> {
    let now = work.now().await?;
    let id = new_id_at(now);
    let row = person::ActiveModel {
        full_name: Set(Some(new.full_name.as_str().to_owned())),
        job_role: Set(new.job_role.clone()),
        staff_group: Set(new.staff_group.clone()),
        organisation_id: Set(new.organisation_id.map(|id| id.0)),
        organisation_name: Set(new.organisation_name.clone()),
        password_hash: Set(Some(new.password_hash.0.clone())),
        privacy_notice_version: Set(new.privacy_notice_version.clone()),
        facts_at: Set(Some(now)),
        ..blank_person(id, PersonState::Registered, now)
    };
    row.insert(work.connection()).await?;
    let email = registered_email(PersonId(id), &new.email, now);
    email.insert(work.connection()).await?;
    Ok(PersonId(id))
}

/// A person of whom nothing is known yet.
pub(crate) fn blank_person(id: Uuid, state: PersonState, now: DateTime<Utc>) -> person::ActiveModel {
    person::ActiveModel {
        id: Set(id),
        state: Set(state.as_str().to_owned()),
        full_name: Set(None),
        job_role: Set(None),
        staff_group: Set(None),
        qualifications: Set("null".to_owned()), // nothing said; `[]` is none held
        leads_or_manages: Set(None),
        organisation_id: Set(None),
        organisation_name: Set(None),
        region: Set(None),
        sector: Set(None),
        line_manager_id: Set(None),
        platform_admin: Set(false),
        password_hash: Set(None),
        privacy_notice_version: Set(None),
        facts_at: Set(None),
        revision: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

pub(crate) fn registered_email(
    person: PersonId,
    email: &EmailAddress,
    now: DateTime<Utc>,
) -> person_email::ActiveModel {
    person_email::ActiveModel {
        id: Set(new_id_at(now)),
        person_id: Set(person.0),
        address: Set(email.key().to_owned()),
        as_typed: Set(email.as_typed().to_owned()),
        standing: Set("registered".to_owned()),
        verified_at: Set(None),
        created_at: Set(now),
    }
}

fn mail(work: &mut Work, kind: MailKind, person_id: PersonId, token_id: Option<Uuid>) {
    work.mail(OutboxRow { academy_id: None, kind, person_id, booking_id: None, token_id, refs: json!({}) });
}
