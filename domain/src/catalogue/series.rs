//! Sessions generated as a series (PRG-4): the wall clock is kept when the clocks change.

use super::limits;
use crate::fault::Fault;
use chrono::{DateTime, Days, MappedLocalTime, Months, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// How far apart the sessions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// So many weeks: 1 to 52.
    Weeks(u32),
    /// So many months, counted from the first date; a missing day is the month's last: 1 to 12.
    Months(u32),
}

/// A series as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// The first session's start, to the letter.
    pub first: DateTime<Utc>,
    /// How long each lasts, in minutes.
    pub minutes: i64,
    /// How many there are: 1 to [`limits::SERIES`].
    pub count: u32,
    /// How far apart.
    pub every: Every,
    /// The zone whose wall clock is kept.
    pub zone: Tz,
}

/// One session of the series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its start.
    pub starts_at: DateTime<Utc>,
    /// Its end.
    pub ends_at: DateTime<Utc>,
    /// Set when the local time comes twice that day: the first of the two was taken.
    pub notice: Option<String>,
}

impl Series {
    /// The sessions, in order.
    ///
    /// # Errors
    /// `skipped-local-time` at `/firstStartsAt` for each session whose local time doesn't exist because the
    /// clocks go forward over it; `out-of-range` when the dates leave the calendar.
    pub fn slots(&self) -> Result<Vec<Slot>, Vec<Fault>> {
        let first = self.first.with_timezone(&self.zone).naive_local();
        let mut slots = vec![self.slot(self.first, None)];
        let mut faults = Vec::new();
        for index in 1..self.count.min(limits::SERIES) {
            let Some(local) = self.local(first, index) else {
                faults.push(Fault::new("/count", "out-of-range", "the dates leave the calendar"));
                break;
            };
            match self.zone.from_local_datetime(&local) {
                MappedLocalTime::Single(at) => slots.push(self.slot(at.to_utc(), None)),
                MappedLocalTime::Ambiguous(at, _) => {
                    slots.push(self.slot(at.to_utc(), Some(self.repeated(index, local))));
                }
                MappedLocalTime::None => faults.push(self.skipped(index, local)),
            }
        }
        if faults.is_empty() { Ok(slots) } else { Err(faults) }
    }

    fn local(&self, first: NaiveDateTime, index: u32) -> Option<NaiveDateTime> {
        match self.every {
            Every::Weeks(weeks) => first.checked_add_days(Days::new(7 * u64::from(weeks) * u64::from(index))),
            Every::Months(months) => first.checked_add_months(Months::new(months.checked_mul(index)?)),
        }
    }

    fn slot(&self, starts_at: DateTime<Utc>, notice: Option<String>) -> Slot {
        Slot { starts_at, ends_at: starts_at + TimeDelta::minutes(self.minutes), notice }
    }

    fn repeated(&self, index: u32, local: NaiveDateTime) -> String {
        format!(
            "session {}: {} comes twice in {} because the clocks go back; the first of the two is taken",
            index + 1,
            local.format("%H:%M on %-d %B %Y"),
            self.zone.name()
        )
    }

    fn skipped(&self, index: u32, local: NaiveDateTime) -> Fault {
        let detail = format!(
            "session {}: {} does not exist in {} because the clocks go forward over it",
            index + 1,
            local.format("%H:%M on %-d %B %Y"),
            self.zone.name()
        );
        Fault::new("/firstStartsAt", "skipped-local-time", detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(raw: &str) -> DateTime<Utc> {
        raw.parse().unwrap()
    }

    fn series(first: &str, count: u32, every: Every) -> Series {
        Series { first: at(first), minutes: 120, count, every, zone: Tz::Europe__London }
    }

    fn locals(series: Series) -> Vec<String> {
        let slots = series.slots().unwrap();
        let local = |slot: &Slot| slot.starts_at.with_timezone(&series.zone).format("%F %H:%M").to_string();
        slots.iter().map(local).collect()
    }

    /// PRG-4: six weekly sessions over the spring change.
    #[test]
    fn a_weekly_series_keeps_its_wall_clock_across_a_change_of_the_clocks() {
        let weekly = series("2026-03-11T14:00:00Z", 6, Every::Weeks(1));
        assert!(locals(weekly).iter().all(|local| local.ends_with("14:00")));
        let slots = weekly.slots().unwrap();
        assert_eq!(slots[2].starts_at, at("2026-03-25T14:00:00Z"));
        assert_eq!(slots[3].starts_at, at("2026-04-01T13:00:00Z"));
        assert_eq!(slots[3].ends_at, at("2026-04-01T15:00:00Z"));
    }

    /// PRG-4.
    #[test]
    fn months_count_from_the_first_date_and_a_missing_day_is_the_months_last() {
        let monthly = series("2027-01-31T10:00:00Z", 5, Every::Months(1));
        let days: Vec<String> = locals(monthly).iter().map(|local| local[5..10].to_owned()).collect();
        assert_eq!(days, ["01-31", "02-28", "03-31", "04-30", "05-31"]);
    }

    /// PRG-4.
    #[test]
    fn a_skipped_local_hour_is_a_fault_that_says_so() {
        let faults = series("2026-03-22T01:30:00Z", 2, Every::Weeks(1)).slots().unwrap_err();
        assert_eq!(faults[0].code, "skipped-local-time");
        assert!(faults[0].detail.contains("01:30 on 29 March 2026"), "{}", faults[0].detail);
    }

    /// PRG-4.
    #[test]
    fn a_repeated_local_hour_takes_the_first_and_says_so() {
        let slots = series("2026-10-18T01:30:00+01:00", 2, Every::Weeks(1)).slots().unwrap();
        assert_eq!(slots[1].starts_at, at("2026-10-25T00:30:00Z"));
        assert!(slots[1].notice.as_ref().unwrap().contains("the first of the two"));
    }

    proptest! {
        /// PRG-4.
        #[test]
        fn a_series_has_its_count_in_order_on_one_wall_clock(
            start in 1_700_000_000i64..2_000_000_000, count in 1u32..30, step in 1u32..5, by_months: bool
        ) {
            // Whole minutes of the afternoon, which no change of the clocks in London touches.
            let day = start - start.rem_euclid(86_400);
            let first = DateTime::from_timestamp(day + 14 * 3_600, 0).unwrap();
            let every = if by_months { Every::Months(step) } else { Every::Weeks(step) };
            let series = Series { first, minutes: 90, count, every, zone: Tz::Europe__London };
            let slots = series.slots().unwrap();
            prop_assert_eq!(slots.len(), count as usize);
            prop_assert!(slots.windows(2).all(|pair| pair[0].starts_at < pair[1].starts_at));
            let clock = |slot: &Slot| slot.starts_at.with_timezone(&Tz::Europe__London).time();
            prop_assert!(slots.iter().all(|slot| clock(slot) == clock(&slots[0])));
        }
    }
}
