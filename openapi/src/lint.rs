//! The rules that the document is held to.

use crate::INLINE;
use crate::base::TAGS;
use crate::shape::{operations, walk};
use serde_json::Value;
use std::collections::HashSet;

/// Everything that is wrong with a finished document, one sentence each.
pub fn lint(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = HashSet::new();
    for (path, method, operation) in operations(document) {
        let at = format!("{} {path}", method.to_uppercase());
        operation_rules(&at, operation, &mut ids, &mut faults);
        if !answers_well(document, operation) {
            faults.push(format!("{at}: no 2xx answer with an example, or a schema that has one"));
        }
        path_rules(&at, path, operation, &mut faults);
        let body = operation["requestBody"]["content"].as_object();
        if method == "patch" && body.is_none_or(|content| content.len() != 2) {
            faults.push(format!(
                "{at}: a merge patch is taken as application/merge-patch+json and application/json"
            ));
        }
    }
    reference_rules(document, &mut faults);
    schema_rules(document, &mut faults);
    faults
}

fn operation_rules<'a>(at: &str, operation: &'a Value, ids: &mut HashSet<&'a str>, faults: &mut Vec<String>) {
    let text = |name: &str| operation[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    match operation["operationId"].as_str() {
        Some(id) if !ids.insert(id) => faults.push(format!("{at}: operationId {id} stands twice")),
        Some(id)
            if id.chars().all(|c| c.is_ascii_alphanumeric())
                && id.starts_with(|c: char| c.is_lowercase()) => {}
        _ => faults.push(format!("{at}: no operationId in camelCase")),
    }
    if text("summary").is_none() || text("description").is_none() {
        faults.push(format!("{at}: summary and description are needed"));
    }
    let tags: Vec<&str> =
        operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let known = tags.len() == 1 && TAGS.iter().any(|(name, _)| tags[0] == *name);
    if !known {
        faults.push(format!("{at}: one known tag is needed, not {tags:?}"));
    }
    for status in operation["responses"].as_object().into_iter().flatten().map(|(status, _)| status) {
        if status.parse::<u16>().is_err() {
            faults.push(format!("{at}: {status}"));
        }
    }
}

/// A 2xx answer has no body, or an example, or a schema with one.
fn answers_well(document: &Value, operation: &Value) -> bool {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let mut good = answers.filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer).peekable();
    good.peek().is_some()
        && good.all(|answer| {
            let bodies = answer["content"].as_object().into_iter().flatten();
            bodies.into_iter().all(|(_, body)| has_example(document, body))
        })
}

fn has_example(document: &Value, body: &Value) -> bool {
    let schema = resolve(document, &body["schema"]);
    let own =
        ["example", "examples"].iter().any(|name| body.get(name).is_some() || schema.get(name).is_some());
    // A page has one when its items have.
    let items = resolve(document, &schema["properties"]["items"]["items"]);
    own || items.get("example").is_some()
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or(&Value::Null),
        None => schema,
    }
}

fn path_rules(at: &str, path: &str, operation: &Value, faults: &mut Vec<String>) {
    let named: HashSet<&str> = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .map(|n| n.split(':').next().unwrap_or(n))
        .collect();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let listed: HashSet<&str> =
        parameters.filter(|p| p["in"] == "path").filter_map(|p| p["name"].as_str()).collect();
    if named != listed {
        faults.push(format!("{at}: the path names {named:?}, the parameters {listed:?}"));
    }
}

fn reference_rules(document: &Value, faults: &mut Vec<String>) {
    walk(document, "", &mut |at, value| {
        let Some(to) = value.get("$ref").and_then(Value::as_str) else { return };
        let resolves = to.strip_prefix('#').is_some_and(|pointer| document.pointer(pointer).is_some());
        if !resolves || to.contains(INLINE) {
            faults.push(format!("{at}: {to} leads nowhere"));
        }
    });
}

fn schema_rules(document: &Value, faults: &mut Vec<String>) {
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        walk(schema, name, &mut |at, value| {
            // Examples hold data, not schemas.
            if at.contains("/example") {
                return;
            }
            null_rules(at, value, faults);
            for (field, property) in value.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                if property.get("description").is_none() {
                    faults.push(format!("{at}: {field} has no description"));
                }
                let camel = field.chars().all(|c| c.is_ascii_alphanumeric())
                    && !field.starts_with(char::is_uppercase);
                if !camel && !field.contains('_') {
                    faults.push(format!("{at}: {field} is not camelCase"));
                }
            }
        });
    }
}

/// What can be null says so once, in a way that lets null through.
fn null_rules(at: &str, schema: &Value, faults: &mut Vec<String>) {
    let null = serde_json::json!("null");
    let choices = schema["oneOf"].as_array();
    if choices.is_some_and(|choices| choices.iter().any(|choice| choice["type"] == null)) {
        faults.push(format!("{at}: null stands in a oneOf; write a list of types, or anyOf"));
    }
    let nullable = schema["type"].as_array().is_some_and(|types| types.contains(&null));
    if nullable && schema["enum"].as_array().is_some_and(|values| !values.contains(&Value::Null)) {
        faults.push(format!("{at}: null is a type, but none of the values"));
    }
}
