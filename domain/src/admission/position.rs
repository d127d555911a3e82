//! Why a booking's position on the waiting list changed (ADM-22): each change has its entry in the ledger, and so its
//! cause.

use super::booking::BookingStatus;
use super::entry_kind::EntryKind;
use super::ledger::Entry;
use super::queue::Rank;
use crate::ids::BookingId;
use crate::time::from_wire;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;

/// Why a position changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionCause {
    /// The request became complete and found no place.
    Claimed,
    /// It was carried over from an earlier cohort (PRG-8).
    CarriedOver,
    /// Its offer lapsed, and it went behind everybody who waited (ADM-17).
    Lapsed,
    /// A request that was complete earlier came to light later (ADM-9).
    JoinedBefore,
    /// A request came in with the academy's own list, which was made earlier (ADM-24).
    ImportedBefore,
    /// Somebody was carried over from an earlier cohort, and keeps their turn (PRG-8).
    CarriedBefore,
    /// Somebody in front got a place, offered or confirmed.
    PlacedBefore,
    /// Somebody in front left the list.
    LeftBefore,
    /// It got a place itself, offered or confirmed.
    Placed,
    /// It left the list itself: withdrawn, closed, or pending again.
    Left,
}

impl PositionCause {
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::CarriedOver => "carried_over",
            Self::CarriedBefore => "carried_before",
            Self::Lapsed => "lapsed",
            Self::JoinedBefore => "joined_before",
            Self::ImportedBefore => "imported_before",
            Self::PlacedBefore => "placed_before",
            Self::LeftBefore => "left_before",
            Self::Placed => "placed",
            Self::Left => "left",
        }
    }

    /// A sentence for the person.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Claimed => "All that was asked of you was done, and you joined the waiting list.",
            Self::CarriedOver => "You were carried over from an earlier cohort of this programme.",
            Self::CarriedBefore => {
                "Somebody who was left without a place in an earlier cohort was carried over before you."
            }
            Self::Lapsed => "Your offer ended without an answer, and you went behind everybody who waited.",
            Self::JoinedBefore => {
                "Somebody who had done all that was asked of them before you was found later."
            }
            Self::ImportedBefore => {
                "Somebody who had asked for a place before you came in with a list that the academy had kept; the \
                 evidence for their moment is on record."
            }
            Self::PlacedBefore => "A place went to somebody in front of you.",
            Self::LeftBefore => "Somebody in front of you left the waiting list.",
            Self::Placed => "A place went to you.",
            Self::Left => "You left the waiting list.",
        }
    }
}

/// One change of a booking's position, counted from 1; none while it doesn't wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionChange {
    /// The entry that changed it.
    pub version: u64,
    /// When that was written.
    pub recorded_at: DateTime<Utc>,
    /// Why.
    pub cause: PositionCause,
    /// The position before.
    pub from: Option<u64>,
    /// The position after.
    pub to: Option<u64>,
}

/// Follows one booking's position through its cohort's ledger, entry by entry from the first. Its cost for an entry does
/// not grow with how many wait.
#[derive(Clone, Debug)]
pub struct PositionTrace {
    booking: BookingId,
    ranks: HashMap<BookingId, Rank>,
    waiting: HashMap<BookingId, Rank>,
    position: Option<u64>,
}

impl PositionTrace {
    /// A trace that has seen nothing yet.
    pub fn new(booking: BookingId) -> Self {
        Self { booking, ranks: HashMap::new(), waiting: HashMap::new(), position: None }
    }

    /// Takes in the next entry, and tells how it changed the position, if it did.
    pub fn follow(&mut self, entry: &Entry) -> Option<PositionChange> {
        let own_before = self.waiting.get(&self.booking).copied();
        let (mut joined, mut left, mut placed) = (0, 0, false);
        for decision in &entry.decisions {
            self.take_rank(entry, decision.booking);
            let before = self.waiting.remove(&decision.booking);
            let after = self.ranks.get(&decision.booking).copied();
            let after = after.filter(|_| decision.status == BookingStatus::Waiting);
            self.waiting.extend(after.map(|rank| (decision.booking, rank)));
            let in_front = |rank: &Rank| own_before.is_some_and(|own| *rank < own);
            if decision.booking == self.booking || before == after {
                continue;
            }
            joined += u64::from(after.is_some_and(|rank| in_front(&rank)));
            if before.is_some_and(|rank| in_front(&rank)) {
                left += 1;
                placed |= holds_place(decision.status);
            }
        }
        let own_after = self.waiting.get(&self.booking).copied();
        let from = self.position;
        self.position = match (own_before, own_after) {
            (Some(before), Some(after)) if before == after => {
                from.map(|position| (position + joined).saturating_sub(left))
            }
            (_, Some(own)) => Some(1 + self.waiting.values().filter(|rank| **rank < own).count() as u64),
            (_, None) => None,
        };
        let to = self.position;
        let cause = self.cause(entry, (from, to), joined > left, placed)?;
        Some(PositionChange { version: entry.version, recorded_at: entry.recorded_at, cause, from, to })
    }

    /// Claims bring a rank along, and a lapse another (ADM-5, ADM-17).
    fn take_rank(&mut self, entry: &Entry, booking: BookingId) {
        if entry.booking != Some(booking) {
            return;
        }
        let submitted_at = entry.facts.get("submittedAt").and_then(Value::as_str).and_then(from_wire);
        if let (Some(sequence), Some(submitted_at)) = (entry.sequence, submitted_at) {
            self.ranks.insert(booking, Rank { moment: entry.moment, submitted_at, sequence });
        } else if entry.kind == EntryKind::Expiry
            && let Some(rank) = self.ranks.get_mut(&booking)
        {
            *rank = Rank { moment: entry.moment, submitted_at: entry.moment, ..*rank };
        }
    }

    fn cause(
        &self,
        entry: &Entry,
        (from, to): (Option<u64>, Option<u64>),
        more_joined: bool,
        placed: bool,
    ) -> Option<PositionCause> {
        let own = entry.decisions.iter().find(|decision| decision.booking == self.booking);
        match (from, to) {
            (None, Some(_)) if entry.kind == EntryKind::Expiry => Some(PositionCause::Lapsed),
            (None, Some(_)) if entry.kind == EntryKind::CarriedOver => Some(PositionCause::CarriedOver),
            (None, Some(_)) => Some(PositionCause::Claimed),
            (Some(_), None) if own.is_some_and(|own| holds_place(own.status)) => Some(PositionCause::Placed),
            (Some(_), None) => Some(PositionCause::Left),
            (Some(from), Some(to)) if from == to => None,
            (Some(_), Some(_)) if more_joined && entry.imported_moment() == Some(true) => {
                Some(PositionCause::ImportedBefore)
            }
            (Some(_), Some(_)) if more_joined && entry.kind == EntryKind::CarriedOver => {
                Some(PositionCause::CarriedBefore)
            }
            (Some(_), Some(_)) if more_joined => Some(PositionCause::JoinedBefore),
            (Some(_), Some(_)) if placed => Some(PositionCause::PlacedBefore),
            (Some(_), Some(_)) => Some(PositionCause::LeftBefore),
            (None, None) => None,
        }
    }
}

fn holds_place(status: BookingStatus) -> bool {
    matches!(status, BookingStatus::Offered | BookingStatus::Confirmed)
}
