//! A body that may be wrong in part, kept until all that can be wrong with it is known.

use super::faults::Faults;
use super::fields::JsonObject;
use super::problem::Problem;
use deserr::{Deserr, IntoValue, Value as DeserrValue, ValuePointerRef};
use domain::fault::Fault;
use serde_json::{Map, Value};
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// What should be a `T`. Its fields that read well can be looked at whatever is wrong with the others, so that
/// faults between fields, and ids that name nothing, are told together with those of single values.
#[derive(Debug)]
pub(crate) struct Draft<T> {
    sent: Map<String, Value>,
    read: Result<T, Vec<Fault>>,
}

impl<T: Deserr<Faults>> Draft<T> {
    /// What an object says.
    pub(crate) fn of(sent: Map<String, Value>) -> Self {
        let read = deserr::deserialize::<T, _, Faults>(Value::Object(sent.clone()));
        Self { sent, read: read.map_err(|faults| faults.0) }
    }
}

impl<T> Draft<T> {
    /// A field, where it was sent and reads well.
    pub(crate) fn field<F: Deserr<Faults>>(&self, name: &str) -> Option<F> {
        deserr::deserialize::<F, _, Faults>(self.sent.get(name)?.clone()).ok()
    }

    /// A field that may be left out or null: `None` only where it was sent and doesn't read well.
    pub(crate) fn optional<F: Deserr<Faults>>(&self, name: &str) -> Option<Option<F>> {
        match self.sent.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(_) => self.field(name).map(Some),
        }
    }

    /// The entries of a list, each where it reads well; empty where there is no list.
    pub(crate) fn entries<F: Deserr<Faults>>(&self, name: &str) -> Vec<Option<F>> {
        let entries = self.sent.get(name).and_then(Value::as_array).into_iter().flatten();
        entries.map(|entry| deserr::deserialize::<F, _, Faults>(entry.clone()).ok()).collect()
    }

    /// How many entries a list has; none where there is no list.
    pub(crate) fn length(&self, name: &str) -> usize {
        self.sent.get(name).and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// How many entries a list has, where there is one.
    pub(crate) fn list_length(&self, name: &str) -> Option<usize> {
        self.sent.get(name).and_then(Value::as_array).map(Vec::len)
    }

    /// What `make` makes of it, unless something is wrong with it, or `more` was found to be.
    ///
    /// # Errors
    /// 422 with every fault, each once.
    pub(crate) fn finish<P>(
        self,
        more: Vec<Fault>,
        make: impl FnOnce(T) -> Result<P, Vec<Fault>>,
    ) -> Result<P, Problem> {
        self.parts(more, make).map_err(Problem::invalid)
    }

    /// The same where it is part of a larger body.
    ///
    /// # Errors
    /// Every fault, each once.
    pub(crate) fn parts<P>(
        self,
        more: Vec<Fault>,
        make: impl FnOnce(T) -> Result<P, Vec<Fault>>,
    ) -> Result<P, Vec<Fault>> {
        let mut faults = match self.read.and_then(make) {
            Ok(made) if more.is_empty() => return Ok(made),
            Ok(_) => Vec::new(),
            Err(faults) => faults,
        };
        for fault in more {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        Err(faults)
    }

    /// The whole, where nothing more can be wrong with it.
    ///
    /// # Errors
    /// 422 with every fault.
    pub(crate) fn into_inner(self) -> Result<T, Problem> {
        self.finish(Vec::new(), Ok)
    }
}

impl<T: Deserr<Faults>> Deserr<Faults> for Draft<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: DeserrValue<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        JsonObject::deserialize_from_value(value, location).map(|object| Self::of(object.0))
    }
}

/// Described as what it should be.
impl<T: ToSchema> PartialSchema for Draft<T> {
    fn schema() -> RefOr<Schema> {
        T::schema()
    }
}

impl<T: ToSchema> ToSchema for Draft<T> {
    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}
