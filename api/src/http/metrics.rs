//! What is counted, for Prometheus. Labels are templates and codes, never ids or emails.

use persistence::admission::CheckFigures;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use std::time::Duration;

/// The counters of this process.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    ledgers: Ledgers,
}

/// What is known of the ledgers (ADM-12).
#[derive(Clone)]
struct Ledgers {
    verified: IntCounterVec,
    failing: IntGauge,
    unverified: IntGauge,
    oldest: IntGauge,
}

impl Ledgers {
    fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let verified =
            Opts::new("academy_ledgers_verified_total", "Ledgers that this process verified, by result.");
        let verified = IntCounterVec::new(verified, &["result"])?;
        let gauge = |name: &str, help: &str| IntGauge::with_opts(Opts::new(name, help));
        let failing =
            gauge("academy_ledgers_failing", "Cohorts whose last verification found a difference.")?;
        let unverified = gauge("academy_ledgers_unverified", "Cohorts whose ledger was never verified.")?;
        let oldest = gauge(
            "academy_ledger_oldest_verification_seconds",
            "Age of the verification that is longest ago.",
        )?;
        for result in ["agrees", "differs"] {
            verified.with_label_values(&[result]).inc_by(0);
        }
        registry.register(Box::new(verified.clone()))?;
        for one in [&failing, &unverified, &oldest] {
            registry.register(Box::new(one.clone()))?;
        }
        Ok(Self { verified, failing, unverified, oldest })
    }
}

impl Metrics {
    /// Makes them.
    ///
    /// # Errors
    /// When a name stands twice.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = Opts::new("academy_http_requests_total", "Answers by method, route and status.");
        let requests = IntCounterVec::new(requests, &["method", "route", "status"])?;
        let seconds = HistogramOpts::new("academy_http_request_duration_seconds", "Time to answer.")
            .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
        let seconds = HistogramVec::new(seconds, &["method", "route"])?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        let ledgers = Ledgers::new(&registry)?;
        Ok(Self { registry, requests, seconds, ledgers })
    }

    /// Counts one answer.
    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.requests.with_label_values(&[method, route, status_word(status)]).inc();
        self.seconds.with_label_values(&[method, route]).observe(took.as_secs_f64());
    }

    /// Counts one ledger that was verified.
    pub(crate) fn ledger_verified(&self, agrees: bool) {
        let result = if agrees { "agrees" } else { "differs" };
        self.ledgers.verified.with_label_values(&[result]).inc();
    }

    /// Shows how the verification of all ledgers stands.
    pub(crate) fn ledgers_stand(&self, figures: &CheckFigures) {
        self.ledgers.failing.set(figures.failing);
        self.ledgers.unverified.set(figures.unverified);
        self.ledgers.oldest.set(figures.oldest_seconds);
    }

    /// All of it in Prometheus's text format.
    pub(crate) fn to_text(&self) -> String {
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "metrics could not be written");
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

/// A status as a label, without allocating for each answer.
fn status_word(status: u16) -> &'static str {
    const WORDS: [(u16, &str); 22] = [
        (200, "200"),
        (201, "201"),
        (202, "202"),
        (204, "204"),
        (304, "304"),
        (307, "307"),
        (308, "308"),
        (400, "400"),
        (401, "401"),
        (403, "403"),
        (404, "404"),
        (405, "405"),
        (408, "408"),
        (409, "409"),
        (412, "412"),
        (413, "413"),
        (415, "415"),
        (422, "422"),
        (428, "428"),
        (429, "429"),
        (500, "500"),
        (503, "503"),
    ];
    WORDS.iter().find(|(number, _)| *number == status).map_or("other", |(_, word)| word)
}
