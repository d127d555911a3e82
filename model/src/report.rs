//! Runs the checker, and says what it found.

use crate::scene::{Name, Scene};
use crate::state::{Action, Purpose, State};
use crate::{Protocol, Variant, properties};
use stateright::{Checker, CheckerBuilder, Expectation, HasDiscoveries, Model};
use std::time::{Duration, Instant};

/// A wrong variant that must fail.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// What is wrong.
    pub variant: Variant,
    /// Where it shows.
    pub scene: Name,
    /// Whether something has to go wrong besides.
    pub needs_faults: bool,
    /// The properties that it breaks.
    pub breaks: &'static [&'static str],
}

impl Trial {
    const fn of(variant: Variant, scene: Name, breaks: &'static [&'static str]) -> Self {
        Self { variant, scene, needs_faults: false, breaks }
    }
}

/// The wrong variants, each with what it breaks and where.
pub const TRIALS: [Trial; 10] = [
    Trial::of(Variant::RowLocks, Name::Places, &[properties::STOOD_FIRST]),
    Trial::of(Variant::ExpiryByJob, Name::Offers, &[properties::OFFERS_EXACT]),
    Trial::of(Variant::PromotionApart, Name::Freed, &[properties::NO_FREE_PLACE, properties::BY_RANK]),
    Trial {
        needs_faults: true,
        ..Trial::of(Variant::KeyAfterCommit, Name::Keys, &[properties::ONCE, properties::FIRST_ANSWER])
    },
    Trial::of(Variant::SnapshotBeforeLock, Name::Places, &[properties::CAPACITY, properties::LEDGER]),
    Trial::of(Variant::OwnClocks, Name::Offers, &[properties::OFFERS_EXACT]),
    Trial::of(Variant::OwnClocks, Name::Verification, &[properties::ANSWERED_FIRST]),
    Trial::of(Variant::NoPersonLock, Name::Verification, &[properties::NO_OPEN_GATE]),
    Trial::of(Variant::AnswerBeforeCommit, Name::Places, &[properties::NOT_LOST]),
    Trial::of(Variant::CohortBeforePerson, Name::Verification, &[properties::NOBODY_STUCK]),
];

/// What the checker found.
#[derive(Debug)]
pub struct Found {
    /// States, each counted once.
    pub states: usize,
    /// States with repeats: how many steps were looked at.
    pub steps: usize,
    /// The longest of the shortest ways to a state.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// Properties that failed, with the way there.
    pub broken: Vec<(&'static str, Vec<String>)>,
    /// What never happened though it should.
    pub missing: Vec<&'static str>,
}

impl Found {
    /// Whether it is what the right protocol must show: nothing broken, and everything that should happen does.
    pub fn holds(&self) -> bool {
        self.broken.is_empty() && self.missing.is_empty()
    }

    /// Whether a wrong variant failed as it must.
    pub fn fails_as(&self, trial: Trial) -> bool {
        trial.breaks.iter().all(|expected| self.broken.iter().any(|(property, _)| property == expected))
    }
}

/// Walks through every state of the right protocol in a scene.
pub fn exhaust(scene: Name) -> Found {
    let protocol = Protocol { scene: Scene::of(scene), variant: Variant::Right };
    check(&protocol, protocol.clone().checker().threads(2).finish_when(HasDiscoveries::AnyFailures))
}

/// Walks ever further into a wrong variant's states, until it has broken what it breaks: the ways found so are
/// short, and the same each time.
pub fn try_out(trial: Trial) -> Found {
    let scene = Scene::of(trial.scene);
    let scene = if trial.needs_faults { scene } else { scene.calm() };
    let protocol = Protocol { scene, variant: trial.variant };
    let mut depth = 1;
    loop {
        let found = check(&protocol, protocol.clone().checker().target_max_depth(depth));
        if found.fails_as(trial) || found.depth < depth {
            return found;
        }
        depth += 1;
    }
}

fn check(protocol: &Protocol, checker: CheckerBuilder<Protocol>) -> Found {
    let properties = protocol.properties();
    let begun = Instant::now();
    let checker = checker.spawn_bfs().join();
    let took = begun.elapsed();
    let discoveries = checker.discoveries();
    let mut broken = Vec::new();
    let mut missing = Vec::new();
    for property in properties {
        let path = discoveries.get(property.name);
        match (property.expectation, path) {
            (Expectation::Sometimes, None) => missing.push(property.name),
            (Expectation::Always, Some(path)) => {
                broken.push((property.name, in_words(protocol, path.clone().into_vec())));
            }
            _ => {}
        }
    }
    Found {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        took,
        broken,
        missing,
    }
}

/// A way, step by step, each transaction's by its statement.
fn in_words(protocol: &Protocol, way: Vec<(State, Option<Action>)>) -> Vec<String> {
    let words = |(state, action): (State, Option<Action>)| match action? {
        Action::Step(slot) => {
            let work = state.works.get(usize::from(slot))?.as_ref()?;
            let place =
                if matches!(work.purpose, Purpose::Verification(_)) { "beside the desk" } else { "desk" };
            let server = work.server.map_or("crashed".to_owned(), |server| format!("server {server}"));
            Some(format!("{server}, {place}: {:?}", work.step))
        }
        Action::Send(request, server) => {
            let ask = protocol.scene.asks.get(usize::from(request))?;
            let again = state.clients.get(usize::from(request))?.attempts > 0;
            Some(format!("a client sends {ask:?} to server {server}{}", if again { " again" } else { "" }))
        }
        other => Some(format!("{other:?}")),
    };
    way.into_iter().filter_map(words).collect()
}
