use super::ledgers::write;
use super::*;
use BookingStatus::{Closed, Confirmed, Offered};

fn placed_elsewhere(n: u128, held: Held) -> Fact {
    Fact::PlacedElsewhere { booking: booking(n), held, fits: Fits::none() }
}

/// ADM-7, ADM-21: what a choice leaves that ends goes on through settling, and the ledger alone says so.
#[test]
fn an_offer_that_another_choice_ends_goes_to_the_next_in_rank_and_replays() {
    let back = Fact::Cancellation {
        booking: booking(1),
        reason: ClosedReason::CancelledByParticipant,
        held: Held::Place,
        fits: Fits::none(),
    };
    let waits = placed_elsewhere(3, Held::Waiting(rank(2, 3)));
    let facts = [
        (claim(1, 0), 0),
        (claim(2, 1), 1),
        (claim(3, 2), 2),
        (claim(4, 3), 3),
        (back, 5),
        (waits, 6),
        (placed_elsewhere(2, Held::Place), 7),
    ];
    let (entries, view) = write(view(terms(1)), &facts);
    let last = entries.last().unwrap();
    assert_eq!((last.kind, last.booking), (EntryKind::PlacedElsewhere, Some(booking(2))));
    assert!(last.facts.is_empty(), "no ledger names what happened in another");
    let told: Vec<_> = last.decisions.iter().map(|one| (one.booking, one.status)).collect();
    assert_eq!(told, [(booking(2), Closed), (booking(4), Offered)]);
    assert_eq!((view.places_taken, view.waiting.len()), (1, 0));
    let outcome = replay(&entries).unwrap().unwrap();
    assert_eq!(outcome.bookings[&booking(3)].closed_reason, Some(ClosedReason::Withdrawn));
}

/// ADM-12, ADM-21: no place is ever taken away by another choice.
#[test]
fn a_ledger_in_which_another_choice_ends_a_confirmed_place_is_found() {
    let (entries, view) = write(view(terms(1)), &[(claim(1, 0), 0), (placed_elsewhere(1, Held::Place), 5)]);
    assert_eq!(entries[1].decisions[0].status, Confirmed);
    assert_eq!(view.places_taken, 0);
    assert_eq!(replay(&entries).unwrap_err().version, 3);
}
