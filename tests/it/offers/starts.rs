//! No offer outlives the moment at which offers stop (PRG-3), and a cohort that is over stays as it is (PRG-7).

use super::offered;
use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::Ledger;
use harness::s2::id_of;
use serde_json::json;

/// PRG-3, ADM-11.
#[test]
fn an_offer_ends_when_a_session_is_moved_before_its_end() {
    on_both(async |world| {
        let (cohort, bookings) = offered(&world, json!({}), &["nia", "omar", "pat"]).await;
        let _ = world.session(&cohort, 2).await;
        assert_eq!(world.partner().again(&bookings[1]).await["status"], "offered");
        world.advance(TimeDelta::hours(3));
        world.partner().act(&bookings[1], "offer/accept").await.problem(409, "offer-expired");
        let ended = world.partner().again(&bookings[1]).await;
        assert_eq!(ended["closedReason"], "offer_expired", "{ended:#}");
        let waiting = world.partner().again(&bookings[2]).await;
        assert_eq!(waiting["closedReason"], "booking_closed", "nothing is offered at the start: {waiting:#}");
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        assert!(ledger.kinds().ends_with(&["expiry", "cohort_started"]), "{:?}", ledger.kinds());
        world.verify_ledgers().await;
    });
}

/// PRG-3.
#[test]
fn an_offer_ends_where_offers_stop_although_the_session_was_moved() {
    on_both(async |world| {
        let (cohort, bookings) = offered(&world, json!({"offersStopHours": 4}), &["nia", "omar"]).await;
        let _ = world.session(&cohort, 6).await;
        world.advance(TimeDelta::hours(1));
        assert_eq!(world.partner().again(&bookings[1]).await["status"], "offered");
        world.advance(TimeDelta::hours(2));
        world.partner().act(&bookings[1], "offer/accept").await.problem(409, "offer-expired");
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// PRG-7.
#[test]
fn a_cohort_that_is_over_takes_no_sessions() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let session = world.session(&cohort, 48).await;
        let coordinator = world.coordinator();
        let _ = coordinator.request("POST", format!("/v1/cohorts/{cohort}/cancel")).await.ok();
        let body = json!({"title": "Late", "startsAt": world.in_hours(90), "endsAt": world.in_hours(92),
            "meeting": harness::s2::zoom()});
        coordinator.post(format!("/v1/cohorts/{cohort}/sessions"), body).await.problem(409, "cohort-ended");
        let path = format!("/v1/sessions/{}", id_of(&session));
        let moved = json!({"startsAt": world.in_hours(96), "endsAt": world.in_hours(98)});
        coordinator.patch(path, moved).await.problem(409, "cohort-ended");
    });
}
