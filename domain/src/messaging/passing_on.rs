//! The mails to a colleague to whom a place is to be passed on, and to who has it where others propose that (ADM-23).

use super::kind::MailKind;
use super::letter::{AboutBooking, Links, para, place_of};
use super::page::Block;
use crate::ids::CohortId;

/// Proposes the place, or tells of it who has it.
pub(super) fn proposed(
    kind: MailKind,
    booking: &AboutBooking,
    links: &Links<'_>,
    blocks: &mut Vec<Block>,
) -> String {
    if kind == MailKind::OwnPlaceProposed {
        to_owner(booking, links, blocks)
    } else {
        to_colleague(booking, blocks)
    }
}

/// Proposes the place. Who has it is named only where they propose it themselves.
fn to_colleague(booking: &AboutBooking, blocks: &mut Vec<Block>) -> String {
    let somebody = booking.participant.as_deref().filter(|name| !name.is_empty());
    let somebody =
        somebody.map_or("A colleague of yours".to_owned(), |name| format!("{name}, a colleague of yours,"));
    blocks.push(Block::Para(format!(
        "{somebody} has a place on {} and would like to pass it on to you.",
        place_of(booking)
    )));
    blocks.push(para(
        "It stays theirs until you take it over. For that you need an account with this email address, confirmed, and you \
         are asked for all that everybody is asked who would like a place: the joining form, and what else we need from you. \
         You can try again as long as something is missing.",
    ));
    blocks.push(para("If you do not want it, you need do nothing."));
    format!("You can take over a colleague's place: {}", booking.programme)
}

/// Tells who has the place that somebody else proposed it to a colleague, while it can still be taken back.
fn to_owner(booking: &AboutBooking, links: &Links<'_>, blocks: &mut Vec<Block>) -> String {
    blocks.push(Block::Para(format!(
        "Your place on {} was proposed to a colleague on your behalf. It stays yours until they take it over.",
        place_of(booking)
    )));
    blocks.push(para("If you do not want that, take the proposal back, or write to us at once."));
    let path = format!("{}/v1/bookings/{}/pass-on/take-back", links.public_url, booking.id);
    blocks.push(Block::Copy(
        "To take it back, signed in",
        format!("curl -X POST {path} -H 'Authorization: Bearer TOKEN'"),
    ));
    format!("Your place was proposed to a colleague: {}", booking.programme)
}

/// How to take it over: opening the link takes nothing over.
pub(super) fn take_over_calls(base: &str, cohort: CohortId, token: &str, blocks: &mut Vec<Block>) {
    blocks
        .push(Block::Link("Take the place over", format!("{base}/cohorts/{cohort}/take-over?token={token}")));
    blocks.push(Block::Copy(
        "Or from a terminal, signed in, with your answers to the joining form",
        format!(
            "curl -X POST {base}/v1/cohorts/{cohort}/bookings/take-over -H 'Authorization: Bearer TOKEN' \
             -H 'Content-Type: application/json' -d '{{\"token\":\"{token}\",\"answers\":{{}}}}'"
        ),
    ));
}
