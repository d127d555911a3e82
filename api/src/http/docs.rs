//! `/docs`: the documentation page, served whole by the program with nothing from elsewhere.

use super::path::Path;
use super::problem::{Code, Problem};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use std::sync::{Arc, LazyLock};
use utoipa_swagger_ui::Config;

const CSP: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
                   form-action 'none'; frame-ancestors 'none'";

static PAGE: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("/openapi.json").validator_url("none");
    Arc::new(config.doc_expansion("none").display_operation_id(true))
});

/// The page and its files; no operations of the API, so not in the document.
pub(crate) fn serve(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/docs").guard(actix_web::guard::Get()).to(to_page))
        .service(web::resource("/docs/{file:.*}").guard(actix_web::guard::Get()).to(file));
}

async fn to_page() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

#[derive(Deserialize)]
struct File {
    file: String,
}

async fn file(path: Path<File>) -> Result<HttpResponse, Problem> {
    let found = utoipa_swagger_ui::serve(&path.0.file, PAGE.clone()).map_err(|error| {
        tracing::error!(%error, "a file of the documentation can't be served");
        Problem::new(Code::InternalError)
    })?;
    let found = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok()
        .content_type(found.content_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(found.bytes.into_owned()))
}
