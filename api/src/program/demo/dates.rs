//! The documents' pattern of dates, the next time it comes round.

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc, Weekday,
};
use chrono_tz::Europe::London;

/// From when to when.
pub(super) type Span = (DateTime<Utc>, DateTime<Utc>);

/// Every date of the demo.
pub(super) struct Dates {
    /// The affinity group's three afternoons: 2 March, 31 March, 28 April, 2pm to 4pm.
    pub affinity: [Span; 3],
    /// The taster that ended within the last hour, so that its attendance can be recorded.
    pub taster_past: Span,
    /// The taster to come, 13 days later at 3pm.
    pub taster_next: Span,
    /// The first of six weekly sessions in January: Tuesdays, 3pm.
    pub tuesdays: DateTime<Utc>,
    /// The same on Thursdays, 10am.
    pub thursdays: DateTime<Utc>,
    /// The train-the-trainer days, then monthly one-to-ones, then monthly communities of practice.
    pub training: [Span; 2],
    /// First of the one-to-one clinics.
    pub clinics: DateTime<Utc>,
    /// First of the communities of practice.
    pub communities: DateTime<Utc>,
    /// Four modules, each a month apart; the first and the last are residential.
    pub modules: [Span; 4],
    /// When booking for the modules opens.
    pub modules_open: DateTime<Utc>,
}

impl Dates {
    /// The pattern after `now`.
    pub(super) fn after(now: DateTime<Utc>) -> Self {
        let today = now.with_timezone(&London).date_naive();
        let spring = year_of(today + Days::new(30), 3, 2);
        let past_end = now
            - TimeDelta::seconds(i64::from(now.minute() * 60 + now.second()))
            - TimeDelta::nanoseconds(i64::from(now.nanosecond()));
        let next = today + Days::new(13);
        let january = on_or_after(year_of(next + Days::new(14), 1, 8), Weekday::Tue);
        let training = on_or_after(today + Days::new(60), Weekday::Tue);
        let module = |n: u32| on_or_after(today + Days::new(120) + Months::new(n), Weekday::Mon);
        let two_days = |day: NaiveDate| (at(day, 10, 0), at(day + Days::new(1), 16, 0));
        Self {
            affinity: [(3, 2), (3, 31), (4, 28)].map(|(month, day)| {
                let date = spring.with_month(month).and_then(|d| d.with_day(day)).unwrap_or(spring);
                (at(date, 14, 0), at(date, 16, 0))
            }),
            taster_past: (past_end - TimeDelta::hours(1), past_end),
            taster_next: (at(next, 15, 0), at(next, 16, 0)),
            tuesdays: at(january, 15, 0),
            thursdays: at(january + Days::new(2), 10, 0),
            training: [0, 7].map(|later| {
                let day = training + Days::new(later);
                (at(day, 9, 30), at(day, 16, 30))
            }),
            clinics: at(training + Days::new(28), 12, 30),
            communities: at(training + Days::new(120), 12, 30),
            modules: [
                two_days(module(0)),
                (at(module(1), 9, 30), at(module(1), 16, 30)),
                (at(module(2), 9, 30), at(module(2), 16, 30)),
                two_days(module(3)),
            ],
            modules_open: at(today + Days::new(30), 9, 0),
        }
    }
}

/// That day of the year, the first time on or after `from`.
fn year_of(from: NaiveDate, month: u32, day: u32) -> NaiveDate {
    let in_year = |year| NaiveDate::from_ymd_opt(year, month, day).unwrap_or(from);
    let this = in_year(from.year());
    if this >= from { this } else { in_year(from.year() + 1) }
}

fn on_or_after(from: NaiveDate, weekday: Weekday) -> NaiveDate {
    from + Days::new(u64::from(weekday.days_since(from.weekday())))
}

/// A moment on the clocks of London, none of which falls into an hour that is skipped.
fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default());
    London.from_local_datetime(&local).earliest().map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_comes_round_after_any_day_of_the_year() {
        for day in (0..800).step_by(7) {
            let now = DateTime::from_timestamp(1_770_000_123, 5).unwrap() + TimeDelta::days(day);
            let dates = Dates::after(now);
            let local = |at: DateTime<Utc>| at.with_timezone(&London);
            let said: Vec<String> = dates
                .affinity
                .iter()
                .map(|(start, _)| local(*start).format("%-d %B %H:%M").to_string())
                .collect();
            assert_eq!(said, ["2 March 14:00", "31 March 14:00", "28 April 14:00"]);
            assert!(dates.affinity[0].0 > now);
            assert!(dates.taster_past.1 <= now && now - dates.taster_past.1 < TimeDelta::hours(1));
            assert!(dates.taster_next.0 > now && dates.tuesdays > dates.taster_next.1);
            assert_eq!((local(dates.tuesdays).month(), local(dates.tuesdays).weekday()), (1, Weekday::Tue));
            assert!(dates.modules.windows(2).all(|pair| pair[1].0 - pair[0].1 > TimeDelta::days(20)));
            assert!(dates.modules_open < dates.modules[0].0);
        }
    }
}
