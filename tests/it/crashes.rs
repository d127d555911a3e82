//! Crashes: what was acknowledged is there afterwards, and nothing twice (ADM-8, ADM-10, ADM-12).

use crate::{on_both, on_postgres, program};
use harness::proxy::{Fault, Proxy};
use harness::rush::{Attempt, Rush, acknowledged, violations};
use harness::s2::{id_of, participant};
use harness::{Cluster, Server, World};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

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

/// ADM-10: after a crash PostgreSQL gives anew the ids of transactions that never reached its log. A commit of another
/// with the same id is not taken for one's own.
#[test]
fn a_lost_commit_is_not_taken_for_anothers_that_has_its_id() {
    harness::on_own_cluster(&program(), async |world: World, cluster: &Cluster| {
        // Nothing reaches the log but what commits.
        for sql in ["ALTER SYSTEM SET wal_writer_delay = '10s'", "SELECT pg_reload_conf()"] {
            let _ = world.database.execute(sql).await.expect("the log is written late");
        }
        let url = world.database.url();
        let between = Proxy::to(&url).await;
        let behind = world.settings().with("DATABASE_URL", &between.through(&url));
        let server = Arc::new(Server::start(behind).await);
        let cohort = world.plain_cohort(json!({"capacity": 3})).await;
        world.server.kill();
        let partner = world.partner().at(&server);
        let _ = partner.book_for(&cohort, "nia").await.created();
        (0..8).for_each(|_| between.plan(Fault::Delayed(Duration::from_secs(8))));
        let met = between.happened();
        let crash = async {
            while between.happened() == met {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            between.calm();
            between.lead_to("postgres://academy@127.0.0.1:1/postgres");
            cluster.stop_immediately();
            cluster.start();
            for _ in 0..40 {
                let _ =
                    world.database.execute("SELECT pg_current_xact_id()").await.expect("an id is used up");
            }
            between.lead_to(&url);
        };
        let body = json!({"participant": participant("omar")});
        let path = format!("/v1/cohorts/{cohort}/bookings");
        let (answer, ()) =
            tokio::join!(async { partner.post(path, body).key("omar").may_fail().await }, crash);
        assert!([201, 503].contains(&answer.code()), "{}", answer.described());
        if answer.code() == 201 {
            let made = answer.created();
            let read = partner.get(format!("/v1/bookings/{}", id_of(&made))).may_fail().await;
            assert_eq!(read.code(), 200, "what was acknowledged is there: {}", read.described());
        }
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
