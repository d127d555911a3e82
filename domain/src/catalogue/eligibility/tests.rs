use super::*;
use crate::ids::ProgrammeId;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

fn parsed(value: serde_json::Value) -> Eligibility {
    Eligibility::parse(&value).unwrap()
}

fn practice_manager_in(region: &str) -> Facts {
    Facts { job_role: Some("practice_manager".into()), region: Some(region.into()), ..Facts::default() }
}

fn s1() -> Eligibility {
    parsed(json!({"all": [{"jobRole": ["practice_manager"]}, {"region": ["south_east"]}]}))
}

/// PRG-2.
#[test]
fn only_practice_managers_in_the_south_east_are_eligible_for_the_affinity_group() {
    assert_eq!(s1().assess(&practice_manager_in("south_east")).verdict, Verdict::Met);
    assert_eq!(s1().assess(&practice_manager_in("london")).verdict, Verdict::Failed);
}

/// PRG-2.
#[test]
fn a_refusal_names_each_rule_that_failed() {
    let nurse = Facts { job_role: Some("nurse".into()), region: Some("london".into()), ..Facts::default() };
    let failed = s1().assess(&nurse).failed;
    let named: Vec<_> = failed.iter().map(|rule| (rule.pointer.as_str(), rule.code)).collect();
    assert_eq!(named, [("/all/0/jobRole", "job-role"), ("/all/1/region", "region")]);
    assert_eq!(failed[0].detail, "Open where this holds: job role is practice manager.");
}

/// PRG-2.
#[test]
fn facts_that_are_not_known_ask_for_the_profile_field() {
    let assessment = s1().assess(&Facts { region: Some("south_east".into()), ..Facts::default() });
    assert_eq!((assessment.verdict, assessment.missing), (Verdict::Unknown, vec!["jobRole"]));
    let nothing = s1().assess(&Facts::default());
    assert_eq!(nothing.missing, ["jobRole", "region"]);
    assert!(nothing.failed.is_empty());
}

/// PRG-2.
#[test]
fn not_of_unknown_is_unknown_and_not_of_met_names_the_exclusion() {
    let expression = parsed(json!({"not": {"jobRole": ["gp", "nurse"]}}));
    assert_eq!(expression.assess(&Facts::default()).verdict, Verdict::Unknown);
    let nurse = Facts { job_role: Some("nurse".into()), ..Facts::default() };
    let refused = expression.assess(&nurse);
    assert_eq!((refused.failed[0].pointer.as_str(), refused.failed[0].code), ("/not", "excluded"));
    assert_eq!(refused.failed[0].detail, "Not open where this holds: job role is gp or nurse.");
}

/// PRG-2.
#[test]
fn one_met_alternative_is_enough_and_an_unknown_one_keeps_it_open() {
    let expression = parsed(json!({"any": [
        {"qualification": ["professional_nurse_advocate"]}, {"leadsOrManages": true}
    ]}));
    let none = Facts { qualifications: Some(vec![]), ..Facts::default() };
    assert_eq!(expression.assess(&none).verdict, Verdict::Unknown);
    assert_eq!(expression.assess(&none).missing, ["leadsOrManages"]);
    let leads = Facts { leads_or_manages: Some(true), ..Facts::default() };
    assert_eq!(expression.assess(&leads).verdict, Verdict::Met);
    let neither = Facts { leads_or_manages: Some(false), qualifications: Some(vec![]), ..Facts::default() };
    assert_eq!(expression.assess(&neither).failed.len(), 2);
}

#[test]
fn completion_is_our_own_record_hence_always_known() {
    let programme = Uuid::from_u128(7);
    let expression = parsed(json!({"completedProgramme": [programme.to_string()]}));
    assert_eq!(expression.assess(&Facts::default()).verdict, Verdict::Failed);
    let done = Facts { completed_programmes: vec![ProgrammeId(programme)], ..Facts::default() };
    assert_eq!(expression.assess(&done).verdict, Verdict::Met);
}

#[test]
fn a_job_role_is_excluded_only_when_nothing_else_could_help() {
    assert!(s1().excludes_job_role("nurse"));
    assert!(!s1().excludes_job_role("practice_manager"));
    let either =
        parsed(json!({"any": [{"jobRole": ["gp"]}, {"completedProgramme": [Uuid::nil().to_string()]}]}));
    assert!(!either.excludes_job_role("nurse"));
}

#[test]
fn every_fault_is_named_with_its_pointer() {
    let faults = Eligibility::parse(&json!({"all": [
        {"jobRole": []}, {"region": ["wales"]}, {"shoeSize": 43}, {"leadsOrManages": "yes"},
        {"jobRole": ["Nurse", 1]}, {}, "nurse", {"organisation": ["x"]}
    ]}))
    .unwrap_err();
    let named: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
    let expected = [
        ("/all/0/jobRole", "required"),
        ("/all/1/region/0", "unknown-region"),
        ("/all/2/shoeSize", "unknown-rule"),
        ("/all/3/leadsOrManages", "wrong-type"),
        ("/all/4/jobRole/0", "invalid-code"),
        ("/all/4/jobRole/1", "wrong-type"),
        ("/all/5", "wrong-type"),
        ("/all/6", "wrong-type"),
        ("/all/7/organisation/0", "invalid-id"),
    ];
    assert_eq!(named, expected);
}

#[test]
fn depth_and_size_have_limits() {
    let mut deep = json!({"leadsOrManages": true});
    for _ in 0..MAX_DEPTH {
        deep = json!({ "not": deep });
    }
    assert_eq!(Eligibility::parse(&deep).unwrap_err()[0].code, "too-deep");
    let row: Vec<_> = (0..60).map(|_| json!({"leadsOrManages": true})).collect();
    let wide = json!({"all": [{"any": row}, {"any": row}]});
    let faults = Eligibility::parse(&wide).unwrap_err();
    assert_eq!((faults.len(), faults[0].code), (1, "too-many"));
}

fn rules() -> impl Strategy<Value = Rule> {
    let code = prop::sample::select(vec!["gp".to_owned(), "nurse".to_owned(), "manager".to_owned()]);
    let codes = prop::collection::vec(code, 1..3);
    let leaf = prop_oneof![
        codes.clone().prop_map(Rule::JobRole),
        codes.clone().prop_map(Rule::StaffGroup),
        codes.prop_map(Rule::Qualification),
        any::<bool>().prop_map(Rule::LeadsOrManages),
        any::<u128>().prop_map(|id| Rule::CompletedProgramme(vec![ProgrammeId(Uuid::from_u128(id))])),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Rule::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Rule::Any),
            inner.prop_map(|rule| Rule::Not(Box::new(rule))),
        ]
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    let code = prop::sample::select(vec!["gp".to_owned(), "nurse".to_owned(), "other".to_owned()]);
    let some = prop::option::of(code.clone());
    (some.clone(), some, prop::option::of(prop::collection::vec(code, 0..2)), any::<Option<bool>>()).prop_map(
        |(job_role, staff_group, qualifications, leads_or_manages)| Facts {
            job_role,
            staff_group,
            qualifications,
            leads_or_manages,
            ..Facts::default()
        },
    )
}

proptest! {
    #[test]
    fn a_verdict_comes_with_what_it_owes(rule in rules(), facts in facts()) {
        let assessment = Eligibility(rule).assess(&facts);
        prop_assert_eq!(assessment.failed.is_empty(), assessment.verdict != Verdict::Failed);
        prop_assert_eq!(assessment.missing.is_empty(), assessment.verdict != Verdict::Unknown);
    }

    #[test]
    fn not_turns_a_verdict_round_and_leaves_the_unknown(rule in rules(), facts in facts()) {
        let plain = Eligibility(rule.clone()).assess(&facts).verdict;
        let turned = Eligibility(Rule::Not(Box::new(rule))).assess(&facts).verdict;
        let expected = match plain {
            Verdict::Met => Verdict::Failed,
            Verdict::Unknown => Verdict::Unknown,
            Verdict::Failed => Verdict::Met,
        };
        prop_assert_eq!(turned, expected);
    }

    /// What becomes known can decide, and never turns a decision round.
    #[test]
    fn a_decision_stands_when_more_becomes_known(rule in rules(), facts in facts(), more in facts()) {
        let expression = Eligibility(rule);
        let before = expression.assess(&facts).verdict;
        let fuller = Facts {
            job_role: facts.job_role.or(more.job_role),
            staff_group: facts.staff_group.or(more.staff_group),
            qualifications: facts.qualifications.or(more.qualifications),
            leads_or_manages: facts.leads_or_manages.or(more.leads_or_manages),
            ..Facts::default()
        };
        let after = expression.assess(&fuller).verdict;
        prop_assert!(before == Verdict::Unknown || before == after);
    }

    #[test]
    fn the_stored_form_is_the_wire_form(rule in rules()) {
        let expression = Eligibility(rule);
        let value = serde_json::to_value(&expression).unwrap();
        prop_assert_eq!(Eligibility::parse(&value).unwrap(), expression.clone());
        prop_assert_eq!(serde_json::from_value::<Eligibility>(value).unwrap(), expression);
    }
}
