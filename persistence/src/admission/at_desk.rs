//! A cohort under its lock: its row, kept in step with what settling sees of it.

use super::desk_row::DeskRow;
use domain::admission::{BookingStatus, Entry, Rank, View};
use domain::ids::BookingId;
use domain::planted::{Bug, is_on};

/// A cohort of a sitting.
pub(super) struct AtDesk {
    pub(super) row: DeskRow,
    pub(super) view: View,
    /// Its public state when the sitting began.
    pub(super) before: (bool, bool, bool),
}

impl AtDesk {
    /// Brings the row in step with an entry.
    pub(super) fn follow(&mut self, entry: &Entry) {
        let row = &mut self.row;
        row.version = entry.version;
        row.head_hash.clone_from(&entry.entry_hash);
        row.head_recorded_at = entry.recorded_at;
        if !is_on(Bug::RowForgetsCapacity) {
            row.terms = self.view.terms.clone();
        }
        row.first_session_at = self.view.first_session_at;
        row.opened = self.view.opened;
        row.sealed = self.view.sealed;
        row.closed = self.view.closed;
        row.started = self.view.started;
        row.ended = self.view.ended;
        row.places_taken = self.view.places_taken;
        row.waiting_count = self.view.waiting.len();
        row.claim_sequence = self.view.claim_sequence;
        row.shares = self.view.shares.clone();
        row.kinds = self.view.waiting.kinds().map(|(fits, waiting)| (fits.clone(), waiting)).collect();
        let ranks = entry.decisions.iter().filter_map(|decision| decision.rank);
        for rank in ranks {
            let place = (rank.moment, rank.submitted_at);
            row.tail = Some(row.tail.map_or(place, |tail| tail.max(place)));
        }
    }

    /// Counts the places that an entry gave out, and those held for an answer (ADM-13). `earlier` says where a
    /// booking stood before.
    pub(super) fn count_places(
        &mut self,
        entry: &Entry,
        earlier: impl Fn(BookingId) -> Option<BookingStatus>,
    ) {
        let holds = |status| matches!(status, BookingStatus::Offered | BookingStatus::Confirmed);
        for decision in &entry.decisions {
            let before = earlier(decision.booking);
            if before == Some(BookingStatus::Offered) {
                self.row.offers_out = self.row.offers_out.saturating_sub(1);
            }
            if decision.status == BookingStatus::Offered {
                self.row.offers_out += 1;
            }
            if holds(decision.status) && !before.is_some_and(holds) {
                self.row.last_place_at = Some(entry.recorded_at);
            }
        }
    }

    /// Whether a claim of this rank stands behind everybody who waits, without counting them.
    pub(super) fn ranks_last(&self, rank: Rank) -> bool {
        self.row.tail.is_none_or(|tail| (rank.moment, rank.submitted_at) >= tail)
    }
}
