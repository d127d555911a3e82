//! The gate asks for a nomination, up to a quota for each nominator (ADM-20).

use crate::{on_both, on_postgres};
use chrono::TimeDelta;
use harness::ledger::Ledger;
use harness::s2::{id_of, participant};
use harness::{Actor, Request, World};
use serde_json::{Value, json};

fn email(name: &str) -> String {
    format!("{name}@trust.example.nhs.uk")
}

async fn asking(world: &World, terms: Value) -> String {
    let programme = world.programme_that(json!({"requiresNomination": true})).await;
    world.cohort(&programme, terms).await
}

fn quota(world: &World, cohort: &str, body: Value) -> Request {
    world.coordinator().post(format!("/v1/cohorts/{cohort}/nominators"), body)
}

fn nominate(actor: &Actor, cohort: &str, name: &str) -> Request {
    actor.post(format!("/v1/cohorts/{cohort}/nominations"), json!({"email": email(name)}))
}

fn withdraw(actor: &Actor, cohort: &str, nomination: &Value) -> Request {
    actor.post(format!("/v1/cohorts/{cohort}/nominations/{}/withdraw", id_of(nomination)), json!({}))
}

fn item(booking: &Value) -> Value {
    let gate = booking["gate"].as_array().expect("a gate");
    gate.iter().find(|item| item["requirement"] == "nominated").cloned().unwrap_or_default()
}

/// ADM-4, ADM-20.
#[test]
fn a_nomination_opens_the_gate_whenever_it_comes_and_costs_no_order() {
    on_both(async |world| {
        let cohort = asking(&world, json!({"capacity": 1})).await;
        let (byron, partner) = (world.facilitator(), world.partner());
        let set = quota(&world, &cohort, json!({"email": byron.email(), "quota": 2})).await.created();
        assert_eq!((&set["quota"], &set["used"]), (&json!(2), &json!(0)));
        let of_partner = json!({"clientId": world.id_of("partner"), "quota": 1});
        let _ = quota(&world, &cohort, of_partner).await.created();
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let early = ellie.book(&cohort, json!({})).await.created();
        assert_eq!((&early["status"], &item(&early)["met"]), (&json!("pending"), &json!(false)), "{early:#}");
        world.advance(TimeDelta::hours(1));
        let _ = nominate(&byron, &cohort, "SAM").await.created();
        let placed = sam.book(&cohort, json!({})).await.created();
        assert_eq!(placed["status"], "confirmed", "nominated before: {placed:#}");
        assert!(item(&placed)["evidence"]["nominatedAt"].is_string());
        let _ = nominate(&partner, &cohort, "ellie").await.created();
        let claimed = ellie.again(&early).await;
        assert_eq!(
            (&claimed["status"], &claimed["claim"]["moment"]),
            (&json!("waiting"), &early["createdAt"])
        );
        let nia = world.newcomer("nia").await;
        let unproven = nia.book(&cohort, json!({})).await.created();
        let _ = nominate(&byron, &cohort, "nia").await.created();
        assert_eq!(item(&nia.again(&unproven).await)["met"], false, "an email has to be proved first");
        let token = world.mailbox.verification_token(&email("nia")).await;
        world.anonymous().post("/v1/auth/email-verifications", json!({"token": token})).await.no_content();
        assert_eq!(nia.again(&unproven).await["status"], "waiting");
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// ADM-15, ADM-20.
#[test]
fn a_withdrawn_nomination_reopens_the_gate_and_takes_no_confirmed_place() {
    on_both(async |world| {
        let cohort = asking(&world, json!({"capacity": 1})).await;
        let partner = world.partner();
        let _ =
            quota(&world, &cohort, json!({"clientId": world.id_of("partner"), "quota": 2})).await.created();
        let first = nominate(&partner, &cohort, "nia").await.created();
        let second = nominate(&partner, &cohort, "omar").await.created();
        let bookings = partner.book_all(&cohort, &["nia", "omar"]).await;
        assert_eq!(
            (&bookings[0]["status"], &bookings[1]["status"]),
            (&json!("confirmed"), &json!("waiting"))
        );
        let gone = withdraw(&partner, &cohort, &second).await.ok();
        assert!(gone["withdrawnAt"].is_string());
        let reopened = partner.again(&bookings[1]).await;
        assert!(reopened["status"] == "pending" && reopened["claim"].is_null(), "{reopened:#}");
        let _ = withdraw(&partner, &cohort, &second).await.problem(409, "already-withdrawn");
        let _ = withdraw(&world.coordinator(), &cohort, &first).await.ok();
        assert_eq!(partner.again(&bookings[0]).await["status"], "confirmed", "a confirmed place stays");
        let list = world.coordinator().all(&format!("/v1/cohorts/{cohort}/nominators")).await;
        assert_eq!(
            (&list[0]["quota"], &list[0]["used"]),
            (&json!(2), &json!(1)),
            "the place goes on using up the quota"
        );
        let again = nominate(&partner, &cohort, "omar").await.created();
        assert_ne!(again["id"], second["id"]);
        let back = partner.again(&bookings[1]).await;
        assert_eq!(
            (&back["status"], &back["claim"]["sequence"]),
            (&json!("waiting"), &json!(3)),
            "a later claim is a new entry"
        );
        let _ = nominate(&partner, &cohort, "pat").await.problem(409, "quota-used");
        let ledger = Ledger::read(&world.coordinator(), &cohort).await.check();
        assert_eq!(ledger.kinds().iter().filter(|kind| **kind == "gate_reopened").count(), 1);
        world.verify_ledgers().await;
    });
}

/// ADM-20, ACC-3.
#[test]
fn only_who_has_a_quota_nominates_and_each_sees_their_own() {
    on_both(async |world| {
        let cohort = asking(&world, json!({})).await;
        let (byron, partner, ellie) =
            (world.facilitator(), world.partner(), world.participant("ellie").await);
        let body = json!({"email": byron.email(), "quota": 1});
        for actor in [&byron, &partner, &ellie, &world.operations()] {
            let refused = actor.post(format!("/v1/cohorts/{cohort}/nominators"), body.clone()).await;
            let _ = refused.problem(403, "forbidden");
            let _ = nominate(actor, &cohort, "nia").await.problem(403, "forbidden");
        }
        let _ = nominate(&world.coordinator(), &cohort, "nia").await.problem(403, "forbidden");
        let _ = nominate(&world.anonymous(), &cohort, "nia").await.problem(401, "unauthenticated");
        let _ = quota(&world, &cohort, body.clone()).await.created();
        let _ =
            quota(&world, &cohort, json!({"clientId": world.id_of("partner"), "quota": 5})).await.created();
        let one = nominate(&byron, &cohort, "nia").await.created();
        let _ = nominate(&byron, &cohort, "Nia").await.problem(409, "already-nominated");
        let _ = nominate(&byron, &cohort, "omar").await.problem(409, "quota-used");
        let _ = nominate(&byron, &cohort, "byron").await.faults("invalid", &["/email own-email"]);
        let _ = nominate(&partner, &cohort, "omar").await.created();
        let _ = withdraw(&partner, &cohort, &one).await.problem(404, "not-found");
        let _ = withdraw(&ellie, &cohort, &one).await.problem(403, "forbidden");
        let list = format!("/v1/cohorts/{cohort}/nominations");
        assert_eq!(byron.all(&list).await, vec![one.clone()]);
        assert_eq!(world.coordinator().all(&list).await.len(), 2);
        let _ = ellie.get(&list).await.problem(403, "forbidden");
        let lower = quota(&world, &cohort, json!({"email": byron.email(), "quota": 0})).await;
        assert_eq!(lower.problem(409, "quota-below-nominations")["used"], 1);
        let more = quota(&world, &cohort, json!({"email": byron.email(), "quota": 7})).await.created();
        assert_eq!((&more["quota"], &more["used"]), (&json!(7), &json!(1)));
        let _ = quota(&world, &cohort, json!({"quota": 1})).await.faults("invalid", &[" one-of"]);
        let _ = quota(&world, &cohort, json!({})).await.faults("invalid", &[" one-of", "/quota required"]);
        let unknown = json!({"clientId": world.id_of("ellie"), "quota": 1});
        let _ = quota(&world, &cohort, unknown).await.faults("invalid", &["/clientId unknown"]);
        let plain = world.plain_cohort(json!({})).await;
        let _ = quota(&world, &plain, body).await.faults("invalid", &[" not-in-gate"]);
        for row in world.database.dump("audit").await {
            assert!(!row.contains("nia@") && !row.contains("omar@"), "{row}");
        }
    });
}

/// ADM-20: two servers.
#[test]
fn nominations_at_once_never_exceed_the_quota() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let cohort = asking(&world, json!({"capacity": 20})).await;
        let _ =
            quota(&world, &cohort, json!({"clientId": world.id_of("partner"), "quota": 4})).await.created();
        let people: Vec<String> = (0..16).map(|n| format!("guest-{n}")).collect();
        let mut calls = Vec::new();
        for (n, name) in people.iter().enumerate() {
            let partner = world.partner().at(if n % 2 == 0 { &world.server } else { &second });
            calls.push(nominate(&partner, &cohort, name).into_future());
            let body = json!({"participant": participant(name)});
            calls.push(partner.book(&cohort, body).into_future());
        }
        let answers = futures::future::join_all(calls).await;
        let nominated = answers.iter().step_by(2).filter(|answer| answer.succeeded()).count();
        assert_eq!(nominated, 4);
        let bookings = world.coordinator().all(&format!("/v1/cohorts/{cohort}/bookings")).await;
        let placed = bookings.iter().filter(|booking| booking["status"] == "confirmed").count();
        assert_eq!(placed, 4, "no nomination is overlooked by a booking made beside it");
        let list = world.coordinator().all(&format!("/v1/cohorts/{cohort}/nominators")).await;
        assert_eq!(list[0]["used"], 4);
        world.verify_ledgers().await;
    });
}
