//! What the commands of a batch reach: the cohorts to lock, the offers that they accept, the places that they can free.

use super::command::{Book, Command, Job};
use super::elsewhere::pending_of_code_bringers;
use super::keys::Way;
use crate::identity::participants::in_the_way;
use crate::rows::{self, Kind, Row};
use crate::{Access, Result, Work};
use domain::ids::{BookingId, CohortId};
use sea_orm::{FromQueryResult, Statement};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

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
    if way.with_claims {
        cohorts.extend(claims_elsewhere(work, books).await?);
    }
    if way.with_ties {
        work.tie(&mut cohorts).await?;
    }
    Ok(cohorts)
}

#[derive(FromQueryResult)]
struct CohortRow {
    cohort_id: Uuid,
}

/// The cohorts in which those who book have asked for a place at the time for which they ask now. Read before the locks it
/// tells which cohorts to lock; what has come since is found under them.
async fn claims_elsewhere(work: &Work, books: &[&Book]) -> Result<BTreeSet<CohortId>> {
    let backend = work.backend();
    let row = |book: &&Book| {
        let address = book.booker.email_key().to_owned();
        Row::default().text("address", address).uuid("cohort_id", book.cohort_id.0)
    };
    let [_, elsewhere] = in_the_way("e.person_id");
    let text = format!(
        "SELECT DISTINCT b.cohort_id FROM {} {} {}",
        rows::source(backend, &[("address", Kind::Text), ("cohort_id", Kind::Uuid)]),
        rows::lookup(backend, "person_email", "e", "e.address = r.address"),
        rows::lookup(backend, "booking", "b", &format!("{elsewhere} AND b.status <> 'confirmed'")),
    );
    let asked = rows::parameter(books.iter().map(row).collect());
    let statement = Statement::from_sql_and_values(backend, text, [asked]);
    let found = CohortRow::find_by_statement(statement).all(work.connection()).await?;
    Ok(found.into_iter().map(|row| CohortId(row.cohort_id)).collect())
}

/// The bookings whose offers are accepted.
pub(super) fn accepted(jobs: &[Job]) -> impl Iterator<Item = BookingId> {
    let accepts = jobs.iter().filter(|job| matches!(job.command, Command::Accept { .. }));
    accepts.filter_map(|job| job.command.booking())
}

/// The bookings whose places are taken over.
pub(super) fn taken_over(jobs: &[Job]) -> impl Iterator<Item = BookingId> {
    let takes = jobs.iter().filter(|job| matches!(job.command, Command::TakeOver(_)));
    takes.filter_map(|job| job.command.booking())
}

/// How many places in each cohort they can free.
pub(super) fn freed(jobs: &[Job]) -> HashMap<CohortId, u64> {
    let mut freed = HashMap::new();
    for job in jobs.iter().filter(|job| job.command.can_free()) {
        *freed.entry(job.command.cohort()).or_insert(0) += 1;
    }
    freed
}
