//! A lane's seat: its connection between two batches.

use super::desk::Queued;
use crate::{Origin, Result, Store, Work};
use tokio::sync::mpsc;

/// What a lane decides with. While commands queue it keeps its connection, and each commit opens the next
/// transaction: two ways to the database less for each batch.
pub(super) struct Seat<'a> {
    pub(super) store: &'a Store,
    queue: &'a mpsc::Receiver<Queued>,
    carried: Carried,
}

/// What a lane carries from batch to batch.
#[derive(Default)]
pub(super) struct Carried {
    /// The transaction that the last commit opened.
    pub(super) kept: Option<Work>,
    /// For how many batches keys are still looked up first.
    wary_for: u32,
}

/// For how many batches keys are looked up first once one was met that had been used before: where some clients
/// repeat, others do too, and each that is met costs its batch a second try.
const WARY_FOR: u32 = 1_000;

impl<'a> Seat<'a> {
    /// A seat whose last commit may have opened a transaction.
    pub(super) fn new(store: &'a Store, queue: &'a mpsc::Receiver<Queued>, carried: Carried) -> Self {
        Self { store, queue, carried }
    }

    /// Whether the keys of the batch that begins are looked up before it is decided.
    pub(super) fn looks_up_keys_first(&mut self) -> bool {
        let wary = self.carried.wary_for > 0;
        self.carried.wary_for = self.carried.wary_for.saturating_sub(1);
        wary
    }

    /// A key was met that had been used before.
    pub(super) fn met_a_key(&mut self) {
        self.carried.wary_for = WARY_FOR;
    }

    /// A transaction in which nothing was done yet.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub(super) async fn begin(&mut self) -> Result<Work> {
        match self.carried.kept.take() {
            Some(work) => Ok(work),
            None => self.store.begin(Origin::job()).await,
        }
    }

    /// Makes a batch durable.
    ///
    /// # Errors
    /// As [`Work::commit`].
    pub(super) async fn commit(&mut self, work: Work) -> Result<()> {
        self.carried.kept = work.commit_written(!self.queue.is_empty()).await?;
        Ok(())
    }

    /// What the next batch goes on with.
    pub(super) fn into_carried(self) -> Carried {
        self.carried
    }
}
