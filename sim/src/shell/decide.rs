//! One command of a batch (after `persistence::admission::decide`).

use super::command::{Book, Command, Ranked};
use super::evidence::{fits_of, look_at};
use super::leave::decide_leave;
use super::refused::Refused;
use super::sitting::Sitting;
use crate::Time;
use crate::bugs::Bug;
use crate::store::rows::{AttendanceKey, Booking, Write};
use crate::store::work::{Result, StoreError, Work};
use chrono::TimeDelta;
use domain::admission::{
    Attempt, BookingStatus, CancelledBy, Cancelling, CarryOver, EligibilityLook, Fact, Fits, LiveBooking,
    ManagerNamed, Queue, Requirement, Standing, cancelling, may_answer, refuse,
};
use domain::ids::{BookingId, CohortId, PersonId, TasterId};
use std::collections::BTreeMap;

/// What a command led to.
pub(crate) enum Step {
    /// This booking was made or changed.
    Decided(BookingId),
    /// Nothing.
    Nothing,
    /// Nothing, for this reason.
    Refused(Refused),
}

/// A batch at work.
pub(crate) struct Batch {
    /// Its sitting.
    pub(crate) sitting: Sitting,
    /// The live bookings of those who book.
    pub(crate) live: BTreeMap<(CohortId, PersonId), Booking>,
    /// Whose attendance the last booking's code showed.
    pub(crate) shown: Option<PersonId>,
}

/// Decides one command.
///
/// # Errors
/// When a row is missing or more of a waiting list is needed.
pub(crate) fn decide(batch: &mut Batch, work: &mut Work, command: &Command) -> Result<Step> {
    match command {
        Command::Book(book) => decide_book(batch, work, book),
        Command::Ranked(ranked) => decide_ranked(batch, work, ranked),
        Command::Leave(leave) => decide_leave(batch, work, leave),
        Command::Cancel { booking, academy, .. } => decide_cancel(batch, work, *booking, *academy),
        Command::Answer { booking, accept, offer_end, .. } => {
            decide_answer(batch, work, *booking, *accept, *offer_end)
        }
        Command::Tick { .. } => Ok(Step::Nothing),
    }
}

/// One form for several cohorts: its choices are taken in the order of preference, all of them or none.
fn decide_ranked(batch: &mut Batch, work: &mut Work, ranked: &Ranked) -> Result<Step> {
    batch.sitting.forms.learn(ranked.form, ranked.when_placed);
    work.write(Write::Form(ranked.form, ranked.when_placed));
    let mut first_of_all = None;
    for book in ranked.rows() {
        match decide_book(batch, work, book)? {
            Step::Refused(refused) => return Ok(Step::Refused(refused)),
            Step::Decided(id) => drop(first_of_all.get_or_insert(id)),
            Step::Nothing => {}
        }
    }
    Ok(first_of_all.map_or(Step::Nothing, Step::Decided))
}

fn decide_book(batch: &mut Batch, work: &mut Work, book: &Book) -> Result<Step> {
    let now = batch.sitting.now;
    let requirements = work.read(|rows| rows.gates.get(&book.cohort).cloned());
    let requirements = requirements.ok_or(StoreError::Corrupt)?;
    let shown = book.code.filter(|(taster, right)| *right && code_holds(work, *taster, now));
    let code_is_wrong = book.code.is_some() && shown.is_none();
    let attempt = attempt(batch, work, book, &requirements, code_is_wrong)?;
    if let Some(refusal) = refuse(&attempt) {
        return Ok(Step::Refused(Refused::Attempt(refusal.first, refusal.already)));
    }
    let mut booking = new_booking(book, now);
    booking.eligible_since = (attempt.eligibility == EligibilityLook::Met).then_some(now);
    if batch.sitting.placed_before(book.choice)? {
        // A preferred cohort gave a place: this one never is a claim.
        batch.sitting.make(booking);
        batch.sitting.end_choice(book.id)?;
        return Ok(Step::Decided(book.id));
    }
    if let Some((taster, _)) = shown {
        show_attendance(work, &booking, taster)?;
        batch.shown = Some(book.person);
    }
    batch.live.insert((book.cohort, book.person), booking.clone());
    admit(batch, work, booking)
}

/// A booking that is asked for, its gate not looked at yet.
pub(crate) fn new_booking(book: &Book, now: Time) -> Booking {
    Booking {
        id: book.id,
        cohort: book.cohort,
        person: book.person,
        vouched: book.vouched,
        status: BookingStatus::Pending,
        closed_reason: None,
        submitted_at: now,
        eligible_since: None,
        claim_due_at: None,
        claim: None,
        rank: None,
        offer_expires_at: None,
        lapses: 0,
        fits: Fits::none(),
        choice: book.choice,
        carry_over: CarryOver::No.wish(book.carry_over),
        carried_from: None,
        left_for: None,
        cohort_version: None,
    }
}

/// A code holds from the taster's start to a day after its end.
pub(crate) fn code_holds(work: &Work, taster: TasterId, now: Time) -> bool {
    let ends_at = work.taster(taster).map(|taster| taster.ends_at);
    ends_at.is_some_and(|end| end - TimeDelta::hours(1) <= now && now < end + TimeDelta::hours(24))
}

fn show_attendance(work: &mut Work, booking: &Booking, taster: TasterId) -> Result<()> {
    let person = work.person(booking.person).ok_or(StoreError::Corrupt)?;
    let ends_at = work.taster(taster).ok_or(StoreError::Corrupt)?.ends_at;
    let email_is_sure = person.email_verified_at.is_some() || booking.vouched;
    record(work, (booking.person, taster, !email_is_sure), ends_at);
    Ok(())
}

/// Puts an attendance on record; one that is on record stays as it is.
pub(crate) fn record(work: &mut Work, key: AttendanceKey, from: Time) {
    if !work.attendances(key.0).contains_key(&key) {
        work.write(Write::Attendance(key, Some(from)));
    }
}

pub(crate) fn attempt(
    batch: &Batch,
    work: &Work,
    book: &Book,
    requirements: &[Requirement],
    taster_code_wrong: bool,
) -> Result<Attempt> {
    let view = &batch.sitting.desk(book.cohort)?.view;
    // What was due has been entered since it was read: a lapsed offer is live no more.
    let over = |live: &&Booking| {
        batch.sitting.booking(live.id).is_some_and(|now| now.status == BookingStatus::Closed)
    };
    let live = batch.live.get(&(book.cohort, book.person)).filter(|live| !over(live));
    let person = work.person(book.person).ok_or(StoreError::Corrupt)?;
    let asked = |requirement| requirements.contains(&requirement);
    Ok(Attempt {
        live_booking: live.map(|live| LiveBooking { id: live.id, readable: true }),
        published: true,
        cohort: view.status(batch.sitting.now),
        full_without_waiting_list: view.is_full_without_waiting_list(&fits_of(view, &person)),
        eligibility: if asked(Requirement::Eligible) { person.known.look() } else { EligibilityLook::Met },
        answer_faults: Vec::new(),
        commitment_missing: asked(Requirement::CommitsToAllSessions) && !book.commits,
        taster_code_wrong,
        manager: ManagerNamed::Fine,
        // Cohorts have no sessions here that could overlap.
        clashes: Vec::new(),
    })
}

/// Keeps the booking, as a claim where its gate is open (ADM-2).
pub(crate) fn admit(batch: &mut Batch, work: &Work, mut booking: Booking) -> Result<Step> {
    let look = look_at(work, &booking, batch.sitting.now)?;
    let (id, cohort, submitted_at) = (booking.id, booking.cohort, booking.submitted_at);
    let view = &batch.sitting.desk(cohort)?.view;
    booking.fits = fits_of(view, &work.person(booking.person).ok_or(StoreError::Corrupt)?);
    let fits = booking.fits.clone();
    let moment = match look.standing {
        Standing::Open { moment } if view.takes_claim_of(moment) => moment,
        standing => {
            if let Standing::OpensAt(at) = standing {
                booking.claim_due_at = view.takes_claim_of(at).then_some(at);
            }
            batch.sitting.make(booking);
            return Ok(Step::Decided(id));
        }
    };
    batch.sitting.make(booking);
    if work.ctx().has(Bug::NewcomerServedFirst) {
        batch.sitting.distort(cohort, |view| {
            if view.places_free() > 0 {
                view.waiting = Queue::default();
            }
        });
    }
    if work.ctx().has(Bug::ReservedPlaceGivenAway) {
        batch.sitting.distort(cohort, |view| view.terms.reserves.clear());
    }
    let moment = if work.ctx().has(Bug::RankByArrival) { batch.sitting.now } else { moment };
    batch.sitting.enter(
        cohort,
        &Fact::Claim { booking: id, moment, submitted_at, fits, imported: false },
        None,
    )?;
    Ok(Step::Decided(id))
}

fn decide_cancel(batch: &mut Batch, work: &Work, id: BookingId, academy: bool) -> Result<Step> {
    let Some(booking) = batch.sitting.booking(id).cloned() else {
        return Ok(Step::Refused(Refused::NotFound));
    };
    let by = if academy { CancelledBy::Academy } else { CancelledBy::Participant };
    match cancelling(id, (booking.status, booking.rank), booking.fits.clone(), by) {
        None => return Ok(Step::Refused(Refused::NotLive)),
        Some(Cancelling::Settles(fact)) => {
            if work.ctx().has(Bug::PromotionLater) {
                batch.sitting.distort(booking.cohort, |view| view.waiting = Queue::default());
            }
            batch.sitting.enter(booking.cohort, &fact, None)?;
        }
        Some(Cancelling::Closes(closed)) => {
            batch.sitting.change(id, |booking| {
                booking.status = BookingStatus::Closed;
                booking.closed_reason = Some(closed);
                booking.claim_due_at = None;
            });
        }
    }
    Ok(Step::Decided(id))
}

/// Accepting and declining: what was due has been entered, so an offer past its end is gone (ADM-11).
fn decide_answer(
    batch: &mut Batch,
    work: &Work,
    id: BookingId,
    accept: bool,
    offer_end: Option<Time>,
) -> Result<Step> {
    let Some(booking) = batch.sitting.booking(id) else { return Ok(Step::Refused(Refused::NotFound)) };
    let meant = offer_end.filter(|_| !work.ctx().has(Bug::OldTokenAnswers));
    let standing = (booking.status, booking.closed_reason);
    if let Err(why) = may_answer(standing, booking.lapses, booking.offer_expires_at, meant) {
        return Ok(Step::Refused(why.into()));
    }
    let fits = booking.fits.clone();
    let fact = if accept { Fact::Acceptance { booking: id } } else { Fact::Decline { booking: id, fits } };
    let cohort = booking.cohort;
    batch.sitting.enter(cohort, &fact, None)?;
    Ok(Step::Decided(id))
}
