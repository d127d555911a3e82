//! Mails to and about managers who are asked whether they agree (ADM-20).

use super::calls::call;
use super::letter::{AboutBooking, Links, para, place_of};
use super::page::Block;
use crate::ids::BookingId;

/// What is still needed, where it is the manager's agreement.
pub(super) const NEED_MANAGER: &str = "Your manager's agreement: we ask the manager whom you named, and it costs you nothing how long they take.";

/// What is still needed, where it is a nomination.
pub(super) const NEED_NOMINATION: &str = "A nomination: ask your organisation, or the academy, who may nominate you. We find it by your email address.";

/// Asks a manager.
pub(super) fn manager_asked(booking: &AboutBooking, blocks: &mut Vec<Block>) -> String {
    let somebody = booking.participant.as_deref().filter(|name| !name.is_empty()).unwrap_or("Somebody");
    blocks.push(Block::Para(format!(
        "{somebody} asks for a place on {} and has named you as their manager. Do you agree that they take part?",
        place_of(booking)
    )));
    blocks.push(para(
        "You need no account. Your answer goes to them first; how long you take costs them no place in the order. If you \
         are not their manager, please say that you do not agree.",
    ));
    format!("Do you agree? {}", booking.programme)
}

/// Tells the person, before anybody else, that their manager did not agree.
pub(super) fn manager_refused(booking: &AboutBooking, links: &Links<'_>, blocks: &mut Vec<Block>) -> String {
    blocks.push(Block::Para(format!(
        "The manager whom you named has said that they do not agree to your taking part in {}.",
        place_of(booking)
    )));
    blocks.push(para(
        "You are told first: for 48 hours nobody else sees it. Your request stays as it is. You can name somebody else, \
         whom we then ask, or withdraw it.",
    ));
    let path = format!("{}/v1/bookings/{}", links.public_url, booking.id);
    blocks.push(Block::Copy(
        "To name somebody else, signed in",
        format!(
            "curl -X PATCH {path} -H 'Authorization: Bearer TOKEN' -H 'If-Match: *' -H 'Content-Type: application/json' \
             -d '{{\"manager\":{{\"email\":\"THEIR EMAIL\"}}}}'"
        ),
    ));
    blocks.push(Block::Copy(
        "To withdraw, signed in",
        format!("curl -X POST {path}/cancel -H 'Authorization: Bearer TOKEN'"),
    ));
    format!("Your manager did not agree: {}", booking.programme)
}

/// The two answers of a manager, each as a link and as a call: opening a link answers nothing.
pub(super) fn manager_calls(base: &str, id: BookingId, token: &str, blocks: &mut Vec<Block>) {
    for (what, verb) in [("I agree", "agree"), ("I do not agree", "refuse")] {
        blocks.push(Block::Link(what, format!("{base}/bookings/{id}/manager/{verb}?token={token}")));
        let by_hand = call(base, &format!("/v1/bookings/{id}/manager/{verb}"), token);
        blocks.push(Block::Copy("Or from a terminal", by_hand));
    }
}
