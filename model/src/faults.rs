//! What goes wrong: connections, answers to COMMIT, whole servers.

use crate::Protocol;
use crate::state::{Action, Server, Slot, State, Step, Work};
use crate::work::unavailable;

/// Where the transactions stand whose server crashed while COMMIT was on its way.
pub(crate) const ORPHANS: usize = 4;

impl Protocol {
    /// The faults that can happen to a transaction now.
    pub(crate) fn faults_of(&self, state: &State, slot: Slot, work: &Work, actions: &mut Vec<Action>) {
        if work.server.is_none() {
            // Its COMMIT may arrive, and may not: that costs nothing more.
            actions.push(Action::Kill(slot));
            return;
        }
        if state.faults == 0 {
            return;
        }
        match work.step {
            Step::Commit => {
                actions.push(Action::LoseCommit(slot, true));
                actions.push(Action::LoseCommit(slot, false));
            }
            Step::FindOut { .. } => actions.push(Action::FindNothingOut(slot)),
            Step::Answer | Step::KeepKeys => {}
            _ => actions.push(Action::Kill(slot)),
        }
    }

    pub(crate) fn kill(&self, state: &mut State, slot: Slot) {
        let Some(work) = state.works[usize::from(slot)].take() else { return };
        state.faults -= u8::from(work.server.is_some());
        self.try_again(state, slot, work);
    }

    pub(crate) fn lose_commit(&self, state: &mut State, slot: Slot, committed: bool) {
        let Some(mut work) = state.works[usize::from(slot)].take() else { return };
        state.faults -= 1;
        if committed {
            self.make_durable(state, slot, &work);
        } else {
            state.locks.release(slot);
        }
        work.written = None;
        work.step = Step::FindOut { committed };
        state.works[usize::from(slot)] = Some(work);
    }

    pub(crate) fn find_nothing_out(&self, state: &mut State, slot: Slot) {
        let Some(work) = state.works[usize::from(slot)].take() else { return };
        state.faults -= 1;
        unavailable(state, &work.jobs);
    }

    /// A server ends: what queued is lost, and what it had not sent a COMMIT for is rolled back. That the
    /// database may notice later is as if the crash came later. It starts anew at once: being away for longer is
    /// as doing nothing.
    pub(crate) fn crash(&self, state: &mut State, server: Server) {
        state.faults -= 1;
        state.queues[usize::from(server)].clear();
        for slot in [server * 2, server * 2 + 1] {
            let Some(work) = state.works[usize::from(slot)].take() else { continue };
            if work.step != Step::Commit {
                state.locks.release(slot);
                continue;
            }
            let orphan = state.works.iter().skip(ORPHANS).position(Option::is_none);
            let to = ORPHANS + orphan.unwrap_or(state.works.len() - ORPHANS);
            if to == state.works.len() {
                state.works.push(None);
            }
            state.locks.rename(slot, crate::rules::small(to));
            // Nobody will be told.
            state.works[to] = Some(Work { server: None, jobs: Vec::new(), outcomes: Vec::new(), ..work });
        }
    }

    /// Whether a crash of this server would be noticed.
    pub(crate) fn is_at_work(state: &State, server: Server) -> bool {
        let slots = usize::from(server) * 2;
        !state.queues[usize::from(server)].is_empty()
            || state.works[slots..slots + 2].iter().any(Option::is_some)
    }
}
