//! A confirmed place is passed on to a colleague (ADM-23).

use crate::{on_both, on_postgres};
use chrono::TimeDelta;
use harness::ledger::Ledger;
use harness::s2::{answers, id_of, participant};
use harness::{Actor, Request, World};
use serde_json::{Value, json};

pub(super) fn email(name: &str) -> String {
    format!("{name}@trust.example.nhs.uk")
}

/// Proposes a place to somebody by name.
pub(super) fn propose(actor: &Actor, booking: &Value, to: &str) -> Request {
    actor.post(format!("/v1/bookings/{}/pass-on", id_of(booking)), participant(to))
}

pub(super) fn take_back(actor: &Actor, booking: &Value) -> Request {
    actor.act(booking, "pass-on/take-back")
}

/// The token of the newest mail that proposes a place to somebody, once there are `count` of them.
pub(super) async fn nth_token(world: &World, to: &str, count: usize) -> String {
    world.mailbox.nth_about(&email(to), "take over a colleague's place", count).await.token()
}

/// Takes a place over with what else is brought.
pub(super) fn take_over(actor: &Actor, cohort: &str, token: &str, mut body: Value) -> Request {
    body["token"] = token.into();
    actor.post(format!("/v1/cohorts/{cohort}/bookings/take-over"), body)
}

/// The ledger holds, alone and against the bookings; its kinds.
pub(super) async fn ledger_holds(world: &World, cohort: &str) -> Vec<String> {
    let ledger = Ledger::read(&world.coordinator(), cohort).await.check();
    ledger.agrees_with(&world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await);
    world.verify_ledgers().await;
    ledger.kinds().into_iter().map(str::to_owned).collect()
}

fn standing(booking: &Value) -> (&Value, &Value, &Value) {
    (&booking["status"], &booking["closedReason"], &booking["explanation"]["code"])
}

/// ADM-7, ADM-10, ADM-12, ADM-23, ACC-4.
#[test]
fn a_colleague_takes_a_place_over_in_one_step_and_each_is_told() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1, "passOn": true})).await;
        let brings = || json!({"answers": answers(), "tasterCode": s2.code});
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let first = ellie.book(&s2.cohort, brings()).await.created();
        assert_eq!(first["status"], "confirmed");
        let proposed = propose(&ellie, &first, "sam").key("propose-once").await.ok();
        assert_eq!(
            (&proposed["status"], &proposed["passOn"]["email"]),
            (&json!("confirmed"), &json!(email("sam")))
        );
        assert_eq!(proposed["cohortVersion"], first["cohortVersion"], "nothing else changes");
        assert_eq!(propose(&ellie, &first, "sam").key("propose-once").await.ok(), proposed);
        assert_eq!(ellie.again(&first).await["passOn"], proposed["passOn"]);
        let mail = world.mailbox.about(&email("sam"), "would like to pass it on").await;
        assert!(mail.text.contains("Ellie Ward") && !mail.text.contains(&id_of(&first)), "{}", mail.text);
        let link = format!("/cohorts/{}/take-over?token={}", s2.cohort, mail.token());
        let _ = world.anonymous().get(link).await.code();
        let take = || take_over(&sam, &s2.cohort, &mail.token(), brings()).key("take-once");
        let taken = take().await;
        let location = taken.header("location").to_owned();
        let taken = taken.created();
        assert_eq!(location, format!("/v1/bookings/{}", id_of(&taken)));
        assert_eq!((&taken["status"], &taken["claim"]["sequence"]), (&json!("confirmed"), &json!(2)));
        assert!(
            taken["explanation"]["detail"]
                .as_str()
                .is_some_and(|told| told.contains("A colleague passed it on"))
        );
        assert_eq!(take().await.created(), taken, "a repeat with its key does nothing");
        let left = ellie.again(&first).await;
        assert_eq!(
            standing(&left),
            (&json!("closed"), &json!("cancelled_by_participant"), &json!("passed_on"))
        );
        assert!(left.get("passOn").is_none(), "{left:#}");
        for (own, other) in [(&left, "sam"), (&sam.again(&taken).await, "ellie")] {
            assert!(own["explanation"]["otherBookingId"].is_null(), "{own:#}");
            assert!(!own["explanation"].to_string().to_lowercase().contains(other), "{own:#}");
        }
        let seen = world.coordinator().again(&first).await;
        assert_eq!(seen["explanation"]["otherBookingId"], taken["id"], "who reads both is told");
        let told = world.mailbox.about(&email("ellie"), "has been passed on").await;
        assert!(!told.text.contains("sam@") && !told.text.contains("Sam "), "{}", told.text);
        let _ = world.mailbox.about(&email("sam"), "A colleague passed this place on to you").await;
        assert_eq!(
            world.mailbox.to(&email("sam")).iter().filter(|m| m.text.contains("pass it on to you.")).count(),
            1
        );
        assert_eq!(ledger_holds(&world, &s2.cohort).await, ["cohort_created", "claim", "passed_on", "claim"]);
        let again = propose(&sam, &taken, "tom").await.ok();
        assert_eq!(again["passOn"]["fullName"], "tom of the Trust", "it can be passed on again");
    });
}

/// ADM-23, PRG-3.
#[test]
fn only_a_cohort_that_says_so_lets_places_be_passed_on() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let path = format!("/v1/cohorts/{cohort}");
        let (ellie, sam, staff) =
            (world.participant("ellie").await, world.participant("sam").await, world.coordinator());
        let read = staff.get(&path).await;
        let stale = read.etag();
        assert_eq!(read.ok()["passOn"], false);
        let first = ellie.book(&cohort, json!({})).await.created();
        let _ = propose(&ellie, &first, "sam").await.problem(409, "pass-on-refused");
        assert_eq!(staff.patch(&path, json!({"passOn": true})).await.ok()["passOn"], true);
        let _ = staff
            .patch(&path, json!({"title": "Summer"}))
            .if_match(&stale)
            .await
            .problem(412, "precondition-failed");
        let _ = propose(&ellie, &first, "sam").await.ok();
        let token = nth_token(&world, "sam", 1).await;
        assert_eq!(staff.patch(&path, json!({"passOn": null})).await.ok()["passOn"], false);
        assert!(ellie.again(&first).await.get("passOn").is_none(), "it can't be taken over now");
        let _ = take_over(&sam, &cohort, &token, json!({})).await.problem(409, "pass-on-refused");
        let _ = staff.patch(&path, json!({"passOn": true})).await.ok();
        assert_eq!(take_over(&sam, &cohort, &token, json!({})).await.created()["status"], "confirmed");
        let kinds = ledger_holds(&world, &cohort).await;
        assert_eq!(
            kinds,
            ["cohort_created", "claim", "passed_on", "claim"],
            "settling needs not know of the flag"
        );
    });
}

/// ADM-9, ADM-23.
#[test]
fn nothing_is_passed_on_while_somebody_waits() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1, "passOn": true})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let first = ellie.book(&cohort, json!({})).await.created();
        let nia = world.partner().book_for(&cohort, "nia").await.created();
        let _ = propose(&ellie, &first, "sam").await.problem(409, "others-waiting");
        let _ = propose(&world.partner(), &nia, "sam").await.problem(409, "not-confirmed");
        let _ = world.partner().act(&nia, "cancel").await.ok();
        let _ = propose(&ellie, &first, "sam").await.ok();
        let token = nth_token(&world, "sam", 1).await;
        let nia = world.partner().book_for(&cohort, "nia").await.created();
        let before = ellie.again(&first).await;
        let _ = take_over(&sam, &cohort, &token, json!({})).await.problem(409, "others-waiting");
        assert_eq!(ellie.again(&first).await, before, "nothing changes, the proposal included");
        assert!(before["passOn"].is_object() && before["status"] == "confirmed", "{before:#}");
        assert_eq!(world.partner().again(&nia).await["position"], 1);
        assert!(sam.all("/v1/me/bookings").await.is_empty());
        let _ = world.partner().act(&nia, "cancel").await.ok();
        let _ = take_over(&sam, &cohort, &token, json!({})).await.created();
        let kinds = ledger_holds(&world, &cohort).await;
        assert_eq!(kinds[kinds.len() - 2..], ["passed_on", "claim"]);
    });
}

/// ADM-23.
#[test]
fn a_proposal_ends_in_a_week_and_with_the_place_and_is_replaced_and_taken_back() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"passOn": true})).await;
        let (ellie, sam, tom) = (
            world.participant("ellie").await,
            world.participant("sam").await,
            world.participant("tom").await,
        );
        let first = ellie.book(&cohort, json!({})).await.created();
        let none = take_back(&ellie, &first).await.problem(409, "pass-on-refused");
        assert!(none["detail"].as_str().is_some_and(|detail| detail.contains("nobody")), "{none:#}");
        let _ = propose(&ellie, &first, "sam").await.ok();
        let replaced = nth_token(&world, "sam", 1).await;
        let _ = propose(&ellie, &first, "tom").await.ok();
        let used = take_over(&sam, &cohort, &replaced, json!({})).await;
        let _ = used.faults("invalid", &["/token token-used"]);
        let back = nth_token(&world, "tom", 1).await;
        assert!(take_back(&ellie, &first).key("back").await.ok().get("passOn").is_none());
        let used = take_over(&tom, &cohort, &back, json!({})).await;
        let _ = used.faults("invalid", &["/token token-used"]);
        let _ = take_back(&ellie, &first).key("back").await.ok();
        let _ = propose(&ellie, &first, "sam").await.ok();
        let late = nth_token(&world, "sam", 2).await;
        world.advance(TimeDelta::days(7));
        assert!(ellie.again(&first).await.get("passOn").is_none());
        let expired = take_over(&sam, &cohort, &late, json!({})).await;
        let _ = expired.faults("invalid", &["/token token-expired"]);
        let _ = take_back(&ellie, &first).await.problem(409, "pass-on-refused");
        let _ = propose(&ellie, &first, "sam").await.ok();
        let token = nth_token(&world, "sam", 3).await;
        let _ = ellie.act(&first, "cancel").await.ok();
        let _ = take_over(&sam, &cohort, &token, json!({})).await.problem(409, "booking-not-live");
        let _ = take_back(&ellie, &first).await.problem(409, "pass-on-refused");
        let _ = propose(&ellie, &first, "sam").await.problem(409, "booking-not-live");
        assert_eq!(ledger_holds(&world, &cohort).await, ["cohort_created", "claim", "cancellation"]);
    });
}

/// ADM-23, PRG-7: the colleague's booking is a new one, and closing refuses those.
#[test]
fn a_place_is_passed_on_until_booking_closes_or_the_first_session_starts() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"passOn": true})).await;
        let _ = world.session(&cohort, 100).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let first = ellie.book(&cohort, json!({})).await.created();
        let proposed = propose(&ellie, &first, "sam").await.ok();
        let start = world.coordinator().cohort(&cohort).await["firstSessionAt"].clone();
        assert_eq!(proposed["passOn"]["expiresAt"], start);
        let token = nth_token(&world, "sam", 1).await;
        let path = format!("/v1/cohorts/{cohort}");
        let closes = json!({"bookingClosesAt": world.in_hours(1)});
        let _ = world.coordinator().patch(&path, closes).await.ok();
        let read = ellie.again(&first).await;
        let closes = world.coordinator().cohort(&cohort).await["bookingClosesAt"].clone();
        assert_eq!(read["passOn"]["expiresAt"], closes, "it can't be taken over later");
        world.advance(TimeDelta::hours(2));
        assert!(ellie.again(&first).await.get("passOn").is_none());
        let _ = take_over(&sam, &cohort, &token, json!({})).await.problem(409, "booking-closed");
        let _ = propose(&ellie, &first, "sam").await.problem(409, "booking-closed");
        let _ = world.coordinator().patch(&path, json!({"bookingClosesAt": null})).await.ok();
        assert!(ellie.again(&first).await["passOn"].is_object());
        world.advance(TimeDelta::hours(99));
        let _ = propose(&ellie, &first, "sam").await.problem(409, "booking-closed");
        assert_eq!(ellie.again(&first).await["status"], "confirmed");
        let kinds = ledger_holds(&world, &cohort).await;
        assert!(!kinds.contains(&"passed_on".to_owned()), "{kinds:?}");
    });
}

/// ADM-8, ADM-9, ADM-23.
#[test]
fn a_place_that_is_taken_over_twice_at_once_goes_over_once_and_to_nobody_in_between() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let sam = world.participant("sam").await;
        storm(&world, &[sam.clone(), sam.at(&second)], &world.partner().at(&second)).await;
    });
    on_both(async |world| {
        let sam = world.participant("sam").await;
        storm(&world, &[sam.clone(), sam], &world.partner()).await;
    });
}

/// The colleague takes over twice, the proposer cancels, newcomers book.
async fn storm(world: &World, sams: &[Actor; 2], partner: &Actor) {
    let ellie = world.participant("ellie").await;
    let programme = world.plain_programme().await;
    for round in 0..6 {
        let cohort = world.cohort(&programme, json!({"capacity": 1, "passOn": true})).await;
        let first = ellie.book(&cohort, json!({})).await.created();
        let _ = propose(&ellie, &first, "sam").await.ok();
        let token = nth_token(world, "sam", round + 1).await;
        let mut calls = vec![
            take_over(&sams[0], &cohort, &token, json!({})).into_future(),
            take_over(&sams[1], &cohort, &token, json!({})).into_future(),
        ];
        if round % 2 == 1 {
            calls.push(ellie.act(&first, "cancel").into_future());
            calls.push(partner.book_for(&cohort, &format!("newcomer-{round}")).into_future());
        }
        let done = futures::future::join_all(calls).await;
        let taken = done[..2].iter().filter(|answer| answer.succeeded()).count();
        let said: Vec<String> = done.iter().map(|answer| answer.described()).collect();
        assert!(taken == 1 || (round % 2 == 1 && taken == 0), "{said:#?}");
        let kinds = Ledger::read(&world.coordinator(), &cohort).await.check();
        let kinds: Vec<&str> = kinds.kinds();
        assert_eq!(kinds.iter().filter(|kind| **kind == "passed_on").count(), taken, "{kinds:?} {said:#?}");
        assert_eq!(ellie.again(&first).await["explanation"]["code"] == "passed_on", taken == 1, "{said:#?}");
        assert!(world.coordinator().cohort(&cohort).await["placesTaken"].as_u64() <= Some(1));
        for booking in sams[0].all("/v1/me/bookings").await {
            let _ = sams[0].act(&booking, "cancel").await.code();
        }
    }
    world.verify_ledgers().await;
}
