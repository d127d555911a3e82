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

/// Which methods a path has, for 405 and `Allow`.
pub(crate) struct RouteTable(Vec<(ResourceDef, Vec<&'static str>)>);

impl RouteTable {
    /// From the document's templates.
    pub(crate) fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let mut table: Vec<(ResourceDef, Vec<&'static str>)> = paths
            .map(|(path, item)| {
                let methods = openapi::METHODS.into_iter().filter(|method| item.get(*method).is_some());
                (ResourceDef::new(path.as_str()), methods.map(upper).collect())
            })
            .collect();
        table.push((ResourceDef::new("/docs"), vec!["GET"]));
        table.push((ResourceDef::new("/docs/{file:.*}"), vec!["GET"]));
        Self(table)
    }

    /// The methods that stand at a path, `HEAD` included; empty when nothing stands there.
    pub(crate) fn methods_at(&self, path: &str) -> Vec<&'static str> {
        let mut methods: Vec<&'static str> = self
            .0
            .iter()
            .filter(|(template, _)| template.is_match(path))
            .flat_map(|(_, methods)| methods.iter().copied())
            .collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods
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
