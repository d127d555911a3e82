//! The one state that a cohort and a programme show to all (PRG-10), as pure functions of values and now.

use crate::admission::CohortStatus;
use crate::fault::Refused;
use crate::ids::CohortId;
use chrono::{DateTime, Utc};

/// A month that a cohort is announced for: `2027-03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// Takes `YYYY-MM`.
    ///
    /// # Errors
    /// `invalid-month`.
    pub fn parse(raw: &str) -> Result<Self, Refused> {
        let refused = || Refused::new("invalid-month", "must be a month like 2027-03");
        let (year, month) = raw.split_once('-').ok_or_else(refused)?;
        let digits = |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(refused());
        }
        let (year, month) = (year.parse().map_err(|_| refused())?, month.parse().map_err(|_| refused())?);
        if year < 2000 || !(1..=12).contains(&month) {
            return Err(refused());
        }
        Ok(Self { year, month })
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// What a cohort's public state follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CohortFacts {
    /// Which.
    pub id: CohortId,
    /// By the clock.
    pub status: CohortStatus,
    /// Whether its programme is published; an archived one takes no bookings.
    pub published: bool,
    /// Places.
    pub capacity: u32,
    /// Places held.
    pub places_taken: u32,
    /// Places that nobody holds and that are kept for those who fit a reserve (PRG-9).
    pub kept_back: u32,
    /// Claims without a place.
    pub waiting: u32,
    /// Whether there is a waiting list.
    pub waiting_list: bool,
    /// Whether the claims that gathered were settled: from then on a free place goes to who waits.
    pub settled: bool,
    /// When booking opens.
    pub opens_at: Option<DateTime<Utc>>,
    /// When booking closes.
    pub closes_at: Option<DateTime<Utc>>,
    /// When its first session starts; `None` while no dates stand.
    pub first_session_at: Option<DateTime<Utc>>,
    /// The month it is announced for.
    pub announced_for: Option<Month>,
}

/// What is shown to all. From what helps a visitor most to what helps least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicState {
    /// Booking is open and so many places are left.
    PlacesLeft(u32),
    /// Booking is open, for a position on the waiting list.
    FullWithWaitingList,
    /// Booking opens then.
    OpensAt(DateTime<Utc>),
    /// It will come; its dates don't stand yet.
    Announced(Option<Month>),
    /// All places are taken and nobody can wait.
    Full,
    /// Nothing can be booked now; a wish to hear of more can be left.
    InterestOnly,
    /// Over, cancelled or archived.
    Closed,
}

impl PublicState {
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlacesLeft(_) => "places_left",
            Self::FullWithWaitingList => "full_with_waiting_list",
            Self::OpensAt(_) => "opens_at",
            Self::Announced(_) => "announced",
            Self::Full => "full",
            Self::InterestOnly => "interest_only",
            Self::Closed => "closed",
        }
    }

    /// Whether a booking made now would get a place or a position.
    pub fn is_open(self) -> bool {
        matches!(self, Self::PlacesLeft(_) | Self::FullWithWaitingList)
    }

    /// From 0, what helps a visitor most.
    pub fn order(self) -> u8 {
        match self {
            Self::PlacesLeft(_) => 0,
            Self::FullWithWaitingList => 1,
            Self::OpensAt(_) => 2,
            Self::Announced(_) => 3,
            Self::Full => 4,
            Self::InterestOnly => 5,
            Self::Closed => 6,
        }
    }
}

/// The state of one cohort.
pub fn cohort_state(cohort: &CohortFacts, now: DateTime<Utc>) -> PublicState {
    let started = cohort.first_session_at.is_some_and(|start| start <= now);
    match cohort.status {
        _ if !cohort.published || started => PublicState::Closed,
        CohortStatus::Closed | CohortStatus::Completed | CohortStatus::Cancelled => PublicState::Closed,
        CohortStatus::Scheduled => match (cohort.first_session_at, cohort.announced_for, cohort.opens_at) {
            (Some(_), _, Some(opens)) | (None, None, Some(opens)) => PublicState::OpensAt(opens),
            (_, month, _) => PublicState::Announced(month),
        },
        CohortStatus::Open => open_state(cohort),
    }
}

fn open_state(cohort: &CohortFacts) -> PublicState {
    let free = cohort.capacity.saturating_sub(cohort.places_taken);
    let open_to_all = free.saturating_sub(cohort.kept_back);
    // A freed place is never open to a newcomer while anybody waits (ADM-17).
    let spoken_for = cohort.settled && cohort.waiting > 0;
    match (free, cohort.waiting_list) {
        _ if open_to_all > 0 && !spoken_for => PublicState::PlacesLeft(open_to_all),
        (_, true) => PublicState::FullWithWaitingList,
        // Who fits a reserve can still book.
        (1.., false) if cohort.kept_back > 0 => PublicState::PlacesLeft(free),
        (_, false) => PublicState::Full,
    }
}

/// The state of a programme: that of the cohort which helps a visitor most, with the earliest opening or
/// month among equals; interest only where nothing stands, closed once it is archived.
pub fn programme_state(
    archived: bool,
    cohorts: &[CohortFacts],
    now: DateTime<Utc>,
) -> (PublicState, Option<CohortId>) {
    if archived {
        return (PublicState::Closed, None);
    }
    let states = cohorts.iter().map(|cohort| (cohort_state(cohort, now), Some(cohort.id)));
    let best = states.filter(|(state, _)| *state != PublicState::Closed).min_by_key(|(state, id)| {
        let moment = match state {
            PublicState::OpensAt(at) => Some(*at),
            _ => None,
        };
        let month = match state {
            PublicState::Announced(month) => month.map(|m| m.to_string()),
            _ => None,
        };
        (state.order(), moment, month.is_none(), month, *id)
    });
    best.unwrap_or((PublicState::InterestOnly, None))
}

/// The next moment at which a state changes by the clock alone.
pub fn next_change(cohorts: &[CohortFacts], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let moments = cohorts.iter().flat_map(|c| [c.opens_at, c.closes_at, c.first_session_at]);
    moments.flatten().filter(|at| *at > now).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }

    fn open(places_taken: u32, waiting: u32) -> CohortFacts {
        CohortFacts {
            id: CohortId(Uuid::from_u128(1)),
            status: CohortStatus::Open,
            published: true,
            capacity: 12,
            places_taken,
            kept_back: 0,
            waiting,
            waiting_list: true,
            settled: true,
            opens_at: None,
            closes_at: None,
            first_session_at: Some(now() + TimeDelta::days(30)),
            announced_for: None,
        }
    }

    /// PRG-10.
    #[test]
    fn an_open_cohort_shows_its_places_left_or_its_waiting_list() {
        assert_eq!(cohort_state(&open(10, 0), now()), PublicState::PlacesLeft(2));
        assert_eq!(cohort_state(&open(12, 3), now()), PublicState::FullWithWaitingList);
        let reserved = CohortFacts { kept_back: 2, ..open(10, 0) };
        assert_eq!(cohort_state(&reserved, now()), PublicState::FullWithWaitingList);
        assert_eq!(
            cohort_state(&CohortFacts { kept_back: 1, ..reserved }, now()),
            PublicState::PlacesLeft(1)
        );
        let for_some = CohortFacts { waiting_list: false, ..reserved };
        assert_eq!(cohort_state(&for_some, now()), PublicState::PlacesLeft(2), "for who fits");
        let without_list = CohortFacts { waiting_list: false, ..open(12, 0) };
        assert_eq!(cohort_state(&without_list, now()), PublicState::Full);
    }

    /// ADM-17.
    #[test]
    fn a_freed_place_is_not_shown_while_anybody_waits() {
        assert_eq!(cohort_state(&open(11, 1), now()), PublicState::FullWithWaitingList);
        let gathering = CohortFacts { settled: false, ..open(0, 20) };
        assert_eq!(cohort_state(&gathering, now()), PublicState::PlacesLeft(12));
    }

    /// PRG-10.
    #[test]
    fn a_cohort_is_announced_by_month_before_its_dates_stand() {
        let opens = now() + TimeDelta::days(3);
        let scheduled = CohortFacts { status: CohortStatus::Scheduled, opens_at: Some(opens), ..open(0, 0) };
        assert_eq!(cohort_state(&scheduled, now()), PublicState::OpensAt(opens));
        let march = Month::parse("2027-03").ok();
        let announced = CohortFacts { first_session_at: None, announced_for: march, ..scheduled };
        assert_eq!(cohort_state(&announced, now()), PublicState::Announced(march));
    }

    /// PRG-10.
    #[test]
    fn a_cohort_that_started_or_whose_programme_is_archived_is_closed() {
        let started = CohortFacts { first_session_at: Some(now()), ..open(0, 0) };
        assert_eq!(cohort_state(&started, now()), PublicState::Closed);
        let archived = CohortFacts { published: false, ..open(0, 0) };
        assert_eq!(cohort_state(&archived, now()), PublicState::Closed);
    }

    /// PRG-10.
    #[test]
    fn a_programme_shows_what_helps_a_visitor_most() {
        let full = CohortFacts { id: CohortId(Uuid::from_u128(2)), ..open(12, 4) };
        let (state, cohort) = programme_state(false, &[full, open(3, 0)], now());
        assert_eq!((state, cohort), (PublicState::PlacesLeft(9), Some(open(3, 0).id)));
        assert_eq!(programme_state(false, &[], now()).0, PublicState::InterestOnly);
        let over = CohortFacts { status: CohortStatus::Closed, ..open(3, 0) };
        assert_eq!(programme_state(false, &[over], now()).0, PublicState::InterestOnly);
        assert_eq!(programme_state(true, &[open(3, 0)], now()).0, PublicState::Closed);
    }

    #[test]
    fn a_month_is_written_as_it_is_read() {
        assert_eq!(Month::parse("2027-03").unwrap().to_string(), "2027-03");
        for bad in ["", "2027", "2027-3", "2027-13", "2027-00", "27-03", "2027-03-01", "+027-03"] {
            assert_eq!(Month::parse(bad).unwrap_err().code, "invalid-month", "{bad}");
        }
    }

    proptest! {
        /// PRG-10: what is kept until the next change is right until then.
        #[test]
        fn nothing_changes_by_the_clock_before_the_next_change(
            closes in prop::option::of(1i64..1_000), starts in prop::option::of(1i64..1_000), share in 0u32..100
        ) {
            let at = |seconds: i64| now() + TimeDelta::seconds(seconds);
            let cohort = CohortFacts {
                closes_at: closes.map(at), first_session_at: starts.map(at), ..open(3, 0)
            };
            let change = next_change(&[cohort], now()).unwrap_or(at(10_000));
            let before = now() + (change - now() - TimeDelta::microseconds(1)) * i32::try_from(share).unwrap() / 100;
            prop_assert_eq!(cohort_state(&cohort, now()), cohort_state(&cohort, before));
        }
    }
}
