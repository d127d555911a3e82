//! A cohort closes, starts, is cancelled or completed (PRG-7); an offer's clock is humane (ADM-16).

use crate::on_both;
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use harness::World;
use harness::ledger::{Ledger, time};
use harness::s2::{answers, id_of, participant};
use serde_json::{Value, json};

fn end(world: &World, cohort: &str, how: &str) -> harness::Request {
    world.coordinator().request("POST", format!("/v1/cohorts/{cohort}/{how}"))
}

/// A partner's request for somebody, with the form's answers.
fn claims(world: &World, cohort: &str, name: &str) -> harness::Request {
    world.partner().book(cohort, json!({"participant": participant(name), "answers": answers()}))
}

async fn ends(world: &World, bookings: &[Value]) -> Vec<(Value, Value)> {
    let mut ends = Vec::new();
    for booking in bookings {
        let read = world.partner().again(booking).await;
        ends.push((read["status"].clone(), read["closedReason"].clone()));
    }
    ends
}

/// PRG-7.
#[test]
fn closing_refuses_new_bookings_and_nothing_else() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        let partner = world.partner();
        let _ = world.attended(&s2.taster, &["nia"]).await;
        let nia = claims(&world, &s2.cohort, "nia").await.created();
        let late = claims(&world, &s2.cohort, "omar").await.created();
        assert_eq!((&nia["status"], &late["status"]), (&json!("confirmed"), &json!("pending")));
        let closed = end(&world, &s2.cohort, "close").await.ok();
        assert_eq!(closed["status"], "closed");
        claims(&world, &s2.cohort, "pat").await.problem(409, "booking-closed");
        let _ = world.attended(&s2.taster, &["omar"]).await;
        let late = partner.again(&late).await;
        assert_eq!(late["status"], "waiting", "its moment lies before the closing: {late:#}");
        end(&world, &s2.cohort, "close").await.problem(409, "booking-closed");
        let _ = partner.act(&nia, "cancel").await.ok();
        assert_eq!(partner.again(&late).await["status"], "offered", "vacancies still go out");
        let ledger = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
        assert!(
            ledger.kinds().ends_with(&["booking_closed", "claim", "cancellation"]),
            "{:?}",
            ledger.kinds()
        );
        world.verify_ledgers().await;
    });
}

/// PRG-7.
#[test]
fn who_waits_or_is_pending_when_the_first_session_starts_is_closed() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        let _ = world.session(&s2.cohort, 48).await;
        let _ = world.attended(&s2.taster, &["nia", "omar"]).await;
        let mut bookings = Vec::new();
        for name in ["nia", "omar", "pat"] {
            bookings.push(claims(&world, &s2.cohort, name).await.created());
        }
        world.advance(TimeDelta::hours(47));
        assert_eq!(ends(&world, &bookings).await[1].0, "waiting");
        world.advance(TimeDelta::hours(2));
        let begun = std::time::Instant::now();
        while world.partner().again(&bookings[1]).await["status"] != "closed" {
            assert!(begun.elapsed().as_secs() < 25, "no job has entered the start within 15 s");
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        let late = (json!("closed"), json!("booking_closed"));
        let expected = [(json!("confirmed"), Value::Null), late.clone(), late];
        assert_eq!(ends(&world, &bookings).await, expected);
        let ledger = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
        let started = ledger.entries.last().unwrap();
        assert_eq!(started["kind"], "cohort_started");
        assert_eq!(started["decisions"].as_array().unwrap().len(), 2);
        world.verify_ledgers().await;
    });
}

/// PRG-7, COM-1.
#[test]
fn cancelling_a_cohort_closes_every_live_booking_and_tells_everyone() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        let _ = world.attended(&s2.taster, &["nia", "omar"]).await;
        let mut bookings = Vec::new();
        for name in ["nia", "omar", "pat"] {
            bookings.push(claims(&world, &s2.cohort, name).await.created());
        }
        let cancelled = end(&world, &s2.cohort, "cancel").await.ok();
        assert_eq!((&cancelled["status"], &cancelled["placesTaken"]), (&json!("cancelled"), &json!(0)));
        let gone = (json!("closed"), json!("cohort_cancelled"));
        assert_eq!(ends(&world, &bookings).await, [gone.clone(), gone.clone(), gone]);
        for action in ["close", "cancel", "complete"] {
            let again = end(&world, &s2.cohort, action);
            let again = if action == "complete" { again.json(json!({})) } else { again };
            again.await.problem(409, "cohort-ended");
        }
        claims(&world, &s2.cohort, "quinn").await.problem(409, "booking-closed");
        let _ = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// PRG-7.
#[test]
fn a_cohort_is_completed_after_its_last_session_and_each_place_ends_one_way_or_the_other() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 3})).await;
        let _ = world.session(&cohort, 48).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar", "pat"]).await;
        let body = json!({"notCompleted": [id_of(&bookings[1])]});
        end(&world, &cohort, "complete").json(body.clone()).await.problem(409, "cohort-not-over");
        world.advance(TimeDelta::hours(72));
        let stranger = json!({"notCompleted": ["019b0000-0000-7000-8000-000000000009"]});
        end(&world, &cohort, "complete").json(stranger).await.problem(422, "invalid");
        let done = end(&world, &cohort, "complete").json(body).await.ok();
        assert_eq!((&done["status"], &done["placesTaken"]), (&json!("completed"), &json!(3)));
        let (well, not) = ((json!("completed"), Value::Null), (json!("not_completed"), Value::Null));
        assert_eq!(ends(&world, &bookings).await, [well.clone(), not, well]);
        world.partner().act(&bookings[0], "cancel").await.problem(409, "booking-not-live");
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// ACC-5, PRG-7.
#[test]
fn only_staff_end_a_cohort() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        for action in ["close", "cancel"] {
            let path = format!("/v1/cohorts/{cohort}/{action}");
            world.anonymous().request("POST", &path).await.problem(401, "unauthenticated");
            world.partner().request("POST", &path).await.problem(403, "forbidden");
            world.facilitator().request("POST", &path).await.problem(403, "forbidden");
        }
        assert_eq!(world.coordinator().cohort(&cohort).await["status"], "open");
    });
}

/// ADM-16.
#[test]
fn a_humane_offer_ends_in_the_hours_in_which_people_can_answer() {
    on_both(async |world| {
        let terms = json!({"capacity": 1, "offerClock": "humane", "offerWindowHours": 30});
        let cohort = world.plain_cohort(terms).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        let _ = world.partner().act(&bookings[0], "cancel").await.ok();
        let offered = world.partner().again(&bookings[1]).await;
        let end: DateTime<Utc> = time(&offered["offer"]["expiresAt"]).expect("an end");
        assert!(end - world.now() >= TimeDelta::hours(30 + 12 * 2), "two nights at least lie between: {end}");
        assert!((7..=20).contains(&end.hour()), "8am to 8pm in London: {end}");
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}
