//! Replaying a ledger (ADM-12): the chain holds, and settling each fact anew gives exactly what was decided.

use super::booking::{BookingStatus, ClosedReason};
use super::clash::clashing;
use super::entry_kind::EntryKind;
use super::fact::{Decision, Fact, Held};
use super::ledger::{Entry, FIRST_HASH};
use super::preference::placed_elsewhere;
use super::queue::{Queue, Rank};
use super::refit::{REFITS, Refit, fits_of, take_fits};
use super::reserves::{Fits, Reserve, Shares};
use super::settle::View;
use super::told_terms::{base_terms, changed, moment, reserve_id};
use super::transfer::transferred;
use crate::ids::{BookingId, ReserveId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What differs, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("version {version}: {what}")]
pub struct Disagreement {
    /// The entry at which it shows.
    pub version: u64,
    /// A sentence.
    pub what: String,
}

/// Where a ledger ends.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The last version.
    pub version: u64,
    /// The hash of the last entry.
    pub head_hash: String,
    /// The cohort.
    pub view: View,
    /// Each booking on the ledger: status, reason, the end of its offer, and the version that last changed it.
    pub bookings: HashMap<BookingId, Standing>,
}

/// Where one booking stands at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its status.
    pub status: BookingStatus,
    /// Why it is closed.
    pub closed_reason: Option<ClosedReason>,
    /// The end of its offer.
    pub offer_expires_at: Option<DateTime<Utc>>,
    /// Its rank; none for one whose gate was not open when the cohort ended for it.
    pub rank: Option<Rank>,
    /// Offers it let lapse.
    pub lapses: u32,
    /// The reserves that it fits.
    pub fits: Fits,
    /// Whether its claim was carried over (PRG-8).
    pub carried: bool,
    /// The version that last changed it.
    pub version: u64,
}

/// Replays a whole ledger.
///
/// # Errors
/// The first [`Disagreement`].
pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Option<Outcome>, Disagreement> {
    let mut state: Option<Outcome> = None;
    for entry in entries {
        state = Some(replay_on(state.take(), entry)?);
    }
    Ok(state)
}

/// Replays one more entry of a ledger; `None` before the first.
///
/// # Errors
/// A [`Disagreement`] at this entry.
pub fn replay_on(state: Option<Outcome>, entry: &Entry) -> Result<Outcome, Disagreement> {
    match state {
        None => begin(entry),
        Some(state) => step(state, entry),
    }
}

pub(super) fn differs(entry: &Entry, what: impl Into<String>) -> Disagreement {
    Disagreement { version: entry.version, what: what.into() }
}

fn check_chain(entry: &Entry, version: u64, previous: &str) -> Result<(), Disagreement> {
    if entry.version != version {
        return Err(differs(entry, format!("version {version} was expected")));
    }
    if entry.previous_hash != previous {
        return Err(differs(entry, "previousHash is not the hash of the entry before"));
    }
    if entry.entry_hash != entry.computed_hash() {
        return Err(differs(entry, "entryHash is not the hash of the entry"));
    }
    Ok(())
}

fn begin(entry: &Entry) -> Result<Outcome, Disagreement> {
    check_chain(entry, 1, FIRST_HASH)?;
    if entry.kind != EntryKind::CohortCreated {
        return Err(differs(entry, "the first entry must be cohort_created"));
    }
    let terms = changed(&base_terms(), &entry.facts).ok_or_else(|| differs(entry, "facts can't be read"))?;
    let shares = Shares::new(&terms.reserves, entry.recorded_at);
    let view = View {
        opened: terms.has_opened(entry.recorded_at),
        first_session_at: entry.facts.get("firstSessionAt").and_then(moment),
        terms,
        sealed: false,
        closed: false,
        started: false,
        ended: None,
        places_taken: 0,
        waiting: Queue::default(),
        claim_sequence: 0,
        shares,
        clashing: BTreeSet::new(),
    };
    Ok(Outcome { version: 1, head_hash: entry.entry_hash.clone(), view, bookings: HashMap::new() })
}

fn step(mut state: Outcome, entry: &Entry) -> Result<Outcome, Disagreement> {
    check_chain(entry, state.version + 1, &state.head_hash)?;
    let fact = fact_of(&state, entry)?;
    state.view.clashing = clashing(entry).ok_or_else(|| differs(entry, "facts can't be read"))?;
    let decisions = state.view.apply(&fact, entry.recorded_at);
    let decisions = decisions.map_err(|_| differs(entry, "the waiting list is not whole"))?;
    let asked = decisions.iter().filter(|decision| decision.clashes).map(|decision| decision.booking);
    if !asked.collect::<BTreeSet<_>>().eq(&std::mem::take(&mut state.view.clashing)) {
        return Err(differs(entry, "it names others as clashing than it asked first"));
    }
    if !same(&decisions, &entry.decisions) {
        return Err(differs(entry, format!("settling gives {}", told(&decisions))));
    }
    if entry.sequence.is_some_and(|sequence| sequence != state.view.claim_sequence) {
        return Err(differs(entry, format!("sequence {} was expected", state.view.claim_sequence)));
    }
    if state.view.places_taken > state.view.terms.capacity.get() {
        return Err(differs(entry, "more places are taken than there are"));
    }
    for decision in &decisions {
        let earlier = state.bookings.get(&decision.booking);
        let lapsed = entry.kind == EntryKind::Expiry && entry.booking == Some(decision.booking);
        let rank = decision.rank.or(earlier.and_then(|standing| standing.rank));
        if rank.is_none() && !ends_without_claim(entry.kind) {
            return Err(differs(entry, "a booking without a claim was decided"));
        }
        let standing = Standing {
            status: decision.status,
            closed_reason: decision.closed_reason,
            offer_expires_at: decision.offer_expires_at,
            rank,
            lapses: earlier.map_or(0, |standing| standing.lapses) + u32::from(lapsed),
            fits: earlier.map(|standing| standing.fits.clone()).unwrap_or_default(),
            carried: earlier.is_some_and(|standing| standing.carried),
            version: entry.version,
        };
        state.bookings.insert(decision.booking, standing);
    }
    take_fits(&mut state.bookings, &fact);
    state.version = entry.version;
    state.head_hash.clone_from(&entry.entry_hash);
    Ok(state)
}

/// Whether such an entry also ends bookings whose gate was not open.
fn ends_without_claim(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::CohortStarted | EntryKind::CohortCancelled)
}

fn same(ours: &[Decision], theirs: &[Decision]) -> bool {
    let bare = |decision: &Decision| Decision { rank: None, clashes: false, ..*decision };
    ours.iter().map(bare).eq(theirs.iter().map(bare))
}

fn told(decisions: &[Decision]) -> String {
    let list: Vec<String> = decisions
        .iter()
        .map(|decision| format!("{} {}", decision.booking, decision.status.as_str()))
        .collect();
    if list.is_empty() { "no decision".to_owned() } else { list.join(", ") }
}

/// Whether an offer ended then: at its end or, where a change brought the moment before it at which offers stop, from
/// then on (PRG-3).
fn may_have_ended(state: &Outcome, standing: &Standing, at: DateTime<Utc>) -> bool {
    let stop = state.view.terms.offers_stop(state.view.first_session_at);
    let cut = stop.is_some_and(|stop| stop <= at);
    standing.offer_expires_at.is_some_and(|end| end == at || (end > at && cut))
}

/// As what an entry closes the booking that it is about.
pub(super) fn reason(entry: &Entry) -> Result<ClosedReason, Disagreement> {
    let own = entry.decisions.iter().find(|decision| Some(decision.booking) == entry.booking);
    let reason = own.and_then(|decision| decision.closed_reason);
    reason.ok_or_else(|| differs(entry, "the reason is missing"))
}

/// The fact behind a kept entry, as far as it was an input.
fn fact_of(state: &Outcome, entry: &Entry) -> Result<Fact, Disagreement> {
    let booking = || entry.booking.ok_or_else(|| differs(entry, "bookingId is missing"));
    let standing = || {
        let standing = state.bookings.get(&booking()?);
        standing.cloned().ok_or_else(|| differs(entry, "the booking has no claim"))
    };
    let fits = || standing().map(|standing| standing.fits);
    let rank = |standing: Standing| standing.rank.ok_or_else(|| differs(entry, "the booking has no rank"));
    let held = || -> Result<Held, Disagreement> {
        let standing = standing()?;
        Ok(match standing.status {
            BookingStatus::Waiting => Held::Waiting(rank(standing)?),
            _ => Held::Place,
        })
    };
    let unreadable = || differs(entry, "facts can't be read");
    Ok(match entry.kind {
        EntryKind::Claim | EntryKind::CarriedOver => claimed(entry)?,
        EntryKind::Withdrawal => {
            Fact::Withdrawal { booking: booking()?, rank: rank(standing()?)?, fits: fits()? }
        }
        EntryKind::Cancellation => {
            Fact::Cancellation { booking: booking()?, reason: reason(entry)?, held: held()?, fits: fits()? }
        }
        EntryKind::PlacedElsewhere => placed_elsewhere(&standing()?, held()?, entry)?,
        EntryKind::Moved | EntryKind::Deferred | EntryKind::PassedOn => transferred(state, entry)?,
        EntryKind::Acceptance => Fact::Acceptance { booking: booking()? },
        EntryKind::Decline => Fact::Decline { booking: booking()?, fits: fits()? },
        EntryKind::Expiry => {
            let standing = standing()?;
            if !may_have_ended(state, &standing, entry.moment) {
                return Err(differs(entry, "no offer ended at this moment"));
            }
            Fact::Expiry {
                booking: booking()?,
                due: entry.moment,
                lapses: standing.lapses,
                fits: standing.fits.clone(),
                rank: rank(standing)?,
            }
        }
        EntryKind::GateReopened => Fact::GateReopened { booking: booking()?, held: held()?, fits: fits()? },
        EntryKind::GateFailed => Fact::GateFailed { booking: booking()?, held: held()?, fits: fits()? },
        EntryKind::FitChanged => {
            let fits = fits_of(entry).ok_or_else(unreadable)?;
            let refit = Refit::read(state, booking()?, fits);
            Fact::FitChanged(
                refit.ok_or_else(|| differs(entry, "the booking has no claim, or fits the same"))?,
            )
        }
        _ => return cohort_fact_of(state, entry),
    })
}

/// The fact behind an entry with which a booking gets its claim.
fn claimed(entry: &Entry) -> Result<Fact, Disagreement> {
    let unreadable = || differs(entry, "facts can't be read");
    let booking = entry.booking.ok_or_else(|| differs(entry, "bookingId is missing"))?;
    let submitted_at = entry.facts.get("submittedAt").and_then(moment).ok_or_else(unreadable)?;
    let fits = fits_of(entry).ok_or_else(unreadable)?;
    if entry.kind == EntryKind::CarriedOver {
        let from = carried_from(entry).ok_or_else(unreadable)?;
        return Ok(Fact::CarriedOver { booking, from, moment: entry.moment, submitted_at, fits });
    }
    let imported = entry.imported_moment().ok_or_else(unreadable)?;
    Ok(Fact::Claim { booking, moment: entry.moment, submitted_at, fits, imported })
}

/// The fact behind an entry that is about no one booking.
fn cohort_fact_of(state: &Outcome, entry: &Entry) -> Result<Fact, Disagreement> {
    let unreadable = || differs(entry, "facts can't be read");
    Ok(match entry.kind {
        EntryKind::ReserveReleased => {
            let reserve =
                released(state, entry).ok_or_else(|| differs(entry, "no reserve was released then"))?;
            Fact::ReserveReleased { reserve }
        }
        EntryKind::CapacityChanged | EntryKind::TermsChanged if entry.facts.contains_key(REFITS) => {
            let listed = entry.facts.get(REFITS).and_then(Value::as_array).ok_or_else(unreadable)?;
            let refits = listed.iter().map(|one| Refit::from_fact(state, one)).collect::<Option<_>>();
            Fact::ReservesChanged {
                terms: changed(&state.view.terms, &entry.facts).ok_or_else(unreadable)?,
                refits: refits.ok_or_else(unreadable)?,
            }
        }
        EntryKind::CapacityChanged | EntryKind::TermsChanged => Fact::TermsChanged {
            terms: changed(&state.view.terms, &entry.facts).ok_or_else(unreadable)?,
            first_session_at: match entry.facts.get("firstSessionAt") {
                Some(value) => moment(value),
                None => state.view.first_session_at,
            },
        },
        EntryKind::TastersSealed => Fact::TastersSealed,
        EntryKind::BookingOpened => Fact::BookingOpened,
        EntryKind::BookingClosed => Fact::BookingClosed,
        EntryKind::CohortStarted => Fact::CohortStarted { pending: without_claim(state, entry) },
        EntryKind::CohortCancelled => Fact::CohortCancelled { live: all_live(state, entry)? },
        EntryKind::CohortCompleted => Fact::CohortCompleted { outcomes: all_confirmed(state, entry)? },
        _ => return Err(differs(entry, "cohort_created stands twice")),
    })
}

/// The booking that one was carried over from, as its entry names it (PRG-8).
pub fn carried_from(entry: &Entry) -> Option<BookingId> {
    entry.facts.get("carriedFrom")?.as_str()?.parse().ok().map(BookingId)
}

/// The reserve that an entry releases: one that stands, at its moment.
fn released(state: &Outcome, entry: &Entry) -> Option<ReserveId> {
    let id = entry.facts.get("reserveId").and_then(reserve_id)?;
    let due = |reserve: &&Reserve| reserve.id == id && reserve.releases_at == entry.moment;
    let standing = state.view.terms.reserves.iter().find(due)?;
    (!state.view.shares.is_released(standing.id) && entry.moment <= entry.recorded_at).then_some(id)
}

fn is_pending(state: &Outcome, booking: BookingId) -> bool {
    state.bookings.get(&booking).is_none_or(|standing| standing.status == BookingStatus::Pending)
}

/// Those that an entry decided and that had no claim: the ledger knows of them only here.
fn without_claim(state: &Outcome, entry: &Entry) -> Vec<BookingId> {
    let decided = entry.decisions.iter().map(|decision| decision.booking);
    decided.filter(|booking| is_pending(state, *booking)).collect()
}

/// Those that a cancelled cohort lets go: everybody who waits or holds a place must be among them.
fn all_live(state: &Outcome, entry: &Entry) -> Result<Vec<BookingId>, Disagreement> {
    let live = |standing: &Standing| {
        matches!(standing.status, BookingStatus::Waiting | BookingStatus::Offered | BookingStatus::Confirmed)
    };
    let decided: Vec<BookingId> = entry.decisions.iter().map(|decision| decision.booking).collect();
    let of_ledger = state.bookings.iter().filter(|(_, standing)| live(standing)).map(|(id, _)| *id);
    let stale = |id: &BookingId| {
        let standing = state.bookings.get(id);
        standing.is_some_and(|standing| !live(standing) && standing.status != BookingStatus::Pending)
    };
    complete(entry, decided, of_ledger, stale)
}

/// Those whose outcome a completed cohort tells: everybody confirmed, and nobody else.
fn all_confirmed(state: &Outcome, entry: &Entry) -> Result<Vec<(BookingId, bool)>, Disagreement> {
    let confirmed = |id: &BookingId| {
        state.bookings.get(id).is_some_and(|standing| standing.status == BookingStatus::Confirmed)
    };
    let decided: Vec<BookingId> = entry.decisions.iter().map(|decision| decision.booking).collect();
    let of_ledger = state.bookings.keys().copied().filter(confirmed);
    let decided = complete(entry, decided, of_ledger, |id| !confirmed(id))?;
    let outcomes = entry.decisions.iter().map(|decision| decision.status == BookingStatus::Completed);
    Ok(decided.into_iter().zip(outcomes).collect())
}

/// What was decided, when it holds each that is due once and none that is not.
fn complete(
    entry: &Entry,
    decided: Vec<BookingId>,
    mut due: impl Iterator<Item = BookingId>,
    wrong: impl Fn(&BookingId) -> bool,
) -> Result<Vec<BookingId>, Disagreement> {
    let set: HashSet<BookingId> = decided.iter().copied().collect();
    if set.len() < decided.len() || !due.all(|id| set.contains(&id)) || decided.iter().any(wrong) {
        return Err(differs(entry, "it does not decide exactly the bookings that it ends"));
    }
    Ok(decided)
}
