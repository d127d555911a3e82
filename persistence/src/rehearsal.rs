//! A change that is made and never kept, to see what it would do (ADM-14).

use crate::Work;
use crate::admission::Booking;
use chrono::{DateTime, Utc};
use domain::admission::Entry;
use domain::ids::CohortId;

/// A unit of work that can't be committed: only borrowed, it is rolled back when this is dropped. It goes the way of any
/// other, with its locks, but for what others could notice: nobody is mailed, and nobody is held whom settling would
/// only try to hold.
pub struct Rehearsal(Work);

impl Rehearsal {
    pub(crate) fn of(mut work: Work) -> Self {
        work.rehearsed = Some(Rehearsed::default());
        Self(work)
    }

    /// The work that is rehearsed.
    pub fn work(&mut self) -> &mut Work {
        &mut self.0
    }

    /// Says that it is about dates that nobody has set: what people have elsewhere at such a time is not looked at, or
    /// anybody's week could be asked for, date by date, without a trace (ACC-4, PRG-6).
    pub fn invents_dates(&mut self) {
        self.seen().dates_invented = true;
    }

    pub(crate) fn seen(&mut self) -> &mut Rehearsed {
        self.0.rehearsed.get_or_insert_default()
    }
}

/// What a rehearsal has seen so far.
#[derive(Default)]
pub(crate) struct Rehearsed {
    /// The moment at which it takes place, where that is ahead of the clock.
    pub(crate) at: Option<DateTime<Utc>>,
    /// Whether it is about dates that nobody has set.
    pub(crate) dates_invented: bool,
    /// The entries that were written, in their order.
    pub(crate) entries: Vec<(CohortId, Entry)>,
    /// The bookings that changed, in the order of the changes, as they were then.
    pub(crate) bookings: Vec<Booking>,
}
