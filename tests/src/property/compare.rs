//! Compares what the program shows with the reference.

use super::driver::{Driver, Found};
use crate::ledger::{Ledger, time};
use crate::reference::Booking;
use crate::world::moment;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};

impl Driver<'_> {
    /// Statuses, reasons, positions, claims, places.
    pub(super) async fn compare(&mut self) -> Found {
        let servers: Vec<_> = (0..self.cohorts.len()).map(|_| self.next_server()).collect();
        let this = &*self;
        let reads = servers.iter().enumerate().map(|(cohort, server)| async move {
            let (staff, path) = (this.staff.at(server), this.bookings_path(cohort));
            futures::join!(staff.all(&path), staff.cohort(&this.cohorts[cohort]))
        });
        for (cohort, (listed, shown)) in join_all(reads).await.into_iter().enumerate() {
            let found = self.compare_cohort(cohort, &listed, &shown);
            found.map_err(|what| format!("cohort {cohort}: {what}"))?;
        }
        Ok(())
    }

    fn compare_cohort(&self, cohort: usize, listed: &[Value], shown: &Value) -> Found {
        let taken = self.reference.places_taken(cohort);
        let counts = [("placesTaken", taken), ("waitingCount", self.reference.waiting(cohort).len())];
        for (name, count) in counts {
            if shown[name] != count {
                return Err(format!("{name} is {}, not {count}", shown[name]));
            }
        }
        let all: Vec<(usize, &Booking)> = self.reference.of(cohort).collect();
        if listed.len() != all.len() {
            return Err(format!("there are {} bookings, not {}", listed.len(), all.len()));
        }
        for (n, booking) in all {
            let shown = listed.iter().find(|shown| shown["id"] == self.ids[n].as_str());
            let shown = shown.ok_or_else(|| format!("booking {n} is not there"))?;
            self.compare_one(n, booking, shown).map_err(|what| format!("{what}: {shown:#}"))?;
        }
        Ok(())
    }

    fn compare_one(&self, n: usize, booking: &Booking, shown: &Value) -> Found {
        let (status, reason) = booking.status.words();
        if shown["status"] != status || shown["closedReason"] != json!(reason) {
            return Err(format!("booking {n} should be {status} {reason:?}"));
        }
        let position = self.reference.position(n);
        if shown["position"] != json!(position) {
            return Err(format!("booking {n} should be at position {position:?}"));
        }
        if shown["offer"].is_object() != booking.offer_ends.is_some() {
            return Err(format!("booking {n} should have the offer {:?}", booking.offer_ends));
        }
        let preference = booking.choice.map(|choice| choice.preference);
        if shown["form"]["preference"] != json!(preference) {
            return Err(format!("booking {n} should be choice {preference:?}"));
        }
        let Some((claimed, sequence)) = booking.claim else {
            return if shown["claim"].is_null() { Ok(()) } else { Err(format!("booking {n} has a claim")) };
        };
        let expected = match self.reference.is_taster_end(claimed) {
            true => Some(self.base + TimeDelta::seconds(claimed.second)),
            false => time(&shown["createdAt"]),
        };
        let cut = |at: Option<DateTime<Utc>>| at.map(moment);
        if shown["claim"]["sequence"] != sequence || cut(time(&shown["claim"]["moment"])) != cut(expected) {
            return Err(format!("the claim of booking {n} should be number {sequence} of {expected:?}"));
        }
        Ok(())
    }

    /// Entry by entry, and by the rules that need no reference.
    pub(super) async fn compare_ledger(&self, cohort: usize) -> Found {
        let ledger = Ledger::read(&self.staff, &self.cohorts[cohort]).await;
        let violations = ledger.violations();
        if !violations.is_empty() {
            return Err(format!("the ledger breaks the rules: {violations:#?}"));
        }
        let number = |id: &Value| self.ids.iter().position(|known| id == known.as_str());
        let shown: Vec<String> = ledger.entries.iter().map(|entry| told_of(entry, number)).collect();
        let expected: Vec<String> = self.reference.cohorts[cohort].ledger.iter().map(told).collect();
        if shown != expected {
            return Err(format!("the ledger of cohort {cohort} is {shown:#?}, not {expected:#?}"));
        }
        Ok(())
    }
}

fn told(entry: &crate::reference::Entry) -> String {
    let decisions: Vec<String> = entry
        .decisions
        .iter()
        .map(|(booking, status)| {
            format!("{booking} {} {}", status.words().0, status.words().1.unwrap_or("-"))
        })
        .collect();
    format!("{} {:?}: {}", entry.kind, entry.booking, decisions.join(", "))
}

fn told_of(entry: &Value, number: impl Fn(&Value) -> Option<usize>) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let decisions = entry["decisions"].as_array().into_iter().flatten().map(|decision| {
        let booking = number(&decision["bookingId"]).map_or("?".to_owned(), |n| n.to_string());
        format!("{booking} {} {}", text(&decision["status"]), text(&decision["closedReason"]))
    });
    let decisions: Vec<String> = decisions.collect();
    format!("{} {:?}: {}", text(&entry["kind"]), number(&entry["bookingId"]), decisions.join(", "))
}
