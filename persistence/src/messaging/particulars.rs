//! What a mail needs to know, read when it is sent (ACC-6): the outbox holds ids and codes only.

use super::about_cohort;
use super::about_minimum;
use super::lease::Leased;
use crate::admission;
use crate::{Access, Result, StoreError};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::admission::{BookingStatus, Clash, Requirement, Transfer};
use domain::catalogue::meeting::Meeting;
use domain::catalogue::minimum::decided_by;
use domain::ids::{BookingId, CohortId, PersonId};
use domain::messaging::{AboutBooking, Dated, MailKind, Particulars, TokenPurpose, Undecided, quotable};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::Value;
use uuid::Uuid;

/// What there is to write, and to whom.
pub struct Loaded {
    /// What the mail says.
    pub particulars: Particulars,
    /// Where it goes, as its owner typed it.
    pub address: String,
    /// The token that it carries.
    pub token: Option<MailToken>,
}

/// A token as its row names it; the token's string is made by who holds the secret.
#[derive(Clone, Copy, Debug)]
pub struct MailToken {
    /// The id that the string is made from: the row's, or the booking's for [`TokenPurpose::Withdraw`].
    pub id: Uuid,
    /// What it is good for.
    pub purpose: TokenPurpose,
}

/// Loads what `mail` says at `now`. `None` when there is nobody or nothing left to write about: an erased person, a
/// registration that has ended, a token that was used.
///
/// # Errors
/// When the database doesn't answer, or a row says what no program of ours writes.
pub async fn load(db: &impl Access, mail: &Leased, now: DateTime<Utc>) -> Result<Option<Loaded>> {
    let Some(person) = recipient(db, mail).await? else { return Ok(None) };
    let token = match mail.token_id {
        Some(id) => live_token(db, id).await?,
        None => None,
    };
    let needs_token =
        matches!(mail.kind, MailKind::VerifyEmail | MailKind::ManagerAsked | MailKind::PlaceProposed);
    if needs_token && token.is_none() {
        return Ok(None);
    }
    let booking = match mail.booking_id {
        Some(id) => about_booking(db, mail, id.0, now).await?,
        None => None,
    };
    let minimum = about_minimum::load(db, mail, now).await?;
    let cohort = about_cohort::load(db, mail, now).await?;
    let token = token.map(|(token, until)| (token, Some(until)));
    let token = token.or_else(|| withdrawal(mail.kind, booking.as_ref()).map(|token| (token, None)));
    // A name that a stranger may have chosen greets nobody: it is only told as what was given, made harmless.
    let chosen_by_stranger = person.state == "registered";
    let registered_as = person.full_name.as_deref().filter(|_| chosen_by_stranger).map(quotable);
    let particulars = Particulars {
        kind: mail.kind,
        full_name: person.full_name.filter(|_| !chosen_by_stranger),
        registered_as,
        registered_at: chosen_by_stranger.then_some(person.created_at),
        token: token.as_ref().map(|(token, expires_at)| (token.purpose, *expires_at)),
        booking,
        minimum,
        cohort,
    };
    Ok(Some(Loaded { particulars, address: person.as_typed, token: token.map(|(token, _)| token) }))
}

/// Who is booked by another can withdraw without an account (ACC-4). The token stands for the booking itself: it needs no
/// row, and is used up by what it does.
fn withdrawal(kind: MailKind, booking: Option<&AboutBooking>) -> Option<MailToken> {
    let tells =
        matches!(kind, MailKind::BookingPending | MailKind::BookingWaiting | MailKind::PlaceConfirmed);
    let booking = booking.filter(|booking| tells && booking.booked_by.is_some())?;
    Some(MailToken { id: booking.id.0, purpose: TokenPurpose::Withdraw })
}

pub(super) async fn one<T: FromQueryResult>(db: &impl Access, text: &str, id: Uuid) -> Result<Option<T>> {
    let db = db.connection();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [id.into()]);
    Ok(T::find_by_statement(statement).one(db).await?)
}

async fn many<T: FromQueryResult>(
    db: &impl Access,
    text: &str,
    values: Vec<sea_orm::Value>,
) -> Result<Vec<T>> {
    let db = db.connection();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    Ok(T::find_by_statement(statement).all(db).await?)
}

#[derive(FromQueryResult)]
struct Recipient {
    state: String,
    full_name: Option<String>,
    created_at: DateTime<Utc>,
    as_typed: String,
}

/// A mail that proves an email goes to the one that is not proved; all others to the first that is.
async fn recipient(db: &impl Access, mail: &Leased) -> Result<Option<Recipient>> {
    let text = if mail.kind == MailKind::VerifyEmail {
        "SELECT p.state, p.full_name, p.created_at, e.as_typed FROM person p JOIN person_email e ON e.person_id = p.id \
         WHERE p.id = $1 AND p.state <> 'ended' AND e.standing <> 'verified' \
         ORDER BY e.created_at DESC, e.id DESC LIMIT 1"
    } else {
        "SELECT p.state, p.full_name, p.created_at, e.as_typed FROM person p JOIN person_email e ON e.person_id = p.id \
         WHERE p.id = $1 AND p.state <> 'ended' \
         ORDER BY CASE WHEN e.standing = 'verified' THEN 0 ELSE 1 END, e.created_at, e.id LIMIT 1"
    };
    one(db, text, mail.person_id.0).await
}

#[derive(FromQueryResult)]
struct TokenRow {
    purpose: String,
    expires_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
}

async fn live_token(db: &impl Access, id: Uuid) -> Result<Option<(MailToken, DateTime<Utc>)>> {
    let text = "SELECT purpose, expires_at, used_at FROM mail_token WHERE id = $1";
    let Some(row) = one::<TokenRow>(db, text, id).await? else { return Ok(None) };
    if row.used_at.is_some() {
        return Ok(None);
    }
    let purpose = TokenPurpose::parse(&row.purpose);
    Ok(purpose.map(|purpose| (MailToken { id, purpose }, row.expires_at)))
}

#[derive(FromQueryResult)]
struct BookingRow {
    cohort_id: Uuid,
    programme_id: Uuid,
    person_id: Uuid,
    booked_by_person: Option<Uuid>,
    booker_name: Option<String>,
    client_name: Option<String>,
    closed_reason: Option<String>,
    form_id: Option<Uuid>,
    told: Option<String>,
    participant_name: Option<String>,
    offer_expires_at: Option<DateTime<Utc>>,
    opened: bool,
    booking_opens_at: Option<DateTime<Utc>>,
    minimum: Option<i64>,
    minimum_decided_by: Option<DateTime<Utc>>,
    minimum_decided_at: Option<DateTime<Utc>>,
    first_session_at: Option<DateTime<Utc>>,
    programme: String,
    cohort: String,
    academy: String,
    contact_email: String,
    time_zone: String,
}

const BOOKING: &str = "SELECT b.cohort_id, b.programme_id, b.person_id, b.booked_by_person, \
    booker.full_name AS booker_name, client.name AS client_name, b.closed_reason, b.form_id, b.told, \
    participant.full_name AS participant_name, b.offer_expires_at, d.opened, d.booking_opens_at, \
    c.minimum, c.minimum_decided_by, c.minimum_decided_at, d.first_session_at, p.title AS programme, c.title AS cohort, a.name AS academy, a.contact_email, a.time_zone \
    FROM booking b JOIN cohort c ON c.id = b.cohort_id JOIN programme p ON p.id = b.programme_id \
    JOIN academy a ON a.id = b.academy_id JOIN cohort_desk d ON d.cohort_id = b.cohort_id \
    JOIN person participant ON participant.id = b.person_id LEFT JOIN person booker ON booker.id = b.booked_by_person \
    LEFT JOIN client ON client.id = b.booked_by_client WHERE b.id = $1";

async fn about_booking(
    db: &impl Access,
    mail: &Leased,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<AboutBooking>> {
    let Some(row) = one::<BookingRow>(db, BOOKING, id).await? else { return Ok(None) };
    if mail.kind == MailKind::OfferReminder && !still_stands(mail, &row, now) {
        return Ok(None);
    }
    if is_over_with_booking(mail.kind) && row.closed_reason.is_some() {
        return Ok(None);
    }
    let booked_by_other = row.booked_by_person.is_some_and(|booker| booker != row.person_id);
    let booked_by = row.client_name.or(row.booker_name.filter(|_| booked_by_other));
    let participant = participant_named(mail, row.told.as_deref(), row.participant_name);
    let missing = match mail.kind {
        MailKind::BookingPending => still_missing(db, BookingId(id), now).await?,
        _ => Vec::new(),
    };
    let tasters = if missing.contains(&Requirement::TasterAttended) {
        let text = "SELECT id, title, starts_at, ends_at, time_zone, meeting FROM taster \
                    WHERE programme_id = $1 AND ends_at > $2 ORDER BY starts_at, id LIMIT 5";
        dated(db, "taster", text, vec![row.programme_id.into(), now.into()]).await?
    } else {
        Vec::new()
    };
    let sessions = if matches!(mail.kind, MailKind::PlaceConfirmed | MailKind::CohortRuns) {
        let text = "SELECT id, title, starts_at, ends_at, time_zone, meeting FROM session \
                    WHERE cohort_id = $1 ORDER BY starts_at, id LIMIT 100";
        dated(db, "session", text, vec![row.cohort_id.into()]).await?
    } else {
        Vec::new()
    };
    let minimum = row.minimum.and_then(|minimum| u32::try_from(minimum).ok());
    let undecided = minimum.filter(|_| row.minimum_decided_at.is_none()).map(|minimum| Undecided {
        minimum,
        decided_by: decided_by(row.minimum_decided_by, row.first_session_at),
    });
    let form = row.form_id.filter(|_| mail.kind == MailKind::PlaceConfirmed);
    let also_ended = also_ended(db, form, id).await?;
    let clashes = overlapping(db, mail.kind, (PersonId(row.person_id), CohortId(row.cohort_id))).await?;
    Ok(Some(AboutBooking {
        id: BookingId(id),
        cohort_id: CohortId(row.cohort_id),
        programme: row.programme,
        cohort: row.cohort,
        academy: row.academy,
        contact: row.contact_email,
        zone: zone(&row.time_zone),
        booked_by,
        participant,
        missing,
        opens_at: row.booking_opens_at.filter(|_| !row.opened),
        offer_expires_at: moment(&mail.refs, "offerExpiresAt").or(row.offer_expires_at),
        closed_reason: word(&mail.refs, "closedReason").map(str::to_owned).or(row.closed_reason),
        transfer: word(&mail.refs, "transfer").and_then(Transfer::parse),
        undecided,
        tasters,
        sessions,
        also_ended,
        clashes,
    }))
}

/// Whether such a mail has nothing left to tell once the booking has ended.
fn is_over_with_booking(kind: MailKind) -> bool {
    use MailKind::{CohortRuns, ManagerAsked, OwnPlaceProposed, PlaceProposed};
    matches!(kind, ManagerAsked | PlaceProposed | OwnPlaceProposed | CohortRuns)
}

/// How the participant is called towards others. Who has a place is told to a colleague only by themselves (ATT-4).
fn participant_named(mail: &Leased, told: Option<&str>, own: Option<String>) -> Option<String> {
    let told = told.and_then(|told| serde_json::from_str::<admission::Told>(told).ok());
    let by_others = mail.kind == MailKind::PlaceProposed && mail.refs["byThemselves"] != true;
    let name = told.map(|told| told.full_name).or(own).filter(|_| !by_others);
    name.map(|name| quotable(&name))
}

#[derive(FromQueryResult)]
struct TitleRow {
    title: String,
}

/// The cohorts for which a place ended the requests of the same form (ADM-21).
async fn also_ended(db: &impl Access, form: Option<Uuid>, placed: Uuid) -> Result<Vec<String>> {
    let Some(form) = form else { return Ok(Vec::new()) };
    let text = "SELECT c.title FROM booking b JOIN cohort c ON c.id = b.cohort_id WHERE b.form_id = $1 \
                AND b.placed_elsewhere = $2 ORDER BY b.preference, b.created_at, b.id";
    let rows = many::<TitleRow>(db, text, vec![form.into(), placed.into()]).await?;
    Ok(rows.into_iter().map(|row| row.title).collect())
}

/// What overlaps with places elsewhere, for mails that tell of a place (PRG-6).
async fn overlapping(db: &impl Access, kind: MailKind, pair: (PersonId, CohortId)) -> Result<Vec<Clash>> {
    use MailKind::{OfferMade, OfferReminder, PlaceConfirmed, SessionsClash};
    if !matches!(kind, OfferMade | OfferReminder | PlaceConfirmed | SessionsClash) {
        return Ok(Vec::new());
    }
    Ok(admission::clashes_now(db, &[pair]).await?.remove(&pair).unwrap_or_default())
}

/// Whether the offer that a reminder was written for has neither been answered nor ended.
fn still_stands(mail: &Leased, row: &BookingRow, now: DateTime<Utc>) -> bool {
    let ends = moment(&mail.refs, "offerExpiresAt");
    ends.is_some_and(|ends| row.offer_expires_at == Some(ends) && now < ends)
}

pub(super) fn word<'a>(refs: &'a Value, name: &str) -> Option<&'a str> {
    refs.get(name).and_then(Value::as_str)
}

pub(super) fn moment(refs: &Value, name: &str) -> Option<DateTime<Utc>> {
    word(refs, name).and_then(|text| text.parse().ok())
}

/// What the gate still asks for, as it stands now: what came meanwhile is not asked for again.
async fn still_missing(db: &impl Access, id: BookingId, now: DateTime<Utc>) -> Result<Vec<Requirement>> {
    let found = admission::booking(db, id).await?.filter(|b| b.status == BookingStatus::Pending);
    let Some(booking) = found else { return Ok(Vec::new()) };
    let mut records = admission::records(db, vec![booking], now).await?;
    let items = records.pop().map(|record| record.look.items).unwrap_or_default();
    Ok(items.into_iter().filter(|item| !item.met).map(|item| item.requirement).collect())
}

pub(super) fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::Europe__London)
}

#[derive(FromQueryResult)]
struct DatedRow {
    id: Uuid,
    title: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    time_zone: String,
    meeting: String,
}

async fn dated(
    db: &impl Access,
    table: &'static str,
    text: &str,
    values: Vec<sea_orm::Value>,
) -> Result<Vec<Dated>> {
    let rows = many::<DatedRow>(db, text, values).await?;
    rows.into_iter()
        .map(|row| {
            let meeting: Meeting = serde_json::from_str(&row.meeting)
                .map_err(|_| StoreError::corrupt(table, "meeting", row.id))?;
            Ok(Dated {
                title: row.title,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                zone: zone(&row.time_zone),
                meeting,
            })
        })
        .collect()
}
