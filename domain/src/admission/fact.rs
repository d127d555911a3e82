//! What reaches settling, and what comes of it: each fact is one entry of the ledger.

use super::booking::{BookingStatus, ClosedReason};
use super::queue::Rank;
use super::terms::Terms;
use crate::ids::BookingId;
use chrono::{DateTime, Utc};

/// Where a booking stood that leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// On the waiting list, at this rank.
    Waiting(Rank),
    /// In a place, offered or confirmed.
    Place,
}

/// Something that can change who has a place. Each is one entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A gate opened.
    Claim {
        /// Whose.
        booking: BookingId,
        /// ADM-4.
        moment: DateTime<Utc>,
        /// The form's submission, which ranks equal moments (ADM-5).
        submitted_at: DateTime<Utc>,
    },
    /// Somebody who waited left.
    Withdrawal {
        /// Who.
        booking: BookingId,
        /// Where it stood.
        rank: Rank,
    },
    /// A booking was cancelled.
    Cancellation {
        /// Which.
        booking: BookingId,
        /// Why.
        reason: ClosedReason,
        /// Where it stood.
        held: Held,
    },
    /// An offer was accepted.
    Acceptance {
        /// Whose.
        booking: BookingId,
    },
    /// An offer was declined.
    Decline {
        /// Whose.
        booking: BookingId,
    },
    /// An offer's end passed (ADM-11, ADM-17).
    Expiry {
        /// Whose.
        booking: BookingId,
        /// When it ended.
        due: DateTime<Utc>,
        /// How many it had let lapse before.
        lapses: u32,
        /// Its rank before the offer.
        rank: Rank,
    },
    /// Evidence was withdrawn: the claim is no more (ADM-15).
    GateReopened {
        /// Whose.
        booking: BookingId,
        /// Where it stood.
        held: Held,
    },
    /// Became known to be against the rules (ADM-15).
    GateFailed {
        /// Whose.
        booking: BookingId,
        /// Where it stood.
        held: Held,
    },
    /// Staff changed the terms, or the first session moved.
    TermsChanged {
        /// The whole new terms.
        terms: Terms,
        /// When the first session starts now.
        first_session_at: Option<DateTime<Utc>>,
    },
    /// The tasters' attendance is complete (ADM-6).
    TastersSealed,
    /// Booking opened (ADM-6).
    BookingOpened,
    /// Booking closed.
    BookingClosed,
    /// The first session started: nobody waits any longer (PRG-7).
    CohortStarted {
        /// Those whose gate is not open, in the order of their submission.
        pending: Vec<BookingId>,
    },
    /// The cohort does not take place (PRG-7).
    CohortCancelled {
        /// Every live booking, in its order.
        live: Vec<BookingId>,
    },
    /// The cohort is over (PRG-7).
    CohortCompleted {
        /// Every confirmed booking, and whether it completed.
        outcomes: Vec<(BookingId, bool)>,
    },
}

/// What became of one booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Which.
    pub booking: BookingId,
    /// Its status from now on.
    pub status: BookingStatus,
    /// Why, where it is closed.
    pub closed_reason: Option<ClosedReason>,
    /// The exact end of the offer, where one was made.
    pub offer_expires_at: Option<DateTime<Utc>>,
    /// Its rank, where it waits under a new one (a new claim, a lapse).
    pub rank: Option<Rank>,
}

impl Decision {
    pub(super) fn to(booking: BookingId, status: BookingStatus) -> Self {
        Self { booking, status, closed_reason: None, offer_expires_at: None, rank: None }
    }

    pub(super) fn closed(booking: BookingId, reason: ClosedReason) -> Self {
        Self { closed_reason: Some(reason), ..Self::to(booking, BookingStatus::Closed) }
    }

    pub(super) fn ended(booking: BookingId, completed: bool) -> Self {
        Self::to(booking, if completed { BookingStatus::Completed } else { BookingStatus::NotCompleted })
    }
}
