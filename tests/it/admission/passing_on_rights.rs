//! Who may pass a place on, who may take it over, and who is told what (ACC-1, ACC-3, ACC-4, ACC-6, ADM-23).

use super::passing_on::{email, ledger_holds, nth_token, propose, take_back, take_over};
use crate::on_both;
use chrono::TimeDelta;
use harness::s2::{fresh_slug, id_of, participant};
use harness::{Actor, World};
use serde_json::{Value, json};

/// Another academy's coordinator.
async fn stranger(world: &World) -> Actor {
    let admin = world.platform_admin();
    let academy = json!({
        "slug": fresh_slug("london"), "name": "London", "region": "london", "contactEmail": "l@example.nhs.uk",
    });
    let academy = id_of(&admin.post("/v1/academies", academy).await.created());
    let path = format!("/v1/academies/{academy}/members/{}", world.id_of("amara"));
    let _ = admin.put(path, json!({"role": "coordinator"})).without("if-match").await;
    world.participant("amara").await
}

/// ACC-3, ACC-4, ACC-5, ADM-23.
#[test]
fn who_may_leave_a_place_may_propose_it_and_take_it_back_and_nobody_else() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"passOn": true})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let own = ellie.book(&cohort, json!({})).await.created();
        let others = [sam.clone(), world.partner(), stranger(&world).await, world.platform_admin()];
        for other in &others {
            let _ = propose(other, &own, "tom").await.problem(404, "not-found");
            let _ = take_back(other, &own).await.problem(404, "not-found");
        }
        let _ = propose(&world.anonymous(), &own, "tom").await.problem(401, "unauthenticated");
        let by_staff = propose(&world.coordinator(), &own, "sam").await.ok();
        assert_eq!(by_staff["passOn"]["email"], email("sam"));
        let seen = ellie.again(&own).await["passOn"].clone();
        assert_eq!((&seen["email"], &seen["fullName"]), (&Value::Null, &Value::Null), "staff named them");
        assert_eq!(seen["expiresAt"], by_staff["passOn"]["expiresAt"]);
        let warned = world.mailbox.about(&email("ellie"), "was proposed to a colleague").await;
        assert!(warned.text.contains("take-back") && !warned.text.contains("sam@"), "{}", warned.text);
        let mail = world.mailbox.about(&email("sam"), "would like to pass it on").await;
        assert!(mail.text.contains("A colleague of yours") && !mail.text.contains("Ellie"), "{}", mail.text);
        let taken = take_over(&sam, &cohort, &mail.token(), json!({})).await.created();
        let left = ellie.again(&own).await;
        assert_eq!(left["closedReason"], "cancelled_by_academy");
        assert_eq!(left["explanation"]["detail"], "This place was passed on to a colleague.");
        for other in [&ellie, &world.partner()] {
            let _ = other.get(format!("/v1/bookings/{}", id_of(&taken))).await.problem(404, "not-found");
        }
        let booked = world.partner().book_for(&cohort, "nia").await.created();
        let named = propose(&world.partner(), &booked, "tom").await.ok();
        assert_eq!(named["passOn"]["email"], email("tom"), "who named them is shown it again");
        assert!(world.operations().again(&booked).await["passOn"]["email"].is_null());
        let _ = nth_token(&world, "tom", 1).await;
        let _ = take_back(&world.partner(), &booked).await.ok();
        let _ = propose(&world.operations(), &booked, "tom").await.ok();
        let token = nth_token(&world, "tom", 2).await;
        let tom = world.participant("tom").await;
        let taken = take_over(&tom, &cohort, &token, json!({})).await.created();
        let left = world.partner().again(&booked).await;
        assert_eq!(
            (&left["explanation"]["code"], &left["explanation"]["otherBookingId"]),
            (&json!("passed_on"), &Value::Null)
        );
        let _ =
            world.partner().get(format!("/v1/bookings/{}", id_of(&taken))).await.problem(404, "not-found");
        let _ = ledger_holds(&world, &cohort).await;
    });
}

/// ACC-1, ADM-23.
#[test]
fn only_who_has_proved_the_email_takes_the_place_over_and_only_once() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"passOn": true})).await;
        let other = world.plain_cohort(json!({"passOn": true})).await;
        let (ellie, tom) = (world.participant("ellie").await, world.participant("tom").await);
        let first = ellie.book(&cohort, json!({})).await.created();
        let _ = propose(&ellie, &first, "robin").await.ok();
        let token = nth_token(&world, "robin", 1).await;
        let robin = world.newcomer("robin").await;
        for wrong in [&tom, &ellie, &robin, &world.coordinator(), &world.partner()] {
            let _ = take_over(wrong, &cohort, &token, json!({})).await.problem(403, "forbidden");
        }
        let _ =
            take_over(&world.anonymous(), &cohort, &token, json!({})).await.problem(401, "unauthenticated");
        let proof = world.mailbox.verification_token(&email("robin")).await;
        let _ =
            world.anonymous().post("/v1/auth/email-verifications", json!({"token": proof})).await.status(204);
        for (path, token) in [(&cohort, "forged"), (&other, token.as_str()), (&cohort, proof.as_str())] {
            let unknown = take_over(&robin, path, token, json!({})).await;
            let _ = unknown.faults("invalid", &["/token token-unknown"]);
        }
        assert_eq!(ellie.again(&first).await["status"], "confirmed");
        assert_eq!(take_over(&robin, &cohort, &token, json!({})).await.created()["status"], "confirmed");
        let again = take_over(&robin, &cohort, &token, json!({})).await;
        let _ = again.faults("invalid", &["/token token-used"]);
        let _ = take_over(&tom, &cohort, &token, json!({})).await.problem(403, "forbidden");
        let _ = ledger_holds(&world, &cohort).await;
    });
}

/// ACC-1, ACC-4, ACC-6.
#[test]
fn the_proposer_learns_nothing_of_the_colleague_and_the_name_stands_with_the_proposal_only() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"passOn": true})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let first = ellie.book(&cohort, json!({})).await.created();
        let _ = sam.book(&cohort, json!({})).await.created();
        let mut told = Vec::new();
        // One who is booked already, one who has an account, one whom nobody knows.
        for name in ["sam", "tom", "secret.colleague"] {
            let mut answer = propose(&ellie, &first, name).await.ok();
            let shown = answer["passOn"].take();
            assert_eq!(
                (&shown["email"], &shown["fullName"]),
                (&json!(email(name)), &participant(name)["fullName"])
            );
            told.push(answer);
        }
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:#?}");
        let mut own = participant("ellie");
        own["email"] = json!("  Ellie@Trust.example.nhs.uk ");
        let own = ellie.post(format!("/v1/bookings/{}/pass-on", id_of(&first)), own).await;
        let _ = own.faults("invalid", &["/email colleague-is-participant"]);
        for _ in 0..2 {
            let _ = propose(&ellie, &first, "secret.colleague").await.ok();
        }
        let often = propose(&ellie, &first, "secret.colleague").await.problem(409, "pass-on-refused");
        assert!(often["detail"].as_str().is_some_and(|detail| detail.contains("5 times")), "{often:#}");
        for table in ["audit", "ledger_entry", "outbox", "mail_token", "booking", "booking_transfer"] {
            for row in world.database.dump(table).await {
                assert!(!row.contains("secret.colleague"), "{table}: {row}");
            }
        }
        assert!(!world.server.log().contains("secret.colleague"));
    });
}

/// ACC-1, ADM-23: whose email is not verified has nobody mailed.
#[test]
fn a_place_is_proposed_by_a_participant_with_a_verified_email_only() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"passOn": true})).await;
        let robin = world.newcomer("robin").await;
        let first = robin.book(&cohort, json!({})).await.created();
        let _ = propose(&robin, &first, "tom").await.problem(403, "forbidden");
        assert!(world.mailbox.to(&email("tom")).is_empty());
    });
}

/// ADM-23: cancelling and booking again fills nobody's mailbox.
#[test]
fn an_email_is_sent_six_proposals_a_day_whatever_the_place() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"passOn": true})).await;
        let ellie = world.participant("ellie").await;
        for _ in 0..2 {
            let own = ellie.book(&cohort, json!({})).await.created();
            for _ in 0..3 {
                let _ = propose(&ellie, &own, "tom").await.ok();
            }
            let _ = ellie.act(&own, "cancel").await.ok();
        }
        let own = ellie.book(&cohort, json!({})).await.created();
        let often = propose(&ellie, &own, "tom").await.problem(409, "pass-on-refused");
        assert!(often["detail"].as_str().is_some_and(|detail| detail.contains("24 hours")), "{often:#}");
        let _ = propose(&ellie, &own, "sam").await.ok();
        world.advance(TimeDelta::hours(24));
        let _ = propose(&ellie, &own, "tom").await.ok();
    });
}

/// ACC-6, ADM-23: who a colleague is, is forgotten with the proposal.
#[test]
fn a_colleagues_name_and_email_are_forgotten_when_a_proposal_has_ended() {
    on_both(async |mut world| {
        let cohort = world.plain_cohort(json!({"passOn": true})).await;
        let (ellie, sam) = (world.participant("ellie").await, world.participant("sam").await);
        let own = ellie.book(&cohort, json!({})).await.created();
        let _ = propose(&ellie, &own, "secret.colleague").await.ok();
        assert!(kept(&world, "secret.colleague").await);
        let _ = take_back(&ellie, &own).await.ok();
        assert!(!kept(&world, "secret.colleague").await, "taken back");
        let _ = propose(&ellie, &own, "sam").await.ok();
        let token = nth_token(&world, "sam", 1).await;
        let taken = take_over(&sam, &cohort, &token, json!({})).await.created();
        assert!(!kept(&world, "sam@").await, "taken over");
        let _ = propose(&sam, &taken, "secret.colleague").await.ok();
        let start_again = world.settings();
        world.restart_with(start_again.clone()).await;
        let ends = tokio::time::Instant::now() + std::time::Duration::from_secs(2);
        while tokio::time::Instant::now() < ends {
            assert!(kept(&world, "secret.colleague").await, "it still stands");
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        world.advance(TimeDelta::days(7));
        world.restart_with(start_again).await;
        while kept(&world, "secret.colleague").await {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
}

async fn kept(world: &World, name: &str) -> bool {
    world.database.dump("place_proposal").await.iter().any(|row| row.contains(name))
}

/// ACC-4: of a confidential cohort a partner learns place status at most.
#[test]
fn a_partner_is_not_told_to_whom_a_confidential_cohorts_place_is_to_go() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"passOn": true, "confidential": true})).await;
        let booked =
            world.partner().book(&cohort, json!({"participant": participant("tom")})).await.created();
        let tom = world.participant("tom").await;
        assert!(propose(&tom, &booked, "sam").await.ok()["passOn"].is_object());
        assert!(world.partner().again(&booked).await.get("passOn").is_none());
        assert_eq!(tom.again(&booked).await["passOn"]["email"], email("sam"));
    });
}
