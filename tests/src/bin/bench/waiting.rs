//! The cost of a claim does not grow with those who wait.

use crate::Arguments;
use crate::site::{CONNECTIONS, Load, Site};
use crate::table::{Line, Wanted, median, shown};
use harness::{Kind, Stage};
use std::time::Duration;

const MANY: usize = 20_000;
const FEW: usize = 10;

/// How many pairs of bursts a repetition has: the short list is a new one each time, so that it stays short.
const BURSTS: usize = 4;

pub(crate) async fn lists(arguments: &Arguments, stage: &Stage) -> Vec<Line> {
    let site = Site::open(stage, &[]).await;
    let kind = site.world.database.kind();
    eprintln!("a claim behind {MANY} who wait, against one behind {FEW}, on {kind}");
    let long = with_waiting(&site, MANY).await;
    let mut lines = Vec::new();
    for (connections, requests) in [(1, 60), (CONNECTIONS, 10 * CONNECTIONS)] {
        let (mut behind_many, mut behind_few) = (Vec::new(), Vec::new());
        for _ in 0..arguments.reps as usize * BURSTS {
            let short = with_waiting(&site, FEW).await;
            let load = Load::of(connections, requests);
            behind_many.push(latency(&site, &long, load).await);
            behind_few.push(latency(&site, &short, load).await);
        }
        lines.push(line(kind, connections, requests, median(&behind_many), median(&behind_few)));
    }
    lines
}

fn line(kind: Kind, connections: usize, requests: usize, many: f64, few: f64) -> Line {
    let said = |seconds: f64| shown(Duration::from_secs_f64(seconds));
    let noun = if connections == 1 { "connection" } else { "connections" };
    Line {
        figure: format!("a claim with {MANY} waiting, {kind}, {connections} {noun}, median latency"),
        ratio: many / few,
        wanted: Wanted::AtMost(1.5),
        measured: said(many),
        against: format!("with {FEW} waiting, growing to {}: {}", FEW + requests, said(few)),
    }
}

/// A cohort with one place, taken, and so many who wait.
async fn with_waiting(site: &Site, waiting: usize) -> String {
    let cohort = site.cohort(1).await;
    site.book(std::slice::from_ref(&cohort), Load::of(CONNECTIONS.min(waiting), waiting + 1)).await;
    let kept = site.world.coordinator().cohort(&cohort).await;
    assert_eq!(kept["waitingCount"], waiting, "all but one wait");
    cohort
}

async fn latency(site: &Site, cohort: &String, load: Load) -> f64 {
    let report = site.book(std::slice::from_ref(cohort), load).await;
    report.percentile(0.5).as_secs_f64()
}
