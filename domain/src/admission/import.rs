//! Existing lists that come in before booking opens (ADM-24).

use super::ledger::Entry;
use super::settle::View;
use super::terms::CohortStatus;
use crate::fault::Fault;
use crate::time::from_wire;
use chrono::{DateTime, Utc};

/// An earlier moment that a row of a list brings along: never without its evidence and a reason.
#[derive(Clone, PartialEq, Eq)]
pub struct EarlierMoment {
    /// When the person had asked for the place; it stands for the form's submission (ADM-4).
    pub moment: DateTime<Utc>,
    /// What shows it.
    pub evidence: String,
    /// Why it counts.
    pub reason: String,
}

/// Personal data: never shown by `Debug` (ACC-7).
impl std::fmt::Debug for EarlierMoment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EarlierMoment(…)")
    }
}

impl EarlierMoment {
    /// What is wrong with it at `now`: nobody can have asked in the future.
    pub fn fault(&self, now: DateTime<Utc>) -> Option<Fault> {
        let detail = "must lie in the past: leave it out for who asks now";
        (self.moment >= now).then(|| Fault::new("/earlierMoment/moment", "not-in-the-past", detail))
    }
}

/// Why a cohort takes no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportRefused {
    /// Booking has opened: places have been given out by the moments that were known by then.
    Opened,
    /// Booking is closed, or the cohort is over.
    Closed,
}

/// Whether a cohort takes lists at `now`, with what the clock has made due entered.
///
/// # Errors
/// [`ImportRefused`].
pub fn takes_lists(view: &View, now: DateTime<Utc>) -> Result<(), ImportRefused> {
    match view.status(now) {
        CohortStatus::Closed | CohortStatus::Completed | CohortStatus::Cancelled => {
            Err(ImportRefused::Closed)
        }
        CohortStatus::Scheduled | CohortStatus::Open if view.opened => Err(ImportRefused::Opened),
        CohortStatus::Scheduled | CohortStatus::Open => Ok(()),
    }
}

/// The fact that marks a claim whose submission came with an imported list.
pub(super) const IMPORTED_MOMENT: &str = "importedMoment";

impl Entry {
    /// Whether the claim's submission came with an imported list, and is so marked; `None` where the mark says nothing, or
    /// what it marks does not lie before the entry.
    pub fn imported_moment(&self) -> Option<bool> {
        let Some(mark) = self.facts.get(IMPORTED_MOMENT) else { return Some(false) };
        let submitted_at = self.facts.get("submittedAt").and_then(|at| from_wire(at.as_str()?))?;
        (mark == true && submitted_at < self.recorded_at).then_some(true)
    }
}
