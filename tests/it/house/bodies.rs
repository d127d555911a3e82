//! Request bodies: what is no JSON, what is no object, and all faults at once.

use crate::on_both;
use harness::World;
use harness::s2::{compassionate_leadership, id_of, merged};
use serde_json::json;

fn programmes(world: &World) -> String {
    format!("/v1/academies/{}/programmes", world.academy())
}

#[test]
fn what_is_no_json_is_400() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        for body in ["", "{", "{\"title\":}", "nul", "{} {}", "{\"a\":1,}", "\u{feff}{}"] {
            let request = coordinator.request("POST", programmes(&world)).bytes("application/json", body);
            let _ = request.await.problem(400, "malformed-json");
        }
        let request = coordinator.request("POST", programmes(&world));
        let _ = request
            .bytes("application/json", b"{\"title\":\"\xff\"}".to_vec())
            .await
            .problem(400, "malformed-json");
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        let request = coordinator.request("POST", programmes(&world)).bytes("application/json", deep);
        let _ = request.await.problem(400, "malformed-json");
    });
}

#[test]
fn json_that_is_no_object_is_422() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        for body in ["[]", "null", "7", "\"text\"", "true"] {
            let request = coordinator.request("POST", programmes(&world)).bytes("application/json", body);
            let problem = request.await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], "", "{problem:#}");
        }
    });
}

#[test]
fn another_media_type_is_415() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let body = compassionate_leadership().to_string();
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json"] {
            let request = coordinator.request("POST", programmes(&world)).bytes(media_type, body.clone());
            let _ = request.await.problem(415, "unsupported-media-type");
        }
        let request = coordinator.request("POST", programmes(&world));
        let _ = request.bytes("application/json; charset=utf-8", body).await.status(201);
    });
}

#[test]
fn unknown_fields_are_refused_by_name() {
    on_both(async |world| {
        let body =
            merged(compassionate_leadership(), &json!({"status": "published", "id": 1, "academyId": "x"}));
        let answer = world.coordinator().post(programmes(&world), body).await;
        let _ = answer
            .faults("invalid", &["/status unknown-field", "/id unknown-field", "/academyId unknown-field"]);
    });
}

#[test]
fn all_faults_of_a_body_come_at_once_each_with_its_pointer() {
    on_both(async |world| {
        let body = json!({
            "title": 7, "summary": "", "format": "carousel", "topics": ["compassion", 8], "surprise": true,
            "joiningForm": {"questions": [{"key": "a b", "kind": "poem", "required": "yes"}]},
        });
        let answer = world.coordinator().post(programmes(&world), body).await;
        let problem = answer.problem(422, "invalid");
        let errors = problem["errors"].as_array().expect("faults");
        let named = |pointer: &str| errors.iter().any(|fault| fault["pointer"] == pointer);
        for pointer in ["/slug", "/title", "/summary", "/format", "/topics/1", "/surprise"] {
            assert!(named(pointer), "{pointer} is not named in {problem:#}");
        }
        let in_form = |fault: &&serde_json::Value| {
            fault["pointer"].as_str().unwrap_or_default().starts_with("/joiningForm/questions/0")
        };
        assert!(errors.iter().filter(in_form).count() >= 3, "{problem:#}");
    });
}

#[test]
fn a_nul_anywhere_is_refused() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let body = merged(compassionate_leadership(), &json!({"title": "a\u{0}b", "topics": ["x\u{0}"]}));
        let answer = coordinator.post(programmes(&world), body).await;
        let _ = answer.faults("invalid", &["/title invalid-character", "/topics/0 invalid-character"]);
        let answer = world.anonymous().get("/v1/programmes?q=a%00b").await;
        assert_eq!(answer.problem(422, "invalid")["errors"][0]["parameter"], "q");
        let login = json!({"email": "a\u{0}@b.uk", "password": "x".repeat(20)});
        let _ = world.anonymous().post("/v1/auth/login", login).await.status(422);
    });
}

#[test]
fn a_field_that_stands_twice_is_refused() {
    on_both(async |world| {
        let body =
            "{\"slug\":\"twice\",\"title\":\"a\",\"title\":\"b\",\"summary\":\"s\",\"format\":\"cohort\"}";
        let request = world.coordinator().request("POST", programmes(&world)).bytes("application/json", body);
        let _ = request.await.faults("invalid", &["/title duplicate-field"]);
    });
}

#[test]
fn a_text_too_long_and_a_number_out_of_range_are_422() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let body = merged(compassionate_leadership(), &json!({"title": "x".repeat(100_000)}));
        let _ = coordinator.post(programmes(&world), body).await.faults("invalid", &["/title too-long"]);
        let programme = world.plain_programme().await;
        for capacity in [json!(0), json!(-1), json!(100_001), json!(1.5), json!("12"), json!(null)] {
            let body = json!({"title": "Spring", "capacity": capacity});
            let answer = coordinator.post(format!("/v1/programmes/{programme}/cohorts"), body).await;
            let problem = answer.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/capacity", "{problem:#}");
        }
    });
}

#[test]
fn a_time_needs_an_offset_and_is_answered_in_utc() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let programme = world.plain_programme().await;
        let path = format!("/v1/programmes/{programme}/cohorts");
        for wrong in ["2030-01-01T10:00:00", "2030-01-01", "soon", "2030-13-01T10:00:00Z"] {
            let body = json!({"title": "Spring", "capacity": 3, "bookingOpensAt": wrong});
            let problem = coordinator.post(&path, body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/bookingOpensAt", "{problem:#}");
        }
        let body = json!({"title": "Spring", "capacity": 3, "bookingOpensAt": "2030-07-01T10:00:00+01:00"});
        let cohort = coordinator.post(&path, body).await.created();
        let opens = cohort["bookingOpensAt"].as_str().expect("a time");
        assert!(opens.starts_with("2030-07-01T09:00:00") && opens.ends_with('Z'), "{opens}");
    });
}

#[test]
fn an_action_without_fields_refuses_those_that_are_sent_by_name() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let (cohort, taster, programme) = (&s2.cohort, &s2.taster, &s2.programme);
        let coordinator = world.coordinator();
        let actions = [
            format!("/v1/cohorts/{cohort}/close"),
            format!("/v1/cohorts/{cohort}/cancel"),
            format!("/v1/tasters/{taster}/attendance/seal"),
            format!("/v1/programmes/{programme}/publish"),
            format!("/v1/programmes/{programme}/archive"),
        ];
        for action in &actions {
            let sent = coordinator.post(action, json!({"reason": "storm", "x": 1})).await;
            let _ = sent.faults("invalid", &["/reason unknown-field", "/x unknown-field"]);
            let text = coordinator.request("POST", action).bytes("text/plain", "hello").await;
            let _ = text.problem(415, "unsupported-media-type");
        }
        let empty = |path: String| coordinator.request("POST", path).bytes("application/json", "");
        let _ = empty(actions[0].clone()).await.ok();
        let _ = empty(format!("/v1/cohorts/{cohort}/complete")).await.problem(409, "cohort-not-over");
        let booking = coordinator.book_for(&world.plain_cohort(json!({})).await, "nia").await.created();
        let accept = empty(format!("/v1/bookings/{}/offer/accept", id_of(&booking)));
        let _ = accept.await.problem(409, "no-offer");
        let made = empty(format!("/v1/programmes/{programme}/cohorts")).await;
        let _ = made.problem(400, "malformed-json");
    });
}
