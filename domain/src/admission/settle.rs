//! Settling (ADM-7): the one function that gives out places.

use super::booking::{BookingStatus, ClosedReason};
use super::fact::{Decision, Ended, Fact, Held};
use super::giving::GivenAs;
use super::queue::{NeedsMore, Queue, Rank, Waiter};
use super::reserves::{Fits, Shares};
use super::terms::{AfterLapse, CohortStatus, SettlesFirst, Terms};
use crate::ids::BookingId;
use crate::planted::{Bug, is_on};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// A cohort as settling sees it.
#[derive(Clone, Debug)]
pub struct View {
    /// What staff set.
    pub terms: Terms,
    /// When the first session starts, where dates stand.
    pub first_session_at: Option<DateTime<Utc>>,
    /// Whether the opening is on the ledger, or there was none to wait for.
    pub opened: bool,
    /// Whether the tasters' attendance is sealed (ADM-6).
    pub sealed: bool,
    /// Whether the closing is on the ledger.
    pub closed: bool,
    /// Whether the start is on the ledger (PRG-7).
    pub started: bool,
    /// Whether it is over.
    pub ended: Option<Ended>,
    /// Confirmed, offered, completed and not completed (ADM-8).
    pub places_taken: u32,
    /// The waiting list.
    pub waiting: Queue,
    /// The sequence of the last claim; 0 before the first.
    pub claim_sequence: u64,
    /// What its reserves keep back (PRG-9).
    pub shares: Shares,
    /// Those whose place here would clash with one that they hold elsewhere, and who have not said that they know
    /// (PRG-6): what would confirm them is offered. Told for each entry anew, since settling reads no fact about people.
    pub clashing: BTreeSet<BookingId>,
}

impl View {
    /// Whether claims are settled as they arrive (ADM-6).
    pub fn settles(&self) -> bool {
        let sealed = self.sealed || self.terms.settles_first == SettlesFirst::AtOpening;
        self.opened && sealed && self.ended.is_none()
    }

    /// Places that nobody holds.
    pub fn places_free(&self) -> u32 {
        if is_on(Bug::CapacityOffByOne) {
            return self.terms.capacity.get().saturating_sub(self.places_taken + 1);
        }
        self.terms.capacity.get().saturating_sub(self.places_taken)
    }

    /// Free places that no reserve keeps back (PRG-9).
    pub fn places_open_to_all(&self) -> u32 {
        self.places_free().saturating_sub(self.shares.kept_back(&self.terms.reserves))
    }

    /// How many places are free for who fits these reserves: theirs, and those that are open to all.
    pub fn places_for(&self, fits: &Fits) -> u32 {
        let theirs = self.terms.reserves.iter().filter(|reserve| fits.contains(reserve.id));
        let theirs: u32 = theirs.map(|reserve| self.shares.room(reserve)).sum();
        self.places_free().min(self.places_open_to_all() + theirs)
    }

    /// Whether a place is free for who fits these reserves: one of theirs, or one that is open to all.
    pub fn has_place_for(&self, fits: &Fits) -> bool {
        let in_reserve = || self.shares.heading(&self.terms.reserves, fits).is_some();
        self.places_free() > 0 && (in_reserve() || self.places_open_to_all() > 0)
    }

    /// What the cohort is, by the clock.
    pub fn status(&self, now: DateTime<Utc>) -> CohortStatus {
        let started = self.first_session_at.is_some_and(|start| start <= now);
        match self.ended {
            Some(Ended::Completed) => CohortStatus::Completed,
            Some(Ended::Cancelled) => CohortStatus::Cancelled,
            None if started || self.terms.has_closed(now) => CohortStatus::Closed,
            None if !self.terms.has_opened(now) => CohortStatus::Scheduled,
            None => CohortStatus::Open,
        }
    }

    /// Whether a claim of this moment is still taken: closing refuses what comes after it, and nothing else.
    pub fn takes_claim_of(&self, moment: DateTime<Utc>) -> bool {
        let started = self.first_session_at.is_some_and(|start| start <= moment);
        self.ended.is_none() && !started && !self.terms.has_closed(moment)
    }

    /// Whether a newcomer who fits these reserves could neither get a place nor wait for one.
    pub fn is_full_without_waiting_list(&self, fits: &Fits) -> bool {
        !self.terms.waiting_list && self.settles() && !self.has_place_for(fits)
    }

    /// Takes in one fact at `at` and settles (ADM-7): what the fact itself decides comes first, then each
    /// place that goes out because of it.
    ///
    /// # Errors
    /// [`NeedsMore`] when more of the waiting list's head has to be loaded; the view is then spoilt.
    pub fn apply(&mut self, fact: &Fact, at: DateTime<Utc>) -> Result<Vec<Decision>, NeedsMore> {
        if let Some((booking, held, fits, reason)) = fact.leaves() {
            self.let_go(held, fits);
            return self.settled(Decision::closed(booking, reason), at);
        }
        match fact {
            Fact::Claim { booking, moment, submitted_at, fits, .. } => {
                self.arrive(*booking, (*moment, *submitted_at), fits, at)
            }
            Fact::CarriedOver { booking, moment, submitted_at, fits, .. } => {
                let waiter = Waiter { booking: *booking, lapses: 0, carried: true };
                let rank = self.next_rank(*moment, *submitted_at);
                self.join_or_close(waiter, rank, fits, at)
            }
            Fact::Acceptance { booking } => {
                self.settled(Decision::to(*booking, BookingStatus::Confirmed), at)
            }
            Fact::Expiry { booking, due, lapses, rank, fits } => {
                self.let_go(Held::Place, fits);
                let waiter = Waiter { booking: *booking, lapses: *lapses, carried: false };
                self.lapse(waiter, *due, *rank, fits, at)
            }
            Fact::GateReopened { booking, held, fits } => {
                self.let_go(*held, fits);
                self.settled(Decision::to(*booking, BookingStatus::Pending), at)
            }
            Fact::FitChanged(refit) => {
                self.fit_again(refit);
                self.settle(GivenAs::Vacancy, at)
            }
            _ => self.apply_to_cohort(fact, at),
        }
    }

    /// The facts that are about no one booking.
    fn apply_to_cohort(&mut self, fact: &Fact, at: DateTime<Utc>) -> Result<Vec<Decision>, NeedsMore> {
        match fact {
            Fact::ReserveReleased { reserve } => {
                self.shares.release(&self.terms.reserves, *reserve);
                self.settle(GivenAs::Vacancy, at)
            }
            Fact::TermsChanged { terms, first_session_at } => {
                let settled_before = self.settles();
                self.take_terms(terms, *first_session_at, at);
                let first_time = !settled_before && self.settles();
                self.settle_first_or_again(first_time, at)
            }
            Fact::ReservesChanged { terms, refits } => {
                let settled_before = self.settles();
                self.take_terms(terms, self.first_session_at, at);
                refits.iter().for_each(|refit| self.fit_again(refit));
                let first_time = !settled_before && self.settles();
                self.settle_first_or_again(first_time, at)
            }
            Fact::TastersSealed => {
                let first_time = self.opened && !self.settles();
                self.sealed = true;
                self.settle_first_or_again(first_time, at)
            }
            Fact::BookingOpened => {
                self.opened = true;
                let first_time = self.settles();
                self.settle_first_or_again(first_time, at)
            }
            Fact::BookingClosed => {
                self.closed = true;
                Ok(Vec::new())
            }
            Fact::CohortStarted { pending } => self.start(pending),
            Fact::CohortCancelled { live } => Ok(self.cancel(live)),
            Fact::CohortCompleted { outcomes } => {
                self.ended = Some(Ended::Completed);
                let ended = outcomes.iter().map(|(booking, done)| Decision::ended(*booking, *done));
                Ok(ended.collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn take_terms(&mut self, terms: &Terms, first_session_at: Option<DateTime<Utc>>, at: DateTime<Utc>) {
        self.terms = terms.clone();
        self.shares.follow(&terms.reserves, at);
        self.first_session_at = first_session_at;
        self.closed = self.closed && self.terms.has_closed(at);
        self.started = self.started && first_session_at.is_some_and(|start| start <= at);
    }

    /// Who waits, or is pending, when the first session starts comes too late (PRG-7).
    fn start(&mut self, pending: &[BookingId]) -> Result<Vec<Decision>, NeedsMore> {
        self.started = true;
        let mut late: Vec<BookingId> = Vec::new();
        late.extend(self.waiting.all()?.into_iter().map(|(_, waiter)| waiter.booking));
        self.waiting = Queue::default();
        late.extend(pending);
        Ok(late.into_iter().map(|booking| Decision::closed(booking, ClosedReason::BookingClosed)).collect())
    }

    fn cancel(&mut self, live: &[BookingId]) -> Vec<Decision> {
        self.ended = Some(Ended::Cancelled);
        self.waiting = Queue::default();
        self.places_taken = 0;
        self.shares = Shares::default();
        live.iter().map(|booking| Decision::closed(*booking, ClosedReason::CohortCancelled)).collect()
    }

    /// A claim that finds a free place on arrival is confirmed; it passes nobody who waits for that place (ADM-9,
    /// ADM-17).
    fn arrive(
        &mut self,
        booking: BookingId,
        (moment, submitted_at): (DateTime<Utc>, DateTime<Utc>),
        fits: &Fits,
        at: DateTime<Utc>,
    ) -> Result<Vec<Decision>, NeedsMore> {
        let rank = self.next_rank(moment, submitted_at);
        let waited_for = self.somebody_waits_for_place_of(fits) && !is_on(Bug::NewcomerServedFirst);
        if self.settles() && self.has_place_for(fits) && !waited_for {
            self.take_place(fits);
            let confirmed = Decision::to(booking, BookingStatus::Confirmed);
            let given = self.asked_first(Waiter { booking, lapses: 0, carried: false }, confirmed, at);
            return Ok(vec![Decision { rank: Some(rank), ..given }]);
        }
        self.join_or_close(Waiter { booking, lapses: 0, carried: false }, rank, fits, at)
    }

    /// The rank of the claim that is entered now.
    fn next_rank(&mut self, moment: DateTime<Utc>, submitted_at: DateTime<Utc>) -> Rank {
        self.claim_sequence += 1;
        let submitted_at =
            if is_on(Bug::TiesLastFirst) { moment + (moment - submitted_at) } else { submitted_at };
        Rank { moment, submitted_at, sequence: self.claim_sequence }
    }

    /// A claim that is not confirmed on arrival waits, where there is a waiting list, and what is free goes to who is
    /// first on it.
    fn join_or_close(
        &mut self,
        waiter: Waiter,
        rank: Rank,
        fits: &Fits,
        at: DateTime<Utc>,
    ) -> Result<Vec<Decision>, NeedsMore> {
        let booking = waiter.booking;
        if self.is_full_without_waiting_list(fits) {
            return Ok(vec![Decision {
                rank: Some(rank),
                ..Decision::closed(booking, ClosedReason::CohortFull)
            }]);
        }
        self.waiting.join(rank, waiter, fits);
        self.settled(Decision { rank: Some(rank), ..Decision::to(booking, BookingStatus::Waiting) }, at)
    }

    /// Whether the place that who fits these would get could go to somebody who waits: one of a reserve to those who
    /// fit it, another to anybody.
    pub(super) fn somebody_waits_for_place_of(&self, fits: &Fits) -> bool {
        match self.shares.heading(&self.terms.reserves, fits) {
            Some(reserve) => self.waiting.any(|waiting| waiting.contains(reserve)),
            None => !self.waiting.is_empty(),
        }
    }

    /// Who lets an offer lapse is closed, or once goes behind everyone waiting (ADM-17).
    fn lapse(
        &mut self,
        Waiter { booking, lapses, .. }: Waiter,
        due: DateTime<Utc>,
        rank: Rank,
        fits: &Fits,
        at: DateTime<Utc>,
    ) -> Result<Vec<Decision>, NeedsMore> {
        if self.terms.after_lapse == AfterLapse::Close || lapses > 0 {
            return self.settled(Decision::closed(booking, ClosedReason::OfferExpired), at);
        }
        // The lapse stands for the submission too: an early form must not bring it before a claim of that moment.
        let lapsed = Rank { moment: due, submitted_at: due, ..rank };
        let rank = if is_on(Bug::LapseKeepsItsRank) { rank } else { lapsed };
        self.waiting.join(rank, Waiter { booking, lapses: lapses + 1, carried: false }, fits);
        self.settled(Decision { rank: Some(rank), ..Decision::to(booking, BookingStatus::Waiting) }, at)
    }

    fn take_place(&mut self, fits: &Fits) {
        self.places_taken += 1;
        self.shares.take(&self.terms.reserves, fits);
    }

    fn let_go(&mut self, held: Held, fits: &Fits) {
        match held {
            Held::Waiting(rank) => self.waiting.leave(rank, fits),
            Held::Place => {
                self.places_taken = self.places_taken.saturating_sub(1);
                self.shares.leave(&self.terms.reserves, fits);
            }
        }
    }

    fn settled(&mut self, own: Decision, at: DateTime<Utc>) -> Result<Vec<Decision>, NeedsMore> {
        let mut decisions = vec![own];
        if is_on(Bug::PromotionLater) {
            return Ok(decisions);
        }
        for given in self.settle(GivenAs::Vacancy, at)? {
            // A booking that is decided twice in one entry is told once, as it ends up.
            match decisions.iter_mut().find(|earlier| earlier.booking == given.booking) {
                Some(earlier) => *earlier = Decision { rank: earlier.rank, ..given },
                None => decisions.push(given),
            }
        }
        Ok(decisions)
    }

    fn settle_first_or_again(
        &mut self,
        first_time: bool,
        at: DateTime<Utc>,
    ) -> Result<Vec<Decision>, NeedsMore> {
        if is_on(Bug::CapacityChangeForgotten) && !first_time {
            return Ok(Vec::new());
        }
        let given_as = if first_time { GivenAs::Place } else { GivenAs::Vacancy };
        let mut decisions = self.settle(given_as, at)?;
        if first_time && !self.terms.waiting_list {
            let rest = self.waiting.all()?;
            self.waiting = Queue::default();
            let closed =
                |(_, waiter): (Rank, Waiter)| Decision::closed(waiter.booking, ClosedReason::CohortFull);
            decisions.extend(rest.into_iter().map(closed));
        }
        Ok(decisions)
    }

    /// While a place is free, it goes to the highest-ranked claim that is waiting; one that a reserve keeps back, to the
    /// highest-ranked that fits the reserve (PRG-9).
    fn settle(&mut self, given_as: GivenAs, at: DateTime<Utc>) -> Result<Vec<Decision>, NeedsMore> {
        let mut decisions = Vec::new();
        while self.settles() && self.places_free() > 0 && !self.waiting.is_empty() {
            let Some(given) = self.place_for(given_as, at) else { break };
            let Some((rank, waiter, fits)) = self.next_in_rank()? else { break };
            self.waiting.leave(rank, &fits);
            self.take_place(&fits);
            let given = self.asked_first(waiter, given, at);
            decisions.push(Decision { booking: waiter.booking, ..given });
        }
        Ok(decisions)
    }

    fn next_in_rank(&self) -> Result<Option<(Rank, Waiter, Fits)>, NeedsMore> {
        if is_on(Bug::SecondInLine) {
            let all = self.waiting.all()?;
            return Ok(all.get(1).or(all.first()).map(|(rank, waiter)| (*rank, *waiter, Fits::none())));
        }
        self.waiting.first(|fits| self.has_place_for(fits))
    }
}
