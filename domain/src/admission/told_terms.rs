//! Terms as entries of the ledger tell them.

use super::ledger::CLASHING;
use super::offer_clock::OfferClock;
use super::refit::REFITS;
use super::reserves::Reserve;
use super::terms::{AfterLapse, Capacity, SettlesFirst, Terms, Vacancies};
use crate::ids::ReserveId;
use crate::time::from_wire;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// Terms with the values that an entry tells put in.
pub(super) fn changed(terms: &Terms, facts: &Map<String, Value>) -> Option<Terms> {
    let mut terms = terms.clone();
    for (name, value) in facts {
        match name.as_str() {
            "capacity" => terms.capacity = Capacity::new(value.as_i64()?).ok()?,
            "vacancies" => terms.vacancies = Vacancies::parse(value.as_str()?)?,
            "offerWindowHours" => terms.offer_window_hours = u32::try_from(value.as_u64()?).ok()?,
            "offersStopHours" => terms.offers_stop_hours = u32::try_from(value.as_u64()?).ok()?,
            "afterLapse" => terms.after_lapse = AfterLapse::parse(value.as_str()?)?,
            "waitingList" => terms.waiting_list = value.as_bool()?,
            "offerClock" => terms.offer_clock = OfferClock::parse(value.as_str()?)?,
            "settlesFirst" => terms.settles_first = SettlesFirst::parse(value.as_str()?)?,
            "bookingOpensAt" => terms.booking_opens_at = moment(value),
            "bookingClosesAt" => terms.booking_closes_at = moment(value),
            "reserves" => terms.reserves = value.as_array()?.iter().map(reserve).collect::<Option<_>>()?,
            "firstSessionAt" | CLASHING | REFITS => {}
            _ => return None,
        }
    }
    Some(terms)
}

fn reserve(value: &Value) -> Option<Reserve> {
    Some(Reserve {
        id: value.get("id").and_then(reserve_id)?,
        places: u32::try_from(value.get("places")?.as_u64()?).ok()?,
        releases_at: value.get("releasesAt").and_then(moment)?,
    })
}

pub(super) fn moment(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().and_then(from_wire)
}

/// What the creation's facts are put into; each of them is always told.
pub(super) fn base_terms() -> Terms {
    Terms {
        capacity: Capacity::ONE,
        waiting_list: true,
        vacancies: Vacancies::Offer,
        offer_window_hours: Terms::OFFER_WINDOW_HOURS,
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

pub(super) fn reserve_id(value: &Value) -> Option<ReserveId> {
    value.as_str()?.parse().ok().map(ReserveId)
}
