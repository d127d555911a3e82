//! Reading members of a JSON object, with faults at their places.

use crate::fault::{Fault, Refused, token};
use serde_json::{Map, Value};

/// A text that must be there.
pub(super) fn string<T>(
    raw: &Map<String, Value>,
    name: &str,
    at: &str,
    faults: &mut Vec<Fault>,
    parse: impl Fn(&str) -> Result<T, Refused>,
) -> Option<T> {
    if raw.get(name).is_none_or(Value::is_null) {
        faults.push(Fault::new(format!("{at}/{name}"), "required", "must be given"));
        return None;
    }
    optional(raw, name, at, faults, parse)
}

/// A text that may be left out, or be null.
pub(super) fn optional<T>(
    raw: &Map<String, Value>,
    name: &str,
    at: &str,
    faults: &mut Vec<Fault>,
    parse: impl Fn(&str) -> Result<T, Refused>,
) -> Option<T> {
    let place = || format!("{at}/{name}");
    let fault = match raw.get(name) {
        None | Some(Value::Null) => return None,
        Some(Value::String(text)) => match parse(text) {
            Ok(value) => return Some(value),
            Err(refused) => refused.at(place()),
        },
        Some(_) => Fault::new(place(), "wrong-type", "must be a text"),
    };
    faults.push(fault);
    None
}

/// Refuses members that aren't known, by name.
pub(super) fn only(raw: &Map<String, Value>, known: &[&str], at: &str, faults: &mut Vec<Fault>) {
    for name in raw.keys().filter(|name| !known.contains(&name.as_str())) {
        let detail = format!("is not known here; known are {}", known.join(", "));
        faults.push(Fault::new(format!("{at}/{}", token(name)), "unknown-field", detail));
    }
}
