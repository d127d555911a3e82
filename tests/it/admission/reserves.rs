//! Places that are kept for those who fit (PRG-9).

use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::Ledger;
use harness::s2::{id_of, merged, participant};
use harness::{Actor, World};
use serde_json::{Value, json};

/// A cohort of so many places, of which `places` are kept for the South East for ten days.
async fn cohort_with_reserve(world: &World, capacity: u32, places: u32) -> String {
    world.plain_cohort(json!({"capacity": capacity, "reserves": [south_east(world, places)]})).await
}

fn south_east(world: &World, places: u32) -> Value {
    json!({
        "title": "South East", "places": places, "eligibility": {"region": ["south_east"]},
        "releasesAt": world.in_hours(240),
    })
}

async fn book(world: &World, cohort: &str, name: &str, region: &str) -> Value {
    let participant = merged(participant(name), &json!({"region": region}));
    world.partner().book(cohort, json!({"participant": participant})).await.created()
}

async fn statuses(by: &Actor, bookings: &[&Value]) -> Vec<String> {
    let mut list = Vec::new();
    for booking in bookings {
        list.push(by.again(booking).await["status"].as_str().unwrap_or_default().to_owned());
    }
    list
}

/// PRG-9, ADM-9, ADM-12.
#[test]
fn a_reserved_place_is_kept_for_who_fits_and_the_ledger_says_so() {
    on_both(async |world| {
        let cohort = cohort_with_reserve(&world, 2, 1).await;
        assert_eq!(book(&world, &cohort, "nia", "london").await["status"], "confirmed");
        let omar = book(&world, &cohort, "omar", "london").await;
        assert_eq!((&omar["status"], &omar["position"]), (&json!("waiting"), &json!(1)));
        assert_eq!(omar["explanation"]["code"], "places_ring_fenced", "{omar:#}");
        let read = world.coordinator().cohort(&cohort).await;
        assert_eq!((&read["placesFree"], &read["placesOpenToAll"]), (&json!(1), &json!(0)));
        assert_eq!(read["publicState"]["code"], "full_with_waiting_list");
        let state = &read["reserveStates"][0];
        assert_eq!((&state["placesKept"], &state["released"]), (&json!(1), &json!(false)));
        let pat = book(&world, &cohort, "pat", "south_east").await;
        assert_eq!(pat["status"], "confirmed");
        assert_eq!(book(&world, &cohort, "quinn", "south_east").await["status"], "waiting");
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        let reserve = read["reserves"][0]["id"].clone();
        let fits = |index: usize| &ledger.entries[index]["facts"]["reserves"];
        assert_eq!((fits(1), fits(3)), (&json!([]), &json!([reserve])));
        let told = &fits(0)[0];
        assert_eq!((&told["id"], &told["places"]), (&reserve, &json!(1)));
        assert!(told["eligibility"].is_null(), "no fact that is not settling's: {told}");
        world.verify_ledgers().await;
    });
}

/// PRG-9, ADM-7.
#[test]
fn a_release_offers_what_is_left_to_the_head_of_the_list_once_at_its_moment() {
    on_both(async |world| {
        let cohort = cohort_with_reserve(&world, 3, 2).await;
        let _ = book(&world, &cohort, "nia", "london").await;
        let omar = book(&world, &cohort, "omar", "london").await;
        let pat = book(&world, &cohort, "pat", "midlands").await;
        let quinn = book(&world, &cohort, "quinn", "midlands").await;
        world.advance(TimeDelta::hours(239));
        assert_eq!(statuses(&world.partner(), &[&omar, &pat]).await, ["waiting", "waiting"]);
        world.advance(TimeDelta::hours(2));
        let after = statuses(&world.partner(), &[&omar, &pat, &quinn]).await;
        assert_eq!(after, ["offered", "offered", "waiting"]);
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        let released: Vec<_> = ledger.entries.iter().filter(|e| e["kind"] == "reserve_released").collect();
        assert_eq!(released.len(), 1);
        let read = world.coordinator().cohort(&cohort).await;
        assert_eq!(released[0]["moment"], read["reserves"][0]["releasesAt"]);
        assert_eq!(released[0]["facts"]["reserveId"], read["reserves"][0]["id"]);
        world.verify_ledgers().await;
    });
}

/// PRG-9: a least share, not an extra.
#[test]
fn a_freed_place_is_open_to_all_where_others_who_fit_make_up_the_share() {
    on_both(async |world| {
        let cohort = cohort_with_reserve(&world, 2, 1).await;
        let nia = book(&world, &cohort, "nia", "south_east").await;
        let omar = book(&world, &cohort, "omar", "south_east").await;
        let pat = book(&world, &cohort, "pat", "london").await;
        let quinn = book(&world, &cohort, "quinn", "south_east").await;
        world.partner().act(&nia, "cancel").await.ok();
        assert_eq!(statuses(&world.partner(), &[&pat, &quinn]).await, ["offered", "waiting"]);
        world.partner().act(&omar, "cancel").await.ok();
        assert_eq!(statuses(&world.partner(), &[&pat, &quinn]).await, ["offered", "offered"]);
        Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// PRG-9, ADM-14.
#[test]
fn a_reserve_that_is_added_later_looks_at_everybody_and_can_be_previewed() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let _ = book(&world, &cohort, "nia", "london").await;
        let omar = book(&world, &cohort, "omar", "london").await;
        let pat = book(&world, &cohort, "pat", "south_east").await;
        let change = json!({"capacity": 2, "reserves": [south_east(&world, 1)]});
        let path = format!("/v1/cohorts/{cohort}/preview");
        let told = world.coordinator().post(&path, change.clone()).await.ok();
        let reached: Vec<_> = told["bookings"].as_array().unwrap().iter().collect();
        let offered: Vec<_> = reached.iter().filter(|b| b["status"] == "offered").collect();
        assert_eq!(offered.len(), 1);
        assert_eq!(offered[0]["bookingId"], pat["id"], "who fits, though another waits before");
        assert_eq!(world.coordinator().cohort(&cohort).await["reserves"], json!([]), "nothing changed");
        let read =
            world.coordinator().patch(format!("/v1/cohorts/{cohort}"), change).if_match("*").await.ok();
        assert_eq!(statuses(&world.partner(), &[&omar, &pat]).await, ["waiting", "offered"]);
        Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
        let none = json!({"reserves": []});
        world.coordinator().patch(format!("/v1/cohorts/{cohort}"), none).if_match("*").await.ok();
        world.partner().act(&pat, "offer/decline").await.ok();
        assert_eq!(statuses(&world.partner(), &[&omar]).await, ["offered"], "{read:#}");
        Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// PRG-9, ADM-12: a change of who fits is one fact with the terms that change beside it, so that nobody gets a place by
/// the rule that is no more.
#[test]
fn a_reserve_that_is_for_others_now_gives_nothing_by_the_old_rule() {
    on_both(async |world| {
        let cohort = cohort_with_reserve(&world, 1, 1).await;
        let nia = book(&world, &cohort, "nia", "south_east").await;
        let omar = book(&world, &cohort, "omar", "south_east").await;
        let pat = book(&world, &cohort, "pat", "london").await;
        assert_eq!(
            statuses(&world.partner(), &[&nia, &omar, &pat]).await,
            ["confirmed", "waiting", "waiting"]
        );
        let mut reserve = world.coordinator().cohort(&cohort).await["reserves"][0].clone();
        reserve["eligibility"] = json!({"region": ["london"]});
        let change = json!({"capacity": 2, "reserves": [reserve]});
        world.coordinator().patch(format!("/v1/cohorts/{cohort}"), change).if_match("*").await.ok();
        assert_eq!(
            statuses(&world.partner(), &[&nia, &omar, &pat]).await,
            ["confirmed", "waiting", "offered"]
        );
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        let last = ledger.entries.last().unwrap();
        assert_eq!(
            (&last["kind"], last["facts"]["fits"].as_array().unwrap().len()),
            (&json!("capacity_changed"), 3)
        );
        world.verify_ledgers().await;
        let _ = book(&world, &cohort, "quinn", "london").await;
        world.partner().act(&nia, "cancel").await.ok();
        assert_eq!(statuses(&world.partner(), &[&omar]).await, ["offered"], "the share is made up");
        Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// PRG-9: what becomes known of a person counts from then on.
#[test]
fn who_turns_out_to_fit_while_they_wait_gets_the_reserved_place() {
    on_both(async |world| {
        let cohort = cohort_with_reserve(&world, 2, 1).await;
        let _ = book(&world, &cohort, "nia", "london").await;
        let omar = world.participant("omar").await;
        let waiting = omar.book(&cohort, json!({})).await.created();
        assert_eq!(waiting["status"], "waiting", "what is not known does not fit");
        omar.patch("/v1/me", json!({"region": "south_east"})).if_match("*").await.ok();
        assert_eq!(omar.booking(&id_of(&waiting)).await["status"], "offered");
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        assert_eq!(ledger.kinds().last(), Some(&"fit_changed"));
        world.verify_ledgers().await;
    });
}

/// PRG-9.
#[test]
fn every_fault_of_reserves_is_named() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let path = format!("/v1/programmes/{programme}/cohorts");
        let known = json!({"id": "019b0000-0000-7000-8000-00000000000a"});
        let body = json!({"title": "Spring", "capacity": 2, "reserves": [
            merged(south_east(&world, 2), &known), south_east(&world, 1),
        ]});
        let problem = world.coordinator().post(&path, body).await.problem(422, "invalid");
        let named: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| &e["pointer"]).collect();
        assert_eq!(named, [&json!("/reserves"), &json!("/reserves/0/id")]);
        let body = json!({"title": "Spring", "capacity": 2, "reserves": [
            {"title": "", "places": 0, "eligibility": {"shoeSize": 43}},
        ]});
        let problem = world.coordinator().post(&path, body).await.problem(422, "invalid");
        let named: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| &e["pointer"]).collect();
        for pointer in ["/reserves/0/title", "/reserves/0/places", "/reserves/0/eligibility/shoeSize"] {
            assert!(named.contains(&&json!(pointer)), "{pointer} in {named:?}");
        }
        let with_none = json!({"title": "Spring", "capacity": 2});
        assert_eq!(world.coordinator().post(&path, with_none).await.created()["reserves"], json!([]));
    });
}

/// PRG-9, ADM-18: each row goes where it fits.
#[test]
fn a_row_of_a_batch_that_fits_gets_the_reserved_place_and_one_that_does_not_waits() {
    on_both(async |world| {
        let cohort = cohort_with_reserve(&world, 2, 1).await;
        let row = |name: &str, region: &str| json!({"participant": merged(participant(name), &json!({"region": region}))});
        let path = format!("/v1/cohorts/{cohort}/bookings/batch");
        let rows = [row("nia", "london"), row("omar", "london"), row("pat", "south_east")];
        let body = json!({"atomic": false, "bookings": rows});
        let told = world.partner().post(&path, body).await.ok();
        let status = |index: usize| told["results"][index]["booking"]["status"].clone();
        assert_eq!([status(0), status(1), status(2)], ["confirmed", "waiting", "confirmed"], "{told:#}");
        world.verify_ledgers().await;

        let cohort = cohort_with_reserve(&world, 2, 1).await;
        let path = format!("/v1/cohorts/{cohort}/bookings/batch");
        let body = json!({"atomic": true, "require": "place", "bookings": rows[..2]});
        let refused = world.partner().post(&path, body).await.ok();
        assert_eq!(refused["results"][1]["problem"]["code"], "cohort-full", "{refused:#}");
        let body = json!({"atomic": true, "require": "place", "bookings": [rows[0], rows[2]]});
        let told = world.partner().post(&path, body).await.ok();
        assert_eq!(told["results"][1]["booking"]["status"], "confirmed", "{told:#}");
        world.verify_ledgers().await;
    });
}

/// PRG-9, ADM-13: what is said is true of who is told.
#[test]
fn who_fits_and_who_does_not_are_each_told_what_holds_for_them() {
    on_both(async |world| {
        let cohort = cohort_with_reserve(&world, 2, 1).await;
        let _ = book(&world, &cohort, "nia", "london").await;
        let omar = book(&world, &cohort, "omar", "london").await;
        let explanation = world.partner().again(&omar).await["explanation"].clone();
        let until = world.coordinator().cohort(&cohort).await["reserves"][0]["releasesAt"].clone();
        assert!(explanation["detail"].as_str().unwrap().contains(until.as_str().unwrap()), "{explanation}");
        assert_eq!(explanation["more"]["code"], "at_release", "{explanation}");
        let _ = book(&world, &cohort, "pat", "south_east").await;
        let explanation = world.partner().again(&omar).await["explanation"].clone();
        assert_eq!(explanation["code"], "no_place_free");
        let detail = explanation["detail"].as_str().unwrap();
        assert!(detail.contains("All 2 places are held") && detail.contains("ring-fenced"), "{detail}");
        assert_eq!(explanation["before"], 0);
        world.advance(TimeDelta::hours(241));
        let after = world.partner().again(&omar).await["explanation"].clone();
        assert!(!after["detail"].as_str().unwrap().contains("ring-fenced"), "{after}");
    });
}
