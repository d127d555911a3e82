//! Bookings as they are read: by their people, by staff, by clients (ADM-13).

use crate::on_both;
use harness::s2::{answers, id_of, merged, participant};
use serde_json::json;

const MEMBERS: &str = "id cohortId programmeId participant status closedReason gate claim cohortVersion position \
                       explanation offer answers externalReference createdAt updatedAt";

/// ADM-13.
#[test]
fn a_booking_explains_itself() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        world.attended(&s2.taster, &["ellie", "sam"]).await;
        let mut codes = Vec::new();
        for name in ["tom", "ellie", "sam"] {
            let body = json!({"answers": answers(), "externalReference": name});
            let booking = world.participant(name).await.book(&s2.cohort, body).await.created();
            for member in MEMBERS.split_whitespace() {
                assert!(booking.get(member).is_some(), "{member} is missing: {booking:#}");
            }
            for item in booking["gate"].as_array().expect("a gate") {
                let explained = item["met"].is_boolean() && item["detail"].is_string();
                assert!(explained && item.get("evidence").is_some(), "{item:#}");
            }
            assert!(booking["explanation"]["detail"].as_str().is_some_and(|detail| detail.len() > 10));
            codes.push(booking["explanation"]["code"].as_str().expect("a code").to_owned());
            assert_eq!(
                (&booking["externalReference"], &booking["programmeId"]),
                (&json!(name), &json!(s2.programme))
            );
            assert_eq!(booking["claim"].is_null(), name == "tom", "{booking:#}");
        }
        assert!(codes[0] != codes[1] && codes[1] != codes[2], "{codes:?}");
    });
}

/// ADM-13.
#[test]
fn a_booking_reads_as_it_was_made_and_its_version_moves_with_it() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let placed = ellie.book(&cohort, json!({})).await.created();
        let waits = sam.book(&cohort, json!({})).await.created();
        for member in ["sequence", "moment", "ledgerVersion", "entryHash", "previousHash"] {
            assert!(!waits["claim"][member].is_null(), "{member}: {waits:#}");
        }
        let path = format!("/v1/bookings/{}", id_of(&waits));
        let read = sam.get(&path).await.status(200);
        assert_eq!(read.json(), &waits, "reading gives what making gave");
        let again = || sam.get(&path).header("if-none-match", &read.etag());
        let _ = again().await.status(304);
        let _ = ellie.act(&placed, "cancel").await.ok();
        assert_eq!(again().await.status(200)["status"], "offered");
    });
}

/// ADM-13.
#[test]
fn staff_filter_a_cohorts_bookings() {
    on_both(async |world| {
        let s2 = world.s2(json!({"capacity": 1})).await;
        world.attended(&s2.taster, &["nia", "omar"]).await;
        let partner = world.partner();
        let book = |name: &str| {
            let body = json!({"answers": answers(), "participant": participant(name), "externalReference": format!("R-{name}")});
            partner.book(&s2.cohort, body).into_future()
        };
        let nia = book("nia").await.created();
        let omar = book("omar").await.created();
        let pat = book("pat").await.created();
        let _ = partner.act(&nia, "cancel").await.ok();
        let _ = book("quinn").await.created();
        let path = format!("/v1/cohorts/{}/bookings", s2.cohort);
        let ids = async |filter: &str| -> Vec<serde_json::Value> {
            let items = world.coordinator().all(&format!("{path}?{filter}")).await;
            items.iter().map(|item| item["id"].clone()).collect()
        };
        assert_eq!(ids("status=closed").await, [nia["id"].clone()]);
        assert_eq!(ids("status=offered").await, [omar["id"].clone()]);
        assert_eq!(ids("email=OMAR@trust.example.nhs.uk").await, [omar["id"].clone()]);
        assert_eq!(ids("externalReference=R-pat").await, [pat["id"].clone()]);
        assert_eq!(ids("missing=taster_attended").await.len(), 2);
        for (wrong, code) in
            [("status=lost", "invalid"), ("missing=shoes", "invalid"), ("colour=red", "unknown-parameter")]
        {
            let _ = world.coordinator().get(format!("{path}?{wrong}")).await.problem(422, code);
        }
        assert!(world.operations().all(&format!("{path}?status=pending")).await.len() == 2);
    });
}

#[test]
fn a_person_lists_their_own_bookings() {
    on_both(async |world| {
        let (one, two) = (world.plain_cohort(json!({})).await, world.plain_cohort(json!({})).await);
        let ellie = world.participant("ellie").await;
        let first = ellie.book(&one, json!({})).await.created();
        let second = world.partner().book_for(&two, "ellie").await.created();
        let _ = world.participant("sam").await.book(&one, json!({})).await.created();
        let mine = ellie.all("/v1/me/bookings").await;
        let ids: Vec<_> = mine.iter().map(|item| item["id"].clone()).collect();
        assert_eq!(ids.len(), 2, "{mine:#?}");
        assert!(ids.contains(&first["id"]) && ids.contains(&second["id"]));
        let _ = world
            .participant("sam")
            .await
            .get(format!("/v1/bookings/{}", id_of(&first)))
            .await
            .problem(404, "not-found");
    });
}

/// ADM-13.
#[test]
fn a_booker_corrects_what_it_said_of_a_participant() {
    on_both(async |world| {
        let rule = json!({"eligibility": {"jobRole": ["practice_manager"]}});
        let programme = world.programme_that(rule).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let partner = world.partner();
        let pending = partner.book_for(&cohort, "nia").await.created();
        assert_eq!(pending["status"], "pending");
        let path = format!("/v1/bookings/{}", id_of(&pending));
        let fact = json!({"participant": {"jobRole": "practice_manager"}, "externalReference": "R-2"});
        let claimed = partner.patch(&path, fact).await.ok();
        assert_eq!(
            (claimed["status"].as_str(), claimed["externalReference"].as_str()),
            (Some("confirmed"), Some("R-2"))
        );
        let nia = world.participant("nia").await;
        assert!(nia.get("/v1/me").await.ok()["jobRole"].is_null(), "it changes no profile");
        let refused = merged(json!({}), &json!({"status": "confirmed"}));
        let _ = partner.patch(&path, refused).await.faults("invalid", &["/status unknown-field"]);
    });
}
