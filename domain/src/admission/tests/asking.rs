use super::*;

const GATE: [Requirement; 4] = [
    Requirement::EmailVerified,
    Requirement::JoiningForm,
    Requirement::ManagerAgreed,
    Requirement::Nominated,
];

fn evidence(manager: ManagerStanding, nominated_at: Option<DateTime<Utc>>) -> Evidence {
    Evidence {
        submitted_at: at(0),
        received_at: at(0),
        email: EmailStanding::Verified(at(-60)),
        attended: Vec::new(),
        eligibility: EligibilityLook::Met,
        eligible_since: None,
        commits_to_all_sessions: false,
        waived: Vec::new(),
        manager,
        nominated_at,
    }
}

fn refused() -> ManagerStanding {
    ManagerStanding::Refused { asked: at(0), at: at(600) }
}

/// ADM-4, ADM-20.
#[test]
fn how_long_a_manager_or_a_nominator_takes_costs_nobody_their_order() {
    let both = evidence(ManagerStanding::Agreed(at(9_000)), Some(at(12_000)));
    assert_eq!(look(&GATE, &both, at(20_000)).standing, Standing::Open { moment: at(0) });
    for lacking in [
        evidence(ManagerStanding::Asked(at(0)), Some(at(1))),
        evidence(ManagerStanding::NotNamed, Some(at(1))),
        evidence(refused(), Some(at(1))),
        evidence(ManagerStanding::Agreed(at(1)), None),
    ] {
        assert_eq!(look(&GATE, &lacking, at(20_000)).standing, Standing::Missing, "{lacking:?}");
    }
}

/// ADM-20.
#[test]
fn a_refusal_goes_to_the_person_first() {
    let own = look(&GATE, &evidence(refused(), None), at(700));
    let manager = |look: &Look| look.items[2].evidence.clone();
    assert_eq!(manager(&own), Some(EvidenceOf::Manager(refused())));
    let others = as_others_see(&own, at(700));
    assert_eq!(manager(&others), Some(EvidenceOf::Manager(ManagerStanding::Asked(at(0)))));
    assert!(!others.items[2].met && !others.items[2].detail.contains("did not agree"));
    let in_two_days = at(600) + TimeDelta::hours(48);
    assert_eq!(*as_others_see(&own, in_two_days), own);
}

/// ADM-20.
#[test]
fn who_agreed_is_not_replaced_and_nobodys_inbox_is_filled() {
    assert_eq!(name_manager(ManagerStanding::Asked(at(0)), false, 1), Ok(()));
    assert_eq!(name_manager(refused(), false, MOST_ASKED - 1), Ok(()));
    assert_eq!(name_manager(refused(), false, MOST_ASKED), Err(NotNamed::TooOften));
    assert_eq!(name_manager(refused(), true, 1), Err(NotNamed::Themselves));
    assert_eq!(name_manager(ManagerStanding::Agreed(at(5)), false, 1), Err(NotNamed::Agreed));
}

/// ADM-20.
#[test]
fn a_quota_takes_as_many_as_it_says_and_is_never_set_under_what_is_used() {
    let quota = |used| Quota { quota: 2, used };
    assert!(quota(1).takes_another() && !quota(2).takes_another());
    assert!(quota(2).can_be(2) && !quota(2).can_be(1));
}
