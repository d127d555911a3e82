//! Leaving a confirmed place for another (ADM-23): moving to another cohort, deferring to a later one.

use super::booking::BookingStatus;
use super::fact::Fact;
use super::ledger::Entry;
use super::queue::NeedsMore;
use super::replay::{Disagreement, Outcome, differs, reason};
use super::settle::View;
use crate::ids::BookingId;
use chrono::{DateTime, Utc};

/// How a confirmed place is left, other than by giving it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// For a place in another cohort of the programme, held at once.
    Moved,
    /// For a claim on a later cohort of the programme.
    Deferred,
}

impl Transfer {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Moved, Self::Deferred];

    /// Its word in the ledger and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Deferred => "deferred",
        }
    }

    /// The way with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transfer| transfer.as_str() == word)
    }
}

/// Which of the two bookings of a transfer one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that was left.
    Left,
    /// The one that took its stead.
    Joined,
}

/// What a booking has to do with a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// How.
    pub transfer: Transfer,
    /// Which of the two it is.
    pub side: Side,
    /// The other one.
    pub other: BookingId,
}

/// Why nothing is transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTransfer {
    /// The booking is over.
    NotLive,
    /// It holds no confirmed place.
    NotConfirmed,
    /// The other cohort is the same.
    SameCohort,
    /// There is no such cohort in the programme.
    OtherProgramme,
    /// The other cohort does not start later.
    NotLater,
    /// The other cohort gives no places out yet.
    NotGivenYet,
    /// Somebody waits, and nobody passes them.
    OthersWait,
    /// No place is free.
    Full,
}

/// Whether a booking of that status has a place that can be left.
///
/// # Errors
/// [`NoTransfer::NotLive`], [`NoTransfer::NotConfirmed`].
pub fn may_leave(status: BookingStatus) -> Result<(), NoTransfer> {
    match status {
        BookingStatus::Confirmed => Ok(()),
        BookingStatus::Pending | BookingStatus::Waiting | BookingStatus::Offered => {
            Err(NoTransfer::NotConfirmed)
        }
        BookingStatus::Completed | BookingStatus::NotCompleted | BookingStatus::Closed => {
            Err(NoTransfer::NotLive)
        }
    }
}

impl View {
    /// Whether a move or a deferral from `left` to this cohort can be, with the claim that it would make here: a
    /// move only to a place at once, which passes nobody who waits; a deferral only to what starts later.
    ///
    /// # Errors
    /// [`NeedsMore`] as [`View::apply`].
    pub fn takes_from(
        &self,
        left: &Self,
        transfer: Transfer,
        claim: &Fact,
        at: DateTime<Utc>,
    ) -> Result<Option<NoTransfer>, NeedsMore> {
        match transfer {
            Transfer::Deferred => Ok((!self.starts_after(left)).then_some(NoTransfer::NotLater)),
            Transfer::Moved => self.gives_place_to(claim, at),
        }
    }

    /// Whether this cohort starts after another, as far as dates stand: what has none is still to come.
    fn starts_after(&self, other: &Self) -> bool {
        match (other.first_session_at, self.first_session_at) {
            (Some(other), Some(own)) => own > other,
            (None, Some(_)) => false,
            (_, None) => true,
        }
    }

    /// Whether a claim would be confirmed on arrival, found by settling it on the side.
    fn gives_place_to(&self, claim: &Fact, at: DateTime<Utc>) -> Result<Option<NoTransfer>, NeedsMore> {
        if !self.settles() {
            return Ok(Some(NoTransfer::NotGivenYet));
        }
        if !self.waiting.is_empty() {
            return Ok(Some(NoTransfer::OthersWait));
        }
        let decisions = self.clone().apply(claim, at)?;
        let confirmed = decisions.iter().any(|decision| decision.status == BookingStatus::Confirmed);
        Ok((!confirmed).then_some(NoTransfer::Full))
    }
}

/// The fact behind a kept entry of a confirmed place that is left for another (ADM-12).
pub(super) fn transferred(state: &Outcome, entry: &Entry) -> Result<Fact, Disagreement> {
    let transfer = Transfer::parse(entry.kind.as_str());
    let transfer = transfer.ok_or_else(|| differs(entry, "it is no transfer"))?;
    let standing = entry.booking.and_then(|id| Some((id, state.bookings.get(&id)?)));
    let confirmed = standing.filter(|(_, standing)| standing.status == BookingStatus::Confirmed);
    let (booking, standing) = confirmed.ok_or_else(|| differs(entry, "the booking is not confirmed"))?;
    Ok(Fact::Transferred { booking, transfer, reason: reason(entry)?, fits: standing.fits.clone() })
}
