//! Merge patches (RFC 7396): the patch is applied to the resource's editable fields as JSON, and what comes out
//! is parsed by the very struct that a `POST` takes, so both have the same rules and name the same faults.
//!
//! Two fields hold values of several kinds, of which a mixture would never be right: a new `eligibility` takes the
//! place of the old one, and so does a `meeting` of another kind.

use crate::http::draft::Draft;
use crate::http::faults::Faults;
use crate::http::fields::JsonObject;
use crate::http::problem::{Code, Problem};
use deserr::{Deserr, IntoValue, Value as DeserrValue, ValuePointerRef};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::marker::PhantomData;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A merge patch of what a `T` describes.
#[derive(Debug)]
pub(crate) struct MergePatch<T> {
    members: Map<String, Value>,
    of: PhantomData<fn() -> T>,
}

impl<T: Deserr<Faults>> MergePatch<T> {
    /// What comes out when the patch is applied to `current`, whose nulls count as left out.
    ///
    /// # Errors
    /// 500 when `current` is no object.
    pub(crate) fn onto(&self, current: &impl Serialize) -> Result<Draft<T>, Problem> {
        let mut merged = serde_json::to_value(current).map_err(|_| Problem::new(Code::InternalError))?;
        if let Value::Object(members) = &mut merged {
            members.retain(|_, value| !value.is_null());
            self.make_way(members);
        }
        merge(&mut merged, Value::Object(self.members.clone()));
        match merged {
            Value::Object(members) => Ok(Draft::of(members)),
            _ => Err(Problem::new(Code::InternalError)),
        }
    }
}

impl<T> MergePatch<T> {
    /// The patch that an object is.
    pub(crate) fn of(members: Map<String, Value>) -> Self {
        Self { members, of: PhantomData }
    }

    /// Takes away what the patch replaces by a value of another kind.
    fn make_way(&self, current: &mut Map<String, Value>) {
        if self.members.get("eligibility").is_some_and(Value::is_object) {
            current.remove("eligibility");
        }
        let kind = |members: &Map<String, Value>| members.get("meeting").and_then(|m| m.get("kind")).cloned();
        if kind(&self.members).is_some_and(|new| kind(current).is_some_and(|old| old != new)) {
            current.remove("meeting");
        }
    }
}

/// RFC 7396 section 2.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

impl<T> Deserr<Faults> for MergePatch<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: DeserrValue<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let object = JsonObject::deserialize_from_value(value, location)?;
        Ok(Self::of(object.0))
    }
}

/// The same fields, none of them needed; those that a `POST` can leave out can be null, which clears them.
impl<T: ToSchema> PartialSchema for MergePatch<T> {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut object)) = T::schema() else { return T::schema() };
        let required = std::mem::take(&mut object.required);
        for (name, property) in &mut object.properties {
            if !required.contains(name) && !takes_null(property) {
                let null = ObjectBuilder::new().schema_type(Type::Null);
                let either = OneOfBuilder::new().item(property.clone()).item(null);
                *property = RefOr::T(Schema::OneOf(either.build()));
            }
        }
        RefOr::T(Schema::Object(object))
    }
}

fn takes_null(property: &RefOr<Schema>) -> bool {
    let schema = serde_json::to_value(property).unwrap_or_default();
    let is_null = |schema: &Value| {
        schema["type"] == "null"
            || schema["type"].as_array().is_some_and(|types| types.contains(&"null".into()))
    };
    is_null(&schema) || schema["oneOf"].as_array().is_some_and(|choices| choices.iter().any(is_null))
}

impl<T: ToSchema> ToSchema for MergePatch<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Patch", T::name().trim_end_matches("Input")))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_meeting_of_another_kind_and_a_new_eligibility_take_the_place_of_the_old() {
        let patch =
            |value: Value| MergePatch::<()> { members: value.as_object().unwrap().clone(), of: PhantomData };
        let current = json!({"meeting": {"kind": "online", "joinUrl": "u"}, "eligibility": {"not": {}}});
        let left = |value: Value| {
            let mut members = current.as_object().unwrap().clone();
            patch(value).make_way(&mut members);
            members.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(left(json!({"meeting": {"kind": "in_person"}})), ["eligibility"]);
        assert_eq!(left(json!({"meeting": {"kind": "online"}})), ["eligibility", "meeting"]);
        assert_eq!(left(json!({"meeting": {"passcode": "1"}})), ["eligibility", "meeting"]);
        assert_eq!(left(json!({"eligibility": {"region": []}})), ["meeting"]);
    }

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn a_patch_is_merged_as_the_standard_says() {
        for (target, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target;
            merge(&mut merged, patch);
            assert_eq!(merged, expected);
        }
    }
}
