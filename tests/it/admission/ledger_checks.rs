//! The ledgers are verified all the time, and what differs is seen (ADM-12).

use crate::on_both;
use chrono::TimeDelta;
use harness::World;
use harness::s2::{merged, participant};
use serde_json::json;
use std::time::{Duration, Instant};

async fn figure(world: &World, name: &str) -> Option<f64> {
    let text = world.platform_admin().get("/metrics").await.status(200).text();
    let line = text.lines().find(|line| line.starts_with(&format!("{name} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Waits until a figure is what it should be.
async fn becomes(world: &World, name: &str, wanted: impl Fn(f64) -> bool) {
    let begun = Instant::now();
    loop {
        let found = figure(world, name).await;
        if found.is_some_and(&wanted) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(40), "{name} is {found:?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

const FAILING: &str = "academy_ledgers_failing";

/// ADM-12.
#[test]
fn a_job_verifies_every_ledger_and_a_row_that_was_tampered_with_is_seen() {
    on_both(async |world| {
        let mut cohorts = Vec::new();
        for _ in 0..2 {
            cohorts.push(world.plain_cohort(json!({"capacity": 1})).await);
        }
        let reserve = json!({
            "title": "South East", "places": 1, "eligibility": {"region": ["south_east"]},
            "releasesAt": world.in_hours(240),
        });
        cohorts.push(world.plain_cohort(json!({"capacity": 1, "reserves": [reserve]})).await);
        let body = json!({"participant": merged(participant("pat"), &json!({"region": "south_east"}))});
        assert_eq!(world.partner().book(&cohorts[2], body).await.created()["status"], "confirmed");
        let bookings = world.partner().book_all(&cohorts[1], &["nia", "omar"]).await;
        becomes(&world, "academy_ledgers_verified_total{result=\"agrees\"}", |n| n >= 3.0).await;
        becomes(&world, "academy_ledgers_unverified", |n| n == 0.0).await;
        assert_eq!(figure(&world, FAILING).await, Some(0.0));
        let tamper = async |reference: &str| {
            let sql = format!("UPDATE booking SET lapses = {reference} WHERE status = 'waiting'");
            assert_eq!(
                world.database.execute(&sql).await.expect("it is changed behind the program's back"),
                1
            );
            world.advance(TimeDelta::hours(2));
        };
        tamper("lapses + 1").await;
        becomes(&world, FAILING, |n| n == 1.0).await;
        becomes(&world, "academy_ledgers_verified_total{result=\"differs\"}", |n| n >= 1.0).await;
        let log = world.server.log();
        let told = log.lines().find(|line| line.contains("ERROR") && line.contains("a ledger differs"));
        let told = told.unwrap_or_else(|| panic!("nothing was logged: {log}"));
        assert!(told.contains(&cohorts[1]), "{told}");
        let waiting = bookings[1]["id"].as_str().expect("an id");
        assert!(told.contains(waiting), "the booking is named: {told}");
        tamper("lapses - 1").await;
        becomes(&world, FAILING, |n| n == 0.0).await;
        becomes(&world, "academy_ledger_oldest_verification_seconds", |n| n < 3_600.0).await;
    });
}
