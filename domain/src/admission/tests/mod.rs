//! The rules of admission, one by one and under random facts.

mod asking;
mod carrying;
mod claims;
mod clashing;
mod explaining;
mod imports;
mod leaving;
mod ledgers;
mod life;
mod passing_on;
mod positions;
mod preferences;
mod properties;
mod refusals;
mod reserves;
mod settling;
mod transfers;

use super::*;
use crate::ids::BookingId;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use uuid::Uuid;

/// Monday 4 January 2027, nine o'clock, and so many minutes.
pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2027, 1, 4, 9, 0, 0).unwrap() + TimeDelta::minutes(minutes)
}

pub(super) fn booking(n: u128) -> BookingId {
    BookingId(Uuid::from_u128(n))
}

pub(super) fn terms(capacity: i64) -> Terms {
    Terms {
        capacity: Capacity::new(capacity).unwrap(),
        waiting_list: true,
        vacancies: Vacancies::Offer,
        offer_window_hours: 48,
        offer_clock: OfferClock::Plain,
        offers_stop_hours: 0,
        after_lapse: AfterLapse::Close,
        settles_first: SettlesFirst::AtOpening,
        sealed_after_hours: None,
        booking_opens_at: None,
        booking_closes_at: None,
        reserves: Vec::new(),
    }
}

pub(super) fn view(terms: Terms) -> View {
    View {
        opened: terms.has_opened(at(0)),
        shares: Shares::new(&terms.reserves, at(0)),
        terms,
        first_session_at: None,
        sealed: false,
        closed: false,
        started: false,
        ended: None,
        places_taken: 0,
        waiting: Queue::default(),
        claim_sequence: 0,
        clashing: Default::default(),
    }
}

pub(super) fn claim(n: u128, moment: i64) -> Fact {
    Fact::Claim {
        booking: booking(n),
        moment: at(moment),
        submitted_at: at(moment),
        fits: Fits::none(),
        imported: false,
    }
}

pub(super) fn rank(moment: i64, sequence: u64) -> Rank {
    Rank { moment: at(moment), submitted_at: at(moment), sequence }
}

pub(super) fn due_claim(n: u128, moment: i64, submitted: i64) -> DueClaim {
    DueClaim {
        booking: booking(n),
        moment: at(moment),
        submitted_at: at(submitted),
        fits: Fits::none(),
        from: None,
    }
}

pub(super) fn expired(n: u128, end: i64, rank: Rank) -> Expired {
    Expired { booking: booking(n), end: at(end), lapses: 0, rank, fits: Fits::none() }
}

pub(super) fn reserve_id(n: u128) -> crate::ids::ReserveId {
    crate::ids::ReserveId(Uuid::from_u128(1000 + n))
}

/// A reserve of so many places, released at that minute.
pub(super) fn reserve(n: u128, places: u32, releases: i64) -> Reserve {
    Reserve { id: reserve_id(n), places, releases_at: at(releases) }
}
