//! What the commands of a batch reach: the cohorts to lock, the offers that they accept, the places that they can free.

use super::command::{Book, Command, Job};
use super::elsewhere::pending_of_code_bringers;
use super::keys::Way;
use crate::{Result, Work};
use domain::ids::{BookingId, CohortId};
use std::collections::{BTreeSet, HashMap};

/// The cohorts to lock.
pub(super) async fn cohorts_of(
    work: &mut Work,
    jobs: &[Job],
    books: &[&Book],
    way: Way,
) -> Result<BTreeSet<CohortId>> {
    let mut cohorts: BTreeSet<CohortId> = jobs.iter().map(|job| job.command.cohort()).collect();
    cohorts.extend(jobs.iter().flat_map(|job| job.command.other_cohorts()));
    cohorts.extend(pending_of_code_bringers(work, books).await?.iter().map(|one| one.cohort_id));
    if way.with_ties {
        work.tie(&mut cohorts).await?;
    }
    Ok(cohorts)
}

/// The bookings whose offers are accepted.
pub(super) fn accepted(jobs: &[Job]) -> impl Iterator<Item = BookingId> {
    let accepts = jobs.iter().filter(|job| matches!(job.command, Command::Accept { .. }));
    accepts.filter_map(|job| job.command.booking())
}

/// How many places in each cohort they can free.
pub(super) fn freed(jobs: &[Job]) -> HashMap<CohortId, u64> {
    let mut freed = HashMap::new();
    for job in jobs.iter().filter(|job| job.command.can_free()) {
        *freed.entry(job.command.cohort()).or_insert(0) += 1;
    }
    freed
}
