//! Attendance at tasters, recorded and corrected by staff (ADM-3), and its seal (ADM-6).

use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::{Ledger, time};
use harness::s2::{answers, id_of};
use serde_json::json;

/// ADM-3.
#[test]
fn staff_and_operations_record_attendance_and_facilitators_what_they_run() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let path = format!("/v1/tasters/{}/attendance", s2.taster);
        let body = json!({"attendees": [
            {"email": "Nia@Example.uk", "fullName": "Nia Price", "minutes": 55},
            {"email": "omar@example.uk"},
        ]});
        let recorded = world.operations().post(&path, body.clone()).await.ok();
        assert_eq!((&recorded["recorded"], &recorded["bookingsClaimed"]), (&json!(2), &json!(0)));
        let _ = world.partner().post(&path, body.clone()).await.problem(403, "forbidden");
        let _ = world.facilitator().post(&path, body.clone()).await.problem(403, "forbidden");
        let _ = world.participant("ellie").await.post(&path, body.clone()).await.problem(403, "forbidden");
        let again = world.coordinator().post(&path, body).await.ok();
        assert_eq!(again["bookingsClaimed"], 0);
        let list = world.coordinator().all(&path).await;
        assert_eq!(list.len(), 2, "the same people twice are recorded once: {list:#?}");
        let nia = list.iter().find(|item| item["fullName"] == "Nia Price").expect("Nia");
        let taster = world.anonymous().get(format!("/v1/tasters/{}", s2.taster)).await.ok();
        assert_eq!((&nia["minutes"], &nia["source"]), (&json!(55), &json!("staff")));
        assert!(nia["participantId"].is_null());
        assert_eq!(time(&nia["effectiveAt"]), time(&taster["endsAt"]));
        assert!(time(&nia["recordedAt"]) > time(&taster["endsAt"]));
    });
}

#[test]
fn a_faulty_list_of_attendees_is_refused_whole() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let path = format!("/v1/tasters/{}/attendance", s2.taster);
        let body = json!({"attendees": [
            {"email": "nia@example.uk"}, {"email": "no email"}, {"fullName": "Nobody"},
            {"email": "omar@example.uk", "minutes": -5},
        ]});
        let answer = world.coordinator().post(&path, body).await;
        let problem = answer.problem(422, "invalid");
        let text = problem["errors"].to_string();
        for pointer in ["/attendees/1/email", "/attendees/2/email", "/attendees/3/minutes"] {
            assert!(text.contains(pointer), "{pointer}: {problem:#}");
        }
        assert!(world.coordinator().all(&path).await.is_empty());
        let crowd: Vec<_> = (0..1_001).map(|n| json!({"email": format!("guest-{n}@example.uk")})).collect();
        let _ = world.coordinator().post(&path, json!({"attendees": crowd})).await.status(422);
    });
}

/// ADM-3.
#[test]
fn claims_that_come_to_light_together_are_entered_in_order_of_rank() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 2})).await;
        let names = ["ellie", "sam", "tom"];
        let mut bookings = Vec::new();
        for name in names {
            let actor = world.participant(name).await;
            bookings.push(actor.book(&s2.cohort, json!({"answers": answers()})).await.created());
        }
        let recorded = world.attended(&s2.taster, &["tom", "ellie", "sam"]).await;
        assert_eq!(recorded["bookingsClaimed"], 3);
        let ledger = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
        let claims: Vec<_> =
            ledger.entries.iter().filter(|e| e["kind"] == "claim").map(|e| &e["bookingId"]).collect();
        let expected: Vec<_> = bookings.iter().map(|booking| &booking["id"]).collect();
        assert_eq!(claims, expected);
        let outcome: Vec<_> = bookings
            .iter()
            .map(|b| ledger.outcome()[b["id"].as_str().unwrap_or_default()].0.clone())
            .collect();
        assert_eq!(outcome, ["confirmed", "confirmed", "waiting"]);
    });
}

/// ADM-2, ADM-15.
#[test]
fn who_loses_an_attendance_claims_again_when_the_next_taster_that_they_are_marked_for_ends() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        let next = id_of(&world.taster(&s2.programme, 1).await);
        world.attended(&s2.taster, &["sam", "ellie"]).await;
        world.attended(&next, &["ellie"]).await;
        let (sam, ellie) = (world.participant("sam").await, world.participant("ellie").await);
        let _ = sam.book(&s2.cohort, json!({"answers": answers()})).await.created();
        let booked = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        assert_eq!(booked["status"], "waiting");
        world.absent(&s2.taster, "ellie").await;
        assert_eq!(ellie.again(&booked).await["status"], "pending");
        world.advance(TimeDelta::hours(3));
        let again = ellie.again(&booked).await;
        assert_eq!((&again["status"], &again["position"]), (&json!("waiting"), &json!(1)));
        Ledger::read(&world.coordinator(), &s2.cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// ADM-6.
#[test]
fn a_cohort_can_settle_first_when_its_tasters_attendance_is_sealed() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1, "settlesFirst": "tasters_sealed"})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let first = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        let by_code = json!({"answers": answers(), "tasterCode": s2.code});
        let second = sam.book(&s2.cohort, by_code).await.created();
        assert_eq!(second["status"], "waiting", "nothing is given out before the seal");
        world.advance(TimeDelta::hours(20));
        world.attended(&s2.taster, &["ellie"]).await;
        assert_eq!(ellie.again(&first).await["position"], 1);
        let seal = format!("/v1/tasters/{}/attendance/seal", s2.taster);
        let _ = sam.post(&seal, json!({})).await.problem(403, "forbidden");
        let _ = world.coordinator().post(&seal, json!({})).await.ok();
        assert_eq!(
            ellie.again(&first).await["status"],
            "confirmed",
            "whose report came next day lost nothing"
        );
        assert_eq!(sam.again(&second).await["status"], "waiting");
        let _ = world.coordinator().post(&seal, json!({})).await.code();
        let ledger = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
        assert_eq!(ledger.kinds().iter().filter(|kind| **kind == "tasters_sealed").count(), 1);
        world.verify_ledgers().await;
    });
}

/// ADM-6.
#[test]
fn a_seal_waits_for_every_taster_of_the_programme() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1, "settlesFirst": "tasters_sealed"})).await;
        let other = world.taster(&s2.programme, -30).await;
        world.attended(&s2.taster, &["ellie"]).await;
        let ellie = world.participant("ellie").await;
        let booked = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        let seal =
            |id: &str| world.coordinator().post(format!("/v1/tasters/{id}/attendance/seal"), json!({}));
        let _ = seal(&s2.taster).await.ok();
        assert_eq!(ellie.again(&booked).await["status"], "waiting");
        let _ = seal(other["id"].as_str().expect("an id")).await.ok();
        assert_eq!(ellie.again(&booked).await["status"], "confirmed");
    });
}
