//! What reaches settling, and what is decided.

use super::booking::{BookingStatus, ClosedReason};
use super::queue::Rank;
use super::refit::Refit;
use super::reserves::Fits;
use super::terms::Terms;
use super::transfer::Transfer;
use crate::ids::{BookingId, ReserveId};
use chrono::{DateTime, Utc};

/// How a cohort ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It took place.
    Completed,
    /// It did not.
    Cancelled,
}

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
        /// The reserves that it fits (PRG-9).
        fits: Fits,
        /// Whether that submission came with an imported list, with evidence (ADM-24).
        imported: bool,
    },
    /// Somebody goes on from an earlier cohort of the programme (PRG-8): a claim with the moment that it had there.
    CarriedOver {
        /// Whose.
        booking: BookingId,
        /// Their booking there.
        from: BookingId,
        /// ADM-4.
        moment: DateTime<Utc>,
        /// What ranks equal moments.
        submitted_at: DateTime<Utc>,
        /// The reserves that it fits (PRG-9).
        fits: Fits,
    },
    /// Somebody who waited left.
    Withdrawal {
        /// Who.
        booking: BookingId,
        /// Where it stood.
        rank: Rank,
        /// The reserves that it fits (PRG-9).
        fits: Fits,
    },
    /// A booking was cancelled.
    Cancellation {
        /// Which.
        booking: BookingId,
        /// Why.
        reason: ClosedReason,
        /// Where it stood.
        held: Held,
        /// The reserves that it fits (PRG-9).
        fits: Fits,
    },
    /// Another choice of the same joining form got a place, and the person chose that the others end (ADM-21).
    PlacedElsewhere {
        /// Which ends.
        booking: BookingId,
        /// Where it stood.
        held: Held,
        /// The reserves that it fits (PRG-9).
        fits: Fits,
    },
    /// A confirmed place was left for another cohort, or for a colleague (ADM-23).
    Transferred {
        /// Which.
        booking: BookingId,
        /// How.
        transfer: Transfer,
        /// As what it is closed.
        reason: ClosedReason,
        /// The reserves that it fits (PRG-9).
        fits: Fits,
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
        /// The reserves that it fits (PRG-9).
        fits: Fits,
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
        /// The reserves that it fits (PRG-9).
        fits: Fits,
    },
    /// Evidence was withdrawn: the claim is no more (ADM-15).
    GateReopened {
        /// Whose.
        booking: BookingId,
        /// Where it stood.
        held: Held,
        /// The reserves that it fits (PRG-9).
        fits: Fits,
    },
    /// Became known to be against the rules (ADM-15).
    GateFailed {
        /// Whose.
        booking: BookingId,
        /// Where it stood.
        held: Held,
        /// The reserves that it fits (PRG-9).
        fits: Fits,
    },
    /// Other reserves are fitted than were when it became a claim: a fact of its own, since settling reads none about
    /// people (PRG-9).
    FitChanged(Refit),
    /// A reserve's release date passed (PRG-9).
    ReserveReleased {
        /// Which.
        reserve: ReserveId,
    },
    /// Staff changed the terms, or the first session moved.
    TermsChanged {
        /// The whole new terms.
        terms: Terms,
        /// When the first session starts now.
        first_session_at: Option<DateTime<Utc>>,
    },
    /// Staff changed for whom the reserves are, perhaps with other terms. One fact, so that nothing is given out while
    /// some are looked at by the old rules and some by the new (PRG-9).
    ReservesChanged {
        /// The whole new terms.
        terms: Terms,
        /// Each claim that fits others than before: who waits in the order of rank, then who holds a place.
        refits: Vec<Refit>,
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

impl Fact {
    /// A gate opened of a booking that was perhaps carried over `from` another (PRG-8).
    pub fn claim(
        booking: BookingId,
        from: Option<BookingId>,
        (moment, submitted_at): (DateTime<Utc>, DateTime<Utc>),
        fits: Fits,
    ) -> Self {
        match from {
            None => Self::Claim { booking, moment, submitted_at, fits, imported: false },
            Some(from) => Self::CarriedOver { booking, from, moment, submitted_at, fits },
        }
    }

    /// Who leaves for good, where the fact is that somebody does: which booking, where it stood, what it fits, and as
    /// what it is closed.
    pub(super) fn leaves(&self) -> Option<(BookingId, Held, &Fits, ClosedReason)> {
        match self {
            Self::Withdrawal { booking, rank, fits } => {
                Some((*booking, Held::Waiting(*rank), fits, ClosedReason::Withdrawn))
            }
            Self::Cancellation { booking, reason, held, fits } => Some((*booking, *held, fits, *reason)),
            Self::PlacedElsewhere { booking, held, fits } => {
                Some((*booking, *held, fits, ClosedReason::Withdrawn))
            }
            Self::Transferred { booking, reason, fits, .. } => Some((*booking, Held::Place, fits, *reason)),
            Self::Decline { booking, fits } => Some((*booking, Held::Place, fits, ClosedReason::Declined)),
            Self::GateFailed { booking, held, fits } => {
                Some((*booking, *held, fits, ClosedReason::NotEligible))
            }
            _ => None,
        }
    }
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
    /// Whether it is an offer and no confirmation because of a clash (PRG-6).
    pub clashes: bool,
}

impl Decision {
    pub(super) fn to(booking: BookingId, status: BookingStatus) -> Self {
        Self { booking, status, closed_reason: None, offer_expires_at: None, rank: None, clashes: false }
    }

    pub(super) fn closed(booking: BookingId, reason: ClosedReason) -> Self {
        Self { closed_reason: Some(reason), ..Self::to(booking, BookingStatus::Closed) }
    }

    pub(super) fn ended(booking: BookingId, completed: bool) -> Self {
        Self::to(booking, if completed { BookingStatus::Completed } else { BookingStatus::NotCompleted })
    }
}
