//! Managers who are asked whether they agree (ADM-20): named with a booking, asked by mail, answering with the mail's
//! one-time token. What they take their time for costs nobody their order.

use super::batch::Batch;
use super::booking::{self, Booking};
use super::command::Book;
use super::evidence::Known;
use super::reassess::reassess_pending;
use crate::catalogue::gates::CohortGate;
use crate::governance::AuditRow;
use crate::identity::mail_tokens;
use crate::identity::participants::{
    NewBookingToken, NewKnown, create_booking_tokens, create_known, owners, participants,
};
use crate::messaging::{MailKind, OutboxRow};
use crate::rows::{self, Column, Kind, Row, Writes};
use crate::{Access, Result, StoreError, Work, new_id_at};
use chrono::{DateTime, TimeDelta, Utc};
use domain::admission::{BookingStatus, ManagerNamed, ManagerStanding, NotNamed, Requirement, name_manager};
use domain::identity::EmailAddress;
use domain::ids::{AcademyId, BookingId, PersonId};
use domain::messaging::TokenPurpose;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use uuid::Uuid;

/// How long a manager can answer.
const ANSWER_LIFE: TimeDelta = TimeDelta::days(60);

/// Whom a booking names, and what they said.
#[derive(Clone, PartialEq, Eq)]
pub struct ManagerRequest {
    /// Their email, as it was typed.
    pub email: String,
    /// What they said.
    pub standing: ManagerStanding,
    /// When the one who is named now was asked.
    pub asked_at: DateTime<Utc>,
    token_id: Uuid,
    times: u32,
}

/// Personal data: never shown by `Debug` (ACC-7).
impl fmt::Debug for ManagerRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagerRequest").field("standing", &self.standing).finish_non_exhaustive()
    }
}

#[derive(FromQueryResult)]
struct RequestRow {
    booking_id: Uuid,
    as_typed: String,
    token_id: Uuid,
    times: i64,
    asked_at: DateTime<Utc>,
    answer: Option<String>,
    answered_at: Option<DateTime<Utc>>,
}

impl TryFrom<RequestRow> for ManagerRequest {
    type Error = StoreError;

    fn try_from(row: RequestRow) -> Result<Self> {
        let corrupt = |column| StoreError::corrupt("manager_request", column, row.booking_id);
        let asked = row.asked_at;
        let standing = match (row.answer.as_deref(), row.answered_at) {
            (None, None) => ManagerStanding::Asked(asked),
            (Some("agreed"), Some(at)) => ManagerStanding::Agreed(at),
            (Some("refused"), Some(at)) => ManagerStanding::Refused { asked, at },
            _ => return Err(corrupt("answer")),
        };
        let times = u32::try_from(row.times).map_err(|_| corrupt("times"))?;
        Ok(Self { email: row.as_typed, standing, asked_at: asked, token_id: row.token_id, times })
    }
}

/// Whom these bookings name.
pub(super) async fn load(
    db: &impl Access,
    bookings: BTreeSet<BookingId>,
) -> Result<HashMap<BookingId, ManagerRequest>> {
    if bookings.is_empty() {
        return Ok(HashMap::new());
    }
    let db = db.connection();
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT m.booking_id, m.as_typed, m.token_id, m.times, m.asked_at, m.answer, m.answered_at FROM {} {}",
        rows::ids_source(backend),
        rows::lookup(backend, "manager_request", "m", "m.booking_id = r.id")
    );
    let ids = rows::ids(bookings.into_iter().map(|id| id.0));
    let statement = Statement::from_sql_and_values(backend, text, [ids]);
    let found = RequestRow::find_by_statement(statement).all(db).await?;
    found.into_iter().map(|row| Ok((BookingId(row.booking_id), row.try_into()?))).collect()
}

/// A request that a batch makes.
pub(super) struct NewRequest {
    academy_id: AcademyId,
    booking_id: BookingId,
    token_id: Uuid,
    as_typed: String,
    asked_at: DateTime<Utc>,
    agreed_at: Option<DateTime<Utc>>,
}

/// Notes for the gate of the booking that takes another's stead (ADM-23) that its manager agreed: it is the same person,
/// and the same programme.
pub(super) fn carry(known: &mut Known, left: BookingId, joined: BookingId) {
    let agreed = known.managers.get(&left).filter(|one| matches!(one.standing, ManagerStanding::Agreed(_)));
    if let Some(request) = agreed.cloned() {
        known.managers.insert(joined, request);
    }
}

/// Keeps the agreement that went along with a booking.
pub(super) fn keep(batch: &mut Batch, joined: &Booking) {
    let agreed = agreed(&batch.known, [joined]);
    batch.managers.extend(agreed);
}

/// The agreements that went along with these bookings.
pub(super) fn agreed<'a>(known: &Known, joined: impl IntoIterator<Item = &'a Booking>) -> Vec<NewRequest> {
    let kept = |joined: &Booking| {
        let request = known.managers.get(&joined.id)?;
        let ManagerStanding::Agreed(at) = request.standing else { return None };
        Some(NewRequest {
            academy_id: joined.academy_id,
            booking_id: joined.id,
            token_id: request.token_id,
            as_typed: request.email.clone(),
            asked_at: request.asked_at,
            agreed_at: Some(at),
        })
    };
    joined.into_iter().filter_map(kept).collect()
}

/// Finds the people whom these bookings name as managers; nobody's emails get an id that is kept only with a booking.
pub(super) async fn find(
    work: &Work,
    now: DateTime<Utc>,
    books: &[&Book],
    people: &mut HashMap<String, PersonId>,
    strangers: &mut HashMap<PersonId, (String, String)>,
) -> Result<()> {
    let named: Vec<&EmailAddress> = books.iter().filter_map(|book| book.manager.as_ref()).collect();
    let unknown = named.iter().map(|email| email.key()).filter(|key| !people.contains_key(*key));
    let found = owners(work, unknown.collect::<BTreeSet<_>>()).await?;
    people.extend(found);
    for email in named {
        if !people.contains_key(email.key()) {
            let id = PersonId(new_id_at(now));
            people.insert(email.key().to_owned(), id);
            strangers.insert(id, (email.key().to_owned(), email.as_typed().to_owned()));
        }
    }
    Ok(())
}

/// Whom a booking names, as far as its gate asks.
pub(super) fn named(batch: &Batch, book: &Book, gate: &CohortGate, person: PersonId) -> ManagerNamed {
    if !gate.requirements.contains(&Requirement::ManagerAgreed) {
        return ManagerNamed::Fine;
    }
    match &book.manager {
        None if batch.known.managers.contains_key(&book.id) => ManagerNamed::Fine,
        None => ManagerNamed::Nobody,
        Some(email) if email.key() == book.booker.email_key() => ManagerNamed::Themselves,
        Some(email) if batch.owners.get(email.key()) == Some(&person) => ManagerNamed::Themselves,
        Some(_) => ManagerNamed::Fine,
    }
}

/// The manager who is to be asked for a booking: none where the gate doesn't ask, or staff let the person off it.
pub(super) fn to_ask(
    known: &Known,
    book: &Book,
    gate: &CohortGate,
    person: PersonId,
) -> Option<EmailAddress> {
    let waived = known.waivers.of(book.cohort_id, person);
    let let_off = waived.iter().any(|waived| waived.requirement == Requirement::ManagerAgreed);
    let asked = gate.requirements.contains(&Requirement::ManagerAgreed) && !let_off;
    book.manager.clone().filter(|_| asked)
}

/// Notes for the gate that a manager is asked.
pub(super) fn note(known: &mut Known, booking: &Booking, manager: &EmailAddress) {
    let asked_at = booking.created_at;
    let request = ManagerRequest {
        email: manager.as_typed().to_owned(),
        standing: ManagerStanding::Asked(asked_at),
        asked_at,
        token_id: new_id_at(asked_at),
        times: 1,
    };
    known.managers.insert(booking.id, request);
}

/// Asks the manager of a booking that is kept.
pub(super) fn ask(batch: &mut Batch, booking: &Booking) {
    let Some(request) = batch.known.managers.get(&booking.id) else { return };
    let Ok(email) = EmailAddress::parse(&request.email) else { return };
    let Some(manager) = batch.owners.get(email.key()).copied() else { return };
    batch.kept_strangers.insert(manager);
    batch.managers.push(NewRequest {
        academy_id: booking.academy_id,
        booking_id: booking.id,
        token_id: request.token_id,
        as_typed: request.email.clone(),
        asked_at: request.asked_at,
        agreed_at: None,
    });
    batch.tokens.push(token(request.token_id, manager, booking.id, batch.sitting.now));
    batch.verify_mails.push(mail(booking, manager, MailKind::ManagerAsked, Some(request.token_id)));
}

fn token(id: Uuid, manager: PersonId, booking: BookingId, now: DateTime<Utc>) -> NewBookingToken {
    let purpose = TokenPurpose::Manager.as_str();
    NewBookingToken { id, purpose, person_id: manager, booking_id: booking, expires_at: now + ANSWER_LIFE }
}

fn mail(booking: &Booking, to: PersonId, kind: MailKind, token_id: Option<Uuid>) -> OutboxRow {
    OutboxRow {
        academy_id: Some(booking.academy_id),
        kind,
        person_id: to,
        booking_id: Some(booking.id),
        token_id,
        refs: serde_json::json!({}),
    }
}

const COLUMNS: [Column; 8] = [
    ("booking_id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("as_typed", Kind::Text),
    ("token_id", Kind::Uuid),
    ("times", Kind::Int),
    ("asked_at", Kind::Time),
    ("answer", Kind::Word),
    ("answered_at", Kind::Time),
];

/// Keeps requests; their tokens come before them.
pub(super) fn insert(writes: &mut Writes, list: Vec<NewRequest>) {
    let row = |new: NewRequest| {
        Row::default()
            .uuid("booking_id", new.booking_id.0)
            .uuid("academy_id", new.academy_id.0)
            .text("as_typed", new.as_typed)
            .uuid("token_id", new.token_id)
            .int("times", 1)
            .time("asked_at", new.asked_at)
            .text("answer", new.agreed_at.map(|_| "agreed".to_owned()))
            .time("answered_at", new.agreed_at)
    };
    writes.insert("manager_request", &COLUMNS, list.into_iter().map(row).collect());
}

/// Names somebody else, or the same address again, and asks them; the earlier token is worth nothing any more. The
/// locks of the booking's person, of `manager` and of the cohort are held.
pub(super) async fn name_again(
    work: &mut Work,
    gate: &CohortGate,
    booking: &Booking,
    manager: &EmailAddress,
) -> Result<std::result::Result<(), NotNamed>> {
    if !gate.requirements.contains(&Requirement::ManagerAgreed) {
        return Ok(Err(NotNamed::NotAsked));
    }
    let owner = owners(work, [manager.key()]).await?.remove(manager.key());
    let own_key = participants(work, [booking.person_id]).await?.remove(&booking.person_id);
    let themselves =
        owner == Some(booking.person_id) || own_key.is_some_and(|p| p.email_key == manager.key());
    let before = load(work, BTreeSet::from([booking.id])).await?.remove(&booking.id);
    let standing = before.as_ref().map_or(ManagerStanding::NotNamed, |request| request.standing);
    let times = before.as_ref().map_or(0, |request| request.times);
    if let Err(why) = name_manager(standing, themselves, times) {
        return Ok(Err(why));
    }
    if let Some(before) = before {
        mail_tokens::use_up(work, before.token_id).await?;
    }
    let now = work.now().await?;
    let person = owner.unwrap_or_else(|| PersonId(new_id_at(now)));
    let token_id = new_id_at(now);
    let mut writes = Writes::default();
    if owner.is_none() {
        let (email_key, email) = (manager.key().to_owned(), manager.as_typed().to_owned());
        create_known(&mut writes, now, &[NewKnown { id: person, email_key, email }]);
    }
    create_booking_tokens(&mut writes, now, vec![token(token_id, person, booking.id, now)]);
    writes.run(work.connection()).await?;
    let text = "INSERT INTO manager_request (booking_id, academy_id, as_typed, token_id, times, asked_at) \
                VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (booking_id) DO UPDATE SET as_typed = excluded.as_typed, \
                token_id = excluded.token_id, times = manager_request.times + 1, asked_at = excluded.asked_at, \
                answer = NULL, answered_at = NULL";
    let values: [Value; 5] = [
        booking.id.0.into(),
        booking.academy_id.0.into(),
        manager.as_typed().into(),
        token_id.into(),
        now.into(),
    ];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    work.mail(mail(booking, person, MailKind::ManagerAsked, Some(token_id)));
    Ok(Ok(()))
}

/// What became of a manager's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagerAnswered {
    /// It is on record.
    Done,
    /// No such token for this booking.
    Unknown,
    /// The token was used, or somebody else was named since.
    Used,
    /// It came too late.
    Expired,
    /// The booking is over.
    NotLive,
}

/// Puts a manager's answer on record and looks at the gate again; of a refusal the participant is told, and nobody
/// else.
///
/// # Errors
/// When the database refuses.
pub async fn answer_manager(
    work: &mut Work,
    id: BookingId,
    token_id: Uuid,
    agrees: bool,
) -> Result<ManagerAnswered> {
    let token = mail_tokens::find(work, TokenPurpose::Manager, token_id).await?;
    let Some(token) = token.filter(|token| token.booking == Some(id)) else {
        return Ok(ManagerAnswered::Unknown);
    };
    let Some(found) = booking::booking(work, id).await? else { return Ok(ManagerAnswered::Unknown) };
    let people = participants(work, [found.person_id]).await?;
    work.lock_persons(people.values().map(|participant| participant.email_key.as_str())).await?;
    let now = work.now().await?;
    let Some(booking) = booking::booking(work, id).await? else { return Ok(ManagerAnswered::Unknown) };
    if !mail_tokens::use_up(work, token_id).await? {
        return Ok(ManagerAnswered::Used);
    }
    if token.expires_at <= now {
        return Ok(ManagerAnswered::Expired);
    }
    if booking.status == BookingStatus::Closed {
        return Ok(ManagerAnswered::NotLive);
    }
    let (answer, action) = if agrees { ("agreed", "manager_agreed") } else { ("refused", "manager_refused") };
    let text =
        "UPDATE manager_request SET answer = $3, answered_at = $4 WHERE booking_id = $1 AND token_id = $2";
    let values: [Value; 4] = [id.0.into(), token_id.into(), answer.into(), now.into()];
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    if work.connection().execute_raw(statement).await?.rows_affected() == 0 {
        return Ok(ManagerAnswered::Used);
    }
    work.audit(AuditRow {
        academy_id: Some(booking.academy_id),
        action,
        subject_kind: "booking",
        subject_id: Some(id.0),
        detail: serde_json::json!({"cohortId": booking.cohort_id.to_string()}),
    });
    if agrees {
        reassess_pending(work, &[booking.person_id]).await?;
    } else {
        work.mail(mail(&booking, booking.person_id, MailKind::ManagerRefused, None));
    }
    Ok(ManagerAnswered::Done)
}
