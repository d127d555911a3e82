//! The API description is true: what it says is asked of every operation. Every answer of every test is held
//! against it by the harness itself.

use crate::on_both;
use harness::{Actor, Request};
use serde_json::{Value, json};

const ID: &str = "0190b5a2-0000-7000-8000-000000000000";

/// Every operation of the document, with a request to it that names nothing there is.
fn each_operation(actor: &Actor, document: &Value) -> Vec<(String, Value, Request)> {
    let mut all = Vec::new();
    for (template, item) in document["paths"].as_object().expect("paths") {
        let parts = template.split('/').map(|part| if part.starts_with('{') { ID } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        for (method, operation) in item.as_object().expect("a path item") {
            let request = actor.request(&method.to_uppercase(), &path);
            let bodies = operation["requestBody"]["content"].as_object();
            let request = match bodies.and_then(|bodies| bodies.keys().next()) {
                Some(media_type) => request.bytes(media_type, "{}"),
                None => request,
            };
            all.push((format!("{method} {template}"), operation.clone(), request));
        }
    }
    all
}

/// ACC-3.
#[test]
fn a_token_that_does_not_hold_is_refused_wherever_the_document_says_so_and_nowhere_else() {
    on_both(async |world| {
        let document = world.anonymous().get("/openapi.json").await.ok();
        let mut refusing = 0;
        for (name, operation, request) in each_operation(&world.bearer("a.b.c"), &document) {
            let ways = operation["security"].as_array().expect("says how to sign in").clone();
            let public = ways.contains(&json!({}));
            if public && !operation["requestBody"].is_null() {
                // A fault of the body may be told first where nobody has to sign in.
                continue;
            }
            let answer = request.await;
            let refused = answer.code() == 401;
            assert_eq!(refused, ways != [json!({})], "{name}: {}", answer.described());
            refusing += usize::from(refused);
        }
        assert!(refusing > 40, "{refusing}");
    });
}

#[test]
fn every_operation_that_changes_by_merge_patch_takes_both_media_types() {
    on_both(async |world| {
        let document = world.anonymous().get("/openapi.json").await.ok();
        for (name, operation, request) in each_operation(&world.coordinator(), &document) {
            if let Some(template) = name.strip_prefix("patch ") {
                let bodies = operation["requestBody"]["content"].as_object().expect("a body");
                let mut named: Vec<&String> = bodies.keys().collect();
                named.sort();
                assert_eq!(named, ["application/json", "application/merge-patch+json"], "{template}");
                for media_type in ["application/merge-patch+json", "application/json"] {
                    let answer = request.clone().bytes(media_type, "{}").await;
                    assert_ne!(answer.code(), 415, "{template}: {}", answer.described());
                }
                let answer = request.bytes("text/plain", "{}").await;
                let _ = answer.problem(415, "unsupported-media-type");
            }
        }
    });
}
