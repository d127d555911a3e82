//! A rush on a cohort: many people, each booked by a partner's client over a connection of their own, spread
//! over several servers; and the check of what it left behind.

use crate::ledger::{Ledger, Observed, inversions};
use crate::load::{Connection, request};
use crate::s2::participant;
use crate::{Actor, World};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// What became of one person's attempt.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// An answer came.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body.
        body: Value,
        /// When it was sent and answered.
        times: (Instant, Instant),
    },
    /// The connection broke: nobody knows.
    Unknown,
}

/// A rush: who, where.
#[derive(Clone, Debug)]
pub struct Rush {
    /// The cohort.
    pub cohort: String,
    /// How many people.
    pub people: usize,
    /// The servers they come to, in turn.
    pub servers: Vec<SocketAddr>,
    /// The client's token.
    pub token: String,
    /// Goes into names and keys.
    pub label: String,
}

impl Rush {
    /// The name of one of the people.
    pub fn name(&self, n: usize) -> String {
        format!("{}-{n}", self.label)
    }

    fn request(&self, n: usize) -> Vec<u8> {
        let body = json!({"participant": participant(&self.name(n)), "externalReference": self.name(n)});
        let headers =
            [format!("Authorization: Bearer {}", self.token), format!("Idempotency-Key: {}", self.name(n))];
        request("POST", &format!("/v1/cohorts/{}/bookings", self.cohort), &headers, &body.to_string())
    }

    /// Sends one person's request, once.
    async fn send(&self, n: usize) -> Attempt {
        let address = self.servers[n % self.servers.len()];
        let call = self.request(n);
        let talk = async { Connection::open(address).await?.send(&call).await };
        match tokio::time::timeout(Duration::from_secs(60), talk).await {
            Ok(Ok(reply)) => Attempt::Answered {
                status: reply.status,
                body: serde_json::from_slice(&reply.body).unwrap_or(Value::Null),
                times: (reply.sent, reply.received),
            },
            _ => Attempt::Unknown,
        }
    }

    /// All at once, each on a connection of their own.
    pub async fn all_at_once(&self) -> Vec<Attempt> {
        join_all((0..self.people).map(|n| self.send(n))).await
    }

    /// All at once, and `after` runs as soon as this many answers have come.
    pub async fn and_after(&self, answers: usize, after: impl Future<Output = ()>) -> Vec<Attempt> {
        let (tell, told) = tokio::sync::oneshot::channel();
        let (tell, count) = (Mutex::new(Some(tell)), std::cell::Cell::new(0));
        let sends = (0..self.people).map(|n| {
            let (tell, count) = (&tell, &count);
            async move {
                let attempt = self.send(n).await;
                count.set(count.get() + 1);
                if count.get() == answers
                    && let Some(tell) = tell.lock().await.take()
                {
                    let _ = tell.send(());
                }
                attempt
            }
        });
        let then = async {
            if told.await.is_ok() {
                after.await;
            }
        };
        let (attempts, ()) = tokio::join!(join_all(sends), then);
        attempts
    }
}

/// The bookings that were acknowledged, by name.
pub fn acknowledged(rush: &Rush, attempts: &[Attempt]) -> BTreeMap<String, Value> {
    let booked = attempts.iter().enumerate().filter_map(|(n, attempt)| match attempt {
        Attempt::Answered { status: 201, body, .. } => Some((rush.name(n), body.clone())),
        _ => None,
    });
    booked.collect()
}

/// All that is wrong after a rush: places, the ledger, its order against what was seen, lost or doubled
/// bookings, answers that blame the server. `faults_happened` forgives 5xx and broken connections.
pub async fn violations(
    world: &World,
    rush: &Rush,
    attempts: &[Attempt],
    faults_happened: bool,
) -> Vec<String> {
    let staff = world.coordinator();
    let mut wrong = bad_answers(rush, attempts, faults_happened);
    let ledger = Ledger::read(&staff, &rush.cohort).await;
    wrong.extend(ledger.violations());
    wrong.extend(inversions(&observed(attempts)));
    let bookings = staff.all(&format!("/v1/cohorts/{}/bookings", rush.cohort)).await;
    wrong.extend(lost_or_doubled(rush, attempts, &bookings));
    wrong.extend(places(&staff, rush, &ledger, &bookings).await);
    wrong
}

fn observed(attempts: &[Attempt]) -> Vec<Observed> {
    let seen = attempts.iter().filter_map(|attempt| match attempt {
        Attempt::Answered { status: 201, body, times: (sent, received) } => {
            Some(Observed { sent: *sent, received: *received, version: body["cohortVersion"].as_u64()? })
        }
        _ => None,
    });
    seen.collect()
}

fn bad_answers(rush: &Rush, attempts: &[Attempt], faults_happened: bool) -> Vec<String> {
    let bad = attempts.iter().enumerate().filter_map(|(n, attempt)| match attempt {
        Attempt::Answered { status: 201, .. } => None,
        Attempt::Answered { status: 500.., .. } | Attempt::Unknown if faults_happened => None,
        Attempt::Answered { status, body, .. } => Some(format!("{}: {status} {body}", rush.name(n))),
        Attempt::Unknown => Some(format!("{}: no answer", rush.name(n))),
    });
    bad.collect()
}

fn lost_or_doubled(rush: &Rush, attempts: &[Attempt], bookings: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut there: BTreeMap<&str, &Value> = BTreeMap::new();
    for booking in bookings {
        let name = booking["externalReference"].as_str().unwrap_or_default();
        if there.insert(name, booking).is_some() {
            wrong.push(format!("{name} has two bookings"));
        }
    }
    for (name, booking) in acknowledged(rush, attempts) {
        match there.get(name.as_str()) {
            None => wrong.push(format!("{name}'s acknowledged booking is lost")),
            Some(found) if found["id"] != booking["id"] || found["claim"] != booking["claim"] => {
                wrong.push(format!("{name}'s booking is another one than was acknowledged"));
            }
            Some(_) => {}
        }
    }
    wrong
}

async fn places(staff: &Actor, rush: &Rush, ledger: &Ledger, bookings: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let cohort = staff.cohort(&rush.cohort).await;
    let number = |name: &str| cohort[name].as_u64().unwrap_or(u64::MAX);
    let with = |status: &str| bookings.iter().filter(|booking| booking["status"] == status).count() as u64;
    if number("placesTaken") != with("confirmed") + with("offered")
        || number("placesTaken") > number("capacity")
    {
        wrong.push(format!(
            "{} places are taken, {} confirmed: {cohort}",
            number("placesTaken"),
            with("confirmed")
        ));
    }
    if number("waitingCount") != with("waiting") {
        wrong.push(format!("{} are said to wait, {} do", number("waitingCount"), with("waiting")));
    }
    let outcome = ledger.outcome();
    for booking in bookings {
        let id = booking["id"].as_str().unwrap_or_default();
        if outcome.get(id).map(|(status, _)| status.as_str()) != booking["status"].as_str() {
            wrong.push(format!(
                "booking {id} is {} and the ledger says {:?}",
                booking["status"],
                outcome.get(id)
            ));
        }
    }
    let sequences: BTreeSet<u64> = bookings.iter().filter_map(|b| b["claim"]["sequence"].as_u64()).collect();
    if sequences.len() != bookings.len() {
        wrong.push(format!("{} bookings have {} sequences", bookings.len(), sequences.len()));
    }
    wrong
}
