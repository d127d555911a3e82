//! The ledger (ADM-12): every fact that reaches settling, in commit order, chained by hashes. It holds no
//! fact about a person, and it alone can be replayed.

use super::booking::{BookingStatus, ClosedReason};
use super::canonical::canonical;
use super::entry_kind::EntryKind;
use super::fact::{Decision, Fact};
use super::import::IMPORTED_MOMENT;
use super::offer_clock::OfferClock;
use super::refit::{REFITS, Refit};
use super::reserves::{Fits, Reserve};
use super::settle::View;
use super::terms::{SettlesFirst, Terms};
use crate::ids::BookingId;
use crate::planted::{Bug, is_on};
use crate::time::wire;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The name under which an entry tells who was offered a place, not confirmed, because of a clash (PRG-6).
pub(super) const CLASHING: &str = "clashing";

/// What stands for the hash before the first entry: 64 zeros.
pub const FIRST_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1 in each cohort without a gap, in commit order.
    pub version: u64,
    /// What it tells.
    pub kind: EntryKind,
    /// The claim's sequence; only at a claim.
    pub sequence: Option<u64>,
    /// Which booking it is about, where it is about one.
    pub booking: Option<BookingId>,
    /// The claim's moment, or when what was due was due; else when it was recorded.
    pub moment: DateTime<Utc>,
    /// When it was written; never earlier than the entry before.
    pub recorded_at: DateTime<Utc>,
    /// What settling needs to know of it.
    pub facts: Map<String, Value>,
    /// Each booking whose status it changed, in order.
    pub decisions: Vec<Decision>,
    /// The hash of the entry before.
    pub previous_hash: String,
    /// The hash of this one.
    pub entry_hash: String,
}

/// What was there before a fact was taken in: what its entry is told against.
#[derive(Clone, Debug)]
pub(super) struct Before {
    terms: Terms,
    first_session_at: Option<DateTime<Utc>>,
}

impl Entry {
    /// The entry that begins a cohort's ledger.
    pub fn created(view: &View, at: DateTime<Utc>) -> Self {
        let mut facts = terms_facts(&view.terms);
        if view.terms.settles_first == SettlesFirst::TastersSealed {
            facts.insert("settlesFirst".into(), view.terms.settles_first.as_str().into());
        }
        if view.terms.offer_clock == OfferClock::Humane {
            facts.insert("offerClock".into(), view.terms.offer_clock.as_str().into());
        }
        if !view.terms.reserves.is_empty() {
            facts.insert("reserves".into(), reserves_fact(&view.terms.reserves));
        }
        if let Some(start) = view.first_session_at {
            facts.insert("firstSessionAt".into(), wire(start).into());
        }
        Self {
            version: 1,
            kind: EntryKind::CohortCreated,
            sequence: None,
            booking: None,
            moment: at,
            recorded_at: at,
            facts,
            decisions: Vec::new(),
            previous_hash: FIRST_HASH.to_owned(),
            entry_hash: String::new(),
        }
        .sealed()
    }

    /// Takes a fact into the view, which settles, and writes its entry after `previous` (ADM-7, ADM-12).
    ///
    /// `due` is the moment at which the clock made it due, for what the clock makes due.
    ///
    /// # Errors
    /// [`super::NeedsMore`] as [`View::apply`].
    pub fn enter(
        view: &mut View,
        fact: &Fact,
        due: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
        version: u64,
        previous_hash: &str,
    ) -> Result<Self, super::NeedsMore> {
        let before = Before { terms: view.terms.clone(), first_session_at: view.first_session_at };
        let decisions = view.apply(fact, at)?;
        let moment = match fact {
            Fact::Claim { moment, .. } | Fact::CarriedOver { moment, .. } => *moment,
            Fact::Expiry { due, .. } => *due,
            _ => due.unwrap_or(at),
        };
        let is_claim = matches!(fact, Fact::Claim { .. } | Fact::CarriedOver { .. });
        let mut facts = facts_of(fact, &before);
        let asked = decisions.iter().filter(|decision| decision.clashes);
        let asked: Vec<Value> = asked.map(|decision| decision.booking.to_string().into()).collect();
        if !asked.is_empty() {
            facts.insert(CLASHING.into(), asked.into());
        }
        let entry = Self {
            version,
            kind: EntryKind::of(fact, &before.terms),
            sequence: is_claim.then_some(view.claim_sequence),
            booking: booking_of(fact),
            moment,
            recorded_at: at,
            facts,
            decisions,
            previous_hash: previous_hash.to_owned(),
            entry_hash: String::new(),
        };
        Ok(entry.sealed())
    }

    /// The entry as the API shows it, with its hashes.
    pub fn to_json(&self) -> Value {
        let mut whole = self.content();
        whole.insert("previousHash".into(), self.previous_hash.clone().into());
        whole.insert("entryHash".into(), self.entry_hash.clone().into());
        Value::Object(whole)
    }

    /// The decisions as they are kept and shown.
    pub fn decisions_json(&self) -> Value {
        self.decisions.iter().map(decision_json).collect()
    }

    /// SHA-256 over the previous hash and the RFC 8785 form of the entry without its hashes.
    pub fn computed_hash(&self) -> String {
        let written = if is_on(Bug::HashSkipsFacts) {
            canonical(self, &Map::new())
        } else {
            canonical(self, &self.facts)
        };
        let hash = Sha256::new().chain_update(&self.previous_hash).chain_update(written).finalize();
        HEXLOWER.encode(&hash)
    }

    fn content(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("version".into(), self.version.into());
        map.insert("kind".into(), self.kind.as_str().into());
        map.insert("sequence".into(), self.sequence.into());
        map.insert("bookingId".into(), self.booking.map(|id| id.to_string()).into());
        map.insert("moment".into(), wire(self.moment).into());
        map.insert("recordedAt".into(), wire(self.recorded_at).into());
        map.insert("facts".into(), Value::Object(self.facts.clone()));
        map.insert("decisions".into(), self.decisions_json());
        map
    }

    fn sealed(mut self) -> Self {
        self.entry_hash = self.computed_hash();
        self
    }
}

fn decision_json(decision: &Decision) -> Value {
    json!({
        "bookingId": decision.booking.to_string(),
        "status": decision.status.as_str(),
        "closedReason": decision.closed_reason.map(ClosedReason::as_str),
        "offerExpiresAt": decision.offer_expires_at.map(wire),
    })
}

/// Reads a kept decision; its rank is not kept, replay finds it again.
pub(super) fn decision_from_json(value: &Value) -> Option<Decision> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    Some(Decision {
        booking: BookingId(text("bookingId")?.parse().ok()?),
        status: BookingStatus::parse(text("status")?)?,
        closed_reason: text("closedReason").and_then(ClosedReason::parse),
        offer_expires_at: text("offerExpiresAt").and_then(crate::time::from_wire),
        rank: None,
        clashes: false,
    })
}

impl Entry {
    /// Reads the decisions of a kept entry.
    pub fn read_decisions(kept: &Value) -> Option<Vec<Decision>> {
        kept.as_array()?.iter().map(decision_from_json).collect()
    }
}

fn booking_of(fact: &Fact) -> Option<BookingId> {
    match fact {
        Fact::Claim { booking, .. }
        | Fact::CarriedOver { booking, .. }
        | Fact::Withdrawal { booking, .. }
        | Fact::Cancellation { booking, .. }
        | Fact::PlacedElsewhere { booking, .. }
        | Fact::Transferred { booking, .. }
        | Fact::Acceptance { booking }
        | Fact::Decline { booking, .. }
        | Fact::Expiry { booking, .. }
        | Fact::GateReopened { booking, .. }
        | Fact::GateFailed { booking, .. }
        | Fact::FitChanged(Refit { booking, .. }) => Some(*booking),
        Fact::ReserveReleased { .. }
        | Fact::TermsChanged { .. }
        | Fact::ReservesChanged { .. }
        | Fact::TastersSealed
        | Fact::BookingOpened
        | Fact::BookingClosed
        | Fact::CohortStarted { .. }
        | Fact::CohortCancelled { .. }
        | Fact::CohortCompleted { .. } => None,
    }
}

fn facts_of(fact: &Fact, before: &Before) -> Map<String, Value> {
    match fact {
        Fact::Claim { submitted_at, fits, .. } | Fact::CarriedOver { submitted_at, fits, .. } => {
            let mut facts = Map::from_iter([("submittedAt".to_owned(), wire(*submitted_at).into())]);
            if let Fact::CarriedOver { from, .. } = fact {
                facts.insert("carriedFrom".into(), from.to_string().into());
            }
            if !before.terms.reserves.is_empty() {
                facts.insert("reserves".into(), ids_of(fits));
            }
            let imported = matches!(fact, Fact::Claim { imported: true, .. });
            facts.extend(imported.then(|| (IMPORTED_MOMENT.to_owned(), true.into())));
            facts
        }
        Fact::FitChanged(Refit { fits, .. }) => Map::from_iter([("reserves".to_owned(), ids_of(fits))]),
        Fact::ReserveReleased { reserve } => {
            Map::from_iter([("reserveId".to_owned(), reserve.to_string().into())])
        }
        Fact::TermsChanged { terms, first_session_at } => changed_facts(terms, *first_session_at, before),
        Fact::ReservesChanged { terms, refits } => {
            let mut facts = changed_facts(terms, before.first_session_at, before);
            facts.insert(REFITS.to_owned(), refits.iter().map(Refit::to_fact).collect());
            facts
        }
        _ => Map::new(),
    }
}

pub(super) fn ids_of(fits: &Fits) -> Value {
    fits.iter().map(|id| id.to_string()).collect()
}

fn reserves_fact(reserves: &[Reserve]) -> Value {
    let told = |Reserve { id, places, releases_at }: &Reserve| json!({"id": id.to_string(), "places": places, "releasesAt": wire(*releases_at)});
    reserves.iter().map(told).collect()
}

/// The new values of what changed, under the same names as at the creation.
fn changed_facts(
    terms: &Terms,
    first_session_at: Option<DateTime<Utc>>,
    before: &Before,
) -> Map<String, Value> {
    let old = terms_facts(&before.terms);
    let mut changed = terms_facts(terms);
    changed.retain(|name, value| old.get(name) != Some(value));
    if terms.settles_first != before.terms.settles_first {
        changed.insert("settlesFirst".into(), terms.settles_first.as_str().into());
    }
    if terms.offer_clock != before.terms.offer_clock {
        changed.insert("offerClock".into(), terms.offer_clock.as_str().into());
    }
    if terms.reserves != before.terms.reserves {
        changed.insert("reserves".into(), reserves_fact(&terms.reserves));
    }
    if first_session_at != before.first_session_at {
        changed.insert("firstSessionAt".into(), first_session_at.map(wire).into());
    }
    changed
}

fn terms_facts(terms: &Terms) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("capacity".into(), terms.capacity.get().into());
    map.insert("vacancies".into(), terms.vacancies.as_str().into());
    map.insert("offerWindowHours".into(), terms.offer_window_hours.into());
    map.insert("offersStopHours".into(), terms.offers_stop_hours.into());
    map.insert("afterLapse".into(), terms.after_lapse.as_str().into());
    map.insert("waitingList".into(), terms.waiting_list.into());
    map.insert("bookingOpensAt".into(), terms.booking_opens_at.map(wire).into());
    map.insert("bookingClosesAt".into(), terms.booking_closes_at.map(wire).into());
    map
}
