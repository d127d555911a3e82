use super::ledgers::write;
use super::*;
use BookingStatus::{Closed, Completed, Confirmed, NotCompleted};

const START: i64 = 900;

fn begun(facts: &[(Fact, i64)]) -> (Vec<Entry>, View) {
    write(View { first_session_at: Some(at(START)), ..view(terms(1)) }, facts)
}

fn claims() -> Vec<(Fact, i64)> {
    vec![(claim(1, 0), 0), (claim(2, 1), 1), (claim(3, 2), 2)]
}

fn told(entry: &Entry) -> Vec<(BookingId, BookingStatus, Option<ClosedReason>)> {
    entry.decisions.iter().map(|d| (d.booking, d.status, d.closed_reason)).collect()
}

/// PRG-7.
#[test]
fn who_is_pending_or_waits_when_the_first_session_starts_is_closed_and_places_stay() {
    let started = Fact::CohortStarted { pending: vec![booking(9)] };
    let (entries, view) = begun(&[claims(), vec![(started, START)]].concat());
    let late = Some(ClosedReason::BookingClosed);
    let last = entries.last().unwrap();
    assert_eq!(
        told(last),
        [(booking(2), Closed, late), (booking(3), Closed, late), (booking(9), Closed, late)]
    );
    assert_eq!((view.places_taken, view.waiting.len(), view.started), (1, 0, true));
    let outcome = replay(&entries).unwrap().unwrap();
    assert_eq!(outcome.bookings[&booking(1)].status, Confirmed);
    assert_eq!(outcome.bookings[&booking(9)].status, Closed);
}

/// PRG-7, ADM-4: what is due before the start is no longer pending at it.
#[test]
fn a_pending_one_whose_moment_lies_before_the_start_becomes_a_claim_first() {
    let view = View { first_session_at: Some(at(START)), ..view(terms(2)) };
    let due = Due {
        claims: vec![due_claim(1, START - 5, 0)],
        pending: vec![booking(1), booking(2)],
        ..Due::default()
    };
    let facts: Vec<Fact> = due_facts(&view, &due, at(START)).into_iter().map(|due| due.fact).collect();
    assert!(matches!(facts[0], Fact::Claim { booking: id, .. } if id == booking(1)));
    assert_eq!(facts[1], Fact::CohortStarted { pending: vec![booking(2)] });
    assert!(due_facts(&view, &due, at(START - 6)).is_empty());
    let moved = Fact::TermsChanged { terms: terms(2), first_session_at: Some(at(START + 60)) };
    let mut started = View { started: true, ..view };
    started.apply(&moved, at(START + 1)).unwrap();
    assert!(!started.started, "a start that is put off comes again");
}

/// PRG-7, ADM-12.
#[test]
fn a_cancelled_cohort_lets_everybody_go_and_a_ledger_that_leaves_one_out_is_found() {
    let cancelled = |live: &[u128]| {
        let live = live.iter().map(|n| booking(*n)).collect();
        begun(&[claims(), vec![(Fact::CohortCancelled { live }, 5)]].concat())
    };
    let (entries, view) = cancelled(&[1, 2, 3, 9]);
    assert!(
        entries
            .last()
            .unwrap()
            .decisions
            .iter()
            .all(|d| d.closed_reason == Some(ClosedReason::CohortCancelled))
    );
    assert_eq!((view.places_taken, view.waiting.len(), view.status(at(6))), (0, 0, CohortStatus::Cancelled));
    assert!(replay(&entries).is_ok());
    assert!(replay(&cancelled(&[1, 2, 9]).0).is_err(), "somebody who waited was left out");
    assert!(replay(&cancelled(&[1, 2, 3, 3]).0).is_err(), "somebody stands there twice");
}

/// PRG-7, ADM-12.
#[test]
fn a_completed_cohort_tells_each_confirmed_booking_how_it_ended() {
    let completed = |outcomes: Vec<(BookingId, bool)>| {
        let facts = [(claim(1, 0), 0), (claim(2, 1), 1), (Fact::CohortCompleted { outcomes }, 5)];
        write(view(terms(2)), &facts).0
    };
    let entries = completed(vec![(booking(1), true), (booking(2), false)]);
    assert_eq!(
        told(entries.last().unwrap()),
        [(booking(1), Completed, None), (booking(2), NotCompleted, None)]
    );
    assert_eq!(replay(&entries).unwrap().unwrap().view.places_taken, 2, "ended places still count");
    assert!(replay(&completed(vec![(booking(1), true)])).is_err());
    assert!(replay(&completed(vec![(booking(1), true), (booking(2), true), (booking(7), true)])).is_err());
}

/// PRG-7: a cohort that has started or ended takes nobody in.
#[test]
fn nobody_is_given_a_place_after_the_start() {
    let mut view = View { first_session_at: Some(at(START)), started: true, ..view(terms(1)) };
    assert!(!view.takes_claim_of(at(START)));
    let decisions =
        view.apply(&Fact::TermsChanged { terms: terms(3), first_session_at: Some(at(START)) }, at(START));
    assert_eq!(decisions.unwrap(), []);
    assert_eq!(view.status(at(START)), CohortStatus::Closed);
}

/// PRG-12, PRG-3: whatever frees a place once the first session has begun, also before its start is entered.
#[test]
fn what_becomes_free_after_the_first_session_began_goes_to_nobody() {
    let gone = Fact::Cancellation {
        booking: booking(1),
        reason: ClosedReason::CancelledByParticipant,
        held: Held::Place,
        fits: Fits::none(),
    };
    for vacancies in [Vacancies::Offer, Vacancies::Automatic] {
        let more = |capacity| Fact::TermsChanged {
            terms: Terms { vacancies, ..terms(capacity) },
            first_session_at: Some(at(START)),
        };
        for fact in [gone.clone(), more(3)] {
            let given = |minute| {
                let terms = Terms { vacancies, ..terms(1) };
                let mut view = View { first_session_at: Some(at(START)), ..view(terms) };
                for (claim, moment) in claims() {
                    view.apply(&claim, at(moment)).unwrap();
                }
                let decisions = view.apply(&fact, at(minute)).unwrap();
                decisions.iter().filter(|decision| decision.status != Closed).count()
            };
            assert!(given(START - 1) > 0, "until then it goes out");
            assert_eq!(given(START), 0, "{vacancies:?} {fact:?}");
        }
    }
}
