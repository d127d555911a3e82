//! The rules of admission once more, written from the product's law and without the program's code: small, slow
//! and plain, so that reading it is enough to believe it. Each list is searched whole, nothing is cached.
//!
//! Time is made of the seconds that a history lets pass and, within them, the number of its command: whatever
//! happens in real time between two commands is too little to matter and keeps their order.

mod acts;
mod clock;
mod reserve;

pub use acts::Refused;
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
    /// When the first session starts.
    pub starts: Option<i64>,
    /// Whether the gate asks for attendance at a taster.
    pub needs_taster: bool,
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
pub struct Reference {
    /// Its terms.
    pub terms: Terms,
    /// When each taster of its programme ends.
    pub tasters: Vec<i64>,
    /// Who is on record for which taster.
    pub attended: BTreeSet<(usize, usize)>,
    /// Every booking, in the order in which they were made.
    pub bookings: Vec<Booking>,
    /// Every entry.
    pub ledger: Vec<Entry>,
    /// Now.
    pub now: Moment,
    opened: bool,
    closed: bool,
    started: bool,
    released: bool,
    /// Whether it does not take place.
    pub cancelled: bool,
    sequence: u64,
}

impl Reference {
    /// A cohort that was just made. Its start, where there is one, was told by a session.
    pub fn new(terms: Terms, tasters: Vec<i64>) -> Self {
        let entry = |kind| Entry { kind, booking: None, decisions: Vec::new() };
        let mut ledger = vec![entry("cohort_created")];
        if terms.starts.is_some() {
            ledger.push(entry("terms_changed"));
        }
        Self {
            opened: terms.opens.is_none(),
            terms,
            tasters,
            attended: BTreeSet::new(),
            bookings: Vec::new(),
            ledger,
            now: Moment::default(),
            closed: false,
            started: false,
            released: false,
            cancelled: false,
            sequence: 0,
        }
    }

    /// Confirmed and offered (ADM-8).
    pub fn places_taken(&self) -> usize {
        self.bookings.iter().filter(|b| matches!(b.status, Status::Offered | Status::Confirmed)).count()
    }

    /// Who waits, in rank order.
    pub fn waiting(&self) -> Vec<usize> {
        let waits = |n: &usize| self.bookings[*n].status == Status::Waiting;
        let mut waiting: Vec<usize> = (0..self.bookings.len()).filter(waits).collect();
        waiting.sort_by_key(|n| self.bookings[*n].rank);
        waiting
    }

    /// Counted from 1, while it waits (ADM-13).
    pub fn position(&self, booking: usize) -> Option<usize> {
        self.waiting().iter().position(|n| *n == booking).map(|before| before + 1)
    }

    /// The last booking of somebody, over or not.
    pub fn last_of(&self, person: usize) -> Option<usize> {
        self.bookings.iter().rposition(|booking| booking.person == person)
    }

    /// The live booking of somebody (ADM-1: there is one at most).
    fn live(&self, person: usize) -> Option<usize> {
        let live = |b: &Booking| b.person == person && !matches!(b.status, Status::Closed(_));
        self.bookings.iter().position(live)
    }

    /// ADM-6: before booking opens, claims gather.
    fn settles(&self) -> bool {
        self.opened && !self.cancelled
    }

    /// PRG-7: closing refuses what comes after it and nothing else; the start ends it all.
    fn takes_claim_of(&self, moment: Moment) -> bool {
        let over = |end: Option<Moment>| end.is_some_and(|end| end <= moment);
        !self.cancelled && !over(self.terms.closes) && !over(self.terms.starts.map(Moment::date))
    }

    /// The end of the first taster that somebody attended (ADM-4), or nothing to wait for.
    fn attended_at(&self, person: usize) -> Option<Moment> {
        if !self.terms.needs_taster {
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

    /// Enters a fact: what it decides itself, then the places that go out because of it (ADM-7).
    fn enter(&mut self, kind: &'static str, booking: Option<usize>, own: &[(usize, Status)], first: bool) {
        for (n, status) in own {
            self.put(*n, *status);
        }
        let mut decisions = own.to_vec();
        for (n, status) in self.settle(first) {
            match decisions.iter_mut().find(|(earlier, _)| *earlier == n) {
                Some(earlier) => earlier.1 = status,
                None => decisions.push((n, status)),
            }
        }
        self.ledger.push(Entry { kind, booking, decisions });
    }

    fn put(&mut self, booking: usize, status: Status) {
        self.bookings[booking].status = status;
        self.bookings[booking].offer_ends = None;
    }

    /// While a place is free, it goes to the highest-ranked claim that is waiting (ADM-7) and can have it (PRG-9).
    fn settle(&mut self, first: bool) -> Vec<(usize, Status)> {
        let mut given = Vec::new();
        while self.settles() {
            let can_have_it = |n: &usize| self.has_place_for(self.bookings[*n].person);
            let Some(next) = self.waiting().into_iter().find(can_have_it) else { break };
            let Some((status, ends)) = self.goes_out_as(first) else { break };
            self.put(next, status);
            self.bookings[next].offer_ends = ends;
            given.push((next, status));
        }
        if first && !self.terms.waiting_list {
            for late in self.waiting() {
                self.put(late, Status::Closed("cohort_full"));
                given.push((late, Status::Closed("cohort_full")));
            }
        }
        given
    }

    /// PRG-3: at the first settling places are confirmed; a vacancy is offered until offers stop, or confirmed until
    /// the start.
    fn goes_out_as(&self, first: bool) -> Option<(Status, Option<Moment>)> {
        let starts = self.terms.starts.map(Moment::date);
        if first {
            return Some((Status::Confirmed, None));
        }
        if self.terms.automatic {
            return starts.is_none_or(|start| self.now < start).then_some((Status::Confirmed, None));
        }
        let full = Moment { second: self.now.second + self.terms.window_hours * 3_600, ..self.now };
        let Some(start) = self.terms.starts else { return Some((Status::Offered, Some(full))) };
        let stop = Moment::date(start - self.terms.stop_hours * 3_600);
        (self.now < stop).then(|| (Status::Offered, Some(full.min(stop))))
    }

    /// A gate opened (ADM-2): the claim is entered and settled.
    fn claim(&mut self, booking: usize, moment: Moment) {
        self.sequence += 1;
        let submitted = self.bookings[booking].submitted;
        self.bookings[booking].claim = Some((moment, self.sequence));
        self.bookings[booking].rank = Some((moment, submitted, self.sequence));
        let person = self.bookings[booking].person;
        let free = self.settles() && self.has_place_for(person);
        let status = match (free, self.terms.waiting_list) {
            (true, _) if !self.is_waited_for(person) => Status::Confirmed,
            (false, false) if self.settles() => Status::Closed("cohort_full"),
            _ => Status::Waiting,
        };
        self.enter("claim", Some(booking), &[(booking, status)], false);
    }
}
