//! What holds whenever a place is given: to whom, as what, and until when.

use super::facts::{stop, through_reserve};
use super::fold::{Fold, Verdict, is_given, rule};
use crate::Time;
use chrono::TimeDelta;
use domain::admission::{BookingStatus, Decision, View};
use domain::ids::BookingId;

impl Fold {
    /// PRG-8: the dates are new to who was carried over, so that they are asked while offers are made.
    pub(super) fn is_asked(&self, given: Time, decision: Decision, after: &View) -> Verdict {
        let carried = self.bookings.get(&decision.booking).is_some_and(|known| known.carried);
        let stopped = stop(&after.terms, after.first_session_at).is_some_and(|stop| stop <= given);
        rule(!carried || stopped || decision.status == BookingStatus::Offered, || {
            format!("PRG-8: {} was carried over and is not asked", decision.booking)
        })
    }

    /// ADM-11, PRG-3: an offer stands for the window, or to the moment at which offers stop.
    pub(super) fn offer_is_exact(&self, made: Time, decision: Decision, after: &View) -> Verdict {
        if decision.status != BookingStatus::Offered {
            return rule(decision.offer_expires_at.is_none(), || "ADM-11: a place with an end".to_owned());
        }
        let window = TimeDelta::hours(i64::from(after.terms.offer_window_hours));
        let stop = stop(&after.terms, after.first_session_at);
        let full = after.terms.offer_clock.end_of(made, window);
        let expected = stop.map_or(full, |stop| stop.min(full));
        rule(decision.offer_expires_at == Some(expected) && made < expected, || {
            format!("ADM-11: an offer ends {:?}, not {expected}", decision.offer_expires_at)
        })
    }

    /// PRG-9: each reserve counts who fits it, one of them at most for each of its places, and all that it can
    /// where it is the only one: it is a least share, not an extra.
    pub(super) fn shares(&self, after: &View) -> Verdict {
        let reserves = &after.terms.reserves;
        for reserve in reserves.iter().filter(|reserve| !after.shares.is_released(reserve.id)) {
            let fitting =
                self.bookings.values().filter(|k| is_given(k.status) && k.fits.contains(reserve.id));
            let most = reserve.places.min(u32::try_from(fitting.count()).unwrap_or(u32::MAX));
            let counted = after.shares.counted_in(reserve.id);
            let alone = reserves.len() == 1;
            rule(counted <= most && (counted == most || !alone), || {
                format!("PRG-9: {counted} count in a reserve, not {most}")
            })?;
        }
        Ok(())
    }

    /// ADM-7, ADM-9: nobody of a better rank waits, but for who does not fit a reserve (PRG-9).
    pub(super) fn next_in_rank(&self, id: BookingId, after: &View) -> Verdict {
        let Some(given) = self.bookings.get(&id) else { return Ok(()) };
        let passed = self.bookings.iter().find(|(other, known)| {
            let before = known.status == BookingStatus::Waiting && known.rank < given.rank;
            **other != id && before && !through_reserve(after, &given.fits, &known.fits)
        });
        rule(passed.is_none(), || format!("ADM-9: {id} got a place before {passed:?} who stands before it"))
    }
}
