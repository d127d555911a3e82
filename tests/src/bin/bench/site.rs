//! A running program with something to book, and the load that books it.

use harness::load::{Report, Until, closed_loop, request};
use harness::{Stage, World};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many connections the load keeps busy, unless it says otherwise.
pub(crate) const CONNECTIONS: usize = 64;

/// A capacity that no run fills.
pub(crate) const PLENTY: u32 = 100_000;

/// Settings of every server that is measured: a line for what goes wrong, none for what goes well.
const QUIET: (&str, &str) = ("ACADEMY_LOG", "warn");

/// Each claim in a transaction of its own.
pub(crate) const ONE_BY_ONE: (&str, &str) = ("ACADEMY_DESK_BATCH", "1");

/// A running program with a programme whose gate asks for nothing but a verified email.
pub(crate) struct Site {
    pub world: World,
    programme: String,
}

impl Site {
    pub(crate) async fn open(stage: &Stage, more: &[(&str, &str)]) -> Self {
        let settings: Vec<_> = [QUIET].iter().chain(more).copied().collect();
        let world = stage.world(&settings).await;
        let programme = world.plain_programme().await;
        Self { world, programme }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.world.server.address()
    }

    /// A new open cohort.
    pub(crate) async fn cohort(&self, capacity: u32) -> String {
        self.world.cohort(&self.programme, json!({"capacity": capacity})).await
    }

    /// A token of the partner's client, good for a quarter of an hour.
    pub(crate) async fn token(&self) -> String {
        let partner = self.world.partner();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            partner.client_id(),
            partner.client_secret()
        );
        let call = self.world.anonymous().request("POST", "/v1/oauth/token");
        let answer = call.bytes("application/x-www-form-urlencoded", form).await.ok();
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// Makes so many people known, by a booking on a cohort of their own; gives the first one's number.
    pub(crate) async fn acquaint(&self, people: usize) -> u64 {
        static KNOWN: AtomicU64 = AtomicU64::new(1_000_000_000);
        let first = KNOWN.fetch_add(people as u64 + 1_000_000, Ordering::Relaxed);
        let cohort = self.cohort(PLENTY).await;
        let load = Load { known_from: Some(first), ..Load::of(CONNECTIONS, people) };
        self.book(&[cohort], load).await;
        first
    }

    /// Books places on these cohorts in turn, each for another person.
    ///
    /// # Panics
    /// When a booking is refused.
    pub(crate) async fn book(&self, cohorts: &[String], load: Load) -> Report {
        static NEWCOMERS: AtomicU64 = AtomicU64::new(0);
        let authorization = format!("Authorization: Bearer {}", self.token().await);
        let known = AtomicU64::new(load.known_from.unwrap_or(0));
        let people = if load.known_from.is_some() { &known } else { &NEWCOMERS };
        let next = |_: usize, _: usize| {
            claim(cohorts, &authorization, people.fetch_add(1, Ordering::Relaxed), load.keyed)
        };
        let report = closed_loop(&[self.address()], load.connections, load.until, next).await;
        assert_eq!(
            report.succeeded(),
            report.statuses.values().sum::<usize>(),
            "refused: {:?}\n{}",
            report.statuses,
            self.world.server.log()
        );
        report
    }
}

/// How places are booked.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub connections: usize,
    pub until: Until,
    /// Whether each request has an `Idempotency-Key`.
    pub keyed: bool,
    /// The number of the first person; without it each is somebody whom nobody knows yet.
    pub known_from: Option<u64>,
}

impl Load {
    pub(crate) fn lasting(time: Duration) -> Self {
        Self { connections: CONNECTIONS, until: Until::Elapsed(time), keyed: false, known_from: None }
    }

    pub(crate) fn of(connections: usize, requests: usize) -> Self {
        Self { connections, until: Until::Requests(requests), keyed: false, known_from: None }
    }
}

fn claim(cohorts: &[String], authorization: &str, number: u64, keyed: bool) -> Vec<u8> {
    let cohort = &cohorts[usize::try_from(number).unwrap_or(0) % cohorts.len()];
    let body = format!(
        r#"{{"participant":{{"email":"person.{number}@trust.example.nhs.uk","fullName":"Person {number}"}}}}"#
    );
    let mut headers = vec![authorization.to_owned()];
    if keyed {
        headers.push(format!("Idempotency-Key: {cohort}-{number}"));
    }
    request("POST", &format!("/v1/cohorts/{cohort}/bookings"), &headers, &body)
}
