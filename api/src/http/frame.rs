//! The frame around every request: ids, limits, headers, the log line, and problems for whatever goes wrong.

use super::app::{App, Shared};
use super::context::{Context, bearer};
use super::incoming::{check_head, read_body};
use super::limit::Standing;
use super::problem::{Code, Problem};
use super::service::Description;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use domain::identity::Actor;
use futures::FutureExt;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tracing::Instrument;

/// How much of a path a problem repeats.
const PATH_SHOWN: usize = 256;

const CSP: &str = "default-src 'none'; frame-ancestors 'none'";

/// The middleware that stands around everything.
///
/// # Errors
/// Only for what lost its request on the way (a panic); even that answers a dressed problem.
pub(crate) async fn frame<B: MessageBody + 'static>(
    app: App,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let context = Context::begin(&request);
    request.extensions_mut().insert(context.clone());
    if context.method == Method::HEAD {
        // Routed as GET; the connection leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let exchange = Exchange::new(app, context, &request);
    let span = tracing::info_span!(
        "request",
        id = %exchange.context.request_id,
        trace = exchange.trace(),
        method = %exchange.context.method,
    );
    let answered = exchange.answer(request, next).instrument(span.clone()).await;
    let _in_span = span.enter();
    match answered {
        Ok(mut response) => {
            let route = response.request().match_pattern();
            exchange.dress(response.headers_mut());
            exchange.report(route.as_deref().unwrap_or("-"), response.status(), began);
            Ok(response)
        }
        Err(problem) => {
            exchange.report("-", problem.status(), began);
            Err(Undone { exchange, problem }.into())
        }
    }
}

/// One request and what its answer needs.
struct Exchange {
    app: web::Data<Shared>,
    context: Context,
    path: String,
    standing: Standing,
    personal: bool,
}

impl Exchange {
    fn new(app: App, context: Context, request: &ServiceRequest) -> Self {
        let standing = app.peers.count(&context.peer);
        let personal = request.headers().contains_key(header::AUTHORIZATION);
        let path = request.path().chars().take(PATH_SHOWN).collect();
        Self { app, context, path, standing, personal }
    }

    fn trace(&self) -> &str {
        self.context.traceparent.get(3..35).unwrap_or_default()
    }

    /// The answer of whatever is inside, problems written out.
    async fn answer<B: MessageBody + 'static>(
        &self,
        mut request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<BoxBody>, Problem> {
        let admitted = match self.standing.wait {
            Some(seconds) => Err(Problem::too_many(seconds)),
            None => check_head(&request),
        };
        let admitted = match admitted {
            Ok(()) => read_body(&mut request).await,
            refused => refused,
        };
        if let Err(problem) = admitted {
            return Ok(request.into_response(self.write(&problem)));
        }
        let inside = AssertUnwindSafe(next.call(request)).catch_unwind().await;
        let response = match inside {
            Ok(Ok(response)) => response.map_into_boxed_body(),
            Ok(Err(error)) => return Err(problem_of(&error)),
            Err(panic) => {
                tracing::error!(panic = panic_text(&*panic), "a handler panicked");
                return Err(Problem::new(Code::InternalError));
            }
        };
        match response.response().error().map(problem_of) {
            None => Ok(response),
            Some(problem) => {
                let (request, _) = response.into_parts();
                let problem = self.who_calls_first(&request, problem).await;
                Ok(ServiceResponse::new(request, self.write(&problem)))
            }
        }
    }

    /// Faults of a body are told to those who may call the operation: whoever isn't signed in where that is
    /// asked learns this first.
    async fn who_calls_first(&self, request: &HttpRequest, problem: Problem) -> Problem {
        let of_the_body = matches!(
            problem.code(),
            Code::Invalid | Code::MalformedJson | Code::UnsupportedMediaType | Code::MalformedRequest
        );
        let description = request.app_data::<web::Data<Description>>();
        let template = request.match_pattern().unwrap_or_default();
        let asked =
            description.is_some_and(|d| d.routes.asks_to_sign_in(&template, request.method().as_str()));
        if !of_the_body || !asked {
            return problem;
        }
        let Ok(token) = bearer(request) else { return Problem::invalid_token() };
        match crate::identity::authenticate(&self.app, token).await {
            Ok(Actor::Anonymous) => Problem::new(Code::Unauthenticated),
            Ok(_) => problem,
            Err(unknown) => unknown,
        }
    }

    fn write(&self, problem: &Problem) -> HttpResponse {
        problem.respond(Some(&self.path), Some(&self.context.request_id))
    }

    /// The headers that are on every answer.
    fn dress(&self, headers: &mut HeaderMap) {
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        set("x-request-id", &self.context.request_id);
        set("traceparent", &self.context.traceparent);
        set("x-content-type-options", "nosniff");
        set("referrer-policy", "no-referrer");
        set("ratelimit-policy", &self.app.peers.policy());
        set("ratelimit", &self.app.peers.report(self.standing));
        if self.app.lifecycle.is_draining() {
            set("connection", "close");
        }
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
        }
        if self.personal && !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }

    /// The log line and the counters: the template, never the path, which can hold ids.
    fn report(&self, route: &str, status: StatusCode, began: Instant) {
        let took = began.elapsed();
        let (method, status) = (self.context.method.as_str(), status.as_u16());
        let known = super::service::METHODS.contains(&method);
        self.app.metrics.answered(if known { method } else { "-" }, route, status, took);
        let ms = u64::try_from(took.as_micros()).unwrap_or(u64::MAX) / 1000;
        if status >= 500 {
            tracing::error!(route, status, ms, "answered");
        } else {
            tracing::info!(route, status, ms, "answered");
        }
    }
}

/// Our own problems as they are; whatever else a library refuses with, by its status.
fn problem_of(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    let status = error.as_response_error().status_code();
    match status.as_u16() {
        404 => Problem::new(Code::NotFound),
        405 => Problem::new(Code::MethodNotAllowed),
        408 => Problem::new(Code::RequestTimeout),
        413 => Problem::new(Code::ContentTooLarge),
        415 => Problem::new(Code::UnsupportedMediaType),
        422 => Problem::new(Code::Invalid),
        400..=499 => Problem::new(Code::MalformedRequest),
        503 => Problem::new(Code::Unavailable),
        _ => {
            tracing::error!(%error, "an unexpected failure");
            Problem::new(Code::InternalError)
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// A failure that lost its request: it carries all that its answer needs.
struct Undone {
    exchange: Exchange,
    problem: Problem,
}

impl fmt::Debug for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Undone({})", self.problem)
    }
}

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl ResponseError for Undone {
    fn status_code(&self) -> StatusCode {
        self.problem.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.exchange.write(&self.problem);
        self.exchange.dress(response.headers_mut());
        response
    }
}

#[cfg(test)]
mod tests;
