use super::ledgers::write;
use super::*;
use BookingStatus::{Confirmed, Offered, Waiting};

fn carried(n: u128, moment: i64) -> Fact {
    Fact::CarriedOver {
        booking: booking(n),
        from: booking(100 + n),
        moment: at(moment),
        submitted_at: at(moment),
        fits: Fits::none(),
    }
}

fn told(decisions: &[Decision]) -> Vec<(BookingId, BookingStatus)> {
    decisions.iter().map(|decision| (decision.booking, decision.status)).collect()
}

/// PRG-8.
#[test]
fn who_is_carried_over_ranks_first_at_the_opening_in_their_order_and_is_offered_a_place_not_confirmed() {
    for vacancies in [Vacancies::Offer, Vacancies::Automatic] {
        let mut view = view(Terms { booking_opens_at: Some(at(60)), vacancies, ..terms(3) });
        for fact in [claim(1, 50), carried(2, -10), carried(3, -20), claim(4, 55)] {
            assert_eq!(view.apply(&fact, at(56)).unwrap()[0].status, Waiting);
        }
        let opening = view.apply(&Fact::BookingOpened, at(60)).unwrap();
        let given = [(booking(3), Offered), (booking(2), Offered), (booking(1), Confirmed)];
        assert_eq!(told(&opening), given);
        assert_eq!(opening[0].offer_expires_at, Some(at(60 + 48 * 60)));
    }
}

/// PRG-8, ADM-9: a late one goes to its rank, and takes no place that is held.
#[test]
fn who_is_carried_over_after_the_opening_goes_before_all_who_wait_and_takes_no_place_that_is_held() {
    let mut view = view(terms(1));
    view.apply(&claim(1, 0), at(0)).unwrap();
    view.apply(&claim(2, 1), at(1)).unwrap();
    assert_eq!(told(&view.apply(&carried(3, -10), at(5)).unwrap()), [(booking(3), Waiting)]);
    let cancelled = Fact::Cancellation {
        booking: booking(1),
        reason: ClosedReason::CancelledByParticipant,
        held: Held::Place,
        fits: Fits::none(),
    };
    assert_eq!(told(&view.apply(&cancelled, at(6)).unwrap())[1], (booking(3), Offered));
}

/// PRG-8: with nobody before them a free place is offered at once.
#[test]
fn who_is_carried_over_into_an_open_cohort_with_a_free_place_is_offered_it() {
    let mut view = view(Terms { vacancies: Vacancies::Automatic, ..terms(2) });
    assert_eq!(told(&view.apply(&carried(1, -10), at(5)).unwrap()), [(booking(1), Offered)]);
    assert_eq!(told(&view.apply(&claim(2, 6), at(6)).unwrap()), [(booking(2), Confirmed)]);
}

/// PRG-8, ADM-12, ADM-17: what was offered once goes on like any other.
#[test]
fn a_ledger_with_carried_over_claims_can_be_replayed() {
    let view = view(Terms {
        booking_opens_at: Some(at(60)),
        vacancies: Vacancies::Automatic,
        after_lapse: AfterLapse::Requeue,
        ..terms(1)
    });
    let ends = at(60 + 48 * 60);
    let lapse = Fact::Expiry {
        booking: booking(1),
        due: ends,
        lapses: 0,
        rank: Rank { moment: at(-10), submitted_at: at(-10), sequence: 1 },
        fits: Fits::none(),
    };
    let (entries, _) =
        write(view, &[(carried(1, -10), 50), (Fact::BookingOpened, 60), (lapse, 60 + 48 * 60)]);
    assert_eq!(entries[1].kind, EntryKind::CarriedOver);
    assert_eq!((entries[1].sequence, carried_from(&entries[1])), (Some(1), Some(booking(101))));
    assert_eq!(told(&entries[2].decisions), [(booking(1), Offered)]);
    assert_eq!(told(&entries[3].decisions), [(booking(1), Confirmed)], "they have been asked once");
    assert!(replay(&entries).is_ok());
}
