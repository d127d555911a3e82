//! The black-box suites: they drive the program `academy` from outside, on both databases.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a helper of a test fails the test"
)]

mod admission;
mod architecture;
mod catalogue;
mod crashes;
mod house;
mod identity;
mod offers;
mod proofs;
mod rules;
mod storms;

use harness::{Program, World};

/// The program that was built with this suite: with what only tests switch on.
fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_academy"))
}

/// Runs a test on SQLite and on PostgreSQL.
#[track_caller]
fn on_both(test: impl AsyncFn(World)) {
    harness::on_both(&program(), test);
}

/// Runs a test that needs several servers on one database.
#[track_caller]
fn on_postgres(test: impl AsyncFn(World)) {
    harness::on_postgres(&program(), test);
}
