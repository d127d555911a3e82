//! Attempts that are refused, and change nothing (ADM-1, ADM-2).

use crate::on_both;
use harness::World;
use harness::s2::{answers, participant};
use serde_json::json;

/// ADM-1.
#[test]
fn one_live_booking_for_each_person_and_cohort_and_a_second_attempt_names_the_first() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let ellie = world.participant("ellie").await;
        let first = ellie.book(&cohort, json!({})).await.created();
        let twice = ellie.book(&cohort, json!({})).await.problem(409, "already-booked");
        assert_eq!(twice["bookingId"], first["id"]);
        let by_staff = world.coordinator().book_for(&cohort, "ellie").await.problem(409, "already-booked");
        assert_eq!(by_staff["bookingId"], first["id"]);
        let by_partner = world.partner().book_for(&cohort, "ellie").await.problem(409, "already-booked");
        assert!(by_partner["bookingId"].is_null());
        let _ = ellie.act(&first, "cancel").await.ok();
        let again = ellie.book(&cohort, json!({})).await.created();
        assert_ne!(again["id"], first["id"]);
        assert_eq!(again["claim"]["sequence"], 2);
    });
}

/// ADM-1.
#[test]
fn twenty_attempts_at_once_by_one_person_make_one_booking() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 30})).await;
        let partner = world.partner();
        let calls = (0..20).map(|_| partner.book_for(&cohort, "nia").into_future());
        let answers = futures::future::join_all(calls).await;
        let made = answers.iter().filter(|answer| answer.code() == 201).count();
        assert_eq!(made, 1);
        for refused in answers.into_iter().filter(|answer| answer.code() != 201) {
            let _ = refused.problem(409, "already-booked");
        }
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 1);
    });
}

/// ADM-1.
#[test]
fn only_coordinators_and_clients_book_for_another() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let for_nia = || json!({"participant": participant("nia")});
        let ellie = world.participant("ellie").await;
        let _ = ellie.book(&cohort, for_nia()).await.problem(403, "forbidden");
        let _ = world.facilitator().book(&cohort, for_nia()).await.problem(403, "forbidden");
        let _ = world.anonymous().book(&cohort, for_nia()).await.problem(401, "unauthenticated");
        let _ = world.anonymous().book(&cohort, json!({})).await.problem(401, "unauthenticated");
        let alone = world.partner().book(&cohort, json!({})).await;
        assert_eq!(alone.code(), 422, "a client books for somebody: {}", alone.described());
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 0);
        assert_eq!(world.coordinator().book(&cohort, for_nia()).await.created()["status"], "confirmed");
        let own = world.coordinator().book(&cohort, json!({})).await.created();
        assert_eq!(own["participant"]["email"], "coordinator@trust.example.nhs.uk");
    });
}

/// ADM-2.
#[test]
fn a_booking_with_faults_names_them_all() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let body = json!({
            "participant": {"email": "nobody", "fullName": "", "jobRole": "A b", "region": "moon", "shoeSize": 44,
                            "qualifications": "none", "organisationOdsCode": "!"},
            "externalReference": "x".repeat(500), "commitsToAllSessions": "yes", "surprise": 1
        });
        let problem = world.partner().book(&cohort, body).await.problem(422, "invalid");
        let text = problem["errors"].to_string();
        for pointer in [
            "/participant/email",
            "/participant/fullName",
            "/participant/jobRole",
            "/participant/region",
            "/participant/shoeSize",
            "/participant/qualifications",
            "/participant/organisationOdsCode",
            "/externalReference",
            "/commitsToAllSessions",
            "/surprise",
        ] {
            assert!(text.contains(&format!("\"{pointer}\"")), "{pointer}: {problem:#}");
        }
    });
}

async fn nothing_changed(world: &World, cohort: &str) {
    let read = world.coordinator().cohort(cohort).await;
    assert_eq!((&read["placesTaken"], &read["waitingCount"]), (&json!(0), &json!(0)));
    assert!(world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await.is_empty());
    let ledger = world.coordinator().all(&format!("/v1/cohorts/{cohort}/ledger")).await;
    assert!(ledger.iter().all(|entry| entry["kind"] != "claim"), "{ledger:#?}");
}

/// ADM-2.
#[test]
fn a_refused_attempt_changes_nothing_but_is_kept_as_an_attempt() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let ellie = world.participant("ellie").await;
        let asked = json!({"answers": {"question-that-does-not-exist": 1, "team": "x", "consent": true}});
        let _ = ellie.book(&s2.cohort, asked).await.problem(422, "answers-invalid");
        let code = json!({"answers": answers(), "tasterCode": "nonsense"});
        let _ = ellie.book(&s2.cohort, code).await.problem(422, "taster-code-invalid");
        nothing_changed(&world, &s2.cohort).await;
        let attempts = world.database.column("SELECT code FROM refused_attempt ORDER BY attempted_at").await;
        assert_eq!(attempts, ["answers-invalid", "taster-code-invalid"]);
    });
}

#[test]
fn a_closed_cohort_and_one_that_has_started_refuse() {
    on_both(async |world| {
        let closed = world.plain_cohort(json!({"bookingClosesAt": world.in_hours(1)})).await;
        let started = world.plain_cohort(json!({})).await;
        let _ = world.session(&started, 1).await;
        world.advance(chrono::TimeDelta::hours(2));
        for cohort in [closed, started] {
            let _ = world.partner().book_for(&cohort, "nia").await.problem(409, "booking-closed");
            nothing_changed(&world, &cohort).await;
        }
    });
}

/// ADM-7.
#[test]
fn cancelling_says_who_did_it_and_only_once() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 3})).await;
        let partner = world.partner();
        let bookings = partner.book_all(&cohort, &["nia", "omar", "ellie", "pat"]).await;
        let by_client = partner.act(&bookings[0], "cancel").await.ok();
        assert_eq!(by_client["closedReason"], "cancelled_by_participant");
        let by_staff = world.coordinator().act(&bookings[1], "cancel").await.ok();
        assert_eq!(by_staff["closedReason"], "cancelled_by_academy");
        let ellie = world.participant("ellie").await;
        let herself = ellie.act(&bookings[2], "cancel").await.ok();
        assert_eq!(herself["closedReason"], "cancelled_by_participant");
        let again = ellie.act(&bookings[2], "cancel").await;
        let _ = again.problem(409, "booking-not-live");
        let _ = ellie.act(&bookings[0], "cancel").await.problem(404, "not-found");
        for closed in [by_client, by_staff, herself] {
            assert_eq!(closed["status"], "closed");
            assert!(closed["offer"].is_null() && closed["position"].is_null());
            assert!(!closed["claim"].is_null(), "the receipt stays: {closed:#}");
        }
    });
}
