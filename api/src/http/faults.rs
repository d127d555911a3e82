//! How deserialisation collects faults: all of them, each with its JSON pointer.

use deserr::{DeserializeError, ErrorKind, IntoValue, MergeWithError, ValueKind, ValuePointerRef};
use domain::fault::{Fault, Refused, token};
use std::ops::ControlFlow;

/// The error type of every request struct: `#[deserr(error = Faults)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    /// One fault at a place.
    pub(crate) fn one(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

/// A place as a JSON pointer (RFC 6901).
pub(crate) fn pointer(place: ValuePointerRef<'_>) -> String {
    match place {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Key { key, prev } => format!("{}/{}", pointer(*prev), token(key)),
        ValuePointerRef::Index { index, prev } => format!("{}/{index}", pointer(*prev)),
    }
}

fn add(to: Option<Faults>, more: Vec<Fault>) -> ControlFlow<Faults, Faults> {
    let mut all = to.unwrap_or_default();
    all.0.extend(more);
    ControlFlow::Continue(all)
}

impl DeserializeError for Faults {
    fn error<V: IntoValue>(
        self_: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let at = pointer(location);
        let fault = match error {
            ErrorKind::IncorrectValueKind { actual, accepted } => Fault::new(
                at,
                "wrong-type",
                format!("must be {}, not {}", names(accepted), name(actual.kind())),
            ),
            ErrorKind::MissingField { field } => {
                Fault::new(format!("{at}/{}", token(field)), "required", "is required")
            }
            ErrorKind::UnknownKey { key, .. } => {
                let detail = "is not a field of this request; check its spelling";
                Fault::new(format!("{at}/{}", token(key)), "unknown-field", detail)
            }
            ErrorKind::UnknownValue { accepted, .. } => {
                Fault::new(at, "unknown-value", format!("must be one of {}", accepted.join(", ")))
            }
            ErrorKind::BadSequenceLen { expected, .. } => {
                Fault::new(at, "wrong-length", format!("must have {expected} items"))
            }
            ErrorKind::Unexpected { .. } => {
                Fault::new(at, "out-of-range", "is outside of what this number can be")
            }
        };
        add(self_, vec![fault])
    }
}

impl MergeWithError<Faults> for Faults {
    fn merge(self_: Option<Self>, other: Faults, _: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        add(self_, other.0)
    }
}

/// Lets a domain parser stand in `#[deserr(try_from(String) = parse -> Refused)]`.
impl MergeWithError<Refused> for Faults {
    fn merge(self_: Option<Self>, other: Refused, place: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        add(self_, vec![other.at(pointer(place))])
    }
}

/// Lets a domain parser of a whole value (an expression, a form) give faults with pointers below it.
impl MergeWithError<Vec<Fault>> for Faults {
    fn merge(self_: Option<Self>, other: Vec<Fault>, place: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        let prefix = pointer(place);
        add(self_, other.into_iter().map(|fault| fault.under(&prefix)).collect())
    }
}

fn name(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Boolean => "true or false",
        ValueKind::Integer | ValueKind::NegativeInteger => "a whole number",
        ValueKind::Float => "a number",
        ValueKind::String => "a text",
        ValueKind::Sequence => "a list",
        ValueKind::Map => "an object",
    }
}

fn names(kinds: &[ValueKind]) -> String {
    let mut names: Vec<&str> = kinds.iter().map(|kind| name(*kind)).collect();
    names.dedup();
    names.join(" or ")
}
