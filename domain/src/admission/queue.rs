//! The waiting list as settling sees it: its head, and how many stand behind.

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
}

/// More of the waiting list's head has to be loaded before this can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more of the waiting list's head is needed")]
pub struct NeedsMore;

/// The waiting list of a cohort: its first places in rank order, and how many stand behind them. Its cost
/// does not grow with how many wait.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    head: BTreeMap<Rank, Waiter>,
    beyond: u64,
}

impl Queue {
    /// A queue with these first places and `beyond` behind them.
    pub fn new(head: impl IntoIterator<Item = (Rank, Waiter)>, beyond: u64) -> Self {
        Self { head: head.into_iter().collect(), beyond }
    }

    /// How many wait.
    pub fn len(&self) -> u64 {
        self.head.len() as u64 + self.beyond
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets a claim in at its rank.
    pub fn join(&mut self, rank: Rank, waiter: Waiter) {
        let ranks_within_head = self.head.last_key_value().is_some_and(|(last, _)| rank < *last);
        if self.beyond == 0 || ranks_within_head {
            self.head.insert(rank, waiter);
        } else {
            self.beyond += 1;
        }
    }

    /// Takes a claim out, wherever it stands.
    pub fn leave(&mut self, rank: Rank) {
        if self.head.remove(&rank).is_none() {
            self.beyond = self.beyond.saturating_sub(1);
        }
    }

    /// The claim that goes first.
    ///
    /// # Errors
    /// [`NeedsMore`] when somebody waits who was not loaded.
    pub fn first(&self) -> Result<Option<(Rank, Waiter)>, NeedsMore> {
        match self.head.first_key_value() {
            Some((rank, waiter)) => Ok(Some((*rank, *waiter))),
            None if self.beyond == 0 => Ok(None),
            None => Err(NeedsMore),
        }
    }

    /// All that wait, in rank order, when all are loaded.
    ///
    /// # Errors
    /// [`NeedsMore`] when some are not.
    pub fn all(&self) -> Result<Vec<(Rank, Waiter)>, NeedsMore> {
        if self.beyond > 0 {
            return Err(NeedsMore);
        }
        Ok(self.head.iter().map(|(rank, waiter)| (*rank, *waiter)).collect())
    }
}
