//! What the clock has made due in a cohort, in the order of its moments: it is entered before any other fact.

use super::fact::Fact;
use super::queue::Rank;
use super::settle::View;
use super::terms::SettlesFirst;
use crate::ids::BookingId;
use chrono::{DateTime, Utc};

/// What may be due besides the cohort's own dates.
#[derive(Clone, Debug, Default)]
pub struct Due {
    /// Live offers whose end has passed: booking, end, earlier lapses, rank before the offer.
    pub expired: Vec<(BookingId, DateTime<Utc>, u32, Rank)>,
    /// Pending bookings whose marked taster has ended: booking, moment, submission.
    pub claims: Vec<(BookingId, DateTime<Utc>, DateTime<Utc>)>,
    /// When the tasters' attendance counts as sealed by itself.
    pub seals_at: Option<DateTime<Utc>>,
    /// Every pending booking, in the order of submission, where the start is due.
    pub pending: Vec<BookingId>,
}

/// A fact and the moment at which it became due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueFact {
    /// When.
    pub moment: DateTime<Utc>,
    /// What.
    pub fact: Fact,
}

/// Whose turn comes first at one moment.
type Turn = Option<(Rank, BookingId)>;

/// All that is due by `now`, in the order of its moments; at one moment claims come before the opening, so
/// that they are settled by rank, those of one submission as they came (ADM-5, ADM-6).
pub fn due_facts(view: &View, due: &Due, now: DateTime<Utc>) -> Vec<DueFact> {
    let mut list: Vec<(DateTime<Utc>, u8, Turn, Fact)> = Vec::new();
    for (booking, moment, submitted_at) in
        due.claims.iter().filter(|(_, moment, _)| view.takes_claim_of(*moment))
    {
        let rank = Rank { moment: *moment, submitted_at: *submitted_at, sequence: 0 };
        let fact = Fact::Claim { booking: *booking, moment: *moment, submitted_at: *submitted_at };
        list.push((*moment, 0, Some((rank, *booking)), fact));
    }
    let waits_for_seal = view.terms.settles_first == SettlesFirst::TastersSealed && !view.sealed;
    if let Some(at) = due.seals_at.filter(|_| waits_for_seal) {
        list.push((at, 1, None, Fact::TastersSealed));
    }
    if let Some(at) = view.terms.booking_opens_at.filter(|_| !view.opened) {
        list.push((at, 2, None, Fact::BookingOpened));
    }
    for (booking, end, lapses, rank) in &due.expired {
        let fact = Fact::Expiry { booking: *booking, due: *end, lapses: *lapses, rank: *rank };
        list.push((*end, 3, Some((*rank, *booking)), fact));
    }
    if let Some(at) = view.terms.booking_closes_at.filter(|_| !view.closed) {
        list.push((at, 4, None, Fact::BookingClosed));
    }
    if let Some(at) = view.first_session_at.filter(|_| !view.started) {
        list.push((at, 5, None, Fact::CohortStarted { pending: still_pending(due, view, now) }));
    }
    list.retain(|(moment, ..)| *moment <= now && view.ended.is_none());
    list.sort_by_key(|(moment, order, rank, _)| (*moment, *order, *rank));
    list.into_iter().map(|(moment, _, _, fact)| DueFact { moment, fact }).collect()
}

/// Those who do not become claims on the way: what is due before the start comes first.
fn still_pending(due: &Due, view: &View, now: DateTime<Utc>) -> Vec<BookingId> {
    let becomes_claim = |id: &BookingId| {
        due.claims
            .iter()
            .any(|(booking, moment, _)| booking == id && *moment <= now && view.takes_claim_of(*moment))
    };
    due.pending.iter().copied().filter(|id| !becomes_claim(id)).collect()
}
