//! The rules of admission, one by one and under random facts.

mod claims;
mod explaining;
mod ledgers;
mod life;
mod positions;
mod properties;
mod refusals;
mod settling;

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
    }
}

pub(super) fn view(terms: Terms) -> View {
    View {
        opened: terms.has_opened(at(0)),
        terms,
        first_session_at: None,
        sealed: false,
        closed: false,
        started: false,
        ended: None,
        places_taken: 0,
        waiting: Queue::default(),
        claim_sequence: 0,
    }
}

pub(super) fn claim(n: u128, moment: i64) -> Fact {
    Fact::Claim { booking: booking(n), moment: at(moment), submitted_at: at(moment) }
}

pub(super) fn rank(moment: i64, sequence: u64) -> Rank {
    Rank { moment: at(moment), submitted_at: at(moment), sequence }
}
