//! Short runs under faults; `chaos` does long ones.

use crate::program;
use harness::Kind;
use harness::chaos::{Options, Report, run};

fn short(kind: Kind, seconds: u64) -> Options {
    Options { kind, seconds, seed: 1, clients: 8, full_disks: false }
}

fn nothing_is_wrong(report: Option<Report>) {
    let Some(report) = report else { return };
    eprintln!("{report:#?}");
    assert!(report.wrong.is_empty(), "{:#?}", report.wrong);
    assert!(report.missing.is_empty(), "unknown, since something never happened: {:#?}", report.missing);
}

/// ADM-5, ADM-7, ADM-8, ADM-9, ADM-10, ADM-11, ADM-12, ADM-17, COM-1.
#[test]
fn three_servers_and_postgresql_keep_every_promise_under_faults() {
    nothing_is_wrong(run(&program(), short(Kind::Postgres, 30)));
}

/// ADM-5, ADM-7, ADM-8, ADM-9, ADM-10, ADM-11, ADM-12, ADM-17, COM-1.
#[test]
fn one_server_and_sqlite_keep_every_promise_under_faults() {
    nothing_is_wrong(run(&program(), short(Kind::Sqlite, 12)));
}
