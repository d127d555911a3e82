//! Proofs, and that they can see.

use crate::Variant;
use crate::properties::ALWAYS;
use crate::report::{TRIALS, exhaust, try_out};
use crate::scene::Name;

/// Every state of a scene is walked through, and all that has to hold holds; all that should happen happens.
fn holds(scene: Name) {
    let found = exhaust(scene);
    println!("{}: {} states, {:?}", scene.words(), found.states, found.took);
    assert!(found.broken.is_empty(), "{scene:?}: {:#?}", found.broken);
    assert!(found.missing.is_empty(), "{scene:?} never showed {:?}", found.missing);
}

/// The checker finds what a wrong variant breaks.
fn fails(variant: Variant) {
    let trials: Vec<_> = TRIALS.into_iter().filter(|trial| trial.variant == variant).collect();
    assert!(!trials.is_empty(), "{variant:?} is never tried out");
    for trial in trials {
        let found = try_out(trial);
        for (property, way) in &found.broken {
            println!("{}: {property}: {} states, {} steps", variant.words(), found.states, way.len());
        }
        assert!(found.fails_as(trial), "{trial:?} was not seen: {:#?}", found.broken);
    }
}

/// ADM-5, ADM-8, ADM-9, ADM-10, ADM-12.
#[test]
fn three_people_who_book_two_places_on_two_servers_are_served_in_order() {
    holds(Name::Places);
}

/// ADM-10.
#[test]
fn a_booking_that_is_repeated_while_staff_cancel_it_is_made_once() {
    holds(Name::Keys);
}

/// ADM-1, ADM-10.
#[test]
fn a_booking_that_another_stands_in_the_way_of_is_decided_once() {
    holds(Name::InTheWay);
}

/// ADM-7, ADM-9, ADM-17.
#[test]
fn a_freed_place_goes_to_who_waits_and_never_to_a_newcomer() {
    holds(Name::Freed);
}

/// ADM-11, ADM-17.
#[test]
fn an_offer_stands_exactly_until_its_end_and_passes_on() {
    holds(Name::Offers);
}

/// ADM-7, ADM-11.
#[test]
fn offers_and_a_cancellation_at_once_leave_no_place_open() {
    holds(Name::OffersFreed);
}

/// ADM-2, ADM-4, ADM-5.
#[test]
fn a_gate_that_a_verification_opens_is_seen_by_it_or_by_the_booking() {
    holds(Name::Verification);
}

/// ADM-2, ADM-5, ADM-8.
#[test]
fn two_verifications_and_two_bookings_for_the_last_place_give_it_once() {
    holds(Name::Verifications);
}

/// ADM-5.
#[test]
fn row_locks_would_let_the_later_go_first() {
    fails(Variant::RowLocks);
}

/// ADM-11.
#[test]
fn expiry_by_the_job_alone_would_let_an_offer_be_accepted_late() {
    fails(Variant::ExpiryByJob);
}

/// ADM-9, ADM-17.
#[test]
fn promotion_in_a_second_transaction_would_give_the_place_to_a_newcomer() {
    fails(Variant::PromotionApart);
}

/// ADM-10.
#[test]
fn a_key_written_after_the_commit_would_book_twice() {
    fails(Variant::KeyAfterCommit);
}

/// ADM-8, ADM-12.
#[test]
fn a_snapshot_taken_before_the_lock_would_overbook() {
    fails(Variant::SnapshotBeforeLock);
}

/// ADM-5, ADM-11.
#[test]
fn servers_that_decide_by_their_own_clocks_would_break_offers_and_order() {
    fails(Variant::OwnClocks);
}

/// ADM-2.
#[test]
fn without_the_persons_lock_a_gate_would_open_that_nobody_sees() {
    fails(Variant::NoPersonLock);
}

/// ADM-10.
#[test]
fn an_answer_before_the_commit_would_acknowledge_what_is_lost() {
    fails(Variant::AnswerBeforeCommit);
}

#[test]
fn locks_in_another_order_would_wait_for_each_other() {
    fails(Variant::CohortBeforePerson);
}

#[test]
fn every_property_is_broken_by_some_wrong_variant() {
    let unseen = |property: &&str| !TRIALS.iter().any(|trial| trial.breaks.contains(property));
    let unseen: Vec<&str> = ALWAYS.into_iter().filter(unseen).collect();
    assert!(unseen.is_empty(), "nothing shows that these can fail: {unseen:?}");
}
