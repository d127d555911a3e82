//! The cohort under its lock: what `persistence::admission::{sitting, decide, reassess}` do in memory between
//! the last read and the first write.

use crate::rules::{self, Cohort, booking_id, id, moment, small, time};
use crate::state::{
    Answer, Ask, Booking, Database, Entry, Id, Job, Outcome, Person, Request, Row, Time, Work,
};
use crate::{Protocol, Variant};
use chrono::{DateTime, Utc};
use domain::admission::{
    BookingStatus, ClosedReason, Decision, EntryKind, Fact, Fits, Held, Queue, View, due_facts,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a batch decided.
pub(crate) struct Decided {
    pub(crate) row: Option<Row>,
    pub(crate) bookings: BTreeMap<Id, Booking>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) outcomes: Vec<Outcome>,
}

pub(crate) struct Sitting {
    now: Time,
    really: Time,
    view: View,
    row: Row,
    bookings: BTreeMap<Id, Booking>,
    touched: BTreeSet<Id>,
    entries: Vec<Entry>,
}

impl Sitting {
    /// `Sitting::open`: enters what is due before anything else, in the order of its moments.
    pub(crate) fn open(cohort: Cohort, work: &Work, enter_due: bool) -> Self {
        let nothing = std::sync::Arc::default();
        let row = work.seen.row.as_ref().unwrap_or(&nothing).row.clone();
        let bookings = work.seen.due.as_ref().unwrap_or(&nothing);
        let (clock, really) = work.now.unwrap_or_default();
        // Never less than the time of the cohort's last entry, whatever the clock does.
        let now = clock.max(row.head_recorded_at);
        let view = cohort.view(&row, bookings);
        let mut sitting = Self {
            now,
            really,
            view,
            row,
            bookings: bookings.bookings.clone(),
            touched: BTreeSet::new(),
            entries: Vec::new(),
        };
        if enter_due {
            let due = rules::due(bookings, now);
            for fact in due_facts(&sitting.view, &due, moment(now)) {
                sitting.enter(&fact.fact, None);
            }
        }
        sitting
    }

    /// `Sitting::enter`: settles (ADM-7), writes the ledger's entry, brings the bookings up to date.
    fn enter(&mut self, fact: &Fact, by: Option<Request>) -> u8 {
        let own = own_of(fact);
        let offer_end = own.and_then(|own| self.bookings.get(&own)?.offer_end);
        // More of the waiting list is never needed, since all of it was loaded.
        let decisions = self.view.apply(fact, moment(self.now)).unwrap_or_default();
        self.record(kind_of(fact), own, by, offer_end, &decisions)
    }

    fn record(
        &mut self,
        kind: EntryKind,
        own: Option<Id>,
        by: Option<Request>,
        offer_end: Option<Time>,
        decisions: &[Decision],
    ) -> u8 {
        let version = self.row.version + 1;
        for decision in decisions {
            self.follow_decision(kind, own, version, decision);
        }
        self.row = Row {
            version,
            places_taken: small(self.view.places_taken),
            waiting: small(self.view.waiting.len()),
            claim_sequence: small(self.view.claim_sequence),
            head_recorded_at: self.now,
        };
        let really_at = self.really;
        self.entries.push(Entry { version, by, kind, booking: own, really_at, offer_end });
        version
    }

    fn follow_decision(&mut self, kind: EntryKind, own: Option<Id>, version: u8, decision: &Decision) {
        let id = id(decision.booking);
        let Some(booking) = self.bookings.get_mut(&id) else { return };
        let holds = |status| matches!(status, BookingStatus::Offered | BookingStatus::Confirmed);
        if holds(decision.status) && !holds(booking.status) {
            booking.placed_by = version;
        }
        booking.status = decision.status;
        booking.offer_end = decision.offer_expires_at.map(time);
        if let Some(rank) = decision.rank {
            booking.rank = Some(rules::small_rank(rank));
            booking.ranked_by = version;
        }
        if kind == EntryKind::Expiry && own == Some(id) {
            booking.lapses += 1;
        }
        self.touched.insert(id);
    }

    /// `decide::decide_book` and `decide::admit`, with a gate that asks for a verified email only.
    fn book(&mut self, known: &Database, job: Job, request: Request, person: Person) -> Option<Answer> {
        let live = known.live(person).filter(|live| {
            // What was due has been entered since it was read: a lapsed offer is live no more.
            self.bookings.get(live).is_none_or(|booking| booking.status != BookingStatus::Closed)
        });
        if live.is_some() {
            return None;
        }
        let id = Id { request: Some(request), attempt: job.attempt };
        let booking = Booking {
            person,
            status: BookingStatus::Pending,
            submitted_at: self.now,
            rank: None,
            ranked_by: 0,
            placed_by: 0,
            offer_end: None,
            lapses: 0,
        };
        self.bookings.insert(id, booking);
        self.touched.insert(id);
        if !known.verified.contains(&person) {
            return self.answer(id, None);
        }
        let (booking, moment) = (booking_id(id), moment(self.now));
        let version = self.enter(
            &Fact::Claim { booking, moment, submitted_at: moment, fits: Fits::none(), imported: false },
            Some(request),
        );
        self.answer(id, Some(version))
    }

    /// `decide::decide_cancel`, by staff.
    fn cancel(&mut self, request: Request, target: Option<Id>, apart: bool) -> Option<Answer> {
        let id = target?;
        let booking = self.bookings.get(&id)?.clone();
        let held = match (booking.status, booking.rank) {
            (BookingStatus::Pending, _) => None,
            (BookingStatus::Waiting, Some(rank)) => Some(Held::Waiting(rules::rank(rank))),
            (BookingStatus::Offered | BookingStatus::Confirmed, _) => Some(Held::Place),
            _ => return None,
        };
        let version = match held {
            Some(Held::Place) if apart => Some(self.cancel_without_settling(id, request)),
            Some(held) => {
                let reason = ClosedReason::CancelledByAcademy;
                let fact = Fact::Cancellation { booking: booking_id(id), reason, held, fits: Fits::none() };
                Some(self.enter(&fact, Some(request)))
            }
            None => {
                let booking = Booking { status: BookingStatus::Closed, ..booking };
                self.bookings.insert(id, booking);
                self.touched.insert(id);
                None
            }
        };
        self.answer(id, version)
    }

    /// Only [`Variant::PromotionApart`]: the first of its two transactions.
    fn cancel_without_settling(&mut self, own: Id, request: Request) -> u8 {
        self.view.places_taken -= 1;
        let decision = Decision {
            booking: booking_id(own),
            status: BookingStatus::Closed,
            closed_reason: Some(ClosedReason::CancelledByAcademy),
            offer_expires_at: None,
            rank: None,
            clashes: false,
        };
        self.record(EntryKind::Cancellation, Some(own), Some(request), None, &[decision])
    }

    /// `decide::decide_answer`: what was due has been entered, so an offer past its end is gone (ADM-11).
    fn accept(&mut self, request: Request, target: Option<Id>) -> Option<Answer> {
        let id = target?;
        let stands = self.bookings.get(&id)?.status == BookingStatus::Offered;
        let version =
            stands.then(|| self.enter(&Fact::Acceptance { booking: booking_id(id) }, Some(request)))?;
        self.answer(id, Some(version))
    }

    /// `reassess::email_verified`: the person's pending bookings become claims, in order of rank. What
    /// registrations of the same email do to each other is left out.
    fn look_again(&mut self, request: Request, person: Person, known: &Database) {
        let mut open: Vec<(Time, Id)> = Vec::new();
        for (id, booking) in &self.bookings {
            let found = known.bookings.contains_key(id);
            if found && booking.person == person && booking.status == BookingStatus::Pending {
                open.push((booking.submitted_at, *id));
            }
        }
        open.sort_unstable();
        for (submitted_at, id) in open {
            let submitted_at: DateTime<Utc> = moment(submitted_at);
            let fact = Fact::Claim {
                booking: booking_id(id),
                moment: submitted_at,
                submitted_at,
                fits: Fits::none(),
                imported: false,
            };
            self.enter(&fact, Some(request));
        }
    }

    fn answer(&self, booking: Id, version: Option<u8>) -> Option<Answer> {
        let status = self.bookings.get(&booking)?.status;
        Some(Answer { booking, status, version })
    }

    fn end(self, outcomes: Vec<Outcome>) -> Decided {
        let mut bookings = self.bookings;
        bookings.retain(|id, _| self.touched.contains(id));
        let row = (!self.entries.is_empty()).then_some(self.row);
        Decided { row, bookings, entries: self.entries, outcomes }
    }
}

/// Decides the commands of a batch in their order, each as the one before left things.
pub(crate) fn decide(protocol: &Protocol, work: &Work, committed: &Database) -> Decided {
    let variant = protocol.variant;
    let is_tick = work.jobs.iter().any(|job| job.request.is_none());
    let enter_due = variant != Variant::ExpiryByJob || is_tick;
    let mut sitting = Sitting::open(protocol.scene.cohort, work, enter_due);
    let nothing = std::sync::Arc::default();
    let keys = work.seen.keys.as_ref().unwrap_or(&nothing);
    let known = work.seen.known.as_ref().unwrap_or(&nothing);
    let mut outcomes = Vec::with_capacity(work.jobs.len());
    for job in &work.jobs {
        let Some(request) = job.request else {
            outcomes.push(Outcome::Nothing);
            continue;
        };
        if let Some(answer) = keys.keys.get(&request) {
            outcomes.push(Outcome::Repeated(answer.clone()));
            continue;
        }
        let answer = match protocol.scene.asks[usize::from(request)] {
            Ask::Book(person) if variant == Variant::PromotionApart => {
                let waiting = std::mem::take(&mut sitting.view.waiting);
                let answer = sitting.book(known, *job, request, person);
                sitting.view.waiting = put_back(waiting, &sitting.view.waiting);
                sitting.row.waiting = small(sitting.view.waiting.len());
                answer
            }
            Ask::Book(person) => sitting.book(known, *job, request, person),
            Ask::Cancel(_) => sitting.cancel(request, job.target, variant == Variant::PromotionApart),
            Ask::Accept(_) => sitting.accept(request, job.target),
            Ask::Verify(_) => None,
        };
        let although_done = committed.has_done(request);
        outcomes.push(answer.map_or(Outcome::Refused { although_done }, Outcome::Done));
    }
    sitting.end(outcomes)
}

/// Who waited, with the newcomer if they have to wait too.
fn put_back(mut waiting: Queue, newcomers: &Queue) -> Queue {
    for (rank, waiter) in newcomers.all().unwrap_or_default() {
        waiting.join(rank, waiter, &Fits::none());
    }
    waiting
}

/// What a verification decides of the cohort.
pub(crate) fn verify(protocol: &Protocol, work: &Work, person: Person) -> Decided {
    let mut sitting = Sitting::open(protocol.scene.cohort, work, protocol.variant != Variant::ExpiryByJob);
    let found = work.seen.known.clone().unwrap_or_default();
    for request in work.jobs.iter().filter_map(|job| job.request) {
        sitting.look_again(request, person, &found);
    }
    sitting.end(vec![Outcome::Nothing])
}

/// Only [`Variant::PromotionApart`]: the second transaction gives out what is free.
pub(crate) fn promote(protocol: &Protocol, work: &Work) -> Decided {
    let mut sitting = Sitting::open(protocol.scene.cohort, work, true);
    let fact = Fact::TermsChanged { terms: protocol.scene.cohort.terms(), first_session_at: None };
    sitting.enter(&fact, None);
    sitting.end(work.outcomes.clone())
}

fn own_of(fact: &Fact) -> Option<Id> {
    match fact {
        Fact::Claim { booking, .. }
        | Fact::Withdrawal { booking, .. }
        | Fact::Cancellation { booking, .. }
        | Fact::Acceptance { booking }
        | Fact::Decline { booking, .. }
        | Fact::Expiry { booking, .. }
        | Fact::GateReopened { booking, .. }
        | Fact::GateFailed { booking, .. } => Some(id(*booking)),
        _ => None,
    }
}

fn kind_of(fact: &Fact) -> EntryKind {
    match fact {
        Fact::Claim { .. } => EntryKind::Claim,
        Fact::Cancellation { .. } => EntryKind::Cancellation,
        Fact::Acceptance { .. } => EntryKind::Acceptance,
        Fact::Expiry { .. } => EntryKind::Expiry,
        _ => EntryKind::TermsChanged,
    }
}
