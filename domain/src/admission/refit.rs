//! Claims that fit other reserves than before (PRG-9), as facts and as an entry of the ledger tells them.

use super::booking::BookingStatus;
use super::fact::Held;
use super::ledger::ids_of;
use super::queue::{Rank, Waiter};
use super::replay::{Outcome, fits_named};
use super::reserves::Fits;
use super::settle::View;
use crate::ids::BookingId;
use serde_json::{Value, json};

/// Under which name a change of terms lists the claims that fit other reserves than before.
pub(super) const REFITS: &str = "fits";

/// A booking that fits other reserves than before (PRG-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refit {
    /// Which.
    pub booking: BookingId,
    /// Where it stands.
    pub held: Held,
    /// How many offers it has let lapse.
    pub lapses: u32,
    /// Whether it is carried over and had no offer yet.
    pub carried: bool,
    /// The reserves that it fitted before.
    pub before: Fits,
    /// The reserves that it fits now.
    pub fits: Fits,
}

impl Refit {
    /// The change of one claim, or `None` where it is none, or where it neither waits nor can still leave its place.
    pub fn of(
        booking: BookingId,
        (status, rank): (BookingStatus, Option<Rank>),
        (lapses, carried): (u32, bool),
        before: Fits,
        fits: Fits,
    ) -> Option<Self> {
        let held = match (status, rank) {
            (BookingStatus::Waiting, Some(rank)) => Held::Waiting(rank),
            (BookingStatus::Offered | BookingStatus::Confirmed, _) => Held::Place,
            _ => return None,
        };
        (before != fits).then_some(Self { booking, held, lapses, carried, before, fits })
    }

    /// As an entry lists it.
    pub(super) fn to_fact(&self) -> Value {
        json!({"bookingId": self.booking.to_string(), "reserves": ids_of(&self.fits)})
    }

    /// The change behind what an entry lists, given where the ledger stood before.
    pub(super) fn from_fact(state: &Outcome, listed: &Value) -> Option<Self> {
        let booking = BookingId(listed.get("bookingId")?.as_str()?.parse().ok()?);
        Self::read(state, booking, fits_named(listed.get("reserves")?)?)
    }

    /// The change of one claim that an entry is about.
    pub(super) fn read(state: &Outcome, booking: BookingId, fits: Fits) -> Option<Self> {
        let standing = state.bookings.get(&booking)?;
        let carried = standing.carried && standing.lapses == 0;
        let before = standing.fits.clone();
        Self::of(booking, (standing.status, standing.rank), (standing.lapses, carried), before, fits)
    }
}

impl View {
    /// Counts a claim with those who fit what it fits now; gives out nothing.
    pub(super) fn fit_again(&mut self, refit: &Refit) {
        let Refit { booking, held, lapses, carried, before, fits } = refit;
        match held {
            Held::Waiting(rank) => {
                self.waiting.leave(*rank, before);
                let waiter = Waiter { booking: *booking, lapses: *lapses, carried: *carried };
                self.waiting.join(*rank, waiter, fits);
            }
            Held::Place => {
                self.shares.leave(&self.terms.reserves, before);
                self.shares.take(&self.terms.reserves, fits);
            }
        }
    }
}
