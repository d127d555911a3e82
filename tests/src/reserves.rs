//! What a ledger says of reserves (PRG-9), for the tests' own replay: it knows the rule, not how the program counts.

use crate::ledger::time;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

type Ids = BTreeSet<String>;

/// The reserves of a cohort that are not released, and who fits which.
#[derive(Default)]
pub struct Reserves {
    places: BTreeMap<String, usize>,
    fits: BTreeMap<String, Ids>,
}

impl Reserves {
    /// Takes in an entry.
    pub fn take(&mut self, entry: &Value) {
        let facts = &entry["facts"];
        let recorded = time(&entry["recordedAt"]).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let listed = facts["reserves"].as_array();
        match entry["kind"].as_str().unwrap_or_default() {
            "claim" | "carried_over" | "fit_changed" => {
                let fits = listed.into_iter().flatten().map(text).collect();
                self.fits.insert(text(&entry["bookingId"]), fits);
            }
            "reserve_released" => drop(self.places.remove(&text(&facts["reserveId"]))),
            _ => {
                for refit in facts["fits"].as_array().into_iter().flatten() {
                    let fits = refit["reserves"].as_array().into_iter().flatten().map(text).collect();
                    self.fits.insert(text(&refit["bookingId"]), fits);
                }
                let Some(listed) = listed else { return };
                let live =
                    listed.iter().filter(|one| time(&one["releasesAt"]).is_some_and(|at| at > recorded));
                let places = |one: &Value| usize::try_from(one["places"].as_u64().unwrap_or(0)).unwrap_or(0);
                self.places = live.map(|one| (text(&one["id"]), places(one))).collect();
            }
        }
    }

    fn fitted(&self, booking: &str) -> Ids {
        let fits = self.fits.get(booking).cloned().unwrap_or_default();
        fits.into_iter().filter(|id| self.places.contains_key(id)).collect()
    }

    /// Whether who was given a place can have passed the other through a reserve that the other does not fit (ADM-9).
    pub fn let_pass(&self, given: &str, passed: &str) -> bool {
        !self.fitted(given).is_subset(&self.fitted(passed))
    }

    /// Whether one of so many free places is surely for who waits, given who holds the others. Where several reserves
    /// overlap it is said only of what none of them can keep.
    pub fn is_for(&self, waits: &str, free: usize, holders: &[&String]) -> bool {
        let fitting = |id: &String| holders.iter().filter(|holder| self.fitted(holder).contains(id)).count();
        if let (1, Some((id, places))) = (self.places.len(), self.places.first_key_value()) {
            let kept = places.saturating_sub(fitting(id));
            return free > kept || (kept > 0 && free > 0 && self.fitted(waits).contains(id));
        }
        free > self.places.values().sum()
    }

    /// Whether a place went to who fits no reserve though the only one keeps all that are free.
    pub fn gave_away(&self, given: &str, free_after: usize, holders: &[&String]) -> bool {
        let Some((id, places)) = self.places.first_key_value().filter(|_| self.places.len() == 1) else {
            return false;
        };
        let fitting = holders.iter().filter(|holder| self.fitted(holder).contains(id)).count();
        self.fitted(given).is_empty() && free_after < places.saturating_sub(fitting)
    }
}
