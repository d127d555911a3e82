//! Clients: OAuth 2 client credentials, scopes, one academy (ACC-4).

use crate::on_both;
use harness::{Answer, World};
use serde_json::json;

async fn token(world: &World, form: &str) -> Answer {
    let request = world.anonymous().request("POST", "/v1/oauth/token");
    request.bytes("application/x-www-form-urlencoded", form.to_owned()).await
}

/// ACC-4.
#[test]
fn a_client_gets_a_token_with_body_or_basic_credentials() {
    on_both(async |world| {
        let partner = world.partner();
        let (id, secret) = (partner.client_id(), partner.client_secret());
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let answer = token(&world, &form).await.status(200);
        assert_eq!(answer["token_type"], "Bearer");
        assert!(answer["expires_in"].is_u64());
        assert!(answer.header("cache-control").contains("no-store"), "{}", answer.described());
        let scopes = answer["scope"].as_str().expect("scopes").split(' ').count();
        assert_eq!(scopes, 3, "{}", answer.described());
        let basic = data_encoding::BASE64.encode(format!("{id}:{secret}").as_bytes());
        let request = world
            .anonymous()
            .request("POST", "/v1/oauth/token")
            .header("authorization", &format!("Basic {basic}"));
        let form = "grant_type=client_credentials&scope=bookings%3Aread";
        let answer = request.bytes("application/x-www-form-urlencoded", form).await.status(200);
        assert_eq!(answer["scope"], "bookings:read");
        let bearer = world.bearer(answer["access_token"].as_str().expect("a token"));
        let cohort = world.plain_cohort(json!({})).await;
        let _ = bearer.get(format!("/v1/cohorts/{cohort}/bookings")).await.status(200);
        let _ = bearer.book_for(&cohort, "nia").await.problem(403, "forbidden");
    });
}

/// ACC-4.
#[test]
fn a_token_request_that_is_wrong_is_answered_as_rfc_6749_says() {
    on_both(async |world| {
        let partner = world.partner();
        let (id, secret) = (partner.client_id(), partner.client_secret());
        let good = format!("client_id={id}&client_secret={secret}");
        for (form, status, error) in [
            (
                format!("grant_type=client_credentials&client_id={id}&client_secret=wrong"),
                401,
                "invalid_client",
            ),
            (
                format!("grant_type=client_credentials&client_id=x&client_secret={secret}"),
                401,
                "invalid_client",
            ),
            ("grant_type=client_credentials".to_owned(), 401, "invalid_client"),
            (format!("grant_type=password&{good}"), 400, "unsupported_grant_type"),
            (good.clone(), 400, "invalid_request"),
            (format!("grant_type=client_credentials&scope=everything&{good}"), 400, "invalid_scope"),
            (format!("grant_type=client_credentials&scope=catalogue%3Awrite&{good}"), 400, "invalid_scope"),
        ] {
            let answer = token(&world, &form).await.status(status);
            assert_eq!(answer["error"], error, "{}", answer.described());
        }
    });
}

/// ACC-4.
#[test]
fn clients_are_listed_without_secrets_and_revoked_at_once() {
    on_both(async |world| {
        let admin = world.platform_admin();
        let path = format!("/v1/academies/{}/clients", world.academy());
        let made =
            admin.post(&path, json!({"name": "Kent Trust", "scopes": ["bookings:read"]})).await.status(201);
        assert!(made["clientId"].is_string() && made["clientSecret"].is_string());
        assert_eq!(made["kind"], "partner");
        assert!(made.header("cache-control").contains("no-store"));
        let listed = admin.get(&path).await.status(200);
        let secret = made["clientSecret"].as_str().expect("a secret");
        assert!(
            !listed.text().contains(secret) && !listed.text().contains("clientSecret"),
            "{}",
            listed.text()
        );
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(3));
        let partner = world.partner();
        let bearer = world.bearer(&partner.token().await.expect("a token"));
        let cohort = world.plain_cohort(json!({})).await;
        let bookings = format!("/v1/cohorts/{cohort}/bookings");
        let _ = bearer.get(&bookings).await.status(200);
        let _ = admin.delete(format!("{path}/{}", partner.client_id())).await.status(204);
        let _ = bearer.get(&bookings).await.status(401);
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            partner.client_id(),
            partner.client_secret()
        );
        let _ = token(&world, &form).await.status(401);
        let _ = world.coordinator().get(&path).await.problem(403, "forbidden");
        let bad = json!({"name": " ", "kind": "robot", "scopes": ["everything"]});
        let problem = admin.post(&path, bad).await.problem(422, "invalid");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(3), "{problem:#}");
    });
}

/// ACC-4.
#[test]
fn a_partner_sees_only_what_it_booked_and_operations_sees_all() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let partner = world.partner();
        let other = json!({"name": "Kent Trust", "scopes": ["bookings:read", "bookings:write"], "vouchesForEmails": true});
        let other = world.client(other).await;
        let ours = partner.book_for(&cohort, "nia").await.created();
        let theirs = other.book_for(&cohort, "omar").await.created();
        let list = |actor: harness::Actor| {
            let path = format!("/v1/cohorts/{cohort}/bookings");
            async move { actor.get(path).await.ok()["items"].clone() }
        };
        let seen = list(partner.clone()).await;
        assert_eq!(seen.as_array().map(Vec::len), Some(1), "{seen:#}");
        assert_eq!(seen[0]["id"], ours["id"]);
        assert_eq!(list(world.operations()).await.as_array().map(Vec::len), Some(2));
        let theirs = theirs["id"].as_str().expect("an id");
        let _ = partner.get(format!("/v1/bookings/{theirs}")).await.problem(404, "not-found");
        let _ =
            partner.post(format!("/v1/bookings/{theirs}/cancel"), json!({})).await.problem(404, "not-found");
        let _ = world.operations().get(format!("/v1/bookings/{theirs}")).await.status(200);
        let twice = partner.book_for(&cohort, "omar").await.problem(409, "already-booked");
        assert!(twice["bookingId"].is_null(), "an id that the partner may not read: {twice:#}");
        let twice = partner.book_for(&cohort, "nia").await.problem(409, "already-booked");
        assert_eq!(twice["bookingId"], ours["id"]);
    });
}

/// ACC-4.
#[test]
fn what_a_booker_says_of_a_participant_changes_no_profile_and_a_fact_of_the_profile_is_not_shown() {
    on_both(async |world| {
        let rule =
            json!({"eligibility": {"all": [{"jobRole": ["practice_manager"]}, {"region": ["south_east"]}]}});
        let programme = world.programme_that(rule).await;
        let cohort = world.cohort(&programme, json!({})).await;
        let ellie = world.participant("ellie").await;
        let _ =
            ellie.patch("/v1/me", json!({"jobRole": "practice_manager", "region": "south_east"})).await.ok();
        let told = json!({"email": ellie.email(), "fullName": "E. Ward", "region": "south_east"});
        let booked = world.partner().book(&cohort, json!({"participant": told})).await.created();
        assert_eq!(booked["status"], "confirmed", "the fact that was left out comes from the profile");
        assert_eq!(booked["participant"]["fullName"], "E. Ward", "the booker sees again what it said");
        let text = booked.to_string();
        assert!(!text.contains("practice_manager"), "a value of the profile is shown: {booked:#}");
        assert_eq!(ellie.get("/v1/me").await.ok()["fullName"], "Ellie Ward");
    });
}

/// ACC-4.
#[test]
fn who_is_booked_by_another_is_told_by_whom() {
    on_both(async |world| {
        let cohort = world.plain_cohort(json!({})).await;
        let _ = world.partner().book_for(&cohort, "nia").await.created();
        let mail = world.mailbox.about("nia@trust.example.nhs.uk", "partner").await;
        assert!(mail.text.contains("partner"), "{}", mail.text);
    });
}
