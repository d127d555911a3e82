//! What planted bugs of the desk need: nothing of it runs unless one is switched on, which a release can't.

use super::batch::Done;
use super::command::{Answered, Job};
use super::sitting::Sitting;
use crate::governance::repeats::{self, KeptAnswer, RequestKey};
use crate::messaging::{OutboxRow, insert_outbox};
use crate::rows::Writes;
use crate::{Access, Origin, Result, Store, Work};
use domain::planted::{Bug, is_on};
use std::time::Duration;

/// What belongs into a batch's transaction and is written after it.
pub(super) struct Late(Vec<OutboxRow>);

impl Late {
    /// Takes it away from the sitting; nothing where no such bug is planted.
    pub(super) fn of(sitting: &mut Sitting) -> Self {
        let holds_back = is_on(Bug::OutboxAfterCommit);
        Self(if holds_back { std::mem::take(&mut sitting.mails) } else { Vec::new() })
    }

    /// Writes it, a little later.
    pub(super) async fn write(self, store: &Store, jobs: &[Job], done: &Done) -> Result<()> {
        if !is_on(Bug::OutboxAfterCommit) && !is_on(Bug::KeyAfterCommit) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut work = store.begin(Origin::job()).await?;
        let now = work.now().await?;
        let mut writes = Writes::default();
        insert_outbox(&mut writes, now, self.0);
        writes.run(work.connection()).await?;
        if is_on(Bug::KeyAfterCommit) {
            repeats::keep_new(&work, now, kept(jobs, done)).await?;
        }
        work.commit_written(false).await.map(|_| ())
    }
}

fn kept(jobs: &[Job], done: &Done) -> Vec<(RequestKey, KeptAnswer)> {
    let answered = jobs.iter().zip(&done.answers).filter_map(|(job, answer)| match (&job.key, answer) {
        (Some(key), Ok(Answered::Done(Some(answer)))) => Some((key.clone(), answer.clone())),
        _ => None,
    });
    answered.collect()
}

/// Commits when everybody has been answered.
pub(super) fn commit_later(work: Work) {
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let _ = work.commit_written(false).await;
    });
}
