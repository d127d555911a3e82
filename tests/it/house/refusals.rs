//! Refusals that need no handler: paths, methods, sign-in, sizes. Every answer of every test is held to
//! RFC 9457 and to the security headers by the harness itself.

use crate::on_both;
use harness::load::Connection;
use serde_json::json;
use std::time::Duration;

#[test]
fn an_unknown_path_is_a_problem_404() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        for path in ["/", "/v1", "/v1/nothing", "/v1/programmes/x/nothing", "/health", "/problems/nothing"] {
            let problem = anonymous.get(path).await.problem(404, "not-found");
            assert_eq!(problem["instance"], path);
        }
    });
}

#[test]
fn a_path_id_that_is_no_id_is_a_404() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        for path in ["/v1/programmes/7", "/v1/cohorts/not-an-id", "/v1/bookings/%00", "/v1/tasters/x"] {
            let _ = coordinator.get(path).await.problem(404, "not-found");
        }
    });
}

#[test]
fn a_known_path_with_a_wrong_method_is_405_with_allow() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        let answer = anonymous.delete("/v1/programmes").await;
        assert!(answer.header("allow").contains("GET"), "{}", answer.described());
        let _ = answer.problem(405, "method-not-allowed");
        let answer = anonymous.get("/v1/auth/login").await;
        assert!(answer.header("allow").contains("POST"), "{}", answer.described());
        let _ = answer.problem(405, "method-not-allowed");
        for method in ["TRACE", "PROPFIND", "PUT"] {
            let _ = anonymous.request(method, "/health/live").await.problem(405, "method-not-allowed");
        }
    });
}

#[test]
fn head_answers_wherever_get_does_without_a_body() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        for path in
            ["/v1/programmes", "/v1/academies", "/health/live", "/.well-known/jwks.json", "/openapi.json"]
        {
            let get = anonymous.get(path).await.status(200);
            let head = anonymous.request("HEAD", path).await.status(200);
            assert!(head.bytes().is_empty());
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        }
        let answer = anonymous.request("HEAD", "/v1/nothing").await.status(404);
        assert!(answer.bytes().is_empty());
    });
}

#[test]
fn who_is_not_signed_in_is_asked_to_sign_in() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        let _ = anonymous.get("/v1/me").await.problem(401, "unauthenticated");
        let _ = anonymous.get("/v1/me/bookings").await.problem(401, "unauthenticated");
        let path = format!("/v1/academies/{}/programmes", world.academy());
        let _ = anonymous.post(path, json!({})).await.problem(401, "unauthenticated");
        for token in ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            let answer = anonymous.get("/v1/me").header("authorization", &format!("Bearer {token}")).await;
            let answer = answer.status(401);
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{}", answer.described());
        }
        let _ = anonymous.get("/v1/me").header("authorization", "Basic eDp5").await.status(401);
    });
}

#[test]
fn a_body_over_its_limit_is_413() {
    on_both(async |world| {
        let coordinator = world.coordinator();
        let path = format!("/v1/academies/{}/programmes", world.academy());
        let large = format!("{{\"title\":\"{}\"}}", "x".repeat(8 * 1024 * 1024));
        let request = coordinator.request("POST", path).bytes("application/json", large);
        let _ = request.await.problem(413, "content-too-large");
    });
}

#[test]
fn an_unknown_problem_is_not_documented_and_a_known_one_is() {
    on_both(async |world| {
        let answer = world.anonymous().get("/problems/not-found").await.status(200);
        assert!(answer.text().contains("not-found"), "{}", answer.described());
    });
}

#[test]
fn a_request_id_is_taken_or_made_and_a_strange_one_replaced() {
    on_both(async |world| {
        let anonymous = world.anonymous();
        let answer = anonymous.get("/v1/programmes").header("x-request-id", "ticket-4711").await;
        assert_eq!(answer.header("x-request-id"), "ticket-4711");
        let one = anonymous.get("/v1/programmes").await;
        let two = anonymous.get("/v1/programmes").await;
        assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
        let long = "x".repeat(4_000);
        let answer = anonymous.get("/v1/programmes").header("x-request-id", &long).await;
        assert!(answer.header("x-request-id").len() < 300);
    });
}

#[test]
fn personal_answers_are_not_stored_and_no_version_is_told() {
    on_both(async |world| {
        let me = world.participant("ellie").await.get("/v1/me").await.status(200);
        assert!(me.header("cache-control").contains("no-store"), "{}", me.described());
        assert!(!me.header("server").contains('/'), "{}", me.described());
        let policy = me.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    });
}

#[test]
fn what_is_not_http_is_one_clean_refusal() {
    on_both(async |world| {
        for bytes in [
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{\"a\":1}",
            "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n",
            "nonsense\r\n\r\n",
        ] {
            let mut connection = Connection::open(world.server.address()).await.expect("a connection");
            let answer = connection.raw(bytes.as_bytes(), Duration::from_secs(2)).await.expect("an answer");
            assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{bytes:?} -> {answer}");
            assert!(answer.starts_with("HTTP/1.1 4"), "{bytes:?} -> {answer}");
        }
        let _ = world.anonymous().get("/health/ready").await.status(200);
    });
}
