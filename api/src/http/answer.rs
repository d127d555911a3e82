//! An answer as bytes: what a handler gives, what is kept for repeats.

use super::caller::Caller;
use super::etag::ETag;
use super::list::{Page, next_link};
use super::problem::{Code, Problem};
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use bytes::Bytes;
use serde::Serialize;

/// A success on its way to the caller.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
    pub(super) secret: bool,
    pub(super) unkept: bool,
    etag: Option<ETag>,
}

impl Answer {
    /// An answer without a body yet.
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), secret: false, unkept: false, etag: None }
    }

    /// 200 with a view.
    pub(crate) fn ok(view: &impl Serialize) -> Self {
        Self::new(StatusCode::OK).json(view)
    }

    /// 201 with its address and the resource.
    pub(crate) fn created(location: impl AsRef<str>, view: &impl Serialize) -> Self {
        Self::new(StatusCode::CREATED).header(header::LOCATION, location).json(view)
    }

    /// 202 with a view.
    pub(crate) fn accepted(view: &impl Serialize) -> Self {
        Self::new(StatusCode::ACCEPTED).json(view)
    }

    /// 204.
    pub(crate) fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT)
    }

    /// 200 with one page of a list and the link to the next.
    pub(crate) fn page<T: Serialize>(caller: &Caller, page: &Page<T>) -> Self {
        let answer = Self::ok(page);
        match &page.next_cursor {
            Some(cursor) => answer.link_next(caller, cursor),
            None => answer,
        }
    }

    /// 200 with bytes that were made before.
    pub(crate) fn bytes(media_type: &str, body: Bytes) -> Self {
        Self { body, ..Self::new(StatusCode::OK) }.header(header::CONTENT_TYPE, media_type)
    }

    fn json(mut self, view: &impl Serialize) -> Self {
        match serde_json::to_vec(view) {
            Ok(bytes) => {
                self.body = bytes.into();
                self.header(header::CONTENT_TYPE, "application/json")
            }
            Err(error) => {
                tracing::error!(%error, "an answer could not be written");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// Adds a header line; one that can't be written is left out.
    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.push((name, value));
        }
        self
    }

    /// Says which version this is; what a caller sees depends on who they are.
    #[must_use]
    pub(crate) fn etag(self, etag: ETag) -> Self {
        let mut answer = self.header(header::ETAG, etag.to_header()).header(header::VARY, "Authorization");
        answer.etag = Some(etag);
        answer
    }

    /// Holds personal data: no cache keeps it.
    #[must_use]
    pub(crate) fn private(self) -> Self {
        self.header(header::CACHE_CONTROL, "no-store")
    }

    /// Holds a secret: no cache keeps it, and for repeats it is kept sealed and briefly.
    #[must_use]
    pub(crate) fn secret(mut self) -> Self {
        self.secret = true;
        self.private()
    }

    /// Commits what was done, but is not the answer: it is not kept for repeats, which are decided anew.
    #[must_use]
    pub(crate) fn unkept(mut self) -> Self {
        self.unkept = true;
        self
    }

    /// Leads to the next page (RFC 8288).
    #[must_use]
    pub(crate) fn link_next(self, caller: &Caller, cursor: &str) -> Self {
        let link = format!("<{}>; rel=\"next\"", next_link(caller, cursor));
        self.header(header::LINK, link)
    }

    /// 304 when the caller has this very version already.
    #[must_use]
    pub(crate) fn conditional(mut self, caller: &Caller) -> Self {
        if self.etag.as_ref().is_some_and(|etag| caller.has_already(etag)) {
            self.status = StatusCode::NOT_MODIFIED;
            self.body = Bytes::new();
            self.headers.retain(|(name, _)| *name != header::CONTENT_TYPE);
        }
        self
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        if self.status.is_server_error() {
            return HttpResponse::from_error(Problem::new(Code::InternalError));
        }
        let mut response = HttpResponse::build(self.status);
        for (name, value) in self.headers {
            response.append_header((name, value));
        }
        if self.body.is_empty() { response.finish() } else { response.body(self.body) }
    }
}
