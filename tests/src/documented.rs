//! What the API description says that a call can answer: every answer of every test is held against it.

use serde_json::Value;
use std::sync::OnceLock;

/// The committed document, which is the one that is served.
fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let text = include_str!("../../openapi/openapi.json");
        serde_json::from_str(text).expect("the committed document is JSON")
    })
}

/// What is wrong with this answer by the document; `None` where no operation stands. `code` is the problem's,
/// empty where it has none.
pub(crate) fn undocumented(method: &str, path: &str, status: u16, code: &str) -> Option<String> {
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
    let operation = item_at(path.split('?').next().unwrap_or(path))?.get(&method)?;
    let answer = &operation["responses"][status.to_string()];
    if answer.is_null() {
        return Some(format!("{status} is not documented for {}", operation["operationId"]));
    }
    let known = code.is_empty() || codes_of(answer).iter().any(|known| known == code);
    (!known).then(|| format!("{status} {code} is not documented for {}", operation["operationId"]))
}

/// The path item whose template fits, the most literal one.
fn item_at(path: &str) -> Option<&'static Value> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &&String| {
        let names: Vec<&str> = template.split('/').collect();
        names.len() == parts.len() && names.iter().zip(&parts).all(|(n, p)| n.starts_with('{') || n == p)
    };
    let paths = document()["paths"].as_object()?;
    let template = paths.keys().filter(fits).min_by_key(|template| template.matches('{').count())?;
    paths.get(template)
}

/// The problem codes that an answer of the document shows.
fn codes_of(answer: &Value) -> Vec<String> {
    let shared = answer["$ref"].as_str().and_then(|to| document().pointer(to.trim_start_matches('#')));
    let body = &shared.unwrap_or(answer)["content"]["application/problem+json"];
    body["examples"].as_object().into_iter().flatten().map(|(code, _)| code.clone()).collect()
}
