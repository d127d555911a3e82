//! Who may do what, as tables (ACC-3, ACC-4, ACC-5).

use super::Action as A;
use super::Verdict::{Allowed, Forbidden, Hidden, SignIn};
use super::*;
use crate::admission::Transfer;
use crate::identity::{EvidenceSeen, evidence_seen, sees_manager, sees_other_of, sees_others, sees_proposal};
use uuid::Uuid;

const HERE: AcademyId = AcademyId(Uuid::from_u128(1));
const ELSEWHERE: AcademyId = AcademyId(Uuid::from_u128(2));
const ELLIE: PersonId = PersonId(Uuid::from_u128(3));
const BYRON: PersonId = PersonId(Uuid::from_u128(4));
const PARTNER: ClientId = ClientId(Uuid::from_u128(5));

fn person(roles: &[(AcademyId, Role)]) -> PersonActor {
    let email_key = "ellie.ward@example.nhs.uk".to_owned();
    PersonActor { id: ELLIE, email_key, email_verified: true, platform_admin: false, roles: roles.to_vec() }
}

fn with_role(academy: AcademyId, role: Role) -> Actor {
    Actor::Person(person(&[(academy, role)]))
}

fn participant() -> Actor {
    Actor::Person(person(&[]))
}

fn platform_admin() -> Actor {
    Actor::Person(PersonActor { platform_admin: true, ..person(&[]) })
}

fn client(kind: ClientKind, academy_id: AcademyId, scopes: &[Scope]) -> Actor {
    let scopes = scopes.to_vec();
    Actor::Client(ClientActor { id: PARTNER, academy_id, kind, scopes, vouches_for_emails: false })
}

fn partner() -> Actor {
    client(ClientKind::Partner, HERE, &Scope::ALL)
}

fn operations() -> Actor {
    client(ClientKind::Operations, HERE, &Scope::ALL)
}

fn published() -> Resource {
    Resource::Catalogue { academy_id: HERE, public: true, run_by_actor: false, entitled: false }
}

fn draft() -> Resource {
    Resource::Catalogue { academy_id: HERE, public: false, run_by_actor: false, entitled: false }
}

fn run_by_actor() -> Resource {
    Resource::Catalogue { academy_id: HERE, public: true, run_by_actor: true, entitled: false }
}

fn entitled() -> Resource {
    Resource::Catalogue { academy_id: HERE, public: true, run_by_actor: false, entitled: true }
}

fn booking(person_id: PersonId, booked_by_client: Option<ClientId>) -> Resource {
    Resource::Booking { academy_id: HERE, person_id, booked_by_client }
}

#[track_caller]
fn check(table: &[(Actor, A, Resource, Verdict)]) {
    for (actor, action, resource, expected) in table {
        let verdict = permits(actor, *action, resource);
        assert_eq!(verdict, *expected, "{actor:?} {action:?} {resource:?}");
    }
}

/// ACC-3, ACC-5.
#[test]
fn platform_admins_manage_academies_members_and_clients_and_see_no_bookings() {
    check(&[
        (platform_admin(), A::ManageAcademies, Resource::Platform, Allowed),
        (platform_admin(), A::ReadMetrics, Resource::Platform, Allowed),
        (platform_admin(), A::ExtendLists, Resource::Platform, Allowed),
        (platform_admin(), A::ManageMembers, Resource::Academy(HERE), Allowed),
        (platform_admin(), A::ManageClients, Resource::Academy(HERE), Allowed),
        (platform_admin(), A::ReadDrafts, Resource::Academy(HERE), Forbidden),
        (platform_admin(), A::WriteCatalogue, draft(), Hidden),
        (platform_admin(), A::WriteCatalogue, published(), Forbidden),
        (platform_admin(), A::ListBookings, published(), Forbidden),
        (platform_admin(), A::ReadWaitingList, published(), Forbidden),
        (platform_admin(), A::ReadLedger, published(), Forbidden),
        (platform_admin(), A::ReadBooking, booking(BYRON, None), Hidden),
        (platform_admin(), A::CancelBooking, booking(BYRON, None), Hidden),
    ]);
}

/// ACC-3, ACC-5.
#[test]
fn only_academy_admins_manage_members_and_clients_of_their_academy() {
    for action in [A::ManageMembers, A::ManageClients] {
        check(&[
            (with_role(HERE, Role::AcademyAdmin), action, Resource::Academy(HERE), Allowed),
            (with_role(ELSEWHERE, Role::AcademyAdmin), action, Resource::Academy(HERE), Forbidden),
            (with_role(HERE, Role::Coordinator), action, Resource::Academy(HERE), Forbidden),
            (with_role(HERE, Role::Facilitator), action, Resource::Academy(HERE), Forbidden),
            (participant(), action, Resource::Academy(HERE), Forbidden),
            (operations(), action, Resource::Academy(HERE), Forbidden),
            (Actor::Anonymous, action, Resource::Academy(HERE), SignIn),
        ]);
    }
    check(&[
        (with_role(HERE, Role::AcademyAdmin), A::ManageAcademies, Resource::Platform, Forbidden),
        (with_role(HERE, Role::AcademyAdmin), A::ReadMetrics, Resource::Platform, Forbidden),
    ]);
}

/// ACC-3.
#[test]
fn staff_run_their_own_academy_and_no_other() {
    let staff_actions = [
        A::WriteCatalogue,
        A::SeeCheckInCode,
        A::RecordAttendance,
        A::SealAttendance,
        A::BookForOther,
        A::ListBookings,
        A::ReadWaitingList,
        A::ReadLedger,
        A::CheckEligibilityOfOther,
        A::SeeJoinDetails,
    ];
    for action in staff_actions {
        for role in [Role::AcademyAdmin, Role::Coordinator] {
            check(&[
                (with_role(HERE, role), action, published(), Allowed),
                (with_role(HERE, role), action, draft(), Allowed),
                (with_role(ELSEWHERE, role), action, published(), Forbidden),
                (with_role(ELSEWHERE, role), action, draft(), Hidden),
            ]);
        }
        check(&[
            (with_role(HERE, Role::Supervisor), action, published(), Forbidden),
            (participant(), action, published(), Forbidden),
            (participant(), action, draft(), Hidden),
            (Actor::Anonymous, action, published(), SignIn),
            (Actor::Anonymous, action, draft(), SignIn),
        ]);
    }
}

/// ACC-3.
#[test]
fn a_draft_does_not_exist_for_whoever_is_not_staff() {
    check(&[
        (Actor::Anonymous, A::ReadCatalogue, draft(), Hidden),
        (participant(), A::ReadCatalogue, draft(), Hidden),
        (with_role(HERE, Role::Facilitator), A::ReadCatalogue, draft(), Hidden),
        (with_role(HERE, Role::Coordinator), A::ReadCatalogue, draft(), Allowed),
        (with_role(ELSEWHERE, Role::Coordinator), A::ReadCatalogue, draft(), Hidden),
        (partner(), A::ReadCatalogue, draft(), Hidden),
        (partner(), A::BookForOther, draft(), Hidden),
        (operations(), A::ReadCatalogue, draft(), Allowed),
        (participant(), A::BookForSelf, draft(), Hidden),
        (with_role(HERE, Role::Coordinator), A::BookForSelf, draft(), Allowed),
        (Actor::Anonymous, A::RegisterInterest, draft(), Hidden),
        (Actor::Anonymous, A::ReadCatalogue, published(), Allowed),
        (Actor::Anonymous, A::RegisterInterest, published(), Allowed),
        (partner(), A::ReadCatalogue, published(), Allowed),
        (Actor::Anonymous, A::BookForSelf, published(), SignIn),
        (participant(), A::BookForSelf, published(), Allowed),
        (participant(), A::CheckIn, published(), Allowed),
        (partner(), A::BookForSelf, published(), Forbidden),
    ]);
}

/// ACC-5: a facilitator counts as staff for roster and attendance of what they run.
#[test]
fn a_facilitator_acts_on_what_they_run_only() {
    let facilitator = || with_role(HERE, Role::Facilitator);
    for action in [A::SeeJoinDetails, A::SeeCheckInCode, A::RecordAttendance, A::ListBookings] {
        check(&[
            (facilitator(), action, run_by_actor(), Allowed),
            (facilitator(), action, published(), Forbidden),
            (with_role(ELSEWHERE, Role::Facilitator), action, run_by_actor(), Forbidden),
            (participant(), action, run_by_actor(), Forbidden),
        ]);
    }
    check(&[
        (facilitator(), A::SealAttendance, run_by_actor(), Forbidden),
        (facilitator(), A::WriteCatalogue, run_by_actor(), Forbidden),
        (facilitator(), A::ReadBooking, booking(BYRON, None), Hidden),
    ]);
}

/// ACC-4.
#[test]
fn a_partner_reaches_the_bookings_it_made_and_no_others() {
    for action in [A::ReadBooking, A::ChangeBooking, A::CancelBooking, A::AnswerOffer] {
        check(&[
            (partner(), action, booking(BYRON, Some(PARTNER)), Allowed),
            (partner(), action, booking(BYRON, None), Hidden),
            (partner(), action, booking(BYRON, Some(ClientId(Uuid::from_u128(6)))), Hidden),
            (operations(), action, booking(BYRON, None), Allowed),
            (client(ClientKind::Operations, ELSEWHERE, &Scope::ALL), action, booking(BYRON, None), Hidden),
        ]);
    }
    let reads_only = || client(ClientKind::Partner, HERE, &[Scope::BookingsRead]);
    check(&[
        (reads_only(), A::ReadBooking, booking(BYRON, Some(PARTNER)), Allowed),
        (reads_only(), A::CancelBooking, booking(BYRON, Some(PARTNER)), Forbidden),
        (reads_only(), A::BookForOther, published(), Forbidden),
        (reads_only(), A::ListBookings, published(), Allowed),
        (partner(), A::BookForOther, published(), Allowed),
        (partner(), A::ReadWaitingList, published(), Forbidden),
        (partner(), A::RecordAttendance, published(), Forbidden),
        (partner(), A::WriteCatalogue, published(), Forbidden),
    ]);
}

/// ACC-4.
#[test]
fn an_operations_client_acts_for_its_academy_within_its_scopes() {
    let with = |scope: Scope| client(ClientKind::Operations, HERE, &[scope]);
    let table = [
        (Scope::CatalogueRead, A::ReadDrafts),
        (Scope::CatalogueWrite, A::WriteCatalogue),
        (Scope::AttendanceWrite, A::RecordAttendance),
        (Scope::BookingsWrite, A::BookForOther),
        (Scope::BookingsRead, A::ListBookings),
        (Scope::BookingsRead, A::ReadWaitingList),
    ];
    for (scope, action) in table {
        check(&[
            (with(scope), action, published(), Allowed),
            (with(Scope::ReportsRead), action, published(), Forbidden),
            (client(ClientKind::Operations, ELSEWHERE, &Scope::ALL), action, draft(), Hidden),
        ]);
    }
    check(&[
        (operations(), A::SealAttendance, published(), Forbidden),
        (operations(), A::SeeCheckInCode, published(), Forbidden),
        (operations(), A::UseOwnAccount, Resource::Platform, Forbidden),
    ]);
}

/// ACC-3, ACC-4.
#[test]
fn a_booking_exists_for_its_participant_its_booker_and_staff() {
    check(&[
        (participant(), A::ReadBooking, booking(ELLIE, None), Allowed),
        (participant(), A::ReadBooking, booking(ELLIE, Some(PARTNER)), Allowed),
        (participant(), A::CancelBooking, booking(ELLIE, Some(PARTNER)), Allowed),
        (participant(), A::AnswerOffer, booking(ELLIE, Some(PARTNER)), Allowed),
        (participant(), A::ChangeBooking, booking(ELLIE, None), Allowed),
        (participant(), A::ChangeBooking, booking(ELLIE, Some(PARTNER)), Forbidden),
        (participant(), A::ReadBooking, booking(BYRON, None), Hidden),
        (with_role(HERE, Role::Coordinator), A::AnswerOffer, booking(BYRON, None), Allowed),
        (with_role(ELSEWHERE, Role::Coordinator), A::ReadBooking, booking(BYRON, None), Hidden),
        (Actor::Anonymous, A::ReadBooking, booking(BYRON, None), SignIn),
    ]);
}

/// PRG-5, ADM-12.
#[test]
fn join_details_and_ledger_are_for_who_holds_a_place_or_a_receipt() {
    check(&[
        (participant(), A::SeeJoinDetails, entitled(), Allowed),
        (participant(), A::SeeJoinDetails, published(), Forbidden),
        (participant(), A::ReadLedger, entitled(), Allowed),
        (participant(), A::ReadLedger, published(), Forbidden),
        (partner(), A::ReadLedger, entitled(), Allowed),
        (partner(), A::ReadLedger, published(), Forbidden),
        (Actor::Anonymous, A::ReadLedger, published(), SignIn),
    ]);
}

/// ACC-1, ACC-3: a role is in force once the email is verified.
#[test]
fn an_unverified_person_holds_no_role_in_force() {
    let unverified = |admin: bool| {
        let held = person(&[(HERE, Role::AcademyAdmin)]);
        Actor::Person(PersonActor { email_verified: false, platform_admin: admin, ..held })
    };
    check(&[
        (unverified(false), A::ManageMembers, Resource::Academy(HERE), Forbidden),
        (unverified(false), A::ExtendLists, Resource::Platform, Forbidden),
        (unverified(true), A::ManageAcademies, Resource::Platform, Forbidden),
        (unverified(false), A::ReadCatalogue, draft(), Hidden),
        (unverified(false), A::UseOwnAccount, Resource::Platform, Allowed),
        (unverified(false), A::BookForSelf, published(), Allowed),
    ]);
}

/// ACC-7.
#[test]
fn debug_output_of_an_actor_holds_no_email() {
    assert!(!format!("{:?}", participant()).contains("ellie"));
}

/// ADM-20, ACC-5.
#[test]
fn staff_set_quotas_and_only_who_has_one_nominates() {
    let coordinator = || with_role(HERE, Role::Coordinator);
    check(&[
        (coordinator(), A::SetNominators, published(), Allowed),
        (coordinator(), A::ListNominations, published(), Allowed),
        (coordinator(), A::Nominate, published(), Forbidden),
        (coordinator(), A::Nominate, entitled(), Allowed),
        (participant(), A::SetNominators, entitled(), Forbidden),
        (participant(), A::Nominate, published(), Forbidden),
        (participant(), A::Nominate, entitled(), Allowed),
        (participant(), A::ListNominations, published(), Forbidden),
        (partner(), A::SetNominators, entitled(), Forbidden),
        (partner(), A::Nominate, published(), Forbidden),
        (partner(), A::Nominate, entitled(), Allowed),
        (partner(), A::ListNominations, entitled(), Allowed),
        (client(ClientKind::Partner, HERE, &[Scope::BookingsRead]), A::Nominate, entitled(), Forbidden),
        (client(ClientKind::Partner, ELSEWHERE, &Scope::ALL), A::Nominate, entitled(), Forbidden),
        (operations(), A::Nominate, published(), Forbidden),
        (Actor::Anonymous, A::Nominate, entitled(), SignIn),
    ]);
}

/// ACC-4: a client sees as evidence only what it told or recorded itself, and the manager only whom it named.
#[test]
fn what_is_seen_of_a_booking_depends_on_who_looks() {
    let (partner, operations) = (partner(), operations());
    assert_eq!(evidence_seen(&partner), EvidenceSeen::OfClient(PARTNER));
    assert_eq!(evidence_seen(&operations), EvidenceSeen::OfClient(PARTNER));
    assert_eq!(evidence_seen(&participant()), EvidenceSeen::All);
    assert_eq!((partner.confined_to(), operations.confined_to()), (Some(PARTNER), None));
    assert!(sees_others(&operations, true) && sees_others(&partner, false) && !sees_others(&partner, true));
    assert!(sees_manager(&partner, &booking(BYRON, Some(PARTNER))));
    let of_another = booking(BYRON, Some(ClientId(Uuid::from_u128(6))));
    assert_eq!(permits(&operations, A::ReadBooking, &of_another), Allowed);
    assert!(!sees_manager(&operations, &of_another), "who reads it did not name the manager");
    assert!(sees_manager(&participant(), &booking(ELLIE, None)));
    assert!(!sees_manager(&participant(), &booking(BYRON, None)));
    assert!(!sees_manager(&Actor::Anonymous, &booking(ELLIE, None)));
}

/// COM-5, ACC-5.
#[test]
fn staff_and_their_scripts_see_what_came_of_interest() {
    check(&[
        (with_role(HERE, Role::Coordinator), A::SeeInvitations, published(), Allowed),
        (with_role(ELSEWHERE, Role::Coordinator), A::SeeInvitations, published(), Forbidden),
        (operations(), A::SeeInvitations, published(), Allowed),
        (partner(), A::SeeInvitations, entitled(), Forbidden),
        (participant(), A::SeeInvitations, entitled(), Forbidden),
        (Actor::Anonymous, A::SeeInvitations, published(), SignIn),
    ]);
}

/// PRG-11, ACC-10, ACC-5.
#[test]
fn who_has_a_place_asks_for_adjustments_and_who_must_act_on_them_sees_them() {
    check(&[
        (participant(), A::AskForAdjustment, entitled(), Allowed),
        (participant(), A::AskForAdjustment, published(), Forbidden),
        (participant(), A::AskForAdjustment, draft(), Hidden),
        (with_role(HERE, Role::Coordinator), A::AskForAdjustment, published(), Forbidden),
        (operations(), A::AskForAdjustment, entitled(), Forbidden),
        (Actor::Anonymous, A::AskForAdjustment, published(), SignIn),
        (with_role(HERE, Role::Coordinator), A::ActOnAdjustments, published(), Allowed),
        (with_role(ELSEWHERE, Role::AcademyAdmin), A::ActOnAdjustments, published(), Forbidden),
        (with_role(HERE, Role::Facilitator), A::ActOnAdjustments, run_by_actor(), Allowed),
        (with_role(HERE, Role::Facilitator), A::ActOnAdjustments, published(), Forbidden),
        (participant(), A::ActOnAdjustments, entitled(), Forbidden),
        (operations(), A::ActOnAdjustments, published(), Forbidden),
        (partner(), A::ActOnAdjustments, entitled(), Forbidden),
    ]);
}

/// ACC-1, ACC-5, ADM-23: it is for who has proved the email, and nobody else whatever their role.
#[test]
fn a_proposed_place_is_taken_over_by_the_owner_of_the_email_only() {
    let to = |email: &str| Resource::Proposal { email_key: email.to_owned() };
    let ellies = || to("ellie.ward@example.nhs.uk");
    let unproved = Actor::Person(PersonActor { email_verified: false, ..person(&[]) });
    check(&[
        (participant(), A::TakeOverPlace, ellies(), Allowed),
        (participant(), A::TakeOverPlace, to("sam@example.nhs.uk"), Forbidden),
        (unproved, A::TakeOverPlace, ellies(), Forbidden),
        (with_role(HERE, Role::Coordinator), A::TakeOverPlace, to("sam@example.nhs.uk"), Forbidden),
        (operations(), A::TakeOverPlace, ellies(), Forbidden),
        (Actor::Anonymous, A::TakeOverPlace, ellies(), SignIn),
        (participant(), A::LeavePlace, ellies(), Forbidden),
    ]);
}

/// ACC-4, ADM-23.
#[test]
fn a_colleagues_booking_is_named_only_to_who_reads_all_of_the_academy() {
    let own = booking(ELLIE, Some(PARTNER));
    for (viewer, same, colleagues) in [
        (participant(), true, false),
        (partner(), true, false),
        (with_role(HERE, Role::Coordinator), true, true),
        (with_role(ELSEWHERE, Role::Coordinator), true, false),
        (operations(), true, true),
        (Actor::Anonymous, false, false),
    ] {
        assert_eq!(sees_other_of(&viewer, Some(Transfer::Moved), &own), same, "{viewer:?}");
        assert_eq!(sees_other_of(&viewer, Some(Transfer::PassedOn), &own), colleagues, "{viewer:?}");
    }
}

/// ACC-4, ADM-23.
#[test]
fn a_proposal_is_seen_by_who_reads_the_booking_and_of_a_confidential_cohort_by_no_partner() {
    let own = booking(ELLIE, Some(PARTNER));
    for (viewer, open, confidential) in [
        (participant(), true, true),
        (partner(), true, false),
        (with_role(HERE, Role::Coordinator), true, true),
        (Actor::Anonymous, false, false),
    ] {
        assert_eq!(sees_proposal(&viewer, &own, false), open, "{viewer:?}");
        assert_eq!(sees_proposal(&viewer, &own, true), confidential, "{viewer:?}");
    }
}

mod proposing;
