//! The service itself: health, metrics, the API description, the documentation of problems.

use super::answer::Answer;
use super::app::App;
use super::caller::Caller;
use super::context::Context;
use super::document::RouteTable;
use super::etag::ETag;
use super::path::Path;
use super::problem::{Code, Problem};
use super::query::{NoQuery, Query};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use bytes::Bytes;
use domain::identity::{Action, Resource};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// Methods that may stand as a label.
pub(crate) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Operations of the service itself.
pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(live)
        .service(ready)
        .service(metrics)
        .service(api_description)
        .service(problems)
        .service(problem);
}

/// Whether the service does its work.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ready"}))]
struct Health {
    /// `live`, or `ready`.
    status: &'static str,
}

/// Whether the process lives
///
/// Answers as long as the program runs, whatever it is waiting for. Restart it when this fails.
#[utoipa::path(tag = "service", operation_id = "getLiveness", security(()), responses((status = 200, description = "It lives.", body = Health)))]
#[get("/health/live")]
async fn live(_: Query<NoQuery>) -> Answer {
    Answer::bytes("application/json", Bytes::from_static(br#"{"status":"live"}"#)).private()
}

/// Whether requests should be sent here
///
/// 503 while the service starts, while it drains and while its database doesn't answer.
#[utoipa::path(tag = "service", operation_id = "getReadiness", security(()), responses((status = 200, description = "It is ready.", body = Health)))]
#[get("/health/ready")]
async fn ready(app: App, _: Query<NoQuery>) -> Result<Answer, Problem> {
    app.lifecycle.check()?;
    app.store.ping().await?;
    Ok(Answer::ok(&Health { status: "ready" }).private())
}

/// Counters for Prometheus
///
/// For platform admins. Where the service has a metrics address of its own, they stand there and this is 404.
#[utoipa::path(tag = "service", operation_id = "getMetrics", responses((
    status = 200, description = "Prometheus's text format.", body = String, content_type = "text/plain",
    example = "academy_http_requests_total{method=\"GET\",route=\"/v1/programmes\",status=\"200\"} 12"
), (status = 404, description = "Metrics stand at an address of their own.")),
    extensions(("x-problems" = json!(["not-found"]))))]
#[get("/metrics")]
async fn metrics(app: App, caller: Caller, _: Query<NoQuery>) -> Result<Answer, Problem> {
    if app.settings.metrics_listen.is_some() {
        return Err(Problem::new(Code::NotFound));
    }
    caller.require(Action::ReadMetrics, &Resource::Platform)?;
    Ok(Answer::bytes("text/plain; version=0.0.4", app.metrics.to_text().into()).private())
}

/// The API description, ready to be sent.
pub(crate) struct Description {
    /// The document as served.
    pub text: Bytes,
    /// Its version.
    pub etag: ETag,
    /// Its paths and methods.
    pub routes: RouteTable,
}

impl Description {
    /// Made once, at the start.
    pub(crate) fn new() -> Arc<Self> {
        let document = super::document::document();
        let text = Bytes::from(openapi::to_text(&document));
        Arc::new(Self { etag: ETag::of_content(&text), text, routes: RouteTable::of(&document) })
    }
}

/// This API description
///
/// OpenAPI 3.1, the same as the committed `openapi/openapi.json`. Has an `ETag`.
#[utoipa::path(tag = "service", operation_id = "getApiDescription", security(()), responses((
    status = 200, description = "The OpenAPI document.", body = Object, content_type = "application/json",
    example = json!({"openapi": "3.1.0", "info": {"title": "Academy", "version": "1.0.0"}})
), (status = 304, description = "You have this version already.")))]
#[get("/openapi.json")]
async fn api_description(
    request: HttpRequest,
    description: web::Data<Description>,
    _: Query<NoQuery>,
) -> HttpResponse {
    let named = request.headers().get(header::IF_NONE_MATCH).and_then(|list| list.to_str().ok());
    let tag = (header::ETAG, description.etag.to_header());
    let caching = (header::CACHE_CONTROL, "no-cache");
    if named.is_some_and(|list| description.etag.is_named(list)) {
        return HttpResponse::NotModified().insert_header(tag).insert_header(caching).finish();
    }
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(tag)
        .insert_header(caching)
        .body(description.text.clone())
}

/// A problem code and what it means.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "code": "cohort-full", "status": 409, "title": "All places are taken",
    "documentation": "The cohort has no free place and no waiting list."
}))]
struct ProblemView {
    /// The stable code.
    code: &'static str,
    /// The HTTP status that it comes with.
    status: u16,
    /// A short sentence.
    title: &'static str,
    /// What it means and what to do about it.
    documentation: &'static str,
}

impl From<Code> for ProblemView {
    fn from(code: Code) -> Self {
        Self {
            code: code.as_str(),
            status: code.status(),
            title: code.title(),
            documentation: code.documentation(),
        }
    }
}

/// Every problem code.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [{
    "code": "not-found", "status": 404, "title": "Not found",
    "documentation": "Nothing stands at this address, or nothing that you may know of."
}]}))]
struct ProblemList {
    /// In the order of the table.
    items: Vec<ProblemView>,
}

/// Every problem code
///
/// The documentation of all problem codes that this service answers with.
#[utoipa::path(tag = "service", operation_id = "listProblems", security(()), responses((status = 200, description = "All codes.", body = ProblemList)))]
#[get("/problems")]
async fn problems(_: Query<NoQuery>) -> Answer {
    Answer::ok(&ProblemList { items: Code::ALL.iter().map(|code| (*code).into()).collect() })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ProblemPath {
    /// The code, as in a problem's `type`.
    code: String,
}

/// What a problem code means
///
/// The address in a problem's `type`.
#[utoipa::path(tag = "service", operation_id = "getProblem", security(()), params(ProblemPath), responses((status = 200, description = "The code's documentation.", body = ProblemView)))]
#[get("/problems/{code}")]
async fn problem(path: Path<ProblemPath>, _: Query<NoQuery>) -> Result<Answer, Problem> {
    let code = Code::ALL.iter().find(|code| code.as_str() == path.0.code);
    code.map(|code| Answer::ok(&ProblemView::from(*code))).ok_or_else(|| Problem::new(Code::NotFound))
}

/// What answers where no operation stands: 404, or 405 with `Allow`.
///
/// # Errors
/// Always.
pub(crate) async fn nothing_here(
    request: HttpRequest,
    context: Context,
    description: web::Data<Description>,
) -> Result<HttpResponse, Problem> {
    let methods = description.routes.methods_at(request.path());
    if methods.is_empty() {
        return Err(Problem::new(Code::NotFound));
    }
    let detail = format!("{} isn't offered here, but {}.", context.method, methods.join(", "));
    Err(Problem::new(Code::MethodNotAllowed).detail(detail).header(header::ALLOW, methods.join(", ")))
}
