//! A confirmed place is left for another cohort (after `persistence::admission::transfers`).

use super::command::{Book, Leave};
use super::decide::{Batch, Step, admit, attempt, new_booking};
use super::evidence::{fits_of, look_at};
use super::refused::Refused;
use crate::bugs::Bug;
use crate::store::rows::Booking;
use crate::store::work::{Result, StoreError, Work};
use domain::admission::{CancelledBy, EligibilityLook, Fact, Standing, may_leave, refuse};

/// Decides a move or a deferral: all of it, or nothing.
pub(crate) fn decide_leave(batch: &mut Batch, work: &mut Work, leave: &Leave) -> Result<Step> {
    let Some(left) = batch.sitting.booking(leave.booking).cloned() else {
        return Ok(Step::Refused(Refused::NotFound));
    };
    let looked = look(batch, work, leave, &left)?;
    let by = if leave.academy { CancelledBy::Academy } else { CancelledBy::Participant };
    let reason = by.reason_of_place();
    let fact = Fact::Transferred { booking: left.id, transfer: leave.how, reason, fits: left.fits.clone() };
    let joined = match looked {
        Ok(joined) => joined,
        Err(refused) => {
            if batch.sitting.has(Bug::MoveReleasesFirst) && may_leave(left.status).is_ok() {
                batch.sitting.enter(left.cohort, &fact, None)?;
            }
            return Ok(Step::Refused(refused));
        }
    };
    batch.sitting.enter(left.cohort, &fact, None)?;
    batch.live.insert((joined.cohort, joined.person), joined.clone());
    batch.sitting.change(left.id, |booking| booking.left_for = Some(leave.to.id));
    admit(batch, work, joined)
}

/// The booking that would take the stead of `left`, with all that is asked of it met.
fn look(
    batch: &Batch,
    work: &Work,
    leave: &Leave,
    left: &Booking,
) -> Result<std::result::Result<Booking, Refused>> {
    if let Err(why) = may_leave(left.status) {
        return Ok(Err(why.into()));
    }
    let (to, now): (&Book, _) = (&leave.to, batch.sitting.now);
    let requirements = work.read(|rows| rows.gates.get(&to.cohort).cloned()).ok_or(StoreError::Corrupt)?;
    let attempt = attempt(batch, work, to, &requirements, false)?;
    if let Some(refusal) = refuse(&attempt) {
        return Ok(Err(Refused::Attempt(refusal.first, refusal.already)));
    }
    let joined = Booking {
        vouched: left.vouched,
        carry_over: left.carry_over,
        eligible_since: (attempt.eligibility == EligibilityLook::Met).then_some(now),
        ..new_booking(to, now)
    };
    let Standing::Open { moment } = look_at(work, &joined, now)?.standing else {
        return Ok(Err(Refused::NoPlace));
    };
    let (view, from) = (&batch.sitting.desk(to.cohort)?.view, &batch.sitting.desk(left.cohort)?.view);
    let fits = fits_of(view, &work.person(to.person).ok_or(StoreError::Corrupt)?);
    let submitted_at = joined.submitted_at;
    let claim = Fact::Claim { booking: joined.id, moment, submitted_at, fits, imported: false };
    let why_not = view.takes_from(from, leave.how, &claim, now).map_err(|_| StoreError::NeedsMore)?;
    Ok(why_not.map_or(Ok(joined), |why| Err(why.into())))
}
