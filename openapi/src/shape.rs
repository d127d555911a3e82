//! Finding one's way in a document that is a JSON value.

use serde_json::{Map, Value};

/// The methods that can stand below a path.
pub const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation: path, method, and what is said of it.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        METHODS
            .iter()
            .filter_map(move |method| item.get(*method).map(|operation| (path.as_str(), *method, operation)))
    })
}

/// Calls `act` with every operation.
pub(crate) fn each_operation(document: &mut Value, mut act: impl FnMut(&str, &str, &mut Map<String, Value>)) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                act(path, method, operation);
            }
        }
    }
}

/// The member `name` of an object as an object, made when it isn't there.
pub(crate) fn object<'a>(parent: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    let slot = parent.entry(name).or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    match slot {
        Value::Object(members) => members,
        _ => unreachable!("made an object above"),
    }
}

/// Calls `act` with every value of the document, outermost first.
pub(crate) fn walk<'a>(value: &'a Value, at: &str, act: &mut impl FnMut(&str, &'a Value)) {
    act(at, value);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                walk(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), act);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{at}/{index}"), act);
            }
        }
        _ => {}
    }
}
