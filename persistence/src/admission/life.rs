//! A cohort is closed, cancelled or completed (PRG-7): each is an entry of its ledger.

use super::booking::{self, Booking};
use super::sitting::{Heads, Sitting};
use super::terms::look_and_write;
use crate::{Access, Result, Work};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, Fact, LifeRefused, Terms};
use domain::ids::{BookingId, CohortId};
use std::collections::BTreeSet;

type Done = std::result::Result<(), LifeRefused>;

/// Closes booking now: new bookings are refused, and a pending one still becomes a claim if its moment lies before
/// now.
///
/// # Errors
/// When the database refuses.
pub async fn close_cohort(work: &mut Work, cohort: CohortId) -> Result<Done> {
    work.lock_cohorts([cohort]).await?;
    let mut sitting = Sitting::open(work, &[cohort], Heads::All).await?;
    let view = &sitting.desk(cohort)?.view;
    if let Err(refused) = view.may_close(sitting.now) {
        return Ok(Err(refused));
    }
    let terms = Terms { booking_closes_at: Some(sitting.now), ..view.terms.clone() };
    let fact = Fact::TermsChanged { terms, first_session_at: view.first_session_at };
    let (origin, now) = (work.origin.clone(), sitting.now);
    sitting.enter(&origin, cohort, &fact, None)?;
    sitting.enter(&origin, cohort, &Fact::BookingClosed, Some(now))?;
    look_and_write(work, sitting, cohort).await?;
    Ok(Ok(()))
}

/// Cancels a cohort: every live booking is closed `cohort_cancelled` and told.
///
/// # Errors
/// When the database refuses.
pub async fn cancel_cohort(work: &mut Work, cohort: CohortId) -> Result<Done> {
    work.lock_cohorts([cohort]).await?;
    let mut sitting = Sitting::open(work, &[cohort], Heads::All).await?;
    if let Err(refused) = sitting.desk(cohort)?.view.may_cancel() {
        return Ok(Err(refused));
    }
    let live = stored(work, &mut sitting, cohort, |status| status != BookingStatus::Closed).await?;
    let origin = work.origin.clone();
    sitting.enter(&origin, cohort, &Fact::CohortCancelled { live }, None)?;
    sitting.write(work).await?;
    Ok(Ok(()))
}

/// Completes a cohort whose last session is over: each confirmed booking is `completed`, less those named, which
/// are `not_completed`.
///
/// # Errors
/// When the database refuses.
pub async fn complete_cohort(
    work: &mut Work,
    cohort: CohortId,
    last_session_ends: Option<DateTime<Utc>>,
    not_completed: &BTreeSet<BookingId>,
) -> Result<Done> {
    work.lock_cohorts([cohort]).await?;
    let mut sitting = Sitting::open(work, &[cohort], Heads::All).await?;
    if let Err(refused) = sitting.desk(cohort)?.view.may_complete(last_session_ends, sitting.now) {
        return Ok(Err(refused));
    }
    let confirmed = stored(work, &mut sitting, cohort, |status| status == BookingStatus::Confirmed).await?;
    let strangers: Vec<BookingId> =
        not_completed.iter().filter(|id| !confirmed.contains(id)).copied().collect();
    if !strangers.is_empty() {
        return Ok(Err(LifeRefused::NotConfirmed(strangers)));
    }
    let outcomes = confirmed.into_iter().map(|id| (id, !not_completed.contains(&id))).collect();
    let origin = work.origin.clone();
    sitting.enter(&origin, cohort, &Fact::CohortCompleted { outcomes }, None)?;
    sitting.write(work).await?;
    Ok(Ok(()))
}

/// Puts the cohort's live bookings at hand and names those with such a status: claims by rank, then the others by
/// submission. What this sitting has decided already counts.
pub(super) async fn stored(
    work: &Work,
    sitting: &mut Sitting,
    cohort: CohortId,
    wanted: impl Fn(BookingStatus) -> bool,
) -> Result<Vec<BookingId>> {
    let text = format!(
        "SELECT {} FROM booking b WHERE b.cohort_id = $1 AND b.status <> 'closed'",
        booking::SELECTED
    );
    let live = booking::query(work.connection(), text, [cohort.0.into()]).await?;
    sitting.take(live.iter().cloned());
    let mut found: Vec<Booking> =
        live.iter().filter_map(|booking| sitting.booking(booking.id)).cloned().collect();
    found.retain(|booking| wanted(booking.status));
    found.sort_by_key(|booking| (booking.rank.is_none(), booking.rank, booking.submitted_at, booking.id));
    Ok(found.into_iter().map(|booking| booking.id).collect())
}
