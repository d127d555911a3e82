//! A history under faults: servers on one database, clients that book, cancel, answer and repeat by key, and faults by
//! a seeded schedule; at the end the faults stop, and all that was seen is held against what is there.
//!
//! A run in which a kind of fault or of operation did not happen shows nothing: it counts as unknown, not as passed.

mod check;
mod clients;
mod faults;
mod ground;

use crate::world::{World, runtime};
use crate::{Kind, Program, Server, furnish};
use clients::Clients;
use faults::Nemesis;
use ground::Ground;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much, of what.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// On which database: PostgreSQL with a synchronous standby and three servers, one behind a proxy, or SQLite with one.
    pub kind: Kind,
    /// How long the faults go on: up to three times as long where something has not happened yet.
    pub seconds: u64,
    /// What chance begins with. Real time takes part: the same seed gives the same schedule, not the same history.
    pub seed: u64,
    /// How many clients at once.
    pub clients: usize,
    /// Full disks too, for which this process must be allowed to mount a small one.
    pub full_disks: bool,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How often each operation ended how.
    pub operations: BTreeMap<String, u64>,
    /// How often each fault happened.
    pub faults: BTreeMap<&'static str, u64>,
    /// How long nothing was done after a fault that stops all, in milliseconds and in order of length.
    pub outages: BTreeMap<&'static str, Vec<u128>>,
    /// All that is wrong.
    pub wrong: Vec<String>,
    /// What should have happened and did not: with something here nothing was shown.
    pub missing: Vec<String>,
}

/// How many cohorts are fought over.
const COHORTS: usize = 4;

/// Runs it on a database of its own; `None` where there is no PostgreSQL. Not to be called inside a runtime.
pub fn run(program: &Program, options: Options) -> Option<Report> {
    let ground = Ground::prepare(options)?;
    let database = ground.database();
    let furnished = Arc::new(furnish::furnish(program, database.clone()));
    Some(runtime().block_on(async {
        let world = World::start(program, furnished, database, &[]).await;
        Chaos::begin(world, ground, options).await.run().await
    }))
}

/// A run at work.
struct Chaos {
    world: World,
    options: Options,
    cohorts: Vec<String>,
    nemesis: Nemesis,
    clients: Clients,
    over: AtomicBool,
}

impl Chaos {
    async fn begin(world: World, ground: Ground, options: Options) -> Self {
        let mut cohorts = Vec::new();
        for n in 0..COHORTS {
            let terms = json!({
                "capacity": 3 + n, "offerWindowHours": 1,
                "afterLapse": if n % 2 == 0 { "close" } else { "requeue" },
                "vacancies": if n == 3 { "automatic" } else { "offer" },
                "offerClock": if n < 2 { "plain" } else { "humane" },
            });
            cohorts.push(world.plain_cohort(terms).await);
        }
        let seen = Arc::new(Seen::default());
        let nemesis = Nemesis::begin(&world, ground, cohorts[0].clone(), seen.clone(), options).await;
        let token = world.partner().token().await.unwrap_or_default();
        let staff = world.coordinator().token().await.unwrap_or_default();
        let watch = Box::new(world.watch());
        let servers = nemesis.servers.clone();
        let clients = Clients::new(servers, cohorts.clone(), (token, staff), options.seed, (seen, watch));
        Self { world, options, cohorts, nemesis, clients, over: AtomicBool::new(false) }
    }

    async fn run(mut self) -> Report {
        let end = Instant::now() + Duration::from_secs(self.options.seconds);
        let Self { world, nemesis, clients, over, options, .. } = &mut self;
        let (over, clients) = (&*over, &*clients);
        let people = futures::future::join_all((0..options.clients).map(|n| clients.one(n, over)));
        let faults = async {
            let late = end + 2 * Duration::from_secs(options.seconds);
            let something_is_missing =
                |nemesis: &Nemesis| !clients.counted().1.is_empty() || !nemesis.missing().is_empty();
            // A slow machine gets more time, so that a run shows something.
            while Instant::now() < end || (Instant::now() < late && something_is_missing(nemesis)) {
                nemesis.strike(world).await;
            }
            nemesis.relent().await;
            // What is still unknown is asked again while nothing goes wrong.
            over.store(true, Ordering::Relaxed);
        };
        let staff = clients.staff(over);
        let _ = futures::join!(people, faults, staff);
        let mut report = self.check().await;
        self.nemesis.tell(&mut report);
        let (operations, missing) = self.clients.counted();
        report.operations = operations;
        report.missing.extend(missing);
        report
    }
}

/// What clients have seen so far, for who makes faults happen.
#[derive(Default)]
struct Seen {
    /// Changes that were acknowledged.
    done: AtomicU64,
    /// Answers that say to ask again later.
    refused: AtomicU64,
}

/// A shared list of servers, whose addresses change when they start again.
type Servers = Arc<Vec<Arc<Server>>>;
