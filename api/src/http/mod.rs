//! What every handler stands on.
//!
//! A handler is about 25 lines: it takes [`app::App`], [`caller::Caller`] and its strict extractors
//! ([`path::Path`], [`query::Query`], [`json::Json`]), loads its target, asks `caller.require(…)`, writes in
//! `app.write(&caller, async |work| …)` and gives an [`answer::Answer`] or a [`problem::Problem`].

pub(crate) mod answer;
pub(crate) mod app;
pub(crate) mod caller;
pub(crate) mod context;
pub(crate) mod csv;
pub(crate) mod docs;
pub(crate) mod document;
pub(crate) mod draft;
pub(crate) mod etag;
pub(crate) mod faults;
pub(crate) mod fields;
pub(crate) mod frame;
pub(crate) mod incoming;
pub(crate) mod json;
pub(crate) mod limit;
pub(crate) mod list;
pub(crate) mod metrics;
pub(crate) mod path;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod secrets;
pub(crate) mod service;
mod strict;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod write;
