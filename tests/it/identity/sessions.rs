//! Sign-in, access and refresh tokens (ACC-2), the own profile (ACC-8).

use crate::{on_both, on_postgres};
use harness::{Actor, World};
use serde_json::{Value, json};

async fn sign_in(world: &World) -> (Actor, Value) {
    let ellie = world.participant("ellie").await;
    let login = json!({"email": ellie.email(), "password": ellie.password()});
    let tokens = world.anonymous().post("/v1/auth/login", login).await.ok();
    let token = tokens["accessToken"].as_str().expect("a token").to_owned();
    (world.bearer(&token), tokens)
}

/// ACC-2.
#[test]
fn a_sign_in_gives_a_bearer_and_a_refresh_token() {
    on_both(async |world| {
        let (ellie, tokens) = sign_in(&world).await;
        assert_eq!(tokens["tokenType"], "Bearer");
        assert!(
            tokens["expiresIn"].as_u64().is_some_and(|seconds| (60..=3600).contains(&seconds)),
            "{tokens:#}"
        );
        assert_eq!(ellie.get("/v1/me").await.ok()["fullName"], "Ellie Ward");
        let anonymous = world.anonymous();
        let wrong = json!({"email": "ellie@trust.example.nhs.uk", "password": "wrong horse battery staple"});
        let unknown = json!({"email": "nobody@example.uk", "password": "wrong horse battery staple"});
        let wrong = anonymous.post("/v1/auth/login", wrong).await.status(401);
        let unknown = anonymous.post("/v1/auth/login", unknown).await.status(401);
        assert_eq!(wrong["code"], unknown["code"]);
        assert_eq!(wrong["detail"], unknown["detail"]);
    });
}

/// ACC-2.
#[test]
fn access_tokens_are_signed_with_a_published_key() {
    on_both(async |world| {
        let keys = world.anonymous().get("/.well-known/jwks.json").await.ok();
        let key = &keys["keys"][0];
        assert_eq!((key["kty"].as_str(), key["crv"].as_str()), (Some("OKP"), Some("Ed25519")), "{keys:#}");
        assert!(key["d"].is_null(), "the private key is published");
        let (_, tokens) = sign_in(&world).await;
        let token = tokens["accessToken"].as_str().expect("a token");
        let part = |n: usize| -> Value {
            let part = token.split('.').nth(n).expect("three parts");
            let bytes = data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        assert_eq!(part(0)["alg"], "EdDSA");
        assert_eq!(part(0)["kid"], key["kid"]);
        for claim in ["exp", "nbf", "iat", "iss", "aud", "sub"] {
            assert!(!part(1)[claim].is_null(), "{claim} is missing: {}", part(1));
        }
        assert!(!part(1).to_string().contains("example.nhs.uk"), "personal data in the token");
        for (n, forged) in
            [(0, json!({"alg": "none", "typ": "JWT"})), (1, json!({"sub": "x", "exp": 4_102_444_800_i64}))]
        {
            let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
            parts[n] = data_encoding::BASE64URL_NOPAD.encode(forged.to_string().as_bytes());
            let _ = world.bearer(&parts.join(".")).get("/v1/me").await.status(401);
        }
    });
}

/// ACC-2.
#[test]
fn a_refresh_token_rotates_and_reuse_ends_the_family() {
    on_both(async |world| {
        let (_, tokens) = sign_in(&world).await;
        let anonymous = world.anonymous();
        let refresh = |token: &Value| anonymous.post("/v1/auth/refresh", json!({"refreshToken": token}));
        let second = refresh(&tokens["refreshToken"]).await.ok();
        assert_ne!(second["refreshToken"], tokens["refreshToken"]);
        let lost = refresh(&tokens["refreshToken"]).await.ok();
        assert_eq!(lost["refreshToken"], second["refreshToken"], "a lost answer gets the same successor");
        let third = refresh(&second["refreshToken"]).await.ok();
        world.advance(chrono::TimeDelta::seconds(11));
        let _ = refresh(&second["refreshToken"]).await.status(401);
        let _ = refresh(&third["refreshToken"]).await.status(401);
        let bearer = world.bearer(third["accessToken"].as_str().expect("a token"));
        let _ = bearer.get("/v1/me").await.status(401);
    });
}

/// ACC-2.
#[test]
fn an_older_refresh_token_ends_the_family_at_once() {
    on_both(async |world| {
        let (_, first) = sign_in(&world).await;
        let anonymous = world.anonymous();
        let refresh = |token: &Value| anonymous.post("/v1/auth/refresh", json!({"refreshToken": token}));
        let second = refresh(&first["refreshToken"]).await.ok();
        let third = refresh(&second["refreshToken"]).await.ok();
        let _ = refresh(&first["refreshToken"]).await.status(401);
        let _ = refresh(&third["refreshToken"]).await.status(401);
        for wrong in [json!("x"), json!(""), third["accessToken"].clone()] {
            let answer = refresh(&wrong).await;
            assert!(matches!(answer.code(), 401 | 422), "{}", answer.described());
        }
    });
}

/// ACC-2.
#[test]
fn twenty_refreshes_at_once_give_one_line_of_successors() {
    on_postgres(async |world| {
        let second = world.another_server().await;
        let (_, tokens) = sign_in(&world).await;
        let here = world.anonymous();
        let there = here.at(&second);
        let body = json!({"refreshToken": tokens["refreshToken"]});
        let calls = (0..20).map(|n| {
            let caller = if n % 2 == 0 { &here } else { &there };
            caller.post("/v1/auth/refresh", body.clone()).into_future()
        });
        let answers = futures::future::join_all(calls).await;
        let successors: std::collections::BTreeSet<String> =
            answers.into_iter().map(|answer| answer.ok()["refreshToken"].to_string()).collect();
        assert_eq!(successors.len(), 1);
    });
}

/// ACC-2.
#[test]
fn a_logout_ends_the_session() {
    on_both(async |world| {
        let (ellie, tokens) = sign_in(&world).await;
        let (_, other) = sign_in(&world).await;
        let body = json!({"refreshToken": tokens["refreshToken"]});
        ellie.post("/v1/auth/logout", body.clone()).await.no_content();
        let _ = world.anonymous().post("/v1/auth/refresh", body).await.status(401);
        let _ = ellie.get("/v1/me").await.status(401);
        let other = json!({"refreshToken": other["refreshToken"]});
        let _ = world.anonymous().post("/v1/auth/refresh", other).await.status(200);
    });
}

/// ACC-8.
#[test]
fn a_profile_is_read_and_patched_by_its_owner() {
    on_both(async |world| {
        let ellie = world.participant("ellie").await;
        let etag = ellie.get("/v1/me").await.etag();
        let patch = json!({
            "jobRole": "practice_manager", "staffGroup": "admin", "qualifications": ["professional_nurse_advocate"],
            "leadsOrManages": true, "region": "south_east", "sector": "primary_care", "fullName": "Ellie M Ward"
        });
        let changed = ellie.patch("/v1/me", patch.clone()).if_match(&etag).await.status(200);
        for (name, value) in patch.as_object().expect("an object") {
            assert_eq!(&changed[name.as_str()], value, "{}", changed.described());
        }
        let cleared = ellie.patch("/v1/me", json!({"jobRole": null})).await.ok();
        assert!(cleared["jobRole"].is_null());
        assert_eq!(cleared["staffGroup"], "admin");
        let _ = ellie.patch("/v1/me", json!({"fullName": null})).await.status(422);
        let _ = ellie
            .patch("/v1/me", json!({"email": "other@example.uk"}))
            .await
            .faults("invalid", &["/email unknown-field"]);
        let bad = json!({"region": "moon", "jobRole": "Practice Manager", "organisationId": "x"});
        let problem = ellie.patch("/v1/me", bad).await.problem(422, "invalid");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(3), "{problem:#}");
        let _ =
            ellie.patch("/v1/me", json!({})).without("if-match").await.problem(428, "precondition-required");
        let _ = world.partner().get("/v1/me").await.problem(403, "forbidden");
    });
}
