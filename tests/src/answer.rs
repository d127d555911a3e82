//! An answer, with the assertions that tests make about it.

use crate::documented;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::ops::Index;
use std::time::Instant;

/// What the server answered. Every assertion prints the whole of it when it fails.
#[derive(Clone, Debug)]
#[must_use = "an answer that nobody looks at may be a refusal"]
pub struct Answer {
    /// Who asked for what.
    pub(crate) call: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    json: Value,
    /// Right before the request was sent.
    pub sent: Instant,
    /// Right after the answer was read.
    pub received: Instant,
}

impl Answer {
    pub(crate) fn new(call: String, status: u16, headers: HeaderMap, body: Vec<u8>, sent: Instant) -> Self {
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Self { call, status, headers, body, json, sent, received: Instant::now() }
    }

    /// Asserts that it was 200 and gives the body.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.status(200).json
    }

    /// Asserts that it was 201 and gives the body.
    #[track_caller]
    pub fn created(self) -> Value {
        self.status(201).json
    }

    /// Asserts the status.
    #[track_caller]
    pub fn status(self, expected: u16) -> Self {
        assert!(self.status == expected, "expected {expected}: {}", self.described());
        self
    }

    /// Asserts a 204 without a body.
    #[track_caller]
    pub fn no_content(self) {
        let answer = self.status(204);
        assert!(answer.body.is_empty(), "a body: {}", answer.described());
    }

    /// Asserts a problem with this status and code (RFC 9457) and gives it.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let answer = self.status(status);
        let found = answer.json["code"].as_str();
        assert!(found == Some(code), "expected the problem {code}: {}", answer.described());
        answer.json
    }

    /// Asserts a 422 `code` with exactly these faults, each `POINTER code`, `parameter NAME code`, `header NAME code` or
    /// `line N code`, in any order.
    #[track_caller]
    pub fn faults(self, code: &str, expected: &[&str]) -> Value {
        let described = self.described();
        let problem = self.problem(422, code);
        let mut found = faults_of(&problem);
        let mut expected: Vec<String> = expected.iter().map(|fault| (*fault).to_owned()).collect();
        found.sort();
        expected.sort();
        assert!(found == expected, "expected the faults {expected:#?}, found {found:#?}: {described}");
        problem
    }

    /// Asserts a 422 `invalid` with a fault at this pointer.
    #[track_caller]
    pub fn faults_at(self, pointer: &str) -> Value {
        let described = self.described();
        let problem = self.problem(422, "invalid");
        let named = faults_of(&problem).iter().any(|fault| fault.split(' ').next() == Some(pointer));
        assert!(named, "{pointer} is not named: {described}");
        problem
    }

    /// The status.
    pub fn code(&self) -> u16 {
        self.status
    }

    /// Whether it was 2xx.
    pub fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Its `ETag`.
    #[track_caller]
    pub fn etag(&self) -> String {
        let etag = self.header("etag");
        assert!(!etag.is_empty(), "no ETag: {}", self.described());
        etag.to_owned()
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// The body as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// All there is to say about it.
    pub fn described(&self) -> String {
        format!("{}\n-> {} {:#?}\n{}", self.call, self.status, self.headers, self.text())
    }

    /// What holds for every answer, whatever was asked (api.md, "headers", "tracing", "errors").
    #[track_caller]
    pub(crate) fn follows_the_house_rules(&self, method: &str, path: &str) {
        let rule = |holds: bool, what: &str| assert!(holds, "{what}: {}", self.described());
        rule(self.header("x-content-type-options") == "nosniff", "X-Content-Type-Options");
        rule(!self.header("content-security-policy").is_empty(), "Content-Security-Policy");
        rule(self.header("referrer-policy") == "no-referrer", "Referrer-Policy");
        rule(!self.header("x-request-id").is_empty(), "X-Request-Id");
        let code = self.json["code"].as_str().filter(|_| self.status >= 400).unwrap_or_default();
        if let Some(fault) = documented::undocumented(method, path, self.status, code) {
            rule(false, &fault);
        }
        if self.status == 401 {
            rule(!self.header("www-authenticate").is_empty(), "WWW-Authenticate with a 401");
        }
        if self.status < 400 || self.call.contains(" HEAD ") || self.call.contains("/v1/oauth/token") {
            return;
        }
        rule(self.header("content-type").starts_with("application/problem+json"), "problem+json");
        for member in ["type", "title", "code", "detail", "instance", "requestId"] {
            rule(self.json[member].is_string(), member);
        }
        rule(self.json["status"] == self.status, "status in the problem");
        rule(self.json["requestId"] == self.header("x-request-id"), "requestId is X-Request-Id");
        let code = self.json["code"].as_str().unwrap_or_default();
        let kind = self.json["type"].as_str().unwrap_or_default();
        rule(kind.ends_with(&format!("/problems/{code}")), "type names the code");
        if self.status == 405 {
            rule(!self.header("allow").is_empty(), "Allow with a 405");
        }
        if matches!(self.status, 429 | 503) {
            rule(self.header("retry-after").parse::<u64>().is_ok(), "Retry-After with 429 and 503");
        }
    }
}

/// The faults of a problem, each `POINTER code`, `parameter NAME code` or `header NAME code`.
pub(crate) fn faults_of(problem: &Value) -> Vec<String> {
    let faults = problem["errors"].as_array().cloned().unwrap_or_default();
    let place = |fault: &Value| match (&fault["pointer"], &fault["parameter"], &fault["header"]) {
        (Value::String(pointer), _, _) => pointer.clone(),
        (_, Value::String(name), _) => format!("parameter {name}"),
        (_, _, Value::String(name)) => format!("header {name}"),
        _ if fault["line"].is_u64() => format!("line {}", fault["line"]),
        _ => format!("nowhere {fault}"),
    };
    faults.iter().map(|f| format!("{} {}", place(f), f["code"].as_str().unwrap_or("?"))).collect()
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        &self.json[name]
    }
}
