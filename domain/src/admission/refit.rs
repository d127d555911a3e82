//! Claims that fit other reserves than before (PRG-9), as facts and as an entry of the ledger tells them.

use super::booking::BookingStatus;
use super::fact::{Fact, Held};
use super::ledger::{Entry, ids_of};
use super::queue::{Rank, Waiter};
use super::replay::{Outcome, Standing};
use super::reserves::Fits;
use super::settle::View;
use super::told_terms::reserve_id;
use crate::ids::BookingId;
use serde_json::{Value, json};
use std::collections::HashMap;

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

/// The reserves that a claim fits, as its entry names them; none where it names none.
pub(super) fn fits_of(entry: &Entry) -> Option<Fits> {
    let Some(named) = entry.facts.get("reserves") else { return Some(Fits::none()) };
    fits_named(named)
}

/// The reserves that a list names.
fn fits_named(named: &Value) -> Option<Fits> {
    named.as_array()?.iter().map(reserve_id).collect()
}

/// What the bookings fit, and how their claims came about, from this fact on.
pub(super) fn take_fits(bookings: &mut HashMap<BookingId, Standing>, fact: &Fact) {
    let mut fit = |booking: &BookingId, fits: &Fits, carried: Option<bool>| {
        if let Some(standing) = bookings.get_mut(booking) {
            standing.fits.clone_from(fits);
            standing.carried = carried.unwrap_or(standing.carried);
        }
    };
    match fact {
        Fact::Claim { booking, fits, .. } => fit(booking, fits, Some(false)),
        Fact::CarriedOver { booking, fits, .. } => fit(booking, fits, Some(true)),
        Fact::FitChanged(refit) => fit(&refit.booking, &refit.fits, None),
        Fact::ReservesChanged { refits, .. } => {
            refits.iter().for_each(|refit| fit(&refit.booking, &refit.fits, None));
        }
        _ => {}
    }
}
