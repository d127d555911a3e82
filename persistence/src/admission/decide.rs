//! One command of a batch: loaded facts in, the domain's decision, its effects into the sitting.

use super::at_desk::AtDesk;
use super::attempts::keep_attempt;
use super::attendance::{AttendanceSource, HeldAttendance};
use super::batch::{Batch, Position, Step};
use super::besides::Shown;
use super::book_many;
use super::book_ranked;
use super::booking::Booking;
use super::cancel::decide_cancel;
use super::command::{Book, Booker, Command, DeskError, Job, OfClash};
use super::managers;
use super::people::person_of;
use super::reassess::undecided_again;
use super::take_over::decide_take_over;
use super::transfers::decide_leave;
use crate::catalogue::gates::{CohortGate, TasterGate};
use crate::governance::AuditRow;
use crate::identity::participants::NewBookingToken;
use crate::messaging::{MailKind, OutboxRow};
use crate::{Origin, Result, StoreError, new_id_at};
use chrono::{DateTime, TimeDelta, Utc};
use domain::admission::{
    Attempt, BookingStatus, CarryOver, EligibilityLook, Fact, LiveBooking, Rank, Refusal, Requirement,
    Standing, clash_faults, may_answer, refuse,
};
use domain::fault::Fault;
use domain::ids::{AttendanceId, BookingId, PersonId};

/// Decides one command.
pub(super) fn decide(batch: &mut Batch, job: &Job) -> Result<Step> {
    match &job.command {
        Command::Book(book) => decide_book(batch, &job.origin, book),
        Command::Cancel { booking, by, reason, .. } => {
            decide_cancel(batch, &job.origin, *booking, *by, reason.as_deref())
        }
        Command::Leave(leave) => decide_leave(batch, &job.origin, leave),
        Command::TakeOver(take) => decide_take_over(batch, &job.origin, take),
        Command::Accept { booking, offer_end, clash, .. } => {
            decide_accept(batch, &job.origin, *booking, *offer_end, clash)
        }
        Command::Decline { booking, offer_end, .. } => {
            let fits = batch.sitting.booking(*booking).map(Booking::fits).unwrap_or_default();
            let fact = Fact::Decline { booking: *booking, fits };
            match stands(batch, *booking, *offer_end) {
                Ok(_) => enter_answer(batch, &job.origin, *booking, &fact),
                Err(error) => Ok(Step::Refused(error)),
            }
        }
        Command::BookMany(_) | Command::BookRanked(_) | Command::Tick { .. } => Ok(Step::Nothing),
    }
}

pub(super) fn decide_book(batch: &mut Batch, origin: &Origin, book: &Book) -> Result<Step> {
    let now = batch.sitting.now;
    let Some(person) = person_of(book, &batch.owners) else { return Ok(Step::Refused(DeskError::NotFound)) };
    let Some(gate) = batch.known.gates.get(&book.cohort_id).cloned() else {
        return Ok(Step::Refused(DeskError::NotFound));
    };
    let shown_at = match taster_of_code(batch, book, &gate, person, now) {
        Ok(shown_at) => shown_at,
        Err(until) => return Ok(Step::Refused(DeskError::TooManyTries { until, now })),
    };
    let code_is_wrong = book.taster_code.is_some() && shown_at.is_none();
    let waived = batch.known.waivers.of(book.cohort_id, person);
    let attempt = attempt(batch, book, &gate, person, code_is_wrong)?.less(waived);
    if let Some(refusal) = refuse(&attempt) {
        keep_attempt(batch, book, &gate, person, &refusal, code_is_wrong);
        return Ok(Step::Refused(DeskError::Refused(refusal)));
    }
    let mut booking = new_booking(book, &gate, person, now);
    count_from(batch, book, &mut booking);
    if attempt.eligibility == EligibilityLook::Met {
        booking.eligible_since = Some(booking.submitted_at);
    }
    if let Some(placed) = batch.sitting.placed_before(&booking)? {
        return book_ranked::make_ended(batch, origin, booking, placed);
    }
    let manager = managers::to_ask(&batch.known, book, &gate, person);
    if let Some(manager) = &manager {
        managers::note(&mut batch.known, &booking, manager);
    }
    if book.requires_place
        && let Some(why) = book_many::no_place(batch, &booking, shown_at.as_ref())?
    {
        return Ok(Step::Refused(DeskError::NoPlace(why)));
    }
    if let Some(taster) = shown_at {
        let held = held_by_code(batch, &booking, &taster, now)?;
        show_attendance(batch, held, &taster);
        batch.elsewhere.shown = Some(person);
    }
    if manager.is_some() {
        managers::ask(batch, &booking);
    }
    if matches!(book.clash, OfClash::Known) {
        batch.acknowledge(&booking);
    }
    batch.kept_strangers.insert(person);
    batch.live.insert((book.cohort_id, person), booking.clone());
    if !gate.requirements.contains(&Requirement::EmailVerified) || booking.told.is_none() {
        return admit(batch, origin, booking);
    }
    ask_to_verify(batch, &booking, now)?;
    admit(batch, origin, booking)
}

/// Keeps the booking, as a claim where its gate is open (ADM-2).
pub(super) fn admit(batch: &mut Batch, origin: &Origin, mut booking: Booking) -> Result<Step> {
    let look = batch.known.look_at(&booking, batch.sitting.now)?;
    let (id, cohort) = (booking.id, booking.cohort_id);
    let desk = batch.sitting.desk(cohort)?;
    let fits = batch.known.fits(&booking)?;
    booking.fits = desk.row.sorts_by_fit().then(|| fits.clone());
    let moment = match look.standing {
        Standing::Open { moment } if desk.view.takes_claim_of(moment) => moment,
        standing => {
            if let Standing::OpensAt(at) = standing {
                booking.claim_due_at = desk.view.takes_claim_of(at).then_some(at);
            }
            let row = AuditRow {
                academy_id: Some(booking.academy_id),
                action: "booking_made",
                subject_kind: "booking",
                subject_id: Some(id.0),
                detail: serde_json::json!({"cohortId": cohort.to_string(), "status": "pending"}),
            };
            batch.sitting.make(booking);
            batch.sitting.audit(origin, row);
            batch.sitting.mail(id, MailKind::BookingPending);
            return Ok(Step::Decided { booking: id, position: Position::None });
        }
    };
    let submitted_at = booking.submitted_at;
    let place = ranks_last(desk, moment, submitted_at);
    batch.sitting.make(booking);
    let fact = Fact::Claim { booking: id, moment, submitted_at, fits, imported: false };
    batch.sitting.enter(origin, cohort, &fact, None)?;
    let placed = batch.sitting.booking(id).filter(|made| made.status == BookingStatus::Confirmed);
    if let Some(placed) = placed {
        batch.sitting.alone_with(placed.person_id, cohort)?;
    }
    Ok(Step::Decided { booking: id, position: position_of(batch, id, place)? })
}

fn ranks_last(desk: &AtDesk, moment: DateTime<Utc>, submitted_at: DateTime<Utc>) -> bool {
    desk.ranks_last(Rank { moment, submitted_at, sequence: u64::MAX })
}

fn position_of(batch: &Batch, id: BookingId, ranked_last: bool) -> Result<Position> {
    let Some(booking) = batch.sitting.booking(id) else { return Ok(Position::None) };
    Ok(match (booking.status, booking.rank) {
        (BookingStatus::Waiting, _) if ranked_last => {
            Position::Known(batch.sitting.desk(booking.cohort_id)?.view.waiting.len())
        }
        (BookingStatus::Waiting, Some(rank)) => Position::ToCount(rank),
        _ => Position::None,
    })
}

/// The taster whose code was sent, if it holds; an error says until when no more codes are looked at.
pub(super) fn taster_of_code(
    batch: &mut Batch,
    book: &Book,
    gate: &CohortGate,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<TasterGate>, DateTime<Utc>> {
    let Some(code) = &book.taster_code else { return Ok(None) };
    if let Some(until) = batch.tries.used_up_until(person) {
        return Err(until);
    }
    let of_programme = |taster: &&TasterGate| taster.programme_id == gate.programme_id;
    let mut tasters = batch.known.tasters.iter().filter(of_programme);
    Ok(tasters.find(|taster| taster.code_holds(code, now)).cloned())
}

pub(super) fn attempt(
    batch: &Batch,
    book: &Book,
    gate: &CohortGate,
    person: PersonId,
    taster_code_wrong: bool,
) -> Result<Attempt> {
    let view = &batch.sitting.desk(book.cohort_id)?.view;
    // What was due has been entered since it was read: a lapsed offer is live no more.
    let over = |live: &&Booking| {
        batch.sitting.booking(live.id).is_some_and(|now| now.status == BookingStatus::Closed)
    };
    let live = batch.live.get(&(book.cohort_id, person)).filter(|live| !over(live));
    let told = book.booker.told();
    let participant = batch.known.participant(person)?;
    let fits = batch.known.fits_of(participant, told, gate);
    let commits = Requirement::CommitsToAllSessions;
    Ok(Attempt {
        live_booking: live.map(|live| LiveBooking { id: live.id, readable: may_read(&book.booker, live) }),
        published: gate.published,
        cohort: view.status(batch.sitting.now),
        full_without_waiting_list: view.is_full_without_waiting_list(&fits),
        eligibility: batch.known.eligibility(participant, told, gate),
        answer_faults: gate.form.check(&book.answers),
        commitment_missing: gate.requirements.contains(&commits) && !book.commits_to_all_sessions,
        taster_code_wrong,
        manager: managers::named(batch, book, gate, person),
        clashes: clash_faults_of(batch, book, person, &[]),
    })
}

/// What overlaps with the person's places elsewhere, besides these bookings, unless it is said to be known (PRG-6).
pub(super) fn clash_faults_of(
    batch: &Batch,
    book: &Book,
    person: PersonId,
    besides: &[BookingId],
) -> Vec<Fault> {
    let OfClash::Unsaid(asks) = &book.clash else { return Vec::new() };
    let mut besides = besides.to_vec();
    besides.extend(book.choice.iter().flat_map(|choice| batch.sitting.forms.of_one_place(choice.form)));
    clash_faults(&batch.sitting.clashes_of(person, book.cohort_id, &besides), asks)
}

/// `bookingId` is given only to who may read that booking (ACC-4).
fn may_read(booker: &Booker, live: &Booking) -> bool {
    match booker {
        Booker::Participant { person, .. } => live.person_id == *person,
        Booker::Coordinator { .. } => true,
        Booker::Client { client, operations, .. } => *operations || live.booked_by_client == Some(*client),
    }
}

/// The submission: as an imported list says, or the first attempt that counts (ADM-19, ADM-24).
pub(super) fn count_from(batch: &Batch, book: &Book, booking: &mut Booking) {
    if let Some(earlier) = &book.earlier {
        booking.asked_earlier(earlier.moment);
    }
    if let Some(first) = batch.known.waivers.first_attempt(book.cohort_id, booking.person_id) {
        booking.attempted_first(first);
    }
}

pub(super) fn new_booking(
    book: &Book,
    gate: &CohortGate,
    person_id: PersonId,
    now: DateTime<Utc>,
) -> Booking {
    let (booked_by_person, booked_by_client, vouched) = match &book.booker {
        Booker::Participant { .. } => (None, None, false),
        Booker::Coordinator { person, .. } => (Some(*person), None, true),
        Booker::Client { client, vouches, .. } => (None, Some(*client), *vouches),
    };
    Booking {
        id: book.id,
        academy_id: gate.academy_id,
        cohort_id: book.cohort_id,
        programme_id: gate.programme_id,
        person_id,
        booked_by_person,
        booked_by_client,
        told: book.booker.told().cloned(),
        vouched,
        status: BookingStatus::Pending,
        closed_reason: None,
        answers: book.answers.clone(),
        commits_to_all_sessions: book.commits_to_all_sessions,
        external_reference: book.external_reference.clone(),
        submitted_at: now,
        eligible_since: None,
        claim_due_at: None,
        claim: None,
        rank: None,
        offer_expires_at: None,
        lapses: 0,
        fits: None,
        carry_over: CarryOver::No.wish(book.carry_over),
        carried_from: None,
        choice: book.choice,
        cohort_version: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    }
}

/// A code shows attendance: held by email for who has proved it, else for the registration that showed it.
pub(super) fn show_attendance(batch: &mut Batch, held: HeldAttendance, taster: &TasterGate) {
    batch.known.attendances.push(held.clone());
    batch.attendances.push(Shown { held, academy_id: taster.academy_id });
}

pub(super) fn held_by_code(
    batch: &Batch,
    booking: &Booking,
    taster: &TasterGate,
    now: DateTime<Utc>,
) -> Result<HeldAttendance> {
    let participant = batch.known.participant(booking.person_id)?;
    let email_is_sure = participant.email_verified_at.is_some() || booking.vouched;
    Ok(HeldAttendance {
        id: AttendanceId(new_id_at(now)),
        taster_id: taster.id,
        programme_id: taster.programme_id,
        address: participant.email_key.clone(),
        person_id: (!email_is_sure).then_some(participant.id),
        full_name: None,
        minutes: None,
        source: AttendanceSource::Code,
        recorded_by_client: booking.booked_by_client,
        effective_at: taster.ends_at,
        recorded_at: now,
        participant_id: Some(participant.id),
    })
}

/// Whom a client books without vouching is sent a token at once; a verified email needs none (ACC-1).
fn ask_to_verify(batch: &mut Batch, booking: &Booking, now: DateTime<Utc>) -> Result<()> {
    let participant = batch.known.participant(booking.person_id)?;
    if booking.vouched || participant.email_verified_at.is_some() {
        return Ok(());
    }
    let id = new_id_at(now);
    batch.tokens.push(NewBookingToken {
        id,
        purpose: "verify_email",
        person_id: booking.person_id,
        booking_id: booking.id,
        expires_at: now + TimeDelta::days(7),
    });
    batch.verify_mails.push(OutboxRow {
        academy_id: Some(booking.academy_id),
        kind: MailKind::VerifyEmail,
        person_id: booking.person_id,
        booking_id: Some(booking.id),
        token_id: Some(id),
        refs: serde_json::json!({}),
    });
    Ok(())
}

/// The offer that is answered: what was due has been entered, so one past its end is gone (ADM-11).
fn stands(batch: &Batch, id: BookingId, offer_end: Option<DateTime<Utc>>) -> Result<Booking, DeskError> {
    let booking = batch.sitting.booking(id).ok_or(DeskError::NotFound)?;
    let standing = (booking.status, booking.closed_reason);
    may_answer(standing, booking.lapses, booking.offer_expires_at, offer_end)?;
    Ok(booking.clone())
}

fn decide_accept(
    batch: &mut Batch,
    origin: &Origin,
    id: BookingId,
    offer_end: Option<DateTime<Utc>>,
    clash: &OfClash,
) -> Result<Step> {
    let booking = match stands(batch, id, offer_end) {
        Ok(booking) => booking,
        Err(error) => return Ok(Step::Refused(error)),
    };
    let standing = batch.known.look_at(&booking, batch.sitting.now)?.standing;
    undecided_again(&mut batch.sitting, origin, &booking, &standing)?;
    if !matches!(standing, Standing::Open { .. }) {
        return Ok(Step::Refused(DeskError::NoOffer));
    }
    match clash {
        OfClash::Known => batch.acknowledge(&booking),
        OfClash::Unsaid(asks) if !batch.sitting.clashes.acknowledged.contains(&id) => {
            let clashes = batch.sitting.clashes_of(booking.person_id, booking.cohort_id, &[id]);
            let faults = clash_faults(&clashes, asks);
            if !faults.is_empty() {
                return Ok(Step::Refused(DeskError::Refused(Refusal::of_clashes(faults))));
            }
        }
        OfClash::Unsaid(_) | OfClash::NotAsked => {}
    }
    enter_answer(batch, origin, id, &Fact::Acceptance { booking: id })
}

fn enter_answer(batch: &mut Batch, origin: &Origin, id: BookingId, fact: &Fact) -> Result<Step> {
    let cohort = batch.sitting.booking(id).map(|booking| booking.cohort_id);
    let cohort = cohort.ok_or_else(|| StoreError::corrupt("booking", "id", id))?;
    batch.sitting.enter(origin, cohort, fact, None)?;
    Ok(Step::Decided { booking: id, position: Position::None })
}
