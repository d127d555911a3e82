//! JSON as it should be: one value, no key twice, no NUL, whole numbers whole.

use super::problem::{Code, Problem};
use domain::fault::{Fault, token};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

/// Parses a body.
///
/// # Errors
/// 400 `malformed-json`; 422 with `duplicate-field` and `invalid-character`, each at its place.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let faults = RefCell::new(Vec::new());
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let seed = Strict { faults: &faults, at: String::new() };
    let value = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    let value = value.map_err(|error| {
        let place = format!("at line {}, column {}", error.line(), error.column());
        Problem::new(Code::MalformedJson).detail(format!("The body is not JSON in UTF-8: it fails {place}."))
    })?;
    let faults = faults.into_inner();
    if faults.is_empty() { Ok(value) } else { Err(Problem::invalid(faults)) }
}

struct Strict<'a> {
    faults: &'a RefCell<Vec<Fault>>,
    at: String,
}

impl Strict<'_> {
    fn check_text(&self, text: &str, at: &str) {
        if text.contains('\0') {
            let fault = Fault::new(at, "invalid-character", "must not contain the character NUL");
            self.faults.borrow_mut().push(fault);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// `5.0` is the whole number 5, as JSON Schema has it.
    #[expect(clippy::cast_possible_truncation, reason = "only whole numbers that f64 holds exactly are cast")]
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() == 0.0 && value.abs() < EXACT {
            return Ok((value as i64).into());
        }
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.check_text(value, &self.at);
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access
            .next_element_seed(Strict { faults: self.faults, at: format!("{}/{}", self.at, list.len()) })?
        {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let at = format!("{}/{}", self.at, token(&key));
            self.check_text(&key, &at);
            if members.contains_key(&key) {
                let fault = Fault::new(at.clone(), "duplicate-field", "stands more than once in this object");
                self.faults.borrow_mut().push(fault);
            }
            let value = access.next_value_seed(Strict { faults: self.faults, at })?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Value {
        parse(text.as_bytes()).unwrap_err().to_json(None, None)
    }

    #[test]
    fn what_is_no_json_is_400() {
        for bad in ["", "{", "{}}", "nul", "{\"a\":1,}", "\u{feff}{}", "1e999"] {
            assert_eq!(parse(bad.as_bytes()).unwrap_err().code(), Code::MalformedJson, "{bad}");
        }
        assert_eq!(parse(b"{\"a\":\"\xff\"}").unwrap_err().code(), Code::MalformedJson);
        let deep = "[".repeat(500) + &"]".repeat(500);
        assert_eq!(parse(deep.as_bytes()).unwrap_err().code(), Code::MalformedJson);
    }

    #[test]
    fn a_nul_and_a_key_that_stands_twice_are_named() {
        let body = faults(r#"{"a":["x\u0000"],"b":1,"b":2}"#);
        assert_eq!(body["errors"][0]["pointer"], "/a/0");
        assert_eq!(body["errors"][0]["code"], "invalid-character");
        assert_eq!(body["errors"][1]["pointer"], "/b");
        assert_eq!(body["errors"][1]["code"], "duplicate-field");
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        assert_eq!(parse(b"[5.0,1e2,-3,2.5]").unwrap(), serde_json::json!([5, 100, -3, 2.5]));
    }
}
