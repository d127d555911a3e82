//! What the clock makes due: entered before anything else, in the order of its moments.

use super::{Cohort, Entry, Moment, Rank, Reference, Status};

/// Something that is due.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due {
    Claim(usize),
    Opening,
    Expiry(usize),
    Release,
    Closing,
    Start,
}

impl Reference {
    /// Lets time pass and enters what has become due.
    pub fn advance(&mut self, seconds: i64) {
        self.now.second += seconds;
        self.begin();
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<i64> {
        let everything = Moment { second: i64::MAX, step: u32::MAX };
        self.all_due(everything)
            .into_iter()
            .map(|(moment, ..)| moment.second)
            .find(|at| *at > self.now.second)
    }

    /// The next command begins: whatever is due stands before it on the ledger (ADM-11).
    pub(super) fn begin(&mut self) {
        self.now.step += 1;
        let due = self.all_due(self.now);
        for at_once in due.chunk_by(|(one, ..), (next, ..)| one == next) {
            let facts: Vec<(usize, Due, Moment)> =
                at_once.iter().map(|(moment, cohort, due)| (*cohort, *due, *moment)).collect();
            self.enter_together(&facts);
        }
    }

    /// Enters what goes with one moment (ADM-21).
    pub(super) fn enter_together(&mut self, facts: &[(usize, Due, Moment)]) {
        if facts.len() > 1 {
            self.give_way(facts);
        }
        for (cohort, due, moment) in facts {
            self.enter_due(*cohort, *due, *moment);
        }
    }

    /// Enters it, unless the booking that it is about has ended meanwhile.
    pub(super) fn enter_due(&mut self, cohort: usize, due: Due, moment: Moment) {
        match due {
            Due::Claim(booking) if self.bookings[booking].status == Status::Pending => {
                self.claim(booking, moment);
            }
            Due::Expiry(booking) if self.bookings[booking].status == Status::Offered => {
                self.lapse(booking, moment);
            }
            Due::Claim(_) | Due::Expiry(_) => {}
            Due::Opening => {
                self.cohorts[cohort].opened = true;
                self.enter(cohort, "booking_opened", None, &[], true);
            }
            Due::Release => {
                self.cohorts[cohort].released = true;
                self.enter(cohort, "reserve_released", None, &[], false);
            }
            Due::Closing => {
                self.cohorts[cohort].closed = true;
                let entry = Entry { kind: "booking_closed", booking: None, decisions: vec![] };
                self.cohorts[cohort].ledger.push(entry);
            }
            Due::Start => self.start(cohort),
        }
    }

    /// All that is due by `until`, in the order of moments; at one moment cohort by cohort.
    fn all_due(&self, until: Moment) -> Vec<(Moment, usize, Due)> {
        let mut all: Vec<(Moment, usize, u8, Option<Rank>, Due)> = Vec::new();
        for (n, booking) in self.bookings.iter().enumerate() {
            let cohort = booking.cohort;
            if let Some(end) = booking.offer_ends {
                all.push((end, cohort, 2, booking.rank, Due::Expiry(n)));
            }
            // Attendance that was recorded before the taster's end takes effect at its end (ADM-4).
            let taster = self.attended_at(booking.person).filter(|_| booking.status == Status::Pending);
            let taken = taster.filter(|end| *end > booking.submitted && self.takes_claim_of(cohort, *end));
            if let Some(end) = taken {
                all.push((end, cohort, 0, Some((end, booking.submitted, 0)), Due::Claim(n)));
            }
        }
        for (n, cohort) in self.cohorts.iter().enumerate() {
            all.extend(cohort.dates().map(|(at, order, due)| (at, n, order, None, due)));
        }
        all.retain(|(at, cohort, ..)| *at <= until && !self.cohorts[*cohort].cancelled);
        all.sort_by_key(|(at, cohort, order, rank, _)| (*at, *cohort, *order, *rank));
        all.into_iter().map(|(at, cohort, _, _, due)| (at, cohort, due)).collect()
    }

    /// ADM-17: closed, or once behind everyone who waits.
    fn lapse(&mut self, booking: usize, end: Moment) {
        let one = &mut self.bookings[booking];
        one.lapses += 1;
        let cohort = one.cohort;
        let status = if self.cohorts[cohort].terms.requeue && one.lapses == 1 {
            one.rank = one.rank.map(|(_, _, sequence)| (end, end, sequence));
            Status::Waiting
        } else {
            Status::Closed("offer_expired")
        };
        self.enter(cohort, "expiry", Some(booking), &[(booking, status)], false);
    }

    /// PRG-7: who waits, or is pending, when the first session starts comes too late.
    fn start(&mut self, cohort: usize) {
        self.cohorts[cohort].started = true;
        let pending = self.of(cohort).filter(|(_, booking)| booking.status == Status::Pending);
        let late = self.waiting(cohort).into_iter().chain(pending.map(|(n, _)| n));
        let late: Vec<(usize, Status)> = late.map(|n| (n, Status::Closed("booking_closed"))).collect();
        self.enter(cohort, "cohort_started", None, &late, false);
    }
}

impl Cohort {
    /// Its dates that are not on its ledger yet, each with its turn at one moment.
    fn dates(&self) -> impl Iterator<Item = (Moment, u8, Due)> {
        let date = |at: Option<i64>| at.map(Moment::date);
        let dates = [
            (date(self.terms.opens).filter(|_| !self.opened), 1, Due::Opening),
            (date(self.terms.reserve.map(|one| one.releases)).filter(|_| !self.released), 3, Due::Release),
            (self.terms.closes.filter(|_| !self.closed), 4, Due::Closing),
            (date(self.terms.starts).filter(|_| !self.started), 5, Due::Start),
        ];
        dates.into_iter().filter_map(|(at, order, due)| Some((at?, order, due)))
    }
}
