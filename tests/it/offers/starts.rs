//! No offer outlives the moment at which offers stop (PRG-3), and a cohort that is over stays as it is (PRG-7).

use super::offered;
use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::Ledger;
use harness::s2::{id_of, participant};
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

/// PRG-12: also where vacancies go out by themselves, and where there are more places.
#[test]
fn in_a_cohort_that_is_attended_whole_no_vacancy_goes_out_after_session_1_began() {
    on_both(async |world| {
        for vacancies in ["offer", "automatic"] {
            let programme = world.programme_that(json!({"commitsToAllSessions": true})).await;
            let terms = json!({"capacity": 1, "vacancies": vacancies});
            let (cohort, other) =
                (world.cohort(&programme, terms.clone()).await, world.cohort(&programme, terms).await);
            for hours in [48, 24 * 30] {
                let _ = world.session(&cohort, hours).await;
            }
            let partner = world.partner();
            let claim = |cohort: &str, name: &str| {
                let body = json!({"participant": participant(name), "commitsToAllSessions": true});
                partner.book(cohort, body)
            };
            let mut bookings = Vec::new();
            for name in ["nia", "omar", "pat"] {
                bookings.push(claim(&cohort, name).await.created());
            }
            let elsewhere = claim(&other, "quinn").await.created();
            assert_eq!(elsewhere["status"], "confirmed");
            world.advance(TimeDelta::hours(49));
            let _ = partner.act(&bookings[0], "cancel").await.ok();
            let path = format!("/v1/cohorts/{cohort}");
            let more = world.coordinator().patch(&path, json!({"capacity": 3})).await.ok();
            assert_eq!((&more["placesFree"], &more["waitingCount"]), (&json!(3), &json!(0)));
            for booking in &bookings[1..] {
                let late = partner.again(booking).await;
                assert_eq!(late["closedReason"], "booking_closed", "{vacancies}: {late:#}");
                partner.act(booking, "offer/accept").await.problem(409, "no-offer");
            }
            claim(&cohort, "rosa").await.problem(409, "booking-closed");
            let path = format!("/v1/bookings/{}/move", id_of(&elsewhere));
            let body = json!({"cohortId": cohort, "commitsToAllSessions": true});
            partner.post(path, body).await.problem(409, "booking-closed");
            let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
            let begun = ledger.entries.iter().skip_while(|entry| entry["kind"] != "cohort_started");
            let given = begun.flat_map(|entry| entry["decisions"].as_array().cloned().unwrap_or_default());
            let given: Vec<_> = given.filter(|decision| decision["status"] != "closed").collect();
            assert!(given.is_empty(), "{vacancies}: {given:#?}");
        }
        world.verify_ledgers().await;
    });
}
