//! The ledger (ADM-12): chained, gapless, replayable, and the receipts that people get.

use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::{Ledger, hash_of};
use harness::s2::answers;
use serde_json::json;

/// ADM-12.
#[test]
fn the_ledger_of_a_lively_cohort_is_chained_counted_and_replayed_to_its_bookings() {
    on_both(async |world| {
        let terms = json!({"capacity": 2, "bookingOpensAt": world.in_hours(2), "afterLapse": "requeue", "offerWindowHours": 4});
        let cohort = world.plain_cohort(terms).await;
        let partner = world.partner();
        let early = partner.book_all(&cohort, &["a", "b", "c"]).await;
        world.advance(TimeDelta::hours(3));
        let late = partner.book_all(&cohort, &["d", "e", "f"]).await;
        let _ = partner.act(&late[1], "cancel").await.ok();
        let _ = partner.act(&early[0], "cancel").await.ok();
        let _ = partner.act(&early[2], "offer/decline").await.ok();
        let _ = partner.act(&late[0], "offer/accept").await.ok();
        let _ = partner.act(&early[1], "cancel").await.ok();
        world.advance(TimeDelta::hours(5));
        let _ = world.coordinator().patch(format!("/v1/cohorts/{cohort}"), json!({"capacity": 3})).await.ok();
        let _ = world
            .coordinator()
            .patch(format!("/v1/cohorts/{cohort}"), json!({"offerWindowHours": 9}))
            .await
            .ok();
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        let mut kinds: Vec<_> = ledger.kinds();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in [
            "cohort_created",
            "claim",
            "booking_opened",
            "withdrawal",
            "cancellation",
            "acceptance",
            "decline",
            "expiry",
            "capacity_changed",
            "terms_changed",
        ] {
            assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
        }
        let bookings = world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await;
        assert_eq!(bookings.len(), 6);
        ledger.agrees_with(&bookings);
        world.verify_ledgers().await;
    });
}

/// ADM-12.
#[test]
fn the_first_entry_tells_the_terms() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 7})).await;
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        let first = &ledger.entries[0];
        assert_eq!((first["version"].as_u64(), first["kind"].as_str()), (Some(1), Some("cohort_created")));
        assert!(first["sequence"].is_null() && first["bookingId"].is_null());
        assert_eq!(first["moment"], first["recordedAt"]);
        assert_eq!(first["decisions"], json!([]));
        for (name, value) in [
            ("capacity", json!(7)),
            ("vacancies", json!("offer")),
            ("offerWindowHours", json!(48)),
            ("offersStopHours", json!(0)),
            ("afterLapse", json!("close")),
            ("waitingList", json!(true)),
            ("bookingOpensAt", json!(null)),
            ("bookingClosesAt", json!(null)),
        ] {
            assert_eq!(first["facts"].get(name), Some(&value), "{name}: {first:#}");
        }
    });
}

/// ADM-12.
#[test]
fn a_receipt_opens_the_ledger_to_who_holds_it() {
    on_both(async |world| {
        let s2 = world.s2(json!({})).await;
        let path = format!("/v1/cohorts/{}/ledger", s2.cohort);
        let ellie = world.participant("ellie").await;
        let _ = ellie.get(&path).await.problem(403, "forbidden");
        let pending = ellie.book(&s2.cohort, json!({"answers": answers()})).await.created();
        let _ = ellie.get(&path).await.problem(403, "forbidden");
        world.attended(&s2.taster, &["ellie"]).await;
        let booked = ellie.again(&pending).await;
        let ledger = Ledger::read(&ellie, &s2.cohort).await.check();
        ledger.agrees_with(std::slice::from_ref(&booked));
        let _ = ellie.act(&booked, "cancel").await.ok();
        let _ = Ledger::read(&ellie, &s2.cohort).await.check();
    });
}

/// ADM-12.
#[test]
fn a_ledger_that_was_tampered_with_is_found_out() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let _ = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        let honest = Ledger::read(&world.coordinator(), &cohort).await.check();
        for spoil in [
            |ledger: &mut Ledger| ledger.entries[1]["moment"] = json!("2020-01-01T00:00:00Z"),
            |ledger: &mut Ledger| {
                let _ = ledger.entries.remove(1);
            },
            |ledger: &mut Ledger| ledger.entries.swap(1, 2),
            |ledger: &mut Ledger| {
                ledger.entries[2]["decisions"][0]["status"] = json!("confirmed");
                let hash = hash_of(&ledger.entries[2]);
                ledger.entries[2]["entryHash"] = json!(hash);
            },
        ] {
            let mut spoilt = honest.clone();
            spoil(&mut spoilt);
            assert!(!spoilt.violations().is_empty(), "a spoilt ledger passes the tests' own check");
        }
        let changed = world.database.execute("UPDATE ledger_entry SET kind = 'claim'").await;
        assert!(changed.is_err(), "the ledger can be rewritten");
    });
}

/// ADM-12.
#[test]
fn the_command_finds_a_booking_that_the_ledger_does_not_tell_of() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let _ = world.partner().book_all(&cohort, &["nia", "omar"]).await;
        world.server.kill();
        let good = world.run(&["ledger", "verify", &cohort]).succeeded();
        assert!(!good.out.is_empty());
        let sql =
            "UPDATE booking SET status = 'closed', closed_reason = 'withdrawn' WHERE status = 'waiting'";
        let changed =
            world.database.execute(sql).await.expect("the row is changed behind the program's back");
        assert_eq!(changed, 1);
        let bad = world.run(&["ledger", "verify"]);
        assert_eq!(bad.code, 1, "{}{}", bad.out, bad.err);
        assert!(format!("{}{}", bad.out, bad.err).contains(&cohort), "{}{}", bad.out, bad.err);
    });
}

/// ADM-10, ADM-12.
#[test]
fn answers_can_be_placed_in_the_order_of_their_cohort() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 2})).await;
        let partner = world.partner();
        let bookings = partner.book_all(&cohort, &["nia", "omar", "pat"]).await;
        let mut versions: Vec<_> = bookings.iter().map(|b| b["cohortVersion"].as_u64()).collect();
        versions.push(partner.act(&bookings[0], "cancel").await.ok()["cohortVersion"].as_u64());
        versions.push(partner.act(&bookings[2], "offer/accept").await.ok()["cohortVersion"].as_u64());
        assert_eq!(versions, [Some(2), Some(3), Some(4), Some(5), Some(6)]);
        assert_eq!(partner.again(&bookings[2]).await["claim"]["ledgerVersion"], 4);
    });
}
