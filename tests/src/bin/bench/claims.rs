//! One hot cohort: claims a second, durable, with all that a claim writes.

use crate::Arguments;
use crate::pgbench::Pgbench;
use crate::site::{Load, ONE_BY_ONE, PLENTY, Site};
use crate::table::{Line, Wanted, median, shown};
use harness::Stage;
use std::time::Duration;

/// Clients of `pgbench`.
const CLIENTS: usize = 32;

/// One side's runs.
#[derive(Default)]
pub(crate) struct Runs {
    rates: Vec<f64>,
    slowest: Vec<f64>,
}

impl Runs {
    pub(crate) async fn claim(&mut self, site: &Site, cohorts: &[String], load: Load) {
        let report = site.book(cohorts, load).await;
        eprintln!(
            "  {:.0} claims/s, p50 {}, p99 {}",
            report.per_second(),
            shown(report.percentile(0.5)),
            shown(report.percentile(0.99))
        );
        self.rates.push(report.per_second());
        self.slowest.push(report.percentile(0.99).as_secs_f64());
    }

    pub(crate) fn rate(&self) -> f64 {
        median(&self.rates)
    }

    pub(crate) fn said(&self) -> String {
        let slowest = Duration::from_secs_f64(median(&self.slowest));
        format!("{:.0} claims/s, p99 {}", self.rate(), shown(slowest))
    }
}

/// On PostgreSQL against the least possible transaction.
pub(crate) async fn on_postgres(arguments: &Arguments, stage: &Stage) -> Vec<Line> {
    eprintln!("one hot cohort on PostgreSQL, against pgbench");
    let site = Site::open(stage, &[]).await;
    let pgbench = Pgbench::new().await;
    let (mut plain, mut keyed, mut unknown) = (Runs::default(), Runs::default(), Runs::default());
    let mut least = Vec::new();
    // More than a run gets through.
    let people = usize::try_from(arguments.seconds).unwrap_or(1) * 6_000;
    let known_from = Some(site.acquaint(people).await);
    for _ in 0..arguments.reps {
        let load = Load { known_from, ..Load::lasting(arguments.time()) };
        plain.claim(&site, &[site.cohort(PLENTY).await], load).await;
        // The program sends the mails of what it took in for a while: it is held, so that pgbench has the machine.
        site.world.server.stand_still();
        least.push(pgbench.run(CLIENTS, arguments.time()).await);
        site.world.server.go_on();
        keyed.claim(&site, &[site.cohort(PLENTY).await], Load { keyed: true, ..load }).await;
        unknown.claim(&site, &[site.cohort(PLENTY).await], Load { known_from: None, ..load }).await;
    }
    let line = |figure: &str, runs: &Runs, wanted: Wanted| Line {
        figure: figure.to_owned(),
        ratio: runs.rate() / median(&least),
        wanted,
        measured: runs.said(),
        against: format!("pgbench, {CLIENTS} clients, least transaction: {:.0}/s", median(&least)),
    };
    vec![
        line("hot cohort, PostgreSQL, HTTP, 64 connections", &plain, Wanted::AtLeast(3.0)),
        line("the same, each with an `Idempotency-Key`", &keyed, Wanted::AtLeast(3.0)),
        line("the same, for people whom nobody knew: two rows more each", &unknown, Wanted::Nothing),
    ]
}

/// On SQLite against one transaction a claim.
pub(crate) async fn on_sqlite(arguments: &Arguments, stage: &Stage) -> Vec<Line> {
    eprintln!("one hot cohort on SQLite, against one transaction a claim");
    let together = Site::open(stage, &[]).await;
    let apart = Site::open(stage, &[ONE_BY_ONE]).await;
    let (mut batched, mut single) = (Runs::default(), Runs::default());
    warm_up(&together).await;
    warm_up(&apart).await;
    for _ in 0..arguments.reps {
        let load = Load::lasting(arguments.time());
        batched.claim(&together, &[together.cohort(PLENTY).await], load).await;
        single.claim(&apart, &[apart.cohort(PLENTY).await], load).await;
    }
    vec![Line {
        figure: "hot cohort, SQLite, `synchronous=FULL`, HTTP, 64 connections".to_owned(),
        ratio: batched.rate() / single.rate(),
        wanted: Wanted::AtLeast(3.0),
        measured: batched.said(),
        against: format!("the same, one transaction a claim: {}", single.said()),
    }]
}

/// Statements are prepared and caches filled before anything counts.
pub(crate) async fn warm_up(site: &Site) {
    let cohort = site.cohort(PLENTY).await;
    site.book(&[cohort], Load::lasting(Duration::from_secs(1))).await;
}
