//! The code that is read out at a taster's end (ADM-3).

use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::time;
use harness::s2::{answers, id_of};
use serde_json::json;

/// ADM-3, ADM-4.
#[test]
fn a_code_shows_attendance_as_of_the_tasters_end() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let ellie = world.participant("ellie").await;
        let booked = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        let path = format!("/v1/tasters/{}/check-ins", s2.taster);
        let _ = ellie.post(&path, json!({"code": s2.code})).await.created();
        let placed = ellie.again(&booked).await;
        assert_eq!(placed["status"], "confirmed");
        let taster = world.anonymous().get(format!("/v1/tasters/{}", s2.taster)).await.ok();
        let list = world.coordinator().all(&format!("/v1/tasters/{}/attendance", s2.taster)).await;
        assert_eq!(list[0]["source"], "code");
        assert_eq!(time(&list[0]["effectiveAt"]), time(&taster["endsAt"]));
        let again = ellie.post(&path, json!({"code": s2.code})).await;
        assert!(matches!(again.code(), 200 | 201), "{}", again.described());
        assert_eq!(world.coordinator().all(&format!("/v1/tasters/{}/attendance", s2.taster)).await.len(), 1);
    });
}

/// ADM-3.
#[test]
fn a_code_can_come_with_the_booking() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let ellie = world.participant("ellie").await;
        let body = |code: &str| json!({"answers": answers(), "tasterCode": code});
        let _ = ellie.book(&s2.cohort, body("wrong-1")).await.problem(422, "taster-code-invalid");
        let other = world.s2(json!({})).await;
        let _ = ellie.book(&s2.cohort, body(&other.code)).await.problem(422, "taster-code-invalid");
        assert_eq!(ellie.get("/v1/me/bookings").await.ok()["items"], json!([]));
        let placed = ellie.book(&s2.cohort, body(&s2.code)).await.created();
        assert_eq!(placed["status"], "confirmed");
    });
}

/// ADM-2, ADM-3.
#[test]
fn a_code_that_comes_with_a_booking_opens_the_gates_of_the_others_too() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let autumn = world.cohort(&s2.programme, json!({"title": "Autumn"})).await;
        let ellie = world.participant("ellie").await;
        let earlier = ellie.book(&autumn, json!({"answers": answers()})).await.created();
        assert_eq!(earlier["status"], "pending");
        let with_code = json!({"answers": answers(), "tasterCode": s2.code});
        let placed = ellie.book(&s2.cohort, with_code).await.created();
        assert_eq!(placed["status"], "confirmed");
        assert_eq!(ellie.again(&earlier).await["status"], "confirmed");
        world.verify_ledgers().await;
    });
}

/// ADM-3.
#[test]
fn a_code_is_valid_from_the_start_to_24_hours_after_the_end() {
    on_both(async |world| {
        let programme = world.programme_that(json!({"requiresTaster": true})).await;
        let taster = world.taster(&programme, 2).await;
        let path = format!("/v1/tasters/{}/check-ins", id_of(&taster));
        let code = json!({"code": taster["checkInCode"]});
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let _ = ellie.post(&path, code.clone()).await.problem(422, "taster-code-invalid");
        world.advance(TimeDelta::minutes(150));
        let _ = ellie.post(&path, code.clone()).await.created();
        world.advance(TimeDelta::hours(24));
        let _ = sam.post(&path, code.clone()).await.created();
        world.advance(TimeDelta::hours(1));
        let _ = world
            .participant("tom")
            .await
            .post(&path, code.clone())
            .await
            .problem(422, "taster-code-invalid");
        let _ = world.anonymous().post(&path, code).await.problem(401, "unauthenticated");
    });
}

/// ADM-3.
#[test]
fn guessing_a_code_ends_after_ten_wrong_tries_in_an_hour() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let path = format!("/v1/tasters/{}/check-ins", s2.taster);
        let ellie = world.participant("ellie").await;
        for n in 0..10 {
            let _ = ellie
                .post(&path, json!({"code": format!("wrong-{n}")}))
                .await
                .problem(422, "taster-code-invalid");
        }
        let _ = ellie.post(&path, json!({"code": s2.code})).await.problem(429, "too-many-requests");
        let body = json!({"answers": answers(), "tasterCode": s2.code});
        let _ = ellie.book(&s2.cohort, body).await.problem(429, "too-many-requests");
        let _ = world.participant("sam").await.post(&path, json!({"code": s2.code})).await.created();
        world.advance(TimeDelta::minutes(61));
        let _ = ellie.post(&path, json!({"code": s2.code})).await.created();
    });
}
