//! Schemas as they are told to the outside: single texts and numbers in place, what can be null said once.

use crate::{INLINE, PATCH};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Puts schemas of single texts and numbers in place of the references to them.
pub(crate) fn put_inline(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let names: Vec<String> = schemas.keys().filter(|name| name.starts_with(INLINE)).cloned().collect();
    let mut inline: BTreeMap<String, Value> =
        names.iter().filter_map(|name| schemas.remove(name).map(|schema| (name.clone(), schema))).collect();
    // A patch's field can hold another such schema.
    let known = inline.clone();
    for schema in inline.values_mut() {
        replace_references(schema, &known);
    }
    replace_references(document, &inline);
    loosen_patches(document);
    merge_nullable(document);
}

/// `oneOf` of null and one plain schema as one schema of two types; of null and a reference as `anyOf`. The
/// description stands where it is looked for.
fn merge_nullable(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(merge_nullable),
        Value::Array(items) => items.iter_mut().for_each(merge_nullable),
        _ => {}
    }
    let null = json!({"type": "null"});
    let Some(members) = value.as_object_mut() else { return };
    let mut plain = match members.get("oneOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([first, plain]) if *first == null => plain.clone(),
        Some([plain, second]) if *second == null => plain.clone(),
        _ => return,
    };
    members.remove("oneOf");
    if let Some(described) = plain.as_object_mut().and_then(|plain| plain.remove("description")) {
        members.entry("description").or_insert(described);
    }
    if takes_null(&mut plain) {
        members.extend(plain.as_object().cloned().unwrap_or_default());
    } else {
        members.insert("anyOf".to_owned(), json!([plain, null]));
    }
}

/// Lets a schema with a type be null too; one that is told otherwise (a reference, a choice) is left alone.
fn takes_null(schema: &mut Value) -> bool {
    let mut types = match &schema["type"] {
        Value::String(one) => vec![json!(one)],
        Value::Array(several) => several.clone(),
        _ => return false,
    };
    if !types.contains(&json!("null")) {
        types.push(json!("null"));
    }
    schema["type"] = Value::Array(types);
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut)
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    true
}

fn inline_name(value: &Value) -> Option<&str> {
    let name = value.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")?;
    name.starts_with(INLINE).then_some(name)
}

fn replace_references(value: &mut Value, inline: &BTreeMap<String, Value>) {
    let named = inline_name(value).map(|name| inline.get(name).cloned());
    // Schemas of query parameters are not collected; what isn't known by name is a text there.
    if let Some(schema) = named.map(|known| known.unwrap_or_else(|| json!({"type": "string"}))) {
        let siblings = value.as_object().cloned().unwrap_or_default();
        *value = schema;
        if let Some(members) = value.as_object_mut() {
            for (name, member) in siblings.into_iter().filter(|(name, _)| name != "$ref") {
                members.insert(name, member);
            }
        }
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| replace_references(member, inline)),
        Value::Array(items) => items.iter_mut().for_each(|item| replace_references(item, inline)),
        _ => {}
    }
}

/// A field of a merge patch is never required.
fn loosen_patches(value: &mut Value) {
    let patches: Vec<String> = value
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get(PATCH).is_some())
        .map(|(name, _)| name.clone())
        .collect();
    if let Some(required) = value.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !patches.iter().any(|patch| name == patch));
        if required.is_empty()
            && let Some(members) = value.as_object_mut()
        {
            members.remove("required");
        }
    }
    match value {
        Value::Object(members) => {
            members.remove(PATCH);
            members.values_mut().for_each(loosen_patches);
        }
        Value::Array(items) => items.iter_mut().for_each(loosen_patches),
        _ => {}
    }
}
