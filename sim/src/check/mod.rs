//! The observer: holds every commit and every answer against the rules. It sees more than the program does,
//! and the program sees nothing of it.

mod facts;
mod fold;
mod giving;
mod rest;
mod together;

use crate::Time;
use crate::coverage::Coverage;
use crate::shell::command::{Command, Direct, Reply, Request};
use crate::shell::evidence::look_at_committed;
use crate::shell::refused::Refused;
use crate::store::Buffered;
use crate::store::rows::{Answer, Booking, DeskRow, OpId, Rows, Write};
use crate::store::work::StoreError;
use domain::admission::{BookingStatus, EntryKind, Outcome, Standing, replay_on};
use domain::ids::{BookingId, CohortId};
use fold::Fold;
use std::collections::{BTreeMap, BTreeSet};
use together::{goes_with_other_cohorts, nothing_after_a_place, stands_beside_others};

/// What was asked, as far as the answer is judged by it.
#[derive(Clone, Copy, Debug)]
struct Asked {
    cohort: Option<CohortId>,
    what: &'static str,
    /// Whether it has a key.
    keyed: bool,
    /// Only the offer that ends then.
    offer_end: Option<Time>,
    /// The last version of the cohort that had been answered to anybody when this was asked first.
    floor: u64,
}

/// What a commit touched.
#[derive(Debug, Default)]
pub(crate) struct TouchedRows {
    cohorts: BTreeSet<CohortId>,
    bookings: BTreeSet<BookingId>,
}

/// The observer.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    /// The first rule that was broken.
    pub(crate) violation: Option<String>,
    outcomes: BTreeMap<CohortId, Outcome>,
    folds: BTreeMap<CohortId, Fold>,
    effects: BTreeMap<OpId, u64>,
    asked: BTreeMap<OpId, Asked>,
    answers: BTreeMap<OpId, Answer>,
    answered_version: BTreeMap<CohortId, u64>,
    offers: BTreeMap<BookingId, Vec<Time>>,
    due_claims: BTreeSet<BookingId>,
    clock_was_set_back: bool,
}

impl Checker {
    /// Notes the first rule that is broken.
    pub(crate) fn report(&mut self, what: impl Into<String>) {
        self.violation.get_or_insert(what.into());
    }

    fn judge(&mut self, verdict: Result<(), String>) {
        if let Err(what) = verdict {
            self.report(what);
        }
    }

    /// The ends of all offers that a booking ever had.
    pub(crate) fn offers_of(&self, booking: BookingId) -> Vec<Time> {
        self.offers.get(&booking).cloned().unwrap_or_default()
    }

    /// Begins with the rows that a run begins with.
    pub(crate) fn begin(&mut self, rows: &Rows, coverage: &mut Coverage) {
        let cohorts: Vec<CohortId> = rows.desks.keys().copied().collect();
        for cohort in cohorts {
            self.new_entries(rows, cohort, coverage);
        }
    }

    /// What a list of writes touches.
    pub(crate) fn touched(&self, writes: &[Write]) -> TouchedRows {
        let mut touched = TouchedRows::default();
        for write in writes {
            match write {
                Write::Desk(row) => drop(touched.cohorts.insert(row.cohort)),
                Write::Booking(row) => drop(touched.bookings.insert(row.id)),
                Write::Entry(cohort, _) => drop(touched.cohorts.insert(*cohort)),
                _ => {}
            }
        }
        touched
    }

    /// Before a commit becomes visible: what can only be seen against the rows before.
    pub(crate) fn before_commit(&mut self, rows: &Rows, buffered: &Buffered, (now, clock_set): (Time, u64)) {
        self.due_claims.clear();
        self.judge(nothing_after_a_place(rows, &buffered.writes));
        self.clock_was_set_back = clock_set > 0;
        let mut last: BTreeMap<(CohortId, usize), (Time, Option<Time>)> = BTreeMap::new();
        for write in &buffered.writes {
            let Write::Entry(cohort, entry) = write else { continue };
            if let Some((granted, set_by_then)) = buffered.granted
                && set_by_then == clock_set
                && entry.recorded_at < granted.min(now)
            {
                self.report(format!("ADM-11: decided at {}, the lock came at {granted}", entry.recorded_at));
            }
            let claims = matches!(entry.kind, EntryKind::Claim | EntryKind::CarriedOver);
            let Some(booking) = entry.booking.filter(|_| claims) else { continue };
            if rows.bookings.get(&booking).is_some_and(|row| row.claim_due_at == Some(entry.moment)) {
                self.due_claims.insert(booking);
            } else if let Some(group) = buffered.together.iter().position(|list| list.contains(&booking)) {
                let submitted = entry.facts.get("submittedAt").and_then(|value| value.as_str());
                let place = (entry.moment, submitted.and_then(domain::time::from_wire));
                if last.insert((*cohort, group), place).is_some_and(|before| before > place) {
                    self.report(
                        "ADM-5: claims that came to light together are not in the order of their ranks",
                    );
                }
            }
        }
    }

    /// ADM-10: a request takes effect once; `commit` counts commits.
    pub(crate) fn took_effect(&mut self, effects: &[OpId], commit: u64) {
        for op in effects {
            if self.effects.insert(*op, commit).is_some() {
                self.report(format!("ADM-10: request {op} took effect twice"));
            }
        }
    }

    /// After a commit became visible.
    pub(crate) fn after_commit(
        &mut self,
        rows: &Rows,
        touched: &TouchedRows,
        now: Time,
        coverage: &mut Coverage,
    ) {
        for cohort in &touched.cohorts {
            self.new_entries(rows, *cohort, coverage);
            if let Some(desk) = rows.desks.get(cohort) {
                self.desk_is_as_told(desk);
            }
        }
        for booking in touched.bookings.iter().filter_map(|id| rows.bookings.get(id)) {
            self.booking_is_as_told(rows, booking, coverage);
            self.judge(stands_beside_others(rows, booking));
        }
        self.gates_are_seen(rows, now);
    }

    /// ADM-12: the chain, and settling anew gives what was decided; then every rule over the new entries.
    fn new_entries(&mut self, rows: &Rows, cohort: CohortId, coverage: &mut Coverage) {
        let Some(ledger) = rows.ledger.get(&cohort) else { return };
        let mut outcome = self.outcomes.remove(&cohort);
        let from = outcome.as_ref().map_or(0, |outcome| outcome.version as usize);
        for entry in ledger.iter().skip(from) {
            coverage.count("entry", entry.kind.as_str());
            for decision in &entry.decisions {
                coverage.count("status", decision.status.as_str());
                if let Some(end) = decision.offer_expires_at {
                    self.offers.entry(decision.booking).or_default().push(end);
                }
            }
            let before = outcome.as_ref().map(|outcome| outcome.view.clone());
            let next = match replay_on(outcome.take(), entry) {
                Ok(next) => next,
                Err(disagreement) => return self.report(format!("ADM-12: {cohort}: {disagreement}")),
            };
            let fold = self.folds.entry(cohort).or_default();
            fold.clock_was_set_back = self.clock_was_set_back;
            let verdict = fold.take(entry, before.as_ref(), &next.view);
            self.judge(verdict.map_err(|what| format!("{cohort} version {}: {what}", entry.version)));
            if let Some(booking) = entry.booking.filter(|_| entry.kind == EntryKind::Claim) {
                self.moment_is_the_persons(rows, booking, entry.moment, entry.recorded_at);
            }
            self.judge(goes_with_other_cohorts(rows, entry));
            outcome = Some(next);
        }
        if let Some(outcome) = outcome {
            self.outcomes.insert(cohort, outcome);
        }
    }

    /// ADM-4: the claim's moment is what the gate says over what is committed with it.
    fn moment_is_the_persons(&mut self, rows: &Rows, id: BookingId, moment: Time, now: Time) {
        let Some(booking) = rows.bookings.get(&id).filter(|_| !self.due_claims.contains(&id)) else { return };
        if booking.status == BookingStatus::Pending {
            return;
        }
        match look_at_committed(rows, booking, now).map(|look| look.standing) {
            Some(Standing::Open { moment: told }) if told == moment => {}
            standing => {
                self.report(format!("ADM-4: {id} claims with {moment} and its gate says {standing:?}"))
            }
        }
    }

    /// ADM-12: the cohort's row is what the ledger comes to.
    fn desk_is_as_told(&mut self, desk: &DeskRow) {
        let Some(outcome) = self.outcomes.get(&desk.cohort) else { return };
        let view = &outcome.view;
        let kept = (
            (desk.version, &desk.head_hash, desk.places_taken, desk.waiting_count, desk.claim_sequence),
            (desk.opened, desk.sealed, desk.closed, desk.started, desk.ended, desk.first_session_at),
        );
        let told = (
            (outcome.version, &outcome.head_hash, view.places_taken, view.waiting.len(), view.claim_sequence),
            (view.opened, view.sealed, view.closed, view.started, view.ended, view.first_session_at),
        );
        // How long after the tasters attendance counts as sealed is no entry's business.
        let mut terms = view.terms.clone();
        terms.sealed_after_hours = desk.terms.sealed_after_hours;
        if kept != told || desk.terms != terms || desk.shares != view.shares {
            let what = format!("ADM-12: {} is kept as {kept:?}, the ledger says {told:?}", desk.cohort);
            self.report(what);
        }
    }

    /// ADM-1, ADM-12: a booking's row is what the ledger comes to, and one lives for a person and cohort.
    fn booking_is_as_told(&mut self, rows: &Rows, booking: &Booking, coverage: &mut Coverage) {
        if let Some(reason) = booking.closed_reason {
            coverage.count("closed", reason.as_str());
        }
        let told = self.outcomes.get(&booking.cohort).and_then(|outcome| outcome.bookings.get(&booking.id));
        let is_closed = booking.status == BookingStatus::Closed;
        let same = match told {
            None => matches!(booking.status, BookingStatus::Pending | BookingStatus::Closed),
            // After its gate was opened again a booking lives on outside of the ledger.
            Some(told) if told.status == BookingStatus::Pending => {
                matches!(booking.status, BookingStatus::Pending | BookingStatus::Closed)
            }
            Some(told) => {
                told.status == booking.status
                    && told.closed_reason == booking.closed_reason
                    && told.offer_expires_at == booking.offer_expires_at
                    // Whose gate was opened again has no rank, which the ledger remembers all the same.
                    && (told.rank == booking.rank || booking.rank.is_none() && is_closed)
                    && told.lapses == booking.lapses
                    && (told.fits == booking.fits || is_closed)
                    && Some(told.version) == booking.cohort_version
            }
        };
        if !same {
            let what = format!("ADM-12: {booking:?} and the ledger says {told:?}");
            self.report(what);
        }
        let live = |other: &&Booking| {
            other.status != BookingStatus::Closed
                && (other.cohort, other.person) == (booking.cohort, booking.person)
        };
        if rows.bookings.values().filter(live).count() > 1 {
            self.report(format!("ADM-1: {} has two live bookings in {}", booking.person, booking.cohort));
        }
    }

    /// A request was sent for the first time.
    pub(crate) fn invoked(&mut self, op: OpId, request: &Request) {
        let (cohort, what, keyed) = match request {
            Request::Desk(command) => {
                let what = match command {
                    Command::Book(_) => "book",
                    Command::Ranked(_) => "book ranked",
                    Command::Leave(leave) => leave.how.as_str(),
                    Command::Cancel { .. } => "cancel",
                    Command::Answer { accept: true, .. } => "accept",
                    Command::Answer { .. } => "decline",
                    Command::Tick { .. } => "tick",
                };
                let cohort = match command {
                    Command::Leave(leave) => leave.to.cohort,
                    command => command.cohort(),
                };
                (Some(cohort), what, !matches!(command, Command::Tick { .. }))
            }
            Request::Direct(direct) => (None, word_of(direct), false),
        };
        let floor = cohort.and_then(|id| self.answered_version.get(&id).copied()).unwrap_or(0);
        let offer_end = match request {
            Request::Desk(Command::Answer { offer_end, .. }) => *offer_end,
            _ => None,
        };
        self.asked.insert(op, Asked { cohort, what, keyed, offer_end, floor });
    }

    /// An answer reached whoever asked.
    pub(crate) fn answered(&mut self, op: OpId, reply: &Reply, rows: &Rows, coverage: &mut Coverage) {
        let Some(asked) = self.asked.get(&op).copied() else { return };
        match reply {
            Reply::Done(answer) | Reply::Repeated(answer) => {
                coverage.count("done", asked.what);
                if matches!(reply, Reply::Repeated(_)) {
                    coverage.count("key", "answered from what was kept");
                }
                if asked.keyed {
                    self.acknowledged(op, asked, answer, rows);
                }
            }
            Reply::Refused(refused, seen) => {
                coverage.count("refused", refused.as_str());
                self.refused(op, *refused, *seen);
            }
            Reply::Failed(error @ (StoreError::NeedsMore | StoreError::Corrupt)) => {
                self.report(format!("a request to {} failed: {error:?}", asked.what));
            }
            Reply::Failed(_) => {}
        }
    }

    /// ADM-10: who asks again gets the first answer: no refusal by somebody who could see the effect. (A refusal
    /// is not kept: a second copy that was under way may still take effect after it.)
    fn refused(&mut self, op: OpId, refused: Refused, seen: u64) {
        if self.effects.get(&op).is_some_and(|commit| *commit <= seen) {
            self.report(format!("ADM-10: request {op} took effect and is refused: {refused:?}"));
        }
    }

    /// ADM-10: what is acknowledged is there, once, and comes after what was acknowledged before it was asked.
    fn acknowledged(&mut self, op: OpId, asked: Asked, answer: &Answer, rows: &Rows) {
        if !self.effects.contains_key(&op) || rows.keys.get(&op) != Some(answer) {
            self.report(format!("ADM-10: request {op} is acknowledged and not there: {answer:?}"));
        }
        let first = self.answers.entry(op).or_insert_with(|| answer.clone());
        if first != answer {
            self.report(format!("ADM-10: request {op} has two answers"));
        }
        let (Some(cohort), Some(version)) = (asked.cohort, answer.version) else { return };
        let entry = rows.ledger.get(&cohort).and_then(|list| list.get(version as usize - 1));
        let expected: &[EntryKind] = match asked.what {
            "book" | "moved" | "deferred" => &[EntryKind::Claim],
            "cancel" => &[EntryKind::Withdrawal, EntryKind::Cancellation],
            "accept" => &[EntryKind::Acceptance],
            _ => &[EntryKind::Decline],
        };
        // A pending booking has no entry of its own.
        let Some(entry) = entry.filter(|entry| expected.contains(&entry.kind)) else { return };
        let told = entry.decisions.iter().any(|decision| {
            Some(decision.booking) == answer.booking && Some(decision.status) == answer.status
        });
        if !told {
            self.report(format!("ADM-10: request {op} is answered otherwise than version {version} decided"));
        }
        let made = answer.booking.and_then(|id| offer_before(rows, cohort, id, version));
        if asked.offer_end.is_some_and(|end| made != Some(end)) {
            self.report(format!("ADM-11: request {op} answered the offer of {made:?} for an earlier one"));
        }
        if version <= asked.floor {
            self.report(format!(
                "ADM-5: request {op} has version {version}, and {} was answered before it was sent",
                asked.floor
            ));
        }
        let last = self.answered_version.entry(cohort).or_insert(0);
        *last = version.max(*last);
    }
}

/// The end of the last offer that was made to a booking before this version.
fn offer_before(rows: &Rows, cohort: CohortId, booking: BookingId, version: u64) -> Option<Time> {
    let earlier = rows.ledger.get(&cohort)?.iter().rev().filter(|entry| entry.version < version);
    let mut decisions = earlier.flat_map(|entry| &entry.decisions);
    decisions.find(|decision| decision.booking == booking)?.offer_expires_at
}

fn word_of(direct: &Direct) -> &'static str {
    match direct {
        Direct::Attend { .. } => "attend",
        Direct::Remove { .. } => "remove attendance",
        Direct::CheckIn { .. } => "check in",
        Direct::Verify { .. } => "verify",
        Direct::Facts { .. } => "change profile",
        Direct::Terms { .. } => "change terms",
        Direct::FirstSession { .. } => "move first session",
        Direct::Close { .. } => "close cohort",
        Direct::Cancel { .. } => "cancel cohort",
        Direct::Complete { .. } => "complete cohort",
        Direct::Seal { .. } => "seal",
        Direct::Carry { .. } => "carry over",
        Direct::Move { .. } => "move taster",
    }
}
