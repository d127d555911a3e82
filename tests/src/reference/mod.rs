//! The rules of admission once more, written from the product's law and without the program's code: small, slow
//! and plain, so that reading it is enough to believe it. Each list is searched whole, nothing is cached.
//!
//! Time is made of the seconds that a history lets pass and, within them, the number of its command: whatever
//! happens in real time between two commands is too little to matter and keeps their order.

mod acts;
mod clash;
mod clock;
mod forms;
mod leaving;
mod reserve;
mod settling;
mod terms;

pub use acts::Refused;
pub use forms::{Choice, Form};
pub use leaving::Leaving;
pub use reserve::Reserve;
use std::collections::BTreeSet;

/// Seconds since the history began, and the number of the command in which it happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Seconds.
    pub second: i64,
    /// 0 for what was said as a date.
    pub step: u32,
}

impl Moment {
    /// What was said as a date.
    pub fn date(second: i64) -> Self {
        Self { second, step: 0 }
    }
}

/// What staff set about a cohort.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Places.
    pub capacity: usize,
    /// Whether a claim without a place waits.
    pub waiting_list: bool,
    /// Whether a vacancy is confirmed at once, not offered (PRG-3).
    pub automatic: bool,
    /// How long an offer stands.
    pub window_hours: i64,
    /// How close to the start offers stop.
    pub stop_hours: i64,
    /// Whether a lapse leads behind everyone once (ADM-17), not to the end.
    pub requeue: bool,
    /// When booking opens; absent: at once.
    pub opens: Option<i64>,
    /// When booking closes.
    pub closes: Option<Moment>,
    /// When the only session starts, which lasts two hours.
    pub starts: Option<i64>,
    /// Places that are kept for some.
    pub reserve: Option<Reserve>,
}

/// Where a booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the product's words")]
pub enum Status {
    Pending,
    Waiting,
    Offered,
    Confirmed,
    Closed(&'static str),
}

impl Status {
    /// `status` and `closedReason` on the wire.
    pub fn words(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Pending => ("pending", None),
            Self::Waiting => ("waiting", None),
            Self::Offered => ("offered", None),
            Self::Confirmed => ("confirmed", None),
            Self::Closed(reason) => ("closed", Some(reason)),
        }
    }
}

/// ADM-5: moment, submission, sequence.
pub type Rank = (Moment, Moment, u64);

/// One booking.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Who takes part.
    pub person: usize,
    /// In which cohort.
    pub cohort: usize,
    /// When the form came.
    pub submitted: Moment,
    /// Where it stands.
    pub status: Status,
    /// ADM-4, while it has a claim: with its sequence.
    pub claim: Option<(Moment, u64)>,
    /// Where it ranks: by its claim, or by its lapse (ADM-17).
    pub rank: Option<Rank>,
    /// The end of its offer.
    pub offer_ends: Option<Moment>,
    /// How many offers it let lapse.
    pub lapses: u32,
    /// Which choice of a form it is (ADM-21).
    pub choice: Option<Choice>,
    /// Whether it was said that what overlaps is known (PRG-6).
    pub knows: bool,
}

impl Booking {
    /// Whether it neither holds a place for good nor is over.
    pub fn is_undecided(&self) -> bool {
        matches!(self.status, Status::Pending | Status::Waiting | Status::Offered)
    }
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its kind on the wire.
    pub kind: &'static str,
    /// Whose, by the booking's place in the list.
    pub booking: Option<usize>,
    /// Each booking whose status it changed, in order.
    pub decisions: Vec<(usize, Status)>,
}

/// A cohort.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// Its terms.
    pub terms: Terms,
    /// Every entry.
    pub ledger: Vec<Entry>,
    opened: bool,
    closed: bool,
    started: bool,
    released: bool,
    /// Whether it does not take place.
    pub cancelled: bool,
    sequence: u64,
}

impl Cohort {
    /// One that was just made. Its start, where there is one, was told by a session.
    fn new(terms: Terms) -> Self {
        let entry = |kind| Entry { kind, booking: None, decisions: Vec::new() };
        let mut ledger = vec![entry("cohort_created")];
        if terms.starts.is_some() {
            ledger.push(entry("terms_changed"));
        }
        Self {
            opened: terms.opens.is_none(),
            terms,
            ledger,
            closed: false,
            started: false,
            released: false,
            cancelled: false,
            sequence: 0,
        }
    }
}

/// The cohorts of one programme.
#[derive(Clone, Debug)]
pub struct Reference {
    /// They, as they were made.
    pub cohorts: Vec<Cohort>,
    /// Whether the gate asks for attendance at a taster.
    pub needs_taster: bool,
    /// When each taster of the programme ends.
    pub tasters: Vec<i64>,
    /// Who is on record for which taster.
    pub attended: BTreeSet<(usize, usize)>,
    /// Every booking, in the order in which they were made.
    pub bookings: Vec<Booking>,
    /// Every form that ranks several cohorts.
    pub forms: Vec<Form>,
    /// Now.
    pub now: Moment,
    /// How often somebody was offered a place because of a clash.
    pub asked: usize,
    /// How often a choice made way for a preferred one at the same moment.
    pub gave_way: usize,
}

impl Reference {
    /// A programme with cohorts that were just made.
    pub fn new(cohorts: Vec<Terms>, needs_taster: bool, tasters: Vec<i64>) -> Self {
        Self {
            cohorts: cohorts.into_iter().map(Cohort::new).collect(),
            needs_taster,
            tasters,
            attended: BTreeSet::new(),
            bookings: Vec::new(),
            forms: Vec::new(),
            now: Moment::default(),
            asked: 0,
            gave_way: 0,
        }
    }

    /// The bookings of a cohort.
    pub fn of(&self, cohort: usize) -> impl Iterator<Item = (usize, &Booking)> {
        self.bookings.iter().enumerate().filter(move |(_, booking)| booking.cohort == cohort)
    }

    /// Confirmed and offered (ADM-8).
    pub fn places_taken(&self, cohort: usize) -> usize {
        self.of(cohort).filter(|(_, b)| matches!(b.status, Status::Offered | Status::Confirmed)).count()
    }

    /// Who waits, in rank order.
    pub fn waiting(&self, cohort: usize) -> Vec<usize> {
        let waits = self.of(cohort).filter(|(_, booking)| booking.status == Status::Waiting);
        let mut waiting: Vec<usize> = waits.map(|(n, _)| n).collect();
        waiting.sort_by_key(|n| self.bookings[*n].rank);
        waiting
    }

    /// Counted from 1, while it waits (ADM-13).
    pub fn position(&self, booking: usize) -> Option<usize> {
        let waiting = self.waiting(self.bookings[booking].cohort);
        waiting.iter().position(|n| *n == booking).map(|before| before + 1)
    }

    /// The last booking of somebody in a cohort, over or not.
    pub fn last_of(&self, person: usize, cohort: usize) -> Option<usize> {
        self.bookings.iter().rposition(|booking| booking.person == person && booking.cohort == cohort)
    }

    /// The live booking of somebody in a cohort (ADM-1: there is one at most).
    fn live(&self, person: usize, cohort: usize) -> Option<usize> {
        let live = |b: &Booking| b.person == person && !matches!(b.status, Status::Closed(_));
        self.of(cohort).find(|(_, booking)| live(booking)).map(|(n, _)| n)
    }

    /// Their live bookings in all cohorts.
    fn all_live(&self, person: usize) -> Vec<usize> {
        (0..self.cohorts.len()).filter_map(|cohort| self.live(person, cohort)).collect()
    }

    /// ADM-6: before booking opens, claims gather.
    fn settles(&self, cohort: usize) -> bool {
        self.cohorts[cohort].opened && !self.cohorts[cohort].cancelled
    }

    /// PRG-7: closing refuses what comes after it and nothing else; the start ends it all.
    fn takes_claim_of(&self, cohort: usize, moment: Moment) -> bool {
        let Cohort { terms, cancelled, .. } = &self.cohorts[cohort];
        let over = |end: Option<Moment>| end.is_some_and(|end| end <= moment);
        !cancelled && !over(terms.closes) && !over(terms.starts.map(Moment::date))
    }

    /// The end of the first taster that somebody attended (ADM-4), or nothing to wait for.
    fn attended_at(&self, person: usize) -> Option<Moment> {
        if !self.needs_taster {
            return Some(Moment::date(i64::MIN));
        }
        let own = self.attended.iter().filter(|(who, _)| *who == person);
        own.map(|(_, taster)| Moment::date(self.tasters[*taster])).min()
    }

    /// ADM-4, where the gate is open now.
    fn open_since(&self, booking: usize) -> Option<Moment> {
        let booking = &self.bookings[booking];
        let attended = self.attended_at(booking.person).filter(|at| *at <= self.now)?;
        Some(attended.max(booking.submitted))
    }

    /// What a taster's end is: for who compares moments.
    pub fn is_taster_end(&self, moment: Moment) -> bool {
        moment.step == 0 && self.tasters.contains(&moment.second)
    }
}
