//! Sessions one by one and as a series (PRG-4).

use crate::on_both;
use harness::World;
use harness::s2::{merged, zoom};
use serde_json::{Value, json};

async fn series(world: &World, more: Value) -> harness::Answer {
    let cohort = world.plain_cohort(json!({})).await;
    let body = json!({
        "title": "Compassionate leadership", "firstStartsAt": "2031-10-07T16:00:00+01:00", "durationMinutes": 120,
        "count": 6, "every": {"weeks": 1}, "meeting": zoom(),
    });
    let path = format!("/v1/cohorts/{cohort}/sessions/series");
    world.coordinator().post(path, merged(body, &more)).await
}

fn starts(series: &Value) -> Vec<String> {
    let items = series["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| {
            item["startsAt"]
                .as_str()
                .unwrap_or_default()
                .trim_end_matches(".000000Z")
                .trim_end_matches('Z')
                .to_owned()
        })
        .collect()
}

/// PRG-4.
#[test]
fn a_weekly_series_keeps_its_wall_clock_time_when_the_clocks_change() {
    on_both(async |world| {
        let made = series(&world, json!({})).await.created();
        // The clocks go back on Sunday 26 October 2031.
        let expected = [
            "2031-10-07T15:00:00",
            "2031-10-14T15:00:00",
            "2031-10-21T15:00:00",
            "2031-10-28T16:00:00",
            "2031-11-04T16:00:00",
            "2031-11-11T16:00:00",
        ];
        assert_eq!(starts(&made), expected);
        assert!(
            made["items"].as_array().expect("items").iter().all(|item| item["timeZone"] == "Europe/London")
        );
    });
}

/// PRG-4.
#[test]
fn months_count_from_the_first_date_and_a_missing_day_is_the_months_last() {
    on_both(async |world| {
        let monthly = json!({"firstStartsAt": "2031-12-31T10:00:00Z", "count": 4, "every": {"months": 1}});
        let made = series(&world, monthly).await.created();
        let expected =
            ["2031-12-31T10:00:00", "2032-01-31T10:00:00", "2032-02-29T10:00:00", "2032-03-31T09:00:00"];
        assert_eq!(starts(&made), expected);
    });
}

/// PRG-4.
#[test]
fn a_series_in_another_zone_keeps_that_zones_time() {
    on_both(async |world| {
        let zone =
            json!({"firstStartsAt": "2031-03-04T09:00:00-05:00", "count": 2, "timeZone": "America/New_York"});
        let made = series(&world, zone).await.created();
        // There the clocks go forward on 9 March 2031.
        assert_eq!(starts(&made), ["2031-03-04T14:00:00", "2031-03-11T13:00:00"]);
    });
}

/// PRG-4.
#[test]
fn an_hour_that_the_clocks_skip_is_refused_and_says_so() {
    on_both(async |world| {
        // On 30 March 2031 the hour from 1 to 2 does not exist in London.
        let skipped = json!({"firstStartsAt": "2031-03-23T01:30:00Z", "count": 2, "durationMinutes": 30});
        let problem = series(&world, skipped).await.problem(422, "invalid");
        let detail = problem["errors"][0]["detail"].as_str().unwrap_or_default();
        assert!(
            detail.contains("2031-03-30") || detail.contains("skip") || detail.contains("clock"),
            "{problem:#}"
        );
    });
}

/// PRG-4.
#[test]
fn each_session_of_a_series_can_be_moved_alone_and_have_its_own_meeting() {
    on_both(async |world| {
        let made = series(&world, json!({"count": 3})).await.created();
        let second = &made["items"][1];
        let path = format!("/v1/sessions/{}", second["id"].as_str().expect("an id"));
        let own = json!({"kind": "in_person", "venue": "Brighton", "joinUrl": null, "meetingId": null, "passcode": null});
        let moved = json!({
            "startsAt": "2031-10-15T16:00:00+01:00", "endsAt": "2031-10-15T18:00:00+01:00", "meeting": own
        });
        let changed = world.coordinator().patch(path, moved).await.ok();
        assert!(
            changed["startsAt"].as_str().is_some_and(|at| at.starts_with("2031-10-15T15:00:00")),
            "{changed:#}"
        );
        assert_eq!(changed["meeting"]["venue"], "Brighton");
        let cohort = second["cohortId"].as_str().expect("the cohort");
        let listed = world.coordinator().all(&format!("/v1/cohorts/{cohort}/sessions")).await;
        assert_eq!(listed.len(), 3);
        assert_eq!(listed[0]["startsAt"], made["items"][0]["startsAt"]);
        assert_eq!(listed[2]["startsAt"], made["items"][2]["startsAt"]);
    });
}

/// PRG-4.
#[test]
fn dates_that_follow_no_rule_are_given_one_by_one() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let path = format!("/v1/cohorts/{cohort}/sessions");
        for (n, day) in ["2032-03-02", "2032-03-31", "2032-04-28"].into_iter().enumerate() {
            let body = json!({
                "title": format!("Session {}", n + 1), "startsAt": format!("{day}T14:00:00Z"),
                "endsAt": format!("{day}T16:00:00Z"), "meeting": zoom()
            });
            let _ = world.coordinator().post(&path, body).await.created();
        }
        assert_eq!(world.coordinator().all(&path).await.len(), 3);
        let bad = json!({
            "title": "", "startsAt": "2032-03-02T14:00:00Z", "endsAt": "2032-03-02T13:00:00Z", "timeZone": "Moon/Sea",
            "meeting": {"kind": "online", "joinUrl": "javascript:alert(1)"}
        });
        let problem = world.coordinator().post(&path, bad).await.problem(422, "invalid");
        let errors = problem["errors"].as_array().expect("faults");
        for pointer in ["/title", "/timeZone", "/meeting/joinUrl"] {
            assert!(errors.iter().any(|fault| fault["pointer"] == pointer), "{pointer}: {problem:#}");
        }
    });
}

#[test]
fn a_series_that_makes_no_sense_is_refused() {
    on_both(async |world| {
        for (wrong, pointer) in [
            (json!({"count": 0}), "/count"),
            (json!({"count": 100_000}), "/count"),
            (json!({"durationMinutes": 0}), "/durationMinutes"),
            (json!({"every": {"weeks": 0}}), "/every"),
            (json!({"every": {"weeks": 1, "months": 1}}), "/every"),
            (json!({"every": {}}), "/every"),
            (json!({"timeZone": "Moon/Sea"}), "/timeZone"),
            (json!({"meeting": {"kind": "hologram"}}), "/meeting"),
        ] {
            let problem = series(&world, wrong).await.problem(422, "invalid");
            let found = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
            assert!(found.starts_with(pointer), "{pointer}: {problem:#}");
        }
    });
}
