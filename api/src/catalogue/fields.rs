//! Field types of this room's requests: domain values that parse themselves from the wire.

use super::wire::{JoiningFormView, MeetingInput};
use crate::http::faults::{Faults, pointer};
use crate::http::fields::{FromText, Parsed};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use domain::admission::{AfterLapse, OfferClock, SettlesFirst, Vacancies};
use domain::catalogue::Region;
use domain::catalogue::eligibility::Eligibility;
use domain::catalogue::joining_form::JoiningForm;
use domain::catalogue::limits;
use domain::catalogue::meeting::{Meeting, web_address};
use domain::catalogue::programme::Format;
use domain::catalogue::public_state::Month;
use domain::fault::{Fault, Refused};
use domain::identity::EmailAddress;
use domain::ids::{AcademyId, BookingId, PersonId, ProgrammeId, ReserveId, SessionId};
use domain::text;
use serde::Serialize;
use std::borrow::Cow;
use utoipa::openapi::schema::{Array, ObjectBuilder, OneOfBuilder, Ref, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// Text that isn't blank, of at most `MAX` characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct NonBlank<const MAX: usize>(pub(crate) String);

impl<const MAX: usize> FromText for NonBlank<MAX> {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        let trimmed = raw.trim();
        if trimmed.is_empty() {
            return Err(Refused::new("required", "must not be blank"));
        }
        text::paragraphs(trimmed, MAX).map(Self)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.min_length(Some(1)).max_length(Some(MAX))
    }
}

/// An address of a page, `http` or `https`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct WebAddress(pub(crate) String);

impl FromText for WebAddress {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        web_address(raw).map(Self)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.format(Some(SchemaFormat::Custom("uri".into()))).max_length(Some(limits::URL))
    }
}

/// An email that is shown in public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct PublicEmail(pub(crate) String);

impl FromText for PublicEmail {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        EmailAddress::parse(raw).map(|email| Self(email.as_typed().to_owned()))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        EmailAddress::describe(text)
    }
}

impl FromText for Month {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::parse(raw)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.pattern(Some("^[0-9]{4}-(0[1-9]|1[0-2])$"))
    }
}

impl FromText for Region {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::parse(raw)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(Self::ALL.map(Self::as_str)))
    }
}

macro_rules! words {
    ($($name:ident: $($word:literal),+;)+) => {$(
        impl FromText for $name {
            fn from_text(raw: &str) -> Result<Self, Refused> {
                Self::parse(raw).ok_or_else(|| {
                    Refused::new("unknown-value", concat!("must be one of" $(, " ", $word)+))
                })
            }

            fn describe(text: ObjectBuilder) -> ObjectBuilder {
                text.enum_values(Some([$($word),+]))
            }
        }
    )+};
}

words! {
    Format: "cohort", "pathway", "one_to_one";
    Vacancies: "offer", "automatic";
    AfterLapse: "close", "requeue";
    SettlesFirst: "at_opening", "tasters_sealed";
    OfferClock: "plain", "humane";
}

/// A region of NHS England.
pub(crate) type RegionCode = Parsed<Region>;
/// An email that is shown in public.
pub(crate) type ShownEmail = Parsed<PublicEmail>;
/// An address of a page.
pub(crate) type Address = Parsed<WebAddress>;
/// What somebody said.
pub(crate) type Quote = Parsed<NonBlank<{ limits::NOTE }>>;
/// The CommonMark of a section.
pub(crate) type Body = Parsed<NonBlank<{ limits::PROSE }>>;
/// What is shown in lists.
pub(crate) type Summary = Parsed<NonBlank<{ limits::SUMMARY }>>;
/// The shape of a programme.
pub(crate) type FormatWord = Parsed<Format>;
/// A month.
pub(crate) type MonthText = Parsed<Month>;
/// How a place that became free goes out.
pub(crate) type VacanciesText = Parsed<Vacancies>;
/// What becomes of a lapse.
pub(crate) type AfterLapseText = Parsed<AfterLapse>;
/// When claims are settled first.
pub(crate) type SettlesFirstText = Parsed<SettlesFirst>;
/// Which hours count towards an offer's window.
pub(crate) type OfferClockText = Parsed<OfferClock>;
/// The id of an academy.
pub(crate) type AcademyRef = Parsed<AcademyId>;
/// The id of a programme.
pub(crate) type ProgrammeRef = Parsed<ProgrammeId>;
/// The id of a booking.
pub(crate) type BookingRef = Parsed<BookingId>;
/// The id of a reserve.
pub(crate) type ReserveRef = Parsed<ReserveId>;
/// The id of a session.
pub(crate) type SessionRef = Parsed<SessionId>;
/// The id of a person.
pub(crate) type PersonRef = Parsed<PersonId>;
/// A query parameter that is true or false.
pub(crate) type Flag = Parsed<bool>;

/// Takes a whole JSON value to a domain parser that names faults below it.
fn through<T, V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef<'_>,
    parse: impl Fn(&serde_json::Value) -> Result<T, Vec<Fault>>,
) -> Result<T, Faults> {
    let value = serde_json::Value::deserialize_from_value(value, location)?;
    let prefix = pointer(location);
    parse(&value).map_err(|faults| Faults(faults.into_iter().map(|fault| fault.under(&prefix)).collect()))
}

macro_rules! whole_values {
    ($($(#[doc = $doc:literal])+ $name:ident($inner:ident);)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub(crate) struct $name(pub(crate) $inner);

        impl Deserr<Faults> for $name {
            fn deserialize_from_value<V: IntoValue>(
                value: Value<V>,
                location: ValuePointerRef<'_>,
            ) -> Result<Self, Faults> {
                through(value, location, $inner::parse).map(Self)
            }
        }
    )+};
}

whole_values! {
    /// Who a programme is for (PRG-2).
    EligibilityField(Eligibility);
    /// What is asked of those who join.
    JoiningFormField(JoiningForm);
    /// Where people meet (PRG-5).
    MeetingField(Meeting);
}

macro_rules! described_as {
    ($($name:ident as $view:ident;)+) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $view::schema()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $view::name()
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $view::schemas(schemas);
            }
        }
    )+};
}

described_as! {
    JoiningFormField as JoiningFormView;
    MeetingField as MeetingInput;
}

impl PartialSchema for EligibilityField {
    fn schema() -> RefOr<Schema> {
        let itself = || RefOr::Ref(Ref::from_schema_name("Eligibility"));
        let text = |builder: ObjectBuilder| builder.schema_type(Type::String).build();
        let codes = |of: &str| {
            Array::builder()
                .items(text(ObjectBuilder::new()))
                .description(Some(format!("{of}: one of these codes.")))
        };
        let ids = |of: &str| {
            let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
            let id = text(ObjectBuilder::new().format(Some(format)));
            Array::builder().items(id).description(Some(format!("{of}: one with these ids.")))
        };
        let several = |of: &str| Array::builder().items(itself()).description(Some(of));
        let not = OneOfBuilder::new().item(itself()).description(Some("Not this."));
        let leads = ObjectBuilder::new().schema_type(Type::Boolean);
        let region = text(Region::describe(ObjectBuilder::new()));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(
                "Who it is for: exactly one rule, which can combine others with `all`, `any` and `not`. What is \
                 not known of a person asks for the profile field and refuses nobody.",
            ))
            .property("all", several("Every one of these."))
            .property("any", several("At least one of these."))
            .property("not", not)
            .property("jobRole", codes("The job role"))
            .property("staffGroup", codes("The staff group"))
            .property("qualification", codes("A qualification that is held"))
            .property("leadsOrManages", leads.description(Some("Whether they lead or manage.")))
            .property("region", Array::builder().items(region).description(Some("The region: one of these.")))
            .property("sector", codes("The sector"))
            .property("organisation", ids("The organisation that they work at"))
            .property("completedProgramme", ids("A programme that they completed"))
            .min_properties(Some(1))
            .max_properties(Some(1))
            .examples([serde_json::json!(
                {"all": [{"jobRole": ["practice_manager"]}, {"region": ["south_east"]}]}
            )])
            .build()
            .into()
    }
}

impl ToSchema for EligibilityField {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Eligibility")
    }
}
