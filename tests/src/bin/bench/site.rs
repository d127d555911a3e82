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

    /// Books places on these cohorts in turn, each for somebody new.
    ///
    /// # Panics
    /// When a booking is refused.
    pub(crate) async fn book(&self, cohorts: &[String], load: Load) -> Report {
        let authorization = format!("Authorization: Bearer {}", self.token().await);
        let next = |_: usize, _: usize| claim(cohorts, &authorization, load.keyed);
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
}

impl Load {
    pub(crate) fn lasting(time: Duration) -> Self {
        Self { connections: CONNECTIONS, until: Until::Elapsed(time), keyed: false }
    }

    pub(crate) fn of(connections: usize, requests: usize) -> Self {
        Self { connections, until: Until::Requests(requests), keyed: false }
    }
}

fn claim(cohorts: &[String], authorization: &str, keyed: bool) -> Vec<u8> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let cohort = &cohorts[usize::try_from(number).unwrap_or(0) % cohorts.len()];
    let body = format!(
        r#"{{"participant":{{"email":"person.{number}@trust.example.nhs.uk","fullName":"Person {number}"}}}}"#
    );
    let mut headers = vec![authorization.to_owned()];
    if keyed {
        headers.push(format!("Idempotency-Key: booking-of-{number}"));
    }
    request("POST", &format!("/v1/cohorts/{cohort}/bookings"), &headers, &body)
}
