//! Places that are kept for those who fit (PRG-9): one reserve at most, for the people whose numbers are odd.

use super::{Reference, Status};

/// Some places that are kept until a second.
#[derive(Clone, Copy, Debug)]
pub struct Reserve {
    /// How many.
    pub places: usize,
    /// From when on they are open to all.
    pub releases: i64,
}

impl Reserve {
    /// Whether somebody is among those whom it is kept for.
    pub fn is_for(person: usize) -> bool {
        person % 2 == 1
    }
}

impl Reference {
    pub(super) fn places_free(&self, cohort: usize) -> usize {
        self.cohorts[cohort].terms.capacity.saturating_sub(self.places_taken(cohort))
    }

    /// A least share, not an extra: whoever fits and holds a place makes it up.
    fn places_kept(&self, cohort: usize) -> usize {
        let of = &self.cohorts[cohort];
        let Some(reserve) = of.terms.reserve.filter(|_| !of.released) else { return 0 };
        let holds = |status| matches!(status, Status::Offered | Status::Confirmed);
        let fitting = self.of(cohort).filter(|(_, b)| holds(b.status) && Reserve::is_for(b.person));
        reserve.places.saturating_sub(fitting.count())
    }

    /// Whether somebody could have one of the places that are free.
    pub(super) fn has_place_for(&self, cohort: usize, person: usize) -> bool {
        let (free, kept) = (self.places_free(cohort), self.places_kept(cohort));
        free > kept || (free > 0 && Reserve::is_for(person))
    }

    /// Whether somebody who waits could have the place that this person would get.
    pub(super) fn is_waited_for(&self, cohort: usize, person: usize) -> bool {
        let kept_for_them = self.places_kept(cohort) > 0 && Reserve::is_for(person);
        let waiting = self.waiting(cohort);
        waiting.iter().any(|n| !kept_for_them || Reserve::is_for(self.bookings[*n].person))
    }
}
