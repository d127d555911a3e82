//! England's bank holidays, by rule (Banking and Financial Dealings Act 1971 and the days proclaimed each year),
//! with what was proclaimed besides in `bank_holidays.txt`.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Days that were added (`+`) or taken away (`-`).
const PROCLAIMED: &str = include_str!("bank_holidays.txt");

/// Whether the day is a bank holiday in England.
pub(super) fn is_bank_holiday(day: NaiveDate) -> bool {
    match proclaimed(day) {
        Some(is_one) => is_one,
        None => is_one_by_rule(day),
    }
}

fn proclaimed(day: NaiveDate) -> Option<bool> {
    let written = day.format("%Y-%m-%d").to_string();
    PROCLAIMED.lines().find_map(|line| match line.split_at_checked(1)? {
        ("+", of) if of == written => Some(true),
        ("-", of) if of == written => Some(false),
        _ => None,
    })
}

fn is_one_by_rule(day: NaiveDate) -> bool {
    is_christmas_or_new_year(day) || is_of_easter(day) || is_monday_of_may_or_august(day)
}

/// Christmas Day, Boxing Day and New Year's Day; one at a weekend has the next working day as its substitute.
fn is_christmas_or_new_year(day: NaiveDate) -> bool {
    let itself = matches!((day.month(), day.day()), (12, 25 | 26) | (1, 1));
    let substitute = matches!(
        (day.month(), day.day(), day.weekday()),
        (12, 27 | 28, Weekday::Mon | Weekday::Tue) | (1, 2 | 3, Weekday::Mon)
    );
    itself || substitute
}

/// Good Friday and Easter Monday.
fn is_of_easter(day: NaiveDate) -> bool {
    easter(day.year()).is_some_and(|easter| {
        easter.checked_sub_days(Days::new(2)) == Some(day)
            || easter.checked_add_days(Days::new(1)) == Some(day)
    })
}

/// The first and the last Monday of May, and the last of August.
fn is_monday_of_may_or_august(day: NaiveDate) -> bool {
    day.weekday() == Weekday::Mon && matches!((day.month(), day.day()), (5, 1..=7 | 25..=31) | (8, 25..=31))
}

/// Easter Sunday of the Gregorian calendar (Meeus, "Astronomical Algorithms", chapter 8).
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let correction = (century + 8) / 25;
    let epact = (19 * golden + century - century / 4 - (century - correction + 1) / 3 + 15) % 30;
    let to_sunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let late = (golden + 11 * epact + 22 * to_sunday) / 451;
    let days = epact + to_sunday - 7 * late + 114;
    NaiveDate::from_ymd_opt(year, u32::try_from(days / 31).ok()?, u32::try_from(days % 31 + 1).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_year(year: i32) -> Vec<String> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let days = first.iter_days().take_while(|day| day.year() == year);
        days.filter(|day| is_bank_holiday(*day)).map(|day| day.format("%d %b").to_string()).collect()
    }

    /// ADM-16. As published for England and Wales; a holiday at a weekend is one besides its substitute.
    #[test]
    fn the_bank_holidays_of_some_years_are_as_published() {
        assert_eq!(
            of_year(2022),
            [
                "01 Jan", "03 Jan", "15 Apr", "18 Apr", "02 May", "02 Jun", "03 Jun", "29 Aug", "19 Sep",
                "25 Dec", "26 Dec", "27 Dec"
            ]
        );
        assert_eq!(
            of_year(2026),
            ["01 Jan", "03 Apr", "06 Apr", "04 May", "25 May", "31 Aug", "25 Dec", "26 Dec", "28 Dec"]
        );
        assert_eq!(
            of_year(2027),
            [
                "01 Jan", "26 Mar", "29 Mar", "03 May", "31 May", "30 Aug", "25 Dec", "26 Dec", "27 Dec",
                "28 Dec"
            ]
        );
    }
}
