use super::*;
use crate::identity::{Actor, ClientActor, ClientKind, PersonActor};
use crate::ids::{AcademyId, ClientId, PersonId};
use BookingStatus::{Closed, Confirmed, Offered, Pending, Waiting};

fn person(n: u128) -> Actor {
    let (email_key, roles) = (String::new(), Vec::new());
    let id = PersonId(Uuid::from_u128(n));
    Actor::Person(PersonActor { id, email_key, email_verified: true, platform_admin: false, roles })
}

fn client(n: u128) -> Actor {
    Actor::Client(ClientActor {
        id: ClientId(Uuid::from_u128(n)),
        academy_id: AcademyId(Uuid::nil()),
        kind: ClientKind::Operations,
        scopes: Vec::new(),
        vouches_for_emails: false,
    })
}

/// ADM-1: the participant and the client that booked withdraw or give back; everybody else who may is staff.
#[test]
fn who_cancels_is_the_participant_the_client_that_booked_or_staff() {
    let (participant, booked_by) = (PersonId(Uuid::from_u128(1)), Some(ClientId(Uuid::from_u128(7))));
    let by = |actor: &Actor| CancelledBy::of(actor, participant, booked_by);
    assert_eq!([by(&person(1)), by(&client(7))], [CancelledBy::Participant; 2]);
    assert_eq!([by(&person(2)), by(&client(8)), by(&person(7))], [CancelledBy::Academy; 3]);
    assert_eq!(CancelledBy::of(&client(7), participant, None), CancelledBy::Academy);
}

/// ADM-7: what settling has to know of a cancellation it is told, and nothing else.
#[test]
fn a_cancellation_is_what_the_contract_calls_it() {
    use CancelledBy::{Academy, Participant};
    let come = |status, rank, by| cancelling(booking(1), (status, rank), Fits::none(), by);
    let closes = |reason| Some(Cancelling::Closes(reason));
    assert_eq!(come(Pending, None, Participant), closes(ClosedReason::Withdrawn));
    assert_eq!(come(Pending, None, Academy), closes(ClosedReason::CancelledByAcademy));
    let rank = rank(1, 1);
    let withdrawal = Fact::Withdrawal { booking: booking(1), rank, fits: Fits::none() };
    assert_eq!(come(Waiting, Some(rank), Participant), Some(Cancelling::Settles(withdrawal)));
    let told = |cancelling: Option<Cancelling>| match cancelling {
        Some(Cancelling::Settles(Fact::Cancellation { reason, held, .. })) => (reason, held),
        other => panic!("{other:?}"),
    };
    let waiting = told(come(Waiting, Some(rank), Academy));
    assert_eq!(waiting, (ClosedReason::CancelledByAcademy, Held::Waiting(rank)));
    for status in [Offered, Confirmed] {
        let place = |by| told(come(status, Some(rank), by));
        assert_eq!(place(Participant), (ClosedReason::CancelledByParticipant, Held::Place));
        assert_eq!(place(Academy), (ClosedReason::CancelledByAcademy, Held::Place));
    }
    for over in [Closed, BookingStatus::Completed, BookingStatus::NotCompleted] {
        assert_eq!(come(over, Some(rank), Participant), None);
    }
}

/// ADM-11, ADM-17: who let an offer lapse is told so; who has none, or answered it, is told that.
#[test]
fn an_answer_finds_its_own_offer_or_says_why_not() {
    let (end, other) = (Some(at(10)), Some(at(20)));
    assert_eq!(may_answer((Offered, None), 0, end, None), Ok(()));
    assert_eq!(may_answer((Offered, None), 1, end, end), Ok(()));
    assert_eq!(
        may_answer((Offered, None), 1, other, end),
        Err(NoAnswer::OfferExpired),
        "a token of the first"
    );
    assert_eq!(may_answer((Waiting, None), 1, None, None), Err(NoAnswer::OfferExpired));
    assert_eq!(may_answer((Waiting, None), 0, None, None), Err(NoAnswer::NoOffer));
    let lapsed = (Closed, Some(ClosedReason::OfferExpired));
    assert_eq!(may_answer(lapsed, 0, None, end), Err(NoAnswer::OfferExpired));
    assert_eq!(may_answer((Confirmed, None), 1, None, None), Err(NoAnswer::OfferExpired), "the earlier one");
    assert_eq!(may_answer((Confirmed, None), 0, None, None), Err(NoAnswer::NoOffer));
}

/// PRG-3, PRG-7: what staff may not do, with its reason.
#[test]
fn a_cohort_takes_no_change_that_its_state_refuses() {
    let mut view = view(terms(2));
    (view.places_taken, view.first_session_at) = (2, Some(at(100)));
    let closing = Terms { booking_closes_at: Some(at(50)), ..terms(2) };
    assert_eq!(view.may_set(&terms(1), at(0)), Err(TermsRefused::CapacityBelowPlacesTaken { taken: 2 }));
    assert_eq!(view.may_set(&closing, at(99)), Ok(()));
    assert_eq!(view.may_set(&closing, at(100)), Err(TermsRefused::AlreadyStarted));
    let opening = Terms { booking_opens_at: Some(at(50)), ..terms(2) };
    assert_eq!(view.may_set(&opening, at(0)), Err(TermsRefused::BookingAlreadyOpen));
    let sealing = Terms { settles_first: SettlesFirst::TastersSealed, ..terms(2) };
    assert_eq!(view.may_set(&sealing, at(0)), Err(TermsRefused::BookingAlreadyOpen));
    assert_eq!((view.may_close(at(99)), view.may_close(at(100))), (Ok(()), Err(LifeRefused::AlreadyClosed)));
    assert_eq!(view.may_complete(Some(at(200)), at(200)), Ok(()));
    assert_eq!(view.may_complete(Some(at(200)), at(199)), Err(LifeRefused::NotOver(Some(at(200)))));
    assert_eq!(view.may_complete(None, at(199)), Err(LifeRefused::NotOver(None)));
    view.ended = Some(Ended::Cancelled);
    assert_eq!(view.may_set(&terms(3), at(0)), Err(TermsRefused::Ended));
    let ended = Err(LifeRefused::AlreadyEnded);
    assert_eq!(
        [view.may_close(at(0)), view.may_cancel(), view.may_complete(Some(at(0)), at(9))],
        [ended.clone(), ended.clone(), ended]
    );
}
