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

/// ADM-8: the same storm with the cohort's lock left out must be caught. The schema's walls hold then, so what
/// is seen are failing requests.
#[test]
fn a_missing_cohort_lock_is_caught() {
    let Some(found) = found_with("NoCohortLock", &[]) else { return };
    assert!(!found.is_empty(), "the lock is left out and nobody noticed");
}

/// ADM-5, ADM-8: with the schema's walls down too, requests succeed and the damage is done: then the checks of
/// places and of the ledger must see it by themselves, failing requests left aside.
#[test]
fn the_damage_of_a_missing_lock_is_seen_where_no_wall_stops_it() {
    let Some(found) = found_with("NoCohortLock", &WALLS_DOWN) else { return };
    let damage: Vec<_> = found.iter().filter(|line| !line.starts_with("guest-")).collect();
    let seen = |words: &str| damage.iter().any(|line| line.contains(words));
    assert!(seen("stands at"), "versions that stand twice are not seen: {damage:#?}");
    assert!(seen("does not name the hash of the one before"), "a forked chain is not seen: {damage:#?}");
    assert!(seen("are taken"), "more places than there are, or lost counts, are not seen: {damage:#?}");
}

/// Takes away what keeps a wrong program from doing damage.
const WALLS_DOWN: [&str; 3] = [
    "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey",
    "DROP INDEX ledger_entry_sequence",
    "DO $$ DECLARE wall text; BEGIN FOR wall IN SELECT conname FROM pg_constraint \
     WHERE conrelid = 'cohort_desk'::regclass AND contype = 'c' \
     LOOP EXECUTE format('ALTER TABLE cohort_desk DROP CONSTRAINT %I', wall); END LOOP; END $$",
];

/// What the check finds after a smaller storm with a bug planted, over a few rounds; `None` where there is no
/// PostgreSQL to try it on, which the harness says.
fn found_with(bug: &str, walls: &[&str]) -> Option<Vec<String>> {
    assert!(planted(bug), "the program doesn't know the bug {bug}: nothing would be tried");
    let found = std::cell::RefCell::new(None);
    harness::on(&program(), Kind::Postgres, &async |mut world: World| {
        for wall in walls {
            world.database.execute(wall).await.expect("the wall comes down");
        }
        let settings = world.settings().with("ACADEMY_PLANTED", bug);
        world.restart_with(settings.clone()).await;
        let second = Arc::new(Server::start(settings).await);
        for _ in 0..3 {
            let cohort = world.plain_cohort(json!({"capacity": 20})).await;
            let rush = rush(&world, &cohort, &[&world.server, &second], 200).await;
            let attempts = rush.all_at_once().await;
            let wrong = violations(&world, &rush, &attempts, false).await;
            found.borrow_mut().get_or_insert_with(Vec::new).extend(wrong);
        }
    });
    found.into_inner()
}

/// Whether the program knows this bug: its name stands in the source of the feature that plants it.
fn planted(bug: &str) -> bool {
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../persistence/src");
    crate::rules::sources(sources).iter().any(|(_, text)| text.contains(&format!("Bug::{bug}")))
}
