//! The world that all tasks of a run share, on one thread: the random numbers, the clocks, the database, the
//! servers, and the observer.

use crate::Time;
use crate::bugs::Bug;
use crate::check::Checker;
use crate::coverage::Coverage;
use crate::faults::{Fault, Faults};
use crate::history::History;
use crate::server::Server;
use crate::store::locks::TxId;
use crate::store::{Buffered, Db, TxStatus};
use crate::world::setup::Setup;
use chrono::TimeDelta;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A task to be run, and the server that it dies with.
pub(crate) struct Task {
    /// Which server, unless it is a client's.
    pub(crate) server: Option<usize>,
    /// What it does.
    pub(crate) future: Pin<Box<dyn Future<Output = ()>>>,
}

/// All that is shared.
pub(crate) struct State {
    /// The only source of chance.
    pub(crate) rng: fastrand::Rng,
    /// What this seed is like.
    pub(crate) setup: Setup,
    /// The bug that is planted, if one is.
    pub(crate) bug: Option<Bug>,
    /// The faults that strike now.
    pub(crate) faults: Faults,
    /// The time that passes for everybody alike.
    pub(crate) true_time: Time,
    /// How far the database's clock is from it.
    pub(crate) skew: TimeDelta,
    /// How often that clock was set.
    pub(crate) clock_set: u64,
    /// The database.
    pub(crate) db: Db,
    /// The servers.
    pub(crate) servers: Vec<Server>,
    /// Tasks that were begun and not yet taken up.
    pub(crate) begun: Vec<Task>,
    /// Clients that are at work.
    pub(crate) clients: usize,
    /// Runs of the job that are under way, cohort by cohort.
    pub(crate) ticks: usize,
    /// Counts commits.
    pub(crate) commits: u64,
    /// Counts steps that were no mere waiting.
    pub(crate) progress: u64,
    /// Ids for what is asked and made.
    pub(crate) last_id: u64,
    /// Who watches.
    pub(crate) checker: Checker,
    /// What has happened.
    pub(crate) coverage: Coverage,
    /// All of it, hashed.
    pub(crate) history: History,
}

impl State {
    /// The database's clock.
    pub(crate) fn db_now(&self) -> Time {
        self.true_time + self.skew
    }

    /// Whether this bug is planted.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Whether a fault strikes now.
    pub(crate) fn strikes(&mut self, fault: Fault) -> bool {
        let rate = self.faults.rate(fault);
        let strikes = rate > 0 && self.rng.u32(0..10_000) < rate;
        if strikes {
            self.coverage.fault(fault);
            self.history.note(fault.as_str(), &[]);
        }
        strikes
    }

    /// An id of its own.
    pub(crate) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Makes a transaction's writes visible.
    pub(crate) fn keep(&mut self, tx: TxId, buffered: Buffered) {
        self.db.locks.release(tx);
        self.db.statuses.insert(tx, TxStatus::Committed);
        self.commits += 1;
        self.history.note("commit", &[tx, buffered.writes.len() as u64]);
        let now = (self.db_now(), self.clock_set);
        self.checker.before_commit(&self.db.rows, &buffered, now);
        let Buffered { writes, effects, .. } = buffered;
        self.checker.took_effect(&effects, self.commits);
        for write in &writes {
            self.history.write(write);
        }
        let touched = self.checker.touched(&writes);
        for write in writes {
            self.db.rows.apply(write);
        }
        let db_now = self.db_now();
        self.checker.after_commit(&self.db.rows, &touched, db_now, &mut self.coverage);
    }

    /// Forgets a transaction.
    pub(crate) fn roll_back(&mut self, tx: TxId) {
        self.db.locks.release(tx);
        self.db.statuses.insert(tx, TxStatus::Aborted);
        self.history.note("rollback", &[tx]);
    }
}

/// A handle on the shared world.
#[derive(Clone)]
pub(crate) struct Ctx(Rc<RefCell<State>>);

impl Ctx {
    /// A world.
    pub(crate) fn new(state: State) -> Self {
        Self(Rc::new(RefCell::new(state)))
    }

    /// Looks at the world, or changes it; nothing waits in here.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.borrow_mut())
    }

    /// Whether this bug is planted.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.0.borrow().has(bug)
    }

    /// Begins a task.
    pub(crate) fn begin(&self, server: Option<usize>, future: impl Future<Output = ()> + 'static) {
        self.with(|state| state.begun.push(Task { server, future: Box::pin(future) }));
    }

    /// Lets others go first; time passes.
    pub(crate) async fn step(&self) {
        GiveWay(false).await;
        self.with(|state| {
            state.progress += 1;
            let most = state.setup.step_micros;
            if most > 0 && state.rng.bool() {
                let passed = state.rng.i64(0..most);
                state.true_time += TimeDelta::microseconds(passed);
            }
        });
    }

    /// Lets others go first, as nothing can be done yet.
    pub(crate) async fn blocked(&self) {
        GiveWay(false).await;
    }
}

struct GiveWay(bool);

impl Future for GiveWay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
