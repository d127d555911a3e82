//! All faults at once: those of single values, those between fields, and ids that name nothing.

use crate::on_both;
use harness::s2::{fresh_slug, id_of, zoom};
use serde_json::{Value, json};

const NOBODY: &str = "0190b5a2-0000-7000-8000-000000000000";

/// A meeting with every fault that it can have.
fn bad_meeting() -> Value {
    json!({
        "title": "", "startsAt": "2027-03-02T16:00:00Z", "endsAt": "2027-03-02T14:00:00Z", "meeting": {"kind": "tent"},
        "facilitatorId": NOBODY, "colour": "red",
    })
}

const FAULTS_OF_IT: [&str; 5] = [
    "/title required",
    "/endsAt ends-before-start",
    "/meeting/kind unknown-kind",
    "/facilitatorId unknown-facilitator",
    "/colour unknown-field",
];

/// PRG-5.
#[test]
fn a_taster_and_a_session_are_refused_with_every_fault_at_once() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let programme = world.plain_programme().await;
        let tasters = format!("/v1/programmes/{programme}/tasters");
        let _ = coordinator.post(tasters, bad_meeting()).await.faults("invalid", &FAULTS_OF_IT);
        let taster = id_of(&world.taster(&programme, 24).await);
        let changed = coordinator.patch(format!("/v1/tasters/{taster}"), bad_meeting()).await;
        let _ = changed.faults("invalid", &FAULTS_OF_IT);
        let cohort = world.cohort(&programme, json!({})).await;
        let sessions = format!("/v1/cohorts/{cohort}/sessions");
        let _ = coordinator.post(&sessions, bad_meeting()).await.faults("invalid", &FAULTS_OF_IT);
        let session = id_of(&world.session(&cohort, 24).await);
        let changed = coordinator.patch(format!("/v1/sessions/{session}"), bad_meeting()).await;
        let _ = changed.faults("invalid", &FAULTS_OF_IT);
    });
}

/// PRG-4.
#[test]
fn a_series_is_refused_with_every_fault_at_once() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let path = format!("/v1/cohorts/{cohort}/sessions/series");
        let body = json!({
            "title": "", "firstStartsAt": "2027-03-21T01:30:00Z", "durationMinutes": 120, "count": 2,
            "every": {"weeks": 1}, "meeting": zoom(), "facilitatorId": NOBODY,
        });
        let expected =
            ["/title required", "/firstStartsAt skipped-local-time", "/facilitatorId unknown-facilitator"];
        let _ = world.coordinator().post(&path, body.clone()).await.faults("invalid", &expected);
        let mut other = body;
        other["every"] = json!({"weeks": 1, "months": 1});
        other["timeZone"] = json!("Mars/Olympus");
        let expected = [
            "/title required",
            "/every required",
            "/timeZone unknown-time-zone",
            "/facilitatorId unknown-facilitator",
        ];
        let _ = world.coordinator().post(&path, other).await.faults("invalid", &expected);
    });
}

/// PRG-1.
#[test]
fn a_programme_is_refused_with_every_fault_at_once() {
    on_both(async |world| {
        let known = world.plain_programme().await;
        let body = json!({
            "slug": fresh_slug("faulty"), "title": " ", "summary": "Short.", "format": "circle",
            "topics": vec!["calm"; 51], "relatedProgrammes": [known, NOBODY, "no id"],
        });
        let expected = [
            "/title required",
            "/format unknown-value",
            "/topics too-many",
            "/relatedProgrammes/1 unknown-programme",
            "/relatedProgrammes/2 invalid-id",
        ];
        let path = format!("/v1/academies/{}/programmes", world.academy());
        let _ = world.coordinator().post(path, body.clone()).await.faults("invalid", &expected);
        let changed = world.coordinator().patch(format!("/v1/programmes/{known}"), body).await;
        let _ = changed.faults("invalid", &expected);
    });
}

/// PRG-3.
#[test]
fn a_cohort_is_refused_with_every_fault_at_once() {
    on_both(async |world| {
        let body = json!({
            "title": "", "capacity": 5, "minimum": 6, "vacancies": "raffle", "settlesAfterHours": 24,
            "bookingOpensAt": "2030-03-02T16:00:00Z", "bookingClosesAt": "2030-03-02T16:00:00Z",
        });
        let expected = [
            "/title required",
            "/minimum out-of-range",
            "/vacancies unknown-value",
            "/settlesAfterHours not-allowed",
            "/bookingClosesAt closes-before-opening",
        ];
        let programme = world.plain_programme().await;
        let path = format!("/v1/programmes/{programme}/cohorts");
        let _ = world.coordinator().post(path, body.clone()).await.faults("invalid", &expected);
        let cohort = world.cohort(&programme, json!({})).await;
        let changed = world.coordinator().patch(format!("/v1/cohorts/{cohort}"), body).await;
        let _ = changed.faults("invalid", &expected);
    });
}

#[test]
fn a_leap_second_is_refused() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let body = json!({
            "title": "Taster", "startsAt": "2026-06-30T23:59:60Z", "endsAt": "2026-07-01T01:00:00Z", "meeting": zoom()
        });
        let path = format!("/v1/programmes/{programme}/tasters");
        let problem =
            world.coordinator().post(path, body).await.faults("invalid", &["/startsAt invalid-time"]);
        let detail = problem["errors"][0]["detail"].as_str().expect("a detail");
        assert!(detail.contains("leap second"), "{detail}");
    });
}

/// PRG-3.
#[test]
fn a_moment_out_of_range_is_told_the_range() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let path = format!("/v1/programmes/{programme}/cohorts");
        let body = json!({"title": "Spring", "capacity": 1, "bookingOpensAt": "0001-01-01T00:00:00Z"});
        let problem = world.coordinator().post(path, body).await;
        let problem = problem.faults("invalid", &["/bookingOpensAt invalid-time"]);
        let detail = problem["errors"][0]["detail"].as_str().expect("a detail");
        assert!(detail.contains("1900") && !detail.contains("offset"), "{detail}");
    });
}

/// PRG-7.
#[test]
fn who_closes_twice_is_told_what_to_do() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let close = || world.coordinator().request("POST", format!("/v1/cohorts/{cohort}/close"));
        let _ = close().await.ok();
        let problem = close().await.problem(409, "booking-closed");
        assert!(
            problem["detail"].as_str().is_some_and(|detail| detail.contains("bookingClosesAt")),
            "{problem:#}"
        );
    });
}

/// ADM-1, ADM-18.
#[test]
fn requests_for_places_are_refused_with_every_fault_at_once() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let partner = world.partner();
        let batch = json!({"atomic": true, "require": "x", "bookings": []});
        let expected = ["/require unknown-value", "/bookings out-of-range"];
        let _ = partner
            .post(format!("/v1/cohorts/{cohort}/bookings/batch"), batch)
            .await
            .faults("invalid", &expected);
        let expected = ["/participant required", "/externalReference too-long", "/colour unknown-field"];
        let body = json!({"externalReference": "x".repeat(201), "colour": "red"});
        let _ = partner.book(&cohort, body).await.faults("invalid", &expected);
    });
}
