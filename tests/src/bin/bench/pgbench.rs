//! What PostgreSQL itself does with the least possible transaction that takes a place.

use harness::{Database, Kind, binary};
use std::io::Write;
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::process::Command;

const TABLES: [&str; 3] = [
    "CREATE TABLE cohort (id int PRIMARY KEY, capacity int NOT NULL, taken int NOT NULL) WITH (fillfactor = 50)",
    "CREATE TABLE booking (id uuid PRIMARY KEY, cohort_id int NOT NULL, person_id uuid NOT NULL, \
     created_at timestamptz NOT NULL)",
    "INSERT INTO cohort VALUES (1, 2000000000, 0)",
];

const TRANSACTION: &str = "\
BEGIN;
UPDATE cohort SET taken = taken + 1 WHERE id = 1 AND taken < capacity RETURNING taken;
INSERT INTO booking VALUES (gen_random_uuid(), 1, gen_random_uuid(), clock_timestamp());
COMMIT;
";

/// A database of its own on the server that the program under test uses.
pub(crate) struct Pgbench {
    database: Database,
    script: NamedTempFile,
}

impl Pgbench {
    pub(crate) async fn new() -> Self {
        let database = Database::empty(Kind::Postgres).expect("PostgreSQL");
        for statement in TABLES {
            database.execute(statement).await.expect("the tables are made");
        }
        let mut script = NamedTempFile::new().expect("a temporary file");
        script.write_all(TRANSACTION.as_bytes()).expect("the script is written");
        Self { database, script }
    }

    /// Transactions a second.
    pub(crate) async fn run(&self, clients: usize, time: Duration) -> f64 {
        let program = binary("pgbench").expect("pgbench lies beside PostgreSQL's other programs");
        let mut command = Command::new(program);
        command.args(["--no-vacuum", "--protocol=prepared", "--jobs=2"]);
        command.arg(format!("--client={clients}")).arg(format!("--time={}", time.as_secs().max(1)));
        command.arg("--file").arg(self.script.path()).arg(self.database.url());
        let output = command.output().await.expect("pgbench can be started");
        let text = String::from_utf8_lossy(&output.stdout);
        let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.unwrap_or_else(|| panic!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)))
    }
}
