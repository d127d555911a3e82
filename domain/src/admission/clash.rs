//! A person is not confirmed on two cohorts whose sessions overlap without saying that they know (PRG-6).

use super::ledger::{CLASHING, Entry};
use crate::catalogue::Span;
use crate::fault::Fault;
use crate::identity::{Actor, sees_clash};
use crate::ids::{AcademyId, BookingId, ClientId, CohortId, PersonId};
use std::collections::BTreeSet;

/// Where a request says that the participant knows of what overlaps.
const ACKNOWLEDGES: &str = "/acknowledgesClash";

/// A session as clashes look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTime {
    /// Its title.
    pub title: String,
    /// When.
    pub span: Span,
}

impl SessionTime {
    fn told(&self) -> String {
        format!("“{}” ({})", self.title, self.span.told())
    }
}

/// A place that somebody holds in another cohort, of whatever academy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceElsewhere {
    /// The booking that holds it.
    pub booking: BookingId,
    /// Whose cohort.
    pub academy_id: AcademyId,
    /// Which cohort.
    pub cohort_id: CohortId,
    /// Whose place.
    pub person_id: PersonId,
    /// The client that booked it, where one did.
    pub booked_by_client: Option<ClientId>,
}

/// A session that overlaps with one of a place that is held elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The session of the cohort that it is about.
    pub own: SessionTime,
    /// The session of the other cohort.
    pub other: SessionTime,
    /// The place there.
    pub place: PlaceElsewhere,
}

/// Each session of a cohort that overlaps with one for which a place is held elsewhere, in the order of the sessions.
pub fn clashes(own: &[SessionTime], place: PlaceElsewhere, theirs: &[SessionTime]) -> Vec<Clash> {
    let pairs = own.iter().flat_map(|own| theirs.iter().map(move |other| (own, other)));
    let overlapping = pairs.filter(|(own, other)| own.span.overlaps(other.span));
    overlapping.map(|(own, other)| Clash { own: own.clone(), other: other.clone(), place }).collect()
}

/// Those of these clashes that a change of sessions brought about: a session that is new, or that did not overlap before
/// it was moved. `before` is what the changed session was, where it was there.
pub fn arisen(list: Vec<Clash>, changed: &[SessionTime], before: Option<Span>) -> Vec<Clash> {
    let is_new = |clash: &Clash| {
        changed.contains(&clash.own) && !before.is_some_and(|before| before.overlaps(clash.other.span))
    };
    list.into_iter().filter(is_new).collect()
}

/// Clashes as `viewer` is told of them, with what to do: who may read the other booking is told what it is, anybody else
/// only which of the sessions asked for overlaps with another commitment, each once.
pub fn clash_faults(list: &[Clash], viewer: &Actor) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for clash in list {
        let with = if sees_clash(viewer, &clash.place) {
            format!("{}, for which this person has a place", clash.other.told())
        } else {
            "another commitment of this person".to_owned()
        };
        let detail = format!(
            "{} overlaps with {with}. Where both are wanted all the same, send acknowledgesClash: true.",
            clash.own.told()
        );
        let fault = Fault::new(ACKNOWLEDGES, "session-clash", detail);
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    faults
}

/// Those who were offered a place, not confirmed, because of a clash, as their entry names them (PRG-6).
pub(super) fn clashing(entry: &Entry) -> Option<BTreeSet<BookingId>> {
    let Some(named) = entry.facts.get(CLASHING) else { return Some(BTreeSet::new()) };
    named.as_array()?.iter().map(|id| id.as_str()?.parse().ok().map(BookingId)).collect()
}
