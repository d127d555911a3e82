//! Who is carried over into a programme's next cohort (PRG-8, PRG-7).

use crate::on_both;
use chrono::TimeDelta;
use harness::World;
use harness::ledger::Ledger;
use harness::s2::{id_of, merged, participant};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn book(world: &World, cohort: &str, name: &str, more: Value) -> Value {
    let body = merged(json!({"participant": participant(name)}), &more);
    world.partner().book(cohort, body).await.created()
}

fn wish() -> Value {
    json!({"carryOver": true})
}

/// The bookings of a cohort that were carried over, once there are so many, in the order of its waiting list or as
/// they came.
async fn carried_into(world: &World, cohort: &str, many: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let mut all = world.partner().all(&format!("/v1/cohorts/{cohort}/bookings")).await;
        all.retain(|booking| !booking["carriedFrom"].is_null());
        if all.len() >= many {
            all.sort_by_key(|booking| booking["claim"]["sequence"].as_u64());
            return all;
        }
        assert!(begun.elapsed() < Duration::from_secs(25), "{} were carried over in time", all.len());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn detail(booking: &Value) -> &str {
    booking["explanation"]["detail"].as_str().unwrap_or_default()
}

/// PRG-8, ADM-12, ADM-13.
#[test]
fn who_waited_when_a_cohort_started_ranks_first_in_the_next_and_is_offered_a_place_at_its_opening() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let first = world.cohort(&programme, json!({"capacity": 1})).await;
        let _ = world.session(&first, 48).await;
        let next = json!({"capacity": 3, "bookingOpensAt": world.in_hours(100)});
        let next = world.cohort(&programme, next).await;
        let _ = world.session(&next, 500).await;
        let _ = book(&world, &first, "nia", wish()).await;
        let omar = book(&world, &first, "omar", wish()).await;
        let pat = book(&world, &first, "pat", wish()).await;
        let quinn = book(&world, &first, "quinn", json!({})).await;
        let rosa = book(&world, &next, "rosa", json!({})).await;
        assert_eq!((&omar["carryOver"], &quinn["carryOver"]), (&json!(true), &json!(false)));

        world.advance(TimeDelta::hours(49));
        let carried = carried_into(&world, &next, 2).await;
        let from: Vec<&Value> = carried.iter().map(|booking| &booking["carriedFrom"]).collect();
        assert_eq!(from, [&omar["id"], &pat["id"]], "in their order, and nobody else");
        let place = |booking: &Value| (booking["status"].clone(), booking["position"].clone());
        assert_eq!(place(&carried[0]), (json!("waiting"), json!(1)));
        assert_eq!(place(&carried[1]), (json!("waiting"), json!(2)));
        assert_eq!(carried[0]["claim"]["moment"], omar["claim"]["moment"], "the old moment");
        assert!(detail(&carried[0]).starts_with("You were carried over from an earlier cohort"));
        let rosa = world.partner().again(&rosa).await;
        assert_eq!(place(&rosa), (json!("waiting"), json!(3)));
        for (old, told) in [(&omar, "you were carried over into"), (&quinn, "no place had come")] {
            let old = world.partner().again(old).await;
            assert_eq!((&old["status"], &old["closedReason"]), (&json!("closed"), &json!("booking_closed")));
            assert!(detail(&old).contains(told), "{old:#}");
        }

        world.advance(TimeDelta::hours(52));
        let status = async |booking: &Value| world.partner().again(booking).await["status"].clone();
        assert_eq!(status(&carried[0]).await, "offered", "the dates are new");
        assert_eq!(status(&carried[1]).await, "offered");
        assert_eq!(status(&rosa).await, "confirmed");
        let ledger = Ledger::read(&world.coordinator(), &next).await.check();
        let entries: Vec<&Value> = ledger.entries.iter().filter(|e| e["kind"] == "carried_over").collect();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0]["facts"]["carriedFrom"], omar["id"]);
        assert_eq!(entries[0]["moment"], omar["claim"]["moment"]);
        world.verify_ledgers().await;
    });
}

/// PRG-7, PRG-8.
#[test]
fn everybody_live_in_a_cancelled_cohort_who_wishes_goes_on_once_there_is_a_next_one() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let first = world.cohort(&programme, json!({"capacity": 1})).await;
        let nia = book(&world, &first, "nia", json!({})).await;
        let omar = book(&world, &first, "omar", wish()).await;
        let pat = book(&world, &first, "pat", json!({})).await;
        let path = format!("/v1/bookings/{}", nia["id"].as_str().unwrap());
        let told = world.partner().patch(path, wish()).if_match("*").await.ok();
        assert_eq!((&told["carryOver"], &told["status"]), (&json!(true), &json!("confirmed")));
        let path = format!("/v1/cohorts/{first}/cancel");
        world.coordinator().post(path, json!({})).await.ok();
        let closed = world.partner().again(&nia).await;
        assert_eq!(closed["closedReason"], "cohort_cancelled");
        assert!(detail(&closed).contains("once there is one"), "{closed:#}");

        let next = world.cohort(&programme, json!({"capacity": 1, "vacancies": "automatic"})).await;
        let carried = carried_into(&world, &next, 2).await;
        let from: Vec<&Value> = carried.iter().map(|booking| &booking["carriedFrom"]).collect();
        assert_eq!(from, [&nia["id"], &omar["id"]]);
        let statuses: Vec<&Value> = carried.iter().map(|booking| &booking["status"]).collect();
        assert_eq!(statuses, ["offered", "waiting"], "an offer, however vacancies go out");
        assert_eq!(world.partner().again(&pat).await["closedReason"], "cohort_cancelled");
        Ledger::read(&world.coordinator(), &next).await.check();
        world.verify_ledgers().await;
    });
}

/// PRG-8, ADM-1.
#[test]
fn who_booked_in_the_next_cohort_already_goes_to_the_rank_that_they_carry_over() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let first = world.cohort(&programme, json!({"capacity": 1})).await;
        let _ = world.session(&first, 48).await;
        let next = json!({"capacity": 1, "bookingOpensAt": world.in_hours(100)});
        let next = world.cohort(&programme, next).await;
        let _ = world.session(&next, 500).await;
        let _ = book(&world, &first, "nia", json!({})).await;
        let omar = book(&world, &first, "omar", wish()).await;
        let rosa = book(&world, &next, "rosa", json!({})).await;
        let own = book(&world, &next, "omar", json!({})).await;
        assert_eq!(own["position"], 2);
        world.advance(TimeDelta::hours(49));
        let carried = carried_into(&world, &next, 1).await;
        assert_eq!((&carried[0]["carriedFrom"], &carried[0]["position"]), (&omar["id"], &json!(1)));
        assert_eq!(world.partner().again(&own).await["closedReason"], "withdrawn");
        let path = format!("/v1/bookings/{}/position-changes", rosa["id"].as_str().unwrap());
        let changes = world.partner().all(&path).await;
        assert_eq!(changes.last().unwrap()["cause"], "carried_before", "{changes:#?}");
        Ledger::read(&world.coordinator(), &next).await.check();
        world.verify_ledgers().await;
    });
}

async fn agree(world: &World, booking: &Value, manager: &str) {
    let token = world.mailbox.token(&format!("{manager}@trust.example.nhs.uk")).await;
    let path = format!("/v1/bookings/{}/manager/agree", id_of(booking));
    world.anonymous().post(path, json!({"token": token})).await.no_content();
}

fn naming(manager: &str) -> Value {
    json!({"manager": {"email": format!("{manager}@trust.example.nhs.uk")}, "carryOver": true})
}

/// PRG-8, ADM-20.
#[test]
fn a_managers_agreement_is_carried_over_with_the_claim() {
    on_both(async |world| {
        let programme = world.programme_that(json!({"requiresManagerAgreement": true})).await;
        let first = world.cohort(&programme, json!({"capacity": 1})).await;
        let _ = world.session(&first, 48).await;
        let next = json!({"capacity": 3, "bookingOpensAt": world.in_hours(100)});
        let next = world.cohort(&programme, next).await;
        let _ = world.session(&next, 500).await;
        let nia = book(&world, &first, "nia", naming("boss")).await;
        agree(&world, &nia, "boss").await;
        let omar = book(&world, &first, "omar", naming("chief")).await;
        agree(&world, &omar, "chief").await;
        world.advance(TimeDelta::hours(49));
        let carried = carried_into(&world, &next, 1).await;
        assert_eq!((&carried[0]["carriedFrom"], &carried[0]["status"]), (&omar["id"], &json!("waiting")));
        let now = world.partner().again(&carried[0]).await;
        assert!(now["gate"].as_array().unwrap().iter().all(|item| item["met"] == true), "{now:#}");
        world.verify_ledgers().await;
    });
}

/// PRG-8, ADM-1.
#[test]
fn who_waits_in_the_next_cohort_already_loses_nothing_to_a_booking_that_would_be_pending() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let first = world.cohort(&programme, json!({"capacity": 1})).await;
        let _ = world.session(&first, 48).await;
        let path = format!("/v1/programmes/{programme}");
        let asks = json!({"requiresManagerAgreement": true});
        let _ = world.coordinator().patch(path, asks).if_match("*").await.ok();
        let next =
            world.cohort(&programme, json!({"capacity": 3, "bookingOpensAt": world.in_hours(100)})).await;
        let _ = world.session(&next, 500).await;
        let _ = book(&world, &first, "nia", json!({})).await;
        let omar = book(&world, &first, "omar", wish()).await;
        let pat = book(&world, &first, "pat", wish()).await;
        let own =
            book(&world, &next, "omar", json!({"manager": {"email": "chief@trust.example.nhs.uk"}})).await;
        agree(&world, &own, "chief").await;
        world.advance(TimeDelta::hours(49));
        let begun = Instant::now();
        let list = format!("/v1/cohorts/{next}/bookings?status=pending");
        let pending = loop {
            let pending = world.partner().all(&list).await;
            if !pending.is_empty() {
                break pending;
            }
            assert!(begun.elapsed() < Duration::from_secs(25), "pat goes on, pending, in time");
            tokio::time::sleep(Duration::from_millis(300)).await;
        };
        let name = |booking: &Value| booking["participant"]["email"].clone();
        assert_eq!((pending.len(), name(&pending[0])), (1, name(&pat)), "{pending:#?}");
        assert_eq!(world.partner().again(&own).await["status"], "waiting");
        assert_eq!(world.partner().again(&omar).await["status"], "closed");
        world.verify_ledgers().await;
    });
}
