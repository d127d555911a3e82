//! Several registrations of one email (ACC-1): each finds its own way, and no address is flooded.

use crate::on_both;
use chrono::TimeDelta;
use harness::{Answer, World};
use serde_json::json;

const EMAIL: &str = "shared@example.uk";

async fn register(world: &World, password: &str) {
    let body = json!({"email": EMAIL, "password": password, "fullName": "Somebody"});
    let _ = world.anonymous().post("/v1/auth/register", body).await.status(202);
}

async fn sign_in(world: &World, password: &str) -> Answer {
    world.anonymous().post("/v1/auth/login", json!({"email": EMAIL, "password": password})).await
}

async fn resend(world: &World) {
    let resend = "/v1/auth/email-verifications/resend";
    let _ = world.anonymous().post(resend, json!({"email": EMAIL})).await.status(202);
}

/// Waits until nothing more can be on its way, and counts.
async fn mails(world: &World, at_least: usize) -> usize {
    let _ = world.mailbox.nth(EMAIL, at_least).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    world.mailbox.to(EMAIL).len()
}

/// ACC-1, ACC-2.
#[test]
fn however_many_register_an_email_its_owner_signs_in_and_is_sent_a_token() {
    on_both(async |world| {
        register(&world, "the owner's own password").await;
        for n in 0..20 {
            register(&world, &format!("a squatter's password {n}")).await;
        }
        for _ in 0..3 {
            resend(&world).await;
        }
        assert_eq!(mails(&world, 28).await, 28, "20 first mails and 8 more an hour, whoever asks");
        let signed_in = sign_in(&world, "the owner's own password").await.status(200);
        let owner = world.bearer(signed_in["accessToken"].as_str().expect("a token"));
        let me = owner.get("/v1/me").await.ok();
        let own = owner.post("/v1/auth/email-verifications/resend", json!({"email": EMAIL}));
        let _ = own.await.status(202);
        let token = world.mailbox.nth(EMAIL, 29).await.token();
        let prove = json!({"token": token});
        world.anonymous().post("/v1/auth/email-verifications", prove).await.no_content();
        assert_eq!(owner.get("/v1/me").await.ok()["emailVerified"], true);
        let again = sign_in(&world, "the owner's own password").await.status(200);
        let again = world.bearer(again["accessToken"].as_str().expect("a token"));
        assert_eq!(again.get("/v1/me").await.ok()["id"], me["id"]);
        let _ = sign_in(&world, "a squatter's password 19").await.status(401);
        let _ = sign_in(&world, "nobody's own password").await.status(401);
        world.advance(TimeDelta::minutes(61));
        register(&world, "another password of somebody").await;
        assert_eq!(mails(&world, 30).await, 30, "after an hour there are mails again");
    });
}

/// ACC-1.
#[test]
fn a_token_is_sent_again_for_each_registration_and_says_when_it_was_made() {
    on_both(async |world| {
        register(&world, "the first one's password").await;
        let _ = world.mailbox.nth(EMAIL, 1).await;
        world.advance(TimeDelta::hours(2));
        register(&world, "the second one's password").await;
        assert_eq!(mails(&world, 2).await, 2);
        world.advance(TimeDelta::hours(2));
        resend(&world).await;
        assert_eq!(mails(&world, 4).await, 4);
        let made = |text: &str| {
            let line = text.lines().find(|line| line.contains("registered with us on ")).expect("a moment");
            line.to_owned()
        };
        let sent_at_first: Vec<String> = world.mailbox.to(EMAIL)[..2].iter().map(|m| made(&m.text)).collect();
        let sent_again = world.mailbox.to(EMAIL)[2..].to_vec();
        let second =
            sent_again.iter().find(|mail| made(&mail.text) == sent_at_first[1]).expect("the second's");
        assert!(sent_again.iter().any(|mail| made(&mail.text) == sent_at_first[0]), "{sent_again:#?}");
        assert_ne!(sent_at_first[0], sent_at_first[1]);
        let sent: Vec<String> = world.mailbox.to(EMAIL).iter().map(|mail| mail.text.clone()).collect();
        assert!(
            sent.iter().all(|text| !text.contains("Hello Somebody")),
            "no greeting that a stranger chose"
        );
        assert!(sent.iter().all(|text| text.contains("in the name of \"Somebody\"")), "{sent:#?}");
        let prove = json!({"token": second.token()});
        world.anonymous().post("/v1/auth/email-verifications", prove).await.no_content();
        let _ = sign_in(&world, "the second one's password").await.status(200);
        let _ = sign_in(&world, "the first one's password").await.status(401);
    });
}

/// ACC-1.
#[test]
fn whoever_asks_for_mails_first_the_owners_registration_has_its_own_share_of_them() {
    on_both(async |world| {
        let asks = async |password: &str, times: usize| {
            let signed_in = sign_in(&world, password).await.status(200);
            let own = world.bearer(signed_in["accessToken"].as_str().expect("a token"));
            for _ in 0..times {
                let body = json!({"email": EMAIL});
                let _ = own.post("/v1/auth/email-verifications/resend", body).await.status(202);
            }
            own
        };
        for n in 0..9 {
            register(&world, &format!("a squatter's password {n}")).await;
        }
        let _ = asks("a squatter's password 8", 6).await;
        assert_eq!(mails(&world, 12).await, 12, "9 first mails, and 3 of 6 that were asked for");
        register(&world, "the owner's own password").await;
        let owner = asks("the owner's own password", 1).await;
        assert_eq!(mails(&world, 14).await, 14, "the first one, and the one that was asked for");
        let prove = json!({"token": world.mailbox.nth(EMAIL, 14).await.token()});
        world.anonymous().post("/v1/auth/email-verifications", prove).await.no_content();
        assert_eq!(owner.get("/v1/me").await.ok()["emailVerified"], true);
    });
}
