//! All that was seen, held against what is there when the faults are over.

use super::clients::Operation;
use super::{Chaos, Report};
use crate::ledger::{Ledger, Observed, inversions, time};
use crate::{Actor, Kind, Server};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How long jobs may take to do what is due, without any traffic.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far a moment that a client noted may be from the database's: the clock is moved and read at different times.
const SLACK: TimeDelta = TimeDelta::seconds(2);

/// How much of a server's log is told where something was left undone.
const LAST_LINES: usize = 20;

/// Those that tell of a decision.
const MAILS: &str =
    "kind IN ('booking_pending', 'booking_waiting', 'offer_made', 'place_confirmed', 'booking_closed')";

impl Chaos {
    /// Waits until nothing is left to do, and checks.
    pub(super) async fn check(&mut self) -> Report {
        let mut report = Report::default();
        self.come_to_rest(&mut report.wrong).await;
        let history = self.clients.history.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let staff = self.world.coordinator();
        for cohort in &self.cohorts {
            let of_cohort: Vec<&Operation> = history.iter().filter(|one| one.cohort == *cohort).collect();
            check_cohort(&staff, cohort, &of_cohort, &mut report.wrong).await;
        }
        report.wrong.extend(self.untold().await);
        report.wrong.append(&mut self.clients.odd.lock().unwrap_or_else(PoisonError::into_inner));
        for server in self.nemesis.servers.iter() {
            server.kill();
        }
        let verified = self.world.run(&["ledger", "verify"]);
        if verified.code != 0 {
            report.wrong.push(format!("ledger verify: {}{}", verified.out, verified.err));
        }
        report
    }

    /// Offers that stand run out, jobs pass the places on by themselves, mails go out.
    async fn come_to_rest(&self, wrong: &mut Vec<String>) {
        for server in self.nemesis.servers.iter() {
            if !is_ready(server).await {
                server.start_again().await;
            }
        }
        self.world.advance(TimeDelta::hours(2));
        let now = crate::world::moment(self.world.now());
        let over = match self.options.kind {
            Kind::Postgres => format!("offer_expires_at <= '{now}'"),
            Kind::Sqlite => format!("substr(replace(offer_expires_at, ' ', 'T'), 1, 19) <= '{}'", &now[..19]),
        };
        let undone = [
            format!("SELECT status FROM booking WHERE status = 'offered' AND {over}"),
            format!("SELECT kind FROM outbox WHERE sent_at IS NULL AND {MAILS}"),
        ];
        for sql in undone {
            let begun = Instant::now();
            loop {
                let left = self.world.database.column(&sql).await;
                if left.is_empty() {
                    break;
                }
                if begun.elapsed() > PATIENCE {
                    wrong.push(format!("{} left undone: {sql}\n{}", left.len(), self.last_words()));
                    break;
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
    }

    /// What each server last wrote to its log.
    fn last_words(&self) -> String {
        let of = |server: &Arc<Server>| {
            let log = server.log();
            let lines: Vec<&str> = log.lines().rev().take(LAST_LINES).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        self.nemesis.servers.iter().map(of).collect::<Vec<_>>().join("\n— and another server:\n")
    }

    /// COM-1: each decision about a booking is told once.
    async fn untold(&self) -> Vec<String> {
        // SQLite keeps ids as bytes.
        let id =
            if self.options.kind == Kind::Sqlite { "hex(booking_id)" } else { "CAST(booking_id AS text)" };
        let told = format!("SELECT {id} FROM outbox WHERE {MAILS}");
        let mut mails: BTreeMap<String, u64> = BTreeMap::new();
        for id in self.world.database.column(&told).await {
            *mails.entry(bare(&id)).or_default() += 1;
        }
        let staff = self.world.coordinator();
        let mut wrong = Vec::new();
        for cohort in &self.cohorts {
            let ledger = Ledger::read(&staff, cohort).await;
            let mut decided: BTreeMap<String, u64> = BTreeMap::new();
            for decision in
                ledger.entries.iter().flat_map(|e| e["decisions"].as_array().into_iter().flatten())
            {
                *decided.entry(text(&decision["bookingId"])).or_default() += 1;
            }
            for (id, count) in decided {
                let mails = mails.get(&bare(&id)).copied().unwrap_or(0);
                if mails != count {
                    wrong.push(format!("{count} decisions about booking {id}, and {mails} mails"));
                }
            }
        }
        wrong
    }
}

async fn is_ready(server: &Server) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        let asked = reqwest::get(format!("{}/health/ready", server.base())).await;
        if asked.is_ok_and(|answer| answer.status() == 200) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

/// An id without its dashes.
fn bare(id: &str) -> String {
    id.replace('-', "").to_lowercase()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

async fn check_cohort(staff: &Actor, cohort: &str, history: &[&Operation], wrong: &mut Vec<String>) {
    let bookings = staff.all(&format!("/v1/cohorts/{cohort}/bookings")).await;
    let ledger = Ledger::read(staff, cohort).await;
    wrong.extend(ledger.violations());
    wrong.extend(inversions(&observed(history)));
    wrong.extend(tables_and_ledger(&bookings, &ledger));
    wrong.extend(lost_or_doubled(history, &bookings));
    wrong.extend(effects(history, &ledger));
    wrong.extend(offers_refused(history, &ledger));
    let shown = staff.cohort(cohort).await;
    let with =
        |words: &[&str]| bookings.iter().filter(|b| words.contains(&text(&b["status"]).as_str())).count();
    if shown["placesTaken"] != with(&["offered", "confirmed"]) || shown["waitingCount"] != with(&["waiting"])
    {
        wrong.push(format!("the counts are not those of the bookings: {shown}"));
    }
}

fn observed(history: &[&Operation]) -> Vec<Observed> {
    let changes = history.iter().filter(|one| one.kind != "read");
    let seen = changes.filter_map(|one| {
        let (status, body) = one.answer.as_ref()?;
        let version = body["cohortVersion"].as_u64().filter(|_| *status < 300)?;
        Some(Observed { sent: one.sent, received: one.received, version })
    });
    seen.collect()
}

fn tables_and_ledger(bookings: &[Value], ledger: &Ledger) -> Vec<String> {
    let outcome = ledger.outcome();
    let differ = bookings.iter().filter(|booking| {
        outcome.get(&text(&booking["id"]))
            != Some(&(text(&booking["status"]), text(&booking["closedReason"])))
    });
    differ.map(|booking| format!("the ledger says otherwise of {booking}")).collect()
}

/// ADM-10: each key at most once, each that was acknowledged exactly as it was.
fn lost_or_doubled(history: &[&Operation], bookings: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut there: BTreeMap<String, &Value> = BTreeMap::new();
    for booking in bookings {
        let key = text(&booking["externalReference"]);
        if there.insert(key.clone(), booking).is_some() {
            wrong.push(format!("{key} booked twice"));
        }
    }
    let asked: BTreeSet<&str> = history.iter().map(|one| one.key.as_str()).collect();
    wrong.extend(
        there.keys().filter(|key| !asked.contains(key.as_str())).map(|key| format!("nobody asked for {key}")),
    );
    for one in history.iter().filter(|one| one.kind == "book") {
        match (&one.answer, there.get(&one.key)) {
            (Some((201, body)), Some(found))
                if found["id"] == body["id"] && found["claim"] == body["claim"] => {}
            (Some((201, _)), found) => wrong.push(format!("{} was acknowledged and is {found:?}", one.key)),
            (Some((status, body)), Some(_)) => {
                wrong.push(format!("{} was refused and is there: {status} {body}", one.key));
            }
            _ => {}
        }
    }
    wrong
}

/// ADM-11: whoever answered while an offer stood, by the clock that decides, was not told that there is none.
fn offers_refused(history: &[&Operation], ledger: &Ledger) -> Vec<String> {
    let refusals = ["no-offer", "offer-expired"];
    let refused = history.iter().filter(|one| {
        matches!(one.kind, "accept" | "decline")
            && one.answer.as_ref().is_some_and(|(_, body)| refusals.contains(&text(&body["code"]).as_str()))
    });
    let wrong = refused.filter(|one| {
        let booking = one.booking.clone().unwrap_or_default();
        let stands = |(from, to): &(DateTime<Utc>, DateTime<Utc>)| {
            *from + SLACK < one.between.0 && one.between.1 + SLACK < *to
        };
        offers_of(&booking, ledger).iter().any(stands)
    });
    wrong.map(|one| format!("{} {} was refused while an offer stood", one.kind, one.key)).collect()
}

/// From when to when a booking's offers stood.
fn offers_of(booking: &str, ledger: &Ledger) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let mut offers: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
    for entry in &ledger.entries {
        let decisions = entry["decisions"].as_array().into_iter().flatten();
        for decision in decisions.filter(|decision| decision["bookingId"] == booking) {
            let Some(at) = time(&entry["recordedAt"]) else { continue };
            if let Some((_, end)) = offers.last_mut() {
                *end = at.min(*end);
            }
            if let Some(end) = time(&decision["offerExpiresAt"]).filter(|_| decision["status"] == "offered") {
                offers.push((at, end));
            }
        }
    }
    offers
}

/// Each acknowledged cancellation and answer is one entry, each refused or unknown one at most one; and an offer was
/// answered before its end or not at all.
fn effects(history: &[&Operation], ledger: &Ledger) -> Vec<String> {
    let mut wrong = Vec::new();
    let kinds = |kind: &str| -> &[&str] {
        match kind {
            "cancel" => &["withdrawal", "cancellation"],
            "accept" => &["acceptance"],
            _ => &["decline"],
        }
    };
    for one in history.iter().filter(|one| matches!(one.kind, "cancel" | "accept" | "decline")) {
        let Some(booking) = &one.booking else { continue };
        let same = |entry: &&Value| {
            entry["bookingId"] == booking.as_str() && kinds(one.kind).contains(&text(&entry["kind"]).as_str())
        };
        let entries = ledger.entries.iter().filter(same).count();
        let done = one.answer.as_ref().is_some_and(|(status, _)| *status < 300);
        if (done && entries == 0) || (entries > 1 && one.kind != "accept") {
            wrong.push(format!("{} {} of {booking} has {entries} entries", one.kind, one.key));
        }
    }
    let mut ends: BTreeMap<String, Value> = BTreeMap::new();
    for entry in &ledger.entries {
        let late =
            ends.get(&text(&entry["bookingId"])).is_some_and(|end| time(end) <= time(&entry["recordedAt"]));
        if late && entry["kind"] == "acceptance" {
            wrong.push(format!("accepted at or after the end: {entry}"));
        }
        for decision in entry["decisions"].as_array().into_iter().flatten() {
            ends.insert(text(&decision["bookingId"]), decision["offerExpiresAt"].clone());
        }
    }
    wrong
}
