//! Runs seeds of the simulation: `cargo run -p sim -- --seeds 20000`, `cargo run -p sim -- --seed 7 --trace`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that tells what it found")]

use sim::{Bug, Many, Options, Summary, run, run_many};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "sim [--seed N [--trace]] [--seeds COUNT [--from N]] [--bug NAME]";

#[derive(Default)]
struct Arguments {
    seed: Option<u64>,
    seeds: Option<u64>,
    from: u64,
    bug: Option<Bug>,
    trace: bool,
}

fn arguments() -> Option<Arguments> {
    let mut given = std::env::args().skip(1);
    let mut arguments = Arguments::default();
    while let Some(name) = given.next() {
        match name.as_str() {
            "--seed" => arguments.seed = Some(given.next()?.parse().ok()?),
            "--seeds" => arguments.seeds = Some(given.next()?.parse().ok()?),
            "--from" => arguments.from = given.next()?.parse().ok()?,
            "--bug" => arguments.bug = Some(Bug::parse(&given.next()?)?),
            "--trace" => arguments.trace = true,
            _ => return None,
        }
    }
    Some(arguments)
}

fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        let bugs: Vec<&str> = Bug::ALL.iter().map(|bug| bug.as_str()).collect();
        eprintln!("{USAGE}\nbugs: {}", bugs.join(", "));
        return ExitCode::FAILURE;
    };
    match arguments.seed {
        Some(seed) => one(seed, &arguments),
        None => many(&arguments),
    }
}

fn one(seed: u64, arguments: &Arguments) -> ExitCode {
    let report = run(seed, Options { bug: arguments.bug, trace: arguments.trace });
    for line in &report.lines {
        println!("{line}");
    }
    println!("seed {seed}: {} requests, {} steps, history {:016x}", report.acts, report.steps, report.hash);
    match report.violation {
        None => ExitCode::SUCCESS,
        Some(violation) => {
            eprintln!("{violation}");
            ExitCode::FAILURE
        }
    }
}

fn many(arguments: &Arguments) -> ExitCode {
    let begun = Instant::now();
    let count = arguments.seeds.unwrap_or(20_000);
    let summary = run_many(Many { from: arguments.from, count, bug: arguments.bug, twice_every: 100 });
    for (kind, what, times) in summary.coverage.all() {
        println!("{times:>10}  {kind}: {what}");
    }
    println!(
        "{} seeds ({} of them twice), {} requests, {} steps in {:.1} s",
        summary.seeds,
        summary.twice,
        summary.acts,
        summary.steps,
        begun.elapsed().as_secs_f64()
    );
    tell(&summary, arguments)
}

fn tell(summary: &Summary, arguments: &Arguments) -> ExitCode {
    if let Some(failure) = &summary.failure {
        let bug = arguments.bug.map(|bug| format!(" --bug {}", bug.as_str())).unwrap_or_default();
        eprintln!("seed {}: {}", failure.seed, failure.violation);
        eprintln!("again: cargo run -p sim -- --seed {} --trace{bug}", failure.seed);
        return ExitCode::FAILURE;
    }
    let missing = summary.coverage.missing();
    if !missing.is_empty() {
        eprintln!("unknown, not passed: never happened: {}", missing.join("; "));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
