//! An offer's clock (ADM-16): plain hours, or only those in which people can be expected to answer.

use crate::admission::bank_holidays::is_bank_holiday;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Europe::London;

/// How an offer's window is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferClock {
    /// Every hour counts: for those who work shifts.
    Plain,
    /// Nights, weekends and England's bank holidays don't count.
    Humane,
}

/// From this hour of a working day on time counts, in London.
const DAY_BEGINS: u32 = 8;
/// Until this hour.
const DAY_ENDS: u32 = 20;

impl OfferClock {
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Humane => "humane",
        }
    }

    /// The clock with that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Plain, Self::Humane].into_iter().find(|clock| clock.as_str() == word)
    }

    /// The exact moment at which `window` is over that begins at `from`.
    pub fn end_of(self, from: DateTime<Utc>, window: TimeDelta) -> DateTime<Utc> {
        match self {
            Self::Plain => from + window,
            Self::Humane => humane_end(from, window),
        }
    }

    /// `at`, or where it does not count the next moment that does.
    pub fn counted_from(self, at: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Plain => at,
            Self::Humane => {
                days_from(at).find(|(_, ends)| *ends > at).map_or(at, |(begins, _)| begins.max(at))
            }
        }
    }
}

fn humane_end(from: DateTime<Utc>, window: TimeDelta) -> DateTime<Utc> {
    let mut left = window;
    for (begins, ends) in days_from(from) {
        let begins = begins.max(from);
        if begins >= ends {
            continue;
        }
        if left <= ends - begins {
            return begins + left;
        }
        left -= ends - begins;
    }
    from + window
}

/// The working days from the day of `at` on: when the time that counts begins and ends.
fn days_from(at: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
    let first = at.with_timezone(&London).date_naive();
    (0..)
        .map_while(move |days| first.checked_add_days(Days::new(days)))
        .filter(|day| is_working_day(*day))
        .filter_map(|day| Some((hour_of(day, DAY_BEGINS)?, hour_of(day, DAY_ENDS)?)))
}

fn hour_of(day: NaiveDate, hour: u32) -> Option<DateTime<Utc>> {
    let local = day.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?);
    // The clocks change at night, so these hours are there once.
    London.from_local_datetime(&local).single().map(|at| at.with_timezone(&Utc))
}

fn is_working_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_bank_holiday(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn end(from: &str, hours: i64) -> DateTime<Utc> {
        OfferClock::Humane.end_of(at(from), TimeDelta::hours(hours))
    }

    /// ADM-16.
    #[test]
    fn nights_do_not_count_towards_a_humane_window() {
        // Tuesday 1 December 2026, 6pm: two hours are left of the day.
        assert_eq!(end("2026-12-01T18:00:00Z", 3), at("2026-12-02T09:00:00Z"));
        assert_eq!(end("2026-12-01T22:30:00Z", 12), at("2026-12-02T20:00:00Z"));
        assert_eq!(end("2026-12-01T03:00:00Z", 1), at("2026-12-01T09:00:00Z"));
    }

    /// ADM-16.
    #[test]
    fn weekends_and_bank_holidays_do_not_count_towards_a_humane_window() {
        // Christmas Eve 2026 is a Thursday; Boxing Day's substitute is Monday 28 December.
        assert_eq!(end("2026-12-24T19:00:00Z", 2), at("2026-12-29T09:00:00Z"));
        // Maundy Thursday 2027, summer time from Sunday on: Good Friday and Easter Monday are left out.
        assert_eq!(end("2027-03-25T19:00:00Z", 2), at("2027-03-30T08:00:00Z"));
    }

    /// ADM-16.
    #[test]
    fn a_plain_window_counts_every_hour() {
        let plain = OfferClock::Plain.end_of(at("2026-12-24T19:00:00Z"), TimeDelta::hours(48));
        assert_eq!(plain, at("2026-12-26T19:00:00Z"));
    }

    /// ADM-16.
    #[test]
    fn a_reminder_waits_for_an_hour_that_counts() {
        assert_eq!(OfferClock::Humane.counted_from(at("2026-12-04T21:00:00Z")), at("2026-12-07T08:00:00Z"));
        assert_eq!(OfferClock::Humane.counted_from(at("2026-12-04T12:00:00Z")), at("2026-12-04T12:00:00Z"));
    }
}
