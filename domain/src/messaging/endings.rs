//! How a booking ended, and how one came to take another's stead (ADM-23), for the person.

use super::kind::MailKind;
use super::letter::{AboutBooking, para, place_of};
use super::page::Block;
use crate::admission::Transfer;

/// Tells that a request, or a place, has ended.
pub(super) fn ended(booking: &AboutBooking, blocks: &mut Vec<Block>) -> String {
    if booking.transfer == Some(Transfer::PassedOn) {
        blocks.push(Block::Para(format!(
            "Your colleague has taken over your place on {}. It is theirs now, and you have nothing more to do.",
            place_of(booking)
        )));
        blocks.push(para("If you did not want that, please write to us at once."));
        return format!("Your place has been passed on: {}", booking.programme);
    }
    let reason = booking.closed_reason.as_deref().unwrap_or_default();
    blocks.push(Block::Para(format!(
        "Your request for a place on {} has ended. {}",
        place_of(booking),
        ended_because(reason)
    )));
    format!("Your request for a place has ended: {}", booking.programme)
}

/// Why it ended, by its code.
fn ended_because(reason: &str) -> &'static str {
    match reason {
        "withdrawn" => "It was withdrawn.",
        "placed_elsewhere" => {
            "You have a place in another cohort of this programme, and the other requests of the same form end with that."
        }
        "declined" => "The place that was held for you was declined.",
        "offer_expired" => {
            "The place that was held for you was not taken up in time, so it has gone to the next person."
        }
        "cancelled_by_participant" => "Your place was cancelled, as we were asked to.",
        "cancelled_by_academy" => "The academy cancelled it.",
        "cohort_cancelled" => "The sessions do not take place.",
        "booking_closed" => "Booking is over, and you had no place by then.",
        "cohort_full" => "All places are taken, and there is no waiting list.",
        "not_eligible" => "What we know of you does not fit those for whom the programme is meant.",
        _ => "",
    }
}

/// What is said of the place that was left for this one.
pub(super) fn came_instead(kind: MailKind, transfer: Transfer) -> Option<&'static str> {
    match (kind, transfer) {
        (MailKind::BookingClosed, _) => None,
        (_, Transfer::Moved) => Some(
            "You moved here from another cohort of this programme. Your place there has been given back.",
        ),
        (_, Transfer::Deferred) => {
            Some("You deferred to this cohort from an earlier one. Your place there has been given back.")
        }
        (_, Transfer::PassedOn) => Some("A colleague passed this place on to you."),
    }
}

/// That a place ended the other requests of the same joining form, as the person chose (ADM-21).
pub(super) fn also_ended(titles: &[String]) -> Option<String> {
    let (last, before) = titles.split_last()?;
    let (requests, list) = match before {
        [] => ("request for a place on this programme has", last.clone()),
        _ => ("requests for a place on this programme have", format!("{} and {last}", before.join(", "))),
    };
    Some(format!("As you chose when you asked for a place, your other {requests} now ended: {list}."))
}
