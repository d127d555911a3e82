//! As what a place goes out: confirmed, or as an offer (ADM-7, PRG-3).

use super::booking::BookingStatus;
use super::fact::Decision;
use super::queue::Waiter;
use super::settle::View;
use super::terms::Vacancies;
use crate::ids::BookingId;
use chrono::{DateTime, Utc};

/// What a place goes out as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum GivenAs {
    /// At the first settling: confirmed.
    Place,
    /// As the cohort says.
    Vacancy,
}

impl View {
    /// Whether a place can go to who waits as a confirmation: then it matters whether it clashes (PRG-6).
    pub fn confirms_who_waits(&self) -> bool {
        self.ended.is_none() && (self.terms.vacancies == Vacancies::Automatic || !self.settles())
    }

    /// How a free place goes out now, or `None` when it doesn't (PRG-3).
    pub(super) fn place_for(&self, given_as: GivenAs, at: DateTime<Utc>) -> Option<Decision> {
        let confirmed = Decision::to(BookingId(uuid::Uuid::nil()), BookingStatus::Confirmed);
        let started = self.first_session_at.is_some_and(|start| start <= at);
        match (given_as, self.terms.vacancies) {
            (GivenAs::Place, _) => Some(confirmed),
            (GivenAs::Vacancy, Vacancies::Automatic) => (!started).then_some(confirmed),
            (GivenAs::Vacancy, Vacancies::Offer) => self.offer(at),
        }
    }

    /// An offer that is made now, or `None` when offers have stopped (PRG-3).
    pub(super) fn offer(&self, at: DateTime<Utc>) -> Option<Decision> {
        let end = self.terms.offer_ends(at, self.first_session_at)?;
        let offered = Decision::to(BookingId(uuid::Uuid::nil()), BookingStatus::Offered);
        Some(Decision { offer_expires_at: Some(end), ..offered })
    }

    /// What is given, as an offer to who has to be asked first, while offers are made: the dates are new to who was
    /// carried over (PRG-8), or they clash with a place that is held elsewhere (PRG-6).
    pub(super) fn asked_first(&self, waiter: Waiter, given: Decision, at: DateTime<Utc>) -> Decision {
        let clashes = given.status == BookingStatus::Confirmed && self.clashing.contains(&waiter.booking);
        if !clashes && !waiter.carried {
            return given;
        }
        self.offer(at).map_or(given, |offer| Decision { booking: given.booking, clashes, ..offer })
    }
}
