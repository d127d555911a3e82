//! A lane's seat: its connection between two batches.

use super::desk::Queued;
use crate::{Origin, Result, Store, Work};
use tokio::sync::mpsc;

/// What a lane decides with. While commands queue it keeps its connection, and each commit opens the next
/// transaction: two ways to the database less for each batch.
pub(super) struct Seat<'a> {
    pub(super) store: &'a Store,
    queue: &'a mpsc::Receiver<Queued>,
    kept: Option<Work>,
}

impl<'a> Seat<'a> {
    /// A seat whose last commit may have opened a transaction.
    pub(super) fn new(store: &'a Store, queue: &'a mpsc::Receiver<Queued>, kept: Option<Work>) -> Self {
        Self { store, queue, kept }
    }

    /// A transaction in which nothing was done yet.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub(super) async fn begin(&mut self) -> Result<Work> {
        match self.kept.take() {
            Some(work) => Ok(work),
            None => self.store.begin(Origin::job()).await,
        }
    }

    /// Makes a batch durable.
    ///
    /// # Errors
    /// As [`Work::commit`].
    pub(super) async fn commit(&mut self, work: Work) -> Result<()> {
        self.kept = work.commit_written(!self.queue.is_empty()).await?;
        Ok(())
    }

    /// The transaction that waits for the next batch.
    pub(super) fn into_kept(self) -> Option<Work> {
        self.kept
    }
}
