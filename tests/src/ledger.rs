//! A cohort's ledger seen from outside: its hash chain recomputed (ADM-12), and every decision in it held
//! against the rules of admission, by code of the tests' own.

use crate::Actor;
pub use crate::chain::{canonical, hash_of};
use crate::marks::wrong_marks;
pub use crate::order::{Observed, inversions};
use crate::passing_on::wrongly_passed_on;
use crate::reserves::Reserves;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A cohort's entries, by version.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// As they are listed.
    pub entries: Vec<Value>,
}

impl Ledger {
    /// Reads the whole of it.
    pub async fn read(actor: &Actor, cohort: &str) -> Self {
        Self { entries: actor.all(&format!("/v1/cohorts/{cohort}/ledger")).await }
    }

    /// The kinds of its entries, in order.
    pub fn kinds(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| entry["kind"].as_str().unwrap_or_default()).collect()
    }

    /// Asserts that nothing is wrong with it.
    ///
    /// # Panics
    /// With all that is wrong.
    #[track_caller]
    pub fn check(self) -> Self {
        let violations = self.violations();
        assert!(violations.is_empty(), "the ledger breaks the rules: {violations:#?}");
        self
    }

    /// All that is wrong with it: the chain, the counting, and each decision against ADM-5 to ADM-11.
    pub fn violations(&self) -> Vec<String> {
        let mut violations = self.broken_links();
        violations.extend(wrong_marks(&self.entries));
        violations.extend(wrongly_passed_on(&self.entries));
        let mut replay = Replay::default();
        for entry in &self.entries {
            replay.take(entry);
        }
        violations.extend(replay.violations);
        violations
    }

    fn broken_links(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let (mut previous, mut sequence) = ("0".repeat(64), 0);
        let mut recorded = DateTime::<Utc>::MIN_UTC;
        for (index, entry) in self.entries.iter().enumerate() {
            let version = index + 1;
            if entry["version"] != version {
                broken.push(format!("version {} stands at {version}", entry["version"]));
            }
            if entry["previousHash"] != previous.as_str() {
                broken.push(format!("entry {version} does not name the hash of the one before"));
            }
            previous = hash_of(entry);
            if entry["entryHash"] != previous.as_str() {
                broken.push(format!("entry {version} has another hash than {previous}"));
            }
            if entry["kind"] == "claim" || entry["kind"] == "carried_over" {
                sequence += 1;
                if entry["sequence"] != sequence {
                    broken.push(format!("claim {} stands at {sequence}", entry["sequence"]));
                }
            }
            let at = time(&entry["recordedAt"]).unwrap_or(DateTime::<Utc>::MIN_UTC);
            if at < recorded {
                broken.push(format!("entry {version} was recorded before the one before"));
            }
            recorded = at;
        }
        if self.entries.first().is_none_or(|entry| entry["kind"] != "cohort_created") {
            broken.push("the first entry is not cohort_created".to_owned());
        }
        broken
    }

    /// What each booking came to: status and reason.
    pub fn outcome(&self) -> BTreeMap<String, (String, String)> {
        let mut outcome = BTreeMap::new();
        for decision in self.entries.iter().flat_map(|e| e["decisions"].as_array().into_iter().flatten()) {
            let reason = text(&decision["closedReason"]);
            outcome.insert(text(&decision["bookingId"]), (text(&decision["status"]), reason));
        }
        outcome
    }

    /// Asserts that the bookings are what the ledger says, and that each live claim's receipt is in it.
    ///
    /// # Panics
    /// When one differs.
    #[track_caller]
    pub fn agrees_with(&self, bookings: &[Value]) {
        let outcome = self.outcome();
        for booking in bookings {
            let Some((status, reason)) = outcome.get(&text(&booking["id"])) else {
                assert!(booking["claim"].is_null(), "a claim outside the ledger: {booking:#}");
                continue;
            };
            assert_eq!(
                (status, reason),
                (&text(&booking["status"]), &text(&booking["closedReason"])),
                "{booking:#}"
            );
            let claim = &booking["claim"];
            if !claim.is_null() {
                let version = usize::try_from(claim["ledgerVersion"].as_u64().unwrap_or(1)).unwrap_or(1);
                let entry = &self.entries[version - 1];
                for name in ["sequence", "moment", "entryHash", "previousHash"] {
                    assert_eq!(claim[name], entry[name], "the receipt's {name}: {booking:#}");
                }
                assert_eq!(entry["bookingId"], booking["id"], "the receipt is somebody else's");
            }
        }
    }
}

/// A claim's rank (ADM-5): moment, submission, sequence.
type Rank = (DateTime<Utc>, DateTime<Utc>, i64);

/// The tests' own replay: it knows the rules, not the program's `settle`.
#[derive(Default)]
struct Replay {
    capacity: i64,
    window: i64,
    stop_hours: i64,
    waiting_list: bool,
    opens_at: Option<DateTime<Utc>>,
    first_session_at: Option<DateTime<Utc>>,
    waits_for_seal: bool,
    opened: bool,
    sealed: bool,
    plain_clock: bool,
    ranks: BTreeMap<String, Rank>,
    waiting: BTreeSet<(Rank, String)>,
    status: BTreeMap<String, String>,
    offers: BTreeMap<String, DateTime<Utc>>,
    reserves: Reserves,
    carried: BTreeSet<String>,
    violations: Vec<String>,
}

impl Replay {
    fn take(&mut self, entry: &Value) {
        let kind = entry["kind"].as_str().unwrap_or_default();
        let booking = text(&entry["bookingId"]);
        let moment = time(&entry["moment"]).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let recorded = time(&entry["recordedAt"]).unwrap_or(DateTime::<Utc>::MIN_UTC);
        self.take_terms(&entry["facts"]);
        self.reserves.take(entry);
        match kind {
            "cohort_created" => {
                self.opened = self.opens_at.is_none_or(|at| at <= recorded);
                self.plain_clock = entry["facts"].get("offerClock").is_none();
            }
            "booking_opened" => self.opened = true,
            "tasters_sealed" => self.sealed = true,
            "claim" | "carried_over" => {
                if kind == "carried_over" {
                    self.carried.insert(booking.clone());
                }
                let submitted = time(&entry["facts"]["submittedAt"]).unwrap_or(moment);
                let rank = (moment, submitted, entry["sequence"].as_i64().unwrap_or(0));
                self.ranks.insert(booking.clone(), rank);
                self.waiting.insert((rank, booking.clone()));
            }
            "acceptance" if self.offers.get(&booking).is_none_or(|end| recorded >= *end) => {
                self.wrong(entry, "accepts what is no offer, or has expired (ADM-11)");
            }
            "moved" | "deferred" | "passed_on"
                if self.status.get(&booking).is_none_or(|status| status != "confirmed") =>
            {
                self.wrong(entry, "leaves a place that is not confirmed (ADM-23)");
            }
            "placed_elsewhere"
                if self
                    .status
                    .get(&booking)
                    .is_none_or(|status| !["waiting", "offered"].contains(&status.as_str())) =>
            {
                self.wrong(entry, "ends a choice that neither waits nor has an offer (ADM-21)");
            }
            "expiry" => {
                if !self.may_end(&booking, moment) || recorded < moment {
                    self.wrong(entry, "is no expiry of an offer at its moment (ADM-11)");
                }
                self.carried.remove(&booking);
                if let Some(rank) = self.ranks.get_mut(&booking) {
                    rank.0 = moment;
                }
            }
            _ => {}
        }
        for decision in entry["decisions"].as_array().into_iter().flatten() {
            self.decide(entry, decision, recorded);
        }
        self.look_around(entry, recorded);
    }

    /// An offer ends at its end or, where a change brought the moment before it at which offers stop, from then on
    /// (PRG-3).
    fn may_end(&self, booking: &str, moment: DateTime<Utc>) -> bool {
        let stop = self.first_session_at.map(|start| start - TimeDelta::hours(self.stop_hours));
        self.offers
            .get(booking)
            .is_some_and(|end| moment == *end || (moment < *end && stop.is_some_and(|stop| stop <= moment)))
    }

    fn take_terms(&mut self, facts: &Value) {
        let number = |name: &str, known: i64| facts[name].as_i64().unwrap_or(known);
        self.capacity = number("capacity", self.capacity);
        self.window = number("offerWindowHours", self.window);
        self.stop_hours = number("offersStopHours", self.stop_hours);
        self.waiting_list = facts["waitingList"].as_bool().unwrap_or(self.waiting_list);
        if let Some(word) = facts["offerClock"].as_str() {
            self.plain_clock = word == "plain";
        }
        if let Some(word) = facts["settlesFirst"].as_str() {
            self.waits_for_seal = word == "tasters_sealed";
        }
        if facts.get("bookingOpensAt").is_some() {
            self.opens_at = time(&facts["bookingOpensAt"]);
        }
        if facts.get("firstSessionAt").is_some() {
            self.first_session_at = time(&facts["firstSessionAt"]);
        }
    }

    /// How many places are free, and who holds the others.
    fn places(&self) -> (usize, Vec<&String>) {
        let holding = self.status.iter().filter(|(_, status)| holds(status));
        let holders: Vec<&String> = holding.map(|(booking, _)| booking).collect();
        (usize::try_from(self.capacity).unwrap_or(0).saturating_sub(holders.len()), holders)
    }

    fn settles(&self) -> bool {
        self.opened && (self.sealed || !self.waits_for_seal)
    }

    fn decide(&mut self, entry: &Value, decision: &Value, recorded: DateTime<Utc>) {
        let (booking, status) = (text(&decision["bookingId"]), text(&decision["status"]));
        let Some(rank) = self.ranks.get(&booking).copied() else {
            // Who was pending ends with the cohort, and with nothing else.
            let ends = matches!(entry["kind"].as_str(), Some("cohort_started" | "cohort_cancelled"));
            if !ends || status != "closed" {
                self.wrong(entry, "decides about a booking without a claim");
            }
            return;
        };
        let before = self.status.get(&booking).cloned().unwrap_or_default();
        let held_before = holds(&before);
        let was_waiting = self.waiting.remove(&(rank, booking.clone()));
        if holds(&status) && !held_before {
            if !self.settles() {
                self.wrong(entry, "gives a place before the first settling (ADM-6)");
            }
            let passes =
                |(first, other): &(Rank, String)| *first < rank && !self.reserves.let_pass(&booking, other);
            if self.waiting.iter().any(passes) {
                self.wrong(entry, "passes over a higher-ranked claim (ADM-9)");
            }
            let stop = self.first_session_at.map(|at| at - TimeDelta::hours(self.stop_hours));
            let can_be_asked = self.carried.contains(&booking) && stop.is_none_or(|stop| recorded < stop);
            if status == "confirmed" && can_be_asked {
                self.wrong(entry, "confirms who was carried over and not asked (PRG-8)");
            }
            if !was_waiting {
                self.wrong(entry, "gives a place to who doesn't wait (ADM-7)");
            }
        }
        let ended = matches!(status.as_str(), "completed" | "not_completed");
        if matches!(before.as_str(), "closed" | "confirmed") && holds(&status) && !ended {
            self.wrong(entry, "gives a place to who was closed or has one");
        }
        if ended && before != "confirmed" {
            self.wrong(entry, "ends a place that was not confirmed (PRG-7)");
        }
        self.offers.remove(&booking);
        match status.as_str() {
            "waiting" => {
                self.waiting.insert((rank, booking.clone()));
            }
            "offered" => {
                let ends = time(&decision["offerExpiresAt"]).unwrap_or(recorded);
                let full = recorded + TimeDelta::hours(self.window);
                let stop = self.first_session_at.map(|at| at - TimeDelta::hours(self.stop_hours));
                let plain = stop.map_or(full, |stop| full.min(stop));
                let humane = ends > plain || stop == Some(ends);
                if ends != plain && (self.plain_clock || !humane) {
                    self.wrong(entry, "has a window of another length than the terms say (PRG-3)");
                }
                self.offers.insert(booking.clone(), ends);
            }
            _ => {}
        }
        let given = holds(&status) && !held_before;
        self.status.insert(booking.clone(), status);
        let (free, holders) = self.places();
        if given && self.reserves.gave_away(&booking, free, &holders) {
            self.wrong(entry, "gives away a place that a reserve keeps (PRG-9)");
        }
    }

    /// What holds after every entry.
    fn look_around(&mut self, entry: &Value, recorded: DateTime<Utc>) {
        let asks = |named: &Value| {
            let decisions = entry["decisions"].as_array().into_iter().flatten();
            decisions.filter(|d| d["bookingId"] == *named).any(|d| d["status"] == "offered")
        };
        if !entry["facts"]["clashing"].as_array().into_iter().flatten().all(asks) {
            self.wrong(entry, "names as clashing whom it does not ask (PRG-6)");
        }
        if matches!(entry["kind"].as_str(), Some("cohort_started" | "cohort_cancelled"))
            && !self.waiting.is_empty()
        {
            self.wrong(entry, "leaves somebody waiting in a cohort that goes on without them (PRG-7)");
        }
        let held = i64::try_from(self.status.values().filter(|s| holds(s)).count()).unwrap_or(i64::MAX);
        if held > self.capacity {
            self.wrong(entry, &format!("{held} places of {} are taken (ADM-8)", self.capacity));
        }
        let stop = self.first_session_at.map(|at| at - TimeDelta::hours(self.stop_hours));
        let goes_on = self.settles() && stop.is_none_or(|stop| recorded < stop);
        let (free, holders) = self.places();
        let left = |(_, booking): &(Rank, String)| self.reserves.is_for(booking, free, &holders);
        if goes_on && self.waiting.iter().any(left) {
            self.wrong(entry, "leaves a place free while somebody waits (ADM-7)");
        }
    }

    fn wrong(&mut self, entry: &Value, what: &str) {
        self.violations.push(format!("entry {} ({}) {what}", entry["version"], text(&entry["kind"])));
    }
}

fn holds(status: &str) -> bool {
    matches!(status, "offered" | "confirmed" | "completed" | "not_completed")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A moment of the API.
pub fn time(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use std::time::Instant;

    #[test]
    fn an_inversion_is_seen_and_an_overlap_is_none() {
        let start = Instant::now();
        let at = |sent, received, version| Observed {
            sent: start + Duration::from_millis(sent),
            received: start + Duration::from_millis(received),
            version,
        };
        assert!(inversions(&[at(0, 10, 2), at(5, 12, 1), at(20, 30, 3)]).is_empty());
        assert_eq!(inversions(&[at(0, 10, 2), at(11, 12, 1), at(20, 30, 3)]).len(), 1);
    }
}
