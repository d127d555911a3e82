//! The hash chain of a ledger, computed by code of the tests' own (ADM-12).

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The canonical JSON of RFC 8785, for values without fractions: keys sorted by their UTF-16 code units, no
/// blanks, the shortest escapes.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
            let list: Vec<String> = members
                .iter()
                .map(|(name, v)| format!("{}:{}", Value::from(name.as_str()), canonical(v)))
                .collect();
            format!("{{{}}}", list.join(","))
        }
        Value::Array(items) => {
            let list: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", list.join(","))
        }
        plain => plain.to_string(),
    }
}

/// The hash of an entry, given as it is listed.
pub fn hash_of(entry: &Value) -> String {
    let mut bare = entry.clone();
    if let Some(members) = bare.as_object_mut() {
        members.retain(|name, _| name != "previousHash" && name != "entryHash");
    }
    let previous = entry["previousHash"].as_str().unwrap_or_default();
    let hash = Sha256::new().chain_update(previous).chain_update(canonical(&bare)).finalize();
    HEXLOWER.encode(&hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_json_sorts_keys_and_leaves_no_blanks() {
        let value = json!({"b": [1, null, true], "a": {"z": "é\n\"", "A": -5}, "": "€"});
        assert_eq!(canonical(&value), r#"{"":"€","a":{"A":-5,"z":"é\n\""},"b":[1,null,true]}"#);
    }
}
