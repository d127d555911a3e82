//! The one pass that adds to every operation what all share, so that handlers document only what is theirs.

use crate::schemas::put_inline;
use crate::shape::{each_operation, object};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::OpenApi;

/// A line of the table of problems.
#[derive(Clone, Copy, Debug)]
pub struct ProblemEntry {
    /// Its code.
    pub code: &'static str,
    /// Its HTTP status.
    pub status: u16,
    /// Its title.
    pub title: &'static str,
    /// What it means.
    pub documentation: &'static str,
}

/// Where a handler lists its own problem codes.
const OWN_PROBLEMS: &str = "x-problems";

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Turns the collected document into the whole one.
pub fn finish(document: OpenApi, problems: &[ProblemEntry]) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    put_inline(&mut document);
    let table: BTreeMap<&str, &ProblemEntry> = problems.iter().map(|entry| (entry.code, entry)).collect();
    add_components(&mut document, problems);
    each_operation(&mut document, |path, method, operation| {
        let shape = Shape::of(path, method, operation);
        let codes = shape.codes(operation);
        add_path_parameters(path, operation);
        add_parameters(&shape, operation);
        if method == "patch" {
            add_media_types(operation);
        }
        add_answers(&shape, operation, &codes, &table);
        add_security(operation);
        operation.remove(OWN_PROBLEMS);
    });
    document
}

/// What an operation is like, as far as its answers depend on it.
struct Shape {
    /// Nobody has to sign in.
    public: bool,
    /// Who signs in is told apart: a token that doesn't hold is refused, on public operations too.
    knows_callers: bool,
    has_path_parameters: bool,
    has_query: bool,
    /// Parameters that it doesn't know are refused by a problem; token endpoints have their own form of it.
    refuses_parameters: bool,
    has_body: bool,
    /// Its answer has an `ETag`, and 304 for who has that version already.
    has_version: bool,
    writes: bool,
    posts: bool,
    changes_one: bool,
}

impl Shape {
    fn of(path: &str, method: &str, operation: &Map<String, Value>) -> Self {
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let has = |place: &str| parameters.is_some_and(|list| list.iter().any(|p| p["in"] == place));
        let versioned = path.starts_with("/v1/");
        let security = operation.get("security").and_then(Value::as_array);
        let public = security.is_some_and(|ways| ways.contains(&json!({})));
        let one = versioned && (path.ends_with('}') || path == "/v1/me");
        let says_304 = operation.get("responses").is_some_and(|answers| answers.get("304").is_some());
        let takes_form = operation.get("requestBody").is_some_and(|body| body["content"].get(FORM).is_some());
        Self {
            public,
            knows_callers: security.is_none_or(|ways| ways.iter().any(|way| *way != json!({}))),
            has_path_parameters: path.contains('{'),
            has_query: has("query"),
            refuses_parameters: !takes_form,
            has_body: operation.contains_key("requestBody"),
            has_version: method == "get" && (one || says_304),
            writes: method != "get",
            posts: method == "post",
            changes_one: matches!(method, "put" | "patch" | "delete"),
        }
    }

    /// Every problem code that such an operation can answer, its own included.
    fn codes(&self, operation: &Map<String, Value>) -> BTreeSet<String> {
        let mut codes = BTreeSet::new();
        let mut add = |when: bool, list: &[&str]| {
            if when {
                codes.extend(list.iter().map(|code| (*code).to_owned()));
            }
        };
        let signs_in = !self.public;
        add(
            true,
            &["too-many-requests", "internal-error", "unavailable", "uri-too-long", "headers-too-large"],
        );
        add(signs_in, &["unauthenticated", "forbidden"]);
        add(self.knows_callers, &["invalid-token"]);
        // What a client's scopes don't cover it may know of all the same (ACC-3).
        add(self.knows_callers && self.has_path_parameters, &["forbidden"]);
        add(self.has_path_parameters, &["not-found"]);
        add(self.has_query, &["invalid"]);
        add(self.refuses_parameters, &["malformed-request", "unknown-parameter"]);
        add(
            self.has_body,
            &["malformed-json", "request-timeout", "content-too-large", "unsupported-media-type", "invalid"],
        );
        add(self.writes, &["outcome-unknown"]);
        let repeats = ["idempotency-key-invalid", "idempotency-key-reused", "request-in-progress"];
        add(self.posts && self.knows_callers, &repeats);
        add(self.changes_one, &["precondition-failed", "precondition-required"]);
        if let Some(own) = operation.get(OWN_PROBLEMS).and_then(Value::as_array) {
            codes.extend(own.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        codes
    }
}

/// The ids that a path names, where the handler didn't list them.
fn add_path_parameters(path: &str, operation: &mut Map<String, Value>) {
    let list = operation.entry("parameters").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        let listed = list.iter().any(|parameter| parameter["in"] == "path" && parameter["name"] == name);
        if let (false, Some(what)) = (listed, name.strip_suffix("Id")) {
            list.push(json!({
                "name": name, "in": "path", "required": true, "description": format!("The {what}."),
                "schema": {"type": "string", "format": "uuid"},
            }));
        }
    }
}

fn add_parameters(shape: &Shape, operation: &mut Map<String, Value>) {
    let list = operation.entry("parameters").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    let mut add = |name: &str| list.push(json!({"$ref": format!("#/components/parameters/{name}")}));
    if shape.posts && shape.knows_callers {
        add("IdempotencyKey");
    }
    if shape.changes_one {
        add("IfMatch");
    }
    if shape.has_version {
        add("IfNoneMatch");
    }
    add("RequestId");
}

/// A merge patch is taken under its own name and as plain JSON (RFC 7396).
fn add_media_types(operation: &mut Map<String, Value>) {
    let Some(content) = operation.get_mut("requestBody").and_then(|body| body["content"].as_object_mut())
    else {
        return;
    };
    let body = content.get(JSON).or_else(|| content.get(MERGE_PATCH)).cloned().unwrap_or_default();
    for media_type in [MERGE_PATCH, JSON] {
        content.insert(media_type.to_owned(), body.clone());
    }
}

fn add_answers(
    shape: &Shape,
    operation: &mut Map<String, Value>,
    codes: &BTreeSet<String>,
    table: &BTreeMap<&str, &ProblemEntry>,
) {
    let answers = object(operation, "responses");
    if shape.has_version {
        let unchanged = json!({"description": "You have this version already."});
        answers.entry("304").or_insert(unchanged);
    }
    let mut by_status: BTreeMap<u16, Vec<&ProblemEntry>> = BTreeMap::new();
    for code in codes {
        match table.get(code.as_str()) {
            Some(entry) => by_status.entry(entry.status).or_default().push(entry),
            // The lint names it: a status that can't be.
            None => drop(answers.insert(format!("unknown problem {code}"), json!({}))),
        }
    }
    for (status, entries) in by_status {
        let shown = answers.entry(status.to_string()).or_insert_with(|| match entries.as_slice() {
            [one] => json!({"$ref": format!("#/components/responses/{}", component(one.code))}),
            many => problem_answer(many),
        });
        // A handler can describe in its own words what such an answer means.
        if shown.get("content").is_none() && shown.get("$ref").is_none() {
            shown["content"] = problem_answer(&entries)["content"].take();
        }
    }
    for (status, answer) in answers.iter_mut() {
        let success = status.starts_with('2') || status == "304";
        let Some(answer) = answer.as_object_mut().filter(|answer| !answer.contains_key("$ref")) else {
            continue;
        };
        let is_page = answer.get("content").is_some_and(|content| content.to_string().contains("Page_"));
        let headers = object(answer, "headers");
        for name in ["RateLimit", "RateLimit-Policy", "X-Request-Id"] {
            headers.insert(name.into(), header_ref(name));
        }
        if success && (shape.has_version || shape.changes_one && status != "204") {
            headers.entry("ETag").or_insert_with(|| header_ref("ETag"));
        }
        if status == "201" {
            headers.entry("Location").or_insert_with(|| header_ref("Location"));
        }
        if is_page {
            headers.entry("Link").or_insert_with(|| header_ref("Link"));
        }
    }
}

fn header_ref(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

/// An answer that can have any of these codes, with an example of each.
fn problem_answer(entries: &[&ProblemEntry]) -> Value {
    let examples: Map<String, Value> = entries
        .iter()
        .map(|entry| (entry.code.to_owned(), json!({"summary": entry.title, "value": example(entry)})))
        .collect();
    let titles: Vec<String> =
        entries.iter().map(|entry| format!("`{}`: {}.", entry.code, entry.title)).collect();
    json!({
        "description": titles.join(" "),
        "content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": examples,
        }},
    })
}

fn example(entry: &ProblemEntry) -> Value {
    let mut body = json!({
        "type": format!("/problems/{}", entry.code), "title": entry.title, "status": entry.status,
        "detail": entry.documentation, "code": entry.code, "requestId": "01990a5e-7000-7000-8000-0000000000ff",
    });
    if entry.code == "invalid" {
        let fault = json!({"pointer": "/title", "code": "required", "detail": "is required"});
        body["errors"] = json!([fault]);
    }
    body
}

/// `not-found` as a component's name: `NotFound`.
fn component(code: &str) -> String {
    code.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn add_security(operation: &mut Map<String, Value>) {
    operation.entry("security").or_insert_with(|| json!([{"bearer": []}, {"clientCredentials": []}]));
}

fn add_components(document: &mut Value, problems: &[ProblemEntry]) {
    let Some(root) = document.as_object_mut() else { return };
    let components = object(root, "components");
    let headers = object(components, "headers");
    for (name, description, example) in [
        (
            "RateLimit",
            "What is left of the limit, and in how many seconds it is full again.",
            "\"peer\";r=5999;t=0",
        ),
        ("RateLimit-Policy", "The limit: so many requests in a window of seconds.", "\"peer\";q=6000;w=60"),
        ("X-Request-Id", "The request's id, as sent or made.", "01990a5e-7000-7000-8000-0000000000ff"),
        ("ETag", "The version of what is answered.", "\"3\""),
        ("Location", "The address of what was made.", "/v1/programmes/01990a5e-7000-7000-8000-000000000001"),
        ("Link", "Leads to the next page, where there is one.", "</v1/programmes?cursor=…>; rel=\"next\""),
    ] {
        let header = json!({"description": description, "schema": {"type": "string"}, "example": example});
        headers.insert(name.into(), header);
    }
    let parameters = object(components, "parameters");
    for (key, name, required, description, example) in [
        (
            "IdempotencyKey",
            "Idempotency-Key",
            false,
            "1 to 255 visible ASCII characters. The same key with the same request within 24 hours gives the first answer again.",
            "8e03978e-40d5-43e8-bc93-6894a57f9324",
        ),
        ("IfMatch", "If-Match", true, "The `ETag` of the version that is changed, or `*`.", "\"3\""),
        (
            "IfNoneMatch",
            "If-None-Match",
            false,
            "The `ETag` that you have: 304 when it is still the one.",
            "\"3\"",
        ),
        (
            "RequestId",
            "X-Request-Id",
            false,
            "1 to 64 of letters, digits and `-_.:`; made when not sent.",
            "web-4711",
        ),
    ] {
        let parameter = json!({
            "name": name, "in": "header", "required": required, "description": description,
            "schema": {"type": "string"}, "example": example,
        });
        parameters.insert(key.into(), parameter);
    }
    let answers = object(components, "responses");
    for entry in problems {
        let mut answer = problem_answer(&[entry]);
        for name in ["RateLimit", "RateLimit-Policy", "X-Request-Id"] {
            answer["headers"][name] = header_ref(name);
        }
        answer["description"] = json!(format!("`{}`: {}", entry.code, entry.documentation));
        answers.insert(component(entry.code), answer);
    }
}
