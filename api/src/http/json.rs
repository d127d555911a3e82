//! `Json<T>`: the strict body extractor, and `Patch<T>`, the three states of a merge patch's field.

use super::context::{Body, Context};
use super::faults::Faults;
use super::problem::{Code, Problem};
use super::strict;
use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpRequest};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use domain::fault::Fault;
use std::borrow::Cow;
use std::future::{Ready, ready};
use utoipa::__dev::ComposeSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A JSON object as body, parsed with all its faults at once.
///
/// Media types: `application/json`, for `PATCH` also `application/merge-patch+json`; anything else is 415.
/// No body at all counts as `{}` where nothing in it is required. What is no object is 422 at pointer `""`.
/// How a request struct is written stands in [`super::fields`].
pub(crate) struct Json<T>(pub(crate) T);

impl<T> Json<T> {
    /// The body.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<T: Deserr<Faults>> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

fn read<T: Deserr<Faults>>(request: &HttpRequest) -> Result<T, Problem> {
    let body = Body::of(request);
    let nothing_sent = body.is_empty() && !request.headers().contains_key(header::CONTENT_TYPE);
    if nothing_sent {
        return from_value(serde_json::json!({})).map_err(|_| {
            Problem::new(Code::MalformedJson).detail("The body is empty; it must be a JSON object.")
        });
    }
    check_media_type(request)?;
    from_value(strict::parse(&body)?)
}

fn from_value<T: Deserr<Faults>>(value: serde_json::Value) -> Result<T, Problem> {
    if !value.is_object() {
        let fault = Fault::new("", "wrong-type", "must be a JSON object");
        return Err(Problem::invalid(vec![fault]));
    }
    deserr::deserialize::<T, _, Faults>(value).map_err(|faults| Problem::invalid(faults.0))
}

fn check_media_type(request: &HttpRequest) -> Result<(), Problem> {
    let is_patch = Context::of(request).method == Method::PATCH;
    let accepted: &[&str] =
        if is_patch { &["application/merge-patch+json", "application/json"] } else { &["application/json"] };
    let raw = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = raw.unwrap_or_default().split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
    let in_utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    let encoded = request.headers().get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity");
    if accepted.contains(&media_type.as_str()) && in_utf8 && !encoded {
        return Ok(());
    }
    let problem = Problem::new(Code::UnsupportedMediaType)
        .detail(format!("Send the body as {} in UTF-8, without a content encoding.", accepted.join(" or ")));
    Err(if is_patch {
        problem.header(header::HeaderName::from_static("accept-patch"), accepted.join(", "))
    } else {
        problem.header(header::ACCEPT, accepted.join(", "))
    })
}

/// The same for an action whose fields can all be left out: nothing sent as JSON counts as nothing sent.
pub(crate) struct MaybeJson<T>(pub(crate) T);

impl<T: Deserr<Faults>> FromRequest for MaybeJson<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let nothing_sent = Body::of(request).is_empty() && check_media_type(request).is_ok();
        let read = if nothing_sent { from_value(serde_json::json!({})) } else { read(request) };
        ready(read.map(Self))
    }
}

/// No field at all: what is sent to an action that takes none is refused by name.
pub(crate) struct NoBody;

impl FromRequest for NoBody {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(MaybeJson::<NoFields>::from_request(request, payload).into_inner().map(|_| Self))
    }
}

/// An object without fields.
#[derive(Deserr)]
#[deserr(error = Faults, deny_unknown_fields)]
struct NoFields {}

/// A field of a merge patch (RFC 7396): left out, `null`, or a value. Write it
/// `#[deserr(default)] title: Patch<Line<200>>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Patch<T> {
    /// Not in the patch: stays as it is.
    #[default]
    Absent,
    /// `null`: is cleared.
    Clear,
    /// The new value.
    Set(T),
}

impl<T> Patch<T> {
    /// Applies it to a field that can be cleared.
    pub(crate) fn apply<U: From<T>>(self, field: &mut Option<U>) {
        match self {
            Self::Absent => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value.into()),
        }
    }

    /// The same with the value made into something else.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Absent => Patch::Absent,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(make(value)),
        }
    }

    /// `None` when absent, `Some(None)` when cleared.
    pub(crate) fn into_change(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}

impl<T: Deserr<Faults>> Deserr<Faults> for Patch<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            Value::Null => Ok(Self::Clear),
            value => T::deserialize_from_value(value, location).map(Self::Set),
        }
    }
}

impl<T: ComposeSchema> ComposeSchema for Patch<T> {
    fn compose(of: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let null = ObjectBuilder::new().schema_type(Type::Null);
        let value = of.into_iter().next().unwrap_or_else(T::schema);
        let mark = Extensions::builder().add(openapi::PATCH, true).build();
        let either = OneOfBuilder::new().item(null).item(value).extensions(Some(mark));
        RefOr::T(Schema::OneOf(either.build()))
    }
}

impl<T: ToSchema + ComposeSchema> ToSchema for Patch<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Patch_{}", openapi::INLINE, T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests;
