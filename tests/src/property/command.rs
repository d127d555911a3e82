//! What can be asked of a programme's cohorts, by chance.

use super::PEOPLE;
use crate::reference::Leaving;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;

/// One thing to do. People and cohorts are numbers; a booking is named by whose it is, the last if there are several.
/// `whose` is somebody to whom it matters, where there is one: `Driver::whose`.
#[derive(Clone, Debug)]
pub(super) enum Command {
    Book {
        whose: usize,
        cohort: usize,
        knows: bool,
    },
    /// Several at once, over all servers.
    Rush {
        people: Vec<usize>,
        cohort: usize,
    },
    /// One form for several cohorts, from the first that is named on, or backwards.
    Ranked {
        whose: usize,
        first: usize,
        many: usize,
        backwards: bool,
        ends_others: bool,
        knows: bool,
    },
    /// Another order of preference, another choice of what a place does.
    ChangeForm {
        which: usize,
        turned: bool,
        ends_others: bool,
    },
    /// A place is left for another cohort: so many further, round.
    Leave {
        whose: usize,
        cohort: usize,
        further: usize,
        how: Leaving,
        knows: bool,
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
        cohort: usize,
        staff: bool,
    },
    Answer {
        whose: usize,
        cohort: usize,
        accepts: bool,
        knows: bool,
    },
    Attend {
        whose: usize,
        taster: usize,
    },
    Miss {
        whose: usize,
        taster: usize,
    },
    Capacity {
        cohort: usize,
        capacity: usize,
    },
    Vacancies {
        cohort: usize,
        automatic: bool,
        window_hours: i64,
        requeue: bool,
    },
    Close(usize),
    CallOff(usize),
    /// Hours pass.
    Pass(i64),
}

impl Command {
    /// Its kind, for the tally.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Book { .. } => "book",
            Self::Rush { .. } => "rush",
            Self::Ranked { .. } => "book ranked",
            Self::ChangeForm { .. } => "change form",
            Self::Leave { how: Leaving::Moved, .. } => "move",
            Self::Leave { how: Leaving::Deferred, .. } => "defer",
            Self::Repeat { .. } => "repeat",
            Self::Reuse { .. } => "reuse",
            Self::Cancel { .. } => "cancel",
            Self::Answer { accepts: true, .. } => "accept",
            Self::Answer { accepts: false, .. } => "decline",
            Self::Attend { .. } => "attend",
            Self::Miss { .. } => "miss",
            Self::Capacity { .. } => "capacity",
            Self::Vacancies { .. } => "vacancies",
            Self::Close(_) => "close",
            Self::CallOff(_) => "call off",
            Self::Pass(_) => "pass",
        }
    }
}

/// Any command for so many cohorts; those that end one come seldom.
pub(super) fn commands(cohorts: usize) -> BoxedStrategy<Command> {
    if cohorts == 1 { of_one(Just(0).boxed(), Just(false).boxed()) } else { of_several(cohorts) }
}

fn of_one(at: BoxedStrategy<usize>, knows: BoxedStrategy<bool>) -> BoxedStrategy<Command> {
    let person = || 0..PEOPLE;
    let whose = any::<usize>;
    let at = || at.clone();
    let knows = || knows.clone();
    let window = || select(vec![1, 24, 48]);
    prop_oneof![
        60 => (whose(), at(), knows()).prop_map(|(whose, cohort, knows)| Command::Book { whose, cohort, knows }),
        15 => (proptest::sample::subsequence((0..PEOPLE).collect::<Vec<_>>(), 2..=PEOPLE), at())
            .prop_map(|(people, cohort)| Command::Rush { people, cohort }),
        15 => any::<usize>().prop_map(|which| Command::Repeat { which }),
        6 => (any::<usize>(), person()).prop_map(|(which, person)| Command::Reuse { which, person }),
        33 => (whose(), any::<bool>(), at())
            .prop_map(|(whose, staff, cohort)| Command::Cancel { whose, cohort, staff }),
        48 => (whose(), any::<bool>(), at(), knows())
            .prop_map(|(whose, accepts, cohort, knows)| Command::Answer { whose, cohort, accepts, knows }),
        30 => (whose(), select(vec![0, 0, 1])).prop_map(|(whose, taster)| Command::Attend { whose, taster }),
        12 => (whose(), select(vec![0, 0, 1])).prop_map(|(whose, taster)| Command::Miss { whose, taster }),
        18 => (1..4usize, at()).prop_map(|(capacity, cohort)| Command::Capacity { cohort, capacity }),
        9 => (any::<bool>(), window(), any::<bool>(), at())
            .prop_map(|(automatic, window_hours, requeue, cohort)| {
                Command::Vacancies { cohort, automatic, window_hours, requeue }
            }),
        2 => prop_oneof![2 => at().prop_map(Command::Close), 1 => at().prop_map(Command::CallOff)],
        27 => select(vec![1, 1, 5, 12, 24, 47, 48, 49]).prop_map(Command::Pass),
    ]
    .boxed()
}

fn of_several(cohorts: usize) -> BoxedStrategy<Command> {
    let at = move || 0..cohorts;
    let whose = any::<usize>;
    let knows = || select(vec![false, false, true]);
    let how = select(vec![Leaving::Moved, Leaving::Moved, Leaving::Deferred]);
    prop_oneof![
        50 => of_one(at().boxed(), knows().boxed()),
        20 => (whose(), at(), 2..=cohorts, any::<bool>(), select(vec![true, true, true, false]), knows())
            .prop_map(|(whose, first, many, backwards, ends_others, knows)| {
                Command::Ranked { whose, first, many, backwards, ends_others, knows }
            }),
        4 => (whose(), any::<bool>(), any::<bool>())
            .prop_map(|(which, turned, ends_others)| Command::ChangeForm { which, turned, ends_others }),
        12 => (whose(), at(), 1..cohorts, how, knows())
            .prop_map(|(whose, cohort, further, how, knows)| {
                Command::Leave { whose, cohort, further, how, knows }
            }),
        6 => (2..4usize, at()).prop_map(|(capacity, cohort)| Command::Capacity { cohort, capacity }),
        6 => select(vec![1, 5, 12]).prop_map(Command::Pass),
        8 => (whose(), at(), knows())
            .prop_map(|(whose, cohort, knows)| Command::Answer { whose, cohort, accepts: true, knows }),
    ]
    .boxed()
}

/// The first so many people come to the first taster and book: one cohort, or every other one ranks all.
pub(super) fn crowd(people: usize, cohorts: usize) -> impl Iterator<Item = Command> {
    (0..people).flat_map(move |n| {
        // Whose number is a multiple of four is meant as such.
        let (whose, first) = (n * 4, n % cohorts);
        let books = if cohorts > 1 && n % 2 == 1 {
            Command::Ranked { whose, first, many: cohorts, backwards: false, ends_others: true, knows: true }
        } else {
            Command::Book { whose, cohort: first, knows: false }
        };
        [Command::Attend { whose, taster: 0 }, books]
    })
}
