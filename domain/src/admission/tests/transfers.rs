use super::ledgers::write;
use super::*;
use BookingStatus::{Closed, Confirmed, Offered, Waiting};

fn moved(n: u128) -> Fact {
    let reason = ClosedReason::CancelledByParticipant;
    Fact::Transferred { booking: booking(n), transfer: Transfer::Moved, reason, fits: Fits::none() }
}

fn starting(minutes: Option<i64>) -> View {
    View { first_session_at: minutes.map(at), ..view(terms(2)) }
}

fn why_not(to: &View, from: &View, transfer: Transfer) -> Option<NoTransfer> {
    to.takes_from(from, transfer, &claim(9, 30), at(30)).unwrap()
}

/// ADM-23.
#[test]
fn a_move_needs_a_place_that_is_given_out_and_free_and_nobody_waiting() {
    let from = view(terms(1));
    let to = |change: fn(&mut View)| {
        let mut to = view(terms(1));
        change(&mut to);
        why_not(&to, &from, Transfer::Moved)
    };
    assert_eq!(to(|_| {}), None);
    assert_eq!(to(|view| view.places_taken = 1), Some(NoTransfer::Full));
    assert_eq!(to(|view| view.waiting = Queue::new([], 1)), Some(NoTransfer::OthersWait));
    assert_eq!(to(|view| view.opened = false), Some(NoTransfer::NotGivenYet));
    assert_eq!(
        to(|view| view.terms.settles_first = SettlesFirst::TastersSealed),
        Some(NoTransfer::NotGivenYet)
    );
}

/// ADM-23.
#[test]
fn a_deferral_goes_to_what_starts_later_and_to_what_has_no_dates_yet() {
    let to = |to, from| why_not(&starting(to), &starting(from), Transfer::Deferred);
    assert_eq!(to(Some(200), Some(100)), None);
    assert_eq!(to(Some(100), Some(100)), Some(NoTransfer::NotLater));
    assert_eq!(to(Some(90), Some(100)), Some(NoTransfer::NotLater));
    assert_eq!(to(None, Some(100)), None);
    assert_eq!(to(None, None), None);
    assert_eq!(to(Some(200), None), Some(NoTransfer::NotLater));
    let full = View { places_taken: 2, waiting: Queue::new([], 3), ..starting(Some(200)) };
    assert_eq!(why_not(&full, &starting(Some(100)), Transfer::Deferred), None, "it waits there");
}

/// ADM-23.
#[test]
fn only_a_confirmed_place_is_left() {
    assert_eq!(may_leave(Confirmed), Ok(()));
    for status in [BookingStatus::Pending, Waiting, Offered] {
        assert_eq!(may_leave(status), Err(NoTransfer::NotConfirmed));
    }
    for status in [BookingStatus::Completed, BookingStatus::NotCompleted, Closed] {
        assert_eq!(may_leave(status), Err(NoTransfer::NotLive));
    }
}

/// ADM-7, ADM-23: the place that is left goes on through settling, and the ledger alone says so.
#[test]
fn the_place_that_is_left_goes_to_the_next_in_rank_and_replays() {
    let facts = [(claim(1, 0), 0), (claim(2, 1), 1), (moved(1), 5)];
    let (entries, view) = write(view(terms(1)), &facts);
    let last = entries.last().unwrap();
    assert_eq!((last.kind, last.booking), (EntryKind::Moved, Some(booking(1))));
    let told: Vec<_> = last.decisions.iter().map(|one| (one.booking, one.status)).collect();
    assert_eq!(told, [(booking(1), Closed), (booking(2), Offered)]);
    assert_eq!(view.places_taken, 1);
    let outcome = replay(&entries).unwrap().unwrap();
    assert_eq!(outcome.view.places_taken, 1);
    assert_eq!(outcome.bookings[&booking(1)].closed_reason, Some(ClosedReason::CancelledByParticipant));
}

/// ADM-12, ADM-23.
#[test]
fn a_ledger_in_which_somebody_without_a_place_moves_is_found() {
    let (entries, _) = write(view(terms(1)), &[(claim(1, 0), 0), (claim(2, 1), 1), (moved(2), 5)]);
    assert_eq!(replay(&entries).unwrap_err().version, 4);
}
