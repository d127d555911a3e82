//! What the clock makes due: entered before anything else, in the order of its moments.

use super::{Moment, Rank, Reference, Status};

#[derive(Clone, Copy)]
enum Due {
    Claim(usize),
    Opening,
    Expiry(usize),
    Release,
    Closing,
    Start,
}

impl Reference {
    /// Lets time pass and enters what has become due.
    pub fn advance(&mut self, hours: i64) {
        self.now.second += hours * 3_600;
        self.begin();
    }

    /// The next command begins: whatever is due stands before it on the ledger (ADM-11).
    pub(super) fn begin(&mut self) {
        self.now.step += 1;
        for (moment, due) in self.all_due() {
            match due {
                Due::Claim(booking) => self.claim(booking, moment),
                Due::Opening => {
                    self.opened = true;
                    self.enter("booking_opened", None, &[], true);
                }
                Due::Expiry(booking) => self.lapse(booking, moment),
                Due::Release => {
                    self.released = true;
                    self.enter("reserve_released", None, &[], false);
                }
                Due::Closing => {
                    self.closed = true;
                    self.ledger.push(super::Entry {
                        kind: "booking_closed",
                        booking: None,
                        decisions: vec![],
                    });
                }
                Due::Start => self.start(),
            }
        }
    }

    fn all_due(&self) -> Vec<(Moment, Due)> {
        let mut all: Vec<(Moment, u8, Option<Rank>, Due)> = Vec::new();
        for (n, booking) in self.bookings.iter().enumerate() {
            if let Some(end) = booking.offer_ends {
                all.push((end, 2, booking.rank, Due::Expiry(n)));
            }
            // Attendance that was recorded before the taster's end takes effect at its end (ADM-4).
            let taster = self.attended_at(booking.person).filter(|_| booking.status == Status::Pending);
            if let Some(end) = taster.filter(|end| *end > booking.submitted && self.takes_claim_of(*end)) {
                all.push((end, 0, Some((end, booking.submitted, 0)), Due::Claim(n)));
            }
        }
        let date = |at: Option<i64>| at.map(Moment::date);
        let dates = [
            (date(self.terms.opens).filter(|_| !self.opened), 1, Due::Opening),
            (date(self.terms.reserve.map(|one| one.releases)).filter(|_| !self.released), 3, Due::Release),
            (self.terms.closes.filter(|_| !self.closed), 4, Due::Closing),
            (date(self.terms.starts).filter(|_| !self.started), 5, Due::Start),
        ];
        all.extend(dates.into_iter().filter_map(|(at, order, due)| Some((at?, order, None, due))));
        all.retain(|(at, ..)| *at <= self.now && !self.cancelled);
        all.sort_by_key(|(at, order, rank, _)| (*at, *order, *rank));
        all.into_iter().map(|(at, _, _, due)| (at, due)).collect()
    }

    /// ADM-17: closed, or once behind everyone who waits.
    fn lapse(&mut self, booking: usize, end: Moment) {
        let one = &mut self.bookings[booking];
        one.lapses += 1;
        let status = if self.terms.requeue && one.lapses == 1 {
            one.rank = one.rank.map(|(_, _, sequence)| (end, end, sequence));
            Status::Waiting
        } else {
            Status::Closed("offer_expired")
        };
        self.enter("expiry", Some(booking), &[(booking, status)], false);
    }

    /// PRG-7: who waits, or is pending, when the first session starts comes too late.
    fn start(&mut self) {
        self.started = true;
        let pending = (0..self.bookings.len()).filter(|n| self.bookings[*n].status == Status::Pending);
        let late: Vec<(usize, Status)> = self.waiting().into_iter().chain(pending).map(too_late).collect();
        self.enter("cohort_started", None, &late, false);
    }
}

fn too_late(booking: usize) -> (usize, Status) {
    (booking, Status::Closed("booking_closed"))
}
