//! A sitting of the desk (after `persistence::admission::sitting` and `due`): some cohorts under their locks;
//! facts are entered in memory and written in one go.

use super::forms::{Forms, Undecided, tied_under_locks};
use crate::Time;
use crate::bugs::Bug;
use crate::store::rows::{Booking, DeskRow, Rows, Write};
use crate::store::work::{Result, StoreError, Work};
use domain::admission::{
    BookingStatus, Decision, Due, DueClaim, DueFact, Entry, EntryKind, Expired, Fact, Fits, Queue, Rank,
    Tasters, View, Waiter, due_facts,
};
use domain::ids::{BookingId, CohortId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// How much of the waiting lists' heads may be needed.
#[derive(Clone, Debug)]
pub(crate) enum Heads {
    /// For each cohort, as many as its facts can free, besides what is free or due.
    Freed(BTreeMap<CohortId, u64>),
    /// All of them.
    All,
}

/// One cohort at the desk.
pub(crate) struct AtDesk {
    /// Its row.
    pub(crate) row: DeskRow,
    /// Itself as settling sees it.
    pub(crate) view: View,
    /// What was due when it was opened.
    later: Vec<(Fact, Time)>,
}

struct Touched {
    booking: Booking,
    changed: bool,
}

/// Some cohorts under their locks.
pub(crate) struct Sitting {
    /// The time of this sitting.
    pub(crate) now: Time,
    desks: BTreeMap<CohortId, AtDesk>,
    bookings: BTreeMap<BookingId, Touched>,
    entries: Vec<(CohortId, Entry)>,
    /// The forms that rank several cohorts, as far as they are known (ADM-21).
    pub(crate) forms: Forms,
    bug: Option<Bug>,
}

impl Sitting {
    /// Loads cohorts and enters all that is due in them, before any other fact (ADM-11).
    ///
    /// # Errors
    /// When the connection is lost or more of a waiting list is needed.
    pub(crate) async fn open(work: &mut Work, cohorts: &[CohortId], heads: &Heads) -> Result<Self> {
        let bug = work.ctx().with(|state| state.bug);
        let tied = tied_under_locks(work)?;
        let cohorts: BTreeSet<CohortId> =
            cohorts.iter().copied().chain(tied.iter().flat_map(|tied| tied.keys().copied())).collect();
        let rows = cohorts.iter().map(|id| work.desk(*id)).collect::<Result<Vec<DeskRow>>>()?;
        let clock = work.now();
        // Never less than the time of a cohort's last entry, whatever the clock does.
        let held = rows.iter().map(|row| row.head_recorded_at).fold(clock, Time::max);
        let now = if bug == Some(Bug::ClockNotHeld) { clock } else { held };
        let forms = Forms::new(tied.is_some());
        let mut sitting =
            Self { now, desks: BTreeMap::new(), bookings: BTreeMap::new(), entries: Vec::new(), forms, bug };
        work.statement().await?;
        let mut due = Vec::new();
        for row in rows {
            let undecided = tied.as_ref().and_then(|tied| tied.get(&row.cohort)).copied().unwrap_or_default();
            sitting.open_one(work, row, heads, undecided, &mut due)?;
        }
        sitting.bring_choices(work);
        sitting.enter_due(due)?;
        Ok(sitting)
    }

    fn open_one(
        &mut self,
        work: &Work,
        row: DeskRow,
        heads: &Heads,
        undecided: Undecided,
        all_due: &mut Vec<(CohortId, DueFact)>,
    ) -> Result<()> {
        let (now, id) = (self.now, row.cohort);
        let (mut due, bookings) = work.read(|rows| load_due(rows, id, now));
        if self.bug == Some(Bug::ExpiryByJobOnly) && !matches!(heads, Heads::All) {
            due.expired.clear();
        }
        let mut view = row.view(Queue::unloaded(row.kinds.iter().cloned()));
        due.seals_at = view.seals_at(&tasters_of(work));
        let pending = if view.start_is_due(now) { pending_of(work, id) } else { Vec::new() };
        due.pending = pending.iter().map(|booking| booking.id).collect();
        let head = self.load_heads(work, &row, &mut view, |view, fits, waiting| match heads {
            Heads::All => waiting,
            Heads::Freed(freed) => {
                let freed = freed.get(&id).copied().unwrap_or(0);
                undecided.heads(view.heads_needed(&due, freed, fits, now), waiting)
            }
        });
        self.take(bookings.into_iter().chain(pending).chain(head));
        let facts = due_facts(&view, &due, now);
        let too_late: Vec<BookingId> = due
            .claims
            .iter()
            .filter(|claim| !view.takes_claim_of(claim.moment))
            .map(|claim| claim.booking)
            .collect();
        let mut later = Vec::new();
        match self.bug {
            Some(Bug::DueAfterCommand) => later.extend(facts.into_iter().map(|due| (due.fact, due.moment))),
            _ => all_due.extend(facts.into_iter().map(|due| (id, due))),
        }
        self.desks.insert(id, AtDesk { row, view, later });
        for booking in too_late {
            self.change(booking, |booking| booking.claim_due_at = None);
        }
        Ok(())
    }

    /// Loads the heads of a waiting list: of each kind as many as are needed.
    fn load_heads(
        &self,
        work: &Work,
        row: &DeskRow,
        view: &mut View,
        needed: impl Fn(&View, &Fits, u64) -> u64,
    ) -> Vec<Booking> {
        let mut head = Vec::new();
        for (fits, waiting) in &row.kinds {
            let limit = needed(view, fits, *waiting);
            let of_kind = work.read(|rows| load_head(rows, row.cohort, fits, limit));
            let waiters: Vec<(Rank, Waiter)> = of_kind.iter().filter_map(waiter).collect();
            let beyond = waiting.saturating_sub(waiters.len() as u64);
            let beyond = if self.bug == Some(Bug::TailForgotten) { 0 } else { beyond };
            view.waiting.load(fits.clone(), waiters, beyond);
            head.extend(of_kind);
        }
        head
    }

    /// Puts loaded bookings at hand; those at hand already stay as they are.
    pub(crate) fn take(&mut self, list: impl IntoIterator<Item = Booking>) {
        for booking in list {
            self.forms.note(&booking);
            self.bookings.entry(booking.id).or_insert(Touched { booking, changed: false });
        }
    }

    /// Puts a booking at hand that is made now.
    pub(crate) fn make(&mut self, booking: Booking) {
        self.forms.note(&booking);
        self.bookings.insert(booking.id, Touched { booking, changed: true });
    }

    /// A booking at hand.
    pub(crate) fn booking(&self, id: BookingId) -> Option<&Booking> {
        self.bookings.get(&id).map(|touched| &touched.booking)
    }

    /// The pending bookings at hand of a person.
    pub(crate) fn pending_of(&self, person: PersonId) -> Vec<BookingId> {
        let list = self.bookings.values().map(|touched| &touched.booking);
        list.filter(|one| one.person == person && one.status == BookingStatus::Pending)
            .map(|one| one.id)
            .collect()
    }

    /// Changes a booking in a way that does not reach settling.
    pub(crate) fn change(&mut self, id: BookingId, change: impl FnOnce(&mut Booking)) {
        if let Some(touched) = self.bookings.get_mut(&id) {
            change(&mut touched.booking);
            touched.changed = true;
        }
    }

    /// A cohort of this sitting.
    ///
    /// # Errors
    /// When it is none of them.
    pub(crate) fn desk(&self, cohort: CohortId) -> Result<&AtDesk> {
        self.desks.get(&cohort).ok_or(StoreError::Corrupt)
    }

    /// Whether this bug is planted.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Shows settling another cohort than there is: only for what is planted.
    pub(crate) fn distort(&mut self, cohort: CohortId, distort: impl FnOnce(&mut View)) {
        if let Some(desk) = self.desks.get_mut(&cohort) {
            distort(&mut desk.view);
        }
    }

    /// Enters one fact: the domain settles (ADM-7) and writes the entry; rows follow.
    ///
    /// # Errors
    /// [`StoreError::NeedsMore`].
    pub(crate) fn enter(&mut self, cohort: CohortId, fact: &Fact, due: Option<Time>) -> Result<u64> {
        let (now, bug) = (self.now, self.bug);
        let desk = self.desks.get_mut(&cohort).ok_or(StoreError::Corrupt)?;
        let entry = Entry::enter(&mut desk.view, fact, due, now, desk.row.version + 1, &desk.row.head_hash)
            .map_err(|_| StoreError::NeedsMore)?;
        desk.follow(&entry, bug);
        for decision in &entry.decisions {
            let touched = self.bookings.get_mut(&decision.booking).ok_or(StoreError::Corrupt)?;
            follow_decision(&mut touched.booking, &entry, decision, bug);
            touched.changed = true;
        }
        let (version, placed) = (entry.version, self.placed(&entry.decisions));
        self.entries.push((cohort, entry));
        self.end_others(&placed)?;
        Ok(version)
    }

    /// Hands all of it to the transaction; the caller commits.
    ///
    /// # Errors
    /// When the connection is lost.
    pub(crate) async fn write(mut self, work: &mut Work) -> Result<()> {
        for (cohort, facts) in self.take_later() {
            for (fact, moment) in facts {
                // What was due may have been done meanwhile: this is the planted bug, not the shell.
                if self.still_fits(&fact) {
                    self.enter(cohort, &fact, Some(moment))?;
                }
            }
        }
        work.statement().await?;
        self.count_forms(work);
        let with_entries: Vec<CohortId> = self.entries.iter().map(|(cohort, _)| *cohort).collect();
        for touched in self.bookings.into_values().filter(|touched| touched.changed) {
            work.write(Write::Booking(Box::new(touched.booking)));
        }
        for desk in self.desks.into_values().filter(|desk| with_entries.contains(&desk.row.cohort)) {
            work.write(Write::Desk(Box::new(desk.row)));
        }
        let dropped = self.bug == Some(Bug::EntryDropped);
        for (n, (cohort, entry)) in self.entries.into_iter().enumerate() {
            if !(dropped && n == 1) {
                work.write(Write::Entry(cohort, Box::new(entry)));
            }
        }
        Ok(())
    }

    fn take_later(&mut self) -> Vec<(CohortId, Vec<(Fact, Time)>)> {
        self.desks.iter_mut().map(|(id, desk)| (*id, std::mem::take(&mut desk.later))).collect()
    }

    fn still_fits(&self, fact: &Fact) -> bool {
        let status = |id: &BookingId| self.booking(*id).map(|booking| booking.status);
        match fact {
            Fact::Expiry { booking, .. } => status(booking) == Some(BookingStatus::Offered),
            Fact::Claim { booking, .. } => status(booking) == Some(BookingStatus::Pending),
            _ => true,
        }
    }
}

impl AtDesk {
    /// Brings the row in step with an entry.
    fn follow(&mut self, entry: &Entry, bug: Option<Bug>) {
        let (row, view) = (&mut self.row, &self.view);
        row.version = entry.version;
        row.head_hash.clone_from(&entry.entry_hash);
        row.head_recorded_at = entry.recorded_at;
        if !(bug == Some(Bug::LostCapacityChange) && entry.kind == EntryKind::CapacityChanged) {
            row.terms = view.terms.clone();
        }
        row.first_session_at = view.first_session_at;
        row.opened = view.opened;
        row.sealed = view.sealed;
        row.closed = view.closed;
        row.started = view.started;
        row.ended = view.ended;
        row.places_taken = view.places_taken;
        row.waiting_count = view.waiting.len();
        row.claim_sequence = view.claim_sequence;
        row.shares = view.shares.clone();
        row.kinds = view.waiting.kinds().map(|(fits, waiting)| (fits.clone(), waiting)).collect();
    }
}

fn follow_decision(booking: &mut Booking, entry: &Entry, decision: &Decision, bug: Option<Bug>) {
    let own = entry.booking == Some(booking.id);
    booking.status = decision.status;
    booking.closed_reason = decision.closed_reason;
    booking.offer_expires_at = decision.offer_expires_at;
    booking.cohort_version = Some(entry.version);
    booking.claim_due_at = None;
    if decision.rank.is_some() {
        booking.rank = decision.rank;
    }
    match entry.kind {
        EntryKind::Claim | EntryKind::CarriedOver if own => {
            booking.claim = entry.sequence.map(|sequence| (sequence, entry.moment));
        }
        EntryKind::GateReopened if own => {
            // What was carried over is gone with the claim: a later one is like any other.
            (booking.claim, booking.rank, booking.carried_from) = (None, None, None);
        }
        EntryKind::Expiry if own && bug != Some(Bug::LapseIgnored) => booking.lapses += 1,
        EntryKind::GateReopened if own => (booking.claim, booking.rank) = (None, None),
        _ => {}
    }
}

fn waiter(booking: &Booking) -> Option<(Rank, Waiter)> {
    booking.rank.map(|rank| {
        (rank, Waiter { booking: booking.id, lapses: booking.lapses, carried: booking.carries().is_some() })
    })
}

fn load_due(rows: &Rows, cohort: CohortId, now: Time) -> (Due, Vec<Booking>) {
    let (mut due, mut bookings) = (Due::default(), Vec::new());
    for booking in rows.bookings.values().filter(|booking| booking.cohort == cohort) {
        match (booking.status, booking.offer_expires_at, booking.rank, booking.claim_due_at) {
            (BookingStatus::Offered, Some(end), Some(rank), _) if end <= now => {
                let (fits, lapses) = (booking.fits.clone(), booking.lapses);
                due.expired.push(Expired { booking: booking.id, end, lapses, rank, fits });
            }
            (BookingStatus::Pending, _, _, Some(moment)) if moment <= now => {
                let (fits, submitted_at, from) =
                    (booking.fits.clone(), booking.submitted_at, booking.carries());
                due.claims.push(DueClaim { booking: booking.id, moment, submitted_at, fits, from });
            }
            _ => continue,
        }
        bookings.push(booking.clone());
    }
    (due, bookings)
}

/// The pending bookings of a cohort, in the order of their submission.
pub(crate) fn pending_of(work: &Work, cohort: CohortId) -> Vec<Booking> {
    let pending = |booking: &&Booking| booking.cohort == cohort && booking.status == BookingStatus::Pending;
    let mut found: Vec<Booking> = work.read(|rows| rows.bookings.values().filter(pending).cloned().collect());
    found.sort_by_key(|booking| (booking.submitted_at, booking.id));
    found
}

/// What sealing looks at (ADM-6).
fn tasters_of(work: &Work) -> Tasters {
    let tasters = work.tasters();
    let all_sealed: Option<Vec<Time>> = tasters.iter().map(|taster| taster.sealed_at).collect();
    Tasters {
        last_ends_at: tasters.iter().map(|taster| taster.ends_at).max(),
        all_sealed_at: all_sealed.and_then(|list| list.into_iter().max()),
    }
}

fn load_head(rows: &Rows, cohort: CohortId, fits: &Fits, limit: u64) -> Vec<Booking> {
    let waits = |booking: &&Booking| {
        booking.cohort == cohort && booking.status == BookingStatus::Waiting && booking.fits == *fits
    };
    let mut waiting: Vec<Booking> = rows.bookings.values().filter(waits).cloned().collect();
    waiting.sort_by_key(|booking| booking.rank);
    waiting.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    waiting
}
