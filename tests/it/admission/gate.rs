//! The gate (ADM-2): what is missing, and how a pending booking becomes a claim by itself.

use crate::on_both;
use harness::s2::{answers, compassionate_leadership, id_of, merged};
use serde_json::{Value, json};

/// One requirement of a booking's gate.
fn item<'a>(booking: &'a Value, requirement: &str) -> &'a Value {
    let gate = booking["gate"].as_array().expect("a gate");
    gate.iter()
        .find(|item| item["requirement"] == requirement)
        .unwrap_or_else(|| panic!("{requirement}: {booking:#}"))
}

/// ADM-1, ADM-2.
#[test]
fn the_whole_way_of_s2_leads_from_a_taster_to_a_place() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let ellie = world.participant("ellie").await;
        let booked = ellie.book(&s2.cohort, json!({"answers": answers()})).await.status(201);
        assert_eq!(booked["status"], "pending");
        assert_eq!(booked["participant"]["email"], ellie.email());
        assert_eq!(item(booked.json(), "email_verified")["met"], true);
        assert_eq!(item(booked.json(), "joining_form")["met"], true);
        assert_eq!(item(booked.json(), "taster_attended")["met"], false);
        assert!(booked["claim"].is_null() && booked["position"].is_null() && booked["offer"].is_null());
        assert!(booked["cohortVersion"].is_null());
        let recorded = world.attended(&s2.taster, &["ellie"]).await;
        assert_eq!((&recorded["recorded"], &recorded["bookingsClaimed"]), (&json!(1), &json!(1)));
        let placed = ellie.again(booked.json()).await;
        assert_eq!(placed["status"], "confirmed");
        assert_eq!(item(&placed, "taster_attended")["met"], true);
        assert!(!item(&placed, "taster_attended")["evidence"].is_null(), "{placed:#}");
        assert_eq!(placed["claim"]["sequence"], 1);
        assert_eq!(placed["cohortVersion"], placed["claim"]["ledgerVersion"]);
    });
}

/// ADM-2.
#[test]
fn what_the_request_must_bring_is_refused_at_once_and_no_booking_is_kept() {
    on_both(async |world| {
        let programme =
            world.programme(merged(compassionate_leadership(), &json!({"commitsToAllSessions": true}))).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let ellie = world.participant("ellie").await;
        for (body, code) in [
            (json!({"commitsToAllSessions": true}), "answers-invalid"),
            (json!({"answers": {}, "commitsToAllSessions": true}), "answers-invalid"),
            (json!({"answers": answers()}), "commitment-required"),
            (json!({"answers": answers(), "commitsToAllSessions": false}), "commitment-required"),
        ] {
            let _ = ellie.book(&cohort, body).await.problem(422, code);
        }
        assert_eq!(ellie.get("/v1/me/bookings").await.ok()["items"], json!([]));
        let body = json!({"answers": answers(), "commitsToAllSessions": true});
        assert_eq!(ellie.book(&cohort, body).await.created()["status"], "pending");
    });
}

/// ADM-2.
#[test]
fn wrong_answers_are_named_one_by_one() {
    on_both(async |world| {
        let form = json!({"questions": [
            {"key": "team", "label": "Team", "kind": "short_text", "required": true, "maxLength": 10},
            {"key": "role", "label": "Role", "kind": "single_choice", "required": true,
             "options": [{"value": "lead", "label": "Lead"}, {"value": "manager", "label": "Manager"}]},
            {"key": "days", "label": "Days", "kind": "multiple_choice", "required": false,
             "options": [{"value": "mon", "label": "Monday"}, {"value": "tue", "label": "Tuesday"}]},
            {"key": "first", "label": "First time?", "kind": "yes_no", "required": true},
            {"key": "since", "label": "Since", "kind": "date", "required": false},
            {"key": "consent", "label": "Consent", "kind": "consent", "required": true},
        ]});
        let programme = world.programme_that(json!({"joiningForm": form})).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let ellie = world.participant("ellie").await;
        let wrong = json!({
            "team": "far too long a name", "role": "queen", "days": ["mon", "sun"], "since": "2024-02-30",
            "consent": false, "shoe": 44
        });
        let problem = ellie.book(&cohort, json!({"answers": wrong})).await.problem(422, "answers-invalid");
        let errors = problem["errors"].as_array().expect("faults");
        for key in ["team", "role", "days", "first", "since", "consent", "shoe"] {
            let pointer = format!("/answers/{key}");
            let named =
                |fault: &Value| fault["pointer"].as_str().is_some_and(|found| found.starts_with(&pointer));
            assert!(errors.iter().any(named), "{pointer}: {problem:#}");
        }
        let right = json!({
            "team": "Ward 7", "role": "lead", "days": ["mon", "tue"], "first": false, "since": "2024-02-29", "consent": true
        });
        let booked = ellie.book(&cohort, json!({"answers": right})).await.created();
        assert_eq!(booked["status"], "confirmed");
        assert_eq!(booked["answers"], right);
    });
}

/// ADM-2.
#[test]
fn the_last_requirement_opens_the_gate_whoever_meets_it() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let nia = world.newcomer("nia").await;
        let booked = nia.book(&s2.cohort, json!({"answers": answers()})).await.created();
        world.attended(&s2.taster, &["nia"]).await;
        assert_eq!(nia.again(&booked).await["status"], "pending", "the email is still to be verified");
        let token = world.mailbox.verification_token(&nia.email()).await;
        world.anonymous().post("/v1/auth/email-verifications", json!({"token": token})).await.no_content();
        assert_eq!(nia.again(&booked).await["status"], "confirmed");
    });
}

/// ADM-2, PRG-2.
#[test]
fn an_unknown_profile_fact_leaves_a_booking_pending_until_it_is_told() {
    on_both(async |world| {
        let rule = json!({"eligibility": {"jobRole": ["practice_manager"]}});
        let programme = world.programme_that(rule).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let ellie = world.participant("ellie").await;
        let booked = ellie.book(&cohort, json!({})).await.created();
        assert_eq!(booked["status"], "pending");
        let missing = item(&booked, "eligible");
        assert_eq!(missing["met"], false);
        assert!(missing.to_string().contains("jobRole"), "{missing:#}");
        let _ = ellie.patch("/v1/me", json!({"jobRole": "practice_manager"})).await.ok();
        let placed = ellie.again(&booked).await;
        assert_eq!(placed["status"], "confirmed");
        let sam = world.participant("sam").await;
        let pending = sam.book(&cohort, json!({})).await.created();
        let _ = sam.patch("/v1/me", json!({"jobRole": "matron"})).await.ok();
        let closed = sam.again(&pending).await;
        assert_eq!(
            (closed["status"].as_str(), closed["closedReason"].as_str()),
            (Some("closed"), Some("not_eligible"))
        );
    });
}

/// ADM-2.
#[test]
fn a_cohort_copies_gate_and_form_when_it_is_created() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let path = format!("/v1/programmes/{}", s2.programme);
        let patch = json!({"requiresTaster": false, "joiningForm": {"questions": []}});
        let _ = world.coordinator().patch(path, patch).await.ok();
        let ellie = world.participant("ellie").await;
        let _ = ellie.book(&s2.cohort, json!({})).await.problem(422, "answers-invalid");
        let later = world.cohort(&s2.programme, json!({})).await;
        assert_eq!(ellie.book(&later, json!({})).await.created()["status"], "confirmed");
    });
}

/// ADM-2.
#[test]
fn a_cohorts_own_gate_can_change_until_its_first_booking() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let coordinator = world.coordinator();
        let cohort = coordinator.cohort(&s2.cohort).await;
        let gate = cohort["gate"].as_array().expect("the cohort shows its gate").clone();
        assert!(
            gate.iter().any(|requirement| requirement.to_string().contains("taster_attended")),
            "{gate:?}"
        );
        let path = format!("/v1/cohorts/{}", s2.cohort);
        let _ = coordinator.patch(&path, json!({"requiresTaster": false})).await.ok();
        let ellie = world.participant("ellie").await;
        let booked = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        assert_eq!(booked["status"], "confirmed");
        let late = coordinator.patch(&path, json!({"requiresTaster": true})).await;
        let _ = late.problem(409, "gate-in-use");
        let _ = coordinator.patch(&path, json!({"title": "Summer"})).await.ok();
    });
}

/// ADM-15.
#[test]
fn every_reason_comes_at_once_and_the_first_gives_the_code() {
    on_both(async |world| {
        let rule = json!({
            "eligibility": {"jobRole": ["practice_manager"]}, "commitsToAllSessions": true
        });
        let programme = world.programme(merged(compassionate_leadership(), &rule)).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let ellie = world.participant("ellie").await;
        let _ = ellie.patch("/v1/me", json!({"jobRole": "matron"})).await.ok();
        let body = json!({"answers": {"team": "x"}, "tasterCode": "000000"});
        let problem = ellie.book(&cohort, body).await.problem(422, "not-eligible");
        let codes: Vec<String> =
            problem["errors"].as_array().expect("faults").iter().map(|f| f.to_string()).collect();
        let all = codes.join(" ");
        for pointer in ["/answers/consent", "/commitsToAllSessions", "/tasterCode"] {
            assert!(all.contains(pointer), "{pointer}: {problem:#}");
        }
        for fault in problem["errors"].as_array().expect("faults") {
            assert!(fault["code"].is_string() && fault["detail"].is_string(), "{fault:#}");
        }
    });
}

/// ADM-15.
#[test]
fn withdrawn_evidence_makes_a_waiting_claim_pending_again() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        world.attended(&s2.taster, &["ellie", "sam"]).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let first = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        let second = sam.book(&s2.cohort, json!({"answers": answers()})).await.created();
        assert_eq!(second["status"], "waiting");
        for name in ["sam", "ellie"] {
            world.absent(&s2.taster, name).await;
        }
        let _ = ellie.act(&first, "cancel").await.ok();
        let reopened = sam.again(&second).await;
        assert_eq!(reopened["status"], "pending", "{reopened:#}");
        assert!(reopened["claim"].is_null());
        world.attended(&s2.taster, &["sam"]).await;
        let claimed = sam.again(&second).await;
        assert_eq!(claimed["status"], "confirmed");
        assert_eq!(claimed["claim"]["sequence"], 3, "a later claim is a new entry");
        assert_eq!(id_of(&claimed), id_of(&second));
    });
}

/// ADM-15.
#[test]
fn a_confirmed_place_stays_when_evidence_is_withdrawn() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        world.attended(&s2.taster, &["ellie"]).await;
        let ellie = world.participant("ellie").await;
        let placed = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        assert_eq!(placed["status"], "confirmed");
        world.absent(&s2.taster, "ellie").await;
        assert_eq!(ellie.again(&placed).await["status"], "confirmed");
    });
}
