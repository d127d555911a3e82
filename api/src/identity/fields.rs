//! How this room's values stand on the wire.

use crate::http::fields::{FromText, Parsed};
use domain::fault::Refused;
use domain::identity::{ClientKind, FullName, OdsCode, Password, Role, Scope};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat};

/// A person's name.
pub(crate) type FullNameField = Parsed<FullName>;
/// A password to be set.
pub(crate) type PasswordField = Parsed<Password>;
/// A role in an academy.
pub(crate) type RoleField = Parsed<Role>;
/// A scope of a client.
pub(crate) type ScopeField = Parsed<Scope>;
/// What a client acts as.
pub(crate) type ClientKindField = Parsed<ClientKind>;
pub(crate) use crate::http::fields::OdsCodeField;

impl FromText for FullName {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::parse(raw)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.min_length(Some(1)).max_length(Some(Self::MAX))
    }
}

/// A password to be set; that it avoids the email is checked when both are known.
impl FromText for Password {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::choose(raw, None)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        let text = text.min_length(Some(Self::MIN)).max_length(Some(Self::MAX));
        text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
    }
}

impl FromText for OdsCode {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::parse(raw)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.pattern(Some("^[A-Za-z0-9]{3,12}$"))
    }
}

fn one_of(words: &[&str]) -> Refused {
    Refused::new("unknown-value", format!("must be one of {}", words.join(", ")))
}

impl FromText for Role {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::parse(raw).ok_or_else(|| one_of(&Self::ALL.map(Self::as_str)))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(Self::ALL.map(Self::as_str)))
    }
}

impl FromText for Scope {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::parse(raw).ok_or_else(|| one_of(&Self::ALL.map(Self::as_str)))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(Self::ALL.map(Self::as_str)))
    }
}

impl FromText for ClientKind {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        Self::parse(raw).ok_or_else(|| one_of(&["partner", "operations"]))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(["partner", "operations"]))
    }
}
