//! Who proposes a place to a colleague, and who is told whom (ADM-23).

use super::*;
use crate::identity::{Proposer, sees_colleague};

/// ACC-4, ADM-23: a colleague is named again to who named them, and to staff; not to whoever reads the booking.
#[test]
fn a_colleague_is_named_to_who_proposed_the_place_and_to_staff() {
    let own = booking(ELLIE, Some(PARTNER));
    let by = |themselves, client| Proposer { themselves, client };
    for (viewer, by_ellie, by_partner, by_staff) in [
        (participant(), true, false, false),
        (partner(), false, true, false),
        (with_role(HERE, Role::Coordinator), true, true, true),
        (with_role(ELSEWHERE, Role::Coordinator), true, false, false),
        (Actor::Anonymous, false, false, false),
    ] {
        for (proposer, seen) in
            [(by(true, None), by_ellie), (by(false, Some(PARTNER)), by_partner), (by(false, None), by_staff)]
        {
            assert_eq!(sees_colleague(&viewer, &own, proposer), seen, "{viewer:?} {proposer:?}");
        }
    }
    let others = booking(BYRON, Some(PARTNER));
    assert!(!sees_colleague(&participant(), &others, by(true, None)));
}

/// ACC-1, ADM-23: a mail to somebody else's address is sent for nobody who has not shown their own.
#[test]
fn only_a_participant_with_a_verified_email_proposes_their_place() {
    let unverified = Actor::Person(PersonActor { email_verified: false, ..person(&[]) });
    check(&[
        (unverified.clone(), A::ProposePlace, booking(ELLIE, None), Forbidden),
        (unverified, A::LeavePlace, booking(ELLIE, None), Allowed),
        (participant(), A::ProposePlace, booking(ELLIE, None), Allowed),
        (participant(), A::ProposePlace, booking(BYRON, None), Hidden),
        (with_role(HERE, Role::Coordinator), A::ProposePlace, booking(BYRON, None), Allowed),
        (with_role(HERE, Role::Facilitator), A::ProposePlace, booking(BYRON, None), Hidden),
        (partner(), A::ProposePlace, booking(BYRON, Some(PARTNER)), Allowed),
        (partner(), A::ProposePlace, booking(BYRON, None), Hidden),
    ]);
}
