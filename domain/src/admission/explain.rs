//! Why a booking stands where it stands (ADM-13), in a code and a sentence.

use super::booking::{BookingStatus, ClosedReason};
use super::claim::{Look, Standing};
use super::settle::View;
use crate::time::wire;
use chrono::{DateTime, Utc};

/// What a booking's standing is explained from.
#[derive(Clone, Copy, Debug)]
pub struct Standpoint<'a> {
    /// Its status.
    pub status: BookingStatus,
    /// Why it is closed.
    pub closed_reason: Option<ClosedReason>,
    /// Its place on the waiting list, counted from 1.
    pub position: Option<u64>,
    /// The end of its offer.
    pub offer_expires_at: Option<DateTime<Utc>>,
    /// Its gate.
    pub look: &'a Look,
    /// Its cohort.
    pub cohort: &'a View,
    /// When it is asked.
    pub now: DateTime<Utc>,
}

/// A stable code and a sentence for the person.
pub fn explain(at: &Standpoint<'_>) -> (&'static str, String) {
    match at.status {
        BookingStatus::Pending => pending(at),
        BookingStatus::Waiting => waiting(at),
        BookingStatus::Offered => {
            let end = at.offer_expires_at.map(wire).unwrap_or_default();
            ("place_offered", format!("A place is held for you until {end}: accept or decline it."))
        }
        BookingStatus::Confirmed => ("place_confirmed", "You have a place.".to_owned()),
        BookingStatus::Completed => ("completed", "You completed this cohort.".to_owned()),
        BookingStatus::NotCompleted => ("not_completed", "You did not complete this cohort.".to_owned()),
        BookingStatus::Closed => closed(at.closed_reason),
    }
}

fn pending(at: &Standpoint<'_>) -> (&'static str, String) {
    match &at.look.standing {
        Standing::OpensAt(moment) => (
            "attendance_counts_later",
            format!("Your attendance is on record and counts from {}, the taster's end.", wire(*moment)),
        ),
        Standing::Open { .. } => (
            "complete_after_closing",
            "All that was asked of you is done, but it was done after booking closed.".to_owned(),
        ),
        Standing::Missing | Standing::NotEligible(_) => {
            let missing: Vec<&str> =
                at.look.items.iter().filter(|item| !item.met).map(|item| item.requirement.as_str()).collect();
            ("requirements_missing", format!("What we still need from you: {}.", missing.join(", ")))
        }
    }
}

fn waiting(at: &Standpoint<'_>) -> (&'static str, String) {
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
    if stopped && cohort.places_free() > 0 {
        return ("offers_stopped", format!("{position}No more places go out so close to the start."));
    }
    let capacity = cohort.terms.capacity.get();
    let rest = format!(
        "All {capacity} places are held by requests that were complete before yours; a place that becomes free goes to the first on the list."
    );
    ("no_place_free", format!("{position}{rest}"))
}

fn closed(reason: Option<ClosedReason>) -> (&'static str, String) {
    let Some(reason) = reason else { return ("closed", "This booking is over.".to_owned()) };
    let sentence = match reason {
        ClosedReason::Withdrawn => "You withdrew your request for a place.",
        ClosedReason::Declined => "You declined the place that was offered.",
        ClosedReason::OfferExpired => "The place that was offered was not accepted in time.",
        ClosedReason::CancelledByParticipant => "You gave your place back.",
        ClosedReason::CancelledByAcademy => "The academy cancelled this booking.",
        ClosedReason::CohortCancelled => "The cohort does not take place.",
        ClosedReason::BookingClosed => "The cohort started before a place became free.",
        ClosedReason::CohortFull => "All places were taken and this cohort has no waiting list.",
        ClosedReason::NotEligible => "The eligibility rules of this programme are not met.",
        ClosedReason::Erased => "The data of this booking was erased.",
    };
    (reason.as_str(), sentence.to_owned())
}
