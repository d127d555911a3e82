//! Reserves (PRG-9): part of a cohort's places is kept for those who fit, until it is released.
//!
//! Each place that is held counts under one heading: a reserve, or "open to all". Who gets a place counts in the first
//! reserve, in the cohort's order, that they fit and that has room, and else as open. When a reserve gets room, a
//! holder who counts as open and fits it counts in it from then on: a reserve is a least share, not an extra. Those
//! who fit the same reserves are alike, so it is enough to know how many of each kind hold a place.

use crate::ids::ReserveId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many reserves a cohort can have.
pub const MAX_RESERVES: usize = 10;

/// Some places of a cohort, kept for those who fit until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reserve {
    /// Which.
    pub id: ReserveId,
    /// How many places: 1 to the cohort's capacity.
    pub places: u32,
    /// From when on they are open to all.
    pub releases_at: DateTime<Utc>,
}

/// The reserves that a claim fits, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fits(BTreeSet<ReserveId>);

impl Fits {
    /// Fits none.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether this one is among them.
    pub fn contains(&self, reserve: ReserveId) -> bool {
        self.0.contains(&reserve)
    }

    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = ReserveId> {
        self.0.iter().copied()
    }
}

impl FromIterator<ReserveId> for Fits {
    fn from_iter<T: IntoIterator<Item = ReserveId>>(ids: T) -> Self {
        Self(ids.into_iter().collect())
    }
}

/// How many of a kind hold a place under one heading.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Share {
    fits: Fits,
    counts_in: Option<ReserveId>,
    places: u32,
}

/// Which reserves are released, and where the places held count. Who fits none is not told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Shares {
    released: BTreeSet<ReserveId>,
    held: BTreeMap<(Fits, Option<ReserveId>), u32>,
}

/// The same as it is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    released: BTreeSet<ReserveId>,
    held: Vec<Share>,
}

impl From<Kept> for Shares {
    fn from(kept: Kept) -> Self {
        let held = kept.held.into_iter().map(|share| ((share.fits, share.counts_in), share.places));
        Self { released: kept.released, held: held.collect() }
    }
}

impl From<Shares> for Kept {
    fn from(shares: Shares) -> Self {
        let share = |((fits, counts_in), places)| Share { fits, counts_in, places };
        Self { released: shares.released, held: shares.held.into_iter().map(share).collect() }
    }
}

impl Shares {
    /// The shares of a cohort in which nobody holds a place, at `at`.
    pub fn new(reserves: &[Reserve], at: DateTime<Utc>) -> Self {
        let mut shares = Self::default();
        shares.follow(reserves, at);
        shares
    }

    /// Whether this one is released.
    pub fn is_released(&self, reserve: ReserveId) -> bool {
        self.released.contains(&reserve)
    }

    /// How many places count in this reserve.
    pub fn counted_in(&self, reserve: ReserveId) -> u32 {
        self.held.iter().filter(|((_, counts_in), _)| *counts_in == Some(reserve)).map(|(_, n)| n).sum()
    }

    /// How many places it still keeps back; none once it is released.
    pub fn room(&self, reserve: &Reserve) -> u32 {
        if self.is_released(reserve.id) {
            return 0;
        }
        reserve.places.saturating_sub(self.counted_in(reserve.id))
    }

    /// How many places all of them keep back.
    pub(super) fn kept_back(&self, reserves: &[Reserve]) -> u32 {
        reserves.iter().map(|reserve| self.room(reserve)).sum()
    }

    /// Where the next who fits these would count: the first reserve with room, in their order.
    pub(super) fn heading(&self, reserves: &[Reserve], fits: &Fits) -> Option<ReserveId> {
        let fitting = reserves.iter().filter(|reserve| fits.contains(reserve.id));
        fitting.into_iter().find(|reserve| self.room(reserve) > 0).map(|reserve| reserve.id)
    }

    /// Counts one more holder.
    pub(super) fn take(&mut self, reserves: &[Reserve], fits: &Fits) {
        if !fits.is_none() {
            let heading = self.heading(reserves, fits);
            *self.held.entry((fits.clone(), heading)).or_insert(0) += 1;
        }
    }

    /// Counts one holder less: of those who fit the same, one who counts as open, else one of the last reserve.
    pub(super) fn leave(&mut self, reserves: &[Reserve], fits: &Fits) {
        if fits.is_none() {
            return;
        }
        let last_first = reserves.iter().rev().map(|reserve| Some(reserve.id));
        let mut headings = std::iter::once(None).chain(last_first);
        if let Some(heading) = headings.find(|heading| self.held.contains_key(&(fits.clone(), *heading))) {
            self.less(fits.clone(), heading);
        }
        self.fill(reserves);
    }

    /// Releases one: its places are open to all from now on.
    pub(super) fn release(&mut self, reserves: &[Reserve], reserve: ReserveId) {
        self.released.insert(reserve);
        self.open_again(reserve, u32::MAX);
        self.fill(reserves);
    }

    /// Follows a change of the reserves at `at`: what is gone, released or too full counts as open again.
    pub(super) fn follow(&mut self, reserves: &[Reserve], at: DateTime<Utc>) {
        let past = reserves.iter().filter(|reserve| reserve.releases_at <= at);
        self.released = past.map(|reserve| reserve.id).collect();
        let known: BTreeSet<ReserveId> = self.held.keys().filter_map(|(_, counts_in)| *counts_in).collect();
        for id in known {
            let live = reserves.iter().find(|reserve| reserve.id == id && !self.is_released(id));
            let places = live.map_or(0, |reserve| reserve.places);
            self.open_again(id, self.counted_in(id).saturating_sub(places));
        }
        self.fill(reserves);
    }

    /// Counts up to so many of a reserve's holders as open.
    fn open_again(&mut self, reserve: ReserveId, mut many: u32) {
        let of_reserve = self.held.keys().filter(|(_, counts_in)| *counts_in == Some(reserve));
        let kinds: Vec<Fits> = of_reserve.map(|(fits, _)| fits.clone()).collect();
        for fits in kinds {
            let held = self.held.get(&(fits.clone(), Some(reserve))).copied().unwrap_or(0);
            for _ in 0..held.min(many) {
                self.less(fits.clone(), Some(reserve));
                *self.held.entry((fits.clone(), None)).or_insert(0) += 1;
            }
            many -= held.min(many);
        }
    }

    /// Counts holders who count as open in the first reserve that they fit and that has room.
    fn fill(&mut self, reserves: &[Reserve]) {
        for reserve in reserves {
            while self.room(reserve) > 0 {
                let open = self
                    .held
                    .keys()
                    .find(|(fits, counts_in)| counts_in.is_none() && fits.contains(reserve.id));
                let Some((fits, _)) = open.cloned() else { break };
                self.less(fits.clone(), None);
                *self.held.entry((fits, Some(reserve.id))).or_insert(0) += 1;
            }
        }
    }

    fn less(&mut self, fits: Fits, heading: Option<ReserveId>) {
        let key = (fits, heading);
        if let Some(places) = self.held.get_mut(&key) {
            *places -= 1;
            if *places == 0 {
                self.held.remove(&key);
            }
        }
    }
}
