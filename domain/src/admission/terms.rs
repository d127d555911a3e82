//! The terms on which a cohort gives out places (PRG-3).

use super::offer_clock::OfferClock;
use super::reserves::Reserve;
use crate::fault::Refused;
use chrono::{DateTime, TimeDelta, Utc};

/// How many places a cohort has: 1 to 100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capacity(u32);

impl Capacity {
    /// The least that a cohort can have.
    pub const ONE: Self = Self(1);

    /// Takes a number of places.
    ///
    /// # Errors
    /// `out-of-range`.
    pub fn new(places: i64) -> Result<Self, Refused> {
        match u32::try_from(places) {
            Ok(places @ 1..=100_000) => Ok(Self(places)),
            _ => Err(Refused::new("out-of-range", "must be 1 to 100000")),
        }
    }

    /// How many places.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// How a place that became free goes out (ADM-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vacancies {
    /// It is held for the next in rank, who answers within a window.
    Offer,
    /// The next in rank is confirmed.
    Automatic,
}

/// What becomes of a booking whose offer lapsed (ADM-17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterLapse {
    /// It is closed.
    Close,
    /// It goes behind everyone waiting, once.
    Requeue,
}

/// When the claims that gathered are settled first (ADM-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlesFirst {
    /// When booking opens.
    AtOpening,
    /// When booking is open and the tasters' attendance is sealed.
    TastersSealed,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ }) => {
        impl $name {
            /// Its word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value with that word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(Vacancies { Offer = "offer", Automatic = "automatic" });
words!(AfterLapse { Close = "close", Requeue = "requeue" });
words!(SettlesFirst { AtOpening = "at_opening", TastersSealed = "tasters_sealed" });
words!(CohortStatus {
    Scheduled = "scheduled",
    Open = "open",
    Closed = "closed",
    Completed = "completed",
    Cancelled = "cancelled"
});

/// What staff set about a cohort's places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Places.
    pub capacity: Capacity,
    /// Whether a claim without a place waits, or is closed `cohort_full`.
    pub waiting_list: bool,
    /// How vacancies go out.
    pub vacancies: Vacancies,
    /// How long an offer stands, in hours: 1 to 1,000.
    pub offer_window_hours: u32,
    /// Which hours count towards it (ADM-16).
    pub offer_clock: OfferClock,
    /// How many hours before the first session offers stop: 0 to 10,000.
    pub offers_stop_hours: u32,
    /// What a lapse leads to.
    pub after_lapse: AfterLapse,
    /// When claims are settled first.
    pub settles_first: SettlesFirst,
    /// With [`SettlesFirst::TastersSealed`]: attendance counts as sealed this many hours after the end of the
    /// programme's last taster, whether or not staff said so.
    pub sealed_after_hours: Option<u32>,
    /// When booking opens; absent: at once.
    pub booking_opens_at: Option<DateTime<Utc>>,
    /// When booking closes; absent: never by itself.
    pub booking_closes_at: Option<DateTime<Utc>>,
    /// Places that are kept for those who fit, in their order (PRG-9).
    pub reserves: Vec<Reserve>,
}

impl Terms {
    /// The default window of an offer, in hours.
    pub const OFFER_WINDOW_HOURS: u32 = 48;

    /// Whether bookings are taken at `now`, as far as the clock decides it.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.has_opened(now) && !self.has_closed(now)
    }

    /// Whether the opening has passed.
    pub fn has_opened(&self, now: DateTime<Utc>) -> bool {
        self.booking_opens_at.is_none_or(|opens| opens <= now)
    }

    /// Whether the closing has passed.
    pub fn has_closed(&self, now: DateTime<Utc>) -> bool {
        self.booking_closes_at.is_some_and(|closes| closes <= now)
    }

    /// The exact moment at which an offer made at `made` ends (ADM-11), or `None` when offers have stopped.
    pub fn offer_ends(
        &self,
        made: DateTime<Utc>,
        first_session: Option<DateTime<Utc>>,
    ) -> Option<DateTime<Utc>> {
        let window = TimeDelta::hours(i64::from(self.offer_window_hours));
        let full = self.offer_clock.end_of(made, window);
        let Some(stop) = self.offers_stop(first_session) else { return Some(full) };
        (made < stop).then(|| full.min(stop))
    }

    /// When somebody is reminded of an offer that they have not answered (ADM-16): a quarter of the time before its
    /// end, at least four hours, at an hour that counts; not at all where that is within four hours of the offer itself or
    /// within one of its end.
    pub fn offer_reminder(&self, made: DateTime<Utc>, ends: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let before = ((ends - made) / 4).max(TimeDelta::hours(4));
        let at = self.offer_clock.counted_from(ends - before);
        (at >= made + TimeDelta::hours(4) && at + TimeDelta::hours(1) <= ends).then_some(at)
    }

    /// From when on nothing is offered any more (PRG-3).
    pub fn offers_stop(&self, first_session: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        first_session.map(|start| start - TimeDelta::hours(i64::from(self.offers_stop_hours)))
    }
}

/// What a cohort is, by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CohortStatus {
    /// Booking has not opened.
    Scheduled,
    /// Booking is open.
    Open,
    /// Booking is closed.
    Closed,
    /// Its last session is over and staff completed it.
    Completed,
    /// It does not take place.
    Cancelled,
}
