//! Lists that come in before booking opens (ADM-24).

use super::ledgers::write;
use super::*;
use crate::admission::{
    EarlierMoment, ImportRefused, Look, PositionCause, PositionTrace, Standpoint, explain, takes_lists,
};

/// A claim that ranks by a moment that a list brought along.
fn imported(n: u128, moment: i64) -> Fact {
    Fact::Claim {
        booking: booking(n),
        moment: at(moment),
        submitted_at: at(moment),
        fits: Fits::none(),
        imported: true,
    }
}

fn opens_at(minute: i64) -> View {
    view(Terms { booking_opens_at: Some(at(minute)), ..terms(1) })
}

/// ADM-24.
#[test]
fn a_claim_of_an_imported_moment_is_marked_in_the_ledger_and_replayed() {
    let facts = [(claim(1, 5), 5), (imported(2, -500), 10), (Fact::BookingOpened, 60)];
    let (entries, left) = write(opens_at(60), &facts);
    assert_eq!(entries[1].facts.get("importedMoment"), None);
    assert_eq!(entries[2].facts["importedMoment"], true);
    assert_eq!(entries[2].moment, at(-500));
    let outcome = replay(&entries).unwrap().unwrap();
    assert_eq!(outcome.bookings[&booking(2)].status, BookingStatus::Confirmed, "it ranks first");
    assert_eq!(outcome.view.places_taken, left.places_taken);
}

/// ADM-12, ADM-24.
#[test]
fn a_mark_that_says_nothing_or_stands_at_a_claim_of_no_earlier_moment_is_found() {
    let resealed = |change: fn(&mut Entry)| {
        let mut entries = write(opens_at(60), &[(imported(1, -500), 10)]).0;
        change(&mut entries[1]);
        entries[1].entry_hash = entries[1].computed_hash();
        replay(&entries)
    };
    assert!(resealed(|_| {}).is_ok());
    assert!(resealed(|entry| drop(entry.facts.insert("importedMoment".into(), false.into()))).is_err());
    let not_earlier = write(opens_at(60), &[(imported(1, 10), 10)]).0;
    assert!(replay(&not_earlier).is_err());
}

/// ADM-22, ADM-24.
#[test]
fn who_ranked_by_their_own_moment_is_told_that_somebody_was_imported_before_them() {
    let facts = [(claim(1, 5), 5), (imported(2, -500), 10), (claim(3, 2), 11)];
    let mut trace = PositionTrace::new(booking(1));
    let changes = write(opens_at(60), &facts).0.into_iter().filter_map(|entry| trace.follow(&entry));
    let causes: Vec<_> = changes.map(|change| (change.cause, change.from, change.to)).collect();
    assert_eq!(
        causes,
        [
            (PositionCause::Claimed, None, Some(1)),
            (PositionCause::ImportedBefore, Some(1), Some(2)),
            (PositionCause::JoinedBefore, Some(2), Some(3)),
        ]
    );
}

/// ADM-24.
#[test]
fn lists_come_in_before_the_opening_only() {
    let cohort = opens_at(60);
    assert_eq!(takes_lists(&cohort, at(59)), Ok(()));
    let opened = View { opened: true, ..cohort.clone() };
    assert_eq!(takes_lists(&opened, at(60)), Err(ImportRefused::Opened));
    let closed = View { terms: Terms { booking_closes_at: Some(at(30)), ..cohort.terms.clone() }, ..cohort };
    assert_eq!(takes_lists(&closed, at(30)), Err(ImportRefused::Closed));
    let over = View { ended: Some(Ended::Cancelled), ..opened };
    assert_eq!(takes_lists(&over, at(60)), Err(ImportRefused::Closed));
}

/// ADM-24.
#[test]
fn an_earlier_moment_lies_in_the_past() {
    let earlier = |minute| EarlierMoment {
        moment: at(minute),
        evidence: "Paper form".into(),
        reason: "Kept on paper".into(),
    };
    assert_eq!(earlier(9).fault(at(10)), None);
    assert_eq!(earlier(10).fault(at(10)).map(|fault| fault.code), Some("not-in-the-past"));
}

/// ADM-4, ADM-24: nobody could verify for a request that was not here yet.
#[test]
fn the_72_hours_for_verifying_an_email_run_from_the_import() {
    let evidence = |verified: i64| Evidence {
        waived: Vec::new(),
        submitted_at: at(-60 * 24 * 30),
        received_at: at(0),
        email: EmailStanding::Verified(at(verified)),
        attended: Vec::new(),
        eligibility: EligibilityLook::Met,
        eligible_since: None,
        commits_to_all_sessions: true,
        manager: ManagerStanding::NotNamed,
        nominated_at: None,
    };
    let moment = |verified| look(&[Requirement::EmailVerified], &evidence(verified), at(60 * 100)).standing;
    assert_eq!(moment(60 * 72), Standing::Open { moment: at(-60 * 24 * 30) });
    assert_eq!(moment(60 * 72 + 1), Standing::Open { moment: at(60 * 72 + 1) });
}

/// ADM-13, ADM-24.
#[test]
fn the_explanation_says_that_the_moment_was_imported() {
    let explained = |status| {
        let told = explain(&Standpoint {
            status,
            closed_reason: None,
            has_claim: true,
            position: Some(1),
            offer_expires_at: None,
            imported_since: Some(at(-500)),
            carried: false,
            carry_over: CarryOver::No,
            look: &Look { items: Vec::new(), standing: Standing::Missing },
            cohort: &opens_at(60),
            fits: &Fits::none(),
            transferred: None,
            placed_elsewhere: false,
            offers_out: 0,
            last_place_at: None,
            now: at(5),
        });
        told.told.1.contains(&format!("it counts as sent on {}", crate::time::wire(at(-500))))
    };
    assert!(explained(BookingStatus::Waiting) && explained(BookingStatus::Confirmed));
    assert!(!explained(BookingStatus::Closed));
}
