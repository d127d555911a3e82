//! Query parameters: none is ignored.

use crate::on_both;
use harness::{Answer, World};
use serde_json::Value;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// An operation with an id that nothing has, its example as body, and a parameter that nobody knows.
async fn with_a_surprise(world: &World, document: &Value, method: &str, path: &str) -> Answer {
    let operation = &document["paths"][path][method];
    let mut real = path.to_owned();
    while let (Some(from), Some(to)) = (real.find('{'), real.find('}')) {
        real.replace_range(from..=to, "0190b5a2-0000-7000-8000-000000000000");
    }
    let open = operation["security"] == serde_json::json!([{}]);
    let caller = if open { world.anonymous() } else { world.platform_admin() };
    let request = caller.request(&method.to_uppercase(), format!("{real}?surprise=1")).if_match("*");
    let content = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
    match content {
        Some((media_type, body)) if media_type.ends_with("json") => {
            let schema = body["schema"]["$ref"].as_str().unwrap_or_default().trim_start_matches('#');
            let example = document.pointer(schema).map_or(&Value::Null, |schema| &schema["example"]);
            request.bytes(media_type, example.to_string()).await
        }
        Some((media_type, _)) => request.bytes(media_type, "grant_type=client_credentials").await,
        None => request.await,
    }
}

#[test]
fn every_operation_refuses_a_parameter_that_it_does_not_know() {
    on_both(async |world| {
        let document = world.anonymous().get("/openapi.json").await.ok();
        let mut wrong = Vec::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for method in METHODS.iter().filter(|method| item[**method].is_object()) {
                let answer = with_a_surprise(&world, &document, method, path).await;
                let refused = if path == "/v1/oauth/token" {
                    answer.code() == 400 && answer["error"] == "invalid_request" // RFC 6749 has its own form.
                } else {
                    let fault = &answer["errors"][0];
                    answer.code() == 422
                        && answer["code"] == "unknown-parameter"
                        && fault["parameter"] == "surprise"
                };
                if !refused {
                    wrong.push(answer.described());
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    });
}
