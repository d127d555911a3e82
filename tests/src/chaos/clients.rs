//! Clients: each books for people of its own, cancels, accepts, declines and reads, and asks again with the same key,
//! on whatever server, until it knows.

use super::{Seen, Servers};
use crate::load::{Connection, Reply, request};
use crate::s2::participant;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a client waits for one answer.
const PATIENCE: Duration = Duration::from_secs(12);

/// How long it asks again. Far below the hours for which keys are kept, however often the clock is moved.
const PERSISTENCE: Duration = Duration::from_secs(45);

/// What is known of one operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// `book`, `cancel`, `accept`, `decline`, `read`.
    pub(super) kind: &'static str,
    pub(super) cohort: String,
    /// Its key; also the reference of a booking.
    pub(super) key: String,
    /// Which booking it is about, where that is known.
    pub(super) booking: Option<String>,
    pub(super) sent: Instant,
    pub(super) received: Instant,
    /// The same two by the clock that decides.
    pub(super) between: (DateTime<Utc>, DateTime<Utc>),
    /// Status and body of the answer that ended it; `None` where nobody knows.
    pub(super) answer: Option<(u16, Value)>,
}

/// All of them, and what they saw.
pub(super) struct Clients {
    servers: Servers,
    cohorts: Vec<String>,
    partner: String,
    staff: String,
    seed: u64,
    pub(super) history: Mutex<Vec<Operation>>,
    /// Answers that no fault excuses.
    pub(super) odd: Mutex<Vec<String>>,
    tallied: Mutex<BTreeMap<String, u64>>,
    seen: Arc<Seen>,
    watch: Watch,
}

/// The clock that decides.
pub(super) type Watch = Box<dyn Fn() -> DateTime<Utc> + Send + Sync>;

impl Clients {
    pub(super) fn new(
        servers: Servers,
        cohorts: Vec<String>,
        tokens: (String, String),
        seed: u64,
        (seen, watch): (Arc<Seen>, Watch),
    ) -> Self {
        Self {
            servers,
            cohorts,
            partner: tokens.0,
            staff: tokens.1,
            seed,
            history: Mutex::default(),
            odd: Mutex::default(),
            tallied: Mutex::default(),
            seen,
            watch,
        }
    }

    /// One client, until all is over.
    pub(super) async fn one(&self, number: usize, over: &AtomicBool) {
        let mut chance = fastrand::Rng::with_seed(self.seed.wrapping_mul(1_000).wrapping_add(number as u64));
        let mut own: Vec<(String, String)> = Vec::new();
        let mut count = 0;
        while !over.load(Ordering::Relaxed) {
            count += 1;
            let key = format!("c{number}-{count}");
            let dice = chance.u8(0..100);
            let one = own.get(chance.usize(0..own.len().max(1))).cloned();
            match one {
                Some((cohort, booking)) if dice >= 35 => {
                    let kind = ["cancel", "accept", "accept", "decline", "read"][usize::from(dice % 5)];
                    let answers = matches!(kind, "accept" | "decline");
                    let offered = if answers { self.offered(&mut chance, &own).await } else { None };
                    let (cohort, booking) = offered.unwrap_or((cohort, booking));
                    self.act(&mut chance, kind, cohort, booking, key).await;
                }
                _ => {
                    let cohort = self.cohorts[chance.usize(0..self.cohorts.len())].clone();
                    if let Some(booking) = self.book(&mut chance, cohort.clone(), key).await {
                        own.push((cohort, booking));
                        // Old ones are over or will be; a place on the list of those still cared for is short.
                        if own.len() > 8 {
                            own.remove(0);
                        }
                    }
                }
            }
        }
    }

    /// One of these that has an offer, as far as can be seen.
    async fn offered(
        &self,
        chance: &mut fastrand::Rng,
        own: &[(String, String)],
    ) -> Option<(String, String)> {
        for one in own {
            let headers = [format!("Authorization: Bearer {}", self.partner)];
            let call = request("GET", &format!("/v1/bookings/{}", one.1), &headers, "");
            let shown = self.send(chance.usize(..), &call).await;
            let shown = shown.and_then(|reply| serde_json::from_slice::<Value>(&reply.body).ok());
            if shown.is_some_and(|booking| booking["status"] == "offered") {
                return Some(one.clone());
            }
        }
        None
    }

    /// Staff change a cohort's capacity now and then.
    pub(super) async fn staff(&self, over: &AtomicBool) {
        let mut chance = fastrand::Rng::with_seed(self.seed ^ 0xACAD);
        while !over.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let cohort = &self.cohorts[chance.usize(0..self.cohorts.len())];
            let headers = [format!("Authorization: Bearer {}", self.staff), "If-Match: *".to_owned()];
            let body = json!({"capacity": chance.u8(2..12)}).to_string();
            let call = request("PATCH", &format!("/v1/cohorts/{cohort}"), &headers, &body);
            let answer = self.send(chance.usize(..), &call).await;
            let known = answer.map_or("unknown".to_owned(), |reply| reply.status.to_string());
            self.tally(format!("capacity {known}"));
        }
    }

    async fn book(&self, chance: &mut fastrand::Rng, cohort: String, key: String) -> Option<String> {
        let body = json!({"participant": participant(&key), "externalReference": key});
        let path = format!("/v1/cohorts/{cohort}/bookings");
        let operation = self.until_known(chance, ("book", path, body.to_string()), cohort, None, key).await;
        operation.booking
    }

    async fn act(
        &self,
        chance: &mut fastrand::Rng,
        kind: &'static str,
        cohort: String,
        booking: String,
        key: String,
    ) {
        let (path, body) = match kind {
            "read" => (format!("/v1/bookings/{booking}"), String::new()),
            "cancel" => (format!("/v1/bookings/{booking}/cancel"), "{}".to_owned()),
            _ => (format!("/v1/bookings/{booking}/offer/{kind}"), "{}".to_owned()),
        };
        self.until_known(chance, (kind, path, body), cohort, Some(booking), key).await;
    }

    /// Asks until an answer says what became of it; sometimes twice at once.
    async fn until_known(
        &self,
        chance: &mut fastrand::Rng,
        (kind, path, body): (&'static str, String, String),
        cohort: String,
        booking: Option<String>,
        key: String,
    ) -> Operation {
        let method = if kind == "read" { "GET" } else { "POST" };
        let mut headers = vec![format!("Authorization: Bearer {}", self.partner)];
        if method == "POST" {
            headers.push(format!("Idempotency-Key: {key}"));
        }
        let call = request(method, &path, &headers, &body);
        let (sent, sent_at) = (Instant::now(), (self.watch)());
        let mut answer = None;
        while answer.is_none() && sent.elapsed() < PERSISTENCE {
            let first = self.send(chance.usize(..), &call);
            let replies = if chance.u8(0..10) == 0 {
                let (one, other) = futures::join!(first, self.send(chance.usize(..), &call));
                vec![one, other]
            } else {
                vec![first.await]
            };
            answer = replies.into_iter().flatten().find_map(|reply| self.settled(&path, reply));
            if answer.is_none() {
                self.tally(format!("{kind} asked again"));
                tokio::time::sleep(Duration::from_millis(chance.u64(20..250))).await;
            }
        }
        let done = answer.as_ref().filter(|(status, _)| *status == 201);
        let made = done.and_then(|(_, body)| body["id"].as_str().map(str::to_owned));
        let code = match &answer {
            None => "unknown".to_owned(),
            Some((status @ 200..300, _)) => status.to_string(),
            Some((_, body)) => body["code"].as_str().unwrap_or("?").to_owned(),
        };
        self.tally(format!("{kind} {code}"));
        let booking = booking.or(made);
        if kind != "read" && answer.as_ref().is_some_and(|(status, _)| *status < 300) {
            self.seen.done.fetch_add(1, Ordering::Relaxed);
        }
        let (received, between) = (Instant::now(), (sent_at, (self.watch)()));
        let operation = Operation { kind, cohort, key, booking, sent, received, between, answer };
        self.history.lock().unwrap_or_else(PoisonError::into_inner).push(operation.clone());
        operation
    }

    /// What ends an operation: 503 and a duplicate that still runs say to ask again, anything else of the server's
    /// fault is wrong.
    fn settled(&self, path: &str, reply: Reply) -> Option<(u16, Value)> {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        if reply.status == 503 || body["code"] == "request-in-progress" {
            self.seen.refused.fetch_add(u64::from(reply.status == 503), Ordering::Relaxed);
            return None;
        }
        if reply.status >= 500 || reply.status == 401 {
            let odd = format!("{path}: {} {body}", reply.status);
            self.odd.lock().unwrap_or_else(PoisonError::into_inner).push(odd);
            return None;
        }
        Some((reply.status, body))
    }

    async fn send(&self, which: usize, call: &[u8]) -> Option<Reply> {
        let address = self.servers[which % self.servers.len()].address();
        let talk = async { Connection::open(address).await?.send(call).await };
        tokio::time::timeout(PATIENCE, talk).await.ok()?.ok()
    }

    fn tally(&self, what: String) {
        *self.tallied.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }

    /// How often what happened, and what never did.
    pub(super) fn counted(&self) -> (BTreeMap<String, u64>, Vec<String>) {
        let counts = self.tallied.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let wanted = [
            "book 201",
            "book asked again",
            "cancel 200",
            "cancel booking-not-live",
            "accept 200",
            "accept no-offer",
            "decline 200",
            "read 200",
            "capacity 200",
        ];
        let never = wanted.iter().filter(|what| !counts.contains_key(**what));
        let missing = never.map(|what| format!("`{what}` never happened")).collect();
        (counts, missing)
    }
}
