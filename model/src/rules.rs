//! Between the model's small numbers and `domain::admission`, which decides: the model settles with the very
//! functions that production settles with.

use crate::state::{Booking, Database, Id, Rank, Row, Time};
use chrono::{DateTime, TimeDelta, Utc};
use domain::admission::{
    AfterLapse, BookingStatus, Capacity, Due, Expired, Fits, OfferClock, Queue, SettlesFirst, Shares, Terms,
    Vacancies, View, Waiter,
};
use domain::ids::BookingId;
use uuid::Uuid;

/// A moment, for the domain.
pub fn moment(time: Time) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(i64::from(time))
}

/// A moment of the domain's, in whole hours; what does not fit is the last that does.
pub fn time(moment: DateTime<Utc>) -> Time {
    let hours = (moment - DateTime::<Utc>::UNIX_EPOCH).num_hours();
    Time::try_from(hours).unwrap_or(Time::MAX)
}

/// A booking's id, for the domain.
pub fn booking_id(id: Id) -> BookingId {
    let request = id.request.map_or(0, |request| u128::from(request) + 1);
    BookingId(Uuid::from_u128((request << 8) | u128::from(id.attempt)))
}

/// The other way round.
pub fn id(booking: BookingId) -> Id {
    let [.., request, attempt] = booking.0.as_u128().to_be_bytes();
    Id { request: request.checked_sub(1), attempt }
}

/// A rank, for the domain.
pub fn rank((of, submitted_at, sequence): Rank) -> domain::admission::Rank {
    let (moment, submitted_at) = (moment(of), moment(submitted_at));
    domain::admission::Rank { moment, submitted_at, sequence: u64::from(sequence) }
}

/// A rank of the domain's.
pub fn small_rank(rank: domain::admission::Rank) -> Rank {
    (time(rank.moment), time(rank.submitted_at), small(rank.sequence))
}

/// Small numbers are all that there are.
pub fn small(n: impl TryInto<u8>) -> u8 {
    n.try_into().unwrap_or(u8::MAX)
}

/// What staff set: places, how vacancies go out, for how many hours an offer stands.
#[derive(Clone, Copy, Debug)]
pub struct Cohort {
    /// Places.
    pub capacity: u8,
    /// How vacancies go out.
    pub vacancies: Vacancies,
    /// How long an offer stands, in hours.
    pub offer_window: u8,
    /// What a lapse leads to.
    pub after_lapse: AfterLapse,
}

impl Cohort {
    /// The terms that it has.
    pub fn terms(self) -> Terms {
        Terms {
            capacity: Capacity::new(i64::from(self.capacity)).unwrap_or(Capacity::ONE),
            waiting_list: true,
            offer_clock: OfferClock::Plain,
            vacancies: self.vacancies,
            offer_window_hours: u32::from(self.offer_window),
            offers_stop_hours: 0,
            after_lapse: self.after_lapse,
            settles_first: SettlesFirst::AtOpening,
            sealed_after_hours: None,
            booking_opens_at: None,
            booking_closes_at: None,
            reserves: Vec::new(),
        }
    }

    /// As settling sees it: the row of one read, the bookings of another. The real code loads as much of the
    /// waiting list's head as can be needed, the model all of it.
    pub fn view(self, row: &Row, bookings: &Database) -> View {
        View {
            terms: self.terms(),
            first_session_at: None,
            started: false,
            opened: true,
            sealed: true,
            closed: false,
            ended: None,
            places_taken: u32::from(row.places_taken),
            waiting: Queue::new(bookings.bookings.iter().filter_map(waiter), 0),
            claim_sequence: u64::from(row.claim_sequence),
            shares: Shares::default(),
            clashing: Default::default(),
        }
    }
}

fn waiter((id, booking): (&Id, &Booking)) -> Option<(domain::admission::Rank, Waiter)> {
    let own = booking.rank.filter(|_| booking.status == BookingStatus::Waiting)?;
    Some((rank(own), Waiter { booking: booking_id(*id), lapses: u32::from(booking.lapses), carried: false }))
}

/// Live offers whose end has passed.
pub fn due(database: &Database, now: Time) -> Due {
    let expired = |(id, booking): (&Id, &Booking)| {
        let end = booking.offer_end.filter(|end| *end <= now)?;
        let own = booking.rank.filter(|_| booking.status == BookingStatus::Offered)?;
        Some(Expired {
            booking: booking_id(*id),
            end: moment(end),
            lapses: u32::from(booking.lapses),
            rank: rank(own),
            fits: Fits::none(),
        })
    };
    Due { expired: database.bookings.iter().filter_map(expired).collect(), ..Due::default() }
}
