use super::*;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn form() -> JoiningForm {
    JoiningForm::parse(&json!({"questions": [
        {"key": "why", "label": "What do you hope for?", "kind": "long_text", "required": true, "maxLength": 20},
        {"key": "team", "label": "Your team", "kind": "short_text", "required": false},
        {"key": "days", "label": "Days", "kind": "multiple_choice", "required": false,
         "options": [{"value": "mon", "label": "Monday"}, {"value": "tue", "label": "Tuesday"}]},
        {"key": "band", "label": "Band", "kind": "single_choice", "required": true,
         "options": [{"value": "7", "label": "Band 7"}, {"value": "8a", "label": "Band 8a"}]},
        {"key": "advocate", "label": "Are you a nurse advocate?", "kind": "yes_no", "required": true},
        {"key": "since", "label": "Since when?", "kind": "date", "required": false},
        {"key": "privacy", "label": "I agree", "kind": "consent", "required": true}
    ]}))
    .unwrap()
}

fn faults_of(answers: Value) -> Vec<(String, &'static str)> {
    let answers: Map<String, Value> = serde_json::from_value(answers).unwrap();
    form().check(&answers).into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

fn named(list: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    list.iter().map(|(pointer, code)| ((*pointer).to_owned(), *code)).collect()
}

#[test]
fn complete_answers_have_no_fault() {
    let answers = json!({"why": "To listen better", "band": "8a", "advocate": false, "privacy": true,
        "days": ["tue", "mon"], "since": "2024-02-29", "team": null});
    assert_eq!(faults_of(answers), []);
}

/// ADM-2.
#[test]
fn every_missing_answer_is_named() {
    let expected = [
        ("/answers/why", "required"),
        ("/answers/band", "required"),
        ("/answers/advocate", "required"),
        ("/answers/privacy", "consent-required"),
    ];
    assert_eq!(faults_of(json!({})), named(&expected));
}

#[test]
fn every_wrong_answer_is_named() {
    let answers = json!({"why": "far more than twenty characters", "band": "9", "advocate": "no",
        "privacy": false, "days": ["mon", "mon"], "since": "2023-02-29", "team": "a\nb", "shoe/size": 43});
    let expected = [
        ("/answers/shoe~1size", "unknown-question"),
        ("/answers/why", "too-long"),
        ("/answers/team", "invalid-character"),
        ("/answers/days", "duplicate"),
        ("/answers/band", "not-an-option"),
        ("/answers/advocate", "wrong-type"),
        ("/answers/since", "invalid-date"),
        ("/answers/privacy", "consent-required"),
    ];
    assert_eq!(faults_of(answers), named(&expected));
}

#[test]
fn a_form_without_questions_asks_nothing_and_takes_nothing() {
    assert!(JoiningForm::default().is_empty());
    let answers: Map<String, Value> = serde_json::from_value(json!({"a": 1})).unwrap();
    assert_eq!(JoiningForm::default().check(&answers)[0].code, "unknown-question");
}

/// ADM-21.
#[test]
fn of_answers_for_several_forms_each_gets_its_own_and_what_none_asks() {
    let short = JoiningForm::parse(&json!({"questions": [
        {"key": "band", "label": "Band", "kind": "short_text", "required": true},
        {"key": "ward", "label": "Ward", "kind": "short_text", "required": true}
    ]}))
    .unwrap();
    let sent: Map<String, Value> =
        serde_json::from_value(json!({"why": "x", "band": "7", "ward": "W", "shoes": 1})).unwrap();
    let own = |of: &JoiningForm| Value::Object(of.own_of(&sent, &[&form(), &short]));
    assert_eq!(own(&form()), json!({"why": "x", "band": "7", "shoes": 1}));
    assert_eq!(own(&short), json!({"band": "7", "ward": "W", "shoes": 1}));
}

#[test]
fn every_fault_of_a_form_is_named() {
    let faults = JoiningForm::parse(&json!({"title": "x", "questions": [
        {"key": "1a", "label": " ", "kind": "essay", "required": 1},
        {"key": "a", "label": "A", "kind": "single_choice", "required": true},
        {"key": "b", "label": "B", "kind": "yes_no", "required": true, "options": [], "size": 1},
        {"key": "c", "label": "C", "kind": "date", "maxLength": 3},
        {"key": "d", "label": "D", "kind": "short_text", "maxLength": 0},
        {"key": "e", "label": "E", "kind": "single_choice",
         "options": [{"value": "x", "label": "X"}, {"value": "x"}, {"value": "x", "label": "Y"}]},
        {"key": "f", "label": "F", "kind": "date"},
        {"key": "f", "label": "F", "kind": "date"},
        7
    ]}))
    .unwrap_err();
    let found: Vec<_> = faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect();
    let expected = [
        ("/title", "unknown-field"),
        ("/questions/0/key", "invalid-key"),
        ("/questions/0/label", "required"),
        ("/questions/0/kind", "unknown-kind"),
        ("/questions/0/required", "wrong-type"),
        ("/questions/1/options", "required"),
        ("/questions/2/size", "unknown-field"),
        ("/questions/2/options", "not-allowed"),
        ("/questions/3/maxLength", "not-allowed"),
        ("/questions/4/maxLength", "out-of-range"),
        ("/questions/5/options/1/label", "required"),
        ("/questions/5/options/2/value", "duplicate"),
        ("/questions/7/key", "duplicate"),
        ("/questions/8", "wrong-type"),
    ];
    assert_eq!(found, named(&expected));
}

#[test]
fn a_form_round_trips_through_storage() {
    let stored = serde_json::to_value(form()).unwrap();
    assert_eq!(serde_json::from_value::<JoiningForm>(stored.clone()).unwrap(), form());
    assert_eq!(JoiningForm::parse(&stored).unwrap(), form());
}

proptest! {
    #[test]
    fn no_answer_whatever_breaks_the_check(text in ".{0,40}", number in any::<i64>()) {
        for key in ["why", "team", "days", "band", "advocate", "since", "privacy"] {
            for value in [json!(text), json!(number), json!([text]), json!({"a": text}), json!(null)] {
                let mut answers = Map::new();
                answers.insert(key.to_owned(), value);
                prop_assert!(!form().check(&answers).is_empty());
            }
        }
    }
}
