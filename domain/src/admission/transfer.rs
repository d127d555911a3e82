//! Leaving a confirmed place (ADM-23): moving to another cohort, deferring to a later one, passing it on to a colleague.

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
    /// To a colleague, who takes it over with a claim of their own.
    PassedOn,
}

impl Transfer {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Moved, Self::Deferred, Self::PassedOn];

    /// Its word in the ledger and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Deferred => "deferred",
            Self::PassedOn => "passed_on",
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
    /// Whether a place that was passed on was proposed by who had it, rather than on their behalf.
    pub themselves: bool,
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
    /// Places of the cohort are not passed on.
    NotPassedOn,
    /// The colleague is the participant.
    ToThemselves,
    /// It was proposed to colleagues as often as may be.
    TooOften,
    /// The colleague's email was sent as many proposals as may be in a day.
    TooOftenToThem,
    /// Nothing is proposed that could be taken back.
    NothingProposed,
    /// The programme takes no new bookings.
    NotPublished,
    /// Booking is closed, or the cohort has started or is over.
    Closed,
    /// The place is kept for people whom the colleague is not one of (PRG-9).
    Kept,
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
            Transfer::Moved | Transfer::PassedOn => self.gives_place_to(claim, at),
        }
    }

    /// Whether the place that `left` frees would go to `claim` and to nobody else: it passes nobody who waits, and a
    /// reserve may keep it for others (PRG-9).
    ///
    /// # Errors
    /// [`NeedsMore`] as [`View::apply`].
    pub fn hands_on(
        &self,
        left: &Fact,
        claim: &Fact,
        at: DateTime<Utc>,
    ) -> Result<Option<NoTransfer>, NeedsMore> {
        let mut after = self.clone();
        // While somebody waits the place would be theirs: nothing is to be freed even on the side.
        if after.waiting.is_empty() {
            after.apply(left, at)?;
        }
        let why_not = after.gives_place_to(claim, at)?;
        Ok(why_not.map(|why| if why == NoTransfer::Full { NoTransfer::Kept } else { why }))
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
    if transfer == Transfer::PassedOn && !state.view.waiting.is_empty() {
        return Err(differs(entry, "a place is passed on while somebody waits"));
    }
    let (booking, standing) = confirmed.ok_or_else(|| differs(entry, "the booking is not confirmed"))?;
    Ok(Fact::Transferred { booking, transfer, reason: reason(entry)?, fits: standing.fits.clone() })
}
