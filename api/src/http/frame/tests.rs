use super::*;
use crate::http::document::routes;
use crate::http::service::{Description, nothing_here};
use crate::http::testing::shared;
use actix_web::dev::Service;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service, read_body_json};
use actix_web::{App as Web, web};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

async fn boom() -> HttpResponse {
    panic!("a handler's fault")
}

/// Sends a request through the whole frame: status, headers, and the body where it is JSON.
async fn answered(request: TestRequest) -> (StatusCode, HeaderMap, Value) {
    let (app, _folder) = shared().await;
    let service = Web::new()
        .app_data(app)
        .app_data(web::Data::from(Description::new()))
        .configure(|cfg| routes(&mut ServiceConfig::new(cfg)))
        .route("/boom", web::get().to(boom))
        .default_service(web::to(nothing_here))
        .wrap(from_fn(frame));
    let service = init_service(service).await;
    let response = match service.call(request.to_request()).await {
        Ok(response) => response,
        Err(error) => {
            let response = error.error_response();
            ServiceResponse::new(TestRequest::default().to_http_request(), response)
        }
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let is_json = headers.get("content-type").is_some_and(|kind| kind.to_str().unwrap().contains("json"));
    let body = if is_json { read_body_json(response).await } else { Value::Null };
    (status, headers, body)
}

fn is_dressed(headers: &HeaderMap) {
    for name in [
        "x-request-id",
        "x-content-type-options",
        "content-security-policy",
        "referrer-policy",
        "ratelimit",
        "ratelimit-policy",
    ] {
        assert!(headers.contains_key(name), "{name} is missing");
    }
    assert!(!headers.contains_key("server"));
}

#[actix_web::test]
async fn a_panic_is_a_problem_with_all_headers() {
    let (status, headers, body) = answered(TestRequest::get().uri("/boom")).await;
    assert_eq!(status, 500);
    is_dressed(&headers);
    assert_eq!(body["code"], "internal-error");
    assert_eq!(body["instance"], "/boom");
    assert!(!body.to_string().contains("handler's fault"));
}

#[actix_web::test]
async fn an_unknown_path_is_a_problem() {
    let request = TestRequest::get().uri("/v1/nothing").insert_header(("X-Request-Id", "r-1"));
    let (status, headers, body) = answered(request).await;
    assert_eq!(status, 404);
    is_dressed(&headers);
    assert_eq!(headers.get("x-request-id").unwrap(), "r-1");
    assert_eq!(body["requestId"], "r-1");
}

#[actix_web::test]
async fn a_wrong_method_is_405_with_those_that_are_allowed() {
    let (status, headers, body) = answered(TestRequest::delete().uri("/health/live")).await;
    assert_eq!(status, 405);
    assert_eq!(headers.get("allow").unwrap(), "GET, HEAD");
    assert_eq!(body["code"], "method-not-allowed");
}

#[actix_web::test]
async fn head_is_answered_wherever_get_is() {
    let head = TestRequest::default().method(Method::HEAD);
    let (status, headers, _) = answered(head.uri("/health/live")).await;
    assert_eq!(status, 200);
    is_dressed(&headers);
}

#[actix_web::test]
async fn a_body_over_the_limit_is_413() {
    let body = vec![b' '; super::super::incoming::BODY_LIMIT + 1];
    let request = TestRequest::post().uri("/v1/x").set_payload(body);
    let request = request.insert_header(("content-length", super::super::incoming::BODY_LIMIT + 1));
    let (status, _, body) = answered(request).await;
    assert_eq!((status.as_u16(), body["code"].as_str()), (413, Some("content-too-large")));
}

#[actix_web::test]
async fn an_address_that_is_too_long_is_414() {
    let (status, _, body) = answered(TestRequest::get().uri(&format!("/{}", "a".repeat(9000)))).await;
    assert_eq!(status, 414);
    assert!(body["instance"].as_str().unwrap().len() < 300);
}

#[actix_web::test]
async fn a_token_that_is_none_of_ours_is_401() {
    let request = TestRequest::get().uri("/metrics").insert_header(("Authorization", "Bearer x"));
    let (status, headers, _) = answered(request).await;
    assert_eq!(status, 401);
    assert!(headers.get("www-authenticate").unwrap().to_str().unwrap().contains("invalid_token"));
    assert_eq!(headers.get("cache-control").unwrap(), "no-store");
}
