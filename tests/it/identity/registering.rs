//! Registering and proving an email (ACC-1).

use crate::on_both;
use harness::s2::participant;
use serde_json::{Value, json};

const PASSWORD: &str = "a password of decent length";

fn registration(email: &str, full_name: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "fullName": full_name})
}

/// ACC-1.
#[test]
fn a_registration_is_proven_by_the_mailed_token_once() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        let answer = anonymous
            .post("/v1/auth/register", registration(" Nia.Price@Example.NHS.uk ", "Nia Price"))
            .await;
        let answer = answer.status(202);
        assert_eq!(answer["fullName"], "Nia Price");
        assert!(answer["id"].is_null(), "{}", answer.described());
        let mail = world.mailbox.nth("nia.price@example.nhs.uk", 1).await;
        assert!(mail.text.contains("/verify-email?token="), "{}", mail.text);
        assert!(mail.text.contains("/v1/auth/email-verifications"), "the call stands beside the link");
        let prove = || anonymous.post("/v1/auth/email-verifications", json!({"token": mail.token()}));
        let link =
            mail.text.split_whitespace().find(|word| word.contains("/verify-email?token=")).expect("a link");
        let path =
            link.split_once("/verify-email").map(|(_, rest)| format!("/verify-email{rest}")).expect("a path");
        let _ = anonymous.get(path).await.code();
        prove().await.no_content();
        let again = prove().await;
        assert!(matches!(again.code(), 409 | 410 | 422), "{}", again.described());
    });
}

/// ACC-1.
#[test]
fn somebody_can_sign_in_before_the_email_is_verified() {
    on_both(async |world| {
        let nia = world.newcomer("nia").await;
        let me = nia.get("/v1/me").await.ok();
        assert_eq!(me["fullName"], "Nia Newcomer");
        assert_eq!(me["email"], nia.email());
        assert_eq!(me["emailVerified"], false);
    });
}

/// ACC-1.
#[test]
fn a_known_email_gets_the_same_answer_and_another_mail() {
    on_both(async |world| {
        let ellie = world.participant("ellie").await;
        let anonymous = world.anonymous();
        let answer =
            anonymous.post("/v1/auth/register", registration(&ellie.email(), "Mallory")).await.status(202);
        let fresh =
            anonymous.post("/v1/auth/register", registration("fresh@example.uk", "Fresh")).await.status(202);
        let names = |answer: &harness::Answer| -> Vec<String> {
            answer.json().as_object().expect("an object").keys().cloned().collect()
        };
        assert_eq!(names(&answer), names(&fresh));
        assert_eq!(answer["fullName"], "Mallory");
        let mail = world.mailbox.nth(&ellie.email(), 1).await;
        assert!(!mail.text.contains("token="), "an account's owner is asked to prove nothing: {}", mail.text);
        assert_eq!(ellie.get("/v1/me").await.ok()["fullName"], "Ellie Ward");
        let login = json!({"email": ellie.email(), "password": PASSWORD});
        let _ = anonymous.post("/v1/auth/login", login).await.status(401);
    });
}

/// ACC-1.
#[test]
fn each_registration_of_an_email_stands_by_itself_until_one_is_proven() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        let email = "shared@example.uk";
        let cohort = world.plain_cohort(json!({})).await;
        let sign_in = async |password: &str| {
            let login = json!({"email": email, "password": password});
            let answer = anonymous.post("/v1/auth/login", login).await;
            answer["accessToken"].as_str().map(str::to_owned)
        };
        let body = json!({"email": email, "password": "the squatter's password", "fullName": "Squatter"});
        let _ = anonymous.post("/v1/auth/register", body).await.status(202);
        let squatter = world.bearer(&sign_in("the squatter's password").await.expect("signed in"));
        let squatted = squatter.book(&cohort, json!({})).await.created();
        assert_eq!(squatted["status"], "pending");
        let _ = anonymous.post("/v1/auth/register", registration(email, "True Owner")).await.status(202);
        let owner = world.bearer(&sign_in(PASSWORD).await.expect("the second registration signs in too"));
        assert_eq!(owner.get("/v1/me").await.ok()["fullName"], "True Owner");
        assert_eq!(owner.get("/v1/me/bookings").await.ok()["items"], json!([]));
        let own = owner.book(&cohort, json!({})).await.created();
        assert_ne!(own["id"], squatted["id"]);
        let token = world.mailbox.nth_verification_token(email, 2).await;
        let _ = anonymous.post("/v1/auth/email-verifications", json!({"token": token})).await.status(204);
        assert_eq!(owner.again(&own).await["status"], "confirmed");
        let me = world.bearer(&sign_in(PASSWORD).await.expect("still signs in")).get("/v1/me").await.ok();
        assert_eq!(me["fullName"], "True Owner");
        assert_eq!(me["emailVerified"], true);
        assert!(sign_in("the squatter's password").await.is_none());
        let _ = squatter.get("/v1/me").await.status(401);
    });
}

/// ACC-1.
#[test]
fn a_token_proves_the_registration_it_was_sent_for() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        let email = "shared@example.uk";
        let first = json!({"email": email, "password": "the first's own password", "fullName": "First"});
        let _ = anonymous.post("/v1/auth/register", first).await.status(202);
        let token = world.mailbox.nth(email, 1).await.token();
        let _ = anonymous.post("/v1/auth/register", registration(email, "Second")).await.status(202);
        let _ = world.mailbox.nth(email, 2).await;
        anonymous.post("/v1/auth/email-verifications", json!({"token": token})).await.no_content();
        let login =
            |password: &str| anonymous.post("/v1/auth/login", json!({"email": email, "password": password}));
        let _ = login("the first's own password").await.status(200);
        let _ = login(PASSWORD).await.status(401);
        let second = world.mailbox.nth_verification_token(email, 2).await;
        let late = anonymous.post("/v1/auth/email-verifications", json!({"token": second})).await;
        assert!(!late.succeeded(), "{}", late.described());
    });
}

/// ACC-1.
#[test]
fn bookings_made_by_others_join_the_person_who_proves_the_email() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let booked = world.partner().book_for(&cohort, "nia").await.created();
        let newcomer = world.newcomer("nia").await;
        assert_eq!(newcomer.get("/v1/me/bookings").await.ok()["items"], json!([]));
        let _ = newcomer
            .get(format!("/v1/bookings/{}", booked["id"].as_str().unwrap_or_default()))
            .await
            .status(404);
        let token = world.mailbox.verification_token(&newcomer.email()).await;
        world.anonymous().post("/v1/auth/email-verifications", json!({"token": token})).await.no_content();
        let mine = newcomer.get("/v1/me/bookings").await.ok();
        assert_eq!(mine["items"][0]["id"], booked["id"], "{mine:#}");
        assert_eq!(mine["items"][0]["status"], "confirmed");
        let twice = newcomer.book(&cohort, json!({})).await.problem(409, "already-booked");
        assert_eq!(twice["bookingId"], booked["id"]);
    });
}

/// ACC-1.
#[test]
fn without_vouching_a_booking_sends_the_participant_a_token_at_once() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let body = json!({"name": "Kent Trust", "scopes": ["bookings:read", "bookings:write"]});
        let client = world.client(body).await;
        let booked = client.book_for(&cohort, "nia").await.created();
        assert_eq!(booked["status"], "pending");
        assert_eq!(booked["gate"][0]["requirement"], "email_verified");
        assert_eq!(booked["gate"][0]["met"], false);
        let token = world.mailbox.verification_token("nia@trust.example.nhs.uk").await;
        let prove = json!({"token": token});
        world.anonymous().post("/v1/auth/email-verifications", prove).await.no_content();
        assert_eq!(client.again(&booked).await["status"], "confirmed");
        let ellie = json!({"participant": {"email": "ELLIE@trust.example.nhs.uk ", "fullName": "Ellie"}});
        assert_eq!(client.book(&cohort, ellie).await.created()["status"], "confirmed");
    });
}

/// ACC-1.
#[test]
fn vouching_meets_the_gate_of_that_booking_and_verifies_no_account() {
    on_both(async |world| {
        let nia = world.newcomer("nia").await;
        let (one, two) = (world.plain_cohort(json!({})).await, world.plain_cohort(json!({})).await);
        let vouched = world.partner().book_for(&one, "nia").await.created();
        assert_eq!(vouched["status"], "confirmed");
        assert_eq!(nia.get("/v1/me").await.ok()["emailVerified"], false);
        assert_eq!(nia.book(&two, json!({})).await.created()["status"], "pending");
        let by_staff =
            world.coordinator().book(&two, json!({"participant": participant("omar")})).await.created();
        assert_eq!(by_staff["status"], "confirmed");
    });
}

#[test]
fn a_token_is_sent_again_whatever_the_email_is() {
    on_both(async |world| {
        let nia = world.newcomer("nia").await;
        let _ = world.mailbox.nth(&nia.email(), 1).await;
        let anonymous = world.anonymous();
        let resend =
            |email: &str| anonymous.post("/v1/auth/email-verifications/resend", json!({"email": email}));
        let known = resend(&nia.email()).await.status(202);
        let unknown = resend("nobody@example.uk").await.status(202);
        let echo = json!({"email": "nobody@example.uk"});
        assert_eq!((known.json(), unknown.json()), (&json!({"email": nia.email()}), &echo));
        let token = world.mailbox.nth_verification_token(&nia.email(), 2).await;
        anonymous.post("/v1/auth/email-verifications", json!({"token": token})).await.no_content();
        assert_eq!(nia.get("/v1/me").await.ok()["emailVerified"], true);
    });
}

#[test]
fn a_wrong_or_old_token_proves_nothing() {
    on_both(async |world| {
        let nia = world.newcomer("nia").await;
        let token = world.mailbox.verification_token(&nia.email()).await;
        let anonymous = world.anonymous();
        let mut forged = token.clone();
        let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
        forged.push(last);
        for wrong in [forged.as_str(), "x", ""] {
            let answer = anonymous.post("/v1/auth/email-verifications", json!({"token": wrong})).await;
            assert!(matches!(answer.code(), 404 | 409 | 410 | 422), "{}", answer.described());
        }
        world.advance(chrono::TimeDelta::days(60));
        let old = anonymous.post("/v1/auth/email-verifications", json!({"token": token})).await;
        assert!(!old.succeeded(), "{}", old.described());
    });
}

#[test]
fn a_registration_names_all_its_faults() {
    on_both(async |world| {
        let body =
            json!({"email": "no email", "password": "short", "fullName": " ", "jobRole": "Practice Manager"});
        let answer = world.anonymous().post("/v1/auth/register", body).await;
        let problem = answer.problem(422, "invalid");
        let pointers: Vec<_> =
            problem["errors"].as_array().expect("faults").iter().map(|f| &f["pointer"]).collect();
        for pointer in ["/email", "/password", "/fullName", "/jobRole"] {
            assert!(pointers.iter().any(|found| **found == pointer), "{pointer}: {problem:#}");
        }
        let body = json!({
            "email": "amina.khan@example.uk", "password": "amina.khan of the Trust", "fullName": 7,
            "organisationId": world.academy(), "colour": "blue",
        });
        let answer = world.anonymous().post("/v1/auth/register", body).await;
        let expected = [
            "/fullName wrong-type",
            "/colour unknown-field",
            "/password guessable",
            "/organisationId unknown-organisation",
        ];
        let _ = answer.faults("invalid", &expected);
        let long = json!({"email": "a@b.uk", "password": "x".repeat(257), "fullName": "A"});
        let _ = world.anonymous().post("/v1/auth/register", long).await.status(422);
    });
}

/// ACC-8.
#[test]
fn a_change_of_the_profile_names_all_its_faults() {
    on_both(async |world| {
        let ellie = world.participant("ellie").await;
        let body = json!({
            "fullName": null, "qualifications": vec!["mentor"; 51], "organisationId": world.academy(),
            "region": "moon", "colour": "blue",
        });
        let expected = [
            "/fullName required",
            "/qualifications too-many",
            "/organisationId unknown-organisation",
            "/region unknown-region",
            "/colour unknown-field",
        ];
        let _ = ellie.patch("/v1/me", body).await.faults("invalid", &expected);
        let cleared = ellie.patch("/v1/me", json!({"fullName": null})).await;
        let _ = cleared.faults("invalid", &["/fullName required"]);
    });
}
