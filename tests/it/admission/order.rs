//! Who was first: requests of one moment, and corrections that nobody asked for (ADM-4, ADM-5, ADM-15).

use crate::on_both;
use harness::ledger::Ledger;
use harness::s2::{answers, id_of, participant};
use serde_json::{Value, json};

fn told(name: &str, more: &Value) -> Value {
    json!({"participant": harness::s2::merged(participant(name), more), "answers": answers()})
}

/// ADM-5, ADM-18.
#[test]
fn those_who_asked_in_one_request_keep_its_order_when_their_gates_open_together() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 5})).await;
        let names: Vec<String> = (0..20).map(|n| format!("nia{n}")).collect();
        let rows: Vec<Value> = names.iter().map(|name| told(name, &json!({}))).collect();
        let path = format!("/v1/cohorts/{}/bookings/batch", s2.cohort);
        let made = world.partner().post(path, json!({"atomic": true, "bookings": rows})).await.ok();
        let mut shuffled: Vec<&str> = names.iter().map(String::as_str).collect();
        shuffled.sort_unstable_by_key(|name| std::cmp::Reverse(*name));
        let _ = world.attended(&s2.taster, &shuffled).await;
        let mut sequences = Vec::new();
        for result in made["results"].as_array().expect("results") {
            let booking = world.partner().again(&result["booking"]).await;
            sequences.push(booking["claim"]["sequence"].as_u64().expect("a claim"));
        }
        assert_eq!(sequences, (1..=20).collect::<Vec<u64>>());
        let _ = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
    });
}

/// ADM-4, ADM-22.
#[test]
fn a_corrected_name_costs_nobody_their_order() {
    on_both(async |world| {
        let programme = world.programme_that(json!({"eligibility": {"region": ["south_east"]}})).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let partner = world.partner();
        let early = partner.book(&cohort, told_rxx("nia")).await.created();
        let moment = early["createdAt"].clone();
        let path = format!("/v1/bookings/{}", id_of(&early));
        let _ = partner.patch(&path, json!({"participant": {"fullName": "Nia Nkosi"}})).await.ok();
        let found = world.anonymous().get("/v1/organisations?odsCode=RXX").await.ok();
        let organisation = format!("/v1/organisations/{}", id_of(&found["items"][0]));
        let _ = world.coordinator().patch(organisation, json!({"region": "south_east"})).await.ok();
        let begun = std::time::Instant::now();
        let mut claimed = partner.again(&early).await;
        while claimed["claim"].is_null() {
            assert!(begun.elapsed().as_secs() < 25, "nobody looked at its gate: {claimed:#}");
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            claimed = partner.again(&early).await;
        }
        assert_eq!(claimed["claim"]["moment"], moment, "{claimed:#}");
    });
}

fn told_rxx(name: &str) -> Value {
    let mut told = json!({"participant": participant(name)});
    told["participant"]["organisationOdsCode"] = json!("RXX");
    told
}

/// ADM-15, ADM-22.
#[test]
fn who_is_known_to_be_against_the_rules_gets_no_place_however_it_became_known() {
    on_both(async |world| {
        let programme = world.programme_that(json!({"eligibility": {"region": ["south_east"]}})).await;
        let cohort = world.cohort(&programme, json!({"capacity": 1})).await;
        let partner = world.partner();
        let south = |name: &str| {
            let mut told = json!({"participant": participant(name)});
            told["participant"]["region"] = json!("south_east");
            told
        };
        let first = partner.book(&cohort, south("nia")).await.created();
        let corrected = partner.book(&cohort, south("omar")).await.created();
        let offered = partner.book(&cohort, south("pat")).await.created();
        let path = format!("/v1/bookings/{}", id_of(&corrected));
        let _ = partner.patch(&path, json!({"participant": {"region": "london"}})).await.ok();
        let gone = partner.again(&corrected).await;
        assert_eq!((&gone["status"], &gone["closedReason"]), (&json!("closed"), &json!("not_eligible")));
        let _ = partner.act(&first, "cancel").await.ok();
        assert_eq!(partner.again(&offered).await["status"], "offered");
        let path = format!("/v1/bookings/{}", id_of(&offered));
        let _ = partner.patch(&path, json!({"participant": {"region": "london"}})).await.ok();
        partner.act(&offered, "offer/accept").await.problem(409, "no-offer");
        assert_eq!(partner.again(&offered).await["closedReason"], "not_eligible");
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        assert_eq!(ledger.kinds().iter().filter(|kind| **kind == "gate_failed").count(), 2);
        world.verify_ledgers().await;
    });
}

/// ADM-3.
#[test]
fn a_code_of_the_programme_holds_whatever_the_cohort_asks_for() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let open = world
            .cohort(&s2.programme, json!({"requiresTaster": false, "commitsToAllSessions": false}))
            .await;
        let sam = world.participant("sam").await;
        let booked = sam.book(&open, json!({"answers": answers(), "tasterCode": s2.code})).await;
        assert_eq!(booked.created()["status"], "confirmed");
        let nia = world.participant("nia").await;
        let wrong = nia.book(&open, json!({"answers": answers(), "tasterCode": "NONSENSE"})).await;
        wrong.problem(422, "taster-code-invalid");
    });
}
