//! The waiting list as settling sees it: its heads, and how many stand behind.

use super::reserves::Fits;
use crate::ids::BookingId;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Where a claim stands among others (ADM-5): the smaller goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    /// When the person had done all that was asked of them (ADM-4), or of their lapse (ADM-17).
    pub moment: DateTime<Utc>,
    /// When the form was submitted.
    pub submitted_at: DateTime<Utc>,
    /// The order in which the system accepted the claims.
    pub sequence: u64,
}

/// One booking that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Which.
    pub booking: BookingId,
    /// How many offers it has let lapse.
    pub lapses: u32,
    /// Whether it was carried over and had no offer yet: its place is offered, since the dates are new (PRG-8).
    pub carried: bool,
}

/// More of the waiting list's head has to be loaded before this can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more of the waiting list's head is needed")]
pub struct NeedsMore;

/// Those who fit the same reserves: the first of them in rank order, and how many stand behind.
#[derive(Clone, Debug, Default)]
struct Line {
    head: BTreeMap<Rank, Waiter>,
    beyond: u64,
}

impl Line {
    fn len(&self) -> u64 {
        self.head.len() as u64 + self.beyond
    }

    fn first(&self) -> Result<Option<(Rank, Waiter)>, NeedsMore> {
        match self.head.first_key_value() {
            Some((rank, waiter)) => Ok(Some((*rank, *waiter))),
            None if self.beyond == 0 => Ok(None),
            None => Err(NeedsMore),
        }
    }
}

/// The waiting list of a cohort: of each kind of claim, by the reserves that it fits (PRG-9), the first in rank order,
/// and how many stand behind them. Its cost does not grow with how many wait.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    lines: BTreeMap<Fits, Line>,
}

impl Queue {
    /// A queue of a cohort without reserves: these first places, and `beyond` behind them.
    pub fn new(head: impl IntoIterator<Item = (Rank, Waiter)>, beyond: u64) -> Self {
        let mut queue = Self::default();
        queue.load(Fits::none(), head, beyond);
        queue
    }

    /// A queue of which only these numbers are known.
    pub fn unloaded(waiting: impl IntoIterator<Item = (Fits, u64)>) -> Self {
        let line = |(fits, beyond)| (fits, Line { head: BTreeMap::new(), beyond });
        Self { lines: waiting.into_iter().map(line).collect() }
    }

    /// Sets the first of those who fit these reserves, and how many stand behind them.
    pub fn load(&mut self, fits: Fits, head: impl IntoIterator<Item = (Rank, Waiter)>, beyond: u64) {
        self.lines.insert(fits, Line { head: head.into_iter().collect(), beyond });
    }

    /// How many wait of each kind; kinds of which nobody waits are left out.
    pub fn kinds(&self) -> impl Iterator<Item = (&Fits, u64)> {
        self.lines.iter().map(|(fits, line)| (fits, line.len())).filter(|(_, waiting)| *waiting > 0)
    }

    /// How many wait.
    pub fn len(&self) -> u64 {
        self.lines.values().map(Line::len).sum()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether anybody waits of the kinds that are `wanted`.
    pub fn any(&self, wanted: impl Fn(&Fits) -> bool) -> bool {
        self.kinds().any(|(fits, _)| wanted(fits))
    }

    /// Lets a claim in at its rank.
    pub fn join(&mut self, rank: Rank, waiter: Waiter, fits: &Fits) {
        let line = self.lines.entry(fits.clone()).or_default();
        let ranks_within_head = line.head.last_key_value().is_some_and(|(last, _)| rank < *last);
        if line.beyond == 0 || ranks_within_head {
            line.head.insert(rank, waiter);
        } else {
            line.beyond += 1;
        }
    }

    /// Takes a claim out, wherever it stands.
    pub fn leave(&mut self, rank: Rank, fits: &Fits) {
        let Some(line) = self.lines.get_mut(fits) else { return };
        if line.head.remove(&rank).is_none() {
            line.beyond = line.beyond.saturating_sub(1);
        }
    }

    /// The claim that goes first, of the kinds that are `wanted`.
    ///
    /// # Errors
    /// [`NeedsMore`] when somebody waits who was not loaded.
    pub fn first(&self, wanted: impl Fn(&Fits) -> bool) -> Result<Option<(Rank, Waiter, Fits)>, NeedsMore> {
        let mut first: Option<(Rank, Waiter, Fits)> = None;
        for (fits, line) in self.lines.iter().filter(|(fits, _)| wanted(fits)) {
            if let Some((rank, waiter)) = line.first()?
                && first.as_ref().is_none_or(|(best, ..)| rank < *best)
            {
                first = Some((rank, waiter, fits.clone()));
            }
        }
        Ok(first)
    }

    /// All that wait, in rank order, when all are loaded.
    ///
    /// # Errors
    /// [`NeedsMore`] when some are not.
    pub fn all(&self) -> Result<Vec<(Rank, Waiter)>, NeedsMore> {
        if self.lines.values().any(|line| line.beyond > 0) {
            return Err(NeedsMore);
        }
        let heads = self.lines.values().flat_map(|line| &line.head);
        let mut all: Vec<(Rank, Waiter)> = heads.map(|(rank, waiter)| (*rank, *waiter)).collect();
        all.sort_by_key(|(rank, _)| *rank);
        Ok(all)
    }
}
