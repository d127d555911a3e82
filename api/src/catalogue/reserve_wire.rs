//! Reserves on the wire (PRG-9).

use super::cohort_wire::whole;
use super::fields::{EligibilityField, ReserveRef};
use crate::http::draft::Draft;
use crate::http::faults::Faults;
use crate::http::fields::{Line, Moment, Whole};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use domain::admission::{MAX_RESERVES, Reserve};
use domain::catalogue::{Cohort, ReserveRule, limits};
use domain::fault::Fault;
use domain::ids::ReserveId;
use persistence::admission::DeskRow;
use persistence::new_id;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Places that are kept for those who fit, until they are released. Who fits takes one of them first, in the order of
/// the reserves: a reserve is a least share, not an extra.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "title": "South East", "places": 3, "eligibility": {"region": ["south_east"]},
    "releasesAt": "2028-01-05T09:00:00Z"
}))]
pub(crate) struct ReserveInput {
    /// Which, where it stands already; a new one is given its id.
    #[deserr(default)]
    id: Option<ReserveRef>,
    /// What it is called.
    title: Line<{ limits::TITLE }>,
    /// How many places it keeps; all reserves together at most the capacity.
    places: Whole<1, 100_000>,
    /// Who fits. What is not known of a person does not fit.
    eligibility: EligibilityField,
    /// From when on what is left of it goes to all, in the order of the waiting list.
    releases_at: Moment,
}

/// The two parts of each: what settling knows of, and who fits.
pub(super) fn parts(list: Vec<ReserveInput>) -> (Vec<Reserve>, Vec<ReserveRule>) {
    let part = |input: ReserveInput| {
        let id = input.id.map_or_else(|| ReserveId(new_id()), |id| id.0);
        let reserve = Reserve { id, places: whole(input.places), releases_at: input.releases_at.0 };
        (reserve, ReserveRule { id, title: input.title.0, eligibility: input.eligibility.0 })
    };
    list.into_iter().map(part).unzip()
}

/// What is wrong between reserves, and with a capacity that has no room for them.
pub(super) fn cross_faults<T>(draft: &Draft<T>, capacity: Option<i64>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let entries = draft.entries::<ReserveInput>("reserves");
    if entries.len() > MAX_RESERVES {
        let detail = format!("must list at most {MAX_RESERVES}");
        faults.push(Fault::new("/reserves", "too-many", detail));
    }
    let kept: i64 = entries.iter().flatten().map(|entry| entry.places.0).sum();
    if capacity.is_some_and(|capacity| kept > capacity) {
        let detail = "all reserves together must not keep more places than capacity";
        faults.push(Fault::new("/reserves", "out-of-range", detail));
    }
    let mut seen = BTreeSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let id = entry.as_ref().and_then(|entry| entry.id.as_ref()).map(|id| id.0);
        if id.is_some_and(|id| !seen.insert(id)) {
            faults.push(Fault::new(format!("/reserves/{index}/id"), "duplicate", "is listed twice"));
        }
    }
    faults
}

/// The faults of naming a reserve that the cohort does not have.
pub(super) fn unknown<T>(draft: &Draft<T>, known: &[ReserveRule]) -> Vec<Fault> {
    let entries = draft.entries::<ReserveInput>("reserves").into_iter().enumerate();
    let ids = entries.filter_map(|(index, entry)| Some((index, entry?.id?.0)));
    let unknown = ids.filter(|(_, id)| known.iter().all(|rule| rule.id != *id));
    let detail = "is no reserve of this cohort; leave id out to add one";
    unknown.map(|(index, _)| Fault::new(format!("/reserves/{index}/id"), "unknown-reserve", detail)).collect()
}

/// A reserve as staff write it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reserve, example = json!({
    "id": "019b0000-0000-7000-8000-00000000000a", "title": "South East", "places": 3,
    "eligibility": {"region": ["south_east"]}, "releasesAt": "2028-01-05T09:00:00Z"
}))]
pub(crate) struct ReserveView {
    /// Its id.
    id: Uuid,
    /// What it is called.
    title: String,
    /// How many places it keeps.
    places: u32,
    /// Who fits.
    eligibility: EligibilityField,
    /// From when on what is left of it goes to all.
    releases_at: DateTime<Utc>,
}

/// A cohort's reserves, in their order.
pub(super) fn shown(cohort: &Cohort, reserves: &[Reserve]) -> Vec<ReserveView> {
    let view = |rule: &ReserveRule| {
        let reserve = reserves.iter().find(|reserve| reserve.id == rule.id)?;
        Some(ReserveView {
            id: rule.id.0,
            title: rule.title.clone(),
            places: reserve.places,
            eligibility: EligibilityField(rule.eligibility.clone()),
            releases_at: reserve.releases_at,
        })
    };
    cohort.reserves.iter().filter_map(view).collect()
}

/// How a reserve stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReserveState, example = json!({
    "id": "019b0000-0000-7000-8000-00000000000a", "placesCounted": 1, "placesKept": 2, "released": false
}))]
pub(crate) struct ReserveStateView {
    /// Which.
    id: Uuid,
    /// Places held by those who fit it, as far as they make up its share.
    places_counted: u32,
    /// Places that it still keeps for those who fit.
    places_kept: u32,
    /// Whether what was left of it has gone to all.
    released: bool,
}

/// How a cohort's reserves stand, in their order.
pub(super) fn states(desk: &DeskRow) -> Vec<ReserveStateView> {
    let state = |reserve: &Reserve| ReserveStateView {
        id: reserve.id.0,
        places_counted: desk.shares.counted_in(reserve.id),
        places_kept: desk.shares.room(reserve),
        released: desk.shares.is_released(reserve.id),
    };
    desk.terms.reserves.iter().map(state).collect()
}
