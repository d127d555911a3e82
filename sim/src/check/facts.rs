//! What an entry tells, read for the fold.

use crate::Time;
use chrono::TimeDelta;
use domain::admission::{BookingStatus, ClosedReason, Decision, Entry, EntryKind, Fits, Terms, View};
use domain::ids::ReserveId;

/// Whether an entry that ends a cohort, or begins it, ends a booking as it should; `None` for other entries.
pub(super) fn ends_as(kind: EntryKind, status: Option<BookingStatus>, decision: Decision) -> Option<bool> {
    use BookingStatus::{Closed, Completed, Confirmed, NotCompleted, Offered, Pending, Waiting};
    let reason = decision.closed_reason;
    match kind {
        EntryKind::CohortStarted => Some(
            matches!(status, None | Some(Pending | Waiting))
                && (decision.status, reason) == (Closed, Some(ClosedReason::BookingClosed)),
        ),
        EntryKind::CohortCancelled => Some(
            matches!(status, None | Some(Pending | Waiting | Offered | Confirmed))
                && (decision.status, reason) == (Closed, Some(ClosedReason::CohortCancelled)),
        ),
        EntryKind::CohortCompleted => {
            Some(status == Some(Confirmed) && matches!(decision.status, Completed | NotCompleted))
        }
        _ => None,
    }
}

/// The reserves that an entry names.
pub(super) fn fits_of(entry: &Entry) -> Fits {
    let named = entry.facts.get("reserves").and_then(|value| value.as_array()).into_iter().flatten();
    named.filter_map(|id| id.as_str()?.parse().ok().map(ReserveId)).collect()
}

/// Whether who fits these can have got a place through a reserve that the other does not fit.
pub(super) fn through_reserve(after: &View, given: &Fits, passed: &Fits) -> bool {
    let live = after.terms.reserves.iter().filter(|reserve| !after.shares.is_released(reserve.id));
    live.into_iter().any(|reserve| given.contains(reserve.id) && !passed.contains(reserve.id))
}

pub(super) fn stop(terms: &Terms, first_session: Option<Time>) -> Option<Time> {
    first_session.map(|start| start - TimeDelta::hours(i64::from(terms.offers_stop_hours)))
}
