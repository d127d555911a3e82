use super::*;
use crate::admission::{CarryOver, ClosedReason, Look, Standing, Standpoint, explain};
use crate::time::wire;

fn more(view: &View, status: BookingStatus, offers_out: u32, now: i64) -> &'static str {
    let explanation = explain(&Standpoint {
        status,
        closed_reason: None,
        transferred: None,
        placed_elsewhere: false,
        has_claim: status != BookingStatus::Pending,
        position: None,
        offer_expires_at: None,
        imported_since: None,
        look: &Look { items: Vec::new(), standing: Standing::Missing },
        fits: &Fits::none(),
        carried: false,
        carry_over: CarryOver::No,
        cohort: view,
        offers_out,
        last_place_at: None,
        now: at(now),
    });
    explanation.more.unwrap().0
}

fn full(terms: Terms) -> View {
    View { places_taken: terms.capacity.get(), waiting: Queue::new([], 2), ..view(terms) }
}

/// ADM-13.
#[test]
fn whether_more_places_can_come_follows_from_the_opening_the_seal_the_offers_out_and_the_start() {
    let waiting = |view: &View, offers_out, now| more(view, BookingStatus::Waiting, offers_out, now);
    assert_eq!(waiting(&full(terms(2)), 0, 5), "when_given_back");
    assert_eq!(waiting(&full(terms(2)), 1, 5), "offers_out");
    let unsealed = Terms { settles_first: SettlesFirst::TastersSealed, ..terms(2) };
    assert_eq!(waiting(&full(unsealed), 0, 5), "at_seal");
    let early = Terms { booking_opens_at: Some(at(60)), ..terms(2) };
    assert_eq!(waiting(&full(early), 0, 5), "at_opening");
    let starts = |vacancies, hours| {
        let terms = Terms { vacancies, offers_stop_hours: hours, ..terms(2) };
        View { first_session_at: Some(at(180)), ..full(terms) }
    };
    assert_eq!(waiting(&starts(Vacancies::Offer, 2), 1, 59), "offers_out");
    assert_eq!(waiting(&starts(Vacancies::Offer, 2), 1, 60), "no_more");
    assert_eq!(waiting(&starts(Vacancies::Automatic, 2), 0, 60), "when_given_back");
    assert_eq!(waiting(&starts(Vacancies::Automatic, 2), 0, 180), "no_more");
    let cancelled = View { ended: Some(Ended::Cancelled), ..full(terms(2)) };
    assert_eq!(waiting(&cancelled, 0, 5), "no_more");
}

/// ADM-13.
#[test]
fn who_is_pending_is_told_of_free_places_only_where_nobody_waits_for_them() {
    let pending = |view: &View| more(view, BookingStatus::Pending, 0, 5);
    assert_eq!(pending(&view(terms(2))), "places_free");
    assert_eq!(pending(&full(terms(2))), "when_given_back");
    assert_eq!(pending(&View { waiting: Queue::new([], 1), ..view(terms(2)) }), "when_given_back");
    assert_eq!(pending(&full(Terms { waiting_list: false, ..terms(2) })), "no_waiting_list");
}

fn told(
    view: &View,
    status: BookingStatus,
    standing: Standing,
    closed: Option<ClosedReason>,
    claim: bool,
) -> crate::admission::Explanation {
    explain(&Standpoint {
        status,
        closed_reason: closed,
        transferred: None,
        placed_elsewhere: false,
        has_claim: claim,
        position: None,
        offer_expires_at: None,
        imported_since: None,
        look: &Look { items: Vec::new(), standing },
        fits: &Fits::none(),
        carried: false,
        carry_over: CarryOver::No,
        cohort: view,
        offers_out: 0,
        last_place_at: None,
        now: at(60),
    })
}

/// ADM-13, PRG-7.
#[test]
fn who_is_pending_in_a_closed_cohort_is_given_no_false_hope() {
    let closed = view(Terms { booking_closes_at: Some(at(30)), ..terms(2) });
    let pending = |view: &View, standing| told(view, BookingStatus::Pending, standing, None, false);
    let missing = pending(&closed, Standing::Missing).more.unwrap();
    assert_eq!(missing.0, "before_closing_only");
    assert!(missing.1.contains(&wire(at(30))), "{missing:?}");
    assert_eq!(pending(&closed, Standing::OpensAt(at(29))).more.unwrap().0, "before_closing_only");
    let late = pending(&closed, Standing::OpensAt(at(30)));
    assert_eq!((late.told.0, late.more.unwrap().0), ("complete_after_closing", "no_more"));
    let open = view(Terms { booking_closes_at: Some(at(61)), ..terms(2) });
    assert_eq!(pending(&open, Standing::Missing).more.unwrap().0, "places_free");
}

/// ADM-13, ADM-9.
#[test]
fn an_explanation_says_nothing_of_others_or_of_the_person_that_may_be_false() {
    let waiting = |n| told(&full(terms(n)), BookingStatus::Waiting, Standing::Missing, None, true).told;
    assert!(waiting(1).1.starts_with("The one place is held"), "{:?}", waiting(1));
    assert!(waiting(2).1.starts_with("All 2 places are held"), "{:?}", waiting(2));
    assert!(!waiting(2).1.contains("before yours"), "a late-recorded claim was complete before some of them");
    let ended = |reason, claim| {
        told(&full(terms(2)), BookingStatus::Closed, Standing::Missing, Some(reason), claim).told.1
    };
    assert!(ended(ClosedReason::BookingClosed, false).contains("something was still missing"));
    assert!(!ended(ClosedReason::BookingClosed, true).contains("missing"));
    assert!(!ended(ClosedReason::Withdrawn, false).contains("You withdrew"));
}

/// ADM-13, PRG-9.
#[test]
fn who_is_pending_is_told_of_the_places_that_they_could_have() {
    let reserves = vec![reserve(0, 1, 500)];
    let mut full_but_one = view(Terms { reserves: reserves.clone(), ..terms(2) });
    full_but_one.apply(&claim(1, 0), at(0)).unwrap();
    let theirs = Fits::from_iter([reserve_id(0)]);
    let told_to = |view: &View, fits: &Fits| {
        let look = Look { items: Vec::new(), standing: Standing::Missing };
        let explanation = explain(&Standpoint {
            status: BookingStatus::Pending,
            closed_reason: None,
            transferred: None,
            placed_elsewhere: false,
            has_claim: false,
            position: None,
            offer_expires_at: None,
            imported_since: None,
            look: &look,
            fits,
            carried: false,
            carry_over: CarryOver::No,
            cohort: view,
            offers_out: 0,
            last_place_at: None,
            now: at(5),
        });
        explanation.more.unwrap()
    };
    assert_eq!(told_to(&full_but_one, &theirs).0, "places_free");
    assert!(told_to(&full_but_one, &theirs).1.starts_with("1 place is free"));
    assert_eq!(told_to(&full_but_one, &Fits::none()).0, "at_release");
    full_but_one.terms.waiting_list = false;
    let (code, detail) = told_to(&full_but_one, &Fits::none());
    assert!(code == "no_waiting_list" && detail.contains("ring-fenced"), "{detail}");
    let mut waited_for = view(Terms { reserves, ..terms(2) });
    waited_for.apply(&claim(1, 0), at(0)).unwrap();
    waited_for.apply(&claim(2, 1), at(1)).unwrap();
    assert_eq!(told_to(&waited_for, &theirs).0, "places_free", "who waits can't have it");
}
