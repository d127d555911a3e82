//! The gate asks for the manager's agreement (ADM-20).

use crate::{on_both, on_postgres};
use chrono::TimeDelta;
use harness::ledger::Ledger;
use harness::s2::{id_of, merged, participant};
use harness::{Actor, Request, World};
use serde_json::{Value, json};

fn email(name: &str) -> String {
    format!("{name}@trust.example.nhs.uk")
}

fn naming(name: &str) -> Value {
    json!({"manager": {"email": email(name)}})
}

async fn asking(world: &World, terms: Value) -> String {
    let programme = world.programme_that(json!({"requiresManagerAgreement": true})).await;
    world.cohort(&programme, terms).await
}

fn item(booking: &Value) -> Value {
    let gate = booking["gate"].as_array().expect("a gate");
    gate.iter().find(|item| item["requirement"] == "manager_agreed").cloned().unwrap_or_default()
}

fn answer(world: &World, booking: &Value, verb: &str, token: &str) -> Request {
    let path = format!("/v1/bookings/{}/manager/{verb}", id_of(booking));
    world.anonymous().post(path, json!({"token": token}))
}

fn rename(actor: &Actor, booking: &Value, name: &str) -> Request {
    actor.patch(format!("/v1/bookings/{}", id_of(booking)), naming(name))
}

/// ADM-4, ADM-20.
#[test]
fn a_manager_agrees_by_a_mailed_link_and_the_delay_costs_no_order() {
    on_both(async |world| {
        let cohort = asking(&world, json!({"capacity": 1})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let first = ellie.book(&cohort, naming("boss")).await.created();
        assert_eq!(first["status"], "pending", "{first:#}");
        assert_eq!(first["manager"]["email"], email("boss"));
        let asked = item(&first);
        assert_eq!((&asked["met"], &asked["evidence"]["askedAt"]), (&json!(false), &first["createdAt"]));
        world.advance(TimeDelta::hours(1));
        let second = sam.book(&cohort, naming("chief")).await.created();
        let mail = world.mailbox.about(&email("boss"), "Ellie Ward").await;
        let call = format!("/v1/bookings/{}/manager/agree", id_of(&first));
        assert!(mail.text.contains(&call) && mail.text.contains("/manager/refuse"), "{}", mail.text);
        let _ = world.anonymous().get(format!("/bookings/{}/manager/agree", id_of(&first))).await.code();
        assert_eq!(ellie.again(&first).await["status"], "pending", "no GET uses up a token");
        let chief = world.mailbox.token(&email("chief")).await;
        answer(&world, &second, "agree", &chief).await.no_content();
        assert_eq!(sam.again(&second).await["status"], "confirmed");
        let list = format!("/v1/cohorts/{cohort}/bookings?missing=manager_agreed");
        let missing = world.coordinator().all(&list).await;
        assert_eq!(missing.iter().map(id_of).collect::<Vec<_>>(), [id_of(&first)]);
        world.advance(TimeDelta::days(9));
        answer(&world, &first, "agree", &mail.token()).await.no_content();
        let claimed = ellie.again(&first).await;
        assert_eq!(
            (&claimed["status"], &claimed["position"]),
            (&json!("waiting"), &json!(1)),
            "no place is taken away"
        );
        assert_eq!(claimed["claim"]["moment"], first["createdAt"], "the manager's delay costs no order");
        let agreed = item(&claimed);
        assert!(agreed["met"] == true && agreed["evidence"]["agreedAt"].is_string(), "{agreed:#}");
        let used = answer(&world, &first, "refuse", &mail.token()).await;
        let _ = used.faults("invalid", &["/token token-used"]);
        let foreign = answer(&world, &second, "agree", &mail.token()).await;
        let _ = foreign.faults("invalid", &["/token token-unknown"]);
        let forged = answer(&world, &second, "agree", "forged").await;
        let _ = forged.faults("invalid", &["/token token-unknown"]);
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// ADM-20.
#[test]
fn a_refusal_goes_to_the_person_first_who_can_name_somebody_else() {
    on_both(async |world| {
        let cohort = asking(&world, json!({})).await;
        let ellie = world.participant("ellie").await;
        let made = ellie.book(&cohort, naming("boss")).await.created();
        let token = world.mailbox.token(&email("boss")).await;
        answer(&world, &made, "refuse", &token).await.no_content();
        let mail = world.mailbox.about(&ellie.email(), "did not agree").await;
        assert!(mail.text.contains(&format!("/v1/bookings/{}", id_of(&made))), "{}", mail.text);
        let own = ellie.again(&made).await;
        assert_eq!(
            (&own["status"], &own["explanation"]["code"]),
            (&json!("pending"), &json!("manager_refused"))
        );
        assert!(item(&own)["evidence"]["refusedAt"].is_string(), "{own:#}");
        for early in [true, false] {
            let seen = world.coordinator().again(&made).await;
            assert_eq!(seen["explanation"]["code"] == "requirements_missing", early, "{seen:#}");
            assert_eq!(item(&seen)["evidence"]["refusedAt"].is_null(), early, "{seen:#}");
            world.advance(TimeDelta::hours(48));
        }
        let renamed = rename(&ellie, &made, "chief").await.ok();
        assert_eq!(
            (&renamed["status"], &renamed["manager"]["email"]),
            (&json!("pending"), &json!(email("chief")))
        );
        let chief = world.mailbox.token(&email("chief")).await;
        let late = answer(&world, &made, "agree", &token).await;
        let _ = late.faults("invalid", &["/token token-used"]);
        answer(&world, &made, "agree", &chief).await.no_content();
        let placed = ellie.again(&made).await;
        assert_eq!(
            (&placed["status"], &placed["claim"]["moment"]),
            (&json!("confirmed"), &made["createdAt"])
        );
        let _ = rename(&ellie, &made, "boss").await.problem(409, "manager-unchangeable");
        world.verify_ledgers().await;
    });
}

/// ADM-2, ADM-20.
#[test]
fn who_names_nobody_or_themselves_is_refused_and_a_cohort_that_does_not_ask_keeps_no_manager() {
    on_both(async |world| {
        let cohort = asking(&world, json!({})).await;
        let read = world.coordinator().cohort(&cohort).await;
        assert_eq!(
            (&read["gate"], &read["requiresManagerAgreement"]),
            (&json!(["email_verified", "manager_agreed"]), &json!(true))
        );
        let ellie = world.participant("ellie").await;
        let _ =
            ellie.book(&cohort, json!({})).await.faults("manager-required", &["/manager manager-required"]);
        let own = ["/manager/email manager-is-participant"];
        let typed = json!({"manager": {"email": ellie.email().to_uppercase()}});
        let _ = ellie.book(&cohort, typed).await.faults("manager-is-participant", &own);
        let other = merged(json!({"participant": participant("nia")}), &naming("nia"));
        let _ = world.partner().book(&cohort, other).await.faults("manager-is-participant", &own);
        let wrong = ellie.book(&cohort, json!({"manager": {"email": "nobody"}})).await;
        let _ = wrong.faults("invalid", &["/manager/email invalid-email"]);
        let made = ellie.book(&cohort, naming("boss")).await.created();
        let _ = rename(&ellie, &made, "ellie").await.faults("manager-is-participant", &own);
        for again in ["boss", "chief", "boss", "chief"] {
            let _ = rename(&ellie, &made, again).await.ok();
        }
        let _ = rename(&ellie, &made, "boss").await.problem(409, "manager-unchangeable");
        let programme = read["programmeId"].as_str().expect("an id");
        let patch = json!({"requiresManagerAgreement": false});
        let refused = world.coordinator().patch(format!("/v1/cohorts/{cohort}"), patch.clone()).await;
        let _ = refused.problem(409, "gate-in-use");
        let _ = world.coordinator().patch(format!("/v1/programmes/{programme}"), patch).await.ok();
        let plain = world.cohort(programme, json!({})).await;
        let booked = ellie.book(&plain, naming("boss")).await.created();
        assert!(booked["status"] == "confirmed" && booked.get("manager").is_none(), "{booked:#}");
        let refused = rename(&ellie, &booked, "boss").await;
        let _ = refused.faults("invalid", &["/manager not-allowed"]);
        assert_eq!(world.database.column("SELECT as_typed FROM manager_request").await.len(), 1);
    });
}

/// ACC-4, ACC-6, ADM-20.
#[test]
fn who_the_manager_is_stands_nowhere_but_with_the_booking() {
    on_both(async |world| {
        let cohort = asking(&world, json!({"waitingList": true})).await;
        let body = merged(json!({"participant": participant("nia")}), &naming("secret.boss"));
        let made = world.partner().book(&cohort, body).await.created();
        let token = world.mailbox.token(&email("secret.boss")).await;
        answer(&world, &made, "agree", &token).await.no_content();
        let seen = world.partner().again(&made).await;
        assert_eq!(
            (&seen["status"], &seen["manager"]["email"]),
            (&json!("confirmed"), &json!(email("secret.boss")))
        );
        assert!(item(&seen)["evidence"].is_null(), "a client is told the rule, not what others recorded");
        let operations = world.operations().again(&made).await;
        assert!(operations.get("manager").is_none(), "{operations:#}");
        for table in ["audit", "ledger_entry", "outbox", "mail_token", "booking"] {
            for row in world.database.dump(table).await {
                assert!(!row.contains("secret.boss"), "{table}: {row}");
            }
        }
        assert!(!world.server.log().contains("secret.boss"));
    });
}

/// ADM-19, ADM-20.
#[test]
fn staff_waive_the_agreement_and_a_closed_booking_takes_no_answer() {
    on_both(async |world| {
        let cohort = asking(&world, json!({})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let made = ellie.book(&cohort, naming("boss")).await.created();
        let body = json!({
            "participantId": made["participant"]["id"], "requirement": "manager_agreed", "reason": "On leave."
        });
        let _ = world.coordinator().post(format!("/v1/cohorts/{cohort}/waivers"), body).await.created();
        let placed = ellie.again(&made).await;
        assert_eq!(
            (&placed["status"], &placed["claim"]["moment"]),
            (&json!("confirmed"), &made["createdAt"])
        );
        let gone = sam.book(&cohort, naming("boss")).await.created();
        let token = world.mailbox.nth_token(&email("boss"), 2).await;
        let _ = sam.act(&gone, "cancel").await.ok();
        let _ = answer(&world, &gone, "agree", &token).await.problem(409, "booking-not-live");
        assert_eq!(sam.again(&gone).await["closedReason"], "withdrawn");
        let check = world
            .participant("tom")
            .await
            .post(format!("/v1/cohorts/{cohort}/eligibility-checks"), json!({}));
        let told = item(&check.await.ok());
        assert!(
            told["met"] == false
                && told["detail"].as_str().is_some_and(|text| text.contains("manager.email"))
        );
    });
}

/// ADM-8, ADM-20: two servers, answers and renamings at once.
#[test]
fn agreeing_refusing_and_renaming_at_once_ends_in_one_of_them() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let cohort = asking(&world, json!({"capacity": 1})).await;
        let mut made = Vec::new();
        for name in ["ellie", "sam", "tom", "amara"] {
            let actor = world.participant(name).await;
            let booking = actor.book(&cohort, naming(&format!("boss-of-{name}"))).await.created();
            let token = world.mailbox.token(&email(&format!("boss-of-{name}"))).await;
            made.push((actor, booking, token));
        }
        let mut calls = Vec::new();
        for (actor, booking, token) in &made {
            let path = |verb: &str| format!("/v1/bookings/{}/manager/{verb}", id_of(booking));
            for server in [&world.server, &second] {
                let manager = world.anonymous().at(server);
                for verb in ["agree", "refuse", "agree"] {
                    calls.push(manager.post(path(verb), json!({"token": token})).into_future());
                }
            }
            calls.push(rename(&actor.at(&second), booking, "chief").into_future());
        }
        let answers = futures::future::join_all(calls).await;
        for (n, answers) in answers.chunks(7).enumerate() {
            let done = answers[..6].iter().filter(|answer| answer.succeeded()).count();
            assert!(done <= 1, "a token works once: {answers:#?}");
            let (actor, booking, _) = &made[n];
            let now = actor.again(booking).await;
            let renamed = now["manager"]["email"] == email("chief");
            assert!(done == 1 || renamed, "{now:#}");
            assert_eq!(now["status"] == "pending", item(&now)["met"] == false, "{now:#}");
        }
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
        world.verify_ledgers().await;
    });
}

/// ADM-20, ADM-23.
#[test]
fn an_agreement_goes_along_to_another_cohort_of_the_programme() {
    on_both(async |world| {
        let cohort = asking(&world, json!({})).await;
        let programme = world.coordinator().cohort(&cohort).await["programmeId"].clone();
        let other = world.cohort(programme.as_str().expect("an id"), json!({})).await;
        let ellie = world.participant("ellie").await;
        let made = ellie.book(&cohort, naming("boss")).await.created();
        let token = world.mailbox.token(&email("boss")).await;
        answer(&world, &made, "agree", &token).await.no_content();
        let path = format!("/v1/bookings/{}/move", id_of(&made));
        let moved = ellie.post(path, json!({"cohortId": other})).await.ok();
        assert_eq!(
            (&moved["status"], &moved["manager"]["email"]),
            (&json!("confirmed"), &json!(email("boss")))
        );
        let again = ellie.again(&moved).await;
        assert_eq!(item(&again)["evidence"], item(&ellie.again(&made).await)["evidence"]);
        assert_eq!(again["manager"], moved["manager"]);
        world.verify_ledgers().await;
    });
}

/// ADM-20, ADM-24: a list names managers too; only those of the bookings that are kept are asked.
#[test]
fn an_imported_list_names_the_managers_who_are_asked() {
    on_both(async |world| {
        let cohort = asking(&world, json!({"capacity": 2, "bookingOpensAt": world.in_hours(48)})).await;
        let staff = world.coordinator();
        let path = |dry: bool| format!("/v1/cohorts/{cohort}/bookings/imports?dryRun={dry}");
        let file =
            |dry: bool, text: String| staff.request("POST", path(dry)).bytes("text/csv; charset=utf-8", text);
        let head = "email,fullName,managerEmail\n";
        let wrong = format!("{head}ellie@example.nhs.uk,Ellie Ward,boss\nsam@example.nhs.uk,Sam,\n");
        let _ = file(true, wrong).await.problem(422, "invalid");
        let text = format!("{head}ellie@example.nhs.uk,Ellie Ward,{}\n", email("boss"));
        assert_eq!(file(true, text.clone()).await.ok()["results"][0]["status"], "pending");
        let done = file(false, text).await.ok();
        assert_eq!(done["results"][0]["missing"], json!(["manager_agreed"]), "{done:#}");
        let mail = world.mailbox.about(&email("boss"), "Ellie Ward").await;
        let booking = json!({"id": done["results"][0]["bookingId"]});
        answer(&world, &booking, "agree", &mail.token()).await.no_content();
        assert_eq!(staff.again(&booking).await["status"], "waiting");
    });
}
