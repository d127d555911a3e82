//! What can be asked of a cohort, by chance.

use super::PEOPLE;
use crate::reference::{Moment, Reserve, Terms};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;

const HOUR: i64 = 3_600;

/// When the second taster ends; the first ended an hour before the history begins.
pub(super) const SECOND_TASTER_ENDS: i64 = 10 * HOUR - 1_800;

/// One thing to do. People are numbers; a booking is named by whose it is, the last if there are several. `whose` is
/// somebody to whom it matters, where there is one: `Driver::whose`.
#[derive(Clone, Debug)]
pub(super) enum Command {
    Book {
        whose: usize,
    },
    /// Several at once, over all servers.
    Rush {
        people: Vec<usize>,
    },
    /// An earlier request once more, with its key, on another server.
    Repeat {
        which: usize,
    },
    /// An earlier key for another request.
    Reuse {
        which: usize,
        person: usize,
    },
    Cancel {
        whose: usize,
        staff: bool,
    },
    Answer {
        whose: usize,
        accepts: bool,
    },
    Attend {
        whose: usize,
        taster: usize,
    },
    Miss {
        whose: usize,
        taster: usize,
    },
    Capacity(usize),
    Vacancies {
        automatic: bool,
        window_hours: i64,
        requeue: bool,
    },
    Close,
    CallOff,
    /// Hours pass.
    Pass(i64),
}

impl Command {
    /// Its kind, for the tally.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Book { .. } => "book",
            Self::Rush { .. } => "rush",
            Self::Repeat { .. } => "repeat",
            Self::Reuse { .. } => "reuse",
            Self::Cancel { .. } => "cancel",
            Self::Answer { accepts: true, .. } => "accept",
            Self::Answer { accepts: false, .. } => "decline",
            Self::Attend { .. } => "attend",
            Self::Miss { .. } => "miss",
            Self::Capacity(_) => "capacity",
            Self::Vacancies { .. } => "vacancies",
            Self::Close => "close",
            Self::CallOff => "call off",
            Self::Pass(_) => "pass",
        }
    }
}

/// Any command; those that end a cohort come seldom.
pub(super) fn commands() -> BoxedStrategy<Command> {
    let person = || 0..PEOPLE;
    let whose = any::<usize>;
    let window = || select(vec![1, 24, 48]);
    prop_oneof![
        60 => whose().prop_map(|whose| Command::Book { whose }),
        15 => proptest::sample::subsequence((0..PEOPLE).collect::<Vec<_>>(), 2..=PEOPLE)
            .prop_map(|people| Command::Rush { people }),
        15 => any::<usize>().prop_map(|which| Command::Repeat { which }),
        6 => (any::<usize>(), person()).prop_map(|(which, person)| Command::Reuse { which, person }),
        33 => (whose(), any::<bool>()).prop_map(|(whose, staff)| Command::Cancel { whose, staff }),
        48 => (whose(), any::<bool>()).prop_map(|(whose, accepts)| Command::Answer { whose, accepts }),
        30 => (whose(), select(vec![0, 0, 1])).prop_map(|(whose, taster)| Command::Attend { whose, taster }),
        12 => (whose(), select(vec![0, 0, 1])).prop_map(|(whose, taster)| Command::Miss { whose, taster }),
        18 => (1..4usize).prop_map(Command::Capacity),
        9 => (any::<bool>(), window(), any::<bool>()).prop_map(|(automatic, window_hours, requeue)| {
            Command::Vacancies { automatic, window_hours, requeue }
        }),
        2 => prop_oneof![2 => Just(Command::Close), 1 => Just(Command::CallOff)],
        27 => select(vec![1, 1, 5, 12, 24, 47, 48, 49]).prop_map(Command::Pass),
    ]
    .boxed()
}

/// The first so many people come to the first taster and book.
pub(super) fn crowd(people: usize) -> impl Iterator<Item = Command> {
    // Whose number is a multiple of four is meant as such.
    (0..people)
        .map(|n| n * 4)
        .flat_map(|whose| [Command::Attend { whose, taster: 0 }, Command::Book { whose }])
}

/// How a cohort begins.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) terms: Terms,
}

/// Any setting. The dates lie between whole hours, and commands at them.
pub(super) fn setting() -> BoxedStrategy<Setting> {
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
                    needs_taster,
                    reserve: releases.map(|releases| Reserve { places: 1, releases }),
                };
                Setting { terms }
            },
        )
        .boxed()
}
