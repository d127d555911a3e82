//! How a booking explains itself to who got no place (ADM-13).

use crate::on_both;
use chrono::TimeDelta;
use harness::World;
use harness::ledger::time;
use harness::s2::{answers, participant};
use serde_json::{Value, json};

async fn explained(world: &World, booking: &Value) -> Value {
    world.coordinator().again(booking).await["explanation"].clone()
}

/// ADM-13.
#[test]
fn who_waits_is_told_how_many_stand_before_when_the_last_place_went_and_whether_more_can_come() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2, "afterLapse": "requeue"})).await;
        let partner = world.partner();
        let bookings = partner.book_all(&cohort, &["a", "b", "c", "d", "e"]).await;
        let placed = &bookings[1]["explanation"];
        assert!(placed["before"].is_null() && placed["lastPlaceAt"].is_null() && placed["more"].is_null());
        let last = explained(&world, &bookings[4]).await;
        assert_eq!(last, bookings[4]["explanation"], "reading gives what making gave");
        assert_eq!((&last["code"], &last["before"]), (&json!("no_place_free"), &json!(2)));
        assert_eq!(last["lastPlaceAt"], bookings[1]["updatedAt"], "b took the last place");
        assert_eq!(last["more"]["code"], "when_given_back");
        let _ = partner.act(&bookings[0], "cancel").await.ok();
        let offered = partner.again(&bookings[2]).await;
        let last = explained(&world, &bookings[4]).await;
        assert_eq!((&last["before"], &last["more"]["code"]), (&json!(1), &json!("offers_out")));
        assert_eq!(last["lastPlaceAt"], offered["updatedAt"], "c was offered it");
        let _ = partner.act(&bookings[2], "offer/accept").await.ok();
        let last = explained(&world, &bookings[4]).await;
        assert_eq!(last["more"]["code"], "when_given_back");
        assert_eq!(last["lastPlaceAt"], offered["updatedAt"], "an acceptance gives out no place");
        let _ = partner.act(&bookings[1], "cancel").await.ok();
        world.advance(TimeDelta::hours(49));
        let requeued = explained(&world, &bookings[3]).await;
        assert_eq!((&requeued["before"], &requeued["more"]["code"]), (&json!(0), &json!("offers_out")));
        let closed = partner.act(&bookings[3], "cancel").await.ok()["explanation"].clone();
        assert!(closed["before"].is_null() && closed["more"].is_null() && closed["lastPlaceAt"].is_null());
        world.verify_ledgers().await;
    });
}

/// ADM-13.
#[test]
fn who_waits_is_told_until_when_places_go_out() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1, "offersStopHours": 24})).await;
        let session = world.session(&cohort, 72).await;
        let bookings = world.partner().book_all(&cohort, &["a", "b"]).await;
        let starts = time(&session["startsAt"]).expect("a time");
        let stop = domain_time(starts - TimeDelta::hours(24));
        let more = explained(&world, &bookings[1]).await["more"].clone();
        assert!(more["detail"].as_str().is_some_and(|detail| detail.contains(&stop)), "{stop}: {more:#}");
        world.advance(TimeDelta::hours(49));
        assert_eq!(explained(&world, &bookings[1]).await["more"]["code"], "no_more");
    });
}

fn domain_time(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).trim_end_matches('Z').to_owned()
}

/// ADM-13.
#[test]
fn who_is_pending_is_told_what_a_complete_request_would_find() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1, "waitingList": false})).await;
        let body = |name: &str| json!({"participant": participant(name), "answers": answers()});
        let partner = world.partner();
        let pending = partner.book(&s2.cohort, body("a")).await.created();
        assert_eq!(pending["explanation"]["more"]["code"], "places_free");
        assert!(
            pending["explanation"]["before"].is_null() && pending["explanation"]["lastPlaceAt"].is_null()
        );
        let _ = partner.book(&s2.cohort, body("b")).await.created();
        world.attended(&s2.taster, &["b"]).await;
        let full = explained(&world, &pending).await;
        assert_eq!(full["more"]["code"], "no_waiting_list");
        world.attended(&s2.taster, &["a"]).await;
        let closed = explained(&world, &pending).await;
        assert_eq!(closed["code"], "cohort_full");
        assert!(!closed["lastPlaceAt"].is_null(), "when the last place went: {closed:#}");
        let later = world.cohort(&s2.programme, json!({"bookingOpensAt": world.in_hours(5)})).await;
        let early = partner.book(&later, body("c")).await.created();
        assert_eq!(early["explanation"]["more"]["code"], "at_opening");
    });
}

/// ACC-4, ADM-13.
#[test]
fn of_a_confidential_cohort_a_partner_learns_place_status_at_most() {
    on_both(async |world| {
        let programme = world.programme_that(json!({"confidential": true})).await;
        let cohort = world.cohort(&programme, json!({"capacity": 1})).await;
        let partner = world.partner();
        let bookings = partner.book_all(&cohort, &["a", "b", "c"]).await;
        for seen in [bookings[2].clone(), partner.again(&bookings[2]).await] {
            let told = &seen["explanation"];
            assert_eq!((&seen["status"], &told["code"]), (&json!("waiting"), &json!("no_place_free")));
            let about_others = [&told["before"], &told["lastPlaceAt"], &told["more"]];
            assert_eq!(about_others, [&Value::Null; 3], "{told:#}");
        }
        let more = explained(&world, &bookings[2]).await["more"].clone();
        assert_eq!(more["code"], "when_given_back", "staff see all");
        let open = world.plain_cohort(json!({"capacity": 1})).await;
        let bookings = partner.book_all(&open, &["a", "b"]).await;
        assert_eq!(bookings[1]["explanation"]["more"]["code"], "when_given_back", "it is not confidential");
    });
}
