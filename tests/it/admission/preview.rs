//! What a change would do, before it is made (ADM-14).

use crate::on_both;
use harness::ledger::Ledger;
use harness::s2::id_of;
use serde_json::json;

/// ADM-14.
#[test]
fn a_preview_tells_what_more_capacity_would_do_and_changes_nothing() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar", "pat", "quinn"]).await;
        let before = Ledger::read(&world.coordinator(), &cohort).await.entries.len();
        let path = format!("/v1/cohorts/{cohort}/preview");
        let told = world.coordinator().post(&path, json!({"capacity": 3})).await.ok();
        let seen = (&told["placesTaken"], &told["placesFree"], &told["waitingCount"]);
        assert_eq!(seen, (&json!(3), &json!(0), &json!(1)));
        let changes: Vec<_> = told["bookings"].as_array().unwrap().iter().collect();
        let ids: Vec<_> = changes.iter().map(|change| change["bookingId"].as_str().unwrap()).collect();
        assert_eq!(ids, [id_of(&bookings[1]), id_of(&bookings[2])]);
        assert!(
            changes
                .iter()
                .all(|change| change["status"] == "offered" && change["offerExpiresAt"].is_string())
        );
        let read = world.coordinator().cohort(&cohort).await;
        assert_eq!((&read["capacity"], &read["waitingCount"]), (&json!(1), &json!(3)), "nothing changed");
        assert_eq!(Ledger::read(&world.coordinator(), &cohort).await.entries.len(), before);
        assert_eq!(world.partner().again(&bookings[1]).await["status"], "waiting");
        let nothing = world.coordinator().post(&path, json!({})).await.ok();
        assert_eq!(nothing["bookings"], json!([]));
    });
}

/// ADM-14, PRG-7, ACC-5.
#[test]
fn a_preview_refuses_what_the_change_would_and_is_for_staff() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2})).await;
        let _ = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        let path = format!("/v1/cohorts/{cohort}/preview");
        let less = json!({"capacity": 1});
        world.coordinator().post(&path, less.clone()).await.problem(409, "capacity-below-places-taken");
        world.coordinator().post(&path, json!({"capacity": 0})).await.problem(422, "invalid");
        world.partner().post(&path, less.clone()).await.problem(403, "forbidden");
        world.anonymous().post(&path, less).await.problem(401, "unauthenticated");
    });
}

/// ADM-14, ADM-10.
#[test]
fn a_preview_keeps_the_rule_of_repeats() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let _ = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        let path = format!("/v1/cohorts/{cohort}/preview");
        let coordinator = world.coordinator();
        let preview = |capacity: u32| coordinator.post(&path, json!({"capacity": capacity}));
        let _ =
            preview(2).header("idempotency-key", "two words").await.problem(400, "idempotency-key-invalid");
        let first = preview(2).key("p").await.status(200);
        assert_eq!(first["bookings"].as_array().map(Vec::len), Some(1));
        let _ = preview(3).key("p").await.problem(422, "idempotency-key-reused");
        let _ = coordinator.patch(format!("/v1/cohorts/{cohort}"), json!({"capacity": 5})).await.ok();
        let again = preview(2).key("p").await.status(200);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.bytes(), first.bytes());
        assert_eq!(coordinator.cohort(&cohort).await["capacity"], 5, "a preview changes nothing");
    });
}

/// ADM-14, ADM-2.
#[test]
fn a_preview_refuses_another_gate_once_it_is_in_use() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2})).await;
        let path = format!("/v1/cohorts/{cohort}");
        let gate = json!({"requiresTaster": true});
        let _ = world.coordinator().post(format!("{path}/preview"), gate.clone()).await.ok();
        let _ = world.partner().book_for(&cohort, "nia").await.created();
        let _ = world.coordinator().patch(&path, gate.clone()).await.problem(409, "gate-in-use");
        let _ = world.coordinator().post(format!("{path}/preview"), gate).await.problem(409, "gate-in-use");
    });
}
