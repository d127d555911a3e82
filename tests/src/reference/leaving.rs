//! A confirmed place is left for another cohort (ADM-23).

use super::acts::{Refused, first_of};
use super::{Booking, Reference, Status};

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// For a place that is free there, where nobody waits.
    Moved,
    /// For a claim on a cohort that starts later.
    Deferred,
}

impl Leaving {
    /// The kind of its entry.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Deferred => "deferred",
        }
    }
}

impl Reference {
    /// Moves or defers, as who booked. The gate there is passed anew; where anything is missing, nothing moves.
    ///
    /// # Errors
    /// The first reason.
    pub fn leave(&mut self, left: usize, to: usize, how: Leaving, knows: bool) -> Result<(), Refused> {
        self.begin();
        let (person, from) = (self.bookings[left].person, self.bookings[left].cohort);
        match self.bookings[left].status {
            Status::Confirmed => {}
            Status::Closed(_) => return Err("booking-not-live"),
            Status::Pending | Status::Waiting | Status::Offered => return Err("not-confirmed"),
        }
        if let Some(why) = first_of(&self.refusals(person, to, knows, &[left])) {
            return Err(why);
        }
        if self.attended_at(person).is_none_or(|at| at > self.now) {
            return Err("no-place");
        }
        self.can_be_left_for(from, to, person, how)?;
        let status = Status::Closed("cancelled_by_participant");
        self.enter(from, how.kind(), Some(left), &[(left, status)], false);
        let joined = self.bookings.len();
        self.bookings.push(Booking { knows, ..self.new_booking(person, to) });
        self.claim(joined, self.now);
        Ok(())
    }

    fn can_be_left_for(&self, from: usize, to: usize, person: usize, how: Leaving) -> Result<(), Refused> {
        let starts = |cohort: usize| self.cohorts[cohort].terms.starts;
        match how {
            // What has no dates yet is still to come.
            Leaving::Deferred => match (starts(from), starts(to)) {
                (Some(from), Some(to)) if to > from => Ok(()),
                (_, None) => Ok(()),
                _ => Err("not-later"),
            },
            Leaving::Moved if !self.settles(to) => Err("no-place"),
            Leaving::Moved if !self.waiting(to).is_empty() => Err("others-waiting"),
            Leaving::Moved if !self.has_place_for(to, person) => Err("cohort-full"),
            Leaving::Moved => Ok(()),
        }
    }
}
