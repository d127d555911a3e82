//! Clients: each asks once and, until it knows what became of it, again with the same key.

use crate::ctx::Ctx;
use crate::faults::Fault;
use crate::server::{Slot, hand_in};
use crate::shell::command::{Reply, Request};
use crate::store::rows::OpId;
use crate::store::work::StoreError;

/// How often a client asks at most.
const TRIES: usize = 12;

/// What a client knows after one try.
enum Known {
    Answer(Reply),
    NotWhatBecameOfIt,
}

/// Asks for something until it is known what became of it.
pub(crate) async fn ask(ctx: Ctx, op: OpId, request: Request) {
    ctx.with(|state| state.checker.invoked(op, &request));
    for _ in 0..TRIES {
        ctx.step().await;
        let (server, twice) = ctx.with(|state| {
            let server = state.rng.usize(0..state.servers.len());
            (server, state.strikes(Fault::SentTwice).then(|| state.rng.usize(0..state.servers.len())))
        });
        if let Some(other) = twice {
            let _ = hand_in(&ctx, other, op, &request);
        }
        let Some(slot) = hand_in(&ctx, server, op, &request) else { continue };
        match wait(&ctx, server, &slot).await {
            Known::Answer(Reply::Failed(StoreError::Unavailable | StoreError::OutcomeUnknown))
            | Known::NotWhatBecameOfIt => {}
            Known::Answer(reply) => {
                ctx.with(|state| {
                    state.history.tell(|| format!("  client {op}: {reply:?}"));
                    state.checker.answered(op, &reply, &state.db.rows, &mut state.coverage);
                });
                break;
            }
        }
    }
    ctx.with(|state| match request.is_of_job() {
        true => state.ticks -= 1,
        false => state.clients -= 1,
    });
}

async fn wait(ctx: &Ctx, server: usize, slot: &Slot) -> Known {
    let generation = ctx.with(|state| state.servers[server].generation);
    loop {
        if let Some(reply) = slot.borrow_mut().take() {
            return match ctx.with(|state| state.strikes(Fault::AnswerLost)) {
                true => Known::NotWhatBecameOfIt,
                false => Known::Answer(reply),
            };
        }
        let given_up = ctx
            .with(|state| state.servers[server].generation != generation || state.strikes(Fault::Impatient));
        if given_up {
            return Known::NotWhatBecameOfIt;
        }
        ctx.blocked().await;
    }
}
