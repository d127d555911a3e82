use super::*;
use BookingStatus::{Closed, Confirmed, Offered, Waiting};

fn statuses(decisions: &[Decision]) -> Vec<(BookingId, BookingStatus)> {
    decisions.iter().map(|decision| (decision.booking, decision.status)).collect()
}

/// ADM-7.
#[test]
fn a_claim_that_finds_a_free_place_is_confirmed_and_the_rest_wait() {
    let mut view = view(terms(1));
    assert_eq!(statuses(&view.apply(&claim(1, 0), at(0)).unwrap()), [(booking(1), Confirmed)]);
    assert_eq!(statuses(&view.apply(&claim(2, 1), at(1)).unwrap()), [(booking(2), Waiting)]);
    assert_eq!((view.places_taken, view.waiting.len()), (1, 1));
}

/// ADM-7, PRG-3.
#[test]
fn a_vacancy_is_offered_to_the_next_in_rank_until_an_exact_moment() {
    let mut view = view(terms(1));
    for (n, minute) in [(1, 0), (2, 1), (3, 2)] {
        view.apply(&claim(n, minute), at(minute)).unwrap();
    }
    let reason = ClosedReason::CancelledByParticipant;
    let gone = Fact::Cancellation { booking: booking(1), reason, held: Held::Place, fits: Fits::none() };
    let decisions = view.apply(&gone, at(10)).unwrap();
    assert_eq!(statuses(&decisions), [(booking(1), Closed), (booking(2), Offered)]);
    assert_eq!(decisions[1].offer_expires_at, Some(at(10 + 48 * 60)));
    assert_eq!((view.places_taken, view.waiting.len()), (1, 1), "an offer holds its place");
}

/// ADM-7, PRG-3.
#[test]
fn an_automatic_vacancy_confirms_the_next_in_rank() {
    let mut view = view(Terms { vacancies: Vacancies::Automatic, ..terms(1) });
    view.apply(&claim(1, 0), at(0)).unwrap();
    view.apply(&claim(2, 1), at(1)).unwrap();
    let reason = ClosedReason::CancelledByAcademy;
    let gone = Fact::Cancellation { booking: booking(1), reason, held: Held::Place, fits: Fits::none() };
    assert_eq!(statuses(&view.apply(&gone, at(2)).unwrap()), [(booking(1), Closed), (booking(2), Confirmed)]);
}

/// ADM-9.
#[test]
fn a_late_recorded_attendance_keeps_its_moment_but_takes_no_confirmed_place() {
    let mut view = view(terms(1));
    view.apply(&claim(1, 10), at(10)).unwrap();
    view.apply(&claim(2, 20), at(20)).unwrap();
    let late = view.apply(&claim(3, 5), at(30)).unwrap();
    assert_eq!(statuses(&late), [(booking(3), Waiting)]);
    let gone = Fact::Decline { booking: booking(1), fits: Fits::none() };
    let decisions = view.apply(&gone, at(40)).unwrap();
    assert_eq!(
        statuses(&decisions)[1],
        (booking(3), Offered),
        "it stands before who claimed after its moment"
    );
}

/// ADM-5.
#[test]
fn equal_moments_are_ranked_by_submission_then_by_sequence() {
    let tied = |n, submitted| Fact::Claim {
        booking: booking(n),
        moment: at(60),
        submitted_at: at(submitted),
        fits: Fits::none(),
        imported: false,
    };
    let mut view = view(Terms { booking_opens_at: Some(at(100)), ..terms(3) });
    for fact in [tied(1, 50), tied(2, 40), tied(3, 50)] {
        view.apply(&fact, at(60)).unwrap();
    }
    let opened = view.apply(&Fact::BookingOpened, at(100)).unwrap();
    let order: Vec<BookingId> = opened.iter().map(|decision| decision.booking).collect();
    assert_eq!(order, [booking(2), booking(1), booking(3)]);
}

/// ADM-6.
#[test]
fn before_the_opening_claims_gather_and_are_then_confirmed_in_rank_order() {
    let mut view = view(Terms { booking_opens_at: Some(at(100)), ..terms(2) });
    for (n, moment) in [(1, 30), (2, 10), (3, 20)] {
        assert_eq!(statuses(&view.apply(&claim(n, moment), at(50)).unwrap()), [(booking(n), Waiting)]);
    }
    let opened = view.apply(&Fact::BookingOpened, at(100)).unwrap();
    assert_eq!(statuses(&opened), [(booking(2), Confirmed), (booking(3), Confirmed)]);
}

/// ADM-6.
#[test]
fn a_cohort_that_waits_for_the_seal_settles_first_when_it_comes() {
    let waits = Terms { settles_first: SettlesFirst::TastersSealed, ..terms(1) };
    let mut view = view(waits);
    view.apply(&claim(1, 20), at(20)).unwrap();
    view.apply(&claim(2, 10), at(30)).unwrap();
    let sealed = view.apply(&Fact::TastersSealed, at(40)).unwrap();
    assert_eq!(statuses(&sealed), [(booking(2), Confirmed)], "whose proof came later lost nothing");
}

/// ADM-2, PRG-3.
#[test]
fn without_a_waiting_list_who_finds_no_place_is_closed() {
    let mut view = view(Terms { waiting_list: false, ..terms(1) });
    view.apply(&claim(1, 0), at(0)).unwrap();
    assert!(view.is_full_without_waiting_list(&Fits::none()));
    let decisions = view.apply(&claim(2, 1), at(1)).unwrap();
    assert_eq!(decisions[0].closed_reason, Some(ClosedReason::CohortFull));
    assert_eq!(view.waiting.len(), 0);
}

/// ADM-2, ADM-6.
#[test]
fn without_a_waiting_list_the_opening_closes_who_got_no_place() {
    let gathers = Terms { waiting_list: false, booking_opens_at: Some(at(100)), ..terms(1) };
    let mut view = view(gathers);
    view.apply(&claim(1, 20), at(20)).unwrap();
    view.apply(&claim(2, 10), at(30)).unwrap();
    let opened = view.apply(&Fact::BookingOpened, at(100)).unwrap();
    assert_eq!(statuses(&opened), [(booking(2), Confirmed), (booking(1), Closed)]);
}

/// ADM-17.
#[test]
fn a_lapsed_offer_closes_or_goes_behind_everyone_once() {
    for (after_lapse, first, second) in
        [(AfterLapse::Close, Closed, Closed), (AfterLapse::Requeue, Waiting, Closed)]
    {
        let mut view = view(Terms { after_lapse, ..terms(1) });
        for (n, minute) in [(1, 0), (2, 1), (3, 2)] {
            view.apply(&claim(n, minute), at(minute)).unwrap();
        }
        view.apply(&Fact::Decline { booking: booking(1), fits: Fits::none() }, at(10)).unwrap();
        let lapse = |lapses| Fact::Expiry {
            booking: booking(2),
            due: at(20),
            lapses,
            rank: rank(1, 2),
            fits: Fits::none(),
        };
        let decisions = view.clone().apply(&lapse(0), at(21)).unwrap();
        assert_eq!(statuses(&decisions), [(booking(2), first), (booking(3), Offered)]);
        let decisions = view.apply(&lapse(1), at(21)).unwrap();
        assert_eq!(statuses(&decisions), [(booking(2), second), (booking(3), Offered)]);
    }
}

/// ADM-17: the form was sent long before the lapse, and gains nothing by it where moments are equal.
#[test]
fn who_lets_an_offer_lapse_stands_behind_a_claim_of_that_very_moment() {
    let mut view = view(Terms { after_lapse: AfterLapse::Requeue, ..terms(1) });
    view.apply(&claim(1, 0), at(0)).unwrap();
    view.apply(&claim(2, 1), at(1)).unwrap();
    view.apply(&Fact::Decline { booking: booking(1), fits: Fits::none() }, at(10)).unwrap();
    let at_the_end_of_a_taster = Fact::Claim {
        booking: booking(3),
        moment: at(20),
        submitted_at: at(5),
        fits: Fits::none(),
        imported: false,
    };
    view.apply(&at_the_end_of_a_taster, at(20)).unwrap();
    let lapse =
        Fact::Expiry { booking: booking(2), due: at(20), lapses: 0, rank: rank(1, 2), fits: Fits::none() };
    let decisions = view.apply(&lapse, at(20)).unwrap();
    assert_eq!(statuses(&decisions), [(booking(2), Waiting), (booking(3), Offered)]);
}

/// ADM-17.
#[test]
fn who_lapses_alone_is_offered_the_place_again_under_the_moment_of_the_lapse() {
    let mut view = view(Terms { after_lapse: AfterLapse::Requeue, ..terms(1) });
    view.apply(&claim(1, 0), at(0)).unwrap();
    view.apply(&claim(2, 1), at(1)).unwrap();
    view.apply(&Fact::Decline { booking: booking(1), fits: Fits::none() }, at(10)).unwrap();
    let lapse =
        Fact::Expiry { booking: booking(2), due: at(20), lapses: 0, rank: rank(1, 2), fits: Fits::none() };
    let decisions = view.apply(&lapse, at(21)).unwrap();
    assert_eq!(statuses(&decisions), [(booking(2), Offered)], "told once, as it ends up");
    assert_eq!(decisions[0].rank.map(|rank| rank.moment), Some(at(20)));
}

/// PRG-3.
#[test]
fn nothing_is_offered_once_offers_stop_and_windows_are_cut_to_that_moment() {
    let near = Terms { offers_stop_hours: 1, ..terms(1) };
    let mut view = view(near);
    view.first_session_at = Some(at(120));
    view.apply(&claim(1, 0), at(0)).unwrap();
    view.apply(&claim(2, 1), at(1)).unwrap();
    let mut late = view.clone();
    let cut = view.apply(&Fact::Decline { booking: booking(1), fits: Fits::none() }, at(30)).unwrap();
    assert_eq!(cut[1].offer_expires_at, Some(at(60)));
    let stopped = late.apply(&Fact::Decline { booking: booking(1), fits: Fits::none() }, at(60)).unwrap();
    assert_eq!(statuses(&stopped), [(booking(1), Closed)]);
    let newcomer = late.apply(&claim(3, 61), at(61)).unwrap();
    assert_eq!(statuses(&newcomer), [(booking(3), Waiting)], "a freed place is never open to a newcomer");
}

/// ADM-7.
#[test]
fn more_capacity_goes_to_who_waits() {
    let mut view = view(terms(1));
    for (n, minute) in [(1, 0), (2, 1), (3, 2)] {
        view.apply(&claim(n, minute), at(minute)).unwrap();
    }
    let more = Fact::TermsChanged { terms: terms(2), first_session_at: None };
    assert_eq!(statuses(&view.apply(&more, at(5)).unwrap()), [(booking(2), Offered)]);
}

/// ADM-15.
#[test]
fn a_reopened_gate_gives_the_place_that_was_held_to_the_next() {
    let mut view = view(terms(1));
    view.apply(&claim(1, 0), at(0)).unwrap();
    view.apply(&claim(2, 1), at(1)).unwrap();
    let reopened = Fact::GateReopened { booking: booking(1), held: Held::Place, fits: Fits::none() };
    let decisions = view.apply(&reopened, at(2)).unwrap();
    assert_eq!(statuses(&decisions), [(booking(1), BookingStatus::Pending), (booking(2), Offered)]);
}

/// ADM-7.
#[test]
fn a_head_that_was_not_loaded_is_asked_for_rather_than_passed_over() {
    let mut view = view(terms(1));
    view.places_taken = 1;
    view.waiting = Queue::new([], 3);
    let gone = Fact::Decline { booking: booking(9), fits: Fits::none() };
    assert_eq!(view.apply(&gone, at(1)), Err(NeedsMore));
}

/// ADM-6, ADM-11.
#[test]
fn what_is_due_is_entered_in_the_order_of_its_moments_claims_before_the_opening() {
    let view = view(Terms { booking_opens_at: Some(at(60)), booking_closes_at: Some(at(90)), ..terms(1) });
    let due = Due {
        pending: Vec::new(),
        expired: vec![expired(1, 80, rank(0, 1))],
        claims: vec![due_claim(2, 60, 5), due_claim(3, 60, 4), due_claim(4, 95, 4)],
        seals_at: None,
    };
    let moments: Vec<DateTime<Utc>> = due_facts(&view, &due, at(100)).iter().map(|d| d.moment).collect();
    assert_eq!(moments, [at(60), at(60), at(60), at(80), at(90)], "what comes after the closing is no claim");
    let facts = due_facts(&view, &due, at(100));
    assert!(matches!(facts[0].fact, Fact::Claim { booking: id, .. } if id == booking(3)));
    assert_eq!(facts[2].fact, Fact::BookingOpened);
    assert!(due_facts(&view, &due, at(59)).is_empty());
}

/// ADM-16.
#[test]
fn an_offer_is_reminded_of_a_quarter_before_its_end_and_at_least_four_hours_before() {
    let plain = terms(1);
    let reminder = |terms: &Terms, made: i64, hours: i64| {
        let ends = at(made + hours * 60);
        terms.offer_reminder(at(made), ends).map(|due| (ends - due).num_minutes())
    };
    assert_eq!(reminder(&plain, 0, 48), Some(12 * 60));
    assert_eq!(reminder(&plain, 0, 12), Some(4 * 60), "a quarter would be too late");
    assert_eq!(reminder(&plain, 0, 8), Some(4 * 60));
    assert_eq!(reminder(&plain, 0, 7), None, "the offer has only just been made");
    // Monday 9am; 8pm the day after is 35 hours away, and a quarter before it is Tuesday 11.15am.
    let humane = Terms { offer_clock: OfferClock::Humane, ..terms(1) };
    assert_eq!(reminder(&humane, 0, 35), Some(35 * 15));
    // Until Tuesday 11am: a quarter before it is at night, so at 8am.
    assert_eq!(reminder(&humane, 0, 26), Some(3 * 60));
    assert_eq!(reminder(&humane, 0, 23), None, "eight o'clock is its end");
}
