use super::ledgers::write;
use super::*;
use BookingStatus::{Closed, Confirmed, Offered, Waiting};
use proptest::prelude::*;

fn passed_on(n: u128, fits: Fits) -> Fact {
    let reason = ClosedReason::CancelledByParticipant;
    Fact::Transferred { booking: booking(n), transfer: Transfer::PassedOn, reason, fits }
}

fn fitting(n: u128, moment: i64, fits: Fits) -> Fact {
    Fact::Claim { booking: booking(n), moment: at(moment), submitted_at: at(moment), fits, imported: false }
}

fn full() -> View {
    View { places_taken: 2, ..view(terms(2)) }
}

fn proposing(cohort: &View) -> Proposing<'_> {
    Proposing {
        status: Confirmed,
        allowed: true,
        published: true,
        to_themselves: false,
        times: 0,
        sent_to_them: 0,
        cohort,
    }
}

/// ADM-23.
#[test]
fn a_place_is_proposed_for_a_week_and_not_beyond_closing_or_start() {
    let until = |change: fn(&mut View)| {
        let mut cohort = full();
        change(&mut cohort);
        proposing(&cohort).ends(at(0))
    };
    let (day, week) = (24 * 60, 7 * 24 * 60);
    assert_eq!(until(|_| {}), Ok(at(week)));
    assert_eq!(until(|view| view.first_session_at = Some(at(24 * 60))), Ok(at(day)));
    assert_eq!(until(|view| view.terms.booking_closes_at = Some(at(60))), Ok(at(60)));
    assert_eq!(until(|view| view.first_session_at = Some(at(8 * 24 * 60))), Ok(at(week)));
}

/// ADM-23, PRG-7.
#[test]
fn a_place_is_proposed_only_where_the_cohort_says_so_nobody_waits_and_booking_is_open() {
    let why_not = |change: fn(&mut View)| {
        let mut cohort = full();
        change(&mut cohort);
        proposing(&cohort).ends(at(0)).err()
    };
    assert_eq!(why_not(|view| view.waiting = Queue::new([], 1)), Some(NoTransfer::OthersWait));
    assert_eq!(why_not(|view| view.opened = false), Some(NoTransfer::NotGivenYet));
    assert_eq!(why_not(|view| view.terms.booking_closes_at = Some(at(0))), Some(NoTransfer::Closed));
    assert_eq!(why_not(|view| view.first_session_at = Some(at(0))), Some(NoTransfer::Closed));
    assert_eq!(why_not(|view| view.ended = Some(Ended::Cancelled)), Some(NoTransfer::Closed));
    let cohort = full();
    let asked = proposing(&cohort);
    for (asked, why) in [
        (Proposing { allowed: false, ..asked }, NoTransfer::NotPassedOn),
        (Proposing { published: false, ..asked }, NoTransfer::NotPublished),
        (Proposing { to_themselves: true, ..asked }, NoTransfer::ToThemselves),
        (Proposing { times: MOST_PROPOSED, ..asked }, NoTransfer::TooOften),
        (Proposing { sent_to_them: MOST_PROPOSED_TO, ..asked }, NoTransfer::TooOftenToThem),
        (Proposing { status: Offered, ..asked }, NoTransfer::NotConfirmed),
        (Proposing { status: Closed, ..asked }, NoTransfer::NotLive),
    ] {
        assert_eq!(asked.ends(at(0)), Err(why));
    }
    assert!(Proposing { times: MOST_PROPOSED - 1, ..asked }.ends(at(0)).is_ok());
    assert!(Proposing { sent_to_them: MOST_PROPOSED_TO - 1, ..asked }.ends(at(0)).is_ok());
}

/// ADM-7, ADM-12, ADM-23.
#[test]
fn a_place_that_is_passed_on_is_two_entries_that_replay() {
    let facts = [(claim(1, 0), 0), (passed_on(1, Fits::none()), 5), (claim(2, 5), 5)];
    let (entries, after) = write(view(terms(1)), &facts);
    let told: Vec<_> = entries[2..].iter().flat_map(|entry| &entry.decisions).collect();
    let told: Vec<_> = told.into_iter().map(|one| (one.booking, one.status)).collect();
    assert_eq!(told, [(booking(1), Closed), (booking(2), Confirmed)]);
    assert_eq!((entries[2].kind, entries[2].booking), (EntryKind::PassedOn, Some(booking(1))));
    assert!(!entries[2].kind.is_told_elsewhere(), "who passed it on is told");
    assert_eq!(after.places_taken, 1);
    let outcome = replay(&entries).unwrap().unwrap();
    assert_eq!(outcome.bookings[&booking(1)].closed_reason, Some(ClosedReason::CancelledByParticipant));
    assert_eq!(outcome.bookings[&booking(2)].status, Confirmed);
}

/// ADM-9, ADM-12, ADM-23: nobody who waits is passed, and a ledger in which somebody was is found.
#[test]
fn a_ledger_in_which_a_place_is_passed_on_while_somebody_waits_is_found() {
    let facts = [(claim(1, 0), 0), (claim(2, 1), 1), (passed_on(1, Fits::none()), 5)];
    let (entries, _) = write(view(terms(1)), &facts);
    assert_eq!(replay(&entries).unwrap_err().version, 4);
    let (entries, _) = write(view(terms(1)), &[(claim(1, 0), 0), (passed_on(2, Fits::none()), 5)]);
    assert_eq!(replay(&entries).unwrap_err().version, 3, "nor by who has none");
}

/// PRG-9, ADM-23.
#[test]
fn a_place_that_a_reserve_keeps_is_not_passed_on_to_who_does_not_fit() {
    let ring = || -> Fits { [reserve_id(0)].into_iter().collect() };
    let cohort = |releases| {
        let mut cohort = view(Terms { reserves: vec![reserve(0, 1, releases)], ..terms(2) });
        cohort.apply(&fitting(1, 0, ring()), at(0)).unwrap();
        cohort.apply(&claim(2, 1), at(1)).unwrap();
        cohort
    };
    let kept = cohort(500);
    let (ringed, open) = (passed_on(1, ring()), passed_on(2, Fits::none()));
    assert_eq!(kept.hands_on(&ringed, &claim(3, 5), at(5)).unwrap(), Some(NoTransfer::Kept));
    assert_eq!(kept.hands_on(&ringed, &fitting(3, 5, ring()), at(5)).unwrap(), None);
    assert_eq!(kept.hands_on(&open, &claim(3, 5), at(5)).unwrap(), None, "the other one is open to all");
    let mut released = cohort(4);
    released.apply(&Fact::ReserveReleased { reserve: reserve_id(0) }, at(4)).unwrap();
    assert_eq!(released.hands_on(&ringed, &claim(3, 5), at(5)).unwrap(), None);
}

/// ADM-23.
#[test]
fn a_place_is_handed_on_only_while_nobody_waits_and_places_are_given() {
    let hand = |change: fn(&mut View)| {
        let mut cohort = full();
        change(&mut cohort);
        cohort.hands_on(&passed_on(1, Fits::none()), &claim(9, 5), at(5)).unwrap()
    };
    assert_eq!(hand(|_| {}), None);
    assert_eq!(hand(|view| view.waiting = Queue::new([], 3)), Some(NoTransfer::OthersWait));
    assert_eq!(hand(|view| view.opened = false), Some(NoTransfer::NotGivenYet));
    assert_eq!(hand(|view| view.ended = Some(Ended::Completed)), Some(NoTransfer::NotGivenYet));
}

proptest! {
    /// ADM-7, ADM-8, ADM-23: while nobody waits, the place that is left goes to nobody, and the claim after it either has it
    /// or is refused before anything is entered.
    #[test]
    fn between_the_two_entries_nobody_else_gets_the_place(
        capacity in 1..6u32, taken in 1..6u32, kept in 0..6u32, ringed in 0..6u32, automatic: bool,
        leaver_fits: bool, fits: bool, moment in 0..100i64,
    ) {
        let taken = taken.min(capacity);
        let ring = |fits: bool| -> Fits { fits.then(|| reserve_id(0)).into_iter().collect() };
        let mut terms = terms(i64::from(capacity));
        terms.reserves = (kept > 0).then(|| reserve(0, kept, 500)).into_iter().collect();
        terms.vacancies = if automatic { Vacancies::Automatic } else { Vacancies::Offer };
        let mut cohort = view(terms);
        let leaver_fits = leaver_fits && kept > 0;
        for n in 1..=taken {
            let in_ring = if n == 1 { leaver_fits } else { kept > 0 && n <= ringed };
            cohort.apply(&fitting(u128::from(n), 0, ring(in_ring)), at(0)).unwrap();
        }
        prop_assume!(cohort.waiting.is_empty());
        let (left, claim) = (passed_on(1, ring(leaver_fits)), fitting(99, moment, ring(fits && kept > 0)));
        let why_not = cohort.hands_on(&left, &claim, at(100)).unwrap();
        let freed = cohort.apply(&left, at(100)).unwrap();
        let told: Vec<_> = freed.iter().map(|one| (one.booking, one.status)).collect();
        prop_assert_eq!(told, [(booking(1), Closed)]);
        let given = cohort.apply(&claim, at(100)).unwrap();
        let told: Vec<_> = given.iter().map(|one| (one.booking, one.status)).collect();
        let expected = if why_not.is_none() { Confirmed } else { Waiting };
        prop_assert_eq!(told, [(booking(99), expected)]);
        prop_assert!(cohort.places_taken <= capacity);
    }
}
