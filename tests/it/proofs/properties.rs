//! The running program and the reference of the rules, command by command.

use crate::program;
use harness::property::{Run, Tally};
use harness::{Kind, Stage};

/// What has to happen in the lists that chance makes, or they show nothing.
const HAPPENS: [&str; 22] = [
    "book",
    "rush",
    "replayed",
    "reuse",
    "entry claim",
    "entry withdrawal",
    "entry cancellation",
    "entry acceptance",
    "entry decline",
    "entry expiry",
    "entry gate_reopened",
    "entry capacity_changed",
    "entry terms_changed",
    "entry booking_opened",
    "entry booking_closed",
    "entry cohort_started",
    "entry cohort_cancelled",
    "refused already-booked",
    "refused booking-closed",
    "refused booking-not-live",
    "refused offer-expired",
    "refused capacity-below-places-taken",
];

/// The same where the programme has several cohorts.
const HAPPENS_BETWEEN_COHORTS: [&str; 18] = [
    "book ranked",
    "change form",
    "move",
    "defer",
    "replayed",
    "asked first",
    "gave way",
    "entry placed_elsewhere",
    "entry moved",
    "entry deferred",
    "entry expiry",
    "entry cohort_started",
    "entry gate_reopened",
    "refused session-clash",
    "refused not-confirmed",
    "refused not-later",
    "refused others-waiting",
    "refused cohort-full",
];

const BETWEEN: Run = Run { histories: 32, commands: 50, cohorts: 3, seed: 1, shrinks: 200 };

fn agree_on(kind: Kind, run: Run, happens: &[&str]) {
    let Some(stage) = Stage::new(&program(), kind) else { return };
    let run = run.from_env();
    let tally = run.on(&stage, &[]).unwrap_or_else(|differ| panic!("{differ}"));
    eprintln!("{kind}, {run:?}: {tally:#?}");
    missing(&tally, happens);
}

fn missing(tally: &Tally, happens: &[&str]) {
    let missing: Vec<_> = happens.iter().filter(|what| !tally.contains_key(**what)).collect();
    assert!(missing.is_empty(), "never happened, so nothing is shown: {missing:?}");
}

/// ADM-1, ADM-2, ADM-3, ADM-4, ADM-5, ADM-6, ADM-7, ADM-8, ADM-9, ADM-10, ADM-11, ADM-12, ADM-13, ADM-15, ADM-17, PRG-3,
/// PRG-7.
#[test]
fn commands_by_chance_agree_with_the_reference_on_sqlite() {
    agree_on(Kind::Sqlite, Run::default(), &HAPPENS);
}

/// ADM-1, ADM-2, ADM-3, ADM-4, ADM-5, ADM-6, ADM-7, ADM-8, ADM-9, ADM-10, ADM-11, ADM-12, ADM-13, ADM-15, ADM-17, PRG-3,
/// PRG-7.
#[test]
fn commands_by_chance_agree_with_the_reference_on_two_servers_and_postgresql() {
    agree_on(Kind::Postgres, Run::default(), &HAPPENS);
}

/// ADM-7, ADM-8, ADM-10, ADM-12, ADM-21, ADM-23, PRG-6: moves, deferrals, forms that rank several cohorts, and sessions that
/// overlap.
#[test]
fn commands_by_chance_between_cohorts_agree_with_the_reference_on_sqlite() {
    agree_on(Kind::Sqlite, BETWEEN, &HAPPENS_BETWEEN_COHORTS);
}

/// ADM-7, ADM-8, ADM-10, ADM-12, ADM-21, ADM-23, PRG-6.
#[test]
fn commands_by_chance_between_cohorts_agree_with_the_reference_on_two_servers_and_postgresql() {
    agree_on(Kind::Postgres, BETWEEN, &HAPPENS_BETWEEN_COHORTS);
}
