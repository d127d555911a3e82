//! What people ask for, and what is refused.

use super::{Booking, Moment, Reference, Status};

/// A refusal's code; nothing but what was due has changed.
pub type Refused = &'static str;

impl Reference {
    /// ADM-1, ADM-2: books for somebody who has done all but perhaps come to a taster.
    ///
    /// # Errors
    /// The first reason of several.
    pub fn book(&mut self, person: usize) -> Result<usize, Refused> {
        self.begin();
        if self.live(person).is_some() {
            return Err("already-booked");
        }
        if !self.takes_claim_of(self.now) {
            return Err("booking-closed");
        }
        if !self.terms.waiting_list && self.settles() && !self.has_place_for(person) {
            return Err("cohort-full");
        }
        let booking = self.bookings.len();
        self.bookings.push(Booking {
            person,
            submitted: self.now,
            status: Status::Pending,
            claim: None,
            rank: None,
            offer_ends: None,
            lapses: 0,
        });
        if let Some(moment) = self.open_since(booking) {
            self.claim(booking, moment);
        }
        Ok(booking)
    }

    /// Cancels, as the booker or as staff.
    ///
    /// # Errors
    /// When it is over.
    pub fn cancel(&mut self, booking: usize, staff: bool) -> Result<(), Refused> {
        self.begin();
        let status = self.bookings[booking].status;
        let leaves = |own| Status::Closed(if staff { "cancelled_by_academy" } else { own });
        match status {
            Status::Closed(_) => return Err("booking-not-live"),
            Status::Pending => self.put(booking, leaves("withdrawn")),
            Status::Waiting => {
                let kind = if staff { "cancellation" } else { "withdrawal" };
                self.enter(kind, Some(booking), &[(booking, leaves("withdrawn"))], false);
            }
            Status::Offered | Status::Confirmed => {
                let status = leaves("cancelled_by_participant");
                self.enter("cancellation", Some(booking), &[(booking, status)], false);
            }
        }
        Ok(())
    }

    /// Accepts or declines (ADM-11).
    ///
    /// # Errors
    /// When no offer stands.
    pub fn answer(&mut self, booking: usize, accepts: bool) -> Result<(), Refused> {
        self.begin();
        let one = &self.bookings[booking];
        match one.status {
            Status::Offered => {
                let (kind, status) = if accepts {
                    ("acceptance", Status::Confirmed)
                } else {
                    ("decline", Status::Closed("declined"))
                };
                self.enter(kind, Some(booking), &[(booking, status)], false);
                Ok(())
            }
            _ if one.lapses > 0 => Err("offer-expired"),
            _ => Err("no-offer"),
        }
    }

    /// Staff record an attendance (ADM-3, ADM-9).
    pub fn attend(&mut self, person: usize, taster: usize) {
        self.begin();
        self.attended.insert((person, taster));
        let Some(booking) = self.live(person) else { return };
        let pending = self.bookings[booking].status == Status::Pending;
        if let Some(moment) = self.open_since(booking).filter(|at| pending && self.takes_claim_of(*at)) {
            self.claim(booking, moment);
        }
    }

    /// Staff take an attendance off the record: a claim that stood on it is no more (ADM-15).
    pub fn miss(&mut self, person: usize, taster: usize) {
        self.begin();
        self.attended.remove(&(person, taster));
        let Some(booking) = self.live(person) else { return };
        let undecided = matches!(self.bookings[booking].status, Status::Waiting | Status::Offered);
        if undecided && self.open_since(booking).is_none() {
            self.bookings[booking].claim = None;
            self.bookings[booking].rank = None;
            self.enter("gate_reopened", Some(booking), &[(booking, Status::Pending)], false);
        }
    }

    /// PRG-7: more or fewer places.
    ///
    /// # Errors
    /// When more are held.
    pub fn set_capacity(&mut self, capacity: usize) -> Result<(), Refused> {
        self.begin();
        if self.cancelled && capacity != self.terms.capacity {
            return Err("cohort-ended");
        }
        if capacity < self.places_taken() {
            return Err("capacity-below-places-taken");
        }
        if capacity != self.terms.capacity {
            self.terms.capacity = capacity;
            self.enter("capacity_changed", None, &[], false);
        }
        Ok(())
    }

    /// Changes how vacancies go out.
    ///
    /// # Errors
    /// When it is over.
    pub fn set_vacancies(
        &mut self,
        automatic: bool,
        window_hours: i64,
        requeue: bool,
    ) -> Result<(), Refused> {
        self.begin();
        let terms = &mut self.terms;
        let same = (terms.automatic, terms.window_hours, terms.requeue) == (automatic, window_hours, requeue);
        if same {
            return Ok(());
        }
        if self.cancelled {
            return Err("cohort-ended");
        }
        (terms.automatic, terms.window_hours, terms.requeue) = (automatic, window_hours, requeue);
        self.enter("terms_changed", None, &[], false);
        Ok(())
    }

    /// Closes booking now (PRG-7).
    ///
    /// # Errors
    /// When it is closed, or over.
    pub fn close(&mut self) -> Result<(), Refused> {
        self.begin();
        if self.cancelled {
            return Err("cohort-ended");
        }
        if !self.takes_claim_of(self.now) {
            return Err("booking-closed");
        }
        self.terms.closes = Some(self.now);
        self.closed = true;
        self.enter("terms_changed", None, &[], false);
        self.ledger.push(super::Entry { kind: "booking_closed", booking: None, decisions: vec![] });
        Ok(())
    }

    /// The cohort does not take place (PRG-7): every live booking ends, in its order.
    ///
    /// # Errors
    /// When it is over.
    pub fn call_off(&mut self) -> Result<(), Refused> {
        self.begin();
        if self.cancelled {
            return Err("cohort-ended");
        }
        self.cancelled = true;
        let mut live: Vec<usize> = (0..self.bookings.len())
            .filter(|n| !matches!(self.bookings[*n].status, Status::Closed(_)))
            .collect();
        live.sort_by_key(|n| {
            let booking = &self.bookings[*n];
            (booking.rank.is_none(), booking.rank, booking.submitted)
        });
        let closed: Vec<(usize, Status)> =
            live.into_iter().map(|n| (n, Status::Closed("cohort_cancelled"))).collect();
        self.enter("cohort_cancelled", None, &closed, false);
        Ok(())
    }

    /// What a taster's end is: for who compares moments.
    pub fn is_taster_end(&self, moment: Moment) -> bool {
        moment.step == 0 && self.tasters.contains(&moment.second)
    }
}
