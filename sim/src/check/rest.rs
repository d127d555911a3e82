//! What must hold of what is kept, at any time and at rest.

use super::Checker;
use crate::Time;
use crate::shell::evidence::{fits_of, look_at_committed};
use crate::store::Db;
use crate::store::rows::{Booking, Rows};
use domain::admission::{BookingStatus, Standing, replay};
use domain::ids::CohortId;

impl Checker {
    /// ADM-2, ADM-15: no gate is open, or has closed, without somebody having seen it.
    pub(super) fn gates_are_seen(&mut self, rows: &Rows, now: Time) {
        for booking in rows.bookings.values() {
            let unseen = match booking.status {
                BookingStatus::Pending => self.pending_unseen(rows, booking, now),
                BookingStatus::Waiting | BookingStatus::Offered => withdrawn_unseen(rows, booking, now),
                _ => continue,
            };
            let unseen = unseen.or_else(|| self.fit_unseen(rows, booking));
            if let Some(what) = unseen {
                self.report(format!("{what}: {booking:?}"));
            }
        }
    }

    /// PRG-9: what somebody fits is known to the desk as long as it can matter.
    fn fit_unseen(&self, rows: &Rows, booking: &Booking) -> Option<&'static str> {
        let view = &self.outcomes.get(&booking.cohort)?.view;
        let fits = fits_of(view, rows.people.get(&booking.person)?);
        (fits != booking.fits).then_some("PRG-9: somebody fits a reserve and nobody sees it")
    }

    fn pending_unseen(&self, rows: &Rows, booking: &Booking, now: Time) -> Option<&'static str> {
        let view = &self.outcomes.get(&booking.cohort)?.view;
        match look_at_committed(rows, booking, now)?.standing {
            Standing::Open { moment } if view.takes_claim_of(moment) && booking.claim_due_at.is_none() => {
                Some("ADM-2: a gate is open and nobody sees it")
            }
            Standing::OpensAt(at) if view.takes_claim_of(at) && booking.claim_due_at != Some(at) => {
                Some("ADM-2: a gate will open and nobody will see it")
            }
            Standing::NotEligible(_) => Some("ADM-2: known to be not eligible, and pending"),
            Standing::Missing if booking.claim_due_at.is_some() => {
                Some("ADM-2: a gate is not open, and the booking will be a claim")
            }
            _ => None,
        }
    }

    /// At rest, with all that is due entered: nothing is left undone.
    pub(crate) fn at_rest(&mut self, db: &Db, now: Time) {
        let rows = &db.rows;
        if !db.locks.are_free() || !db.in_flight.is_empty() {
            self.report("a lock is held though nobody is at work");
        }
        self.gates_are_seen(rows, now);
        for booking in rows.bookings.values() {
            if booking.status == BookingStatus::Pending && booking.claim_due_at.is_some_and(|at| at <= now) {
                self.report(format!("ADM-2: a claim is due and is not entered: {booking:?}"));
            }
        }
        for (key, from) in &rows.attendance {
            if rows.tasters.get(&key.1).is_some_and(|taster| taster.ends_at != *from) {
                self.report(format!("ADM-3: an attendance does not count from its taster's end: {key:?}"));
            }
        }
        let cohorts: Vec<_> = rows.desks.keys().copied().collect();
        for cohort in cohorts {
            let verdict = self.cohort_at_rest(cohort, now);
            self.judge(verdict.map_err(|what| format!("{cohort} at rest, {now}: {what}")));
        }
    }

    fn cohort_at_rest(&self, cohort: CohortId, now: Time) -> Result<(), String> {
        let (Some(outcome), Some(fold)) = (self.outcomes.get(&cohort), self.folds.get(&cohort)) else {
            return Err("ADM-12: it has no ledger".to_owned());
        };
        let view = &outcome.view;
        // The time of a cohort's decisions never goes back, whatever the clock does.
        let now = fold.recorded_at.map_or(now, |at| now.max(at));
        if let Some(booking) = fold.expired_live_offer(now) {
            return Err(format!("ADM-11: the offer of {booking} is over and live"));
        }
        let started = view.first_session_at.is_some_and(|start| start <= now);
        if started && !view.started && view.ended.is_none() {
            return Err("PRG-7: the start has passed and is not entered".to_owned());
        }
        if view.terms.has_opened(now) != view.opened && !view.opened && view.ended.is_none() {
            return Err("ADM-6: the opening has passed and is not entered".to_owned());
        }
        if view.terms.has_closed(now) && !view.closed && view.ended.is_none() {
            return Err("PRG-7: the closing has passed and is not entered".to_owned());
        }
        let unreleased = view.terms.reserves.iter().filter(|reserve| !view.shares.is_released(reserve.id));
        if view.ended.is_none() && unreleased.into_iter().any(|reserve| reserve.releases_at <= now) {
            return Err("PRG-9: a release has passed and is not entered".to_owned());
        }
        fold.nobody_waits_beside_a_free_place(now, view, view.settles())
    }

    /// ADM-12: the whole ledgers, from the first entry, once more.
    pub(crate) fn whole_ledgers(&mut self, rows: &Rows) {
        for (cohort, entries) in &rows.ledger {
            let ours = self.outcomes.get(cohort).map(|outcome| outcome.head_hash.clone());
            match replay(entries) {
                Ok(Some(outcome)) if Some(&outcome.head_hash) == ours.as_ref() => {}
                other => {
                    let what = format!("ADM-12: {cohort}: {:?}", other.map(|o| o.map(|o| o.version)));
                    self.report(what);
                }
            }
        }
    }
}

/// ADM-15: evidence that is gone makes an undecided claim pending again. (A taster that moves is none: claims
/// that stand keep their moment.)
fn withdrawn_unseen(rows: &Rows, booking: &Booking, now: Time) -> Option<&'static str> {
    match look_at_committed(rows, booking, now)?.standing {
        Standing::Missing | Standing::NotEligible(_) => {
            Some("ADM-15: evidence is withdrawn and nobody has seen it")
        }
        Standing::Open { .. } | Standing::OpensAt(_) => None,
    }
}
