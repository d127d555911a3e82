//! Where a session or a taster takes place, and who is shown how to get in (PRG-5).

use crate::on_both;
use harness::s2::{compassionate_leadership, id_of, merged, zoom};
use serde_json::json;

/// PRG-5.
#[test]
fn the_join_details_of_a_taster_are_public() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let taster = world.taster(&programme, 24).await;
        let anonymous = world.anonymous();
        let read = anonymous.get(format!("/v1/tasters/{}", taster["id"].as_str().expect("an id"))).await.ok();
        assert_eq!(read["meeting"], zoom());
        assert!(read["checkInCode"].is_null(), "the code is read out, not published");
        assert_eq!(read["timeZone"], "Europe/London");
        let listed = anonymous.all(&format!("/v1/programmes/{programme}/tasters")).await;
        assert_eq!(listed[0]["meeting"], zoom());
        assert!(!listed[0].to_string().contains(taster["checkInCode"].as_str().expect("staff see the code")));
    });
}

/// PRG-5.
#[test]
fn the_join_details_of_a_session_are_shown_only_to_who_is_confirmed_or_runs_it() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let session = world.session(&cohort, 48).await;
        let ellie = world.participant("ellie").await;
        let sam = world.participant("sam").await;
        let _ = ellie.book(&cohort, json!({})).await.created();
        assert_eq!(sam.book(&cohort, json!({})).await.created()["status"], "waiting");
        let path = format!("/v1/cohorts/{cohort}/sessions");
        for (actor, sees) in [
            (world.anonymous(), false),
            (sam, false),
            (world.participant("tom").await, false),
            (world.partner(), false),
            (ellie, true),
            (world.coordinator(), true),
        ] {
            let answer = actor.get(&path).await.status(200);
            assert_eq!(answer.text().contains("114640"), sees, "{}", answer.described());
            assert_eq!(answer.text().contains("zoom.example"), sees, "{}", answer.described());
            let one = actor.get(format!("/v1/sessions/{}", session["id"].as_str().expect("an id"))).await;
            if one.code() == 200 {
                assert_eq!(one.text().contains("114640"), sees, "{}", one.described());
            }
        }
    });
}

/// PRG-5.
#[test]
fn the_facilitator_of_a_session_and_of_a_taster_sees_what_they_need() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let cohort = world.cohort(&programme, json!({})).await;
        let byron = world.facilitator();
        let (starts, ends) = (world.in_hours(20), world.in_hours(22));
        let body = json!({
            "title": "Session 1", "startsAt": starts, "endsAt": ends, "meeting": zoom(), "facilitatorId": world.id_of("byron")
        });
        let _ =
            world.coordinator().post(format!("/v1/cohorts/{cohort}/sessions"), body.clone()).await.created();
        let body = merged(body, &json!({"startsAt": world.in_hours(23), "endsAt": world.in_hours(24)}));
        let listed = byron.get(format!("/v1/cohorts/{cohort}/sessions")).await.status(200);
        assert!(listed.text().contains("114640"), "{}", listed.described());
        let taster =
            world.coordinator().post(format!("/v1/programmes/{programme}/tasters"), body).await.created();
        let read = byron.get(format!("/v1/tasters/{}", taster["id"].as_str().expect("an id"))).await.ok();
        assert_eq!(read["checkInCode"], taster["checkInCode"]);
        let stranger = world.taster(&programme, 30).await;
        let read = byron.get(format!("/v1/tasters/{}", stranger["id"].as_str().expect("an id"))).await.ok();
        assert!(read["checkInCode"].is_null());
    });
}

/// ACC-3. Somebody else's draft stays unknown, and so does its programme.
#[test]
fn a_facilitator_sees_what_they_run_before_its_programme_is_published() {
    on_both(async |world| {
        let programme = world.draft(compassionate_leadership()).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let (coordinator, byron) = (world.coordinator(), world.facilitator());
        let body = json!({
            "title": "To come", "startsAt": world.in_hours(20), "endsAt": world.in_hours(22), "meeting": zoom(),
            "facilitatorId": world.id_of("byron")
        });
        let made =
            coordinator.post(format!("/v1/programmes/{programme}/tasters"), body.clone()).await.created();
        let taster = format!("/v1/tasters/{}", id_of(&made));
        assert_eq!(byron.get(&taster).await.ok()["checkInCode"], made["checkInCode"]);
        let _ = byron.get(format!("{taster}/attendance")).await.ok();
        let _ = byron.post(format!("{taster}/attendance/seal"), json!({})).await.problem(403, "forbidden");
        let body = merged(body, &json!({"startsAt": world.in_hours(23), "endsAt": world.in_hours(24)}));
        let made = coordinator.post(format!("/v1/cohorts/{cohort}/sessions"), body).await.created();
        let session = format!("/v1/sessions/{}", id_of(&made));
        assert_eq!(byron.get(&session).await.ok()["meeting"], zoom());
        let other = format!("/v1/tasters/{}", id_of(&world.taster(&programme, 24).await));
        for path in [&format!("/v1/programmes/{programme}"), &other, &format!("{other}/attendance")] {
            let _ = byron.get(path).await.problem(404, "not-found");
        }
        let tom = world.participant("tom").await;
        for path in [&taster, &format!("{taster}/attendance"), &session] {
            let _ = tom.get(path).await.problem(404, "not-found");
        }
    });
}

/// PRG-5.
#[test]
fn there_are_three_kinds_of_meeting() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let path = format!("/v1/cohorts/{cohort}/sessions");
        for meeting in [
            zoom(),
            json!({"kind": "in_person", "venue": "Horsham", "address": "1 High Street"}),
            json!({"kind": "residential", "venue": "Wilton Park", "address": "Steyning", "nights": 2}),
        ] {
            let body = json!({
                "title": "Module", "startsAt": world.in_hours(100), "endsAt": world.in_hours(150), "meeting": meeting
            });
            let made = world.coordinator().post(&path, body).await.created();
            for (name, value) in meeting.as_object().expect("an object") {
                assert_eq!(&made["meeting"][name.as_str()], value, "{made:#}");
            }
        }
        for wrong in [
            json!({"kind": "online"}),
            json!({"kind": "residential", "venue": "x", "nights": 0}),
            json!({"kind": "in_person", "joinUrl": "https://zoom.example"}),
            json!({"venue": "x"}),
            json!("online"),
        ] {
            let body = json!({
                "title": "Module", "startsAt": world.in_hours(100), "endsAt": world.in_hours(150), "meeting": wrong
            });
            let problem = world.coordinator().post(&path, body).await.problem(422, "invalid");
            let found = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
            assert!(found.starts_with("/meeting"), "{wrong}: {problem:#}");
        }
    });
}
