//! A programme's page on the wire (PRG-1): the entries of its lists, alike in requests and answers.

use super::fields::{Address, Body, NonBlank, PublicEmail, Quote, ShownEmail, WebAddress};
use crate::http::faults::Faults;
use crate::http::fields::{Line, Paragraphs, Parsed};
use deserr::Deserr;
use domain::catalogue::{limits, page};
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody with a part in a programme.
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "name": "Byron Lee", "role": "Facilitator",
    "biography": "Byron has a background in health and social care and leadership development."
}))]
pub(crate) struct Contributor {
    /// Name.
    name: Line<{ limits::NAME }>,
    /// What they are.
    #[deserr(default)]
    role: Option<Line<{ limits::NAME }>>,
    /// CommonMark.
    #[deserr(default)]
    biography: Option<Paragraphs<{ limits::BIOGRAPHY }>>,
}

/// Whom to ask.
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "name": "South East Leadership Academy", "email": "academy@example.nhs.uk", "phone": null
}))]
pub(crate) struct Contact {
    /// Name.
    #[deserr(default)]
    name: Option<Line<{ limits::NAME }>>,
    /// Email.
    #[deserr(default)]
    email: Option<ShownEmail>,
    /// Phone.
    #[deserr(default)]
    phone: Option<Line<{ limits::SHORT }>>,
}

/// What it costs one kind of person; shown, not collected.
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"audience": "Nurse advocates", "fee": "Free"}))]
pub(crate) struct Fee {
    /// Whom.
    audience: Line<{ limits::LINE }>,
    /// What, in words.
    fee: Line<{ limits::LINE }>,
}

/// Something to read.
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "title": "Programme outline", "url": "https://academy.example.nhs.uk/outline.pdf", "description": "PDF"
}))]
pub(crate) struct Resource {
    /// Its title.
    title: Line<{ limits::TITLE }>,
    /// Where it is: `https://` or `http://`.
    url: Address,
    /// What it is.
    #[deserr(default)]
    description: Option<Paragraphs<{ limits::NOTE }>>,
}

/// What somebody said of it.
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "quote": "I would not hesitate to recommend it.",
    "attribution": "Head of Community Health Services", "consent": true
}))]
pub(crate) struct Testimonial {
    /// What they said.
    quote: Quote,
    /// By name or role.
    attribution: Line<{ limits::NAME }>,
    /// Whether they agree to its being shown. Only staff see it while false: consent can be withdrawn.
    consent: bool,
}

/// One section of the page.
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "heading": "Why an Affinity Group?",
    "body": "Being a manager or leader can at times be a lonely experience."
}))]
pub(crate) struct Section {
    /// Its heading.
    heading: Line<{ limits::TITLE }>,
    /// CommonMark.
    body: Body,
}

/// Both ways between the wire and the domain.
macro_rules! both_ways {
    ($($name:ident { $($plain:ident),*; $($parsed:ident: $inner:ident),*; $($option:ident),*; $($parsed_option:ident: $option_inner:ident),*; $($copied:ident),* })+) => {$(
        impl From<$name> for page::$name {
            fn from(wire: $name) -> Self {
                Self {
                    $($plain: wire.$plain.0,)*
                    $($parsed: wire.$parsed.0.0,)*
                    $($option: wire.$option.map(|text| text.0),)*
                    $($parsed_option: wire.$parsed_option.map(|text| text.0.0),)*
                    $($copied: wire.$copied,)*
                }
            }
        }

        impl From<&page::$name> for $name {
            fn from(kept: &page::$name) -> Self {
                Self {
                    $($plain: Line(kept.$plain.clone()),)*
                    $($parsed: Parsed($inner(kept.$parsed.clone())),)*
                    $($option: kept.$option.clone().map(From::from),)*
                    $($parsed_option: kept.$parsed_option.clone().map(|text| Parsed($option_inner(text))),)*
                    $($copied: kept.$copied,)*
                }
            }
        }
    )+};
}

both_ways! {
    Contributor { name;; role, biography;; }
    Contact { ;; name, phone; email: PublicEmail; }
    Fee { audience, fee;;;; }
    Resource { title; url: WebAddress; description;; }
    Testimonial { attribution; quote: NonBlank;;; consent }
    Section { heading; body: NonBlank;;; }
}

impl<const MAX: usize> From<String> for Line<MAX> {
    fn from(kept: String) -> Self {
        Self(kept)
    }
}

impl<const MAX: usize> From<String> for Paragraphs<MAX> {
    fn from(kept: String) -> Self {
        Self(kept)
    }
}
