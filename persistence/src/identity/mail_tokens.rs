//! Tokens that mails carry: a row each; the token's text is derived from its id, so nothing secret is kept.

use super::entities::{mail_token, person_email};
use crate::{Access, Result, Work, new_id_at};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{BookingId, PersonId};
use domain::messaging::TokenPurpose;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Query;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

/// Counts mails about registrations that anybody had sent.
const NOTICE: &str = "notice";

/// Counts mails that who is signed in to a registration had sent for it.
const OWN: &str = "own_notice";

/// How long an email can be verified with a token. Longer than the 72 hours of ADM-4: a late verification
/// still counts, only its moment is another.
pub const VERIFICATION_LIFE: TimeDelta = TimeDelta::days(7);

/// A token as it is kept.
#[derive(Clone, Debug)]
pub struct MailToken {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub person: PersonId,
    /// About which booking.
    pub booking: Option<BookingId>,
    /// From then on it is worth nothing.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
}

/// Makes a token and gives its id.
///
/// # Errors
/// When the database doesn't answer.
pub async fn issue(
    work: &mut Work,
    purpose: TokenPurpose,
    person: PersonId,
    booking: Option<BookingId>,
    life: TimeDelta,
) -> Result<Uuid> {
    insert(work, purpose.as_str(), person, booking, life).await
}

/// Counts a mail that anybody has sent to a person.
pub(crate) async fn count_notice(work: &mut Work, person: PersonId) -> Result<()> {
    insert(work, NOTICE, person, None, TimeDelta::zero()).await.map(|_| ())
}

/// Counts a mail that a person has sent for their own registration.
pub(crate) async fn count_own(work: &mut Work, person: PersonId) -> Result<()> {
    insert(work, OWN, person, None, TimeDelta::zero()).await.map(|_| ())
}

async fn insert(
    work: &mut Work,
    purpose: &'static str,
    person: PersonId,
    booking: Option<BookingId>,
    life: TimeDelta,
) -> Result<Uuid> {
    let now = work.now().await?;
    let row = mail_token::ActiveModel {
        id: Set(new_id_at(now)),
        purpose: Set(purpose.to_owned()),
        person_id: Set(person.0),
        booking_id: Set(booking.map(|id| id.0)),
        created_at: Set(now),
        expires_at: Set(now + life),
        used_at: Set(None),
    };
    Ok(row.insert(work.connection()).await?.id)
}

/// The token of that purpose and id.
///
/// # Errors
/// When the database doesn't answer.
pub async fn find(db: &impl Access, purpose: TokenPurpose, id: Uuid) -> Result<Option<MailToken>> {
    let found = mail_token::Entity::find_by_id(id)
        .filter(mail_token::Column::Purpose.eq(purpose.as_str()))
        .one(db.connection())
        .await?;
    Ok(found.map(|row| MailToken {
        id: row.id,
        person: PersonId(row.person_id),
        booking: row.booking_id.map(BookingId),
        expires_at: row.expires_at,
        used_at: row.used_at,
    }))
}

/// Uses a token up; false when it was used before.
///
/// # Errors
/// When the database doesn't answer.
pub async fn use_up(work: &mut Work, id: Uuid) -> Result<bool> {
    let now = work.now().await?;
    let used = mail_token::Entity::update_many()
        .col_expr(mail_token::Column::UsedAt, sea_orm::sea_query::Expr::value(now))
        .filter(mail_token::Column::Id.eq(id))
        .filter(mail_token::Column::UsedAt.is_null())
        .exec(work.connection())
        .await?;
    Ok(used.rows_affected == 1)
}

/// How many mails a person had sent for their own registration since then.
pub(crate) async fn asked_by_owner(db: &impl Access, person: PersonId, since: DateTime<Utc>) -> Result<u64> {
    let sent = mail_token::Entity::find()
        .filter(mail_token::Column::PersonId.eq(person.0))
        .filter(mail_token::Column::Purpose.eq(OWN))
        .filter(mail_token::Column::CreatedAt.gt(since));
    Ok(sent.count(db.connection()).await?)
}

/// How many mails about registrations anybody had sent to an address since then, whoever of it they were for.
pub(crate) async fn asked_by_anybody(db: &impl Access, email_key: &str, since: DateTime<Utc>) -> Result<u64> {
    sent_to(db, email_key, NOTICE, since).await
}

/// How many mails an address was sent since then that propose a place (ADM-23), whoever proposed it.
pub(crate) async fn proposed_to(db: &impl Access, email_key: &str, since: DateTime<Utc>) -> Result<u64> {
    sent_to(db, email_key, TokenPurpose::TakeOver.as_str(), since).await
}

async fn sent_to(
    db: &impl Access,
    email_key: &str,
    purpose: &'static str,
    since: DateTime<Utc>,
) -> Result<u64> {
    let persons = Query::select()
        .column(person_email::Column::PersonId)
        .from(person_email::Entity)
        .and_where(person_email::Column::Address.eq(email_key))
        .to_owned();
    let sent = mail_token::Entity::find()
        .filter(mail_token::Column::PersonId.in_subquery(persons))
        .filter(mail_token::Column::Purpose.eq(purpose))
        .filter(mail_token::Column::CreatedAt.gt(since));
    Ok(sent.count(db.connection()).await?)
}

/// When the unused token of this purpose about this booking ends, where there is one.
///
/// # Errors
/// When the database doesn't answer.
pub async fn of_booking(
    db: &impl Access,
    id: Uuid,
    purpose: TokenPurpose,
    booking: BookingId,
) -> Result<Option<DateTime<Utc>>> {
    let found = mail_token::Entity::find_by_id(id)
        .filter(mail_token::Column::Purpose.eq(purpose.as_str()))
        .filter(mail_token::Column::BookingId.eq(booking.0))
        .filter(mail_token::Column::UsedAt.is_null())
        .one(db.connection())
        .await?;
    Ok(found.map(|token| token.expires_at))
}
