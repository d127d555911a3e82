//! Versions of a resource: `ETag`, `If-None-Match`, `If-Match`, merge patches.

use crate::on_both;
use harness::World;
use serde_json::json;

async fn programme(world: &World) -> String {
    format!("/v1/programmes/{}", world.plain_programme().await)
}

#[test]
fn an_unchanged_resource_is_304() {
    on_both(async |world| {
        let path = programme(&world).await;
        let coordinator = world.coordinator();
        let first = coordinator.get(&path).await.status(200);
        let etag = first.etag();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "a strong ETag: {etag}");
        assert!(first.header("vary").to_lowercase().contains("authorization"), "{}", first.described());
        let again = coordinator.get(&path).header("if-none-match", &etag).await.status(304);
        assert!(again.bytes().is_empty());
        assert_eq!(again.etag(), etag);
        let listed = format!("\"x\", {etag}");
        let _ = coordinator.get(&path).header("if-none-match", &listed).await.status(304);
        let _ = coordinator.get(&path).header("if-none-match", "*").await.status(304);
        let _ = coordinator.get(&path).header("if-none-match", "\"x\"").await.status(200);
        let _ = coordinator.patch(&path, json!({"summary": "New."})).await.status(200);
        let changed = coordinator.get(&path).header("if-none-match", &etag).await.status(200);
        assert_ne!(changed.etag(), etag);
    });
}

#[test]
fn a_change_says_which_version_it_means() {
    on_both(async |world| {
        let path = programme(&world).await;
        let coordinator = world.coordinator();
        let etag = coordinator.get(&path).await.etag();
        let patch = || coordinator.patch(&path, json!({"summary": "New."}));
        let _ = patch().without("if-match").await.problem(428, "precondition-required");
        let _ = patch().if_match("\"stale\"").await.problem(412, "precondition-failed");
        let changed = patch().if_match(&etag).await.status(200);
        assert_ne!(changed.etag(), etag);
        assert_eq!(changed.etag(), coordinator.get(&path).await.etag());
        let _ = patch().if_match(&etag).await.problem(412, "precondition-failed");
        let _ = patch().if_match("*").await.status(200);
    });
}

#[test]
fn of_two_editors_one_is_told_that_it_is_stale() {
    on_both(async |world| {
        let path = programme(&world).await;
        let coordinator = world.coordinator();
        let etag = coordinator.get(&path).await.etag();
        let one = coordinator.patch(&path, json!({"summary": "One."})).if_match(&etag);
        let two = coordinator.patch(&path, json!({"summary": "Two."})).if_match(&etag);
        let (one, two) = tokio::join!(one.into_future(), two.into_future());
        let mut codes = [one.code(), two.code()];
        codes.sort_unstable();
        assert_eq!(codes, [200, 412], "{} {}", one.described(), two.described());
    });
}

#[test]
fn a_rush_of_bookings_makes_no_editor_of_a_cohort_stale() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 3})).await;
        let path = format!("/v1/cohorts/{cohort}");
        let coordinator = world.coordinator();
        let etag = coordinator.get(&path).await.etag();
        let _ = world.partner().book_for(&cohort, "nia").await.created();
        let seen = coordinator.get(&path).header("if-none-match", &etag).await.status(200);
        assert_eq!(seen["placesTaken"], 1);
        let _ = coordinator.patch(&path, json!({"capacity": 4})).if_match(&etag).await.status(200);
        let _ = coordinator
            .patch(&path, json!({"capacity": 5}))
            .if_match(&etag)
            .await
            .problem(412, "precondition-failed");
    });
}

#[test]
fn a_merge_patch_keeps_what_is_absent_and_clears_what_is_null() {
    on_both(async |world| {
        let path = programme(&world).await;
        let coordinator = world.coordinator();
        let _ = coordinator.patch(&path, json!({"description": "Long.", "topics": ["calm"]})).await.ok();
        let changed = coordinator.patch(&path, json!({"description": null})).await.ok();
        assert!(changed["description"].is_null());
        assert_eq!(changed["topics"], json!(["calm"]));
        let plain = coordinator.request("PATCH", &path).json(json!({"topics": []})).if_match("*").await.ok();
        assert_eq!(plain["topics"], json!([]));
        let _ = coordinator.patch(&path, json!({"title": null})).await.status(422);
        let text = coordinator.request("PATCH", &path).bytes("text/plain", "{}").if_match("*").await;
        let _ = text.problem(415, "unsupported-media-type");
    });
}

#[test]
fn a_new_resource_names_its_place_and_version() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let programme = world.plain_programme().await;
        let body = json!({"title": "Spring", "capacity": 3});
        let made = coordinator.post(format!("/v1/programmes/{programme}/cohorts"), body).await.status(201);
        let location = made.header("location").to_owned();
        let path = location.split_once("/v1/").map(|(_, rest)| format!("/v1/{rest}")).expect("a path");
        let read = coordinator.get(path).await.status(200);
        assert_eq!(read["id"], made["id"]);
        assert_eq!(read.etag(), made.etag());
    });
}

/// PRG-7.
#[test]
fn who_edits_a_cohort_that_was_closed_cancelled_or_completed_meanwhile_is_stale() {
    on_both(async |world| {
        for action in ["close", "cancel", "complete"] {
            let cohort = world.plain_cohort(json!({})).await;
            if action == "complete" {
                let _ = world.session(&cohort, 48).await;
                world.advance(chrono::TimeDelta::hours(72));
            }
            let path = format!("/v1/cohorts/{cohort}");
            let coordinator = world.coordinator();
            let before = coordinator.get(&path).await.etag();
            let after = coordinator.request("POST", format!("{path}/{action}")).await.status(200);
            let stale = coordinator.patch(&path, json!({"bookingClosesAt": null})).if_match(&before).await;
            let _ = stale.problem(412, "precondition-failed");
            assert_eq!(coordinator.get(&path).await.etag(), after.etag(), "{action}");
        }
    });
}
