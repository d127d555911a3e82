//! When something is due.

use crate::Time;
use crate::ctx::State;

/// The next moment at which anything is due.
pub(crate) fn next_moment(state: &State) -> Option<Time> {
    let (rows, now) = (&state.db.rows, state.db_now());
    let of_desks = rows.desks.values().flat_map(|desk| {
        let stop = desk.terms.offers_stop(desk.first_session_at);
        [desk.terms.booking_opens_at, desk.terms.booking_closes_at, desk.first_session_at, stop]
    });
    let of_bookings = rows.bookings.values().flat_map(|one| [one.offer_expires_at, one.claim_due_at]);
    let of_tasters = rows.tasters.values().map(|taster| Some(taster.ends_at));
    of_desks.chain(of_bookings).chain(of_tasters).flatten().filter(|at| *at > now).min()
}
