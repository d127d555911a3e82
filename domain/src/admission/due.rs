//! What the clock has made due in a cohort, in the order of its moments: it is entered before any other fact.

use super::fact::Fact;
use super::queue::Rank;
use super::reserves::Fits;
use super::settle::View;
use super::terms::SettlesFirst;
use crate::ids::BookingId;
use chrono::{DateTime, TimeDelta, Utc};

/// What may be due besides the cohort's own dates.
#[derive(Clone, Debug, Default)]
pub struct Due {
    /// Live offers whose end has passed.
    pub expired: Vec<Expired>,
    /// Pending bookings whose marked taster has ended.
    pub claims: Vec<DueClaim>,
    /// When the tasters' attendance counts as sealed by itself.
    pub seals_at: Option<DateTime<Utc>>,
    /// Every pending booking, in the order of submission, where the start is due.
    pub pending: Vec<BookingId>,
}

/// An offer whose end has passed.
#[derive(Clone, Debug)]
pub struct Expired {
    /// Whose.
    pub booking: BookingId,
    /// When it ended.
    pub end: DateTime<Utc>,
    /// Earlier lapses.
    pub lapses: u32,
    /// The rank before the offer.
    pub rank: Rank,
    /// The reserves that it fits.
    pub fits: Fits,
}

/// A pending booking that becomes a claim when the taster ends that it was marked for.
#[derive(Clone, Debug)]
pub struct DueClaim {
    /// Whose.
    pub booking: BookingId,
    /// The claim's moment.
    pub moment: DateTime<Utc>,
    /// The form's submission.
    pub submitted_at: DateTime<Utc>,
    /// The reserves that it fits.
    pub fits: Fits,
    /// The booking that it was carried over from (PRG-8).
    pub from: Option<BookingId>,
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
    for claim in due.claims.iter().filter(|claim| view.takes_claim_of(claim.moment)) {
        let DueClaim { booking, moment, submitted_at, ref fits, from } = *claim;
        let rank = Rank { moment, submitted_at, sequence: 0 };
        let fact = Fact::claim(booking, from, (moment, submitted_at), fits.clone());
        list.push((moment, 0, Some((rank, booking)), fact));
    }
    let waits_for_seal = view.terms.settles_first == SettlesFirst::TastersSealed && !view.sealed;
    if let Some(at) = due.seals_at.filter(|_| waits_for_seal) {
        list.push((at, 1, None, Fact::TastersSealed));
    }
    if let Some(at) = view.terms.booking_opens_at.filter(|_| !view.opened) {
        list.push((at, 2, None, Fact::BookingOpened));
    }
    for Expired { booking, end, lapses, rank, fits } in due.expired.iter().cloned() {
        let fact = Fact::Expiry { booking, due: end, lapses, rank, fits };
        list.push((end, 3, Some((rank, booking)), fact));
    }
    for reserve in view.terms.reserves.iter().filter(|reserve| !view.shares.is_released(reserve.id)) {
        list.push((reserve.releases_at, 4, None, Fact::ReserveReleased { reserve: reserve.id }));
    }
    if let Some(at) = view.terms.booking_closes_at.filter(|_| !view.closed) {
        list.push((at, 5, None, Fact::BookingClosed));
    }
    if let Some(at) = view.first_session_at.filter(|_| !view.started) {
        list.push((at, 6, None, Fact::CohortStarted { pending: still_pending(due, view, now) }));
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
            .any(|due| due.booking == *id && due.moment <= now && view.takes_claim_of(due.moment))
    };
    due.pending.iter().copied().filter(|id| !becomes_claim(id)).collect()
}

impl View {
    /// Whether the first session has started and its entry is not there yet (PRG-7).
    pub fn start_is_due(&self, now: DateTime<Utc>) -> bool {
        !self.started && self.ended.is_none() && self.first_session_at.is_some_and(|start| start <= now)
    }

    /// How many of those who wait and fit these reserves can get a place at most, where what is due goes first and
    /// facts that free so many places follow: so many of them have to be loaded, from the head. Nothing while
    /// claims gather; all where nobody stays on the waiting list.
    pub fn heads_needed(&self, due: &Due, freed: u64, fits: &Fits, now: DateTime<Utc>) -> u64 {
        let waiting = self.waiting.kinds().find(|(kind, _)| *kind == fits).map_or(0, |(_, waiting)| waiting);
        let opened = self.opened || self.terms.has_opened(now);
        let sealed = self.sealed
            || self.terms.settles_first == SettlesFirst::AtOpening
            || due.seals_at.is_some_and(|at| at <= now);
        if self.start_is_due(now) || (opened && sealed && !self.terms.waiting_list) {
            return waiting;
        }
        if !opened || !sealed {
            return 0;
        }
        let reserves = &self.terms.reserves;
        let live = || reserves.iter().filter(|reserve| !self.shares.is_released(reserve.id));
        let free = if live().any(|reserve| reserve.releases_at <= now) {
            self.places_free()
        } else {
            self.places_for(fits)
        };
        waiting.min(u64::from(free) + due.expired.len() as u64 + freed)
    }

    /// When the tasters' attendance is complete (ADM-6): all of the programme's are sealed, or the cohort's hours after
    /// the last have passed. `None` where the cohort doesn't wait for it, or no longer.
    pub fn seals_at(&self, tasters: &Tasters) -> Option<DateTime<Utc>> {
        if self.terms.settles_first != SettlesFirst::TastersSealed || self.sealed {
            return None;
        }
        let hours = self.terms.sealed_after_hours.map(|hours| TimeDelta::hours(i64::from(hours)));
        let by_itself = tasters.last_ends_at.zip(hours).map(|(end, hours)| end + hours);
        tasters.all_sealed_at.into_iter().chain(by_itself).min()
    }
}

/// What sealing looks at of a programme's tasters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tasters {
    /// When the last one ends, where there is one.
    pub last_ends_at: Option<DateTime<Utc>>,
    /// When staff sealed the last of them, once all are sealed.
    pub all_sealed_at: Option<DateTime<Utc>>,
}
