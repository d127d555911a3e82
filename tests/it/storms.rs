//! Storms: 600 people at once on 50 places over two servers (ADM-5, ADM-7, ADM-8, ADM-10), and the proof
//! that the check of it can fail: the same with a bug planted is caught.

use crate::{on_both, on_postgres, program};
use harness::rush::{Rush, acknowledged, violations};
use harness::{Kind, Server, World};
use serde_json::json;
use std::sync::Arc;

async fn rush(world: &World, cohort: &str, servers: &[&Arc<Server>], people: usize) -> Rush {
    Rush {
        cohort: cohort.to_owned(),
        people,
        servers: servers.iter().map(|server| server.address()).collect(),
        token: world.partner().token().await.expect("a token"),
        label: "guest".to_owned(),
    }
}

/// ADM-5, ADM-7, ADM-8, ADM-9, ADM-10.
#[test]
fn six_hundred_people_at_once_on_fifty_places_over_two_servers() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let cohort = world.plain_cohort(json!({"capacity": 50})).await;
        let rush = rush(&world, &cohort, &[&world.server, &second], 600).await;
        let attempts = rush.all_at_once().await;
        let wrong = violations(&world, &rush, &attempts, false).await;
        assert!(wrong.is_empty(), "{wrong:#?}");
        let booked = acknowledged(&rush, &attempts);
        assert_eq!(booked.len(), 600);
        let with = |status: &str| booked.values().filter(|booking| booking["status"] == status).count();
        assert_eq!((with("confirmed"), with("waiting")), (50, 550));
        world.verify_ledgers().await;
    });
}

/// ADM-8, ADM-10.
#[test]
fn a_storm_that_is_repeated_with_its_keys_changes_nothing() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let cohort = world.plain_cohort(json!({"capacity": 20})).await;
        let mut rush = rush(&world, &cohort, &[&world.server, &second], 150).await;
        let first = rush.all_at_once().await;
        rush.servers.reverse();
        let again = rush.all_at_once().await;
        assert_eq!(acknowledged(&rush, &first), acknowledged(&rush, &again));
        let wrong = violations(&world, &rush, &first, false).await;
        assert!(wrong.is_empty(), "{wrong:#?}");
        let read = world.coordinator().cohort(&cohort).await;
        assert_eq!((&read["placesTaken"], &read["waitingCount"]), (&json!(20), &json!(130)));
    });
}

/// ADM-7, ADM-8.
#[test]
fn cancellations_acceptances_and_bookings_at_once_keep_every_rule() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 10, "vacancies": "offer"})).await;
        let first = rush(&world, &cohort, &[&world.server], 40).await;
        let attempts = first.all_at_once().await;
        let booked = acknowledged(&first, &attempts);
        let partner = world.partner();
        let mut calls = Vec::new();
        for (n, booking) in booked.values().enumerate() {
            match n % 4 {
                0 => calls.push(partner.act(booking, "cancel").into_future()),
                1 => calls.push(partner.act(booking, "offer/accept").into_future()),
                2 => calls.push(partner.act(booking, "offer/decline").into_future()),
                _ => calls.push(partner.book_for(&cohort, &format!("late-{n}")).into_future()),
            }
        }
        let capacity = world.coordinator().patch(format!("/v1/cohorts/{cohort}"), json!({"capacity": 12}));
        calls.push(capacity.into_future());
        let answers = futures::future::join_all(calls).await;
        assert!(answers.iter().all(|answer| answer.code() < 500));
        let ledger = harness::ledger::Ledger::read(&world.coordinator(), &cohort).await.check();
        ledger.agrees_with(&world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await);
        world.verify_ledgers().await;
    });
}

/// ADM-8: the same storm with the cohort's lock left out must be caught.
#[test]
fn a_missing_cohort_lock_is_caught() {
    caught("no_cohort_lock");
}

/// ADM-8: places counted before the lock is held must be caught.
#[test]
fn a_read_before_the_lock_is_caught() {
    caught("read_before_lock");
}

/// Runs a smaller storm with a bug planted until the check finds it.
fn caught(bug: &str) {
    if !planted(bug) {
        return;
    }
    harness::on(&program(), Kind::Postgres, &async |mut world: World| {
        let settings = world.settings().with("ACADEMY_PLANTED", bug);
        world.restart_with(settings.clone()).await;
        let second = Arc::new(Server::start(settings).await);
        for _ in 0..5 {
            let cohort = world.plain_cohort(json!({"capacity": 20})).await;
            let rush = rush(&world, &cohort, &[&world.server, &second], 200).await;
            let attempts = rush.all_at_once().await;
            if !violations(&world, &rush, &attempts, false).await.is_empty() {
                return;
            }
        }
        panic!("{bug} is planted and nobody noticed");
    });
}

/// Whether the program knows this bug: its name stands in the source of the feature that plants it.
fn planted(bug: &str) -> bool {
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../persistence/src");
    crate::rules::sources(sources).iter().any(|(_, text)| text.contains(&format!("bug(\"{bug}\")")))
}
