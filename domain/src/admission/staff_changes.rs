//! What staff may not do to a cohort, and why.

use super::settle::View;
use super::terms::{CohortStatus, Terms};
use crate::ids::BookingId;
use chrono::{DateTime, Utc};

/// Why terms can't be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermsRefused {
    /// The opening has passed.
    BookingAlreadyOpen,
    /// More places are held than the new capacity has (PRG-7).
    CapacityBelowPlacesTaken {
        /// How many are held.
        taken: u32,
    },
    /// The first session has started.
    AlreadyStarted,
    /// It is completed or cancelled.
    Ended,
}

/// Why a cohort's life can't go on like that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LifeRefused {
    /// Booking is closed already, or was never going to open again.
    AlreadyClosed,
    /// It is completed or cancelled already.
    AlreadyEnded,
    /// Its last session is not over; this is when it ends, where dates stand.
    NotOver(Option<DateTime<Utc>>),
    /// These bookings hold no confirmed place in it.
    NotConfirmed(Vec<BookingId>),
}

impl View {
    /// Why these terms can't be set at `now`.
    ///
    /// # Errors
    /// The first [`TermsRefused`] that holds.
    pub fn may_set(&self, terms: &Terms, now: DateTime<Utc>) -> Result<(), TermsRefused> {
        let old = &self.terms;
        let started = self.first_session_at.is_some_and(|start| start <= now);
        let opens_otherwise = terms.booking_opens_at != old.booking_opens_at && self.opened;
        let settles_otherwise = terms.settles_first != old.settles_first && self.settles();
        if self.ended.is_some() {
            Err(TermsRefused::Ended)
        } else if terms.capacity.get() < self.places_taken {
            Err(TermsRefused::CapacityBelowPlacesTaken { taken: self.places_taken })
        } else if opens_otherwise || settles_otherwise {
            Err(TermsRefused::BookingAlreadyOpen)
        } else if terms.booking_closes_at != old.booking_closes_at && started {
            Err(TermsRefused::AlreadyStarted)
        } else {
            Ok(())
        }
    }

    /// Why booking can't be closed at `now` (PRG-7).
    ///
    /// # Errors
    /// [`LifeRefused::AlreadyClosed`], [`LifeRefused::AlreadyEnded`].
    pub fn may_close(&self, now: DateTime<Utc>) -> Result<(), LifeRefused> {
        match self.status(now) {
            CohortStatus::Scheduled | CohortStatus::Open => Ok(()),
            CohortStatus::Closed => Err(LifeRefused::AlreadyClosed),
            CohortStatus::Completed | CohortStatus::Cancelled => Err(LifeRefused::AlreadyEnded),
        }
    }

    /// Why it can't be cancelled (PRG-7).
    ///
    /// # Errors
    /// [`LifeRefused::AlreadyEnded`].
    pub fn may_cancel(&self) -> Result<(), LifeRefused> {
        if self.ended.is_some() { Err(LifeRefused::AlreadyEnded) } else { Ok(()) }
    }

    /// Why it can't be completed at `now`: its last session has to be over (PRG-7).
    ///
    /// # Errors
    /// [`LifeRefused::AlreadyEnded`], [`LifeRefused::NotOver`].
    pub fn may_complete(
        &self,
        last_session_ends: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(), LifeRefused> {
        self.may_cancel()?;
        let over = last_session_ends.is_some_and(|end| end <= now);
        if over { Ok(()) } else { Err(LifeRefused::NotOver(last_session_ends)) }
    }
}
