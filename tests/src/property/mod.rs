//! Properties: lists of commands by chance, each given to the running program and to the [`Reference`], which must
//! agree after every one; a list on which they differ is shrunk to a short one.
//!
//! ```no_run
//! let program = harness::Program::new("academy");
//! let run = harness::property::Run { histories: 1_000, seed: 7, ..Default::default() };
//! if let Some(stage) = harness::Stage::new(&program, harness::Kind::Sqlite) {
//!     run.on(&stage, &[]).expect("the program and the reference agree");
//! }
//! ```

mod command;
mod compare;
mod driver;
mod keyed;
mod setting;

use crate::{Kind, Server, Stage};
use command::{Command, commands, crowd};
use driver::Driver;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use setting::{Setting, setting};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many people take part in a history.
const PEOPLE: usize = 6;

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How many lists of commands.
    pub histories: u32,
    /// How long each is at most.
    pub commands: usize,
    /// How many cohorts the programme of each has.
    pub cohorts: usize,
    /// What chance begins with: the same seed gives the same lists.
    pub seed: u64,
    /// How often a list that failed is tried shorter.
    pub shrinks: u32,
}

impl Default for Run {
    fn default() -> Self {
        Self { histories: 32, commands: 50, cohorts: 1, seed: 1, shrinks: 200 }
    }
}

/// What was done, by kind, and what was refused, by code.
pub type Tally = BTreeMap<String, u64>;

impl Run {
    /// The same as environment variables say: `ACADEMY_PROPERTY_HISTORIES`, `ACADEMY_PROPERTY_SEED`.
    #[must_use]
    pub fn from_env(self) -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let histories = number("ACADEMY_PROPERTY_HISTORIES").and_then(|n| u32::try_from(n).ok());
        Self {
            histories: histories.unwrap_or(self.histories),
            seed: number("ACADEMY_PROPERTY_SEED").unwrap_or(self.seed),
            ..self
        }
    }

    /// Tries the program on one database, with two servers where that can be. Not to be called inside a runtime.
    ///
    /// # Errors
    /// The shortest list of commands found on which program and reference differ, and how.
    pub fn on(&self, stage: &Stage, more: &[(&str, &str)]) -> Result<Tally, String> {
        let runtime = crate::world::runtime();
        let (world, servers) = runtime.block_on(async {
            let world = stage.world(more).await;
            let mut servers = vec![world.server.clone()];
            if world.database.kind() == Kind::Postgres {
                let mut settings = world.settings();
                settings.more.extend(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
                servers.push(Arc::new(Server::start(settings).await));
            }
            (world, servers)
        });
        let tally = RefCell::new(Tally::new());
        let number = RefCell::new(0u32);
        let list = proptest::collection::vec(commands(self.cohorts), 1..=self.commands);
        let histories = (setting(self.cohorts), 0..=PEOPLE, list).prop_map(|(setting, people, list)| {
            History { setting, list: crowd(people, self.cohorts).chain(list).collect() }
        });
        let done = self.runner().run(&histories, |history| {
            *number.borrow_mut() += 1;
            let label = format!("h{}", *number.borrow());
            let mut of_history = Tally::new();
            let found = runtime.block_on(async {
                let driver = Driver::begin(&world, &servers, &history.setting, &label).await;
                driver.run(&history.list, &mut of_history).await
            });
            for (what, count) in of_history {
                *tally.borrow_mut().entry(what).or_default() += count;
            }
            found.map_err(TestCaseError::fail)
        });
        match done {
            Ok(()) => {
                let verified = runtime.block_on(world.ledgers_verified());
                if verified.code != 0 {
                    return Err(format!("the ledgers differ:\n{}{}", verified.out, verified.err));
                }
                Ok(tally.into_inner())
            }
            Err(TestError::Fail(reason, history)) => {
                Err(format!("seed {}, on {}: {reason}\n{history:#?}", self.seed, world.database.kind()))
            }
            Err(TestError::Abort(reason)) => Err(format!("the run was given up: {reason}")),
        }
    }

    fn runner(&self) -> TestRunner {
        let config = Config {
            cases: self.histories,
            max_shrink_iters: self.shrinks,
            failure_persistence: None,
            ..Config::default()
        };
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
    }
}

#[derive(Clone, Debug)]
struct History {
    setting: Setting,
    list: Vec<Command>,
}
