//! A history under faults, by hand and for as long as one likes:
//!
//! `cargo build --workspace --all-targets && target/debug/chaos --seconds 600 --seed 7`
//!
//! The program must be the one that is built for tests, whose clock can be moved: `--all-targets` builds it.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "what it finds is its output")]

use clap::{Parser, ValueEnum};
use harness::chaos::{Options, run};
use harness::{Kind, Program};
use std::process::ExitCode;

/// Runs the program `academy` that lies beside this one under faults, and checks what came of it.
#[derive(Parser)]
struct Arguments {
    /// How long the faults go on.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What chance begins with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many clients at once.
    #[arg(long, default_value_t = 12)]
    clients: usize,
    /// On which database.
    #[arg(long, value_enum, default_value_t = On::Postgres)]
    on: On,
    /// Without full disks, for which it must be allowed to mount a small one: as root, or with `unshare -rm` on SQLite.
    #[arg(long)]
    no_full_disks: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum On {
    /// With a synchronous standby; three servers, one behind a proxy.
    Postgres,
    /// One server.
    Sqlite,
}

fn main() -> ExitCode {
    let Arguments { seconds, seed, clients, on, no_full_disks } = Arguments::parse();
    let kind = match on {
        On::Postgres => Kind::Postgres,
        On::Sqlite => Kind::Sqlite,
    };
    let here = std::env::current_exe().expect("this program's own path");
    let program = Program::new(here.with_file_name("academy"));
    let options = Options { kind, seconds, seed, clients, full_disks: !no_full_disks };
    let Some(report) = run(&program, options) else {
        println!("unknown: there is no PostgreSQL");
        return ExitCode::from(2);
    };
    println!("seed {seed}, {seconds} s, {clients} clients, {kind}\n{report:#?}");
    match (report.wrong.is_empty(), report.missing.is_empty()) {
        (true, true) => ExitCode::SUCCESS,
        (true, false) => ExitCode::from(2),
        _ => ExitCode::FAILURE,
    }
}
