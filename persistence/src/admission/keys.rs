//! What the `Idempotency-Key`s of a batch mean (ADM-10). Hardly any was ever used before, so a batch is first decided
//! as if all were new, which keeping their answers proves; one that was met has the batch decided again, with all
//! of its keys looked up first.

use super::batch::Step;
use super::command::{Answered, DeskError, Job};
use crate::governance::repeats::{self, Claimed, KeptAnswer, RequestKey};
use crate::{Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::planted::{Bug, is_on};

/// How a batch is tried.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// With whole waiting lists instead of those at their head.
    pub(super) whole_lists: bool,
    /// With all keys looked up before anything is decided.
    pub(super) keys_first: bool,
    /// With the cohorts that forms tie to those of the batch (ADM-21).
    pub(super) with_ties: bool,
    /// With the cohorts in which those who book have asked for a place that overlaps (PRG-6).
    pub(super) with_claims: bool,
}

/// What the keys of the batch mean, each of which stands in it once.
pub(super) async fn look_up(work: &Work, now: DateTime<Utc>, jobs: &[Job]) -> Result<Vec<Option<Step>>> {
    let keyed: Vec<(usize, &RequestKey)> =
        jobs.iter().enumerate().filter_map(|(i, job)| job.key.as_ref().map(|key| (i, key))).collect();
    let mut steps: Vec<Option<Step>> = jobs.iter().map(|_| None).collect();
    let list: Vec<RequestKey> = keyed.iter().map(|(_, key)| (*key).clone()).collect();
    for ((index, _), claimed) in keyed.into_iter().zip(repeats::look_up(work, now, &list).await?) {
        steps[index] = match claimed {
            Claimed::Fresh => None,
            Claimed::Answered(answer) => Some(Step::Repeated(answer)),
            Claimed::Dropped => Some(Step::Refused(DeskError::AnswerDropped)),
            Claimed::Reused => Some(Step::Refused(DeskError::KeyReused)),
        };
    }
    Ok(steps)
}

/// Keeps the answers of a batch with their effects.
///
/// # Errors
/// [`StoreError::KeyMet`] when a key was used before and had not been looked up.
pub(super) async fn keep(
    work: &Work,
    now: DateTime<Utc>,
    jobs: &[Job],
    drafts: &[Option<Result<Answered, DeskError>>],
    way: Way,
) -> Result<()> {
    let mut to_keep: Vec<(RequestKey, KeptAnswer)> = Vec::new();
    let mut refused: Vec<RequestKey> = Vec::new();
    for (job, draft) in jobs.iter().zip(drafts) {
        match (&job.key, draft) {
            (Some(key), Some(Ok(Answered::Done(Some(answer))))) => {
                to_keep.push((key.clone(), answer.clone()))
            }
            (Some(key), _) => refused.push(key.clone()),
            (None, _) => {}
        }
    }
    // A refusal keeps nothing that would meet an earlier use.
    if !way.keys_first && !is_on(Bug::KeyBeforeLock) {
        let meanings = repeats::look_up(work, now, &refused).await?;
        if meanings.iter().any(|meaning| !matches!(meaning, Claimed::Fresh)) {
            return Err(StoreError::KeyMet);
        }
    }
    if is_on(Bug::KeyAfterCommit) || repeats::keep_new(work, now, to_keep).await? {
        return Ok(());
    }
    if way.keys_first {
        return Err(StoreError::Unavailable("a key was used by another request meanwhile".to_owned()));
    }
    Err(StoreError::KeyMet)
}
