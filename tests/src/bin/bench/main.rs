//! Measures the program against what stands beside it, and prints ratios: figures of one machine say little,
//! ratios of things that ran on it in the same minutes say more.
//!
//! `cargo build --profile dist --workspace --bins && target/dist/bench`
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a measurement that can't be taken ends the command, and its table is its output"
)]

mod catalogue;
mod claims;
mod pgbench;
mod site;
mod spread;
mod table;
mod waiting;

use clap::{Parser, ValueEnum};
use harness::{Kind, Program, Stage};
use std::time::Duration;
use table::Table;

/// Measures the program `academy` that lies beside this one, on throwaway databases.
#[derive(Parser, Clone, Debug)]
struct Arguments {
    /// How long each run lasts, in seconds.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// How often each run is repeated; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    reps: u32,
    /// Only these figures.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Figure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Figure {
    /// One hot cohort on PostgreSQL against pgbench.
    Hot,
    /// One hot cohort on SQLite against one transaction a claim.
    Sqlite,
    /// Claims spread over many cohorts against one transaction a claim.
    Spread,
    /// A claim behind a long waiting list against one behind a short list.
    Waiting,
    /// The public list of programmes against the smallest answer there is.
    Catalogue,
}

impl Arguments {
    fn wants(&self, figure: Figure) -> bool {
        self.only.is_empty() || self.only.contains(&figure)
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn main() {
    let arguments = Arguments::parse();
    let here = std::env::current_exe().expect("this program's own path");
    let program = Program::new(here.with_file_name("academy"));
    eprintln!("furnishing the databases");
    let sqlite = Stage::new(&program, Kind::Sqlite).expect("SQLite needs nothing");
    let postgres = Stage::new(&program, Kind::Postgres);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let table = runtime.expect("a runtime").block_on(measure(&arguments, &sqlite, postgres.as_ref()));
    println!("{}", table.markdown(&arguments));
}

async fn measure(arguments: &Arguments, sqlite: &Stage, postgres: Option<&Stage>) -> Table {
    let mut table = Table::default();
    if arguments.wants(Figure::Hot)
        && let Some(postgres) = postgres
    {
        table.extend(claims::on_postgres(arguments, postgres).await);
    }
    if arguments.wants(Figure::Sqlite) {
        table.extend(claims::on_sqlite(arguments, sqlite).await);
    }
    if arguments.wants(Figure::Spread)
        && let Some(postgres) = postgres
    {
        table.extend(spread::over_cohorts(arguments, postgres).await);
    }
    if arguments.wants(Figure::Waiting) {
        for stage in postgres.into_iter().chain([sqlite]) {
            table.extend(waiting::lists(arguments, stage).await);
        }
    }
    if arguments.wants(Figure::Catalogue) {
        table.extend(catalogue::list(arguments, postgres.unwrap_or(sqlite)).await);
    }
    table
}
