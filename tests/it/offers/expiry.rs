//! The end of an offer (ADM-11) and what follows for who let it lapse (ADM-17).

use super::offered;
use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::{Ledger, time};
use serde_json::json;

/// ADM-11.
#[test]
fn an_offer_past_its_end_reads_and_acts_as_lapsed_whether_or_not_a_job_has_run() {
    on_both(async |world| {
        let (cohort, bookings) = offered(&world, json!({}), &["nia", "omar", "pat"]).await;
        let expires = time(&bookings[1]["offer"]["expiresAt"]).expect("a time");
        world.advance_to(expires);
        let lapsed = world.partner().again(&bookings[1]).await;
        assert_eq!(
            (lapsed["status"].as_str(), lapsed["closedReason"].as_str()),
            (Some("closed"), Some("offer_expired")),
            "{lapsed:#}"
        );
        assert!(lapsed["offer"].is_null());
        let _ = world.partner().act(&bookings[1], "offer/accept").await.problem(409, "offer-expired");
        let next = world.partner().again(&bookings[2]).await;
        assert_eq!(next["status"], "offered", "the place went to the next in rank");
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        let entry = ledger.entries.last().expect("an entry");
        assert_eq!(entry["kind"], "expiry");
        assert_eq!(time(&entry["moment"]), Some(expires), "the moment that was due");
        let recorded = time(&entry["recordedAt"]).expect("a time");
        assert_eq!(time(&next["offer"]["expiresAt"]), Some(recorded + TimeDelta::hours(48)));
        world.verify_ledgers().await;
    });
}

/// ADM-11.
#[test]
fn an_offer_holds_its_place_to_its_last_second() {
    on_both(async |world| {
        let (_, bookings) = offered(&world, json!({}), &["nia", "omar", "pat"]).await;
        let expires = time(&bookings[1]["offer"]["expiresAt"]).expect("a time");
        world.advance_to(expires - TimeDelta::seconds(30));
        assert_eq!(world.partner().again(&bookings[1]).await["status"], "offered");
        assert_eq!(world.partner().act(&bookings[1], "offer/accept").await.ok()["status"], "confirmed");
    });
}

/// ADM-11.
#[test]
fn a_job_passes_the_place_on_without_any_traffic() {
    on_both(async |world| {
        let (_, bookings) = offered(&world, json!({}), &["nia", "omar", "pat"]).await;
        world.advance(TimeDelta::hours(49));
        let begun = std::time::Instant::now();
        while world.partner().again(&bookings[2]).await["status"] != "offered" {
            assert!(begun.elapsed().as_secs() < 25, "no job has passed it on within 15 s");
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    });
}

/// ADM-11.
#[test]
fn what_is_due_is_entered_before_any_other_fact_in_the_order_of_its_moments() {
    on_both(async |world| {
        let terms = json!({"bookingClosesAt": world.in_hours(60)});
        let (cohort, bookings) = offered(&world, terms, &["nia", "omar", "pat"]).await;
        world.advance(TimeDelta::hours(70));
        let _ = world.partner().act(&bookings[2], "cancel").await.ok();
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        let kinds = ledger.kinds();
        assert_eq!(kinds[kinds.len() - 3..], ["expiry", "booking_closed", "cancellation"], "{kinds:?}");
        world.verify_ledgers().await;
    });
}

/// ADM-17.
#[test]
fn who_lets_an_offer_lapse_goes_behind_everyone_once_where_the_cohort_says_so() {
    on_both(async |world| {
        let (cohort, bookings) =
            offered(&world, json!({"afterLapse": "requeue"}), &["nia", "omar", "pat", "quinn"]).await;
        let partner = world.partner();
        let expires = time(&bookings[1]["offer"]["expiresAt"]).expect("a time");
        world.advance_to(expires);
        let omar = partner.again(&bookings[1]).await;
        assert_eq!(
            (omar["status"].as_str(), omar["position"].as_u64()),
            (Some("waiting"), Some(2)),
            "{omar:#}"
        );
        assert_eq!(omar["claim"], bookings[1]["claim"], "its claim is unchanged");
        for name in [2, 3] {
            let _ = partner.act(&bookings[name], "offer/decline").await.ok();
        }
        let second = partner.again(&bookings[1]).await;
        assert_eq!(second["status"], "offered", "{second:#}");
        world.advance(TimeDelta::hours(49));
        let closed = partner.again(&bookings[1]).await;
        assert_eq!(closed["closedReason"], "offer_expired", "a second lapse closes it: {closed:#}");
        let _ = partner.book_for(&cohort, "rosa").await.created();
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// ADM-17.
#[test]
fn nobody_is_offered_for_ever_while_others_wait() {
    on_both(async |world| {
        let (cohort, bookings) =
            offered(&world, json!({"afterLapse": "requeue"}), &["a", "b", "c", "d"]).await;
        for _ in 0..8 {
            world.advance(TimeDelta::hours(49));
            let _ = world
                .coordinator()
                .patch(format!("/v1/cohorts/{cohort}"), json!({"offerWindowHours": 48}))
                .await
                .code();
            let _ = world
                .partner()
                .book_for(&cohort, &format!("late-{}", world.now().timestamp()))
                .await
                .created();
        }
        for booking in &bookings[1..] {
            let now = world.partner().again(booking).await;
            assert_eq!(now["status"], "closed", "two lapses end it: {now:#}");
        }
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}
