//! Compares what the program shows with the reference.

use super::driver::{Driver, Found};
use crate::ledger::{Ledger, time};
use crate::reference::Booking;
use crate::world::moment;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

impl Driver<'_> {
    /// Statuses, reasons, positions, claims, places.
    pub(super) async fn compare(&mut self) -> Found {
        let server = self.next_server();
        let staff = self.staff.at(&server);
        let listed = staff.all(&self.bookings_path()).await;
        let cohort = staff.cohort(&self.cohort).await;
        let taken = self.reference.places_taken();
        let counts = [("placesTaken", taken), ("waitingCount", self.reference.waiting().len())];
        for (name, count) in counts {
            if cohort[name] != count {
                return Err(format!("{name} is {}, not {count}", cohort[name]));
            }
        }
        if listed.len() != self.ids.len() {
            return Err(format!("there are {} bookings, not {}", listed.len(), self.ids.len()));
        }
        for (n, booking) in self.reference.bookings.iter().enumerate() {
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
    pub(super) async fn compare_ledger(&self) -> Found {
        let ledger = Ledger::read(&self.staff, &self.cohort).await;
        let violations = ledger.violations();
        if !violations.is_empty() {
            return Err(format!("the ledger breaks the rules: {violations:#?}"));
        }
        let number = |id: &Value| self.ids.iter().position(|known| id == known.as_str());
        let shown: Vec<String> = ledger.entries.iter().map(|entry| told_of(entry, number)).collect();
        let expected: Vec<String> = self.reference.ledger.iter().map(told).collect();
        if shown != expected {
            return Err(format!("the ledger is {shown:#?}, not {expected:#?}"));
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
