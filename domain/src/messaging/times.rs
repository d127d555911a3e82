//! Times as people say them: "Thursday 31 March, 2pm to 4pm".

use chrono::{DateTime, Datelike, SecondsFormat, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// From when to when, as the clocks of the place show it.
pub fn span(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, zone: Tz) -> String {
    let (start, end) = (starts_at.with_timezone(&zone), ends_at.with_timezone(&zone));
    if start.date_naive() == end.date_naive() {
        format!("{}, {} to {}", day(&start), hour(&start), hour(&end))
    } else {
        format!("{}, {} to {}, {}", day(&start), hour(&start), day(&end), hour(&end))
    }
}

/// A moment that decides something: in words, with the zone, and to the microsecond.
pub fn exactly(at: DateTime<Utc>, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    let moment = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    format!("{}, {} {} (to be exact: {moment})", day(&local), hour(&local), clock_name(zone))
}

/// What a zone's clocks are called.
pub(super) fn clock_name(zone: Tz) -> String {
    if zone == Tz::Europe__London { "UK time".to_owned() } else { format!("{} time", zone.name()) }
}

fn day<T: TimeZone>(at: &DateTime<T>) -> String {
    const WEEKDAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let weekday = WEEKDAYS[at.weekday().num_days_from_monday() as usize];
    format!("{weekday} {} {}", at.day(), MONTHS[at.month0() as usize])
}

fn hour<T: TimeZone>(at: &DateTime<T>) -> String {
    match (at.hour(), at.minute()) {
        (0, 0) => return "midnight".to_owned(),
        (12, 0) => return "midday".to_owned(),
        _ => {}
    }
    let (afternoon, hour) = at.hour12();
    let half = if afternoon { "pm" } else { "am" };
    match at.minute() {
        0 => format!("{hour}{half}"),
        minute => format!("{hour}.{minute:02}{half}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The law's own example ("Words"); S1's second session, the first after the clocks went forward.
    #[test]
    fn times_are_said_as_the_law_says_them() {
        let said = span(at("2022-03-31T13:00:00Z"), at("2022-03-31T15:00:00Z"), Tz::Europe__London);
        assert_eq!(said, "Thursday 31 March, 2pm to 4pm");
    }

    #[test]
    fn half_hours_midday_and_midnight_are_said_plainly() {
        let said = span(at("2023-12-12T12:00:00Z"), at("2023-12-12T13:30:00Z"), Tz::Europe__London);
        assert_eq!(said, "Tuesday 12 December, midday to 1.30pm");
        let said = span(at("2023-12-12T00:00:00Z"), at("2023-12-12T00:05:00Z"), Tz::Europe__London);
        assert_eq!(said, "Tuesday 12 December, midnight to 12.05am");
    }

    #[test]
    fn a_residential_module_names_both_days() {
        let said = span(at("2027-02-01T10:00:00Z"), at("2027-02-02T16:00:00Z"), Tz::Europe__London);
        assert_eq!(said, "Monday 1 February, 10am to Tuesday 2 February, 4pm");
    }

    /// ADM-11: the moment of an offer's end is told exactly.
    #[test]
    fn a_deciding_moment_is_exact() {
        let said = exactly(at("2023-12-14T15:00:07.250001Z"), Tz::Europe__London);
        assert_eq!(said, "Thursday 14 December, 3pm UK time (to be exact: 2023-12-14T15:00:07.250001Z)");
    }
}
