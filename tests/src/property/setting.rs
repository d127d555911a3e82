//! How a history begins: the terms of its cohorts, by chance.

use crate::reference::{Moment, Reserve, Terms};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Strategy, any};
use proptest::sample::select;

const HOUR: i64 = 3_600;

/// When the second taster ends; the first ended an hour before the history begins.
pub(super) const SECOND_TASTER_ENDS: i64 = 10 * HOUR - 1_800;

/// How a programme begins.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) needs_taster: bool,
    pub(super) cohorts: Vec<Terms>,
}

/// Any setting of so many cohorts. The dates lie between whole hours, and commands at them.
pub(super) fn setting(cohorts: usize) -> BoxedStrategy<Setting> {
    if cohorts == 1 { of_one() } else { of_several(cohorts) }
}

fn of_one() -> BoxedStrategy<Setting> {
    let date = |hours: Vec<Option<i64>>, minutes: i64| {
        select(hours).prop_map(move |hours| hours.map(|hours: i64| hours * HOUR - minutes * 60))
    };
    let dates = (
        date(vec![None, None, None, Some(6), Some(30)], 10),
        date(vec![None, None, None, None, None, None, Some(40), Some(120)], 20),
        date(vec![None, Some(60), Some(100)], 40),
        date(vec![None, None, None, None, None, Some(15), Some(50)], 50),
    );
    let words = (
        any::<bool>(),
        any::<bool>(),
        select(vec![true, true, true, false]),
        select(vec![false, false, false, true]),
    );
    let numbers = (1..3usize, select(vec![1, 24, 48]), select(vec![0, 24, 24]));
    (dates, words, numbers)
        .prop_map(
            |(
                (opens, closes, starts, releases),
                (needs_taster, requeue, waiting_list, automatic),
                numbers,
            )| {
                let (capacity, window_hours, stop_hours) = numbers;
                let closes = closes.map(Moment::date);
                let terms = Terms {
                    capacity,
                    waiting_list,
                    automatic,
                    window_hours,
                    stop_hours,
                    requeue,
                    opens,
                    closes,
                    starts,
                    reserve: releases.map(|releases| Reserve { places: 1, releases }),
                };
                Setting { needs_taster, cohorts: vec![terms] }
            },
        )
        .boxed()
}

/// Cohorts that some open at one moment, and some meet at the same time. Everything else that the clock makes due in
/// one of them lies apart from what is due in another, as nobody says which comes first.
fn of_several(cohorts: usize) -> BoxedStrategy<Setting> {
    let opening = select(vec![None, Some(6 * HOUR - 600), Some(6 * HOUR - 600), Some(30 * HOUR - 600)]);
    let cohort = (
        any::<bool>(),
        (select(vec![1, 1, 2]), select(vec![1, 24, 48]), select(vec![0, 24])),
        (any::<bool>(), any::<bool>(), select(vec![true, true, true, true, true, false])),
        (
            select(vec![None, None, None, None, None, Some(40)]),
            select(vec![None, Some(60), Some(60), Some(60), Some(61), Some(100)]),
            select(vec![None, None, None, None, None, Some(15)]),
        ),
    );
    (select(vec![false, false, true]), opening, vec(cohort, cohorts))
        .prop_map(|(needs_taster, opening, list)| {
            let cohorts = list.into_iter().zip(0..).map(|(cohort, n)| {
                let (opens, (capacity, window, stop_hours), (automatic, requeue, waiting_list), dates) =
                    cohort;
                let date = |hour: i64, minutes: i64| hour * HOUR - (minutes + 4 * n) * 60;
                Terms {
                    capacity,
                    waiting_list,
                    automatic,
                    window_hours: window_hours(window, n),
                    stop_hours,
                    requeue,
                    opens: opening.filter(|_| opens),
                    closes: dates.0.map(|hour| Moment::date(date(hour, 22))),
                    starts: dates.1.map(|hour| date(hour, 42)),
                    reserve: dates.2.map(|hour| Reserve { places: 1, releases: date(hour, 50) }),
                }
            });
            Setting { needs_taster, cohorts: cohorts.collect() }
        })
        .boxed()
}

/// How long an offer stands in the cohort of that number: offers that two of them make at once end at different hours.
pub(super) fn window_hours(hours: i64, cohort: i64) -> i64 {
    hours + 2 * cohort
}
