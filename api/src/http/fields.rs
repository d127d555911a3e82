//! Field types of request structs: each parses itself, gives its fault, and describes itself in the document.
//!
//! ```ignore
//! #[derive(Deserr, ToSchema)]
//! #[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
//! #[schema(rename_all = "camelCase", example = json!({"slug": "affinity", "title": "Practice Manager's Affinity Support Group"}))]
//! pub(crate) struct NewProgramme {
//!     /// Short name in addresses.
//!     slug: Slug,
//!     /// What it is called.
//!     title: Line<200>,
//!     /// Who to write to. `Parsed<T>` (behind an alias) takes any `T: FromText`: ids, emails, moments, zones.
//!     contact_email: Email,
//!     /// An optional field needs `default`; one that must be given doesn't have it.
//!     #[deserr(default)]
//!     description: Option<Paragraphs<10_000>>,
//!     /// Numbers with bounds.
//!     #[deserr(default)]
//!     capacity: Option<Whole<1, 100_000>>,
//!     /// A domain parser of a required value plugs in by itself: `fn(String) -> Result<T, Refused>`,
//!     #[deserr(try_from(String) = Format::parse -> Refused)]
//!     #[schema(value_type = String)]
//!     format: Format,
//!     /// or of a whole JSON value with faults below it: `fn(Value) -> Result<T, Vec<Fault>>`.
//!     #[deserr(try_from(serde_json::Value) = eligibility -> Vec<Fault>)]
//!     #[schema(value_type = Object)]
//!     eligibility: Eligibility,
//! }
//! ```
//! An optional value with a domain parser: implement [`FromText`] for it, name an alias of `Parsed<T>`, write `Option<Alias>`.

use super::faults::{Faults, pointer};
use chrono::{DateTime, Utc};
use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, Value, ValueKind, ValuePointerRef, take_cf_content,
};
use domain::catalogue::Region;
use domain::fault::Refused;
use domain::identity::{EmailAddress, OdsCode};
use domain::ids::{
    AcademyId, AttendanceId, BookingId, ClientId, CohortId, InterestId, OrganisationId, PersonId,
    ProgrammeId, ReserveId, SessionId, TasterId,
};
use std::borrow::Cow;
use utoipa::__dev::ComposeSchema;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use uuid::Uuid;

/// Schemas whose name starts so stand in place, never as components (the finishing pass sees to it).
pub(crate) const INLINE: &str = openapi::INLINE;

/// Something that is written as a text on the wire.
pub(crate) trait FromText: Sized {
    /// Parses it.
    ///
    /// # Errors
    /// What would be right.
    fn from_text(raw: &str) -> Result<Self, Refused>;

    /// What the document says of the text; its type is set already.
    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text
    }
}

/// A text on the wire that is a `T`.
///
/// In request structs write it behind an alias without parameters (`type Email = Parsed<EmailAddress>;`, some
/// stand below): the derived schema would ask `T` itself to describe itself, which domain types don't.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Parsed<T>(pub(crate) T);

/// An email.
pub(crate) type Email = Parsed<EmailAddress>;
/// A moment.
pub(crate) type Moment = Parsed<DateTime<Utc>>;
/// An IANA time zone.
pub(crate) type Zone = Parsed<chrono_tz::Tz>;
/// An ODS code.
pub(crate) type OdsCodeField = Parsed<OdsCode>;
/// An NHS England region.
pub(crate) type RegionField = Parsed<Region>;
/// The id of an organisation.
pub(crate) type OrganisationRef = Parsed<OrganisationId>;

/// Reads a text value, or says that it is none.
fn text<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<String, Faults> {
    match value {
        Value::String(text) => Ok(text),
        actual => {
            let kind = ErrorKind::IncorrectValueKind { actual, accepted: &[ValueKind::String] };
            Err(take_cf_content(Faults::error(None, kind, location)))
        }
    }
}

fn parse<T: FromText, V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<T, Faults> {
    let raw = text(value, location)?;
    T::from_text(&raw).map_err(|refused| Faults::one(refused.at(pointer(location))))
}

fn text_schema<T: FromText>() -> RefOr<Schema> {
    T::describe(ObjectBuilder::new().schema_type(Type::String)).build().into()
}

impl<T: FromText> Deserr<Faults> for Parsed<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        parse(value, location).map(Self)
    }
}

impl<T: FromText> ComposeSchema for Parsed<T> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        text_schema::<T>()
    }
}

impl<T: FromText> ToSchema for Parsed<T> {
    fn name() -> Cow<'static, str> {
        inline_name(std::any::type_name::<T>())
    }
}

/// A name for a schema that is put in place.
fn inline_name(of: &str) -> Cow<'static, str> {
    let plain: String = of.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    Cow::Owned(format!("{INLINE}{plain}"))
}

/// Types of this module that are texts themselves.
macro_rules! text_fields {
    ($($(#[doc = $doc:literal])+ $name:ident $(<$max:ident>)? = $parser:expr, $describe:expr;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(transparent)]
        pub(crate) struct $name$(<const $max: usize>)?(pub(crate) String);

        impl$(<const $max: usize>)? FromText for $name$(<$max>)? {
            fn from_text(raw: &str) -> Result<Self, Refused> {
                let parser: fn(&str) -> Result<String, Refused> = $parser;
                parser(raw).map(Self)
            }

            fn describe(text: ObjectBuilder) -> ObjectBuilder {
                let describe: fn(ObjectBuilder) -> ObjectBuilder = $describe;
                describe(text)
            }
        }

        impl$(<const $max: usize>)? Deserr<Faults> for $name$(<$max>)? {
            fn deserialize_from_value<V: IntoValue>(
                value: Value<V>,
                location: ValuePointerRef<'_>,
            ) -> Result<Self, Faults> {
                parse(value, location)
            }
        }

        impl$(<const $max: usize>)? ComposeSchema for $name$(<$max>)? {
            fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
                text_schema::<Self>()
            }
        }

        impl$(<const $max: usize>)? ToSchema for $name$(<$max>)? {
            fn name() -> Cow<'static, str> {
                inline_name(std::any::type_name::<Self>())
            }
        }
    )+};
}

text_fields! {
    /// One line of text, 1 to `MAX` characters, trimmed.
    Line<MAX> = |raw| domain::text::line(raw, MAX), |text| text.min_length(Some(1)).max_length(Some(MAX));
    /// Text of several lines, at most `MAX` characters.
    Paragraphs<MAX> = |raw| domain::text::paragraphs(raw, MAX), |text| text.max_length(Some(MAX));
    /// Words of a-z and 0-9 joined by hyphens.
    Slug = domain::text::slug,
        |text| text.min_length(Some(2)).max_length(Some(80)).pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"));
    /// A code of a labelled list (ACC-9).
    ListCode = domain::text::code, |text| text.max_length(Some(40)).pattern(Some("^[a-z][a-z0-9_]{0,39}$"));
}

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole<const MIN: i64, const MAX: i64>(pub(crate) i64);

impl<const MIN: i64, const MAX: i64> Deserr<Faults> for Whole<MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let number = match value {
            Value::Integer(number) => i64::try_from(number).ok(),
            Value::NegativeInteger(number) => Some(number),
            actual => {
                let kind = ErrorKind::IncorrectValueKind { actual, accepted: &[ValueKind::Integer] };
                return Err(take_cf_content(Faults::error(None, kind, location)));
            }
        };
        match number {
            Some(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => {
                let refused = Refused::new("out-of-range", format!("must be {MIN} to {MAX}"));
                Err(Faults::one(refused.at(pointer(location))))
            }
        }
    }
}

impl<const MIN: i64, const MAX: i64> ComposeSchema for Whole<MIN, MAX> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        number.minimum(Some(MIN)).maximum(Some(MAX)).build().into()
    }
}

impl<const MIN: i64, const MAX: i64> ToSchema for Whole<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        inline_name(&format!("Whole_{MIN}_{MAX}"))
    }
}

impl FromText for EmailAddress {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::parse(raw)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Email))).max_length(Some(Self::MAX))
    }
}

impl FromText for Uuid {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        let canonical = raw.len() == 36;
        let id = Uuid::try_parse(raw).ok().filter(|_| canonical);
        id.ok_or_else(|| Refused::new("invalid-id", "must be an id, a UUID with hyphens"))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
    }
}

macro_rules! ids_from_text {
    ($($id:ident),+) => {$(
        impl FromText for $id {
            fn from_text(raw: &str) -> Result<Self, Refused> {
                Uuid::from_text(raw).map(Self)
            }

            fn describe(text: ObjectBuilder) -> ObjectBuilder {
                Uuid::describe(text)
            }
        }
    )+};
}

ids_from_text!(
    AcademyId,
    AttendanceId,
    BookingId,
    ClientId,
    CohortId,
    InterestId,
    OrganisationId,
    PersonId,
    ProgrammeId,
    ReserveId,
    SessionId,
    TasterId
);

/// A moment: RFC 3339 with an offset, years 1900 to 9999, cut to microseconds.
impl FromText for DateTime<Utc> {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        use chrono::{Datelike, DurationRound, TimeDelta, Timelike};
        let refused = || {
            Refused::new("invalid-time", "must be RFC 3339 with an offset, like 2027-03-31T14:00:00+01:00")
        };
        let plain = raw.len() <= 40 && raw.contains(['T', 't']);
        let moment = DateTime::parse_from_rfc3339(raw).ok().filter(|_| plain).ok_or_else(refused)?;
        if moment.nanosecond() >= 1_000_000_000 {
            let detail =
                "must not be a leap second: seconds go from 00 to 59, write the second before or after";
            return Err(Refused::new("invalid-time", detail));
        }
        let moment = moment.with_timezone(&Utc);
        let moment = moment.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(moment);
        let in_range = (1900..=9999).contains(&moment.year());
        in_range
            .then_some(moment)
            .ok_or_else(|| Refused::new("invalid-time", "must be in the years 1900 to 9999"))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
    }
}

/// An IANA time zone.
impl FromText for chrono_tz::Tz {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        raw.parse()
            .map_err(|_| Refused::new("unknown-time-zone", "must be an IANA time zone, like Europe/London"))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.max_length(Some(64))
    }
}

/// For query parameters: `true` or `false`.
impl FromText for bool {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        raw.parse().map_err(|_| Refused::new("wrong-type", "must be true or false"))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.schema_type(Type::Boolean)
    }
}

/// An object taken as it is, for a domain parser that looks at it later (answers of a form).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct JsonObject(pub(crate) serde_json::Map<String, serde_json::Value>);

impl Deserr<Faults> for JsonObject {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            Value::Map(_) => match serde_json::Value::deserialize_from_value(value, location)? {
                serde_json::Value::Object(members) => Ok(Self(members)),
                _ => Ok(Self::default()),
            },
            actual => {
                let kind = ErrorKind::IncorrectValueKind { actual, accepted: &[ValueKind::Map] };
                Err(take_cf_content(Faults::error(None, kind, location)))
            }
        }
    }
}

impl ComposeSchema for JsonObject {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Object).build().into()
    }
}

impl ToSchema for JsonObject {
    fn name() -> Cow<'static, str> {
        inline_name("JsonObject")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_needs_an_offset() {
        assert!(DateTime::<Utc>::from_text("2027-03-31T14:00:00+01:00").is_ok());
        assert!(DateTime::<Utc>::from_text("2027-03-31T14:00:00Z").is_ok());
        for bad in [
            "2027-03-31T14:00:00",
            "2027-03-31",
            "2027-02-30T14:00:00Z",
            "31/03/2027",
            "0001-01-01T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2027-03-31T14:00:60.5+01:00",
        ] {
            assert!(DateTime::<Utc>::from_text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_is_a_uuid_with_hyphens() {
        assert!(Uuid::from_text("01890000-0000-7000-8000-000000000000").is_ok());
        for bad in ["", "1", "{01890000-0000-7000-8000-000000000000}", "01890000000070008000000000000000"] {
            assert!(Uuid::from_text(bad).is_err(), "{bad}");
        }
    }
}
