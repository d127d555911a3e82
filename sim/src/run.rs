//! One seed: a scheduler that picks by chance who goes next, what goes wrong, and how time passes; then, with
//! the faults off, all that is left is done, and nothing may be left undone.

use crate::bugs::Bug;
use crate::check::Checker;
use crate::client::ask;
use crate::coverage::Coverage;
use crate::ctx::{Ctx, State, Task};
use crate::faults::{Fault, Faults};
use crate::history::History;
use crate::server::{Server, kill, start};
use crate::shell::carry::carries_due;
use crate::shell::command::{Command, Direct, Request};
use crate::store::Db;
use crate::world::acts;
use crate::world::moments::next_moment;
use crate::world::setup::{self, JobRuns, Setup};
use chrono::TimeDelta;
use std::task::{Context, Waker};

/// How a seed is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// A bug to be planted.
    pub bug: Option<Bug>,
    /// Whether to keep lines of what happened.
    pub trace: bool,
}

/// What came of a seed.
#[derive(Debug)]
pub struct Report {
    /// The first rule that was broken, if one was.
    pub violation: Option<String>,
    /// The hash of the whole history.
    pub hash: u64,
    /// What happened, counted.
    pub coverage: Coverage,
    /// How many requests were made.
    pub acts: u64,
    /// How many steps were taken.
    pub steps: u64,
    /// Lines of what happened, where they were asked for.
    pub lines: Vec<String>,
}

/// Turns after which something must have come to an end.
const PATIENCE: u64 = 200_000;

/// Runs one seed.
pub fn run(seed: u64, options: Options) -> Report {
    let ctx = Ctx::new(beginning(seed, options));
    let mut sim = Simulation { ctx: ctx.clone(), tasks: Vec::new(), acts: 0 };
    for server in 0..ctx.with(|state| state.setup.servers) {
        start(&ctx, server);
    }
    sim.main_phase();
    sim.last_phase();
    let acts = sim.acts;
    // What still runs holds the world: it goes first.
    drop(sim);
    drop(ctx.with(|state| std::mem::take(&mut state.begun)));
    ctx.with(|state| Report {
        violation: state.checker.violation.take(),
        hash: state.history.hash(),
        coverage: std::mem::take(&mut state.coverage),
        acts,
        steps: state.progress,
        lines: std::mem::take(&mut state.history).into_lines(),
    })
}

fn beginning(seed: u64, options: Options) -> State {
    let mut rng = fastrand::Rng::with_seed(seed);
    let setup = Setup::new(&mut rng);
    let rows = setup::rows(&mut rng);
    let mut coverage = Coverage::default();
    let mut checker = Checker::default();
    checker.begin(&rows, &mut coverage);
    coverage.count(
        "job",
        match setup.job {
            JobRuns::Often => "often",
            JobRuns::Late => "late",
            JobRuns::Never => "never",
        },
    );
    let mut history = if options.trace { History::with_lines() } else { History::default() };
    history.tell(|| format!("{setup:#?}"));
    history.tell(|| format!("{rows:#?}"));
    State {
        rng,
        bug: options.bug,
        faults: setup.faults.clone(),
        true_time: setup::beginning(),
        skew: TimeDelta::zero(),
        clock_set: 0,
        db: Db { rows, ..Db::default() },
        servers: (0..setup.servers).map(|_| Server::default()).collect(),
        setup,
        begun: Vec::new(),
        clients: 0,
        ticks: 0,
        commits: 0,
        progress: 0,
        last_id: 0,
        checker,
        coverage,
        history,
    }
}

struct Simulation {
    ctx: Ctx,
    tasks: Vec<Task>,
    acts: u64,
}

impl Simulation {
    fn broken(&self) -> bool {
        self.ctx.with(|state| state.checker.violation.is_some())
    }

    fn main_phase(&mut self) {
        for _ in 0..PATIENCE {
            if self.broken() || !self.is_more_to_do() {
                return;
            }
            self.turn();
        }
        self.ctx.with(|state| state.checker.report("nothing comes to an end"));
    }

    fn is_more_to_do(&self) -> bool {
        self.ctx.with(|state| self.acts < u64::from(state.setup.acts))
    }

    fn turn(&mut self) {
        let (dice, leaps) = self.ctx.with(|state| (state.rng.u32(0..1_000), state.setup.leaps));
        match dice {
            0..=59 => self.something_is_asked(),
            60..=74 => self.job(),
            75..=79 => self.a_server_comes_back(),
            80..=99 => self.ctx.with(end_one_in_flight),
            100..=139 => self.something_breaks(),
            _ if dice < 140 + leaps => self.ctx.with(leap),
            _ => self.somebody_goes_on(),
        }
    }

    fn something_is_asked(&mut self) {
        let request = self.ctx.with(|state| {
            let busy = state.clients >= state.setup.at_once;
            if busy { None } else { acts::make(state) }
        });
        if let Some(request) = request {
            self.acts += 1;
            self.ask(request);
        }
    }

    fn ask(&mut self, request: Request) {
        let op = self.ctx.with(|state| {
            let op = state.new_id();
            match request.is_of_job() {
                true => state.ticks += 1,
                false => state.clients += 1,
            }
            state.history.note("ask", &[op]);
            state.history.tell(|| format!("  {op}: {request:?} at {}", state.true_time + state.skew));
            op
        });
        self.ctx.begin(None, ask(self.ctx.clone(), op, request));
    }

    /// The job that announces what the clock has ended.
    fn job(&mut self) {
        let runs = self.ctx.with(|state| match state.setup.job {
            _ if state.ticks > 0 => false,
            JobRuns::Often => true,
            JobRuns::Late => state.rng.u8(0..12) == 0,
            JobRuns::Never => false,
        });
        if runs {
            self.tick_all();
        }
    }

    fn tick_all(&mut self) {
        let cohorts: Vec<_> = self.ctx.with(|state| state.db.rows.desks.keys().copied().collect());
        for cohort in cohorts {
            self.ask(Request::Desk(Command::Tick { cohort }));
        }
        for (from, to) in self.ctx.with(|state| carries_due(&state.db.rows, state.db_now())) {
            self.ask(Request::Direct(Direct::Carry { from, to }));
        }
    }

    fn a_server_comes_back(&mut self) {
        let down = self.ctx.with(|state| state.servers.iter().position(|server| !server.up));
        if let Some(server) = down {
            start(&self.ctx, server);
        }
    }

    fn something_breaks(&mut self) {
        let server = self.ctx.with(|state| state.rng.usize(0..state.servers.len()));
        if self.ctx.with(|state| state.servers[server].up && state.strikes(Fault::Crash)) {
            self.kill(server);
        }
        self.ctx.with(|state| {
            if state.strikes(Fault::Pause) {
                state.servers[server].paused_for = state.rng.u32(10..400);
            }
            if state.strikes(Fault::DatabaseRestart) {
                restart_database(state);
            }
            if state.strikes(Fault::ClockSetBack) {
                let back = if state.setup.by_the_hour { 3_600 } else { state.rng.i64(1..7_200) };
                state.skew -= TimeDelta::seconds(back);
                state.clock_set += 1;
            }
        });
    }

    fn kill(&mut self, server: usize) {
        self.ctx.with(|state| kill(state, server));
        let all = std::mem::take(&mut self.tasks);
        let (dead, alive) = all.into_iter().partition(|task| task.server == Some(server));
        self.tasks = alive;
        // What was begun and not yet taken up dies as well; dropping rolls back, so nothing is borrowed here.
        let begun = self.ctx.with(|state| std::mem::take(&mut state.begun));
        let (unborn, others): (Vec<Task>, Vec<Task>) =
            begun.into_iter().partition(|task| task.server == Some(server));
        self.ctx.with(|state| state.begun = others);
        drop::<(Vec<Task>, Vec<Task>)>((dead, unborn));
    }

    fn somebody_goes_on(&mut self) {
        let begun = self.ctx.with(|state| std::mem::take(&mut state.begun));
        self.tasks.extend(begun);
        if self.tasks.is_empty() {
            return;
        }
        let n = self.ctx.with(|state| state.rng.usize(0..self.tasks.len()));
        let stands_still = self.ctx.with(|state| match self.tasks[n].server {
            Some(server) if state.servers[server].paused_for > 0 => {
                state.servers[server].paused_for -= 1;
                true
            }
            _ => false,
        });
        if !stands_still {
            self.poll(n);
        }
    }

    fn poll(&mut self, n: usize) {
        let mut context = Context::from_waker(Waker::noop());
        if self.tasks[n].future.as_mut().poll(&mut context).is_ready() {
            drop(self.tasks.swap_remove(n));
        }
    }

    /// Faults off: all that is left is done; then time passes, and again nothing may be left undone.
    fn last_phase(&mut self) {
        self.ctx.with(|state| {
            state.history.note("faults off", &[]);
            state.faults = Faults::none();
            // From here on time passes only when all that was due has been entered.
            state.setup.step_micros = 0;
            while !state.db.in_flight.is_empty() {
                end_one_in_flight(state);
            }
            state.servers.iter_mut().for_each(|server| server.paused_for = 0);
        });
        for _ in 0..self.ctx.with(|state| state.servers.len()) {
            self.a_server_comes_back();
        }
        for round in 0..5 {
            if !self.come_to_rest() {
                return;
            }
            let far = round == 3;
            self.ctx.with(|state| {
                let now = state.db_now();
                state.checker.at_rest(&state.db, now);
                match next_moment(state) {
                    Some(at) if !far => state.true_time += at - now,
                    _ => state.true_time += TimeDelta::days(60),
                }
            });
            if self.broken() {
                return;
            }
        }
        self.ctx.with(|state| {
            state.checker.whole_ledgers(&state.db.rows);
            state.coverage.count("at rest", "reached");
        });
    }

    /// All clients have their answers and all that is due is entered.
    fn come_to_rest(&mut self) -> bool {
        self.drain() && {
            self.tick_all();
            self.drain() && self.carry_the_rest()
        }
    }

    /// What the ticks ended can have left people who go on into the next cohort.
    fn carry_the_rest(&mut self) -> bool {
        for _ in 0..4 {
            if self.ctx.with(|state| carries_due(&state.db.rows, state.db_now()).is_empty()) {
                return true;
            }
            self.tick_all();
            if !self.drain() {
                return false;
            }
        }
        self.ctx.with(|state| state.checker.report("PRG-8: somebody who wished to go on is left behind"));
        false
    }

    fn drain(&mut self) -> bool {
        let mut idle = 0;
        for _ in 0..PATIENCE {
            if self.broken() {
                return false;
            }
            let begun = self.ctx.with(|state| std::mem::take(&mut state.begun));
            self.tasks.extend(begun);
            let before = self.ctx.with(|state| state.progress);
            let mut n = 0;
            while n < self.tasks.len() {
                let count = self.tasks.len();
                self.poll(n);
                n += usize::from(self.tasks.len() == count);
            }
            let (progress, clients, begun) =
                self.ctx.with(|state| (state.progress, state.clients + state.ticks, state.begun.len()));
            idle = if progress == before && begun == 0 { idle + 1 } else { 0 };
            // Whoever has just given way makes no progress in that turn.
            if idle > 2 {
                if clients > 0 {
                    self.ctx.with(|state| state.checker.report("nobody goes on: they wait for each other"));
                }
                return clients == 0;
            }
        }
        self.ctx.with(|state| state.checker.report("nothing comes to an end"));
        false
    }
}

/// A COMMIT that nobody waits for comes to its end, in one way or the other.
fn end_one_in_flight(state: &mut State) {
    if state.db.in_flight.is_empty() {
        return;
    }
    let n = state.rng.usize(0..state.db.in_flight.len());
    let one = state.db.in_flight.swap_remove(n);
    if state.rng.bool() { state.keep(one.tx, one.buffered) } else { state.roll_back(one.tx) }
}

fn restart_database(state: &mut State) {
    state.db.epoch += 1;
    for one in std::mem::take(&mut state.db.in_flight) {
        state.roll_back(one.tx);
    }
}

/// Time leaps: to the next moment at which something is due, or just before or after it, or just on.
fn leap(state: &mut State) {
    let now = state.db_now();
    let dice =
        if state.setup.by_the_hour { *setup::pick(&mut state.rng, &[0, 7]) } else { state.rng.u8(0..8) };
    // What lies far ahead, as the start does, is seldom leapt to: little happens after it.
    let near = TimeDelta::hours(if state.rng.u8(0..8) == 0 { 1_000 } else { 50 });
    let next = next_moment(state).filter(|at| *at - now < near);
    let on = match (dice, next) {
        (0..=2, Some(at)) => at - now,
        (3, Some(at)) => at - now - TimeDelta::microseconds(1),
        (4, Some(at)) => at - now + TimeDelta::microseconds(1),
        (5, _) => TimeDelta::seconds(state.rng.i64(1..60)),
        (6, _) => TimeDelta::minutes(state.rng.i64(1..60)),
        _ => TimeDelta::hours(state.rng.i64(1..12)),
    };
    state.true_time += on.max(TimeDelta::zero());
    let now = state.db_now();
    state.history.note("leap", &[now.timestamp_micros().unsigned_abs()]);
    state.history.tell(|| format!("  it is {now}"));
}
