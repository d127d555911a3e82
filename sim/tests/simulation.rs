//! The simulation as the tests run it: many seeds, and each planted bug found.

use sim::{Bug, Many, Options, run, run_many};

/// ADM-7, ADM-8, ADM-9, ADM-10, ADM-11, ADM-12, ADM-17, ADM-21, ADM-23, PRG-8: whatever fails, in whatever order, on however many servers.
#[test]
fn no_seed_of_twenty_thousand_breaks_a_rule_and_everything_happened_in_them() {
    let summary = run_many(Many { from: 0, count: 20_000, bug: None, twice_every: 100 });
    if let Some(failure) = &summary.failure {
        panic!("{} (cargo run -p sim -- --seed {} --trace)", failure.violation, failure.seed);
    }
    assert_eq!((summary.seeds, summary.twice), (20_000, 200));
    let missing = summary.coverage.missing();
    assert!(missing.is_empty(), "unknown, not passed: never happened: {missing:?}");
}

#[test]
fn one_seed_is_one_history() {
    for seed in 0..20 {
        let (first, second) = (run(seed, Options::default()), run(seed, Options::default()));
        assert_eq!(first.hash, second.hash, "seed {seed}");
        assert_ne!(first.hash, run(seed + 1, Options::default()).hash);
    }
    let traced = run(3, Options { trace: true, ..Options::default() });
    assert_eq!(traced.hash, run(3, Options::default()).hash, "watching changes nothing");
}

/// How many seeds a planted bug may hide in.
const BOUND: u64 = 3_000;

/// The same for what shows only where one fact gives two people places of whom one has an offer elsewhere.
const FAR_BOUND: u64 = 6_000;

/// ADM-8 to ADM-12, ADM-17, ADM-21, ADM-23, PRG-8: the simulation would find it.
#[test]
fn every_planted_bug_is_found() {
    let mut hidden = Vec::new();
    for bug in Bug::ALL {
        let count = if *bug == Bug::OffersEndFirst { FAR_BOUND } else { BOUND };
        let summary = run_many(Many { from: 0, count, bug: Some(*bug), twice_every: 0 });
        match summary.failure {
            Some(failure) => println!(
                "{}: seed {} after {} requests: {}",
                bug.as_str(),
                failure.seed,
                summary.acts,
                failure.violation
            ),
            None => hidden.push(bug.as_str()),
        }
    }
    assert!(hidden.is_empty(), "not found within the seeds that it may hide in: {hidden:?}");
}
