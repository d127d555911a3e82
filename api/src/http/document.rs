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
    // Routes are tried in this order, each by its own pattern: a rush comes to bookings.
    crate::admission::routes(cfg);
    super::service::routes(cfg);
    crate::catalogue::routes(cfg);
    crate::identity::routes(cfg);
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

/// A path and its methods, each with whether it asks the caller to sign in.
type Template = (String, ResourceDef, Vec<(&'static str, bool)>);

/// Which methods a path has, for 405 and `Allow`, and which of them need a signed-in caller.
pub(crate) struct RouteTable(Vec<Template>);

impl RouteTable {
    /// From the document's templates.
    pub(crate) fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let mut table: Vec<Template> = paths
            .map(|(path, item)| {
                let methods = openapi::METHODS.into_iter().filter_map(|method| {
                    let ways = item.get(method)?["security"].as_array();
                    let signs_in = ways.is_none_or(|ways| !ways.contains(&serde_json::json!({})));
                    Some((upper(method), signs_in))
                });
                (path.clone(), ResourceDef::new(path.as_str()), methods.collect())
            })
            .collect();
        for page in ["/docs", "/docs/{file:.*}"] {
            table.push((page.to_owned(), ResourceDef::new(page), vec![("GET", false)]));
        }
        Self(table)
    }

    /// The methods that stand at a path, `HEAD` included; empty when nothing stands there.
    pub(crate) fn methods_at(&self, path: &str) -> Vec<&'static str> {
        let mut methods: Vec<&'static str> = self
            .0
            .iter()
            .filter(|(_, template, _)| template.is_match(path))
            .flat_map(|(_, _, methods)| methods.iter().map(|(method, _)| *method))
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
        self.0
            .iter()
            .filter(|(path, _, _)| path == template)
            .any(|(_, _, methods)| methods.contains(&(method, true)))
    }
}

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
