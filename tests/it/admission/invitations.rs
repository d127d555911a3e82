//! Interest in a programme becomes the first invitations of its next cohort.

use crate::on_both;
use chrono::TimeDelta;
use harness::s2::{id_of, participant};
use harness::{Actor, World};
use serde_json::{Value, json};
use std::time::Duration;

async fn interested(world: &World, programme: &str, email: &str) {
    let body = json!({"email": email, "fullName": "Nia Price"});
    let _ = world.anonymous().post(format!("/v1/programmes/{programme}/interest"), body).await.created();
}

async fn came_of_it(staff: &Actor, cohort: &str) -> Value {
    staff.get(format!("/v1/cohorts/{cohort}/invitations")).await.ok()
}

/// Waits until so many are invited, and a turn of the job longer.
async fn invited(world: &World, cohort: &str, count: u64) {
    let staff = world.coordinator();
    for _ in 0..300 {
        if came_of_it(&staff, cohort).await["invited"] == count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(came_of_it(&staff, cohort).await["invited"], count);
}

/// COM-5, PRG-8.
#[test]
fn interest_is_told_of_the_next_cohort_once_before_booking_opens_and_what_came_of_it_is_counted() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        let second = match world.database.kind() {
            harness::Kind::Postgres => Some(world.another_server().await),
            harness::Kind::Sqlite => None,
        };
        interested(&world, &programme, "nia@example.uk").await;
        interested(&world, &programme, "ellie@trust.example.nhs.uk").await;
        let terms = json!({"capacity": 1, "bookingOpensAt": world.in_hours(48), "interestToldHours": 24});
        let cohort = world.cohort(&programme, terms).await;
        invited(&world, &cohort, 0).await;
        assert!(world.mailbox.to("nia@example.uk").is_empty(), "it is told at the hour that the cohort says");
        world.advance(TimeDelta::hours(25));
        invited(&world, &cohort, 2).await;
        for email in ["nia@example.uk", "ellie@trust.example.nhs.uk"] {
            let mail = world.mailbox.about(email, "Booking opens on").await;
            assert!(mail.text.contains(&format!("/programmes/{programme}")), "{}", mail.text);
        }
        interested(&world, &programme, "omar@example.uk").await;
        invited(&world, &cohort, 3).await;
        // The one who was told books after one who was not: told early gives no rank.
        let pat = world.partner().book(&cohort, json!({"participant": participant("pat")})).await.created();
        let nia = json!({"participant": {"email": "nia@example.uk", "fullName": "Nia Price"}});
        let nia = world.partner().book(&cohort, nia).await.created();
        world.advance(TimeDelta::hours(24));
        interested(&world, &programme, "late@example.uk").await;
        invited(&world, &cohort, 3).await;
        assert_eq!(world.partner().again(&pat).await["status"], "confirmed");
        assert_eq!(world.partner().again(&nia).await["status"], "waiting");
        let counts = came_of_it(&world.coordinator(), &cohort).await;
        assert_eq!(counts, json!({"invited": 3, "booked": 1, "placed": 0}));
        let told = |email: &str| {
            let mails = world.mailbox.to(email);
            mails.iter().filter(|mail| mail.text.contains("Booking opens on")).count()
        };
        assert_eq!(told("nia@example.uk"), 1, "each is told once");
        assert_eq!(told("late@example.uk"), 0, "who comes after the opening finds it open");
        let _ = world.partner().post(format!("/v1/bookings/{}/cancel", id_of(&pat)), json!({})).await.ok();
        let _ =
            world.partner().post(format!("/v1/bookings/{}/offer/accept", id_of(&nia)), json!({})).await.ok();
        assert_eq!(came_of_it(&world.coordinator(), &cohort).await["placed"], 1);
        drop(second);
    });
}

/// COM-5, ACC-5.
#[test]
fn a_cohort_that_does_not_say_so_tells_nobody_and_only_staff_see_the_counts() {
    on_both(async |world| {
        let programme = world.plain_programme().await;
        interested(&world, &programme, "nia@example.uk").await;
        let quiet = world.cohort(&programme, json!({"bookingOpensAt": world.in_hours(2)})).await;
        invited(&world, &quiet, 0).await;
        let path = format!("/v1/cohorts/{quiet}");
        let staff = world.coordinator();
        let changed = staff.patch(&path, json!({"interestToldHours": 12})).await.ok();
        assert_eq!(changed["interestToldHours"], 12);
        invited(&world, &quiet, 1).await;
        let refused = staff.patch(&path, json!({"bookingOpensAt": null})).await;
        let problem = refused.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/interestToldHours", "{problem:#}");
        let invitations = format!("{path}/invitations");
        let _ = world.participant("ellie").await.get(&invitations).await.problem(403, "forbidden");
        let _ = world.partner().get(&invitations).await.problem(403, "forbidden");
        let _ = world.anonymous().get(&invitations).await.status(401);
        assert_eq!(came_of_it(&world.operations(), &quiet).await["invited"], 1);
        let read = staff.get(&invitations).await;
        let etag = read.etag();
        assert_eq!(read.header("vary"), "Authorization", "it is not everybody's to see");
        let _ = staff.get(&invitations).header("if-none-match", &etag).await.status(304);
    });
}
