//! Why a booking stands where it stands (ADM-13), in a code and a sentence.

use super::asking::ManagerStanding;
use super::booking::{BookingStatus, ClosedReason};
use super::carry::{CarryOver, is_carried_over};
use super::claim::{EvidenceOf, Look, Standing};
use super::reserves::Fits;
use super::settle::View;
use super::terms::Vacancies;
use super::transfer::{Side, Transfer, Transferred};
use crate::time::wire;
use chrono::{DateTime, Utc};

/// What a booking's standing is explained from.
#[derive(Clone, Copy, Debug)]
pub struct Standpoint<'a> {
    /// Its status.
    pub status: BookingStatus,
    /// Why it is closed.
    pub closed_reason: Option<ClosedReason>,
    /// What it has to do with a transfer (ADM-23).
    pub transferred: Option<Transferred>,
    /// Whether another choice of its joining form got a place, and it was ended by that (ADM-21).
    pub placed_elsewhere: bool,
    /// Whether it is or was a claim.
    pub has_claim: bool,
    /// Its place on the waiting list, counted from 1.
    pub position: Option<u64>,
    /// The end of its offer.
    pub offer_expires_at: Option<DateTime<Utc>>,
    /// Since when they had asked for the place, where an imported list said so (ADM-24).
    pub imported_since: Option<DateTime<Utc>>,
    /// Its gate.
    pub look: &'a Look,
    /// The reserves that it fits (PRG-9).
    pub fits: &'a Fits,
    /// Whether it was carried over from an earlier cohort (PRG-8).
    pub carried: bool,
    /// Whether it goes on into the next cohort, or is to.
    pub carry_over: CarryOver,
    /// Its cohort.
    pub cohort: &'a View,
    /// Places of the cohort that are held for an answer.
    pub offers_out: u32,
    /// When a place of the cohort last went to somebody.
    pub last_place_at: Option<DateTime<Utc>>,
    /// When it is asked.
    pub now: DateTime<Utc>,
}

/// A stable code with its sentence for the person.
pub type Told = (&'static str, String);

/// Why a booking stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// A stable code with its sentence.
    pub told: Told,
    /// How many wait in front of it, while it waits.
    pub before: Option<u64>,
    /// When a place of the cohort last went to somebody, where this booking has none.
    pub last_place_at: Option<DateTime<Utc>>,
    /// Whether a place can still come, while it has none and may get one.
    pub more: Option<Told>,
}

/// Explains a booking to its person.
pub fn explain(at: &Standpoint<'_>) -> Explanation {
    let (code, sentence) = match at.status {
        BookingStatus::Pending => pending(at),
        BookingStatus::Waiting => waiting(at),
        BookingStatus::Offered => {
            let end = at.offer_expires_at.map(wire).unwrap_or_default();
            ("place_offered", format!("A place is held for you until {end}: accept or decline it."))
        }
        BookingStatus::Confirmed => {
            let came = transferred(at, Side::Joined).map_or(String::new(), |(_, words)| format!(" {words}"));
            ("place_confirmed", format!("You have a place.{came}"))
        }
        BookingStatus::Completed => ("completed", "You completed this cohort.".to_owned()),
        BookingStatus::NotCompleted => ("not_completed", "You did not complete this cohort.".to_owned()),
        BookingStatus::Closed => closed(at),
    };
    let sentence = with_imported_moment(sentence, at);
    let told = (code, format!("{}{sentence}{}", came_from(at), goes_on(at)));
    let hopes = matches!(at.status, BookingStatus::Pending | BookingStatus::Waiting);
    let found_none = hopes || at.closed_reason == Some(ClosedReason::CohortFull);
    Explanation {
        told,
        before: at.position.map(|position| position.saturating_sub(1)),
        last_place_at: at.last_place_at.filter(|_| found_none),
        more: hopes.then(|| prospect(at)),
    }
}

/// Who ranks by a moment that an imported list brought along is told so, with who has the evidence (ADM-24).
fn with_imported_moment(sentence: String, at: &Standpoint<'_>) -> String {
    match at.imported_since.filter(|_| at.status != BookingStatus::Closed) {
        None => sentence,
        Some(since) => format!(
            "{sentence} The academy brought your request in from an earlier list: it counts as sent on {}.",
            wire(since)
        ),
    }
}

/// PRG-8: what is said first to who was carried over.
fn came_from(at: &Standpoint<'_>) -> &'static str {
    match at.status {
        BookingStatus::Pending if at.carried => {
            "You were carried over from an earlier cohort of this programme. "
        }
        BookingStatus::Waiting | BookingStatus::Offered if at.carried => {
            "You were carried over from an earlier cohort of this programme and keep the turn that you had there; \
             a place is offered to you, since the dates are new. "
        }
        _ => "",
    }
}

/// PRG-8: what is said last to who goes on.
fn goes_on(at: &Standpoint<'_>) -> &'static str {
    if !at.closed_reason.is_some_and(|reason| is_carried_over(reason, at.has_claim)) {
        return "";
    }
    match at.carry_over {
        CarryOver::No => "",
        CarryOver::Wished => " As you wished, you go on into the programme's next cohort once there is one.",
        CarryOver::Done => " As you wished, you were carried over into the programme's next cohort.",
    }
}

/// Whether a place can still come: what is free, what is held for an answer, and how vacancies go out.
fn prospect(at: &Standpoint<'_>) -> Told {
    let view = at.cohort;
    let (terms, capacity) = (&view.terms, view.terms.capacity.get());
    if at.status == BookingStatus::Pending
        && let Some(closed) = closed_since(at)
    {
        return after_closing(at, closed);
    }
    if !view.opened {
        let opens = terms.booking_opens_at.map(|at| format!(" on {}", wire(at))).unwrap_or_default();
        let places = places(capacity);
        return ("at_opening", format!("{places} will be given out when booking opens{opens}."));
    }
    if view.ended.is_none() && !view.settles() {
        let places = places(capacity);
        return ("at_seal", format!("{places} will be given out when the tasters' attendance is complete."));
    }
    let last = match terms.vacancies {
        Vacancies::Offer => terms.offers_stop(view.first_session_at),
        Vacancies::Automatic => view.first_session_at,
    };
    if view.ended.is_some() || last.is_some_and(|last| last <= at.now) {
        return ("no_more", "No more places go out.".to_owned());
    }
    let until = last.map(|last| format!(" until {}", wire(last))).unwrap_or_default();
    let free = view.places_for(at.fits);
    if at.status == BookingStatus::Pending && free > 0 && !view.somebody_waits_for_place_of(at.fits) {
        let places = places(free);
        let verb = if free == 1 { "is" } else { "are" };
        return ("places_free", format!("{places} {verb} free now, for who is complete first."));
    }
    if at.status == BookingStatus::Pending && !terms.waiting_list {
        return no_waiting_list(at);
    }
    let first = first_on_the_list(view);
    let how = match terms.vacancies {
        Vacancies::Offer => format!("is offered to {first}"),
        Vacancies::Automatic => format!("goes to {first}"),
    };
    if at.offers_out > 0 {
        let held = if at.offers_out == 1 {
            "1 place is".to_owned()
        } else {
            format!("{} places are", at.offers_out)
        };
        let rest = format!(
            "{held} held for people who have not answered yet; one that they do not take {how}{until}."
        );
        return ("offers_out", rest);
    }
    if let Some(release) = kept_until(at).filter(|release| last.is_none_or(|last| *release < last)) {
        let rest = format!(
            "What is left of the ring-fenced places on {} goes to the first on the list.",
            wire(release)
        );
        return ("at_release", rest);
    }
    ("when_given_back", format!("A place that is given back {how}{until}."))
}

/// When booking closed, where it has.
fn closed_since(at: &Standpoint<'_>) -> Option<DateTime<Utc>> {
    at.cohort.terms.booking_closes_at.filter(|closes| *closes <= at.now)
}

/// PRG-7: a pending booking still becomes a claim if its moment lies before the closing, and else never.
fn after_closing(at: &Standpoint<'_>, closed: DateTime<Utc>) -> Told {
    let too_late = match &at.look.standing {
        Standing::OpensAt(moment) => *moment >= closed,
        Standing::Open { .. } | Standing::NotEligible(_) => true,
        Standing::Missing => false,
    };
    let closed = wire(closed);
    if too_late || at.cohort.started || at.cohort.ended.is_some() {
        return (
            "no_more",
            format!("Booking closed on {closed}: no place can come of this request any more."),
        );
    }
    let rest =
        "a place can still come of this request only if you had done all that was asked of you before then";
    ("before_closing_only", format!("Booking closed on {closed}: {rest}."))
}

/// When the first of the places that are still free and kept for those who fit (PRG-9) goes to all, where any are.
fn kept_until(at: &Standpoint<'_>) -> Option<DateTime<Utc>> {
    releases(at).min()
}

/// The same in words: some can be kept longer than others.
fn until_released(at: &Standpoint<'_>, first: DateTime<Utc>) -> String {
    let longer = if releases(at).any(|release| release > first) { ", some of them longer" } else { "" };
    format!("ring-fenced until {}{longer}", wire(first))
}

fn releases(at: &Standpoint<'_>) -> impl Iterator<Item = DateTime<Utc>> {
    let view = at.cohort;
    let kept =
        view.terms.reserves.iter().filter(|reserve| view.places_free() > 0 && view.shares.room(reserve) > 0);
    kept.map(|reserve| reserve.releases_at)
}

/// Who gets a vacancy.
fn first_on_the_list(view: &View) -> &'static str {
    let unreleased = view.terms.reserves.iter().any(|reserve| !view.shares.is_released(reserve.id));
    if unreleased {
        "the first on the list; one that is ring-fenced, to the first it is kept for"
    } else {
        "the first on the list"
    }
}

fn no_waiting_list(at: &Standpoint<'_>) -> Told {
    let held = match kept_until(at) {
        None => "All places are held".to_owned(),
        Some(first) => format!("The places that are still free are {}", until_released(at, first)),
    };
    ("no_waiting_list", format!("{held}, and this cohort has no waiting list."))
}

fn places(count: u32) -> String {
    if count == 1 { "1 place".to_owned() } else { format!("{count} places") }
}

fn pending(at: &Standpoint<'_>) -> Told {
    let late = |moment: &DateTime<Utc>| closed_since(at).is_some_and(|closed| *moment >= closed);
    match &at.look.standing {
        Standing::OpensAt(moment) if late(moment) => (
            "complete_after_closing",
            format!("Your attendance counts from {}, which is after booking closed.", wire(*moment)),
        ),
        Standing::OpensAt(moment) => (
            "attendance_counts_later",
            format!("Your attendance is on record and counts from {}, the taster's end.", wire(*moment)),
        ),
        Standing::Open { .. } => (
            "complete_after_closing",
            "All that was asked of you is done, but it was done after booking closed.".to_owned(),
        ),
        Standing::Missing if refused_by_manager(at.look) => (
            "manager_refused",
            "Your manager did not agree. You can name somebody else, or withdraw; until then your request stays as \
             it is."
                .to_owned(),
        ),
        Standing::Missing | Standing::NotEligible(_) => {
            let missing: Vec<&str> =
                at.look.items.iter().filter(|item| !item.met).map(|item| item.requirement.as_str()).collect();
            ("requirements_missing", format!("What we still need from you: {}.", missing.join(", ")))
        }
    }
}

fn refused_by_manager(look: &Look) -> bool {
    look.items.iter().any(|item| {
        matches!(item.evidence, Some(EvidenceOf::Manager(ManagerStanding::Refused { .. }))) && !item.met
    })
}

fn waiting(at: &Standpoint<'_>) -> Told {
    let position =
        at.position.map(|n| format!("You are number {n} on the waiting list. ")).unwrap_or_default();
    let cohort = at.cohort;
    if !cohort.opened {
        let opens = cohort.terms.booking_opens_at.map(|at| format!(" on {}", wire(at))).unwrap_or_default();
        let rest = format!("Places are given out in this order when booking opens{opens}.");
        return ("before_opening", format!("{position}{rest}"));
    }
    if !cohort.settles() {
        let rest = "Places are given out in this order when the tasters' attendance is complete.";
        return ("before_seal", format!("{position}{rest}"));
    }
    let stopped = cohort.terms.offers_stop(cohort.first_session_at).is_some_and(|stop| stop <= at.now);
    if stopped && cohort.places_free() > 0 && cohort.terms.vacancies == Vacancies::Offer {
        return ("offers_stopped", format!("{position}No more places go out so close to the start."));
    }
    let first = first_on_the_list(cohort);
    if let Some(first) = kept_until(at) {
        let (free, until) = (cohort.places_free(), until_released(at, first));
        let rest = format!(
            "The places that are still free ({free}) are {until}: they are kept for people whom \
             the academy named. What is left of them then goes to the first on the list."
        );
        return ("places_ring_fenced", format!("{position}{rest}"));
    }
    let held = match cohort.places_taken {
        _ if cohort.places_free() > 0 => String::new(),
        1 => "The one place is held, and no place that is held is taken away. ".to_owned(),
        taken => format!("All {taken} places are held, and no place that is held is taken away. "),
    };
    ("no_place_free", format!("{position}{held}A place that becomes free goes to {first}."))
}

const PLACED_ELSEWHERE: &str = "Another choice of the same joining form gave you a place, and you had chosen that your \
    other requests for a place then end.";

fn closed(at: &Standpoint<'_>) -> Told {
    if let Some((code, sentence)) = transferred(at, Side::Left) {
        return (code, sentence.to_owned());
    }
    if at.placed_elsewhere {
        return ("placed_elsewhere", PLACED_ELSEWHERE.to_owned());
    }
    let Some(reason) = at.closed_reason else { return ("closed", "This booking is over.".to_owned()) };
    let sentence = match reason {
        ClosedReason::Withdrawn => {
            "This request for a place was withdrawn, or another request of the same person for this cohort stayed \
             in its stead."
        }
        ClosedReason::Declined => "The place that was offered was declined.",
        ClosedReason::OfferExpired => "The place that was offered was not accepted in time.",
        ClosedReason::CancelledByParticipant => "The place was given back.",
        ClosedReason::CancelledByAcademy => "The academy cancelled this booking.",
        ClosedReason::CohortCancelled => "The cohort does not take place.",
        ClosedReason::BookingClosed if at.has_claim => "The cohort started, and no place had come by then.",
        ClosedReason::BookingClosed => {
            "The cohort started, and by then something was still missing, or was complete only after booking closed."
        }
        ClosedReason::CohortFull => "All places were taken and this cohort has no waiting list.",
        ClosedReason::NotEligible => "The eligibility rules of this programme are not met.",
        ClosedReason::Erased => "The data of this booking was erased.",
    };
    (reason.as_str(), sentence.to_owned())
}

/// How a booking was left, or came to take another's stead (ADM-23).
fn transferred(at: &Standpoint<'_>, side: Side) -> Option<(&'static str, &'static str)> {
    let known = at.transferred.filter(|known| known.side == side)?;
    let sentence = match (known.transfer, side) {
        (Transfer::Moved, Side::Left) => {
            "You moved to another cohort of this programme, and this place was given back."
        }
        (Transfer::Moved, Side::Joined) => "You moved here from another cohort of this programme.",
        (Transfer::Deferred, Side::Left) => {
            "You deferred to a later cohort of this programme, and this place was given back."
        }
        (Transfer::Deferred, Side::Joined) => "You deferred to this cohort from an earlier one.",
        (Transfer::PassedOn, Side::Left) if known.themselves => "You passed this place on to a colleague.",
        (Transfer::PassedOn, Side::Left) => "This place was passed on to a colleague.",
        (Transfer::PassedOn, Side::Joined) => "A colleague passed it on to you.",
    };
    Some((known.transfer.as_str(), sentence))
}
