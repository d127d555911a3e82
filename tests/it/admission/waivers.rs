//! Staff let people off requirements, and the first attempt's moment counts (ADM-19).

use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::{Ledger, time};
use harness::s2::{answers, id_of, merged, participant};
use harness::{Request, World};
use serde_json::{Value, json};

fn waive(world: &World, cohort: &str, participant: &Value, requirement: &str) -> Request {
    let body = json!({"participantId": participant, "requirement": requirement, "reason": "Acting manager since May."});
    world.coordinator().post(format!("/v1/cohorts/{cohort}/waivers"), body)
}

async fn attempts(world: &World, cohort: &str) -> Vec<Value> {
    world.coordinator().all(&format!("/v1/cohorts/{cohort}/refused-attempts")).await
}

fn item(booking: &Value, requirement: &str) -> Value {
    let gate = booking["gate"].as_array().expect("a gate");
    gate.iter().find(|item| item["requirement"] == requirement).cloned().unwrap_or_default()
}

/// A cohort for practice managers, and a person of that name with that role.
async fn for_managers(world: &World, terms: Value) -> String {
    let rule = json!({"eligibility": {"jobRole": ["practice_manager"]}});
    let programme = world.programme_that(rule).await;
    world.cohort(&programme, terms).await
}

fn with_role(name: &str, role: &str) -> Value {
    json!({"participant": merged(participant(name), &json!({"jobRole": role}))})
}

/// ADM-9, ADM-19.
#[test]
fn who_was_refused_and_is_let_off_ranks_by_the_first_attempt_and_takes_no_place_that_is_held() {
    on_both(async |world| {
        let cohort = for_managers(&world, json!({"capacity": 2})).await;
        let partner = world.partner();
        let nurse = with_role("nia", "practice_nurse");
        let _ = partner.book(&cohort, nurse.clone()).await.problem(422, "not-eligible");
        for (name, status) in [("a", "confirmed"), ("b", "confirmed"), ("c", "waiting")] {
            let made = partner.book(&cohort, with_role(name, "practice_manager")).await.created();
            assert_eq!(made["status"], status);
        }
        let _ = partner.book(&cohort, nurse.clone()).await.problem(422, "not-eligible");
        let attempts = attempts(&world, &cohort).await;
        assert_eq!(attempts.len(), 2);
        assert_eq!(attempts[0]["codes"], json!(["not-eligible"]));
        let answer = waive(&world, &cohort, &attempts[0]["participantId"], "eligible").await;
        let location = answer.header("location").to_owned();
        let waiver = answer.created();
        assert_eq!(
            (&waiver["countsFrom"], &waiver["bookingId"]),
            (&attempts[0]["attemptedAt"], &json!(null))
        );
        assert_eq!(world.coordinator().get(&location).await.ok(), waiver);
        let made = partner.book(&cohort, nurse).await.created();
        assert_eq!((&made["status"], &made["position"]), (&json!("waiting"), &json!(1)), "{made:#}");
        assert_eq!(made["claim"]["moment"], attempts[0]["attemptedAt"], "the first attempt's moment counts");
        let eligible = item(&made, "eligible");
        assert_eq!((&eligible["met"], &eligible["evidence"]["waived"]), (&json!(true), &json!(true)));
        assert_eq!(eligible["evidence"]["waivedAt"], waiver["waivedAt"]);
        let other = with_role("otto", "practice_nurse");
        let _ = partner.book(&cohort, other).await.problem(422, "not-eligible");
        let audit = "SELECT detail FROM audit WHERE action = 'requirement_waived'";
        let audit = world.database.column(audit).await;
        let id = waiver["id"].as_str().expect("an id");
        assert!(audit.len() == 1 && audit[0].contains(id), "{audit:?}");
        assert!(
            !audit[0].contains("Acting manager"),
            "what staff wrote of a person stands with the waiver: {audit:?}"
        );
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// ADM-4, ADM-19.
#[test]
fn a_pending_booking_becomes_a_claim_of_its_own_moment_when_what_is_missing_is_waived() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        let ellie = world.participant("ellie").await;
        let pending = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        assert_eq!(pending["status"], "pending");
        world.advance(TimeDelta::hours(100));
        let who = &pending["participant"]["id"];
        let waiver = waive(&world, &s2.cohort, who, "taster_attended").await.created();
        assert_eq!(waiver["bookingId"], pending["id"]);
        let claimed = ellie.again(&pending).await;
        assert_eq!(claimed["status"], "confirmed");
        assert_eq!(
            claimed["claim"]["moment"], pending["createdAt"],
            "a clerk's delay costs nobody their order"
        );
        let taster = item(&claimed, "taster_attended");
        assert_eq!((&taster["met"], &taster["evidence"]["waived"]), (&json!(true), &json!(true)));
        let again = waive(&world, &s2.cohort, who, "taster_attended").await;
        let _ = again.problem(409, "already-waived");
        world.attended(&s2.taster, &["ellie"]).await;
        let attended = item(&ellie.again(&pending).await, "taster_attended");
        assert_eq!(
            attended["evidence"]["tasterId"],
            json!(s2.taster),
            "what is met by itself shows its own evidence"
        );
        world.verify_ledgers().await;
    });
}

/// ADM-19.
#[test]
fn an_attempt_that_lacked_more_than_what_is_waived_gives_no_earlier_moment() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 5})).await;
        let ellie = world.participant("ellie").await;
        let lacking = json!({"answers": {"team": "x"}, "tasterCode": "nonsense"});
        let _ = ellie.book(&s2.cohort, lacking).await.problem(422, "answers-invalid");
        let code_only = json!({"answers": answers(), "tasterCode": "nonsense"});
        world.advance(TimeDelta::hours(1));
        let _ = ellie.book(&s2.cohort, code_only.clone()).await.problem(422, "taster-code-invalid");
        let attempts = attempts(&world, &s2.cohort).await;
        assert_eq!(attempts[0]["codes"], json!(["answers-invalid", "taster-code-invalid"]));
        let who = &attempts[0]["participantId"];
        let waiver = waive(&world, &s2.cohort, who, "taster_attended").await.created();
        assert_eq!(waiver["countsFrom"], attempts[1]["attemptedAt"]);
        world.advance(TimeDelta::hours(1));
        let made = ellie.book(&s2.cohort, code_only).await.created();
        assert_eq!(made["claim"]["moment"], attempts[1]["attemptedAt"], "{made:#}");
        assert!(time(&made["createdAt"]) > time(&made["claim"]["moment"]));
    });
}

/// ADM-19, ACC-3.
#[test]
fn only_staff_waive_what_the_gate_asks_for_of_people_who_asked_for_a_place() {
    on_both(async |world| {
        let cohort = for_managers(&world, json!({})).await;
        let made = world.partner().book(&cohort, with_role("a", "practice_manager")).await.created();
        let path = format!("/v1/cohorts/{cohort}/waivers");
        let body =
            json!({"participantId": made["participant"]["id"], "requirement": "eligible", "reason": "x"});
        for actor in
            [world.partner(), world.operations(), world.facilitator(), world.participant("ellie").await]
        {
            let _ = actor.post(&path, body.clone()).await.problem(403, "forbidden");
            let refused = actor.get(format!("/v1/cohorts/{cohort}/refused-attempts")).await;
            let _ = refused.problem(403, "forbidden");
        }
        let _ = world.anonymous().post(&path, body.clone()).await.problem(401, "unauthenticated");
        let with = |more: Value| world.coordinator().post(&path, merged(body.clone(), &more));
        let email = with(json!({"requirement": "email_verified"})).await;
        let _ = email.faults("invalid", &["/requirement unknown-value"]);
        let taster = with(json!({"requirement": "taster_attended"})).await;
        let _ = taster.faults("invalid", &["/requirement not-in-gate"]);
        let stranger = with(json!({"participantId": world.id_of("ellie")})).await;
        let _ = stranger.faults("invalid", &["/participantId unknown"]);
        let all = world.coordinator().post(&path, json!({"reason": ""})).await;
        let _ =
            all.faults("invalid", &["/participantId required", "/requirement required", "/reason required"]);
        let waiver = id_of(&with(json!({})).await.created());
        let other = world.plain_cohort(json!({})).await;
        let elsewhere = world.coordinator().get(format!("/v1/cohorts/{other}/waivers/{waiver}")).await;
        let _ = elsewhere.problem(404, "not-found");
    });
}
