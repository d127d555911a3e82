//! A cohort's desk is opened, and its terms change: both are entries of its ledger.

use super::desk_row::{self, DeskRow};
use super::fit::fit_all_again;
use super::ledger;
use super::reassess::look_at_pending;
use super::sitting::{DeskKey, Heads, Sitting};
use crate::catalogue::gates::cohort_gates;
use crate::catalogue::set_reserves;
use crate::rows::Writes;
use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::admission::{Entry, Fact, Queue, Shares, Terms, TermsRefused, Vacancies};
use domain::catalogue::ReserveRule;
use domain::catalogue::eligibility::Eligibility;
use domain::ids::{AcademyId, BookingId, CohortId, ProgrammeId, ReserveId};

/// A desk to be opened.
pub struct NewDesk {
    /// For which cohort.
    pub cohort_id: CohortId,
    /// Whose.
    pub academy_id: AcademyId,
    /// Of which programme.
    pub programme_id: ProgrammeId,
    /// On which terms.
    pub terms: Terms,
    /// When the first session starts, where dates stand.
    pub first_session_at: Option<DateTime<Utc>>,
}

/// Opens a cohort's desk and begins its ledger. A cohort whose opening has passed, or that has none, is open.
///
/// # Errors
/// When the database refuses.
pub async fn open_desk(work: &mut Work, new: NewDesk) -> Result<()> {
    work.lock_cohorts([new.cohort_id]).await?;
    let now = work.now().await?;
    let shares = Shares::new(&new.terms.reserves, now);
    let mut row = DeskRow {
        cohort_id: new.cohort_id,
        academy_id: new.academy_id,
        programme_id: new.programme_id,
        opened: new.terms.has_opened(now),
        terms: new.terms,
        places_taken: 0,
        waiting_count: 0,
        offers_out: 0,
        last_place_at: None,
        waives: false,
        first_session_at: new.first_session_at,
        sealed: false,
        closed: false,
        started: false,
        ended: None,
        version: 1,
        claim_sequence: 0,
        head_hash: String::new(),
        head_recorded_at: now,
        tail: None,
        shares,
        kinds: Vec::new(),
    };
    let entry = Entry::created(&row.view(Queue::default()), now);
    row.head_hash.clone_from(&entry.entry_hash);
    let key = DeskKey { academy_id: new.academy_id, cohort_id: new.cohort_id };
    let mut writes = Writes::default();
    desk_row::insert(&mut writes, &row);
    ledger::insert(&mut writes, &[(key, entry)]);
    Ok(writes.run(work.connection()).await?)
}

/// Changes a cohort's terms, and who fits its reserves (`rules`, PRG-9), and settles what follows. Entered only if
/// anything differs.
///
/// # Errors
/// When the database refuses.
pub async fn change_terms(
    work: &mut Work,
    cohort: CohortId,
    terms: Terms,
    rules: &[ReserveRule],
) -> Result<std::result::Result<(), TermsRefused>> {
    let decided = decide_terms(work, cohort, terms, rules).await?;
    match decided {
        Ok(mut sitting) => sitting.write(work).await.map(|_| Ok(())),
        Err(refused) => Ok(Err(refused)),
    }
}

async fn decide_terms(
    work: &mut Work,
    cohort: CohortId,
    terms: Terms,
    rules: &[ReserveRule],
) -> Result<std::result::Result<Sitting, TermsRefused>> {
    work.lock_cohorts([cohort]).await?;
    let mut sitting = Sitting::open(work, &[cohort], Heads::All).await?;
    let view = sitting.desk(cohort)?.view.clone();
    let rules_before = cohort_gates(work, [cohort]).await?.remove(&cohort).map(|gate| gate.reserves);
    let others_fit = !who_fits(rules).eq(who_fits(&rules_before.unwrap_or_default()));
    if terms == view.terms && !others_fit {
        return Ok(Ok(sitting));
    }
    if let Err(refused) = view.may_set(&terms, sitting.now) {
        return Ok(Err(refused));
    }
    if terms.vacancies == Vacancies::Automatic {
        // They were loaded for terms that may not have confirmed anybody.
        let waiting: Vec<BookingId> = sitting.bookings().map(|booking| booking.id).collect();
        sitting.watch(work, &waiting).await?;
    }
    // From here on the gate is read with the new rules.
    set_reserves(work, cohort, rules).await?;
    let (changed, first_session_at) = (terms != view.terms, view.first_session_at);
    let refits = if others_fit { fit_all_again(work, &mut sitting, cohort).await? } else { Vec::new() };
    let origin = work.origin.clone();
    if !refits.is_empty() {
        sitting.enter(&origin, cohort, &Fact::ReservesChanged { terms, refits }, None)?;
    } else if changed {
        sitting.enter(&origin, cohort, &Fact::TermsChanged { terms, first_session_at }, None)?;
    }
    sitting.enter_opening(cohort)?;
    look_at_pending(work, &mut sitting, cohort).await?;
    Ok(Ok(sitting))
}

/// What decides who fits: its title does not.
fn who_fits(rules: &[ReserveRule]) -> impl Iterator<Item = (ReserveId, &Eligibility)> {
    rules.iter().map(|rule| (rule.id, &rule.eligibility))
}

/// Looks at the pending bookings of a cohort whose terms changed, and writes all of it.
pub(super) async fn look_and_write(work: &mut Work, mut sitting: Sitting, cohort: CohortId) -> Result<()> {
    look_at_pending(work, &mut sitting, cohort).await?;
    sitting.write(work).await.map(|_| ())
}

/// Tells admission when the first session starts now.
///
/// # Errors
/// When the database refuses.
pub async fn set_first_session(
    work: &mut Work,
    cohort: CohortId,
    start: Option<DateTime<Utc>>,
) -> Result<Result<(), TermsRefused>> {
    work.lock_cohorts([cohort]).await?;
    let mut sitting = Sitting::open(work, &[cohort], Heads::All).await?;
    let view = &sitting.desk(cohort)?.view;
    if view.ended.is_some() {
        return Ok(Err(TermsRefused::Ended));
    }
    if view.first_session_at == start {
        if !sitting.is_idle() {
            sitting.write(work).await?;
        }
        return Ok(Ok(()));
    }
    let fact = Fact::TermsChanged { terms: view.terms.clone(), first_session_at: start };
    let origin = work.origin.clone();
    sitting.enter(&origin, cohort, &fact, None)?;
    look_and_write(work, sitting, cohort).await.map(Ok)
}

impl Sitting {
    /// A change of terms can bring the opening to now.
    fn enter_opening(&mut self, cohort: CohortId) -> Result<(), StoreError> {
        let view = &self.desk(cohort)?.view;
        if view.opened || !view.terms.has_opened(self.now) {
            return Ok(());
        }
        let due = view.terms.booking_opens_at.unwrap_or(self.now);
        self.enter(&crate::Origin::job(), cohort, &Fact::BookingOpened, Some(due))?;
        Ok(())
    }
}
