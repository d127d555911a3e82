//! What staff change of a cohort.

use super::{Cohort, Reference, Refused, Status};

impl Reference {
    /// PRG-7: more or fewer places.
    ///
    /// # Errors
    /// When more are held.
    pub fn set_capacity(&mut self, cohort: usize, capacity: usize) -> Result<(), Refused> {
        self.begin();
        if self.cohorts[cohort].cancelled && capacity != self.cohorts[cohort].terms.capacity {
            return Err("cohort-ended");
        }
        if capacity < self.places_taken(cohort) {
            return Err("capacity-below-places-taken");
        }
        if capacity != self.cohorts[cohort].terms.capacity {
            self.cohorts[cohort].terms.capacity = capacity;
            self.enter(cohort, "capacity_changed", None, &[], false);
        }
        Ok(())
    }

    /// Changes how vacancies go out.
    ///
    /// # Errors
    /// When it is over.
    pub fn set_vacancies(
        &mut self,
        cohort: usize,
        automatic: bool,
        window_hours: i64,
        requeue: bool,
    ) -> Result<(), Refused> {
        self.begin();
        let Cohort { terms, cancelled, .. } = &mut self.cohorts[cohort];
        let same = (terms.automatic, terms.window_hours, terms.requeue) == (automatic, window_hours, requeue);
        if same {
            return Ok(());
        }
        if *cancelled {
            return Err("cohort-ended");
        }
        (terms.automatic, terms.window_hours, terms.requeue) = (automatic, window_hours, requeue);
        self.enter(cohort, "terms_changed", None, &[], false);
        Ok(())
    }

    /// Closes booking now (PRG-7).
    ///
    /// # Errors
    /// When it is closed, or over.
    pub fn close(&mut self, cohort: usize) -> Result<(), Refused> {
        self.begin();
        if self.cohorts[cohort].cancelled {
            return Err("cohort-ended");
        }
        if !self.takes_claim_of(cohort, self.now) {
            return Err("booking-closed");
        }
        self.cohorts[cohort].terms.closes = Some(self.now);
        self.cohorts[cohort].closed = true;
        self.enter(cohort, "terms_changed", None, &[], false);
        self.cohorts[cohort].ledger.push(super::Entry {
            kind: "booking_closed",
            booking: None,
            decisions: vec![],
        });
        Ok(())
    }

    /// The cohort does not take place (PRG-7): every live booking ends, in its order.
    ///
    /// # Errors
    /// When it is over.
    pub fn call_off(&mut self, cohort: usize) -> Result<(), Refused> {
        self.begin();
        if self.cohorts[cohort].cancelled {
            return Err("cohort-ended");
        }
        self.cohorts[cohort].cancelled = true;
        let live = self.of(cohort).filter(|(_, booking)| !matches!(booking.status, Status::Closed(_)));
        let mut live: Vec<usize> = live.map(|(n, _)| n).collect();
        live.sort_by_key(|n| {
            let booking = &self.bookings[*n];
            (booking.rank.is_none(), booking.rank, booking.submitted)
        });
        let closed: Vec<(usize, Status)> =
            live.into_iter().map(|n| (n, Status::Closed("cohort_cancelled"))).collect();
        self.enter(cohort, "cohort_cancelled", None, &closed, false);
        Ok(())
    }
}
