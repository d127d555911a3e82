//! Opening, closing, the start, capacity, cohorts without a waiting list (ADM-6 to ADM-9).

use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::{Ledger, time};
use harness::s2::{answers, id_of};
use serde_json::{Value, json};

/// ADM-6.
#[test]
fn claims_gather_before_the_opening_and_are_settled_then_in_rank_order() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2, "bookingOpensAt": world.in_hours(5)})).await;
        let partner = world.partner();
        let bookings = partner.book_all(&cohort, &["nia", "omar", "pat"]).await;
        for (n, booking) in bookings.iter().enumerate() {
            assert_eq!(booking["status"], "waiting");
            assert_eq!(booking["position"], n + 1);
            assert!(booking["explanation"]["code"].is_string());
        }
        assert_eq!(world.coordinator().cohort(&cohort).await["placesTaken"], 0);
        world.advance(TimeDelta::hours(6));
        let _ = partner.book_for(&cohort, "quinn").await.created();
        let mut statuses = Vec::new();
        for booking in &bookings {
            statuses.push(partner.again(booking).await["status"].clone());
        }
        assert_eq!(
            statuses,
            ["confirmed", "confirmed", "waiting"],
            "at the opening places are confirmed, not offered"
        );
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        assert_eq!(ledger.kinds(), ["cohort_created", "claim", "claim", "claim", "booking_opened", "claim"]);
        let opened = &ledger.entries[4];
        let terms = &ledger.entries[0]["facts"];
        assert_eq!(opened["moment"], terms["bookingOpensAt"], "the moment that was due");
        assert!(time(&opened["recordedAt"]) > time(&opened["moment"]));
    });
}

/// ADM-6, ADM-7.
#[test]
fn the_opening_is_settled_by_a_job_without_any_traffic() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1, "bookingOpensAt": world.in_hours(5)})).await;
        let booked = world.partner().book_for(&cohort, "nia").await.created();
        world.advance(TimeDelta::hours(6));
        let begun = std::time::Instant::now();
        while world.partner().again(&booked).await["status"] != "confirmed" {
            assert!(begun.elapsed().as_secs() < 25, "no job has settled it within 15 s");
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    });
}

/// ADM-7.
#[test]
fn a_claim_that_finds_a_free_place_on_arrival_is_confirmed_and_the_next_waits() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar", "pat"]).await;
        let told: Vec<_> = bookings.iter().map(|b| (b["status"].as_str(), b["position"].as_u64())).collect();
        assert_eq!(told, [(Some("confirmed"), None), (Some("waiting"), Some(1)), (Some("waiting"), Some(2))]);
        let read = world.coordinator().cohort(&cohort).await;
        assert_eq!(
            (&read["placesTaken"], &read["placesFree"], &read["waitingCount"]),
            (&json!(1), &json!(0), &json!(2))
        );
    });
}

/// ADM-7, ADM-8.
#[test]
fn more_capacity_goes_to_who_waits_in_rank_order() {
    on_both(async |world| {
        for (vacancies, expected) in [("offer", "offered"), ("automatic", "confirmed")] {
            let cohort = world.plain_cohort(json!({"capacity": 1, "vacancies": vacancies})).await;
            let bookings = world.partner().book_all(&cohort, &["nia", "omar", "pat", "quinn"]).await;
            let changed =
                world.coordinator().patch(format!("/v1/cohorts/{cohort}"), json!({"capacity": 3})).await.ok();
            assert_eq!((&changed["placesTaken"], &changed["waitingCount"]), (&json!(3), &json!(1)));
            let mut statuses = Vec::new();
            for booking in &bookings[1..] {
                statuses.push(world.partner().again(booking).await["status"].clone());
            }
            assert_eq!(statuses, [expected, expected, "waiting"]);
            let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
            let last = ledger.entries.last().expect("an entry");
            assert_eq!(
                (last["kind"].as_str(), &last["facts"]["capacity"]),
                (Some("capacity_changed"), &json!(3))
            );
            assert_eq!(last["decisions"].as_array().map(Vec::len), Some(2));
        }
        world.verify_ledgers().await;
    });
}

/// ADM-7.
#[test]
fn without_a_waiting_list_a_newcomer_is_refused_when_the_places_are_gone() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1, "waitingList": false})).await;
        let first = world.partner().book_for(&cohort, "nia").await.created();
        let _ = world.partner().book_for(&cohort, "omar").await.problem(409, "cohort-full");
        let _ = world.partner().act(&first, "cancel").await.ok();
        assert_eq!(world.partner().book_for(&cohort, "omar").await.created()["status"], "confirmed");
    });
}

/// ADM-7, ADM-9.
#[test]
fn without_a_waiting_list_a_pending_claim_that_comes_too_late_is_closed_cohort_full() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1, "waitingList": false})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let pending = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        let placed =
            sam.book(&s2.cohort, json!({"answers": answers(), "tasterCode": s2.code})).await.created();
        assert_eq!(placed["status"], "confirmed");
        let refused = world.participant("tom").await.book(&s2.cohort, json!({"answers": answers()})).await;
        let _ = refused.problem(409, "cohort-full");
        world.attended(&s2.taster, &["ellie"]).await;
        let closed = ellie.again(&pending).await;
        assert_eq!(
            (closed["status"].as_str(), closed["closedReason"].as_str()),
            (Some("closed"), Some("cohort_full"))
        );
        assert!(!closed["claim"].is_null(), "the claim was entered");
        let _ = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
    });
}

/// ADM-6.
#[test]
fn without_a_waiting_list_those_who_get_no_place_at_the_opening_are_closed() {
    on_both(async |world| {
        let terms = json!({"capacity": 1, "waitingList": false, "bookingOpensAt": world.in_hours(5)});
        let cohort = world.plain_cohort(terms).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        world.advance(TimeDelta::hours(6));
        let _ = world.partner().book_for(&cohort, "pat").await.problem(409, "cohort-full");
        let second = world.partner().again(&bookings[1]).await;
        assert_eq!(second["closedReason"], "cohort_full", "{second:#}");
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
    });
}

/// ADM-7.
#[test]
fn closing_refuses_new_bookings_and_nothing_else() {
    on_both(async |world| {
        let s2 = world.s2(json!({"bookingClosesAt": world.in_hours(5)})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let pending = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        let late_taster = world.taster(&s2.programme, 6).await;
        let hopeless = sam.book(&s2.cohort, json!({"answers": answers()})).await.created();
        world.advance(TimeDelta::hours(8));
        let body = json!({"answers": answers(), "tasterCode": s2.code});
        let _ = world.participant("tom").await.book(&s2.cohort, body).await.problem(409, "booking-closed");
        world.attended(&s2.taster, &["ellie"]).await;
        assert_eq!(ellie.again(&pending).await["status"], "confirmed", "its moment lies before the closing");
        world.attended(&id_of(&late_taster), &["sam"]).await;
        let late = sam.again(&hopeless).await;
        assert!(
            late["claim"].is_null() && late["status"] != "confirmed",
            "its moment lies after it: {late:#}"
        );
        let ledger = Ledger::read(&world.coordinator(), &s2.cohort).await.check();
        assert!(ledger.kinds().contains(&"booking_closed"), "{:?}", ledger.kinds());
    });
}

/// ADM-7.
#[test]
fn vacancies_go_on_to_who_waits_after_the_closing() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1, "bookingClosesAt": world.in_hours(5)})).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        world.advance(TimeDelta::hours(6));
        let _ = world.partner().act(&bookings[0], "cancel").await.ok();
        assert_eq!(world.partner().again(&bookings[1]).await["status"], "offered");
    });
}

/// ADM-11, PRG-3.
#[test]
fn offers_stop_before_the_start_and_their_windows_are_cut_to_that_moment() {
    on_both(async |world| {
        let terms = json!({"capacity": 2, "offersStopHours": 24});
        let cohort = world.plain_cohort(terms).await;
        let session = world.session(&cohort, 48).await;
        let bookings = world.partner().book_all(&cohort, &["nia", "omar", "pat", "quinn"]).await;
        let _ = world.partner().act(&bookings[0], "cancel").await.ok();
        let offered = world.partner().again(&bookings[2]).await;
        let start = time(&session["startsAt"]).expect("a time");
        assert_eq!(time(&offered["offer"]["expiresAt"]), Some(start - TimeDelta::hours(24)), "{offered:#}");
        let _ = world.partner().act(&offered, "offer/accept").await.ok();
        world.advance(TimeDelta::hours(25));
        let _ = world.partner().act(&bookings[1], "cancel").await.ok();
        assert_eq!(
            world.partner().again(&bookings[3]).await["status"],
            "waiting",
            "nothing is offered any more"
        );
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        let automatic =
            world.plain_cohort(json!({"capacity": 1, "vacancies": "automatic", "offersStopHours": 24})).await;
        let _ = world.session(&automatic, 12).await;
        let bookings = world.partner().book_all(&automatic, &["nia", "omar"]).await;
        let _ = world.partner().act(&bookings[0], "cancel").await.ok();
        assert_eq!(
            world.partner().again(&bookings[1]).await["status"],
            "confirmed",
            "automatic goes on to the start"
        );
        world.verify_ledgers().await;
    });
}

/// ADM-5.
#[test]
fn the_position_counts_those_ahead_in_rank() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let partner = world.partner();
        let bookings = partner.book_all(&cohort, &["nia", "omar", "pat", "quinn"]).await;
        let _ = partner.act(&bookings[2], "cancel").await.ok();
        let position = async |booking: &Value| partner.again(booking).await["position"].clone();
        assert_eq!(position(&bookings[1]).await, 1);
        assert_eq!(position(&bookings[3]).await, 2);
        let gone = partner.again(&bookings[2]).await;
        assert_eq!(gone["closedReason"], "withdrawn");
        let list = world.coordinator().all(&format!("/v1/cohorts/{cohort}/waiting-list")).await;
        let ids: Vec<_> = list.iter().map(|item| item["id"].clone()).collect();
        assert_eq!(ids, [bookings[1]["id"].clone(), bookings[3]["id"].clone()]);
    });
}
