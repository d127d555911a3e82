//! What cancelling a booking and answering an offer come to.

use super::booking::{BookingStatus, ClosedReason};
use super::fact::{Fact, Held};
use super::queue::Rank;
use super::reserves::Fits;
use crate::identity::Actor;
use crate::ids::{BookingId, ClientId, PersonId};
use chrono::{DateTime, Utc};

/// Who cancels, as the product tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelledBy {
    /// The participant, or the client that booked: they withdraw, or give back.
    Participant,
    /// Staff: they end it.
    Academy,
}

impl CancelledBy {
    /// As whom this actor cancels the booking of that person, made by that client where one did.
    pub fn of(actor: &Actor, participant: PersonId, booked_by: Option<ClientId>) -> Self {
        let theirs = actor.is_person(participant) || booked_by.is_some_and(|client| actor.is_client(client));
        if theirs { Self::Participant } else { Self::Academy }
    }

    /// As what a place that was held is closed.
    pub fn reason_of_place(self) -> ClosedReason {
        match self {
            Self::Participant => ClosedReason::CancelledByParticipant,
            Self::Academy => ClosedReason::CancelledByAcademy,
        }
    }
}

/// How a live booking ends by a cancellation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancelling {
    /// It is a claim: settling hears of it.
    Settles(Fact),
    /// It was pending, and is closed for this reason; settling never knew of it.
    Closes(ClosedReason),
}

/// What cancelling a booking comes to; `None` for one that is not live.
pub fn cancelling(
    booking: BookingId,
    (status, rank): (BookingStatus, Option<Rank>),
    fits: Fits,
    by: CancelledBy,
) -> Option<Cancelling> {
    let cancelled = |reason, held| Fact::Cancellation { booking, reason, held, fits: fits.clone() };
    Some(match (status, rank, by) {
        (BookingStatus::Pending, _, CancelledBy::Participant) => Cancelling::Closes(ClosedReason::Withdrawn),
        (BookingStatus::Pending, _, CancelledBy::Academy) => {
            Cancelling::Closes(ClosedReason::CancelledByAcademy)
        }
        (BookingStatus::Waiting, Some(rank), CancelledBy::Participant) => {
            Cancelling::Settles(Fact::Withdrawal { booking, rank, fits })
        }
        (BookingStatus::Waiting, Some(rank), CancelledBy::Academy) => {
            Cancelling::Settles(cancelled(ClosedReason::CancelledByAcademy, Held::Waiting(rank)))
        }
        (BookingStatus::Offered | BookingStatus::Confirmed, ..) => {
            Cancelling::Settles(cancelled(by.reason_of_place(), Held::Place))
        }
        _ => return None,
    })
}

/// Why an offer can't be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It has ended (ADM-11).
    OfferExpired,
    /// There is none.
    NoOffer,
}

/// Looks whether a booking's offer can be answered, when what was due has been entered. `meant` is the end of the offer
/// that a mailed token is for: that of an earlier offer answers no later one.
///
/// # Errors
/// [`NoAnswer`], with what the caller may take for granted of it.
pub fn may_answer(
    (status, closed_reason): (BookingStatus, Option<ClosedReason>),
    lapses: u32,
    offer_expires_at: Option<DateTime<Utc>>,
    meant: Option<DateTime<Utc>>,
) -> Result<(), NoAnswer> {
    if status != BookingStatus::Offered {
        let lapsed = lapses > 0 || closed_reason == Some(ClosedReason::OfferExpired);
        return Err(if lapsed { NoAnswer::OfferExpired } else { NoAnswer::NoOffer });
    }
    if meant.is_some() && offer_expires_at != meant {
        return Err(NoAnswer::OfferExpired);
    }
    Ok(())
}
