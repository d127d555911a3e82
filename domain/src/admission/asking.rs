//! What a gate asks of others than the participant (ADM-20): the manager's agreement, and a nomination. Neither has a
//! part in the claim's moment: how long others take costs nobody their order.

use super::claim::{EvidenceOf, GateItem, ItemParts, Look};
use crate::identity::Actor;
use crate::ids::PersonId;
use chrono::{DateTime, TimeDelta, Utc};
use std::borrow::Cow;

/// How long only the participant is told of a manager's refusal.
const PERSON_FIRST: TimeDelta = TimeDelta::hours(48);

/// How often one booking can ask managers, corrections included: nobody's inbox is filled with it.
pub const MOST_ASKED: u32 = 5;

/// How it stands with the manager of one booking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManagerStanding {
    /// Nobody is named.
    #[default]
    NotNamed,
    /// Asked then, and no answer yet.
    Asked(DateTime<Utc>),
    /// Agreed then.
    Agreed(DateTime<Utc>),
    /// Did not agree.
    Refused {
        /// When they had been asked.
        asked: DateTime<Utc>,
        /// When they said so.
        at: DateTime<Utc>,
    },
}

pub(super) fn manager_item(standing: ManagerStanding) -> ItemParts {
    let detail = match standing {
        ManagerStanding::NotNamed => {
            "Name your manager, whom we then ask: PATCH /v1/bookings/{bookingId} with manager.email."
        }
        ManagerStanding::Asked(_) => {
            "We have asked the manager whom you named, and wait for the answer; it costs you no place in the order. If \
             the address was wrong, correct it: PATCH /v1/bookings/{bookingId} with manager.email."
        }
        ManagerStanding::Agreed(_) => "Your manager agrees.",
        ManagerStanding::Refused { .. } => {
            "The manager whom you named did not agree. Name somebody else (PATCH /v1/bookings/{bookingId} with \
             manager.email) or withdraw (POST /v1/bookings/{bookingId}/cancel)."
        }
    };
    let evidence = (standing != ManagerStanding::NotNamed).then_some(EvidenceOf::Manager(standing));
    (matches!(standing, ManagerStanding::Agreed(_)), detail.to_owned(), evidence)
}

pub(super) fn nominated_item(since: Option<DateTime<Utc>>) -> ItemParts {
    match since {
        Some(at) => (true, "You are nominated.".to_owned(), Some(EvidenceOf::NominatedAt(at))),
        None => {
            let detail = "Places go to people who are nominated: ask the academy who may nominate you. A nomination \
                          for your email is found by itself, and its delay costs you no place in the order.";
            (false, detail.to_owned(), None)
        }
    }
}

/// The gate of this participant as a viewer is told it: of a manager's refusal the person hears first, and has 48 hours
/// in which they alone know (ADM-20). Until then it reads to others as if the answer had still to come.
pub fn as_seen_by<'a>(
    viewer: &Actor,
    participant: PersonId,
    look: &'a Look,
    now: DateTime<Utc>,
) -> Cow<'a, Look> {
    if viewer.is_person(participant) { Cow::Borrowed(look) } else { as_others_see(look, now) }
}

/// The gate as others than the participant are told it.
pub fn as_others_see(look: &Look, now: DateTime<Utc>) -> Cow<'_, Look> {
    let untold = |item: &GateItem| match item.evidence {
        Some(EvidenceOf::Manager(ManagerStanding::Refused { asked, at })) => {
            (!item.met && now < at + PERSON_FIRST).then_some(asked)
        }
        _ => None,
    };
    if !look.items.iter().any(|item| untold(item).is_some()) {
        return Cow::Borrowed(look);
    }
    let mut look = look.clone();
    for item in &mut look.items {
        if let Some(asked) = untold(item) {
            let (met, detail, evidence) = manager_item(ManagerStanding::Asked(asked));
            *item = GateItem { requirement: item.requirement, met, detail, evidence };
        }
    }
    Cow::Owned(look)
}

/// Why nobody else can be named as the manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNamed {
    /// The gate does not ask for a manager.
    NotAsked,
    /// The manager who was named agrees already.
    Agreed,
    /// It is the participant.
    Themselves,
    /// Managers were asked for this booking as often as may be.
    TooOften,
}

/// Whether a booking can name a manager, again or for the first time; `times` is how often managers were asked for it.
///
/// # Errors
/// Why not.
pub fn name_manager(standing: ManagerStanding, themselves: bool, times: u32) -> Result<(), NotNamed> {
    if matches!(standing, ManagerStanding::Agreed(_)) {
        return Err(NotNamed::Agreed);
    }
    if themselves {
        return Err(NotNamed::Themselves);
    }
    if times >= MOST_ASKED { Err(NotNamed::TooOften) } else { Ok(()) }
}

/// A nominator's quota in one cohort, and how much of it is used: by nominations that stand, and by withdrawn ones whose
/// place was confirmed by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many they may nominate.
    pub quota: u32,
    /// How many they have.
    pub used: u32,
}

impl Quota {
    /// Whether one more fits.
    pub fn takes_another(self) -> bool {
        self.used < self.quota
    }

    /// Whether it can be set to `quota`: never under what is used.
    pub fn can_be(self, quota: u32) -> bool {
        quota >= self.used
    }
}
