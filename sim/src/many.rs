//! Many seeds, on all cores; some of them twice, to see that a seed is one history.

use crate::coverage::Coverage;
use crate::run::{Options, run};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Which seeds to run, and how.
#[derive(Clone, Copy, Debug)]
pub struct Many {
    /// The first.
    pub from: u64,
    /// How many.
    pub count: u64,
    /// A bug to be planted.
    pub bug: Option<crate::Bug>,
    /// Every so many seeds one is run twice and its hashes are compared; 0: none.
    pub twice_every: u64,
}

/// A seed that broke a rule.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which.
    pub seed: u64,
    /// What was broken.
    pub violation: String,
}

/// What came of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many were run.
    pub seeds: u64,
    /// How many of them twice.
    pub twice: u64,
    /// Requests in all.
    pub acts: u64,
    /// Steps in all.
    pub steps: u64,
    /// The failure with the least seed.
    pub failure: Option<Failure>,
    /// What happened.
    pub coverage: Coverage,
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.twice += other.twice;
        self.acts += other.acts;
        self.steps += other.steps;
        self.coverage.add(&other.coverage);
        if let Some(failure) = other.failure
            && self.failure.as_ref().is_none_or(|ours| failure.seed < ours.seed)
        {
            self.failure = Some(failure);
        }
    }
}

/// Runs seeds until all are done or one breaks a rule.
pub fn run_many(many: Many) -> Summary {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(|| work(many, &next, &stop))).collect();
        let mut summary = Summary::default();
        for worker in workers {
            match worker.join() {
                Ok(part) => summary.add(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        summary
    })
}

fn work(many: Many, next: &AtomicU64, stop: &AtomicBool) -> Summary {
    let mut summary = Summary::default();
    let options = Options { bug: many.bug, trace: false };
    while !stop.load(Ordering::Relaxed) {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= many.count {
            break;
        }
        let seed = many.from + n;
        let report = run(seed, options);
        summary.seeds += 1;
        summary.acts += report.acts;
        summary.steps += report.steps;
        summary.coverage.add(&report.coverage);
        let mut violation = report.violation;
        if many.twice_every > 0 && n.is_multiple_of(many.twice_every) {
            summary.twice += 1;
            if run(seed, options).hash != report.hash {
                violation = violation.or(Some("the same seed gave another history".to_owned()));
            }
        }
        if let Some(violation) = violation {
            summary.failure = Some(Failure { seed, violation });
            stop.store(true, Ordering::Relaxed);
        }
    }
    summary
}
