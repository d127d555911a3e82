//! Organisations and labelled lists (ACC-8, ACC-9).

use crate::on_both;
use chrono::{DateTime, TimeDelta, Utc};
use harness::Actor;
use harness::s2::id_of;
use serde_json::{Value, json};

/// ACC-8, ACC-9.
#[test]
fn organisations_are_added_by_staff_and_found_by_anyone() {
    on_both(async |world| {
        let body = json!({
            "name": "Royal Surrey NHS Foundation Trust", "odsCode": "RA2", "sector": "acute",
            "region": "south_east", "locality": "Guildford", "postcode": "GU2 7XX"
        });
        let made = world.coordinator().post("/v1/organisations", body).await.status(201);
        assert_eq!(made["odsCode"], "RA2");
        let anonymous = world.anonymous();
        for query in ["q=surrey", "q=ROYAL%20trust", "odsCode=ra2", "q=RA2", "q=gu2%207xx"] {
            let found = anonymous.get(format!("/v1/organisations?{query}")).await.ok();
            assert_eq!(found["items"][0]["id"], made["id"], "{query}: {found:#}");
        }
        let nothing = anonymous.get("/v1/organisations?q=nowhere").await.ok();
        assert_eq!(nothing["items"], json!([]));
        let again = json!({"name": "Another", "odsCode": "ra2"});
        let again = world.coordinator().post("/v1/organisations", again).await;
        assert_eq!(again.code(), 409, "{}", again.described());
        let _ = world
            .participant("ellie")
            .await
            .post("/v1/organisations", json!({"name": "Mine"}))
            .await
            .status(403);
        let bad = json!({"name": "", "odsCode": "not a code!", "region": "moon"});
        let problem = world.coordinator().post("/v1/organisations", bad).await.problem(422, "invalid");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(3), "{problem:#}");
    });
}

/// ACC-8.
#[test]
fn a_person_has_an_organisation_and_its_region_counts_first() {
    on_both(async |world| {
        let body = json!({"name": "Kent Community Health", "region": "south_east"});
        let made = world.coordinator().post("/v1/organisations", body).await.created();
        let programme = world.programme_that(json!({"eligibility": {"region": ["south_east"]}})).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let ellie = world.participant("ellie").await;
        let patch = json!({"organisationId": made["id"], "region": "london"});
        assert_eq!(ellie.patch("/v1/me", patch).await.ok()["organisationId"], made["id"]);
        assert_eq!(ellie.book(&cohort, json!({})).await.created()["status"], "confirmed");
    });
}

/// ACC-9.
#[test]
fn an_unknown_ods_code_in_a_booking_makes_an_organisation_with_only_its_code() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let body = json!({"participant": {"email": "nia@example.uk", "fullName": "Nia", "organisationOdsCode": "RXX"}});
        let _ = world.partner().book(&cohort, body).await.created();
        let found = world.anonymous().get("/v1/organisations?odsCode=RXX").await.ok();
        assert_eq!(found["items"][0]["odsCode"], "RXX", "{found:#}");
        assert!(found["items"][0]["name"].is_null());
    });
}

/// ACC-9.
#[test]
fn the_labelled_lists_are_public() {
    on_both(async |world| {
        let lists = world.anonymous().get("/v1/reference-data").await.ok();
        for list in ["regions", "jobRoles", "staffGroups", "sectors", "qualifications"] {
            let items = lists[list].as_array().unwrap_or_else(|| panic!("{list}: {lists:#}"));
            assert!(items.iter().all(|item| item["code"].is_string() && item["label"].is_string()), "{list}");
        }
        let has = |list: &str, code: &str| {
            lists[list].as_array().is_some_and(|items| items.iter().any(|item| item["code"] == code))
        };
        assert!(has("regions", "south_east") && has("jobRoles", "practice_manager"));
        assert!(has("qualifications", "professional_nurse_advocate"));
        assert!(!has("jobRoles", "professional_nurse_advocate"), "a qualification is no job role");
        assert_eq!(lists["regions"].as_array().map(Vec::len), Some(7));
    });
}

/// Waits until a booking has this status.
async fn becomes(actor: &Actor, booking: &Value, status: &str) -> Value {
    for _ in 0..200 {
        let now = actor.again(booking).await;
        if now["status"] == status {
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it doesn't become {status}: {:#}", actor.again(booking).await)
}

fn told_rxx(email: &str) -> Value {
    json!({"participant": {"email": email, "fullName": "Nia", "organisationOdsCode": "RXX"}})
}

/// ADM-2, ADM-4, ADM-15.
#[test]
fn completing_an_organisation_opens_the_gates_of_its_people_and_costs_nobody_their_order() {
    on_both(async |world| {
        let programme = world.programme_that(json!({"eligibility": {"region": ["south_east"]}})).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let elsewhere = world.programme_that(json!({"eligibility": {"region": ["london"]}})).await;
        let elsewhere = world.cohort(&elsewhere, json!({})).await;
        let (partner, coordinator) = (world.partner(), world.coordinator());
        let told = partner.book(&cohort, told_rxx("nia@example.uk")).await.created();
        let wrong = partner.book(&elsewhere, told_rxx("nia@example.uk")).await.created();
        let found = world.anonymous().get("/v1/organisations?odsCode=RXX").await.ok();
        let id = id_of(&found["items"][0]);
        let ellie = world.participant("ellie").await;
        let _ = ellie.patch("/v1/me", json!({"organisationId": id})).await.ok();
        let own = ellie.book(&cohort, json!({})).await.created();
        let sam = world.participant("sam").await;
        let late = sam.book(&cohort, json!({})).await.created();
        for booking in [&told, &wrong, &own, &late] {
            assert_eq!(booking["status"], "pending", "{booking:#}");
        }
        world.advance(TimeDelta::hours(3));
        let _ = sam.patch("/v1/me", json!({"organisationId": id})).await.ok();
        let sam_told = world.now();
        world.advance(TimeDelta::hours(3));
        let path = format!("/v1/organisations/{id}");
        let _ = coordinator.patch(&path, json!({"region": "south_east"})).await.ok();
        for (actor, booking) in [(&partner, &told), (&ellie, &own)] {
            let now = becomes(actor, booking, "confirmed").await;
            assert_eq!(now["claim"]["moment"], booking["createdAt"], "{now:#}");
        }
        let now = becomes(&sam, &late, "confirmed").await;
        let moment = now["claim"]["moment"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
        let apart = moment.expect("a moment") - sam_told;
        assert!(apart.abs() < TimeDelta::minutes(5), "it counts from when Sam said where he works: {now:#}");
        let closed = becomes(&partner, &wrong, "closed").await;
        assert_eq!(closed["closedReason"], "not_eligible");
    });
}

/// ADM-2.
#[test]
fn entering_an_organisation_of_which_only_the_code_was_known_opens_gates_too() {
    on_both(async |world| {
        let programme = world.programme_that(json!({"eligibility": {"sector": ["acute"]}})).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let booked = world.partner().book(&cohort, told_rxx("nia@example.uk")).await.created();
        assert_eq!(booked["status"], "pending");
        let body = json!({"name": "Royal Somewhere", "odsCode": "RXX", "sector": "acute"});
        let _ = world.coordinator().post("/v1/organisations", body).await.created();
        let _ = becomes(&world.partner(), &booked, "confirmed").await;
    });
}

/// ADM-2.
#[test]
fn more_people_than_one_transaction_takes_are_all_looked_at() {
    on_both(async |world| {
        let programme = world.programme_that(json!({"eligibility": {"region": ["south_east"]}})).await;
        let cohort = world.cohort(&programme, json!({"capacity": 300})).await;
        let partner = world.partner();
        let booked = (0..230).map(|n| {
            let partner = partner.clone();
            let cohort = cohort.clone();
            async move { partner.book(&cohort, told_rxx(&format!("nia{n}@example.uk"))).await.created() }
        });
        let booked = futures::future::join_all(booked).await;
        let found = world.anonymous().get("/v1/organisations?odsCode=RXX").await.ok();
        let path = format!("/v1/organisations/{}", id_of(&found["items"][0]));
        let _ = world.coordinator().patch(path, json!({"region": "south_east"})).await.ok();
        for booking in &booked {
            let _ = becomes(&partner, booking, "confirmed").await;
        }
        world.run(&["ledger", "verify", &cohort]).succeeded();
    });
}

/// ACC-9.
#[test]
fn staff_change_an_organisation_and_say_which_version_they_mean() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let body = json!({"name": "Kent Community Health", "odsCode": "RYY", "postcode": "ME16 9NT"});
        let made = coordinator.post("/v1/organisations", body).await.status(201);
        let path = format!("/v1/organisations/{}", id_of(made.json()));
        let patch = json!({"odsCode": "ryz", "region": "south_east", "postcode": null});
        let change = || coordinator.patch(&path, patch.clone());
        let _ = change().without("if-match").await.problem(428, "precondition-required");
        let changed = change().if_match(&made.etag()).await.status(200);
        let _ = change().if_match(&made.etag()).await.problem(412, "precondition-failed");
        assert_eq!((&changed["odsCode"], &changed["region"]), (&json!("RYZ"), &json!("south_east")));
        assert_eq!((&changed["name"], &changed["postcode"]), (&json!("Kent Community Health"), &Value::Null));
        let read = world.anonymous().get(&path).await.status(200);
        assert_eq!((read.json(), read.etag()), (changed.json(), changed.etag()));
        let same = change().if_match(&changed.etag()).await.status(200);
        assert_eq!(same.etag(), changed.etag(), "nothing differs");
        let found = world.anonymous().get("/v1/organisations?q=RYZ").await.ok();
        assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found:#}");
        let other = coordinator.post("/v1/organisations", json!({"name": "Other", "odsCode": "RZZ"})).await;
        let taken =
            coordinator.patch(&path, json!({"odsCode": "RZZ"})).await.problem(409, "organisation-exists");
        assert_eq!(taken["organisationId"], other["id"]);
        let bad = coordinator.patch(&path, json!({"name": null, "region": "moon"})).await;
        let _ = bad.problem(422, "invalid");
        let cleared = coordinator.patch(&path, json!({"name": null})).await;
        let _ = cleared.faults("invalid", &["/name required"]);
        let _ = world.participant("ellie").await.patch(&path, json!({})).await.problem(403, "forbidden");
        let _ = world.anonymous().patch(&path, json!({})).await.problem(401, "unauthenticated");
        let nowhere = format!("/v1/organisations/{}", world.academy());
        let _ = coordinator.patch(nowhere, json!({})).await.problem(404, "not-found");
    });
}

/// ACC-8.
#[test]
fn a_change_of_an_organisation_names_all_its_faults() {
    on_both(async |world| {
        let made =
            world.coordinator().post("/v1/organisations", json!({"name": "Faulty Surgery"})).await.created();
        let path = format!("/v1/organisations/{}", made["id"].as_str().expect("an id"));
        let body = json!({"name": null, "odsCode": "!", "region": "x", "foo": 1});
        let expected =
            ["/name required", "/odsCode invalid-ods-code", "/region unknown-region", "/foo unknown-field"];
        let _ = world.coordinator().patch(&path, body).await.faults("invalid", &expected);
        let cleared = world.coordinator().patch(&path, json!({"name": null})).await;
        let _ = cleared.faults("invalid", &["/name required"]);
    });
}
