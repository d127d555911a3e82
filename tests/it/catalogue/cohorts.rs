//! Cohorts and their terms (PRG-3).

use crate::on_both;
use harness::s2::merged;
use serde_json::json;

/// PRG-3.
#[test]
fn a_cohort_has_terms_with_defaults_and_counts() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let path = format!("/v1/programmes/{programme}/cohorts");
        let made =
            world.coordinator().post(&path, json!({"title": "Spring", "capacity": 12})).await.created();
        for (name, value) in [
            ("capacity", json!(12)),
            ("placesTaken", json!(0)),
            ("placesFree", json!(12)),
            ("waitingCount", json!(0)),
            ("status", json!("open")),
            ("waitingList", json!(true)),
            ("vacancies", json!("offer")),
            ("offerWindowHours", json!(48)),
            ("offersStopHours", json!(0)),
            ("afterLapse", json!("close")),
            ("settlesFirst", json!("at_opening")),
            ("bookingOpensAt", json!(null)),
            ("bookingClosesAt", json!(null)),
        ] {
            assert_eq!(made[name], value, "{name}: {made:#}");
        }
        let listed = world.anonymous().all(&path).await;
        assert_eq!(listed[0]["id"], made["id"]);
        let _ = world.partner().book_for(made["id"].as_str().expect("an id"), "nia").await.created();
        let read = world.anonymous().cohort(made["id"].as_str().expect("an id")).await;
        assert_eq!((&read["placesTaken"], &read["placesFree"]), (&json!(1), &json!(11)));
    });
}

/// PRG-3.
#[test]
fn terms_that_make_no_sense_are_refused_with_every_fault() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let path = format!("/v1/programmes/{programme}/cohorts");
        let bad = json!({
            "title": "Spring", "capacity": 3, "vacancies": "lottery", "offerWindowHours": 0, "afterLapse": "forget",
            "settlesFirst": "never", "bookingOpensAt": "yesterday", "surprise": 1
        });
        let problem = world.coordinator().post(&path, bad).await.problem(422, "invalid");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(6), "{problem:#}");
        let reversed = json!({
            "title": "Spring", "capacity": 3, "bookingOpensAt": world.in_hours(5), "bookingClosesAt": world.in_hours(4)
        });
        let _ = world.coordinator().post(&path, reversed).await.faults_at("/bookingClosesAt");
    });
}

/// PRG-3.
#[test]
fn the_status_of_a_cohort_follows_the_clock_at_once() {
    on_both(async |world| {
        let terms = json!({"bookingOpensAt": world.in_hours(2), "bookingClosesAt": world.in_hours(4)});
        let cohort = world.plain_cohort(terms).await;
        let status = async || world.anonymous().cohort(&cohort).await["status"].clone();
        assert_eq!(status().await, "scheduled");
        world.advance(chrono::TimeDelta::hours(3));
        assert_eq!(status().await, "open");
        world.advance(chrono::TimeDelta::hours(2));
        assert_eq!(status().await, "closed");
        let started = world.plain_cohort(json!({})).await;
        let _ = world.session(&started, 1).await;
        assert_eq!(world.anonymous().cohort(&started).await["status"], "open");
        world.advance(chrono::TimeDelta::hours(2));
        assert_eq!(world.anonymous().cohort(&started).await["status"], "closed");
    });
}

/// PRG-3.
#[test]
fn the_opening_can_change_until_it_has_passed_and_the_closing_until_the_start() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let cohort = world.plain_cohort(json!({"bookingOpensAt": world.in_hours(2)})).await;
        let path = format!("/v1/cohorts/{cohort}");
        let _ = coordinator.patch(&path, json!({"bookingOpensAt": world.in_hours(4)})).await.ok();
        world.advance(chrono::TimeDelta::hours(3));
        let _ = coordinator.patch(&path, json!({"bookingOpensAt": world.in_hours(1)})).await.ok();
        world.advance(chrono::TimeDelta::hours(2));
        let late = coordinator.patch(&path, json!({"bookingOpensAt": world.in_hours(1)})).await;
        let _ = late.problem(409, "booking-already-open");
        let _ = world.session(&cohort, 10).await;
        let _ = coordinator.patch(&path, json!({"bookingClosesAt": world.in_hours(5)})).await.ok();
        world.advance(chrono::TimeDelta::hours(11));
        let late = coordinator.patch(&path, json!({"bookingClosesAt": world.in_hours(5)})).await;
        assert_eq!(late.code(), 409, "{}", late.described());
    });
}

/// PRG-3.
#[test]
fn capacity_is_never_set_under_the_places_held() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 3})).await;
        let _ = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        let path = format!("/v1/cohorts/{cohort}");
        let low = world.coordinator().patch(&path, json!({"capacity": 1})).await;
        let _ = low.problem(409, "capacity-below-places-taken");
        assert_eq!(world.coordinator().patch(&path, json!({"capacity": 2})).await.ok()["placesFree"], 0);
    });
}

#[test]
fn a_cohort_of_a_draft_is_hidden_with_it() {
    on_both(async |world| {
        let programme = world.draft(harness::s2::compassionate_leadership()).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let _ = world.coordinator().cohort(&cohort).await;
        let _ = world.anonymous().get(format!("/v1/cohorts/{cohort}")).await.problem(404, "not-found");
        let _ = world.partner().book_for(&cohort, "nia").await.code();
        let _ = world.participant("ellie").await.book(&cohort, json!({})).await.problem(404, "not-found");
    });
}

/// PRG-3.
#[test]
fn a_minimum_and_the_month_of_an_announcement_are_told() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let body = merged(
            json!({"title": "Autumn", "capacity": 12}),
            &json!({"minimum": 6, "announcedFor": "2031-09"}),
        );
        let made =
            world.coordinator().post(format!("/v1/programmes/{programme}/cohorts"), body).await.created();
        assert_eq!(made["minimum"], 6);
        assert_eq!(made["announcedFor"], "2031-09");
    });
}

/// PRG-7.
#[test]
fn a_cohort_that_staff_closed_before_it_opened_can_still_be_changed() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"bookingOpensAt": world.in_hours(6)})).await;
        let path = format!("/v1/cohorts/{cohort}");
        let _ = world.coordinator().post(format!("{path}/close"), json!({})).await.ok();
        let changed = world.coordinator().patch(&path, json!({"capacity": 20})).await.ok();
        assert_eq!(changed["capacity"], 20);
        let too_early = json!({"bookingClosesAt": world.in_hours(5)});
        let _ = world.coordinator().patch(&path, too_early).await.faults_at("/bookingClosesAt");
    });
}
