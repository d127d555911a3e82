//! Places that are proposed to colleagues (ADM-23): nothing changes until one takes the place over with the mail's
//! one-time token. A token that was used, or that ended, leaves no proposal.

use super::booking::{self, Booking};
use super::command::{BookingRecord, DeskError};
use super::reassess::sit;
use super::record::record_in;
use super::sitting::Sitting;
use crate::governance::AuditRow;
use crate::identity::mail_tokens;
use crate::identity::participants::{
    NewBookingToken, NewKnown, create_booking_tokens, create_known, owners, participants,
};
use crate::messaging::{MailKind, OutboxRow};
use crate::rows::{self, Writes};
use crate::{Access, Result, StoreError, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::admission::{
    BookingStatus, COUNTED_WITHIN, CancelledBy, ClosedReason, NoProposal, NoTransfer, Proposing,
};
use domain::identity::{EmailAddress, Proposer};
use domain::ids::{BookingId, ClientId, CohortId, PersonId};
use domain::messaging::TokenPurpose;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use std::collections::HashMap;
use std::fmt;
use uuid::Uuid;

/// To whom a place was last to be passed on.
#[derive(Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Their email, as it was typed.
    pub email: String,
    /// The same as it is compared.
    pub email_key: String,
    /// Their name, as it was given.
    pub full_name: String,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
    /// Who proposed it.
    pub proposer: Proposer,
    /// From then on its token is worth nothing.
    pub ends_at: DateTime<Utc>,
    /// As what the place is closed when it is taken over.
    pub(super) reason: ClosedReason,
    pub(super) token_id: Uuid,
    pub(super) used: bool,
    times: u32,
}

/// Personal data: never shown by `Debug` (ACC-7).
impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proposal").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

impl Proposal {
    /// Whether the place can be taken over with this token.
    pub(super) fn takes(&self, token_id: Uuid, now: DateTime<Utc>) -> std::result::Result<(), NoProposal> {
        if self.used || self.token_id != token_id {
            return Err(NoProposal::Used);
        }
        if self.ends_at <= now { Err(NoProposal::Expired) } else { Ok(()) }
    }

    pub(super) fn stands(&self, now: DateTime<Utc>) -> bool {
        self.takes(self.token_id, now).is_ok()
    }
}

#[derive(FromQueryResult)]
struct ProposalRow {
    booking_id: Uuid,
    address: String,
    as_typed: String,
    full_name: String,
    closed_reason: String,
    token_id: Uuid,
    times: i64,
    proposed_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
    by_themselves: bool,
    by_client: Option<Uuid>,
}

impl TryFrom<ProposalRow> for Proposal {
    type Error = StoreError;

    fn try_from(row: ProposalRow) -> Result<Self> {
        let corrupt = |column| StoreError::corrupt("place_proposal", column, row.booking_id);
        Ok(Self {
            email: row.as_typed,
            email_key: row.address,
            full_name: row.full_name,
            proposed_at: row.proposed_at,
            proposer: Proposer { themselves: row.by_themselves, client: row.by_client.map(ClientId) },
            ends_at: row.expires_at,
            reason: ClosedReason::parse(&row.closed_reason).ok_or_else(|| corrupt("closed_reason"))?,
            token_id: row.token_id,
            used: row.used_at.is_some(),
            times: u32::try_from(row.times).map_err(|_| corrupt("times"))?,
        })
    }
}

/// The last proposals of these bookings' places, whatever became of them.
pub(super) async fn load(
    db: &impl Access,
    bookings: impl IntoIterator<Item = BookingId>,
) -> Result<HashMap<BookingId, Proposal>> {
    let ids: Vec<Uuid> = bookings.into_iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let db = db.connection();
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT p.booking_id, p.address, p.as_typed, p.full_name, p.closed_reason, p.token_id, p.times, p.proposed_at, \
         p.by_themselves, p.by_client, t.expires_at, t.used_at FROM {} {} {}",
        rows::ids_source(backend),
        rows::lookup(backend, "place_proposal", "p", "p.booking_id = r.id"),
        rows::lookup(backend, "mail_token", "t", "t.id = p.token_id"),
    );
    let statement = Statement::from_sql_and_values(backend, text, [rows::ids(ids)]);
    let found = ProposalRow::find_by_statement(statement).all(db).await?;
    found.into_iter().map(|row| Ok((BookingId(row.booking_id), row.try_into()?))).collect()
}

/// The proposals that stand of these bookings, in cohorts whose places are passed on: most are not, and nothing is asked
/// of the database for them.
pub(super) async fn load_standing<'a>(
    db: &impl Access,
    list: impl Iterator<Item = &'a Booking>,
    passes_on: impl Fn(CohortId) -> bool,
    now: DateTime<Utc>,
) -> Result<HashMap<BookingId, Proposal>> {
    let confirmed = list.filter(|booking| booking.status == BookingStatus::Confirmed);
    let asked = confirmed.filter(|booking| passes_on(booking.cohort_id)).map(|booking| booking.id);
    let mut found = load(db, asked).await?;
    found.retain(|_, proposal| proposal.stands(now));
    Ok(found)
}

/// To whom a place is to be proposed, and by whom.
#[derive(Clone)]
pub struct NewProposal {
    /// The colleague's email.
    pub email: EmailAddress,
    /// The colleague's name.
    pub full_name: String,
    /// On whose behalf the place is left.
    pub by: CancelledBy,
    /// Who proposes it: the participant is named in the mail where they do, and told where they do not.
    pub proposer: Proposer,
}

/// A booking whose place is looked at under the locks of its person, of others and of its cohort.
async fn held(
    work: &mut Work,
    id: BookingId,
    others: &[&str],
) -> Result<(Sitting, Booking, Option<Proposal>)> {
    let gone = || StoreError::corrupt("booking", "id", id);
    let found = booking::booking(work, id).await?.ok_or_else(gone)?;
    let people = participants(work, [found.person_id]).await?;
    let keys = people.values().map(|participant| participant.email_key.as_str());
    work.lock_persons(keys.chain(others.iter().copied())).await?;
    let sitting = sit(work, std::slice::from_ref(&found)).await?;
    let booking = sitting.booking(id).cloned().ok_or_else(gone)?;
    let before = load(work, [id]).await?.remove(&id);
    Ok((sitting, booking, before))
}

/// Proposes a confirmed place to a colleague, by a mail with a one-time token; an earlier proposal is worth nothing any
/// more. Whether the colleague is known to us makes no difference that could be seen.
///
/// # Errors
/// When the database refuses.
pub async fn propose_place(
    work: &mut Work,
    id: BookingId,
    to: &NewProposal,
) -> Result<std::result::Result<Box<BookingRecord>, DeskError>> {
    let (mut sitting, booking, before) = held(work, id, &[to.email.key()]).await?;
    let own = participants(work, [booking.person_id]).await?.remove(&booking.person_id);
    let gate = &sitting.gates.get(&booking.cohort_id);
    let asked = Proposing {
        status: booking.status,
        allowed: gate.is_some_and(|gate| gate.pass_on),
        published: gate.is_some_and(|gate| gate.published),
        to_themselves: own.is_some_and(|own| own.email_key == to.email.key()),
        times: before.as_ref().map_or(0, |before| before.times),
        sent_to_them: mail_tokens::proposed_to(work, to.email.key(), sitting.now - COUNTED_WITHIN).await?,
        cohort: &sitting.desk(booking.cohort_id)?.view,
    };
    let ends_at = match asked.ends(sitting.now) {
        Ok(ends_at) => ends_at,
        Err(why) => return Ok(Err(why.into())),
    };
    if let Some(before) = &before {
        mail_tokens::use_up(work, before.token_id).await?;
    }
    keep(work, &booking, to, sitting.now, ends_at).await?;
    let detail = serde_json::json!({
        "cohortId": booking.cohort_id.to_string(), "endsAt": domain::time::wire(ends_at),
    });
    let origin = work.origin.clone();
    sitting.audit(&origin, row("place_proposed", &booking, detail));
    sitting.write(work).await?;
    Ok(Ok(Box::new(record_in(work, &sitting, booking).await?)))
}

/// Takes a proposal back: its token is worth nothing any more.
///
/// # Errors
/// When the database refuses.
pub async fn take_back_place(
    work: &mut Work,
    id: BookingId,
) -> Result<std::result::Result<Box<BookingRecord>, DeskError>> {
    let (mut sitting, booking, before) = held(work, id, &[]).await?;
    let standing = before.filter(|before| before.stands(sitting.now));
    let Some(standing) = standing.filter(|_| booking.status == BookingStatus::Confirmed) else {
        return Ok(Err(NoTransfer::NothingProposed.into()));
    };
    end(work, standing.token_id).await?;
    let origin = work.origin.clone();
    let detail = serde_json::json!({"cohortId": booking.cohort_id.to_string()});
    sitting.audit(&origin, row("place_taken_back", &booking, detail));
    sitting.write(work).await?;
    Ok(Ok(Box::new(record_in(work, &sitting, booking).await?)))
}

fn row(action: &'static str, booking: &Booking, detail: serde_json::Value) -> AuditRow {
    AuditRow {
        academy_id: Some(booking.academy_id),
        action,
        subject_kind: "booking",
        subject_id: Some(booking.id.0),
        detail,
    }
}

/// Keeps a proposal with its token and mail, and the colleague where nobody knew them.
async fn keep(
    work: &mut Work,
    booking: &Booking,
    to: &NewProposal,
    now: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<()> {
    let owner = owners(work, [to.email.key()]).await?.remove(to.email.key());
    let person = owner.unwrap_or_else(|| PersonId(new_id_at(now)));
    let token_id = new_id_at(now);
    let mut writes = Writes::default();
    if owner.is_none() {
        let (email_key, email) = (to.email.key().to_owned(), to.email.as_typed().to_owned());
        create_known(&mut writes, now, &[NewKnown { id: person, email_key, email }]);
    }
    let purpose = TokenPurpose::TakeOver.as_str();
    let token = NewBookingToken {
        id: token_id,
        purpose,
        person_id: person,
        booking_id: booking.id,
        expires_at: ends_at,
    };
    create_booking_tokens(&mut writes, now, vec![token]);
    writes.run(work.connection()).await?;
    let text = "INSERT INTO place_proposal (booking_id, academy_id, address, as_typed, full_name, closed_reason, \
                token_id, times, proposed_at, by_themselves, by_client) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10) \
                ON CONFLICT (booking_id) DO UPDATE SET address = excluded.address, as_typed = excluded.as_typed, \
                full_name = excluded.full_name, closed_reason = excluded.closed_reason, \
                token_id = excluded.token_id, times = place_proposal.times + 1, proposed_at = excluded.proposed_at, \
                by_themselves = excluded.by_themselves, by_client = excluded.by_client";
    let values: [Value; 10] = [
        booking.id.0.into(),
        booking.academy_id.0.into(),
        to.email.key().into(),
        to.email.as_typed().into(),
        to.full_name.as_str().into(),
        to.by.reason_of_place().as_str().into(),
        token_id.into(),
        now.into(),
        to.proposer.themselves.into(),
        to.proposer.client.map(|client| client.0).into(),
    ];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    tell(work, booking, to.proposer, (person, token_id));
    Ok(())
}

/// Mails the colleague, and the participant where somebody else proposes their place.
fn tell(work: &mut Work, booking: &Booking, proposer: Proposer, (colleague, token_id): (PersonId, Uuid)) {
    let to_colleague = OutboxRow {
        academy_id: Some(booking.academy_id),
        kind: MailKind::PlaceProposed,
        person_id: colleague,
        booking_id: Some(booking.id),
        token_id: Some(token_id),
        refs: serde_json::json!({"byThemselves": proposer.themselves}),
    };
    if !proposer.themselves {
        work.mail(OutboxRow {
            kind: MailKind::OwnPlaceProposed,
            person_id: booking.person_id,
            token_id: None,
            refs: serde_json::json!({}),
            ..to_colleague.clone()
        });
    }
    work.mail(to_colleague);
}

/// Ends a proposal: its token is worth nothing any more, and who the colleague is, is forgotten.
pub(super) async fn end(work: &mut Work, token_id: Uuid) -> Result<()> {
    mail_tokens::use_up(work, token_id).await?;
    let text = format!("{FORGET} token_id = $1");
    let values: [Value; 1] = [token_id.into()];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    Ok(())
}

/// Forgets who the colleagues are of proposals that have ended, or whose place is gone; a job's work.
///
/// # Errors
/// When the database refuses.
pub async fn forget_colleagues(work: &mut Work) -> Result<()> {
    let now = work.now().await?;
    let text = format!(
        "{FORGET} address <> '' AND (EXISTS (SELECT 1 FROM mail_token t WHERE t.id = place_proposal.token_id \
         AND (t.used_at IS NOT NULL OR t.expires_at <= $1)) OR NOT EXISTS (SELECT 1 FROM booking b \
         WHERE b.id = place_proposal.booking_id AND b.status = 'confirmed'))"
    );
    let values: [Value; 1] = [now.into()];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    Ok(())
}

const FORGET: &str = "UPDATE place_proposal SET address = '', as_typed = '', full_name = '' WHERE";

/// What a token that was mailed to a colleague stands for.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// The booking whose place it is.
    pub booking: BookingId,
    /// The email to which it was sent, as it is compared.
    pub email_key: String,
    /// The email of who has the place, as it is compared: their lock.
    pub leaver_key: String,
}

/// What such a token stands for; `None` where there is no such token of this cohort. That it was used, or has ended, is the
/// desk's to say, which knows first what a repeat of the request was answered.
///
/// # Errors
/// [`NoProposal::Used`] where the place was proposed to somebody else since. When the database does not answer.
pub async fn proposed(
    db: &impl Access,
    cohort: CohortId,
    token_id: Uuid,
) -> Result<Option<std::result::Result<Proposed, NoProposal>>> {
    let token = mail_tokens::find(db, TokenPurpose::TakeOver, token_id).await?;
    let Some(token) = token else { return Ok(None) };
    let Some(id) = token.booking else { return Ok(None) };
    let found = booking::booking(db, id).await?.filter(|booking| booking.cohort_id == cohort);
    let Some(found) = found else { return Ok(None) };
    let last = load(db, [id]).await?.remove(&id).filter(|last| last.token_id == token_id);
    let Some(last) = last else { return Ok(Some(Err(NoProposal::Used))) };
    let mut people = participants(db, [found.person_id, token.person]).await?;
    // Who it was sent to is forgotten with the proposal: a late or repeated request is known by whose the token is.
    let colleague = people.get(&token.person).map(|colleague| colleague.email_key.clone());
    let email_key = if last.email_key.is_empty() { colleague } else { Some(last.email_key) };
    let Some(email_key) = email_key else { return Ok(Some(Err(NoProposal::Used))) };
    let leaver = people.remove(&found.person_id);
    let leaver = leaver.ok_or_else(|| StoreError::corrupt("booking", "person_id", id))?;
    Ok(Some(Ok(Proposed { booking: id, email_key, leaver_key: leaver.email_key })))
}
