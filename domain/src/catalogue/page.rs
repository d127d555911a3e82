//! A programme's page (PRG-1): plain fields that are shown and decide nothing.

use crate::ids::ProgrammeId;
use serde::{Deserialize, Serialize};

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    /// Who it is for, in prose.
    pub audience: Option<String>,
    /// What people get from it.
    pub benefits: Vec<String>,
    /// Who runs it.
    pub facilitators: Vec<Contributor>,
    /// Who speaks.
    pub speakers: Vec<Contributor>,
    /// Who designed it.
    pub designers: Vec<Contributor>,
    /// Who stands behind it.
    pub sponsors: Vec<Contributor>,
    /// Whom to ask.
    pub contact: Option<Contact>,
    /// What it costs whom; shown, not collected.
    pub fees: Vec<Fee>,
    /// What there is to read.
    pub resources: Vec<Resource>,
    /// What people said of it.
    pub testimonials: Vec<Testimonial>,
    /// Ordered sections.
    pub sections: Vec<Section>,
    /// Programmes that go with it.
    pub related_programmes: Vec<ProgrammeId>,
    /// Collections that it stands in, by code.
    pub collections: Vec<String>,
}

impl Page {
    /// The page as others than staff see it: without testimonials whose consent is missing or withdrawn, and
    /// without related programmes that are not `published`.
    #[must_use]
    pub fn public(mut self, published: &[ProgrammeId]) -> Self {
        self.testimonials.retain(|testimonial| testimonial.consent);
        self.related_programmes.retain(|id| published.contains(id));
        self
    }
}

/// Somebody with a part in a programme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contributor {
    /// Name.
    pub name: String,
    /// What they are.
    pub role: Option<String>,
    /// CommonMark.
    pub biography: Option<String>,
}

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Name.
    pub name: Option<String>,
    /// Email.
    pub email: Option<String>,
    /// Phone.
    pub phone: Option<String>,
}

/// What it costs one kind of person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fee {
    /// Whom.
    pub audience: String,
    /// What, in words: `Free`, `£120`.
    pub fee: String,
}

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its title.
    pub title: String,
    /// Where it is.
    pub url: String,
    /// What it is.
    pub description: Option<String>,
}

/// What somebody said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Testimonial {
    /// What they said.
    pub quote: String,
    /// By name or role.
    pub attribution: String,
    /// Whether they agree to its being shown; can be withdrawn.
    pub consent: bool,
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// CommonMark.
    pub body: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PRG-1.
    #[test]
    fn a_testimonial_without_consent_is_for_staff_only() {
        let said = |consent| Testimonial {
            quote: "I would not hesitate to recommend it.".into(),
            attribution: "Head of Community Health Services".into(),
            consent,
        };
        let page = Page { testimonials: vec![said(true), said(false)], ..Page::default() };
        assert_eq!(page.public(&[]).testimonials, [said(true)]);
    }
}
