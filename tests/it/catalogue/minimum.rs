//! By its decision date a cohort with a minimum is said to run, or cancelled (PRG-12).

use crate::{on_both, on_postgres};
use chrono::TimeDelta;
use harness::World;
use harness::ledger::Ledger;
use serde_json::{Value, json};
use std::time::Duration;

const COORDINATOR: &str = "coordinator@trust.example.nhs.uk";

async fn to_decide(world: &World, in_days: i64) -> String {
    let terms = json!({"capacity": 3, "minimum": 2, "minimumDecidedBy": world.in_hours(in_days * 24)});
    world.plain_cohort(terms).await
}

fn confirm(actor: &harness::Actor, cohort: &str) -> harness::Request {
    actor.request("POST", format!("/v1/cohorts/{cohort}/confirm-running"))
}

/// What everybody is shown.
async fn shown(world: &World, cohort: &str) -> Value {
    world.anonymous().cohort(cohort).await["minimumDecision"].clone()
}

fn told(world: &World, email: &str, words: &str) -> usize {
    world.mailbox.to(email).iter().filter(|mail| mail.subject.contains(words)).count()
}

/// Longer than the job waits between its turns.
async fn some_turns() {
    tokio::time::sleep(Duration::from_secs(12)).await;
}

/// PRG-12, ACC-5.
#[test]
fn staff_say_that_a_cohort_runs_and_everybody_is_shown_it() {
    on_both(async |world| {
        let cohort = to_decide(&world, 20).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar", "pat", "quinn"]).await;
        let place = world.mailbox.about("nia@trust.example.nhs.uk", "if at least 2 people take part").await;
        assert!(place.subject.starts_with("You have a place"), "{}", place.subject);
        let open = shown(&world, &cohort).await;
        assert_eq!((&open["decision"], &open["overdue"]), (&json!("open"), &json!(false)), "{open:#}");
        assert_eq!(open["decidedBy"], world.anonymous().cohort(&cohort).await["minimumDecidedBy"]);
        confirm(&world.anonymous(), &cohort).await.problem(401, "unauthenticated");
        confirm(&world.partner(), &cohort).await.problem(403, "forbidden");
        confirm(&world.facilitator(), &cohort).await.problem(403, "forbidden");
        let coordinator = world.coordinator();
        let first = confirm(&coordinator, &cohort).await.status(200);
        let runs = shown(&world, &cohort).await;
        assert_eq!(runs["decision"], "runs", "{runs:#}");
        assert!(runs["decidedAt"].is_string(), "{runs:#}");
        let again = confirm(&coordinator, &cohort).await.status(200);
        assert_eq!(again.etag(), first.etag(), "to say it again changes nothing");
        for name in ["nia", "omar", "pat"] {
            let email = format!("{name}@trust.example.nhs.uk");
            let mail = world.mailbox.about(&email, "It is decided").await;
            assert!(mail.subject.starts_with("It takes place"), "{}", mail.subject);
        }
        let _ = world.partner().act(&bookings[0], "cancel").await.ok();
        let _ = world.mailbox.about("quinn@trust.example.nhs.uk", "/offer/accept").await;
        assert_eq!(told(&world, "quinn@trust.example.nhs.uk", "It takes place"), 0, "who has no place");
        assert_eq!(told(&world, "nia@trust.example.nhs.uk", "It takes place"), 1, "once");
        let ledger = Ledger::read(&coordinator, &cohort).await.check();
        assert_eq!(ledger.kinds().last(), Some(&"cancellation"), "it settles nothing: {:?}", ledger.kinds());
    });
}

/// PRG-12: what people were told stays, whatever staff set afterwards; they can still cancel.
#[test]
fn a_decision_outlives_a_change_of_the_minimum_and_cancelling_is_one_too() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let without = world.plain_cohort(json!({"capacity": 3})).await;
        assert_eq!(shown(&world, &without).await, Value::Null);
        confirm(&coordinator, &without).await.problem(409, "no-minimum");
        let cohort = to_decide(&world, 20).await;
        let _ = confirm(&coordinator, &cohort).await.ok();
        let path = format!("/v1/cohorts/{cohort}");
        for patch in [json!({"minimum": 3}), json!({"minimumDecidedBy": world.in_hours(-1)})] {
            let changed = coordinator.patch(&path, patch).await.ok();
            assert_eq!(changed["minimumDecision"]["decision"], "runs", "{changed:#}");
            assert_eq!(changed["minimumDecision"]["overdue"], false);
        }
        let runs = shown(&world, &cohort).await;
        let cancelled = coordinator.request("POST", format!("{path}/cancel")).await.ok();
        assert_eq!(cancelled["minimumDecision"]["decision"], "cancelled");
        assert_ne!(cancelled["minimumDecision"]["decidedAt"], runs["decidedAt"]);
        confirm(&coordinator, &cohort).await.problem(409, "cohort-ended");
        let undecided = to_decide(&world, 20).await;
        let _ = coordinator.request("POST", format!("/v1/cohorts/{undecided}/cancel")).await.ok();
        let shown = shown(&world, &undecided).await;
        assert_eq!(shown["decision"], "cancelled");
        assert!(shown["decidedAt"].is_string(), "{shown:#}");
        world.verify_ledgers().await;
    });
}

/// PRG-12: without a date of its own a minimum is decided a week before the start.
#[test]
fn staff_are_reminded_before_the_date_and_told_when_it_has_passed_and_nothing_is_cancelled() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 3, "minimum": 2})).await;
        assert_eq!(shown(&world, &cohort).await["decidedBy"], Value::Null);
        let _ = world.session(&cohort, 27 * 24).await;
        let booked = world.partner().book_for(&cohort, "nia").await.created();
        world.advance(TimeDelta::days(12));
        some_turns().await;
        assert_eq!(told(&world, COORDINATOR, "Please decide"), 0, "it is eight days off");
        world.advance(TimeDelta::days(2));
        let mail = world.mailbox.about(COORDINATOR, "Please decide").await;
        assert!(mail.text.contains("at least 2 people take part"), "{}", mail.text);
        assert!(mail.text.contains("1 of its 3 places are taken"), "{}", mail.text);
        world.advance(TimeDelta::days(6));
        let mail = world.mailbox.about(COORDINATOR, "Still to be decided").await;
        assert!(mail.text.contains("Nothing happens by itself"), "{}", mail.text);
        // A mail that went out is noted as sent by now: COM-1 would send it again after a crash in between.
        some_turns().await;
        world.server.kill();
        world.server.start_again().await;
        some_turns().await;
        for words in ["Please decide", "Still to be decided"] {
            assert_eq!(told(&world, COORDINATOR, words), 1, "{words}: once, also through a crash");
        }
        let open = shown(&world, &cohort).await;
        assert_eq!((&open["decision"], &open["overdue"]), (&json!("open"), &json!(true)), "{open:#}");
        assert_eq!(world.partner().again(&booked).await["status"], "confirmed");
        assert_eq!(world.anonymous().cohort(&cohort).await["status"], "open");
        let later = json!({"minimumDecidedBy": world.in_hours(2 * 24)});
        let moved = world.coordinator().patch(format!("/v1/cohorts/{cohort}"), later).await.ok();
        assert_eq!(moved["minimumDecision"]["overdue"], false);
        let _another_date = world.mailbox.nth_about(COORDINATOR, "Please decide", 2).await;
        let _ = confirm(&world.coordinator(), &cohort).await.ok();
        world.advance(TimeDelta::days(3));
        some_turns().await;
        assert_eq!(told(&world, COORDINATOR, "Still to be decided"), 1, "it is decided");
    });
}

/// PRG-12, COM-1: also when they look at the same moment.
#[test]
fn several_servers_remind_staff_once() {
    on_postgres(async |world| {
        for _ in 0..4 {
            let _ = to_decide(&world, 9).await;
        }
        world.server.kill();
        world.advance(TimeDelta::days(3));
        // While the rows are held each server gets as far as it comes without the cohorts' own locks.
        let hold = "DO $$ BEGIN PERFORM 1 FROM cohort FOR NO KEY UPDATE; PERFORM pg_sleep(6); END $$";
        let (held, _first, _second, _third) = tokio::join!(
            world.database.execute(hold),
            world.another_server(),
            world.another_server(),
            world.another_server()
        );
        let _ = held.expect("the rows are held");
        some_turns().await;
        some_turns().await;
        assert_eq!(told(&world, COORDINATOR, "Please decide"), 4, "one for each cohort");
    });
}
