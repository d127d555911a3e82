//! Answers that say no: RFC 9457 `application/problem+json`, made from one table.

mod table;

pub(crate) use table::Code;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use domain::fault::Fault;
use persistence::StoreError;
use serde_json::{Map, Value, json};
use std::fmt;

/// The media type of problems.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// Where a fault stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Pointer(String),
    Parameter(String),
    Header(String),
    Line(u64),
}

/// One fault of a request: in its body (a JSON pointer, or a line of a file), its query or its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProblemFault {
    place: Place,
    code: &'static str,
    detail: String,
}

impl ProblemFault {
    /// A fault in a query parameter.
    pub(crate) fn parameter(name: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: Place::Parameter(name.into()), code, detail: detail.into() }
    }

    /// A fault in a header.
    pub(crate) fn header(name: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: Place::Header(name.into()), code, detail: detail.into() }
    }

    /// A fault in a file, on a line counted from 1.
    pub(crate) fn line(line: u64, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: Place::Line(line), code, detail: detail.into() }
    }

    /// Its stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    fn to_json(&self) -> Value {
        let (name, place) = match &self.place {
            Place::Pointer(pointer) => ("pointer", json!(pointer)),
            Place::Parameter(parameter) => ("parameter", json!(parameter)),
            Place::Header(header) => ("header", json!(header)),
            Place::Line(line) => ("line", json!(line)),
        };
        json!({ name: place, "code": self.code, "detail": self.detail })
    }
}

impl From<Fault> for ProblemFault {
    fn from(fault: Fault) -> Self {
        Self { place: Place::Pointer(fault.pointer), code: fault.code, detail: fault.detail }
    }
}

/// A refusal or failure on its way to the caller.
///
/// ```ignore
/// return Err(Problem::new(Code::NotFound));
/// return Err(Problem::new(Code::AlreadyBooked).detail("…").with("bookingId", json!(id)));
/// return Err(Problem::invalid(vec![Fault::new("/endsAt", "too-early", "must lie after startsAt")]));
/// ```
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    code: Code,
    detail: Option<String>,
    faults: Vec<ProblemFault>,
    extra: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of the table.
    pub(crate) fn new(code: Code) -> Self {
        let problem = Self { code, detail: None, faults: Vec::new(), extra: Map::new(), headers: Vec::new() };
        match code {
            Code::Unauthenticated => problem.header(header::WWW_AUTHENTICATE, "Bearer realm=\"academy\""),
            Code::Unavailable | Code::OutcomeUnknown | Code::RequestInProgress => problem.retry_after(1),
            _ => problem,
        }
    }

    /// 422 with every fault of the body.
    pub(crate) fn invalid(faults: Vec<Fault>) -> Self {
        Self::new(Code::Invalid).faults(faults)
    }

    /// 422 with one fault of a query parameter.
    pub(crate) fn parameter(name: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Code::Invalid).placed(vec![ProblemFault::parameter(name, code, detail)])
    }

    /// 401 for a bearer token that doesn't hold (RFC 6750 section 3.1).
    pub(crate) fn invalid_token() -> Self {
        Self::new(Code::InvalidToken)
            .header(header::WWW_AUTHENTICATE, "Bearer realm=\"academy\", error=\"invalid_token\"")
    }

    /// 429, to be tried again after so many seconds.
    pub(crate) fn too_many(seconds: u64) -> Self {
        Self::new(Code::TooManyRequests).retry_after(seconds.max(1))
    }

    /// Says what is particular to this occurrence; never a name, an email or a secret.
    #[must_use]
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a fault of the body.
    #[must_use]
    pub(crate) fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault.into());
        self
    }

    /// Adds faults of the body.
    #[must_use]
    pub(crate) fn faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults.extend(faults.into_iter().map(ProblemFault::from));
        self
    }

    /// Adds faults wherever they stand.
    #[must_use]
    pub(crate) fn placed(mut self, faults: Vec<ProblemFault>) -> Self {
        self.faults.extend(faults);
        self
    }

    /// Puts `prefix` before the pointer of each fault: the body is part of a larger one.
    #[must_use]
    pub(crate) fn under(mut self, prefix: &str) -> Self {
        for fault in &mut self.faults {
            if let Place::Pointer(pointer) = &mut fault.place {
                pointer.insert_str(0, prefix);
            }
        }
        self
    }

    /// Adds a member of its own, `camelCase`.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.extra.insert(name.to_owned(), value);
        self
    }

    /// Adds a header line; one that can't be written is left out.
    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.push((name, value));
        }
        self
    }

    /// Says when to try again.
    #[must_use]
    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, seconds.to_string())
    }

    /// Its code.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// Its HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The members of the answer; `instance` and `requestId` are known to whoever sends it.
    pub(crate) fn to_json(&self, instance: Option<&str>, request_id: Option<&str>) -> Value {
        let mut members = Map::new();
        members.insert("type".into(), json!(format!("/problems/{}", self.code.as_str())));
        members.insert("title".into(), json!(self.code.title()));
        members.insert("status".into(), json!(self.code.status()));
        let detail = self.detail.as_deref().unwrap_or(self.code.documentation());
        members.insert("detail".into(), json!(detail));
        if let Some(instance) = instance {
            members.insert("instance".into(), json!(instance));
        }
        members.insert("code".into(), json!(self.code.as_str()));
        if let Some(request_id) = request_id {
            members.insert("requestId".into(), json!(request_id));
        }
        if !self.faults.is_empty() {
            let faults: Vec<Value> = self.faults.iter().map(ProblemFault::to_json).collect();
            members.insert("errors".into(), Value::Array(faults));
        }
        members.extend(self.extra.clone());
        Value::Object(members)
    }

    /// The answer, with what only the request knows.
    pub(crate) fn respond(&self, instance: Option<&str>, request_id: Option<&str>) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        response.content_type(MEDIA_TYPE).insert_header((header::CACHE_CONTROL, "no-store"));
        for (name, value) in &self.headers {
            response.append_header((name.clone(), value.clone()));
        }
        response.body(self.to_json(instance, request_id).to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Problem {}

impl actix_web::ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.respond(None, None)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(reason) => {
                tracing::warn!(reason, "the database is not available");
                Self::new(Code::Unavailable)
            }
            StoreError::OutcomeUnknown => {
                tracing::error!("the outcome of a commit is unknown");
                Self::new(Code::OutcomeUnknown)
            }
            other => {
                tracing::error!(error = %other, "the database refused");
                Self::new(Code::InternalError)
            }
        }
    }
}

impl From<Vec<Fault>> for Problem {
    fn from(faults: Vec<Fault>) -> Self {
        Self::invalid(faults)
    }
}

#[cfg(test)]
mod tests;
