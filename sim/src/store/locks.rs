//! Locks that are held to the end of a transaction, granted in the order in which they were asked for.

use domain::ids::{CohortId, PersonId, TasterId};
use std::collections::{BTreeMap, VecDeque};

/// A transaction.
pub(crate) type TxId = u64;

/// What is locked, in this order: tasters, persons, cohorts, each sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LockKey {
    /// A taster's row, so that it does not move while attendance is recorded.
    Taster(TasterId),
    /// A person's email.
    Person(PersonId),
    /// A cohort.
    Cohort(CohortId),
}

/// Who holds and who waits.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    queues: BTreeMap<LockKey, VecDeque<TxId>>,
}

impl Locks {
    /// Asks for a lock, once; tells whether it is held now.
    pub(crate) fn ask(&mut self, key: LockKey, tx: TxId) -> bool {
        let queue = self.queues.entry(key).or_default();
        if !queue.contains(&tx) {
            queue.push_back(tx);
        }
        queue.front() == Some(&tx)
    }

    /// Gives up all that a transaction holds or waits for.
    pub(crate) fn release(&mut self, tx: TxId) {
        for queue in self.queues.values_mut() {
            queue.retain(|other| *other != tx);
        }
        self.queues.retain(|_, queue| !queue.is_empty());
    }

    /// Whether nobody holds anything.
    pub(crate) fn are_free(&self) -> bool {
        self.queues.is_empty()
    }
}
