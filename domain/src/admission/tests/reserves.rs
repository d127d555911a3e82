use super::ledgers::write;
use super::*;
use BookingStatus::{Closed, Confirmed, Offered, Waiting};

/// So many places, of which the first reserve keeps `places` until minute 500.
fn with_reserve(capacity: i64, places: u32) -> View {
    view(Terms { reserves: vec![reserve(0, places, 500)], ..terms(capacity) })
}

fn fitting(n: u128, moment: i64, reserves: &[u128]) -> Fact {
    let fits = reserves.iter().map(|n| reserve_id(*n)).collect();
    Fact::Claim { booking: booking(n), moment: at(moment), submitted_at: at(moment), fits, imported: false }
}

fn cancel(n: u128, reserves: &[u128]) -> Fact {
    Fact::Cancellation {
        booking: booking(n),
        reason: ClosedReason::CancelledByParticipant,
        held: Held::Place,
        fits: reserves.iter().map(|n| reserve_id(*n)).collect(),
    }
}

fn told(decisions: &[Decision]) -> Vec<(BookingId, BookingStatus)> {
    decisions.iter().map(|decision| (decision.booking, decision.status)).collect()
}

/// PRG-9.
#[test]
fn a_reserved_place_stays_free_for_who_fits_and_goes_to_them_on_arrival() {
    let mut view = with_reserve(2, 1);
    assert_eq!(told(&view.apply(&claim(1, 0), at(0)).unwrap()), [(booking(1), Confirmed)]);
    assert_eq!(told(&view.apply(&claim(2, 1), at(1)).unwrap()), [(booking(2), Waiting)]);
    assert_eq!((view.places_free(), view.places_open_to_all()), (1, 0));
    assert_eq!(told(&view.apply(&fitting(3, 2, &[0]), at(2)).unwrap()), [(booking(3), Confirmed)]);
    assert_eq!(told(&view.apply(&fitting(4, 3, &[0]), at(3)).unwrap()), [(booking(4), Waiting)]);
}

/// PRG-9: who fits takes a reserved place first, and leaves the open ones to the others.
#[test]
fn who_fits_takes_a_reserved_place_before_an_open_one() {
    let mut view = with_reserve(2, 1);
    assert_eq!(told(&view.apply(&fitting(1, 0, &[0]), at(0)).unwrap()), [(booking(1), Confirmed)]);
    assert_eq!(view.places_open_to_all(), 1);
    assert_eq!(told(&view.apply(&claim(2, 1), at(1)).unwrap()), [(booking(2), Confirmed)]);
}

/// PRG-9: in the order of the reserves.
#[test]
fn who_fits_two_reserves_counts_in_the_first_that_has_room() {
    let reserves = vec![reserve(0, 1, 500), reserve(1, 1, 500)];
    let mut view = view(Terms { reserves, ..terms(2) });
    assert_eq!(told(&view.apply(&fitting(1, 0, &[0, 1]), at(0)).unwrap()), [(booking(1), Confirmed)]);
    assert_eq!(told(&view.apply(&fitting(2, 1, &[0]), at(1)).unwrap()), [(booking(2), Waiting)]);
    assert_eq!(told(&view.apply(&fitting(3, 2, &[0, 1]), at(2)).unwrap()), [(booking(3), Confirmed)]);
}

/// PRG-9: a least share, not an extra.
#[test]
fn a_freed_place_is_open_to_all_where_others_who_fit_make_up_the_share() {
    let mut view = with_reserve(2, 1);
    for (n, reserves) in [(1, &[0][..]), (2, &[0])] {
        assert_eq!(view.apply(&fitting(n, n as i64, reserves), at(5)).unwrap()[0].status, Confirmed);
    }
    view.apply(&claim(3, 6), at(6)).unwrap();
    view.apply(&fitting(4, 7, &[0]), at(7)).unwrap();
    let freed = view.apply(&cancel(1, &[0]), at(8)).unwrap();
    assert_eq!(told(&freed), [(booking(1), Closed), (booking(3), Offered)], "the second makes up the share");
    let freed = view.apply(&cancel(2, &[0]), at(9)).unwrap();
    assert_eq!(told(&freed), [(booking(2), Closed), (booking(4), Offered)], "nobody else does");
}

/// PRG-9, ADM-7.
#[test]
fn a_release_gives_what_is_left_to_the_head_of_the_list_once_at_its_moment() {
    let mut view = with_reserve(3, 2);
    view.apply(&claim(1, 0), at(0)).unwrap();
    for n in [2, 3, 4] {
        view.apply(&claim(n, 10 - n as i64), at(20)).unwrap();
    }
    let due = due_facts(&view, &Due::default(), at(500));
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].moment, &due[0].fact), (at(500), &Fact::ReserveReleased { reserve: reserve_id(0) }));
    assert!(due_facts(&view, &Due::default(), at(499)).is_empty());
    let released = view.apply(&due[0].fact, at(500)).unwrap();
    assert_eq!(told(&released), [(booking(4), Offered), (booking(3), Offered)], "in rank order");
    assert!(due_facts(&view, &Due::default(), at(501)).is_empty(), "once");
}

/// PRG-9, ADM-6.
#[test]
fn at_the_opening_the_reserve_goes_to_who_fits_and_the_rest_in_order() {
    let opens = Terms { booking_opens_at: Some(at(100)), ..terms(2) };
    let mut view = view(Terms { reserves: vec![reserve(0, 1, 500)], ..opens });
    for fact in [claim(1, 1), claim(2, 2), fitting(3, 3, &[0])] {
        view.apply(&fact, at(50)).unwrap();
    }
    let opened = view.apply(&Fact::BookingOpened, at(100)).unwrap();
    assert_eq!(told(&opened), [(booking(1), Confirmed), (booking(3), Confirmed)]);
}

/// PRG-9, ADM-2.
#[test]
fn without_a_waiting_list_a_reserved_place_is_no_place_for_others() {
    let mut view = with_reserve(1, 1);
    view.terms.waiting_list = false;
    assert!(view.is_full_without_waiting_list(&Fits::none()));
    assert!(!view.is_full_without_waiting_list(&[reserve_id(0)].into_iter().collect()));
    assert_eq!(view.apply(&claim(1, 0), at(0)).unwrap()[0].closed_reason, Some(ClosedReason::CohortFull));
    assert_eq!(view.apply(&fitting(2, 1, &[0]), at(1)).unwrap()[0].status, Confirmed);
}

/// PRG-9: what becomes known of a person later counts from then on, and is an entry of its own.
#[test]
fn who_turns_out_to_fit_while_they_wait_gets_the_reserved_place() {
    let mut view = with_reserve(2, 1);
    for n in [1, 2, 3] {
        view.apply(&claim(n, n as i64), at(5)).unwrap();
    }
    let fits: Fits = [reserve_id(0)].into_iter().collect();
    let held = Held::Waiting(rank(3, 3));
    let fact = Fact::FitChanged(Refit {
        booking: booking(3),
        held,
        lapses: 0,
        carried: false,
        before: Fits::none(),
        fits,
    });
    assert_eq!(told(&view.apply(&fact, at(6)).unwrap()), [(booking(3), Offered)]);
}

/// PRG-9: while some are looked at by the old rule and some by the new, nothing is given out.
#[test]
fn a_reserve_that_is_for_others_now_gives_nothing_to_who_fitted_it_before() {
    let mut view = with_reserve(2, 1);
    let facts = [(claim(1, 0), 0), (fitting(2, 1, &[0]), 1), (claim(3, 2), 2), (fitting(4, 3, &[0]), 3)];
    for (fact, minute) in &facts {
        view.apply(fact, at(*minute)).unwrap();
    }
    let to = |n: u128, status, rank, fits: &[u128]| {
        let before = if fits.is_empty() { [reserve_id(0)].into_iter().collect() } else { Fits::none() };
        let fits = fits.iter().map(|n| reserve_id(*n)).collect();
        Refit::of(booking(n), (status, rank), (0, false), before, fits).unwrap()
    };
    let refits = vec![
        to(3, Waiting, Some(rank(2, 3)), &[0]),
        to(4, Waiting, Some(rank(3, 4)), &[]),
        to(2, Confirmed, Some(rank(1, 2)), &[]),
    ];
    let (mut entries, _) = write(with_reserve(2, 1), &facts);
    let changed = Fact::ReservesChanged { terms: view.terms.clone(), refits: refits.clone() };
    assert_eq!(view.clone().apply(&changed, at(4)).unwrap(), [], "nothing is free");
    let terms = Terms { capacity: Capacity::new(3).unwrap(), ..view.terms.clone() };
    let changed = Fact::ReservesChanged { terms, refits };
    assert_eq!(told(&view.apply(&changed, at(4)).unwrap()), [(booking(3), Offered)]);
    assert_eq!(view.waiting.kinds().collect::<Vec<_>>(), [(&Fits::none(), 1)]);

    let last = entries.last().unwrap().clone();
    let mut before = replay(&entries).unwrap().unwrap().view;
    entries
        .push(Entry::enter(&mut before, &changed, None, at(4), last.version + 1, &last.entry_hash).unwrap());
    assert_eq!(entries[5].kind, EntryKind::CapacityChanged, "one change of terms is one entry");
    assert_eq!(entries[5].facts["fits"][0]["reserves"], serde_json::json!([reserve_id(0).to_string()]));
    let outcome = replay(&entries).unwrap().unwrap();
    assert_eq!((outcome.view.shares, outcome.bookings[&booking(3)].status), (view.shares, Offered));
    assert_eq!(outcome.bookings[&booking(4)].fits, Fits::none());
}

/// PRG-9, ADM-12: the ledger alone can be replayed.
#[test]
fn a_ledger_names_the_reserves_and_who_fits_them_and_replays() {
    let facts = [
        (claim(1, 0), 0),
        (claim(2, 1), 1),
        (fitting(3, 2, &[0]), 2),
        (cancel(3, &[0]), 3),
        (Fact::ReserveReleased { reserve: reserve_id(0) }, 500),
    ];
    let (mut entries, end) = write(with_reserve(2, 1), &facts);
    assert_eq!(entries[0].facts["reserves"][0]["places"], 1);
    assert_eq!(entries[1].facts["reserves"], serde_json::json!([]));
    assert_eq!(entries[3].facts["reserves"], serde_json::json!([reserve_id(0).to_string()]));
    let outcome = replay(&entries).unwrap().unwrap();
    assert_eq!(outcome.view.shares, end.shares);
    assert_eq!(outcome.bookings[&booking(2)].status, Offered);
    entries[5].moment = at(499);
    entries[5].entry_hash = entries[5].computed_hash();
    assert!(replay(&entries).is_err(), "a release at another moment is found");
}

/// PRG-9.
#[test]
fn shares_are_kept_and_read_back_as_they_are() {
    let mut view = with_reserve(2, 1);
    view.apply(&fitting(1, 0, &[0]), at(0)).unwrap();
    let kept = serde_json::to_string(&view.shares).unwrap();
    assert_eq!(serde_json::from_str::<Shares>(&kept).unwrap(), view.shares);
}
