//! Claims spread over many cohorts: nobody contends, and the desk's batches still pay.

use crate::Arguments;
use crate::claims::{Runs, warm_up};
use crate::site::{Load, ONE_BY_ONE, PLENTY, Site};
use crate::table::{Line, Wanted};
use harness::Stage;

const COHORTS: usize = 200;

pub(crate) async fn over_cohorts(arguments: &Arguments, stage: &Stage) -> Vec<Line> {
    eprintln!("claims over {COHORTS} cohorts on PostgreSQL, against one transaction a claim");
    let together = Site::open(stage, &[]).await;
    let apart = Site::open(stage, &[ONE_BY_ONE]).await;
    let (of_together, of_apart) = (cohorts(&together).await, cohorts(&apart).await);
    let (mut batched, mut single) = (Runs::default(), Runs::default());
    warm_up(&together).await;
    warm_up(&apart).await;
    for _ in 0..arguments.reps {
        let load = Load::lasting(arguments.time());
        batched.claim(&together, &of_together, load).await;
        single.claim(&apart, &of_apart, load).await;
    }
    vec![Line {
        figure: format!("claims over {COHORTS} cohorts, PostgreSQL, HTTP, 64 connections"),
        ratio: batched.rate() / single.rate(),
        wanted: Wanted::AtLeast(1.5),
        measured: batched.said(),
        against: format!("the same, one transaction a claim: {}", single.said()),
    }]
}

async fn cohorts(site: &Site) -> Vec<String> {
    let mut cohorts = Vec::with_capacity(COHORTS);
    for _ in 0..COHORTS {
        cohorts.push(site.cohort(PLENTY).await);
    }
    cohorts
}
