use super::*;
use crate::fault::Fault;
use crate::ids::TasterId;

fn evidence() -> Evidence {
    Evidence {
        waived: Vec::new(),
        manager: ManagerStanding::NotNamed,
        nominated_at: None,
        submitted_at: at(0),
        received_at: at(0),
        email: EmailStanding::Verified(at(-60)),
        attended: Vec::new(),
        eligibility: EligibilityLook::Met,
        eligible_since: Some(at(0)),
        commits_to_all_sessions: true,
    }
}

fn attended(n: u128, end: i64) -> Attended {
    Attended { taster: TasterId(Uuid::from_u128(n)), effective_at: at(end) }
}

/// What a gate asks of the participant alone.
const OWN: [Requirement; 5] = [
    Requirement::EmailVerified,
    Requirement::JoiningForm,
    Requirement::TasterAttended,
    Requirement::Eligible,
    Requirement::CommitsToAllSessions,
];

fn standing(evidence: &Evidence, now: i64) -> Standing {
    look(&OWN, evidence, at(now)).standing
}

/// ADM-4.
#[test]
fn the_moment_is_the_later_of_the_form_and_the_end_of_the_first_taster() {
    let both = Evidence { attended: vec![attended(2, 90), attended(1, 30)], ..evidence() };
    assert_eq!(standing(&both, 100), Standing::Open { moment: at(30) });
    let form_later = Evidence { submitted_at: at(50), eligible_since: Some(at(50)), ..both };
    assert_eq!(standing(&form_later, 100), Standing::Open { moment: at(50) });
}

/// ADM-4: a clerk's delay costs nobody their order.
#[test]
fn attendance_counts_as_of_the_tasters_end_however_late_it_is_recorded() {
    let late = Evidence { attended: vec![attended(1, 30)], ..evidence() };
    assert_eq!(standing(&late, 100_000), Standing::Open { moment: at(30) });
}

/// ADM-4.
#[test]
fn attendance_recorded_before_the_end_takes_effect_at_the_end() {
    let early = Evidence { attended: vec![attended(1, 60)], ..evidence() };
    assert_eq!(standing(&early, 59), Standing::OpensAt(at(60)));
    assert_eq!(standing(&early, 60), Standing::Open { moment: at(60) });
}

/// ADM-4.
#[test]
fn verifying_within_72_hours_keeps_the_forms_moment() {
    let hours = |n: i64| n * 60;
    for (verified, moment) in [(hours(72), 30), (hours(72) + 1, hours(72) + 1)] {
        let evidence = Evidence {
            email: EmailStanding::Verified(at(verified)),
            attended: vec![attended(1, 30)],
            ..evidence()
        };
        assert_eq!(standing(&evidence, hours(80)), Standing::Open { moment: at(moment) });
    }
}

/// ADM-4.
#[test]
fn the_last_profile_fact_that_had_to_be_added_counts() {
    let told = Evidence { attended: vec![attended(1, 30)], eligible_since: Some(at(45)), ..evidence() };
    assert_eq!(standing(&told, 100), Standing::Open { moment: at(45) });
}

/// ADM-2, PRG-2.
#[test]
fn facts_that_are_not_known_ask_for_the_profile_field() {
    let fields = vec!["jobRole".to_owned()];
    let unknown = Evidence {
        attended: vec![attended(1, 30)],
        eligibility: EligibilityLook::Unknown(fields.clone()),
        eligible_since: None,
        ..evidence()
    };
    let look = look(&OWN, &unknown, at(100));
    assert_eq!(look.standing, Standing::Missing);
    let item = look.items.iter().find(|item| item.requirement == Requirement::Eligible).unwrap();
    assert!(!item.met && item.detail.contains("jobRole"));
    assert_eq!(item.evidence, Some(EvidenceOf::MissingFields(fields)));
}

/// ACC-1: vouching meets `email_verified` for that booking.
#[test]
fn vouching_meets_the_email_requirement() {
    let vouched = Evidence { email: EmailStanding::Vouched, attended: vec![attended(1, 30)], ..evidence() };
    assert_eq!(standing(&vouched, 100), Standing::Open { moment: at(30) });
    let unverified = Evidence { email: EmailStanding::Unverified, ..vouched };
    assert_eq!(standing(&unverified, 100), Standing::Missing);
}

/// ADM-15: a check before booking tells what is still to come with the booking.
#[test]
fn looking_ahead_says_that_form_and_commitment_come_with_the_booking() {
    let look = look_ahead(&Requirement::ALL, &evidence(), at(0));
    let met: Vec<bool> = look.items.iter().map(|item| item.met).collect();
    assert_eq!(met, [true, false, false, true, false, false, false]);
}

/// ADM-2.
#[test]
fn a_gate_asks_only_for_what_the_programme_asks() {
    let nothing = GateTerms {
        requires_taster: false,
        commits_to_all_sessions: false,
        has_eligibility: false,
        has_questions: false,
        requires_manager_agreement: false,
        requires_nomination: false,
    };
    assert_eq!(nothing.requirements(), [Requirement::EmailVerified]);
    let s2 = GateTerms { requires_taster: true, has_questions: true, ..nothing };
    let expected = [Requirement::EmailVerified, Requirement::JoiningForm, Requirement::TasterAttended];
    assert_eq!(s2.requirements(), expected);
}

/// ADM-4, ADM-19.
#[test]
fn what_is_waived_is_met_and_delays_no_moment() {
    let asked = [Requirement::JoiningForm, Requirement::TasterAttended, Requirement::Eligible];
    let waived = |requirement| Waived { requirement, at: at(500) };
    let bare = Evidence {
        submitted_at: at(0),
        attended: vec![attended(1, 90)],
        eligibility: EligibilityLook::Failed(vec![Fault::new("/eligibility", "not-eligible", "no")]),
        eligible_since: Some(at(200)),
        ..evidence()
    };
    assert!(matches!(look(&asked, &bare, at(600)).standing, Standing::NotEligible(_)));
    let one = Evidence { waived: vec![waived(Requirement::Eligible)], ..bare.clone() };
    assert_eq!(look(&asked, &one, at(600)).standing, Standing::Open { moment: at(90) });
    let both = vec![waived(Requirement::Eligible), waived(Requirement::TasterAttended)];
    let both = Evidence { waived: both, ..bare };
    let look = look(&asked, &both, at(600));
    assert_eq!(look.standing, Standing::Open { moment: at(0) });
    assert_eq!(look.items[2].evidence, Some(EvidenceOf::Waived(at(500))));
    assert!(matches!(look.items[1].evidence, Some(EvidenceOf::Attendance(_))), "met by itself");
}
