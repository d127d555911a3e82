//! Admission: the gate, claims, the ledger, offers and the waiting list.
//!
//! A booking passes the gate ([`gate`]) and becomes a claim ([`claim`]); claims are facts for the cohort's
//! desk, whose one function [`View::apply`] settles them (ADM-7); each fact is an entry of the [`ledger`],
//! which [`replay`] can check. Nothing else gives out places.

mod asking;
mod bank_holidays;
mod booking;
mod canonical;
mod carry;
mod claim;
mod clash;
mod due;
mod entry_kind;
mod explain;
mod fact;
mod gate;
mod giving;
mod import;
mod leaving;
mod ledger;
mod offer_clock;
mod pass_on;
mod position;
mod preference;
mod queue;
mod refit;
mod replay;
mod reserves;
mod settle;
mod staff_changes;
mod terms;
#[cfg(test)]
mod tests;
mod told_terms;
mod transfer;

pub use asking::{MOST_ASKED, ManagerStanding, NotNamed, Quota, as_others_see, as_seen_by, name_manager};
pub use booking::{
    Attempt, BookingStatus, ClosedReason, LiveBooking, ManagerNamed, Reason, Refusal, counts_when_waived,
    refuse,
};
pub use carry::{CarryOver, Run, is_carried_over, next_cohort};
pub use claim::{
    Attended, EligibilityLook, EmailStanding, Evidence, EvidenceOf, GateItem, Look, Standing, Waived, look,
    look_ahead,
};
pub use clash::{Clash, PlaceElsewhere, SessionTime, arisen, clash_faults, clashes};
pub use due::{Due, DueClaim, DueFact, Expired, Tasters, due_facts};
pub use entry_kind::EntryKind;
pub use explain::{Explanation, Standpoint, Told, explain};
pub use fact::{Decision, Ended, Fact, Held};
pub use gate::{GateTerms, Requirement};
pub use import::{EarlierMoment, ImportRefused, takes_lists};
pub use leaving::{CancelledBy, Cancelling, NoAnswer, cancelling, may_answer};
pub use ledger::{Entry, FIRST_HASH};
pub use offer_clock::OfferClock;
pub use pass_on::{
    COUNTED_WITHIN, MOST_PROPOSED, MOST_PROPOSED_TO, NoProposal, Proposing, TAKEN_OVER_WITHIN,
};
pub use position::{PositionCause, PositionChange, PositionTrace};
pub use preference::{MOST_CHOICES, Placed, WhenPlaced, gives_way, in_order_of_ending, makes_way};
pub use queue::{NeedsMore, Queue, Rank, Waiter};
pub use refit::Refit;
pub use replay::{Disagreement, Outcome, Standing as ReplayedBooking, carried_from, replay, replay_on};
pub use reserves::{Fits, MAX_RESERVES, Reserve, Shares};
pub use settle::View;
pub use staff_changes::{LifeRefused, TermsRefused};
pub use terms::{AfterLapse, Capacity, CohortStatus, SettlesFirst, Terms, Vacancies};
pub use transfer::{NoTransfer, Side, Transfer, Transferred, may_leave};
