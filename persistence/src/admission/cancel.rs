//! A booking is cancelled, by whoever may.

use super::batch::{Batch, Position, Step};
use super::booking::Booking;
use super::command::DeskError;
use crate::governance::AuditRow;
use crate::{Origin, Result};
use domain::admission::{BookingStatus, CancelledBy, Cancelling, cancelling};
use domain::ids::BookingId;

/// Decides who leaves, and what their place or rank becomes.
pub(super) fn decide_cancel(
    batch: &mut Batch,
    origin: &Origin,
    id: BookingId,
    by: CancelledBy,
    reason: Option<&str>,
) -> Result<Step> {
    let Some(booking) = batch.sitting.booking(id).cloned() else {
        return Ok(Step::Refused(DeskError::NotFound));
    };
    let standing = (booking.status, booking.rank);
    match cancelling(id, standing, booking.fits(), by) {
        None => return Ok(Step::Refused(DeskError::NotLive)),
        Some(Cancelling::Settles(fact)) => {
            batch.sitting.enter(origin, booking.cohort_id, &fact, None)?;
        }
        Some(Cancelling::Closes(closed)) => {
            batch.sitting.change(id, |booking| {
                booking.status = BookingStatus::Closed;
                booking.closed_reason = Some(closed);
                booking.claim_due_at = None;
            });
            batch.sitting.mail_of_end(origin, id);
        }
    }
    if fact_is_untold(&booking, reason) {
        batch.sitting.audit(origin, cancel_row(&booking, reason));
    }
    Ok(Step::Decided { booking: id, position: Position::None })
}

/// A pending booking has no entry of the ledger that would be its audit row; a reason is always told.
fn fact_is_untold(booking: &Booking, reason: Option<&str>) -> bool {
    booking.status == BookingStatus::Pending || reason.is_some()
}

fn cancel_row(booking: &Booking, reason: Option<&str>) -> AuditRow {
    AuditRow {
        academy_id: Some(booking.academy_id),
        action: "booking_cancelled",
        subject_kind: "booking",
        subject_id: Some(booking.id.0),
        detail: serde_json::json!({"cohortId": booking.cohort_id.to_string(), "reason": reason}),
    }
}
