//! A colleague takes over a place that is passed on to them (ADM-23): the place that is left and the colleague's claim, which
//! finds it free because nobody waits, are two entries of one ledger in one transaction.

use super::attempts::keep_attempt;
use super::attendance::HeldAttendance;
use super::batch::{Batch, Step};
use super::book_many::NoPlace;
use super::booking::Booking;
use super::command::{Book, DeskError, OfClash};
use super::decide::{attempt, count_from, held_by_code, new_booking, show_attendance, taster_of_code};
use super::people::person_of;
use super::transfers::replace;
use crate::catalogue::gates::{CohortGate, TasterGate};
use crate::{Origin, Result, StoreError};
use domain::admission::{Attempt, EligibilityLook, Fact, NoTransfer, Standing, Transfer, may_leave, refuse};
use domain::ids::{BookingId, CohortId, PersonId};
use uuid::Uuid;

/// A place that is to be taken over.
#[derive(Clone, Debug)]
pub struct TakeOver {
    /// The booking whose place it is.
    pub booking: BookingId,
    /// Of which cohort.
    pub cohort: CohortId,
    /// The email of who has it, as it is compared: their lock.
    pub leaver_key: String,
    /// The token that was mailed to the colleague.
    pub token_id: Uuid,
    /// What the colleague asks for, and brings.
    pub to: Book,
}

/// The colleague, at the gate.
struct Colleague<'a> {
    book: &'a Book,
    gate: CohortGate,
    person: PersonId,
    /// The taster whose code they bring.
    shown_at: Option<TasterGate>,
}

/// Decides whether a place is taken over: all of it, or nothing.
pub(super) fn decide_take_over(batch: &mut Batch, origin: &Origin, take: &TakeOver) -> Result<Step> {
    let (left, colleague) = match at_gate(batch, take)? {
        Ok(found) => found,
        Err(error) => return Ok(Step::Refused(error)),
    };
    let joined = match passes_gate(batch, &colleague)? {
        Ok(joined) => joined,
        Err(error) => return Ok(Step::Refused(error)),
    };
    let (claim, shown) = match claim_of(batch, &joined, colleague.shown_at.as_ref())? {
        Ok(claim) => claim,
        Err(error) => return Ok(Step::Refused(error)),
    };
    let proposal = batch.known.proposals.get(&left.id);
    let proposal = proposal.ok_or_else(|| StoreError::corrupt("place_proposal", "booking_id", left.id))?;
    let (reason, transfer) = (proposal.reason, Transfer::PassedOn);
    let freed = Fact::Transferred { booking: left.id, transfer, reason, fits: left.fits() };
    let view = &batch.sitting.desk(left.cohort_id)?.view;
    if let Some(why) = view.hands_on(&freed, &claim, batch.sitting.now).map_err(|_| StoreError::NeedsMore)? {
        return Ok(Step::Refused(why.into()));
    }
    if let (Some(taster), Some(held)) = (colleague.shown_at, shown) {
        show_attendance(batch, held, &taster);
        batch.elsewhere.shown = Some(joined.person_id);
    }
    if matches!(take.to.clash, OfClash::Known) {
        batch.acknowledge(&joined);
    }
    batch.take_up(left.id);
    batch.sitting.enter(origin, left.cohort_id, &freed, None)?;
    replace(batch, origin, &left, joined, transfer)
}

/// The place that can be taken over, and who stands at its cohort's gate.
fn at_gate<'a>(
    batch: &mut Batch,
    take: &'a TakeOver,
) -> Result<std::result::Result<(Booking, Colleague<'a>), DeskError>> {
    let now = batch.sitting.now;
    let (left, proposal) =
        match (batch.sitting.booking(take.booking), batch.known.proposals.get(&take.booking)) {
            (Some(left), Some(proposal)) => (left.clone(), proposal),
            _ => return Ok(Err(DeskError::NotFound)),
        };
    if let Err(why) = proposal.takes(take.token_id, now) {
        return Ok(Err(DeskError::NoProposal(why)));
    }
    if let Err(why) = may_leave(left.status) {
        return Ok(Err(why.into()));
    }
    let gate = batch.known.gate(left.cohort_id)?.clone();
    if !gate.pass_on {
        return Ok(Err(NoTransfer::NotPassedOn.into()));
    }
    let Some(person) = person_of(&take.to, &batch.owners) else { return Ok(Err(DeskError::NotFound)) };
    match taster_of_code(batch, &take.to, &gate, person, now) {
        Ok(shown_at) => Ok(Ok((left, Colleague { book: &take.to, gate, person, shown_at }))),
        Err(until) => Ok(Err(DeskError::TooManyTries { until, now })),
    }
}

/// The colleague's booking, where nothing refuses it at once.
fn passes_gate(
    batch: &mut Batch,
    Colleague { book, gate, person, shown_at }: &Colleague<'_>,
) -> Result<std::result::Result<Booking, DeskError>> {
    let code_is_wrong = book.taster_code.is_some() && shown_at.is_none();
    let attempt = Attempt {
        // The place that is left is free, for them or for nobody.
        full_without_waiting_list: false,
        ..attempt(batch, book, gate, *person, code_is_wrong)?
    };
    let attempt = attempt.less(batch.known.waivers.of(book.cohort_id, *person));
    if let Some(refusal) = refuse(&attempt) {
        keep_attempt(batch, book, gate, *person, &refusal, code_is_wrong);
        return Ok(Err(DeskError::Refused(refusal)));
    }
    let now = batch.sitting.now;
    let eligible_since = (attempt.eligibility == EligibilityLook::Met).then_some(now);
    let mut joined = Booking { eligible_since, ..new_booking(book, gate, *person, now) };
    count_from(batch, book, &mut joined);
    Ok(Ok(joined))
}

/// The claim that the booking would make now, with the attendance that the code shows; what is missing refuses, since
/// nothing is left pending.
fn claim_of(
    batch: &mut Batch,
    joined: &Booking,
    shown_at: Option<&TasterGate>,
) -> Result<std::result::Result<(Fact, Option<HeldAttendance>), DeskError>> {
    let now = batch.sitting.now;
    let shown = shown_at.map(|taster| held_by_code(batch, joined, taster, now)).transpose()?;
    let before = batch.known.attendances.len();
    batch.known.attendances.extend(shown.clone());
    let look = batch.known.look_at(joined, now);
    batch.known.attendances.truncate(before);
    let look = look?;
    let Standing::Open { moment } = look.standing else {
        let missing = look.items.into_iter().filter(|item| !item.met).collect();
        return Ok(Err(DeskError::NoPlace(NoPlace::Missing(missing))));
    };
    let (fits, submitted_at) = (batch.known.fits(joined)?, joined.submitted_at);
    let claim = Fact::Claim { booking: joined.id, moment, submitted_at, fits, imported: false };
    Ok(Ok((claim, shown)))
}
