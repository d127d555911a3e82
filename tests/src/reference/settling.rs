//! Who gets a place (ADM-7), and as what.

use super::{Entry, Moment, Reference, Status};

impl Reference {
    /// Enters a fact: what it decides itself, the places that go out because of it (ADM-7), and the other choices that
    /// those places end (ADM-21).
    pub(super) fn enter(
        &mut self,
        cohort: usize,
        kind: &'static str,
        booking: Option<usize>,
        own: &[(usize, Status)],
        first: bool,
    ) {
        for (n, status) in own {
            self.put(*n, *status);
        }
        let mut decisions = own.to_vec();
        for (n, status) in self.settle(cohort, first) {
            match decisions.iter_mut().find(|(earlier, _)| *earlier == n) {
                Some(earlier) => earlier.1 = status,
                None => decisions.push((n, status)),
            }
        }
        let placed = decisions.iter().filter(|(_, status)| *status == Status::Confirmed);
        let placed: Vec<usize> = placed.map(|(n, _)| *n).collect();
        self.cohorts[cohort].ledger.push(Entry { kind, booking, decisions });
        self.end_others(&placed);
    }

    pub(super) fn put(&mut self, booking: usize, status: Status) {
        let offered = (status == Status::Offered).then(|| self.offer_end(self.bookings[booking].cohort));
        self.bookings[booking].status = status;
        self.bookings[booking].offer_ends = offered.flatten();
    }

    /// While a place is free, it goes to the highest-ranked claim that is waiting (ADM-7) and can have it (PRG-9).
    fn settle(&mut self, cohort: usize, first: bool) -> Vec<(usize, Status)> {
        let mut given = Vec::new();
        while self.settles(cohort) {
            let can_have_it = |n: &usize| self.has_place_for(cohort, self.bookings[*n].person);
            let Some(next) = self.waiting(cohort).into_iter().find(can_have_it) else { break };
            let Some(status) = self.goes_out_as(cohort, first) else { break };
            let status = self.asked_first(next, status);
            self.put(next, status);
            given.push((next, status));
        }
        if first && !self.cohorts[cohort].terms.waiting_list {
            for late in self.waiting(cohort) {
                self.put(late, Status::Closed("cohort_full"));
                given.push((late, Status::Closed("cohort_full")));
            }
        }
        given
    }

    /// PRG-3: at the first settling places are confirmed; a vacancy is offered until offers stop, or confirmed until
    /// the start.
    fn goes_out_as(&self, cohort: usize, first: bool) -> Option<Status> {
        let terms = &self.cohorts[cohort].terms;
        if first {
            return Some(Status::Confirmed);
        }
        if terms.automatic {
            let starts = terms.starts.map(Moment::date);
            return starts.is_none_or(|start| self.now < start).then_some(Status::Confirmed);
        }
        self.offer_end(cohort).map(|_| Status::Offered)
    }

    /// PRG-3, ADM-11: until when an offer stands that is made now, while offers are made.
    fn offer_end(&self, cohort: usize) -> Option<Moment> {
        let terms = &self.cohorts[cohort].terms;
        let full = Moment { second: self.now.second + terms.window_hours * 3_600, ..self.now };
        let Some(start) = terms.starts else { return Some(full) };
        let stop = Moment::date(start - terms.stop_hours * 3_600);
        (self.now < stop).then(|| full.min(stop))
    }

    /// PRG-6: whom a place would put in two cohorts at once is asked, where offers are made and nobody said that it is
    /// known.
    fn asked_first(&mut self, booking: usize, status: Status) -> Status {
        let one = &self.bookings[booking];
        let confirmed = status == Status::Confirmed;
        let clashes = confirmed && !one.knows && self.clashes(one.person, one.cohort, &[booking]);
        if !clashes || self.offer_end(one.cohort).is_none() {
            return status;
        }
        self.asked += 1;
        Status::Offered
    }

    /// A gate opened (ADM-2): the claim is entered and settled.
    pub(super) fn claim(&mut self, booking: usize, moment: Moment) {
        let (person, cohort) = (self.bookings[booking].person, self.bookings[booking].cohort);
        self.cohorts[cohort].sequence += 1;
        let sequence = self.cohorts[cohort].sequence;
        let submitted = self.bookings[booking].submitted;
        self.bookings[booking].claim = Some((moment, sequence));
        self.bookings[booking].rank = Some((moment, submitted, sequence));
        let free = self.settles(cohort) && self.has_place_for(cohort, person);
        let status = match (free, self.cohorts[cohort].terms.waiting_list) {
            (true, _) if !self.is_waited_for(cohort, person) => self.asked_first(booking, Status::Confirmed),
            (false, false) if self.settles(cohort) => Status::Closed("cohort_full"),
            _ => Status::Waiting,
        };
        self.enter(cohort, "claim", Some(booking), &[(booking, status)], false);
    }
}
