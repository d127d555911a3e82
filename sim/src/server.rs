//! A server: a desk with lanes, each of which takes all that has queued into one transaction, and the
//! transactions that have one of their own.

use crate::ctx::{Ctx, State};
use crate::shell::command::{Command, Direct, Job, Reply, Request};
use crate::shell::{batch, tasters};
use crate::store::rows::OpId;
use crate::store::work::StoreError;
use domain::ids::CohortId;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Where an answer is put for whoever asked; it may be given up before it comes.
pub(crate) type Slot = Rc<RefCell<Option<Reply>>>;

/// A server as the others see it.
#[derive(Default)]
pub(crate) struct Server {
    /// Whether it runs.
    pub(crate) up: bool,
    /// How often it was killed: what it had taken in before is gone.
    pub(crate) generation: u64,
    /// For how many turns it stands still.
    pub(crate) paused_for: u32,
    /// What waits at each lane.
    pub(crate) lanes: Vec<VecDeque<(Job, Slot)>>,
}

/// Starts a server.
pub(crate) fn start(ctx: &Ctx, server: usize) {
    let lanes = ctx.with(|state| {
        let lanes = state.setup.lanes;
        let one = &mut state.servers[server];
        (one.up, one.paused_for) = (true, 0);
        one.lanes = (0..lanes).map(|_| VecDeque::new()).collect();
        lanes
    });
    for lane in 0..lanes {
        ctx.begin(Some(server), serve(ctx.clone(), server, lane));
    }
}

/// Kills it: what it had in memory is gone, its transactions are rolled back.
pub(crate) fn kill(state: &mut State, server: usize) {
    let one = &mut state.servers[server];
    one.up = false;
    one.generation += 1;
    one.lanes.clear();
}

async fn serve(ctx: Ctx, server: usize, lane: usize) {
    loop {
        let taken: Vec<(Job, Slot)> = ctx.with(|state| {
            let most = state.setup.max_batch;
            let queue = &mut state.servers[server].lanes[lane];
            queue.drain(..queue.len().min(most)).collect()
        });
        if taken.is_empty() {
            ctx.blocked().await;
            continue;
        }
        let (jobs, slots): (Vec<Job>, Vec<Slot>) = taken.into_iter().unzip();
        if jobs.len() > 1 {
            ctx.with(|state| state.coverage.count("shell", "several in one transaction"));
        }
        let replies = batch::run(&ctx, jobs).await;
        ctx.step().await;
        for (slot, reply) in slots.into_iter().zip(replies) {
            *slot.borrow_mut() = Some(reply);
        }
    }
}

/// Hands a request to a server; `None` when it does not run.
pub(crate) fn hand_in(ctx: &Ctx, server: usize, op: OpId, request: &Request) -> Option<Slot> {
    let slot = Slot::default();
    if !ctx.with(|state| state.servers[server].up) {
        return None;
    }
    match request {
        Request::Desk(command) => ctx.with(|state| queue(state, server, op, command, &slot)),
        Request::Direct(direct) => {
            ctx.begin(Some(server), answer_direct(ctx.clone(), direct.clone(), slot.clone()));
        }
    }
    Some(slot)
}

fn queue(state: &mut State, server: usize, op: OpId, command: &Command, slot: &Slot) {
    let lane = lane_of(command.cohort(), state.setup.lanes);
    let job = Job { op, command: command.clone() };
    state.servers[server].lanes[lane].push_back((job, slot.clone()));
}

fn lane_of(cohort: CohortId, lanes: usize) -> usize {
    usize::try_from(cohort.0.as_u128() % lanes.max(1) as u128).unwrap_or(0)
}

async fn answer_direct(ctx: Ctx, direct: Direct, slot: Slot) {
    let reply = tasters::run(ctx, direct).await;
    if matches!(reply, Reply::Failed(StoreError::NeedsMore | StoreError::Corrupt)) {
        // Kept for whoever watches: a client would see a 500.
    }
    *slot.borrow_mut() = Some(reply);
}
