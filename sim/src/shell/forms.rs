//! Forms that rank several cohorts (after `persistence::admission::forms`): a choice that gets a place ends the others in
//! the same transaction, under the locks of all their cohorts.

use super::sitting::Sitting;
use crate::bugs::Bug;
use crate::store::locks::LockKey;
use crate::store::rows::{Booking, Choice};
use crate::store::work::{Result, StoreError, Work};
use domain::admission::{
    BookingStatus, Cancelling, Decision, DueFact, Fact, Placed, WhenPlaced, gives_way, in_order_of_ending,
    makes_way,
};
use domain::ids::{BookingId, CohortId, FormId};
use std::collections::{BTreeMap, BTreeSet};

/// How many undecided choices a cohort holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Undecided {
    offered: u64,
    waiting: u64,
}

impl Undecided {
    /// How many have to be at hand of those who wait, where `needed` could get a place without the other choices.
    pub(crate) fn heads(self, needed: u64, waiting: u64) -> u64 {
        let going_out = needed + self.offered;
        if going_out == 0 { 0 } else { waiting.min(going_out + self.waiting) }
    }
}

/// The cohorts in which what is decided in others can end a choice.
pub(crate) fn tied(work: &Work) -> BTreeMap<CohortId, Undecided> {
    let mut tied = BTreeMap::<CohortId, Undecided>::new();
    work.read(|rows| {
        for choice in rows.bookings.values().filter(|one| one.choice.is_some() && one.is_undecided()) {
            let known = tied.entry(choice.cohort).or_default();
            known.offered += u64::from(choice.status == BookingStatus::Offered);
            known.waiting += u64::from(choice.status == BookingStatus::Waiting);
        }
    });
    tied
}

/// Adds the cohorts that forms tie to these, and notes that the locks were chosen so.
pub(crate) fn with_ties(work: &mut Work, mut cohorts: BTreeSet<CohortId>) -> BTreeSet<CohortId> {
    let ties = tied(work).into_keys();
    if !work.ctx().has(Bug::SiblingsNotLocked) {
        cohorts.extend(ties);
    }
    work.locked_with_ties.get_or_insert_default().extend(cohorts.iter().copied());
    cohorts
}

/// Locks cohorts with those that are tied to them.
///
/// # Errors
/// As [`Work::lock`].
pub(crate) async fn lock_cohorts(work: &mut Work, cohorts: impl IntoIterator<Item = CohortId>) -> Result<()> {
    let cohorts = with_ties(work, cohorts.into_iter().collect());
    work.lock(cohorts.into_iter().map(LockKey::Cohort)).await
}

/// Those that are tied, where a sitting is to know of them: all of them must be locked.
pub(crate) fn tied_under_locks(work: &Work) -> Result<Option<BTreeMap<CohortId, Undecided>>> {
    let Some(locked) = &work.locked_with_ties else { return Ok(None) };
    let tied = tied(work);
    if work.ctx().has(Bug::SiblingsNotLocked) || tied.keys().all(|cohort| locked.contains(cohort)) {
        return Ok(Some(tied));
    }
    Err(StoreError::Unavailable)
}

/// What a sitting knows of forms.
#[derive(Default)]
pub(crate) struct Forms {
    tied: bool,
    choices: BTreeMap<FormId, BTreeSet<BookingId>>,
    known: BTreeMap<FormId, WhenPlaced>,
    /// How often a choice made way for a preferred one at the same moment.
    gave_way: u32,
}

impl Forms {
    pub(crate) fn new(tied: bool) -> Self {
        Self { tied, ..Self::default() }
    }

    /// Notes a booking that is put at hand.
    pub(crate) fn note(&mut self, booking: &Booking) {
        if let Some(choice) = booking.choice {
            self.choices.entry(choice.form).or_default().insert(booking.id);
        }
    }

    /// Notes what was chosen of a form all of whose choices come to be at hand.
    pub(crate) fn learn(&mut self, form: FormId, when_placed: WhenPlaced) {
        self.known.insert(form, when_placed);
    }

    fn ends_others(&self, form: FormId) -> Result<bool> {
        let chosen = self.known.get(&form).ok_or(StoreError::NeedsChoices)?;
        Ok(*chosen == WhenPlaced::EndOthers)
    }

    fn of(&self, form: FormId) -> impl Iterator<Item = BookingId> {
        self.choices.get(&form).into_iter().flatten().copied()
    }
}

impl Sitting {
    /// Puts the other choices of all forms at hand, where the sitting is to know of them.
    pub(crate) fn bring_choices(&mut self, work: &Work) {
        if !self.forms.tied {
            return;
        }
        let unknown = |form: &FormId| !self.forms.known.contains_key(form);
        let forms: Vec<FormId> = self.forms.choices.keys().copied().filter(unknown).collect();
        for form in forms {
            let of_form = |one: &&Booking| one.choice.is_some_and(|choice| choice.form == form);
            self.take(work.read(|rows| rows.bookings.values().filter(of_form).cloned().collect::<Vec<_>>()));
            if let Some(chosen) = work.read(|rows| rows.forms.get(&form).copied()) {
                self.forms.learn(form, chosen);
            }
        }
    }

    /// The choices among those decided that have a place now.
    pub(crate) fn placed(&self, decisions: &[Decision]) -> Vec<(BookingId, Choice)> {
        let confirmed = decisions.iter().filter(|one| one.status == BookingStatus::Confirmed);
        confirmed.filter_map(|one| Some((one.booking, self.booking(one.booking)?.choice?))).collect()
    }

    /// Ends the other choices of those who have a place now, where that was chosen.
    pub(crate) fn end_others(&mut self, placed: &[(BookingId, Choice)]) -> Result<()> {
        let mut ending = Vec::new();
        for (id, choice) in placed {
            if self.forms.ends_others(choice.form)? {
                ending.extend(self.forms.of(choice.form).filter(|other| other != id));
            }
        }
        if !self.has(Bug::OffersEndFirst) {
            let status = |id: &BookingId| self.booking(*id).map(|booking| booking.status);
            ending = in_order_of_ending(ending, status);
        }
        ending.into_iter().try_for_each(|other| self.end_choice(other))
    }

    /// The place that has ended, or ends, all other choices of a booking's form.
    pub(crate) fn placed_before(&self, choice: Option<Choice>) -> Result<bool> {
        let Some(choice) = choice else { return Ok(false) };
        let holds = |id: BookingId| self.booking(id).is_some_and(Booking::holds_for_good);
        Ok(self.forms.ends_others(choice.form)? && self.forms.of(choice.form).any(holds))
    }

    /// Ends a choice because another has a place, where it is undecided.
    pub(crate) fn end_choice(&mut self, id: BookingId) -> Result<()> {
        let Some(booking) = self.booking(id).cloned() else { return Ok(()) };
        match makes_way(id, (booking.status, booking.rank), booking.fits.clone()) {
            None => {}
            Some(Cancelling::Closes(reason)) => self.change(id, |booking| {
                (booking.status, booking.closed_reason) = (BookingStatus::Closed, Some(reason));
                booking.claim_due_at = None;
            }),
            Some(Cancelling::Settles(fact)) => drop(self.enter(booking.cohort, &fact, None)?),
        }
        Ok(())
    }

    /// Whom more than one cohort would confirm at one moment keeps the place that they prefer.
    fn give_way(&mut self, facts: &[(CohortId, Fact)]) -> Result<()> {
        while self.forms.tied {
            let giving = gives_way(&self.would_place(facts)?);
            if giving.is_empty() {
                break;
            }
            for (booking, _) in giving {
                self.forms.gave_way += 1;
                self.end_choice(booking)?;
            }
        }
        Ok(())
    }

    fn would_place(&self, facts: &[(CohortId, Fact)]) -> Result<Vec<Placed>> {
        let cohorts: BTreeSet<CohortId> = facts.iter().map(|(cohort, _)| *cohort).collect();
        let mut placed = Vec::new();
        for cohort in cohorts {
            let mut view = self.desk(cohort)?.view.clone();
            for (_, fact) in facts.iter().filter(|(of, _)| *of == cohort) {
                let Some(fact) = self.as_it_is(fact) else { continue };
                let decisions = view.apply(&fact, self.now).map_err(|_| StoreError::NeedsMore)?;
                for (booking, choice) in self.placed(&decisions) {
                    if self.forms.ends_others(choice.form)? {
                        placed.push(Placed { form: choice.form, preference: choice.preference, booking });
                    }
                }
            }
        }
        Ok(placed)
    }

    /// A fact that was due, less the choices that have ended meanwhile.
    fn as_it_is(&self, fact: &Fact) -> Option<Fact> {
        let is = |id: &BookingId, status| self.booking(*id).is_none_or(|booking| booking.status == status);
        let stands = match fact {
            Fact::Claim { booking, .. } | Fact::CarriedOver { booking, .. } => {
                is(booking, BookingStatus::Pending)
            }
            Fact::Expiry { booking, .. } => is(booking, BookingStatus::Offered),
            Fact::CohortStarted { pending } => {
                let pending = pending.iter().filter(|id| is(id, BookingStatus::Pending));
                return Some(Fact::CohortStarted { pending: pending.copied().collect() });
            }
            _ => true,
        };
        stands.then(|| fact.clone())
    }

    /// Enters what is due: cohort by cohort, or where they are tied by forms, in the order of moments over all.
    pub(crate) fn enter_due(&mut self, mut due: Vec<(CohortId, DueFact)>) -> Result<()> {
        let tied = self.forms.tied;
        if tied {
            due.sort_by_key(|(cohort, due)| (due.moment, *cohort));
        }
        for at_once in due.chunk_by(|(_, one), (_, next)| tied && one.moment == next.moment) {
            let facts: Vec<(CohortId, Fact)> =
                at_once.iter().map(|(cohort, due)| (*cohort, due.fact.clone())).collect();
            self.enter_together(&facts, at_once.first().map(|(_, due)| due.moment))?;
        }
        Ok(())
    }

    /// Enters facts that go with one moment, in their order.
    pub(crate) fn enter_together(
        &mut self,
        facts: &[(CohortId, Fact)],
        due: Option<crate::Time>,
    ) -> Result<()> {
        if facts.len() > 1 {
            self.give_way(facts)?;
        }
        for (cohort, fact) in facts {
            if let Some(fact) = self.as_it_is(fact) {
                self.enter(*cohort, &fact, due)?;
            }
        }
        Ok(())
    }

    /// Counts what forms brought about.
    pub(crate) fn count_forms(&self, work: &Work) {
        if self.forms.gave_way > 0 {
            work.ctx().with(|state| state.coverage.count("form", "a choice made way for a preferred one"));
        }
    }
}
