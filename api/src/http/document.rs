//! The API description as this program serves it, and what it knows of paths and methods.

use super::fields::{ListCode, Parsed, Slug};
use super::list::{Cursor, Limit};
use super::problem::Code;
use actix_web::App;
use actix_web::dev::ResourceDef;
use chrono::{DateTime, Utc};
use domain::identity::EmailAddress;
use domain::ids::{AcademyId, OrganisationId, ProgrammeId};
use openapi::ProblemEntry;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

/// Every operation of the API, room by room.
pub(crate) fn routes(cfg: &mut ServiceConfig) {
    super::service::routes(cfg);
    crate::identity::routes(cfg);
    crate::catalogue::routes(cfg);
    crate::admission::routes(cfg);
    crate::messaging::routes(cfg);
    crate::governance::routes(cfg);
}

/// The whole document.
pub(crate) fn document() -> Value {
    let mut base = openapi::base();
    base.components.get_or_insert_default().schemas.extend(parameter_schemas());
    let (_, collected) = App::new().into_utoipa_app().openapi(base).configure(routes).split_for_parts();
    let problems: Vec<ProblemEntry> = Code::ALL
        .iter()
        .map(|code| ProblemEntry {
            code: code.as_str(),
            status: code.status(),
            title: code.title(),
            documentation: code.documentation(),
        })
        .collect();
    openapi::finish(collected, &problems)
}

/// Schemas of query parameters, which the collector leaves out.
fn parameter_schemas() -> Vec<(String, RefOr<Schema>)> {
    fn one<T: ToSchema>() -> (String, RefOr<Schema>) {
        (T::name().into_owned(), T::schema())
    }
    vec![
        one::<Limit>(),
        one::<Cursor>(),
        one::<ListCode>(),
        one::<Slug>(),
        one::<Parsed<bool>>(),
        one::<Parsed<DateTime<Utc>>>(),
        one::<Parsed<EmailAddress>>(),
        one::<Parsed<AcademyId>>(),
        one::<Parsed<OrganisationId>>(),
        one::<Parsed<ProgrammeId>>(),
    ]
}

/// What the table knows of an operation.
struct Operation {
    method: &'static str,
    /// Whether it asks the caller to sign in.
    signs_in: bool,
    /// Whether it takes no query parameter at all and refuses any.
    refuses_parameters: bool,
}

impl Operation {
    fn of(document: &Value, method: &'static str, described: &Value) -> Self {
        let ways = described["security"].as_array();
        let mut parameters = described["parameters"].as_array().into_iter().flatten();
        let takes_none = parameters.all(|parameter| parameter["in"] != "query");
        Self {
            method: upper(method),
            signs_in: ways.is_none_or(|ways| !ways.contains(&serde_json::json!({}))),
            refuses_parameters: takes_none
                && openapi::can_answer(document, described, Code::UnknownParameter.as_str()),
        }
    }
}

/// Which methods a path has, for 405 and `Allow`, and what the document says of each that the frame keeps.
pub(crate) struct RouteTable(Vec<(String, ResourceDef, Vec<Operation>)>);

impl RouteTable {
    /// From the document's templates.
    pub(crate) fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let mut table: Vec<_> = paths
            .map(|(path, item)| {
                let operations = openapi::METHODS
                    .into_iter()
                    .filter_map(|method| Some(Operation::of(document, method, item.get(method)?)));
                (path.clone(), ResourceDef::new(path.as_str()), operations.collect())
            })
            .collect();
        for page in ["/docs", "/docs/{file:.*}"] {
            table.push((page.to_owned(), ResourceDef::new(page), vec![PAGE]));
        }
        Self(table)
    }

    /// The methods that stand at a path, `HEAD` included; empty when nothing stands there.
    pub(crate) fn methods_at(&self, path: &str) -> Vec<&'static str> {
        let mut methods: Vec<&'static str> = self
            .0
            .iter()
            .filter(|(_, template, _)| template.is_match(path))
            .flat_map(|(_, _, operations)| operations.iter().map(|operation| operation.method))
            .collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods
    }

    /// Whether the operation of a template asks the caller to sign in.
    pub(crate) fn asks_to_sign_in(&self, template: &str, method: &str) -> bool {
        self.operation(template, method).is_some_and(|operation| operation.signs_in)
    }

    /// Whether the operation at a path takes no query parameter and refuses any. Asked before a request is routed.
    pub(crate) fn refuses_parameters(&self, path: &str, method: &str) -> bool {
        if let Some(operation) = self.operation(path, method) {
            return operation.refuses_parameters;
        }
        let fitting = self.0.iter().filter(|(_, template, _)| template.is_match(path));
        let mut operations = fitting.flat_map(|(_, _, operations)| operations);
        operations.any(|operation| operation.method == method && operation.refuses_parameters)
    }

    fn operation(&self, template: &str, method: &str) -> Option<&Operation> {
        let (_, _, operations) = self.0.iter().find(|(path, _, _)| path == template)?;
        operations.iter().find(|operation| operation.method == method)
    }
}

/// A page of the documentation.
const PAGE: Operation = Operation { method: "GET", signs_in: false, refuses_parameters: false };

fn upper(method: &'static str) -> &'static str {
    match method {
        "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "patch" => "PATCH",
        _ => "DELETE",
    }
}

#[cfg(test)]
mod tests;
