//! Crashes: what was acknowledged is there afterwards, and nothing twice (ADM-8, ADM-10, ADM-12).

use crate::{on_both, on_postgres, program};
use harness::rush::{Attempt, Rush, acknowledged, violations};
use harness::{Cluster, Server, World};
use serde_json::json;
use std::sync::Arc;

async fn rush(world: &World, servers: &[&Arc<Server>], people: usize) -> Rush {
    Rush {
        cohort: world.plain_cohort(json!({"capacity": 30})).await,
        people,
        servers: servers.iter().map(|server| server.address()).collect(),
        token: world.partner().token().await.expect("a token"),
        label: "guest".to_owned(),
    }
}

/// After the crash: nothing acknowledged is lost, and everybody who tries again with the same key has one
/// booking.
async fn nothing_is_lost(world: &World, rush: &mut Rush, attempts: &[Attempt]) {
    let known = acknowledged(rush, attempts);
    assert!(!known.is_empty(), "the crash came before the first answer: nothing was tried");
    let wrong = violations(world, rush, attempts, true).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    rush.servers = vec![world.server.address()];
    rush.token = world.partner().token().await.expect("a token");
    // A connection that died with the database is found out by who uses it first: that answer is 503, which says
    // to repeat, and clients do.
    let busy = |attempt: &Attempt| matches!(attempt, Attempt::Answered { status: 503, .. });
    let mut again = rush.all_at_once().await;
    for _ in 0..5 {
        if !again.iter().any(busy) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        again = rush.all_at_once().await;
    }
    let wrong = violations(world, rush, &again, false).await;
    assert!(wrong.is_empty(), "after everybody tried again: {wrong:#?}");
    let all = acknowledged(rush, &again);
    assert_eq!(all.len(), rush.people);
    for (name, booking) in known {
        assert_eq!(all[&name], booking, "the repeat of an acknowledged request gets the first answer");
    }
    let cohort = world.coordinator().cohort(&rush.cohort).await;
    assert_eq!(cohort["placesTaken"], 30);
    assert_eq!(cohort["waitingCount"], rush.people - 30);
    world.verify_ledgers().await;
}

/// ADM-8, ADM-10, ADM-12.
#[test]
fn a_server_killed_amid_a_rush_loses_nothing_that_was_acknowledged() {
    on_both(async |world| {
        let mut rush = rush(&world, &[&world.server], 200).await;
        let attempts = rush.and_after(40, async { world.server.kill() }).await;
        world.server.start_again().await;
        nothing_is_lost(&world, &mut rush, &attempts).await;
    });
}

/// ADM-8, ADM-10.
#[test]
fn one_of_two_servers_killed_amid_a_rush_leaves_the_other_right() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let mut rush = rush(&world, &[&world.server, &second], 300).await;
        let attempts = rush.and_after(60, async { second.kill() }).await;
        nothing_is_lost(&world, &mut rush, &attempts).await;
    });
}

/// ADM-8, ADM-10, ADM-12.
#[test]
fn postgresql_stopped_at_once_amid_a_rush_loses_nothing_that_was_acknowledged() {
    harness::on_own_cluster(&program(), async |world: World, cluster: &Cluster| {
        let second = world.another_server().await;
        let mut rush = rush(&world, &[&world.server, &second], 300).await;
        let attempts = rush.and_after(60, async { cluster.stop_immediately() }).await;
        cluster.start();
        let begun = std::time::Instant::now();
        for server in [&world.server, &second] {
            let anonymous = world.anonymous().at(server);
            while anonymous.get("/health/ready").may_fail().await.code() != 200 {
                assert!(begun.elapsed().as_secs() < 30, "not ready again:\n{}", server.log());
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
        nothing_is_lost(&world, &mut rush, &attempts).await;
    });
}

/// ADM-10.
#[test]
fn a_crash_between_two_servers_starts_leaves_one_ledger() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 3})).await;
        for round in 0..4 {
            let booked = world.partner().book_for(&cohort, &format!("guest-{round}")).await.created();
            world.server.kill();
            world.server.start_again().await;
            assert_eq!(world.partner().again(&booked).await["claim"], booked["claim"]);
        }
        let ledger = harness::ledger::Ledger::read(&world.coordinator(), &cohort).await.check();
        assert_eq!(ledger.entries.len(), 5);
        world.verify_ledgers().await;
    });
}
