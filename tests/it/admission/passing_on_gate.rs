//! The colleague goes through the whole gate (ADM-2, ADM-15, ADM-23): what is missing refuses, and nothing is changed.

use super::passing_on::{ledger_holds, nth_token, propose, take_over};
use crate::on_both;
use harness::World;
use harness::s2::{answers, compassionate_leadership, id_of, merged, participant, zoom};
use serde_json::{Value, json};

/// ADM-2, ADM-15, ADM-23, ADM-3.
#[test]
fn what_is_missing_at_the_gate_refuses_and_leaves_everything_as_it_was() {
    on_both(async |world| {
        let asks = json!({
            "commitsToAllSessions": true, "eligibility": {"jobRole": ["practice_manager"]},
        });
        let programme = world.programme(merged(compassionate_leadership(), &asks)).await;
        let taster = world.taster(&programme, -2).await;
        let code = &taster["checkInCode"];
        let cohort =
            world.cohort(&programme, json!({"capacity": 1, "waitingList": false, "passOn": true})).await;
        let brings = json!({"answers": answers(), "commitsToAllSessions": true, "tasterCode": code});
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        for (person, role) in [(&ellie, "practice_manager"), (&sam, "matron")] {
            let _ = person.patch("/v1/me", json!({"jobRole": role})).await.ok();
        }
        let first = ellie.book(&cohort, brings.clone()).await.created();
        let _ = propose(&ellie, &first, "sam").await.ok();
        let token = nth_token(&world, "sam", 1).await;
        let but = |more: Value| take_over(&sam, &cohort, &token, merged(brings.clone(), &more));
        let _ = but(json!({})).await.problem(422, "not-eligible");
        let _ = sam.patch("/v1/me", json!({"jobRole": "practice_manager"})).await.ok();
        let _ = but(json!({"answers": {}})).await.problem(422, "answers-invalid");
        let _ = but(json!({"commitsToAllSessions": false})).await.problem(422, "commitment-required");
        let _ = but(json!({"tasterCode": "WRONG123"})).await.problem(422, "taster-code-invalid");
        let lacking = but(json!({"tasterCode": null})).await.problem(409, "no-place");
        assert_eq!(lacking["errors"][0]["code"], "requirement-missing", "{lacking:#}");
        let all = but(json!({"answers": {}, "commitsToAllSessions": false, "tasterCode": "WRONG123"})).await;
        let all = all.problem(422, "answers-invalid");
        assert!(
            all["errors"].as_array().is_some_and(|errors| errors.len() >= 3),
            "every reason at once: {all:#}"
        );
        assert!(sam.all("/v1/me/bookings").await.is_empty(), "nothing is left pending");
        let list = world.coordinator().all(&format!("/v1/tasters/{}/attendance", id_of(&taster))).await;
        assert_eq!(list.len(), 1, "nor is an attendance: {list:#?}");
        assert!(ellie.again(&first).await["passOn"].is_object());
        let taken = but(json!({})).await.created();
        assert_eq!(taken["status"], "confirmed", "full, and no waiting list: the place is the colleague's");
        assert!(taken["gate"].as_array().is_some_and(|gate| gate.iter().all(|item| item["met"] == true)));
        assert_eq!(ledger_holds(&world, &cohort).await, ["cohort_created", "claim", "passed_on", "claim"]);
    });
}

/// ADM-3: codes are no easier guessed by who is to take a place over.
#[test]
fn ten_wrong_taster_codes_an_hour_are_looked_at_and_no_more() {
    on_both(async |world| {
        let s2 = world.s2(json!({"passOn": true})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let brings = |code: &str| json!({"answers": answers(), "tasterCode": code});
        let first = ellie.book(&s2.cohort, brings(&s2.code)).await.created();
        let _ = propose(&ellie, &first, "sam").await.ok();
        let token = nth_token(&world, "sam", 1).await;
        for _ in 0..10 {
            let wrong = take_over(&sam, &s2.cohort, &token, brings("WRONG123")).await;
            let _ = wrong.problem(422, "taster-code-invalid");
        }
        let _ = take_over(&sam, &s2.cohort, &token, brings(&s2.code)).await.problem(429, "too-many-requests");
    });
}

/// ADM-1, ADM-23, PRG-1, PRG-6.
#[test]
fn who_is_booked_or_elsewhere_at_that_time_or_comes_after_the_programme_takes_nothing_over_unawares() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let cohort = world.cohort(&programme, json!({"passOn": true})).await;
        let _ = world.session(&cohort, 50).await;
        let elsewhere = world.plain_cohort(json!({})).await;
        let starts = world.in_hours(51);
        let session =
            json!({"title": "Module", "startsAt": starts, "endsAt": world.in_hours(53), "meeting": zoom()});
        let _ =
            world.coordinator().post(format!("/v1/cohorts/{elsewhere}/sessions"), session).await.created();
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let first = ellie.book(&cohort, json!({})).await.created();
        let _ = propose(&ellie, &first, "sam").await.ok();
        let token = nth_token(&world, "sam", 1).await;
        let own = sam.book(&cohort, json!({})).await.created();
        let booked = take_over(&sam, &cohort, &token, json!({})).await.problem(409, "already-booked");
        assert_eq!(booked["bookingId"], own["id"]);
        let _ = sam.act(&own, "cancel").await.ok();
        let _ = sam.book(&elsewhere, json!({})).await.created();
        let clash = take_over(&sam, &cohort, &token, json!({})).await.problem(409, "session-clash");
        assert_eq!(clash["errors"][0]["pointer"], "/acknowledgesClash");
        let archive = world.programme(merged(plain(), &json!({"slug": "passing-on-archived"}))).await;
        let archived = world.cohort(&archive, json!({"passOn": true})).await;
        let other = ellie.book(&archived, json!({})).await.created();
        let _ = propose(&ellie, &other, "sam").await.ok();
        let late = nth_token(&world, "sam", 2).await;
        let _ = world.coordinator().post(format!("/v1/programmes/{archive}/archive"), json!({})).await.ok();
        let _ = take_over(&sam, &archived, &late, json!({})).await.problem(409, "not-published");
        let _ = propose(&ellie, &other, "sam").await.problem(409, "not-published");
        let known = take_over(&sam, &cohort, &token, json!({"acknowledgesClash": true})).await.created();
        assert_eq!((&known["status"], known["clashes"].is_array()), (&json!("confirmed"), true), "{known:#}");
        let _ = ledger_holds(&world, &cohort).await;
    });
}

fn plain() -> Value {
    json!({"title": "Group", "summary": "A group.", "format": "cohort"})
}

/// ADM-19, ADM-20, ADM-23: a manager can't be asked at once; the attempt is kept, so that staff can let the colleague off.
#[test]
fn a_place_in_a_cohort_that_asks_managers_is_taken_over_only_with_a_waiver() {
    on_both(async |world| {
        let cohort = managed(&world).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let waive = async |id: &str| {
            let body = json!({"participantId": id, "requirement": "manager_agreed", "reason": "Known."});
            world.coordinator().post(format!("/v1/cohorts/{cohort}/waivers"), body).await.created()
        };
        let made =
            ellie.book(&cohort, json!({"manager": {"email": "boss@trust.example.nhs.uk"}})).await.created();
        let _ = waive(world.id_of("ellie")).await;
        let first = ellie.again(&made).await;
        assert_eq!(first["status"], "confirmed");
        let _ = propose(&ellie, &first, "sam").await.ok();
        let token = nth_token(&world, "sam", 1).await;
        let missing = take_over(&sam, &cohort, &token, json!({})).await.problem(422, "manager-required");
        assert_eq!(missing["errors"].as_array().map(Vec::len), Some(1), "{missing:#}");
        let _ = waive(world.id_of("sam")).await;
        assert_eq!(take_over(&sam, &cohort, &token, json!({})).await.created()["status"], "confirmed");
        let _ = ledger_holds(&world, &cohort).await;
    });
}

async fn managed(world: &World) -> String {
    let programme = world.programme_that(json!({"requiresManagerAgreement": true})).await;
    world.cohort(&programme, json!({"passOn": true})).await
}

/// PRG-9, ADM-23.
#[test]
fn a_place_that_is_kept_for_others_is_not_taken_over_by_who_does_not_fit() {
    on_both(async |world| {
        let reserve = json!({
            "title": "South East", "places": 1, "eligibility": {"region": ["south_east"]},
            "releasesAt": world.in_hours(100),
        });
        let terms = json!({"capacity": 2, "reserves": [reserve], "passOn": true, "waitingList": false});
        let cohort = world.plain_cohort(terms).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let _ = ellie.patch("/v1/me", json!({"region": "south_east"})).await.ok();
        let _ = sam.patch("/v1/me", json!({"region": "london"})).await.ok();
        let first = ellie.book(&cohort, json!({})).await.created();
        let nia = merged(participant("nia"), &json!({"region": "london"}));
        let _ = world.partner().book(&cohort, json!({"participant": nia})).await.created();
        let _ = propose(&ellie, &first, "sam").await.ok();
        let token = nth_token(&world, "sam", 1).await;
        let kept = take_over(&sam, &cohort, &token, json!({})).await.problem(409, "no-place");
        assert!(kept["detail"].as_str().is_some_and(|detail| detail.contains("kept")), "{kept:#}");
        assert_eq!(ellie.again(&first).await["status"], "confirmed");
        let _ = sam.patch("/v1/me", json!({"region": "south_east"})).await.ok();
        assert_eq!(take_over(&sam, &cohort, &token, json!({})).await.created()["status"], "confirmed");
        let kinds = ledger_holds(&world, &cohort).await;
        assert_eq!(kinds, ["cohort_created", "claim", "claim", "passed_on", "claim"]);
    });
}
