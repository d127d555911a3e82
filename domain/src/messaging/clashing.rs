//! What mails say of sessions that overlap (PRG-6).

use super::kind::MailKind;
use super::letter::{AboutBooking, para, place_of};
use super::page::Block;
use super::times::span;
use crate::admission::{Clash, SessionTime};

/// Most overlaps that one mail names.
const MOST_NAMED: usize = 20;

/// Sessions were moved or added, and overlap now; none where they do no longer.
pub(super) fn sessions_clash(booking: &AboutBooking, blocks: &mut Vec<Block>) -> Option<String> {
    if booking.clashes.is_empty() {
        return None;
    }
    blocks.push(Block::Para(format!(
        "The dates of {} have changed. They overlap now with those of another place that you have:",
        place_of(booking)
    )));
    blocks.push(items(booking));
    blocks.push(para(
        "Both places are still yours. If you can't come to both, please give one of them back, so that it goes to the \
         next person.",
    ));
    Some(format!("Some of your sessions overlap: {}", booking.programme))
}

/// What a mail of a place adds where it overlaps with another.
pub(super) fn note(kind: MailKind, booking: &AboutBooking, blocks: &mut Vec<Block>) {
    let words = match kind {
        _ if booking.clashes.is_empty() => return,
        MailKind::OfferMade | MailKind::OfferReminder => {
            "Please note that it overlaps with another place that you have. If you want both, say so when you take it: \
             from a terminal, put \"acknowledgesClash\":true beside the token."
        }
        MailKind::PlaceConfirmed => "Please note that it overlaps with another place that you have.",
        _ => return,
    };
    blocks.push(para(words));
    blocks.push(items(booking));
}

fn items(booking: &AboutBooking) -> Block {
    let told = |session: &SessionTime| {
        let when = span(session.span.starts_at, session.span.ends_at, booking.zone);
        format!("\"{}\" ({when})", session.title)
    };
    let item = |clash: &Clash| format!("{} overlaps with {}", told(&clash.own), told(&clash.other));
    Block::Items(booking.clashes.iter().take(MOST_NAMED).map(item).collect())
}
