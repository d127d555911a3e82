//! What has happened across runs: what never happened was not tested ("unknown is not passed").

use crate::faults::Fault;
use std::collections::BTreeMap;

/// Counts of what happened.
#[derive(Clone, Debug, Default)]
pub struct Coverage(BTreeMap<(&'static str, &'static str), u64>);

impl Coverage {
    /// Counts something.
    pub(crate) fn count(&mut self, kind: &'static str, what: &'static str) {
        *self.0.entry((kind, what)).or_insert(0) += 1;
    }

    /// Counts a fault.
    pub(crate) fn fault(&mut self, fault: Fault) {
        self.count("fault", fault.as_str());
    }

    /// How often something happened.
    pub fn of(&self, kind: &'static str, what: &'static str) -> u64 {
        self.0.get(&(kind, what)).copied().unwrap_or(0)
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(*what).or_insert(0) += count;
        }
    }

    /// All counts: kind, what, how often.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        self.0.iter().map(|((kind, what), count)| (*kind, *what, *count))
    }

    /// What must have happened and did not.
    pub fn missing(&self) -> Vec<String> {
        let faults = Fault::ALL.iter().map(|fault| ("fault", fault.as_str()));
        let required = faults.chain(crate::required::REQUIRED.iter().copied());
        required.filter(|(kind, what)| self.of(kind, what) == 0).map(|(k, w)| format!("{k}: {w}")).collect()
    }
}
