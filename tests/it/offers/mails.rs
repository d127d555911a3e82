//! What people are mailed, and the token that answers an offer without signing in.

use super::offered;
use crate::on_both;
use chrono::TimeDelta;
use harness::ledger::{Ledger, time};
use harness::s2::id_of;
use serde_json::json;

fn email(name: &str) -> String {
    format!("{name}@trust.example.nhs.uk")
}

/// ADM-11.
#[test]
fn an_offer_is_mailed_with_its_exact_end_and_answered_once_by_its_token() {
    on_both(async |world| {
        let (_, bookings) = offered(&world, json!({}), &["nia", "omar", "pat"]).await;
        let mail = world.mailbox.about(&email("omar"), "/offer/accept").await;
        assert!(mail.text.contains("/offer/accept"), "the call stands beside the link: {}", mail.text);
        assert!(!mail.html.is_empty());
        let anonymous = world.anonymous();
        let path = |action: &str| format!("/v1/bookings/{}/offer/{action}", id_of(&bookings[1]));
        let forged = anonymous.post(path("accept"), json!({"token": "forged"})).await;
        assert!(!forged.succeeded(), "{}", forged.described());
        let foreign = anonymous
            .post(
                format!("/v1/bookings/{}/offer/accept", id_of(&bookings[2])),
                json!({"token": mail.token()}),
            )
            .await;
        assert!(!foreign.succeeded(), "{}", foreign.described());
        let link = mail.text.split_whitespace().find(|word| word.contains("token=")).expect("a link");
        if let Some((_, path)) = link.split_once("://").and_then(|(_, rest)| rest.split_once('/')) {
            let _ = anonymous.get(format!("/{path}")).await.code();
        }
        assert_eq!(world.partner().again(&bookings[1]).await["status"], "offered", "no GET uses up a token");
        let accepted = anonymous.post(path("accept"), json!({"token": mail.token()})).await.ok();
        assert_eq!(accepted["status"], "confirmed");
        let again = anonymous.post(path("decline"), json!({"token": mail.token()})).await;
        assert!(!again.succeeded(), "{}", again.described());
        assert_eq!(world.partner().again(&bookings[1]).await["status"], "confirmed");
    });
}

/// ADM-11.
#[test]
fn a_mailed_token_does_not_outlive_its_offer() {
    on_both(async |world| {
        let (cohort, bookings) = offered(&world, json!({"afterLapse": "requeue"}), &["nia", "omar"]).await;
        let mail = world.mailbox.about(&email("omar"), "/offer/accept").await;
        world.advance(TimeDelta::hours(49));
        let path = format!("/v1/bookings/{}/offer/accept", id_of(&bookings[1]));
        let late = world.anonymous().post(path, json!({"token": mail.token()})).await;
        assert!(!late.succeeded(), "{}", late.described());
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
    });
}

/// ADM-10.
#[test]
fn people_are_mailed_what_became_of_their_request() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let partner = world.partner();
        let bookings = partner.book_all(&cohort, &["nia", "omar"]).await;
        let confirmed = world.mailbox.nth(&email("nia"), 1).await;
        let waiting = world.mailbox.nth(&email("omar"), 1).await;
        assert_ne!(confirmed.subject, waiting.subject);
        let _ = partner.act(&bookings[0], "cancel").await.ok();
        let _ = world.mailbox.nth(&email("omar"), 2).await;
        let _ = partner.act(&bookings[1], "offer/accept").await.ok();
        let placed = world.mailbox.nth(&email("omar"), 3).await;
        assert_eq!(placed.subject, confirmed.subject, "the same words for the same news");
    });
}

/// ADM-10.
#[test]
fn a_repeated_request_mails_nobody_twice() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        for _ in 0..3 {
            let _ = world.partner().book_for(&cohort, "nia").key("k").await.created();
        }
        let _ = world.mailbox.nth(&email("nia"), 1).await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        assert_eq!(world.mailbox.to(&email("nia")).len(), 1);
    });
}

const REMINDER: &str = "Please answer, a place is held for you";

/// ADM-16.
#[test]
fn an_offer_without_an_answer_is_reminded_of_when_a_quarter_of_its_time_is_left() {
    on_both(async |world| {
        let (_, bookings) = offered(&world, json!({}), &["nia", "omar", "pat"]).await;
        let reminders = || {
            let mails = world.mailbox.to(&email("omar"));
            mails.into_iter().filter(|mail| mail.subject.starts_with(REMINDER)).count()
        };
        let ends = time(&bookings[1]["offer"]["expiresAt"]).expect("a time");
        let _ = world.mailbox.nth(&email("omar"), 2).await;
        world.advance_to(ends - TimeDelta::hours(12) - TimeDelta::minutes(10));
        tokio::time::sleep(std::time::Duration::from_secs(6)).await;
        assert_eq!(reminders(), 0, "it is too early");
        world.advance(TimeDelta::minutes(11));
        let mail = world.mailbox.about(&email("omar"), REMINDER).await;
        let exactly = ends.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        assert!(mail.text.contains(exactly.trim_end_matches('Z')), "{exactly}: {}", mail.text);
        let path = format!("/v1/bookings/{}/offer/accept", id_of(&bookings[1]));
        let accepted = world.anonymous().post(path, json!({"token": mail.token()})).await.ok();
        assert_eq!(accepted["status"], "confirmed");
        assert_eq!(reminders(), 1);
    });
}

/// ADM-16, COM-1.
#[test]
fn an_offer_that_was_answered_is_not_reminded_of_and_no_reminder_to_come_holds_up_a_mail() {
    on_both(async |world| {
        let (_, bookings) = offered(&world, json!({}), &["nia", "omar", "pat", "rosa"]).await;
        let _ = world.partner().act(&bookings[1], "offer/accept").await.ok();
        let _ = world.mailbox.about(&email("omar"), "You have a place").await;
        let _ = world.partner().act(&bookings[1], "cancel").await.ok();
        let _ = world.mailbox.about(&email("pat"), "A place is held for you").await;
        let due = "SELECT CAST(count(*) AS text) FROM outbox WHERE kind = 'offer_reminder' AND sent_at IS NULL \
                   AND given_up_at IS NULL";
        assert_eq!(world.database.column(due).await, ["2"]);
        world.advance(TimeDelta::hours(37));
        let _ = world.mailbox.about(&email("pat"), REMINDER).await;
        let begun = std::time::Instant::now();
        while world.database.column(due).await != ["0"] {
            assert!(begun.elapsed().as_secs() < 20, "a reminder stays in the outbox");
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        let mails = world.mailbox.to(&email("omar"));
        assert!(!mails.iter().any(|mail| mail.subject.starts_with(REMINDER)), "{mails:#?}");
    });
}

/// ACC-4.
#[test]
fn who_was_booked_by_another_withdraws_with_the_token_of_the_mail_and_without_an_account() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({"capacity": 1})).await;
        let partner = world.partner();
        let bookings = partner.book_all(&cohort, &["nia", "omar"]).await;
        let mail = world.mailbox.about(&email("nia"), "/cancel?token=").await;
        assert!(mail.text.contains("asked for it for you"), "{}", mail.text);
        let anonymous = world.anonymous();
        let path = |n: usize| format!("/v1/bookings/{}/cancel", id_of(&bookings[n]));
        let _ = anonymous.post(path(0), json!({"token": "forged"})).await.problem(401, "unauthenticated");
        let _ = anonymous.post(path(1), json!({"token": mail.token()})).await.problem(401, "unauthenticated");
        let _ = anonymous.post(path(0), json!({})).await.problem(401, "unauthenticated");
        assert_eq!(partner.again(&bookings[0]).await["status"], "confirmed");
        let gone = anonymous.post(path(0), json!({"token": mail.token()})).await.ok();
        assert_eq!(gone["closedReason"], "cancelled_by_participant");
        assert_eq!(partner.again(&bookings[1]).await["status"], "offered", "the place goes to the next");
        let again = anonymous.post(path(0), json!({"token": mail.token()})).await;
        let _ = again.problem(409, "booking-not-live");
        let _ = Ledger::read(&world.coordinator(), &cohort).await.check();
    });
}

/// ACC-4.
#[test]
fn who_booked_for_themselves_is_mailed_no_token() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let ellie = world.participant("ellie").await;
        let _ = ellie.book(&cohort, json!({})).await.created();
        let mail = world.mailbox.about(&ellie.email(), "You have a place").await;
        assert!(!mail.text.contains("token="), "{}", mail.text);
    });
}
