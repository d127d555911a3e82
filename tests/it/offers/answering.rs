//! Accepting and declining (ADM-7, ADM-15).

use super::offered;
use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::{Ledger, time};
use harness::s2::{answers, id_of};
use serde_json::json;

/// ADM-7.
#[test]
fn a_vacancy_is_offered_to_the_next_in_rank_for_its_window() {
    on_both(async |world| {
        let (cohort, bookings) =
            offered(&world, json!({"offerWindowHours": 24}), &["nia", "omar", "pat"]).await;
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        let entry = ledger.entries.last().expect("an entry");
        assert_eq!(entry["kind"], "cancellation");
        assert_eq!(entry["decisions"][0]["bookingId"], bookings[0]["id"], "its own is included, in order");
        let made = time(&entry["recordedAt"]).expect("a time");
        assert_eq!(time(&bookings[1]["offer"]["expiresAt"]), Some(made + TimeDelta::hours(24)));
        assert!(bookings[1]["position"].is_null());
        assert_eq!(bookings[2]["position"], 1);
        assert_eq!(bookings[1]["cohortVersion"], entry["version"]);
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 1, "an offer holds its place");
    });
}

/// ADM-7.
#[test]
fn an_accepted_offer_is_a_place() {
    on_both(async |world| {
        let (cohort, bookings) = offered(&world, json!({}), &["nia", "omar", "pat"]).await;
        let accepted = world.partner().act(&bookings[1], "offer/accept").await.ok();
        assert_eq!(accepted["status"], "confirmed");
        assert!(accepted["offer"].is_null());
        assert_eq!(accepted["claim"], bookings[1]["claim"], "a claim never changes afterwards");
        let again = world.partner().act(&bookings[1], "offer/accept").await;
        let _ = again.problem(409, "no-offer");
        let _ = world.partner().act(&bookings[2], "offer/accept").await.problem(409, "no-offer");
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
    });
}

/// ADM-7, ADM-17.
#[test]
fn a_declined_offer_goes_to_the_next_and_never_to_a_newcomer() {
    on_both(async |world| {
        let (cohort, bookings) = offered(&world, json!({}), &["nia", "omar", "pat"]).await;
        let newcomer = world.partner().book_for(&cohort, "quinn").await.created();
        assert_eq!(
            newcomer["status"], "waiting",
            "a freed place is never open to a newcomer while anybody waits"
        );
        let declined = world.partner().act(&bookings[1], "offer/decline").await.ok();
        assert_eq!(
            (declined["status"].as_str(), declined["closedReason"].as_str()),
            (Some("closed"), Some("declined"))
        );
        assert_eq!(world.partner().again(&bookings[2]).await["status"], "offered");
        assert_eq!(world.partner().again(&newcomer).await["position"], 1);
        let _ = world.partner().act(&bookings[1], "offer/decline").await.problem(409, "no-offer");
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
    });
}

/// ADM-7.
#[test]
fn the_person_the_booker_and_staff_may_answer_and_nobody_else() {
    on_both(async |world| {
        let (cohort, bookings) = offered(&world, json!({}), &["nia", "ellie", "sam"]).await;
        let (ellie, tom) = (world.participant("ellie").await, world.participant("tom").await);
        let _ = tom.act(&bookings[1], "offer/accept").await.problem(404, "not-found");
        let _ = world.anonymous().act(&bookings[1], "offer/accept").await.code();
        assert_eq!(world.partner().again(&bookings[1]).await["status"], "offered");
        assert_eq!(ellie.act(&bookings[1], "offer/accept").await.ok()["status"], "confirmed");
        let _ = ellie.act(&bookings[1], "cancel").await.ok();
        assert_eq!(
            world.coordinator().act(&bookings[2], "offer/decline").await.ok()["closedReason"],
            "declined"
        );
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
    });
}

/// ADM-7.
#[test]
fn an_automatic_vacancy_confirms_the_next() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1, "vacancies": "automatic"})).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar", "pat"]).await;
        let _ = world.partner().act(&bookings[0], "cancel").await.ok();
        let next = world.partner().again(&bookings[1]).await;
        assert_eq!((next["status"].as_str(), next["offer"].is_null()), (Some("confirmed"), true));
        assert_eq!(world.partner().again(&bookings[2]).await["position"], 1);
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
    });
}

/// ADM-15.
#[test]
fn eligibility_is_looked_at_again_when_an_offer_is_made_and_when_it_is_accepted() {
    on_both(async |world| {
        let rule = json!({"eligibility": {"jobRole": ["practice_manager"]}});
        let programme = world.programme_that(rule).await;
        let cohort = world.cohort(&programme, json!({"capacity": 1})).await;
        let names = ["ellie", "sam", "tom", "amara"];
        let mut bookings = Vec::new();
        for name in names {
            let actor = world.participant(name).await;
            let _ = actor.patch("/v1/me", json!({"jobRole": "practice_manager"})).await.ok();
            bookings.push(actor.book(&cohort, json!({})).await.created());
        }
        let change = async |name: &str| {
            let actor = world.participant(name).await;
            let _ = actor.patch("/v1/me", json!({"jobRole": "matron"})).await.ok();
        };
        change("ellie").await;
        assert_eq!(
            world.coordinator().again(&bookings[0]).await["status"],
            "confirmed",
            "a confirmed place stays"
        );
        change("sam").await;
        let _ = world.coordinator().act(&bookings[0], "cancel").await.ok();
        let sam = world.coordinator().again(&bookings[1]).await;
        assert_eq!(sam["closedReason"], "not_eligible", "{sam:#}");
        let tom = world.coordinator().again(&bookings[2]).await;
        assert_eq!(tom["status"], "offered", "the place goes to the next: {tom:#}");
        change("tom").await;
        let refused = world.participant("tom").await.act(&bookings[2], "offer/accept").await;
        assert!(!refused.succeeded(), "{}", refused.described());
        assert_eq!(world.coordinator().again(&bookings[2]).await["closedReason"], "not_eligible");
        assert_eq!(world.coordinator().again(&bookings[3]).await["status"], "offered");
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        assert_eq!(ledger.kinds().iter().filter(|kind| **kind == "gate_failed").count(), 2);
        world.verify_ledgers().await;
    });
}

/// ADM-8, ADM-11.
#[test]
fn accepting_and_declining_at_once_ends_in_one_of_them() {
    on_both(async |world| {
        let (cohort, bookings) = offered(&world, json!({}), &["nia", "omar", "pat"]).await;
        let partner = world.partner();
        let calls = (0..12).map(|n| {
            let action = ["offer/accept", "offer/decline", "cancel"][n % 3];
            partner.act(&bookings[1], action).into_future()
        });
        let answers = futures::future::join_all(calls).await;
        let first = answers.iter().filter(|answer| answer.succeeded()).count();
        assert!(
            (1..=2).contains(&first),
            "one decision, and a cancellation of a place at most: {answers:#?}"
        );
        for refused in answers.iter().filter(|answer| !answer.succeeded()) {
            assert_eq!(refused.code(), 409, "{}", refused.described());
        }
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 1);
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// ADM-9.
#[test]
fn nobody_is_refused_a_place_that_a_later_ranked_claim_gets() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 2})).await;
        let names = ["ellie", "sam", "tom", "amara"];
        let mut bookings = Vec::new();
        for name in names {
            let actor = world.participant(name).await;
            bookings.push(actor.book(&s2.cohort, json!({"answers": answers()})).await.created());
        }
        world.attended(&s2.taster, &["tom", "amara"]).await;
        world.attended(&s2.taster, &["sam"]).await;
        world.attended(&s2.taster, &["ellie"]).await;
        let position =
            async |n: usize| world.coordinator().booking(&id_of(&bookings[n])).await["position"].clone();
        assert_eq!((position(0).await, position(1).await), (json!(1), json!(2)));
        let _ = world.coordinator().act(&bookings[3], "cancel").await.ok();
        assert_eq!(world.coordinator().again(&bookings[0]).await["status"], "offered");
        let _ = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
        world.verify_ledgers().await;
    });
}
