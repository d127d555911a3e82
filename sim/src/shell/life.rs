//! A cohort is closed, cancelled or completed (after `persistence::admission::life`).

use super::forms::lock_cohorts;
use super::reassess::look_at_pending;
use super::refused::Refused;
use super::sitting::{Heads, Sitting};
use crate::store::rows::Booking;
use crate::store::work::{Result, Work};
use domain::admission::{BookingStatus, Fact, Terms};
use domain::ids::{BookingId, CohortId};

type Done = std::result::Result<(), Refused>;

/// Closes booking now.
///
/// # Errors
/// When the connection is lost.
pub(crate) async fn close_cohort(work: &mut Work, cohort: CohortId) -> Result<Done> {
    let mut sitting = sit(work, cohort).await?;
    let view = &sitting.desk(cohort)?.view;
    if let Err(refused) = view.may_close(sitting.now) {
        return Ok(Err(refused.into()));
    }
    let terms = Terms { booking_closes_at: Some(sitting.now), ..view.terms.clone() };
    let fact = Fact::TermsChanged { terms, first_session_at: view.first_session_at };
    let now = sitting.now;
    sitting.enter(cohort, &fact, None)?;
    sitting.enter(cohort, &Fact::BookingClosed, Some(now))?;
    look_at_pending(work, &mut sitting, cohort).await?;
    sitting.write(work).await?;
    Ok(Ok(()))
}

/// Cancels a cohort: every live booking is closed.
///
/// # Errors
/// When the connection is lost.
pub(crate) async fn cancel_cohort(work: &mut Work, cohort: CohortId) -> Result<Done> {
    let mut sitting = sit(work, cohort).await?;
    if let Err(refused) = sitting.desk(cohort)?.view.may_cancel() {
        return Ok(Err(refused.into()));
    }
    let live = stored(work, &mut sitting, cohort, |status| status != BookingStatus::Closed);
    sitting.enter(cohort, &Fact::CohortCancelled { live }, None)?;
    sitting.write(work).await?;
    Ok(Ok(()))
}

/// Completes a cohort; its one session ends two hours after its start, and every third did not complete.
///
/// # Errors
/// When the connection is lost.
pub(crate) async fn complete_cohort(work: &mut Work, cohort: CohortId) -> Result<Done> {
    let mut sitting = sit(work, cohort).await?;
    let view = &sitting.desk(cohort)?.view;
    let end = view.first_session_at.map(|start| start + chrono::TimeDelta::hours(2));
    if let Err(refused) = view.may_complete(end, sitting.now) {
        return Ok(Err(refused.into()));
    }
    let confirmed = stored(work, &mut sitting, cohort, |status| status == BookingStatus::Confirmed);
    let outcomes = confirmed.into_iter().map(|id| (id, !id.0.as_u128().is_multiple_of(3))).collect();
    sitting.enter(cohort, &Fact::CohortCompleted { outcomes }, None)?;
    sitting.write(work).await?;
    Ok(Ok(()))
}

async fn sit(work: &mut Work, cohort: CohortId) -> Result<Sitting> {
    lock_cohorts(work, [cohort]).await?;
    Sitting::open(work, &[cohort], &Heads::All).await
}

/// Puts the cohort's live bookings at hand and names those with such a status, in their order.
fn stored(
    work: &Work,
    sitting: &mut Sitting,
    cohort: CohortId,
    wanted: impl Fn(BookingStatus) -> bool,
) -> Vec<BookingId> {
    let live = |booking: &&Booking| booking.cohort == cohort && booking.status != BookingStatus::Closed;
    let live: Vec<Booking> = work.read(|rows| rows.bookings.values().filter(live).cloned().collect());
    sitting.take(live.iter().cloned());
    let mut found: Vec<Booking> =
        live.iter().filter_map(|booking| sitting.booking(booking.id)).cloned().collect();
    found.retain(|booking| wanted(booking.status));
    found.sort_by_key(|booking| (booking.rank.is_none(), booking.rank, booking.submitted_at, booking.id));
    found.into_iter().map(|booking| booking.id).collect()
}
