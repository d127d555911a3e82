//! What mails say of sessions that overlap (PRG-6).

use super::kind::MailKind;
use super::letter::{AboutBooking, para, place_of};
use super::page::Block;
use super::times::span;
use crate::admission::{Clash, SessionTime};
use chrono_tz::Tz;

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
    Block::Items(items_of(&booking.clashes, booking.zone))
}

fn items_of(clashes: &[Clash], zone: Tz) -> Vec<String> {
    let told = |session: &SessionTime| {
        format!("\"{}\" ({})", session.title, span(session.span.starts_at, session.span.ends_at, zone))
    };
    let item = |clash: &Clash| format!("{} overlaps with {}", told(&clash.own), told(&clash.other));
    clashes.iter().take(MOST_NAMED).map(item).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::admission::PlaceElsewhere;
    use crate::catalogue::Span;
    use crate::ids::{AcademyId, BookingId, CohortId, PersonId};
    use uuid::Uuid;

    fn session(title: &str, starts_at: &str, ends_at: &str) -> SessionTime {
        let at = |text: &str| text.parse().unwrap();
        SessionTime { title: title.into(), span: Span { starts_at: at(starts_at), ends_at: at(ends_at) } }
    }

    /// A session that overlaps with one of another place.
    pub(crate) fn one_clash() -> Vec<Clash> {
        let place = PlaceElsewhere {
            booking: BookingId(Uuid::from_u128(1)),
            academy_id: AcademyId(Uuid::from_u128(2)),
            cohort_id: CohortId(Uuid::from_u128(3)),
            person_id: PersonId(Uuid::from_u128(4)),
            booked_by_client: None,
        };
        let own = session("Week 2", "2024-01-18T14:00:00Z", "2024-01-18T16:00:00Z");
        vec![Clash { own, other: session("Module 1", "2024-01-18T09:00:00Z", "2024-01-19T16:00:00Z"), place }]
    }

    /// PRG-6: a clash that arises later is told with both sessions, and one that is gone by then is not.
    #[test]
    fn sessions_that_overlap_are_named_while_they_do() {
        let overlap = items_of(&one_clash(), Tz::Europe__London);
        let [item] = overlap.as_slice() else { panic!("one for each: {overlap:?}") };
        assert!(item.starts_with("\"Week 2\" (Thursday 18 January, 2pm to 4pm"), "{item}");
        assert!(item.contains("overlaps with \"Module 1\" (Thursday 18 January"), "{item}");
        let many: Vec<Clash> = std::iter::repeat_with(one_clash).take(30).flatten().collect();
        assert_eq!(items_of(&many, Tz::Europe__London).len(), MOST_NAMED);
    }
}
