//! Nobody is put in two cohorts at once without knowing of it (PRG-6).

use super::{Reference, Status};

/// How long a session lasts.
const SESSION: i64 = 2 * 3_600;

impl Reference {
    /// Whether two cohorts meet at the same time: one may begin as the other ends.
    fn meet_at_once(&self, one: usize, other: usize) -> bool {
        match (self.cohorts[one].terms.starts, self.cohorts[other].terms.starts) {
            (Some(one), Some(other)) => one < other + SESSION && other < one + SESSION,
            _ => false,
        }
    }

    /// Whether somebody has a confirmed place at the time of a cohort, in another, besides these bookings.
    pub(super) fn clashes(&self, person: usize, cohort: usize, besides: &[usize]) -> bool {
        self.bookings.iter().enumerate().any(|(n, booking)| {
            booking.person == person
                && booking.cohort != cohort
                && booking.status == Status::Confirmed
                && !besides.contains(&n)
                && self.meet_at_once(cohort, booking.cohort)
        })
    }
}
