//! Starting and stopping.

use crate::{on_both, on_postgres, program};
use harness::{Database, Kind};
use serde_json::json;

#[test]
fn sigterm_finishes_what_runs_and_exits_with_0() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 500})).await;
        let partner = world.partner();
        let calls = (0..40).map(|n| partner.book_for(&cohort, &format!("guest-{n}")).may_fail().attempt());
        let running = futures::future::join_all(calls);
        let stop = async {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            world.server.ask_to_stop();
        };
        let (answers, ()) = tokio::join!(running, stop);
        assert_eq!(world.server.ended().await, 0, "{}", world.server.log());
        let booked = answers.iter().flatten().filter(|answer| answer.code() == 201).count();
        world.server.start_again().await;
        let taken = world.coordinator().cohort(&cohort).await["placesTaken"].clone();
        assert_eq!(taken, booked, "every acknowledged booking is there, and no other");
    });
}

#[test]
fn a_second_server_on_the_same_file_is_refused() {
    harness::on(&program(), Kind::Sqlite, &async |world: harness::World| {
        let second = world.run(&["serve"]);
        assert_ne!(second.code, 0);
        assert!(second.err.contains("in use"), "{}", second.err);
    });
}

#[test]
fn a_postgresql_database_is_migrated_before_it_is_served() {
    on_postgres(async |world| {
        let Some(empty) = Database::empty(Kind::Postgres) else { return };
        let url = empty.url();
        let settings = [("DATABASE_URL", url.as_str()), ("ACADEMY_LISTEN", "127.0.0.1:0")];
        let refused = program().run(&["serve"], &settings);
        assert_ne!(refused.code, 0);
        assert!(refused.err.contains("migrate"), "{}", refused.err);
        for _ in 0..2 {
            let _ = program().run(&["migrate"], &settings).succeeded();
        }
        drop(world);
    });
}

#[test]
fn a_port_that_is_taken_is_said_plainly() {
    on_both(async |world| {
        let Some(empty) = Database::empty(Kind::Sqlite) else { return };
        let (url, address) = (empty.url(), world.server.address().to_string());
        let refused = program().run(&["serve"], &[("DATABASE_URL", &url), ("ACADEMY_LISTEN", &address)]);
        assert_ne!(refused.code, 0);
        assert!(refused.err.contains(&address), "{}", refused.err);
    });
}

#[test]
fn the_readiness_tells_of_a_lost_database() {
    harness::on_own_cluster(&program(), async |world, cluster| {
        let anonymous = world.anonymous();
        let _ = anonymous.get("/health/ready").await.status(200);
        cluster.stop_immediately();
        let gone = anonymous.get("/health/ready").may_fail().await;
        let _ = gone.problem(503, "unavailable");
        let _ = anonymous.get("/health/live").await.status(200);
        cluster.start();
        for _ in 0..200 {
            if anonymous.get("/health/ready").may_fail().await.code() == 200 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("never ready again:\n{}", world.server.log());
    });
}
