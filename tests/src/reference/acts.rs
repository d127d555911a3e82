//! What people ask for, and what is refused.

use super::clock::Due;
use super::{Booking, Choice, Moment, Reference, Status};

/// A refusal's code; nothing but what was due has changed.
pub type Refused = &'static str;

/// Of several reasons, the one that an answer has its code from.
pub(super) fn first_of(refused: &[Refused]) -> Option<Refused> {
    let order = ["already-booked", "booking-closed", "cohort-full", "session-clash"];
    order.into_iter().find(|code| refused.contains(code))
}

impl Reference {
    /// ADM-1, ADM-2: books for somebody who has done all but perhaps come to a taster.
    ///
    /// # Errors
    /// The first reason of several.
    pub fn book(&mut self, person: usize, cohort: usize, knows: bool) -> Result<(), Refused> {
        self.begin();
        self.book_one(person, cohort, knows, None)
    }

    pub(super) fn book_one(
        &mut self,
        person: usize,
        cohort: usize,
        knows: bool,
        choice: Option<Choice>,
    ) -> Result<(), Refused> {
        let siblings = choice.map_or_else(Vec::new, |choice| self.exclusive(choice.form));
        if let Some(why) = first_of(&self.refusals(person, cohort, knows, &siblings)) {
            return Err(why);
        }
        let booking = self.bookings.len();
        self.bookings.push(Booking { knows, choice, ..self.new_booking(person, cohort) });
        if siblings.iter().any(|n| self.bookings[*n].status == Status::Confirmed) {
            self.put(booking, Status::Closed("withdrawn"));
        } else if let Some(moment) = self.open_since(booking) {
            self.claim(booking, moment);
        }
        Ok(())
    }

    pub(super) fn new_booking(&self, person: usize, cohort: usize) -> Booking {
        Booking {
            person,
            cohort,
            submitted: self.now,
            status: Status::Pending,
            claim: None,
            rank: None,
            offer_ends: None,
            lapses: 0,
            choice: None,
            knows: false,
        }
    }

    /// Every reason why a cohort takes no booking of somebody now. `besides` are in nobody's way.
    pub(super) fn refusals(
        &self,
        person: usize,
        cohort: usize,
        knows: bool,
        besides: &[usize],
    ) -> Vec<Refused> {
        let full = self.settles(cohort) && !self.has_place_for(cohort, person);
        let reasons = [
            ("already-booked", self.live(person, cohort).is_some()),
            ("booking-closed", !self.takes_claim_of(cohort, self.now)),
            ("cohort-full", !self.cohorts[cohort].terms.waiting_list && full),
            ("session-clash", !knows && self.clashes(person, cohort, besides)),
        ];
        reasons.into_iter().filter(|(_, holds)| *holds).map(|(code, _)| code).collect()
    }

    /// Cancels, as the booker or as staff.
    ///
    /// # Errors
    /// When it is over.
    pub fn cancel(&mut self, booking: usize, staff: bool) -> Result<(), Refused> {
        self.begin();
        let Booking { status, cohort, .. } = self.bookings[booking];
        let leaves = |own| Status::Closed(if staff { "cancelled_by_academy" } else { own });
        match status {
            Status::Closed(_) => return Err("booking-not-live"),
            Status::Pending => self.put(booking, leaves("withdrawn")),
            Status::Waiting => {
                let kind = if staff { "cancellation" } else { "withdrawal" };
                self.enter(cohort, kind, Some(booking), &[(booking, leaves("withdrawn"))], false);
            }
            Status::Offered | Status::Confirmed => {
                let status = leaves("cancelled_by_participant");
                self.enter(cohort, "cancellation", Some(booking), &[(booking, status)], false);
            }
        }
        Ok(())
    }

    /// Accepts or declines (ADM-11).
    ///
    /// # Errors
    /// When no offer stands, or what is accepted overlaps and nobody said that it is known.
    pub fn answer(&mut self, booking: usize, accepts: bool, knows: bool) -> Result<(), Refused> {
        self.begin();
        let Booking { status, cohort, person, lapses, .. } = self.bookings[booking];
        match status {
            Status::Offered if accepts => {
                self.bookings[booking].knows |= knows;
                if !self.bookings[booking].knows && self.clashes(person, cohort, &[booking]) {
                    return Err("session-clash");
                }
                let confirmed = [(booking, Status::Confirmed)];
                self.enter(cohort, "acceptance", Some(booking), &confirmed, false);
                Ok(())
            }
            Status::Offered => {
                let declined = [(booking, Status::Closed("declined"))];
                self.enter(cohort, "decline", Some(booking), &declined, false);
                Ok(())
            }
            _ if lapses > 0 => Err("offer-expired"),
            _ => Err("no-offer"),
        }
    }

    /// Staff record an attendance (ADM-3, ADM-9): all gates of that person that open because of it open together.
    pub fn attend(&mut self, person: usize, taster: usize) {
        self.begin();
        self.attended.insert((person, taster));
        let claim = |n: usize| {
            let Booking { cohort, status, .. } = self.bookings[n];
            let moment = self.open_since(n).filter(|at| self.takes_claim_of(cohort, *at))?;
            (status == Status::Pending).then_some((cohort, Due::Claim(n), moment))
        };
        let claims: Vec<(usize, Due, Moment)> = self.all_live(person).into_iter().filter_map(claim).collect();
        self.enter_together(&claims);
    }

    /// Staff take an attendance off the record: a claim that stood on it is no more (ADM-15).
    pub fn miss(&mut self, person: usize, taster: usize) {
        self.begin();
        self.attended.remove(&(person, taster));
        for booking in self.all_live(person) {
            let Booking { cohort, status, .. } = self.bookings[booking];
            let undecided = matches!(status, Status::Waiting | Status::Offered);
            if undecided && self.open_since(booking).is_none() {
                self.bookings[booking].claim = None;
                self.bookings[booking].rank = None;
                let pending = [(booking, Status::Pending)];
                self.enter(cohort, "gate_reopened", Some(booking), &pending, false);
            }
        }
    }
}
