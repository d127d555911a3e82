//! Repeats: what `Idempotency-Key` promises (ADM-10).

use crate::{on_both, on_postgres};
use harness::Kind;
use harness::s2::{compassionate_leadership, id_of, participant, zoom};
use serde_json::json;

/// ADM-10.
#[test]
fn a_repeated_request_gets_the_first_answer_byte_for_byte_and_does_nothing() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let partner = world.partner();
        let first = partner.book_for(&cohort, "nia").key("k-1").await.status(201);
        assert_eq!(first.header("idempotency-replayed"), "");
        let again = partner.book_for(&cohort, "nia").key("k-1").await.status(201);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.bytes(), first.bytes());
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("etag"), first.header("etag"));
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 1);
    });
}

/// ADM-10.
#[test]
fn a_replay_is_the_first_answer_even_when_things_moved_on_and_the_server_was_restarted() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let partner = world.partner();
        let first = partner.book_for(&cohort, "nia").key("k-1").await.status(201);
        let _ = partner.act(first.json(), "cancel").key("k-2").await.ok();
        world.server.kill();
        world.server.start_again().await;
        let again = partner.book_for(&cohort, "nia").key("k-1").await.status(201);
        assert_eq!(again.bytes(), first.bytes());
        let cancelled = partner.act(first.json(), "cancel").key("k-2").await.ok();
        assert_eq!(cancelled["status"], "closed");
        world.advance(chrono::TimeDelta::hours(25));
        let anew = partner.book_for(&cohort, "nia").key("k-1").await.created();
        assert_ne!(anew["id"], first["id"]);
    });
}

/// ADM-10. What held when the request succeeded need not hold for its repeat, which does nothing.
#[test]
fn a_repeat_is_answered_though_the_facilitator_it_named_has_lost_the_role() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let cohort = world.cohort(&programme, json!({})).await;
        let (coordinator, byron) = (world.coordinator(), world.id_of("byron"));
        let one = json!({
            "title": "To come", "startsAt": world.in_hours(20), "endsAt": world.in_hours(22), "meeting": zoom(),
            "facilitatorId": byron
        });
        let other = json!({
            "title": "To come", "startsAt": world.in_hours(23), "endsAt": world.in_hours(25), "meeting": zoom(),
            "facilitatorId": byron
        });
        let several = json!({
            "title": "To come", "firstStartsAt": world.in_hours(26), "durationMinutes": 60, "count": 2,
            "every": {"weeks": 1}, "meeting": zoom(), "facilitatorId": byron
        });
        let requests = [
            (format!("/v1/programmes/{programme}/tasters"), &one),
            (format!("/v1/cohorts/{cohort}/sessions"), &other),
            (format!("/v1/cohorts/{cohort}/sessions/series"), &several),
        ];
        let mut firsts = Vec::new();
        for (path, body) in &requests {
            firsts.push(coordinator.post(path, (*body).clone()).key(path).await.status(201));
        }
        let member = format!("/v1/academies/{}/members/{byron}", world.academy());
        world.platform_admin().delete(member).await.no_content();
        for ((path, body), first) in requests.iter().zip(&firsts) {
            let again = coordinator.post(path, (*body).clone()).key(path).await.status(201);
            assert_eq!(again.header("idempotency-replayed"), "true");
            assert_eq!(again.bytes(), first.bytes());
            let anew = coordinator.post(path, (*body).clone()).await;
            let _ = anew.faults("invalid", &["/facilitatorId unknown-facilitator"]);
        }
        for (at, first) in ["tasters", "sessions"].iter().zip(&firsts) {
            let path = format!("/v1/{at}/{}", id_of(first.json()));
            let changed = coordinator.patch(&path, json!({"title": "Come"})).await.ok();
            assert_eq!(changed["facilitatorId"], byron, "who runs it need not be named anew");
        }
    });
}

#[test]
fn a_key_stands_for_one_request_of_one_caller() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let other = world.plain_cohort(json!({})).await;
        let partner = world.partner();
        let _ = partner.book_for(&cohort, "nia").key("k").await.created();
        let _ = partner.book_for(&cohort, "omar").key("k").await.problem(422, "idempotency-key-reused");
        let _ = partner.book_for(&other, "nia").key("k").await.problem(422, "idempotency-key-reused");
        let path = format!("/v1/cohorts/{cohort}/eligibility-checks");
        let check = partner.post(path, json!({"participant": participant("nia")})).key("k").await;
        let _ = check.problem(422, "idempotency-key-reused");
        let _ = world.operations().book_for(&cohort, "omar").key("k").await.created();
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 1);
    });
}

#[test]
fn a_key_that_is_none_is_400() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let partner = world.partner();
        for wrong in ["", "a b", "\u{e9}", &"x".repeat(256)] {
            let answer = partner.book_for(&cohort, "nia").key(wrong).await;
            let _ = answer.problem(400, "idempotency-key-invalid");
        }
        let _ = partner.book_for(&cohort, "nia").key(&"x".repeat(255)).await.created();
    });
}

/// ADM-10.
#[test]
fn a_refusal_is_not_kept_and_its_repeat_is_decided_anew() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1, "waitingList": false})).await;
        let partner = world.partner();
        let first = partner.book_for(&cohort, "nia").await.created();
        let _ = partner.book_for(&cohort, "omar").key("k").await.problem(409, "cohort-full");
        let _ = partner.act(&first, "cancel").await.ok();
        let booked = partner.book_for(&cohort, "omar").key("k").await.created();
        assert_eq!(booked["status"], "confirmed");
        let bad = partner.book(&cohort, json!({"participant": 7})).key("k2").await;
        let _ = bad.problem(422, "invalid");
    });
}

#[test]
fn every_post_takes_a_key() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let path = format!("/v1/academies/{}/programmes", world.academy());
        let body = compassionate_leadership();
        let first = coordinator.post(&path, body.clone()).key("p-1").await.status(201);
        let again = coordinator.post(&path, body).key("p-1").await.status(201);
        assert_eq!(again.bytes(), first.bytes());
        assert_eq!(again.header("idempotency-replayed"), "true");
        let id = first["id"].as_str().expect("an id");
        let publish = || coordinator.post(format!("/v1/programmes/{id}/publish"), json!({})).key("p-2");
        let first = publish().await.status(200);
        let _ = coordinator.patch(format!("/v1/programmes/{id}"), json!({"summary": "New."})).await.ok();
        let again = publish().await.status(200);
        assert_eq!(again.bytes(), first.bytes());
    });
}

#[test]
fn anonymous_calls_ignore_the_key() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let path = format!("/v1/programmes/{programme}/interest");
        let interest = |name: &str| json!({"email": format!("{name}@example.uk"), "fullName": name});
        let anonymous = world.anonymous();
        let _ = anonymous.post(&path, interest("nia")).key("k").await.status(201);
        let other = anonymous.post(&path, interest("omar")).key("k").await.status(201);
        assert_eq!(other.header("idempotency-replayed"), "");
    });
}

#[test]
fn an_answer_with_a_secret_is_kept_sealed_and_dropped_after_ten_minutes() {
    on_both(async |world| {
        let admin = world.platform_admin();
        let path = format!("/v1/academies/{}/clients", world.academy());
        let make = || {
            let body = json!({"name": "Kent Trust", "scopes": ["bookings:read"]});
            admin.post(&path, body).key("c-1")
        };
        let first = make().await.status(201);
        let secret = first["clientSecret"].as_str().expect("a secret").to_owned();
        assert_eq!(make().await.status(201).bytes(), first.bytes());
        let kept = world.database.dump("repeat_key").await.join("\n");
        assert!(!kept.contains(&secret), "the secret lies open in the database");
        world.advance(chrono::TimeDelta::minutes(11));
        let late = make().await;
        assert!(!late.succeeded() && !late.text().contains(&secret), "{}", late.described());
    });
}

#[test]
fn rights_are_checked_again_before_a_replay() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let admin = world.platform_admin();
        let coordinator = world.coordinator();
        let _ = coordinator.book_for(&cohort, "nia").key("k").await.created();
        let member = format!("/v1/academies/{}/members/{}", world.academy(), world.id_of("coordinator"));
        let _ = admin.delete(&member).await.status(204);
        let refused = coordinator.book_for(&cohort, "nia").key("k").await;
        assert!(matches!(refused.code(), 403 | 404), "{}", refused.described());
    });
}

/// ADM-10.
#[test]
fn concurrent_duplicates_on_two_servers_have_one_effect() {
    on_postgres(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 100})).await;
        let second = world.another_server().await;
        let partner = world.partner();
        let elsewhere = partner.at(&second);
        let mut calls = Vec::new();
        for round in 0..10 {
            for _ in 0..4 {
                for caller in [&partner, &elsewhere] {
                    let name = format!("guest-{round}");
                    calls.push(caller.book_for(&cohort, &name).key(&format!("k-{round}")).into_future());
                }
            }
        }
        let answers = futures::future::join_all(calls).await;
        assert!(answers.iter().all(|answer| matches!(answer.code(), 201 | 409)), "{answers:#?}");
        for round in answers.chunks(8) {
            let kept: Vec<_> = round.iter().filter(|answer| answer.code() == 201).collect();
            assert!(!kept.is_empty(), "{round:#?}");
            assert!(kept.iter().all(|answer| answer.bytes() == kept[0].bytes()), "{kept:#?}");
            for refused in round.iter().filter(|answer| answer.code() == 409) {
                assert_eq!(refused["code"], "request-in-progress");
            }
        }
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 10);
        assert_eq!(world.database.kind(), Kind::Postgres);
    });
}
