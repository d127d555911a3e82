//! The one pass that adds to every operation what all share, so that handlers document only what is theirs.

use crate::shape::{each_operation, object};
use crate::{INLINE, PATCH};
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
        add_answers(&shape, operation, &codes, &table);
        add_security(operation);
        operation.remove(OWN_PROBLEMS);
    });
    document
}

/// What an operation is like, as far as its answers depend on it.
struct Shape {
    versioned: bool,
    public: bool,
    has_path_parameters: bool,
    has_query: bool,
    has_body: bool,
    reads_one: bool,
    writes: bool,
    posts: bool,
    changes_one: bool,
}

impl Shape {
    fn of(path: &str, method: &str, operation: &Map<String, Value>) -> Self {
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let has = |place: &str| parameters.is_some_and(|list| list.iter().any(|p| p["in"] == place));
        let versioned = path.starts_with("/v1/");
        let public = operation.get("security").is_some_and(|s| *s == json!([{}]));
        let reads_one = method == "get" && versioned && (path.ends_with('}') || path == "/v1/me");
        Self {
            versioned,
            public,
            has_path_parameters: path.contains('{'),
            has_query: has("query"),
            has_body: operation.contains_key("requestBody"),
            reads_one,
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
        let signs_in = self.versioned && !self.public;
        add(
            true,
            &["too-many-requests", "internal-error", "unavailable", "uri-too-long", "headers-too-large"],
        );
        add(signs_in, &["unauthenticated", "invalid-token", "forbidden"]);
        add(self.has_path_parameters, &["not-found"]);
        add(self.has_query, &["malformed-request", "invalid"]);
        add(
            self.has_body,
            &["malformed-json", "request-timeout", "content-too-large", "unsupported-media-type", "invalid"],
        );
        add(self.writes, &["outcome-unknown"]);
        let repeats = ["idempotency-key-invalid", "idempotency-key-reused", "request-in-progress"];
        add(self.posts && signs_in, &repeats);
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
    if shape.posts && shape.versioned && !shape.public {
        add("IdempotencyKey");
    }
    if shape.changes_one {
        add("IfMatch");
    }
    if shape.reads_one {
        add("IfNoneMatch");
    }
    add("RequestId");
}

fn add_answers(
    shape: &Shape,
    operation: &mut Map<String, Value>,
    codes: &BTreeSet<String>,
    table: &BTreeMap<&str, &ProblemEntry>,
) {
    let answers = object(operation, "responses");
    if shape.reads_one {
        answers.insert("304".into(), json!({"description": "You have this version already."}));
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
        answers.entry(status.to_string()).or_insert_with(|| match entries.as_slice() {
            [one] => json!({"$ref": format!("#/components/responses/{}", component(one.code))}),
            many => problem_answer(many),
        });
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
        if success && (shape.reads_one || shape.changes_one && status != "204") {
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

/// Puts schemas of single texts and numbers in place of the references to them.
fn put_inline(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let names: Vec<String> = schemas.keys().filter(|name| name.starts_with(INLINE)).cloned().collect();
    let mut inline: BTreeMap<String, Value> =
        names.iter().filter_map(|name| schemas.remove(name).map(|schema| (name.clone(), schema))).collect();
    // A patch's field can hold another such schema.
    let known = inline.clone();
    for schema in inline.values_mut() {
        replace_references(schema, &known);
    }
    replace_references(document, &inline);
    loosen_patches(document);
    merge_nullable(document);
}

/// `oneOf` of null and one plain schema as one schema of two types; its description where it is looked for.
fn merge_nullable(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(merge_nullable),
        Value::Array(items) => items.iter_mut().for_each(merge_nullable),
        _ => {}
    }
    let Some(choices) = value.get("oneOf").and_then(Value::as_array) else { return };
    let null = json!({"type": "null"});
    let mut plain = match choices.as_slice() {
        [first, plain] if *first == null => plain.clone(),
        [plain, second] if *second == null => plain.clone(),
        _ => return,
    };
    if let Some(kind) = plain.get("type").and_then(Value::as_str).map(str::to_owned) {
        plain["type"] = json!([kind, "null"]);
        if let (Some(merged), Some(own)) = (plain.as_object_mut(), value.as_object()) {
            merged.extend(own.clone().into_iter().filter(|(name, _)| name != "oneOf"));
        }
        *value = plain;
    } else if let Some(description) = plain.get("description").cloned()
        && value.get("description").is_none()
    {
        value["description"] = description;
    }
}

fn inline_name(value: &Value) -> Option<&str> {
    let name = value.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")?;
    name.starts_with(INLINE).then_some(name)
}

fn replace_references(value: &mut Value, inline: &BTreeMap<String, Value>) {
    let named = inline_name(value).map(|name| inline.get(name).cloned());
    // Schemas of query parameters are not collected; what isn't known by name is a text there.
    if let Some(schema) = named.map(|known| known.unwrap_or_else(|| json!({"type": "string"}))) {
        let siblings = value.as_object().cloned().unwrap_or_default();
        *value = schema;
        if let Some(members) = value.as_object_mut() {
            for (name, member) in siblings.into_iter().filter(|(name, _)| name != "$ref") {
                members.insert(name, member);
            }
        }
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| replace_references(member, inline)),
        Value::Array(items) => items.iter_mut().for_each(|item| replace_references(item, inline)),
        _ => {}
    }
}

/// A field of a merge patch is never required.
fn loosen_patches(value: &mut Value) {
    let patches: Vec<String> = value
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get(PATCH).is_some())
        .map(|(name, _)| name.clone())
        .collect();
    if let Some(required) = value.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !patches.iter().any(|patch| name == patch));
        if required.is_empty()
            && let Some(members) = value.as_object_mut()
        {
            members.remove("required");
        }
    }
    match value {
        Value::Object(members) => {
            members.remove(PATCH);
            members.values_mut().for_each(loosen_patches);
        }
        Value::Array(items) => items.iter_mut().for_each(loosen_patches),
        _ => {}
    }
}
