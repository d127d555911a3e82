//! What entries of the ledger tell (ADM-12).

use super::fact::Fact;
use super::terms::Terms;
use super::transfer::Transfer;

/// What an entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// Version 1.
    CohortCreated,
    /// A gate opened.
    Claim,
    /// Somebody goes on from an earlier cohort (PRG-8).
    CarriedOver,
    /// Somebody who waited left.
    Withdrawal,
    /// A booking was cancelled.
    Cancellation,
    /// Another choice of the same joining form got a place (ADM-21).
    PlacedElsewhere,
    /// A place was left for one in another cohort (ADM-23).
    Moved,
    /// A place was left for a later cohort (ADM-23).
    Deferred,
    /// A place was left for a colleague, whose claim is the next entry (ADM-23).
    PassedOn,
    /// An offer was accepted.
    Acceptance,
    /// An offer was declined.
    Decline,
    /// An offer's end passed.
    Expiry,
    /// Evidence was withdrawn.
    GateReopened,
    /// Became known to be against the rules.
    GateFailed,
    /// Other reserves are fitted than before (PRG-9).
    FitChanged,
    /// A reserve's release date passed (PRG-9).
    ReserveReleased,
    /// A change of terms with the capacity in it.
    CapacityChanged,
    /// Another change of terms.
    TermsChanged,
    /// The tasters' attendance is complete.
    TastersSealed,
    /// Booking opened.
    BookingOpened,
    /// Booking closed.
    BookingClosed,
    /// The first session started.
    CohortStarted,
    /// It does not take place.
    CohortCancelled,
    /// It is over.
    CohortCompleted,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 24] = [
        Self::CohortCreated,
        Self::Claim,
        Self::CarriedOver,
        Self::Withdrawal,
        Self::Cancellation,
        Self::PlacedElsewhere,
        Self::Moved,
        Self::Deferred,
        Self::PassedOn,
        Self::Acceptance,
        Self::Decline,
        Self::Expiry,
        Self::GateReopened,
        Self::GateFailed,
        Self::FitChanged,
        Self::ReserveReleased,
        Self::CapacityChanged,
        Self::TermsChanged,
        Self::TastersSealed,
        Self::BookingOpened,
        Self::BookingClosed,
        Self::CohortStarted,
        Self::CohortCancelled,
        Self::CohortCompleted,
    ];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CohortCreated => "cohort_created",
            Self::Claim => "claim",
            Self::CarriedOver => "carried_over",
            Self::Withdrawal => "withdrawal",
            Self::Cancellation => "cancellation",
            Self::PlacedElsewhere => "placed_elsewhere",
            Self::Moved => Transfer::Moved.as_str(),
            Self::Deferred => Transfer::Deferred.as_str(),
            Self::PassedOn => Transfer::PassedOn.as_str(),
            Self::Acceptance => "acceptance",
            Self::Decline => "decline",
            Self::Expiry => "expiry",
            Self::GateReopened => "gate_reopened",
            Self::GateFailed => "gate_failed",
            Self::FitChanged => "fit_changed",
            Self::ReserveReleased => "reserve_released",
            Self::CapacityChanged => "capacity_changed",
            Self::TermsChanged => "terms_changed",
            Self::TastersSealed => "tasters_sealed",
            Self::BookingOpened => "booking_opened",
            Self::BookingClosed => "booking_closed",
            Self::CohortStarted => "cohort_started",
            Self::CohortCancelled => "cohort_cancelled",
            Self::CohortCompleted => "cohort_completed",
        }
    }

    /// Whether the booking that it ends makes way for a place of the same person: the mail about that place says so.
    pub fn is_told_elsewhere(self) -> bool {
        matches!(self, Self::PlacedElsewhere | Self::Moved | Self::Deferred)
    }

    /// The kind with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind of entry that a fact makes; `before` are the terms that it found.
    pub(super) fn of(fact: &Fact, before: &Terms) -> Self {
        match fact {
            Fact::Claim { .. } => Self::Claim,
            Fact::CarriedOver { .. } => Self::CarriedOver,
            Fact::Withdrawal { .. } => Self::Withdrawal,
            Fact::Cancellation { .. } => Self::Cancellation,
            Fact::PlacedElsewhere { .. } => Self::PlacedElsewhere,
            Fact::Transferred { transfer: Transfer::Moved, .. } => Self::Moved,
            Fact::Transferred { transfer: Transfer::Deferred, .. } => Self::Deferred,
            Fact::Transferred { transfer: Transfer::PassedOn, .. } => Self::PassedOn,
            Fact::Acceptance { .. } => Self::Acceptance,
            Fact::Decline { .. } => Self::Decline,
            Fact::Expiry { .. } => Self::Expiry,
            Fact::GateReopened { .. } => Self::GateReopened,
            Fact::GateFailed { .. } => Self::GateFailed,
            Fact::FitChanged(_) => Self::FitChanged,
            Fact::ReserveReleased { .. } => Self::ReserveReleased,
            Fact::TermsChanged { terms, .. } | Fact::ReservesChanged { terms, .. } => {
                if terms.capacity == before.capacity { Self::TermsChanged } else { Self::CapacityChanged }
            }
            Fact::TastersSealed => Self::TastersSealed,
            Fact::BookingOpened => Self::BookingOpened,
            Fact::BookingClosed => Self::BookingClosed,
            Fact::CohortStarted { .. } => Self::CohortStarted,
            Fact::CohortCancelled { .. } => Self::CohortCancelled,
            Fact::CohortCompleted { .. } => Self::CohortCompleted,
        }
    }
}
