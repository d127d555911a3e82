//! Carrying over into the next cohort (after `persistence::admission::carry`).

use super::evidence::look_at;
use super::forms::lock_cohorts;
use super::reassess::{fit_again, note_eligible, pending_again};
use super::sitting::{Heads, Sitting};
use crate::Time;
use crate::bugs::Bug;
use crate::store::locks::LockKey;
use crate::store::rows::{Booking, Rows};
use crate::store::work::{Result, Work};
use crate::world::setup::beginning;
use domain::admission::{
    BookingStatus, CarryOver, ClosedReason, CohortStatus, Fact, Fits, Queue, Rank, Run, Standing,
    is_carried_over, next_cohort,
};
use domain::ids::{BookingId, CohortId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// The cohorts out of which somebody is to be carried over, each with the one that comes next.
pub(crate) fn carries_due(rows: &Rows, now: Time) -> Vec<(CohortId, CohortId)> {
    let wishes: BTreeSet<CohortId> =
        rows.bookings.values().filter(|one| goes_on(one)).map(|one| one.cohort).collect();
    if wishes.is_empty() {
        return Vec::new();
    }
    // Never less than the time of the last entry, whatever the clock does.
    let now = rows.desks.values().map(|row| row.head_recorded_at).fold(now, Time::max);
    let run = |cohort: &CohortId| {
        let row = rows.desks.get(cohort)?;
        let status = row.view(Queue::default()).status(now);
        let first_session_at = row.first_session_at;
        Some(Run { cohort: *cohort, first_session_at, created_at: beginning(), status })
    };
    let all: Vec<Run> = rows.desks.keys().filter_map(run).collect();
    wishes.iter().filter_map(|of| Some((*of, next_cohort(&run(of)?, &all)?))).collect()
}

fn goes_on(booking: &Booking) -> bool {
    let ended = booking.closed_reason.is_some_and(|reason| is_carried_over(reason, booking.rank.is_some()));
    booking.carry_over == CarryOver::Wished && ended
}

fn going_of(work: &Work, from: CohortId) -> Vec<Booking> {
    let going = |one: &&Booking| one.cohort == from && goes_on(one);
    work.read(|rows| rows.bookings.values().filter(going).cloned().collect())
}

/// Carries everybody over who wished for it, out of one cohort into the next.
///
/// # Errors
/// When the connection is lost or more of a waiting list is needed.
pub(crate) async fn carry_over(work: &mut Work, from: CohortId, to: CohortId) -> Result<()> {
    work.statement().await?;
    let people: Vec<PersonId> = going_of(work, from).iter().map(|one| one.person).collect();
    work.lock(people.iter().map(|id| LockKey::Person(*id))).await?;
    lock_cohorts(work, [from, to]).await?;
    let mut sitting = Sitting::open(work, &[from, to], &Heads::Freed(BTreeMap::new())).await?;
    let status = sitting.desk(to)?.view.status(sitting.now);
    if !matches!(status, CohortStatus::Scheduled | CohortStatus::Open) {
        return Ok(());
    }
    // Whose lock is held, as they are under the locks.
    let mut going = going_of(work, from);
    going.retain(|one| people.contains(&one.person));
    going.sort_by_key(|one| (one.rank.is_none(), one.rank, one.submitted_at, one.id));
    sitting.take(going.iter().cloned());
    let live = |one: &&Booking| {
        one.cohort == to && one.status != BookingStatus::Closed && people.contains(&one.person)
    };
    let live: Vec<Booking> = work.read(|rows| rows.bookings.values().filter(live).cloned().collect());
    sitting.take(live.iter().cloned());
    sitting.bring_choices(work);
    let (mut made, mut gone) = (Vec::new(), BTreeSet::new());
    for old in &going {
        if sitting.placed_before(old.choice)? {
            sitting.change(old.id, |booking| booking.carry_over = CarryOver::No);
            continue;
        }
        let new = next_booking(work, old, to);
        let opens = matches!(look_at(work, &new, sitting.now)?.standing, Standing::Open { .. });
        let own = live.iter().find(|live| live.person == old.person);
        let own = own.and_then(|live| sitting.booking(live.id)).cloned();
        if gone.insert(old.person) && makes_way(&mut sitting, own.as_ref(), old, opens)? {
            made.push((new.id, old.rank));
            sitting.make(new);
        }
        if !work.ctx().has(Bug::CarriedTwice) {
            sitting.change(old.id, |booking| booking.carry_over = CarryOver::Done);
        }
    }
    enter(work, &mut sitting, to, made)?;
    sitting.write(work).await
}

/// Whether one is carried over who has perhaps booked there already (ADM-1).
fn makes_way(sitting: &mut Sitting, own: Option<&Booking>, old: &Booking, opens: bool) -> Result<bool> {
    let Some(own) = own.filter(|own| own.status != BookingStatus::Closed) else { return Ok(true) };
    match (own.status, own.rank, old.rank) {
        _ if !opens => return Ok(false),
        (BookingStatus::Pending, ..) => sitting.change(own.id, |booking| {
            booking.status = BookingStatus::Closed;
            booking.closed_reason = Some(ClosedReason::Withdrawn);
            booking.claim_due_at = None;
        }),
        (BookingStatus::Waiting, Some(rank), Some(before)) if before < rank => {
            let fact = Fact::Withdrawal { booking: own.id, rank, fits: own.fits.clone() };
            sitting.enter(own.cohort, &fact, None)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The same booking in the next cohort, its gate not looked at yet.
fn next_booking(work: &Work, old: &Booking, to: CohortId) -> Booking {
    let n = work.ctx().with(crate::ctx::State::new_id);
    Booking {
        id: BookingId(uuid::Uuid::from_u128(4 << 64 | u128::from(n))),
        cohort: to,
        status: BookingStatus::Pending,
        closed_reason: None,
        eligible_since: None,
        claim_due_at: None,
        claim: None,
        rank: None,
        offer_expires_at: None,
        lapses: 0,
        fits: Fits::none(),
        cohort_version: None,
        carry_over: CarryOver::Wished,
        carried_from: Some(old.id),
        left_for: None,
        ..old.clone()
    }
}

/// Enters those who come in order of rank (ADM-5). Whose gate isn't open is pending like anybody else.
fn enter(
    work: &mut Work,
    sitting: &mut Sitting,
    to: CohortId,
    made: Vec<(BookingId, Option<Rank>)>,
) -> Result<()> {
    let mut claims: Vec<(Rank, BookingId)> = Vec::new();
    for (id, had) in made {
        note_eligible(work, sitting, id, sitting.now);
        let Some(booking) = sitting.booking(id).cloned() else { continue };
        fit_again(work, sitting, &booking)?;
        let Some(booking) = sitting.booking(id).cloned() else { continue };
        let standing = look_at(work, &booking, sitting.now)?.standing;
        match pending_again(sitting, &booking, &standing)? {
            Some(rank) => claims.push((had.unwrap_or(rank), id)),
            None => sitting.change(id, |booking| booking.carried_from = None),
        }
    }
    claims.sort_unstable();
    if work.ctx().has(Bug::CarriedInAnotherOrder) {
        claims.reverse();
    }
    work.note_together(claims.iter().map(|(_, id)| *id).collect());
    for (rank, id) in claims {
        let Some(booking) = sitting.booking(id) else { continue };
        let fact = Fact::claim(id, booking.carries(), (rank.moment, rank.submitted_at), booking.fits.clone());
        sitting.enter(to, &fact, None)?;
    }
    Ok(())
}
