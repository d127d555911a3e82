//! Advisory locks of transactions, served in order of arrival; or row locks, which are not.

use crate::state::{Person, Slot};
use std::collections::BTreeMap;

/// What is locked. The order is that of the desk: persons, then cohorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// The email of a person.
    Person(Person),
    /// The cohort.
    Cohort,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Queue {
    holder: Option<Slot>,
    waiting: Vec<Slot>,
}

/// All locks that somebody holds or waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Locks(BTreeMap<Lock, Queue>);

impl Locks {
    /// Stands in line.
    pub fn ask(&mut self, lock: Lock, slot: Slot) {
        self.0.entry(lock).or_default().waiting.push(slot);
    }

    /// Whether it is this one's turn: of advisory locks the first in line, of row locks anybody.
    pub fn may_take(&self, lock: Lock, slot: Slot, in_order: bool) -> bool {
        let Some(queue) = self.0.get(&lock).filter(|queue| queue.holder.is_none()) else { return false };
        if in_order { queue.waiting.first() == Some(&slot) } else { queue.waiting.contains(&slot) }
    }

    /// Takes it; says whether somebody who had asked earlier still waits.
    pub fn take(&mut self, lock: Lock, slot: Slot) -> bool {
        let queue = self.0.entry(lock).or_default();
        let overtakes = queue.waiting.first() != Some(&slot);
        queue.waiting.retain(|waiting| *waiting != slot);
        queue.holder = Some(slot);
        overtakes
    }

    /// The end of a transaction: all that it holds or waits for.
    pub fn release(&mut self, slot: Slot) {
        self.0.retain(|_, queue| {
            queue.holder = queue.holder.filter(|holder| *holder != slot);
            queue.waiting.retain(|waiting| *waiting != slot);
            queue.holder.is_some() || !queue.waiting.is_empty()
        });
    }

    /// The same transaction in another slot.
    pub fn rename(&mut self, from: Slot, to: Slot) {
        let rename = |slot: &mut Slot| {
            if *slot == from {
                *slot = to;
            }
        };
        for queue in self.0.values_mut() {
            queue.holder.iter_mut().for_each(rename);
            queue.waiting.iter_mut().for_each(rename);
        }
    }

    /// How many hold or wait for this one.
    pub fn crowd(&self, lock: Lock) -> usize {
        self.0.get(&lock).map_or(0, |queue| queue.waiting.len() + usize::from(queue.holder.is_some()))
    }

    /// Whether some wait for each other in a circle.
    pub fn has_circle(&self) -> bool {
        let waits_for = |slot: Slot| {
            let queue = self.0.values().find(|queue| queue.waiting.contains(&slot))?;
            queue.holder
        };
        let waiting = self.0.values().flat_map(|queue| queue.waiting.iter().copied());
        waiting.into_iter().any(|start| {
            let mut next = waits_for(start);
            for _ in 0..self.0.len() + 1 {
                match next {
                    Some(slot) if slot == start => return true,
                    Some(slot) => next = waits_for(slot),
                    None => return false,
                }
            }
            false
        })
    }
}
