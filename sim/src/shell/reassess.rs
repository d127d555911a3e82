//! Gates looked at again when something about a person changes (after `persistence::admission::reassess`).

use super::evidence::{fits_of, look_at};
use super::forms::lock_cohorts;
use super::sitting::{Heads, Sitting, pending_of};
use crate::Time;
use crate::bugs::Bug;
use crate::store::rows::Booking;
use crate::store::work::{Result, StoreError, Work};
use domain::admission::{
    BookingStatus, ClosedReason, EligibilityLook, Fact, Held, Rank, Refit, Requirement, Standing,
};
use domain::ids::{BookingId, CohortId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// The undecided bookings of these people: read before the cohorts' locks.
fn undecided(work: &Work, people: &[PersonId]) -> Vec<Booking> {
    let matters = |booking: &&Booking| {
        let undecided = matches!(
            booking.status,
            BookingStatus::Pending | BookingStatus::Waiting | BookingStatus::Offered
        );
        undecided && people.contains(&booking.person)
    };
    work.read(|rows| rows.bookings.values().filter(matters).cloned().collect())
}

async fn sit(work: &mut Work, found: &[Booking]) -> Result<Sitting> {
    let mut freed: BTreeMap<CohortId, u64> = BTreeMap::new();
    for booking in found {
        *freed.entry(booking.cohort).or_insert(0) += 1;
    }
    let cohorts: Vec<CohortId> = freed.keys().copied().collect();
    lock_cohorts(work, cohorts.iter().copied()).await?;
    let mut sitting = Sitting::open(work, &cohorts, &Heads::Freed(freed)).await?;
    sitting.take(found.iter().filter_map(|booking| work.booking(booking.id)));
    sitting.bring_choices(work);
    Ok(sitting)
}

/// Looks at the gates of everything undecided of these people, or of what is pending only.
///
/// # Errors
/// When the connection is lost.
pub(crate) async fn reassess(work: &mut Work, people: &[PersonId], pending_only: bool) -> Result<()> {
    work.statement().await?;
    let mut found = undecided(work, people);
    if pending_only {
        found.retain(|booking| booking.status == BookingStatus::Pending);
    }
    if found.is_empty() {
        return Ok(());
    }
    let mut sitting = sit(work, &found).await?;
    let ids: Vec<BookingId> = found
        .iter()
        .map(|booking| booking.id)
        .filter(|id| {
            let still = sitting.booking(*id).map(|booking| booking.status);
            !pending_only || still == Some(BookingStatus::Pending)
        })
        .collect();
    look_again(work, &mut sitting, &ids).await?;
    sitting.write(work).await
}

/// Looks at a cohort's pending bookings when it takes claims that it did not take before.
///
/// # Errors
/// When the connection is lost.
pub(crate) async fn look_at_pending(work: &mut Work, sitting: &mut Sitting, cohort: CohortId) -> Result<()> {
    if work.ctx().has(Bug::PendingNotLookedAt) {
        return Ok(());
    }
    let found = pending_of(work, cohort);
    let ids: Vec<BookingId> = found.iter().map(|booking| booking.id).collect();
    sitting.take(found);
    sitting.bring_choices(work);
    look_again(work, sitting, &ids).await
}

/// Looks at the gates of these bookings again.
///
/// # Errors
/// When the connection is lost or more of a waiting list is needed.
pub(crate) async fn look_again(work: &mut Work, sitting: &mut Sitting, ids: &[BookingId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    work.statement().await?;
    let now = sitting.now;
    let mut claims: Vec<(CohortId, Rank, BookingId)> = Vec::new();
    let mut seen = BTreeSet::new();
    for id in ids.iter().filter(|id| seen.insert(**id)) {
        note_eligible(work, sitting, *id, now);
        let Some(booking) = sitting.booking(*id).cloned() else { continue };
        let standing = look_at(work, &booking, now)?.standing;
        match booking.status {
            BookingStatus::Pending => {
                fit_again(work, sitting, &booking)?;
                if let Some(rank) = pending_again(sitting, &booking, &standing)? {
                    claims.push((booking.cohort, rank, *id));
                }
            }
            BookingStatus::Waiting | BookingStatus::Offered => {
                undecided_again(sitting, &booking, &standing)?;
                // A gate that was opened again, too, claims with what is fitted by then.
                let now = sitting.booking(*id).cloned();
                if let Some(booking) = now.filter(|booking| booking.status != BookingStatus::Closed) {
                    fit_again(work, sitting, &booking)?;
                }
            }
            _ => {}
        }
    }
    // Claims that come to light together are entered in order of rank (ADM-5).
    if !work.ctx().has(Bug::TogetherUnsorted) {
        claims.sort_by_key(|(cohort, rank, _)| (*cohort, *rank));
    }
    work.note_together(claims.iter().map(|(.., booking)| *booking).collect());
    let mut facts = Vec::with_capacity(claims.len());
    for (cohort, rank, booking) in claims {
        if work.ctx().has(Bug::LateClaimTakesHeldPlace) && rank.moment < now {
            sitting.distort(cohort, |view| view.places_taken = view.places_taken.saturating_sub(1));
        }
        let Some(one) = sitting.booking(booking) else { continue };
        let moment = if work.ctx().has(Bug::RankByArrival) { now } else { rank.moment };
        facts.push((
            cohort,
            Fact::claim(booking, one.carries(), (moment, rank.submitted_at), one.fits.clone()),
        ));
    }
    sitting.enter_together(&facts, None)
}

/// Notes which reserves a booking fits now (PRG-9): an entry of its own once it is a claim.
pub(crate) fn fit_again(work: &Work, sitting: &mut Sitting, booking: &Booking) -> Result<()> {
    if sitting.has(Bug::FitNotNoted) {
        return Ok(());
    }
    let person = work.person(booking.person).ok_or(StoreError::Corrupt)?;
    let fits = fits_of(&sitting.desk(booking.cohort)?.view, &person);
    let (id, lapses, before) = (booking.id, booking.lapses, booking.fits.clone());
    let carried = booking.carries().is_some();
    if fits == before {
        return Ok(());
    }
    sitting.change(id, |booking| booking.fits = fits.clone());
    match Refit::of(id, (booking.status, booking.rank), (lapses, carried), before, fits) {
        Some(refit) => sitting.enter(booking.cohort, &Fact::FitChanged(refit), None).map(|_| ()),
        None => Ok(()),
    }
}

/// The rules are met from the moment at which the last missing fact was told (ADM-4).
pub(crate) fn note_eligible(work: &Work, sitting: &mut Sitting, id: BookingId, now: Time) {
    let Some(booking) = sitting.booking(id).cloned() else { return };
    let asked = work.read(|rows| {
        rows.gates.get(&booking.cohort).is_some_and(|gate| gate.contains(&Requirement::Eligible))
    });
    let look = match work.person(booking.person) {
        Some(person) if asked => person.known.look(),
        _ => EligibilityLook::Met,
    };
    match (look, booking.eligible_since) {
        (EligibilityLook::Met, None) => sitting.change(id, |booking| booking.eligible_since = Some(now)),
        (EligibilityLook::Unknown(_), Some(_)) => sitting.change(id, |booking| booking.eligible_since = None),
        _ => {}
    }
}

/// What becomes of a pending booking; a rank where it becomes a claim.
pub(crate) fn pending_again(
    sitting: &mut Sitting,
    booking: &Booking,
    standing: &Standing,
) -> Result<Option<Rank>> {
    let view = &sitting.desk(booking.cohort)?.view;
    match standing {
        Standing::Open { moment } if view.takes_claim_of(*moment) => {
            return Ok(Some(Rank { moment: *moment, submitted_at: booking.submitted_at, sequence: 0 }));
        }
        Standing::OpensAt(at) => {
            let due = view.takes_claim_of(*at).then_some(*at);
            sitting.change(booking.id, |booking| booking.claim_due_at = due);
        }
        Standing::NotEligible(_) => sitting.change(booking.id, |booking| {
            booking.status = BookingStatus::Closed;
            booking.closed_reason = Some(ClosedReason::NotEligible);
            booking.claim_due_at = None;
        }),
        Standing::Open { .. } | Standing::Missing => {
            if booking.claim_due_at.is_some() {
                sitting.change(booking.id, |booking| booking.claim_due_at = None);
            }
        }
    }
    Ok(None)
}

/// Evidence that was withdrawn makes a claim pending again; a confirmed place stays (ADM-15).
fn undecided_again(sitting: &mut Sitting, booking: &Booking, standing: &Standing) -> Result<()> {
    let held = match (booking.status, booking.rank) {
        (BookingStatus::Waiting, Some(rank)) => Held::Waiting(rank),
        _ => Held::Place,
    };
    let fits = booking.fits.clone();
    let fact = match standing {
        Standing::Open { .. } => return Ok(()),
        Standing::NotEligible(_) => Fact::GateFailed { booking: booking.id, held, fits },
        Standing::OpensAt(_) | Standing::Missing => Fact::GateReopened { booking: booking.id, held, fits },
    };
    sitting.enter(booking.cohort, &fact, None)?;
    if let Standing::OpensAt(at) = standing
        && sitting.desk(booking.cohort)?.view.takes_claim_of(*at)
        && !sitting.has(Bug::OpensLaterForgotten)
    {
        sitting.change(booking.id, |booking| booking.claim_due_at = Some(*at));
    }
    Ok(())
}
