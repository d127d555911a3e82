//! Programmes on the wire.

use super::fields::{EligibilityField, FormatWord, JoiningFormField, ProgrammeRef, Summary};
use super::page::{Contact, Contributor, Fee, Resource, Section, Testimonial};
use super::wire::JoiningFormView;
use crate::http::draft::Draft;
use crate::http::faults::Faults;
use crate::http::fields::{Line, ListCode, Paragraphs, Slug};
use deserr::Deserr;
use domain::catalogue::limits;
use domain::catalogue::page::Page;
use domain::catalogue::programme::{Content, Gate};
use domain::fault::Fault;
use domain::ids::ProgrammeId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What staff write about a programme. `GET` gives the same fields back.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "slug": "compassionate-leadership",
    "title": "Compassionate leadership training for managers and leaders",
    "summary": "Six weekly sessions of two hours that help cultivate compassion for ourselves and the people we lead.",
    "description": "Compassionate leadership is linked with improved learning and innovation.",
    "format": "cohort",
    "topics": ["compassion", "leadership"],
    "requiresTaster": true,
    "commitsToAllSessions": false,
    "eligibility": {"any": [{"qualification": ["professional_nurse_advocate"]}, {"leadsOrManages": true}]},
    "joiningForm": {"questions": [
        {"key": "hope", "label": "What do you hope to take away?", "kind": "long_text", "required": true,
         "maxLength": 1000}
    ]},
    "audience": "Anyone in a leadership or management role in a health and social care organisation.",
    "facilitators": [{"name": "Dr Robert Marx"}, {"name": "Professor Clara Strauss"}],
    "fees": [{"audience": "Nurse advocates", "fee": "Free"}]
}))]
pub(crate) struct ProgrammeInput {
    /// Its name in addresses; unique in its academy.
    slug: Slug,
    /// Its title.
    title: Line<{ limits::TITLE }>,
    /// Shown in lists.
    summary: Summary,
    /// CommonMark.
    #[deserr(default)]
    description: Option<Paragraphs<{ limits::PROSE }>>,
    /// Its shape.
    format: FormatWord,
    /// What it is about; lists are filtered by it.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    topics: Vec<Line<{ limits::SHORT }>>,
    /// Who it is for; left out or null it is for all.
    #[deserr(default)]
    eligibility: Option<EligibilityField>,
    /// Whether attendance at one of its tasters is asked for.
    #[deserr(default)]
    #[schema(required = false, default = false)]
    requires_taster: bool,
    /// Whether one has to commit to coming to every session.
    #[deserr(default)]
    #[schema(required = false, default = false)]
    commits_to_all_sessions: bool,
    /// Whether the manager's agreement is asked for; who books names the manager, whom we ask by mail.
    #[deserr(default)]
    #[schema(required = false, default = false)]
    requires_manager_agreement: bool,
    /// Whether a nomination by somebody with a quota is asked for.
    #[deserr(default)]
    #[schema(required = false, default = false)]
    requires_nomination: bool,
    /// Whether what a group is told stays there: rosters are for staff only.
    #[deserr(default)]
    #[schema(required = false, default = false)]
    confidential: bool,
    /// What is asked of those who join; left out or null nothing is.
    #[deserr(default)]
    joining_form: Option<JoiningFormField>,
    /// Who it is for, in prose.
    #[deserr(default)]
    audience: Option<Paragraphs<{ limits::PROSE }>>,
    /// What people get from it.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    benefits: Vec<Line<{ limits::LINE }>>,
    /// Who runs it.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    facilitators: Vec<Contributor>,
    /// Who speaks.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    speakers: Vec<Contributor>,
    /// Who designed it.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    designers: Vec<Contributor>,
    /// Who stands behind it.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    sponsors: Vec<Contributor>,
    /// Whom to ask.
    #[deserr(default)]
    contact: Option<Contact>,
    /// What it costs whom; shown, not collected.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    fees: Vec<Fee>,
    /// What there is to read.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    resources: Vec<Resource>,
    /// What people said of it; those without consent only staff see.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    testimonials: Vec<Testimonial>,
    /// The page's sections, in their order.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    sections: Vec<Section>,
    /// Ids of programmes that go with it.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    related_programmes: Vec<ProgrammeRef>,
    /// Codes of the collections that it stands in.
    #[deserr(default)]
    #[schema(required = false, max_items = 50)]
    collections: Vec<ListCode>,
}

impl ProgrammeInput {
    /// Its lists, of which none is too long.
    const LISTS: [&str; 12] = [
        "topics",
        "benefits",
        "facilitators",
        "speakers",
        "designers",
        "sponsors",
        "fees",
        "resources",
        "testimonials",
        "sections",
        "relatedProgrammes",
        "collections",
    ];

    /// Its lists that are too long, whatever is wrong with it otherwise.
    pub(super) fn list_faults(draft: &Draft<Self>) -> Vec<Fault> {
        let detail = || format!("must list at most {}", limits::ENTRIES);
        let too_long = Self::LISTS.into_iter().filter(|name| draft.length(name) > limits::ENTRIES);
        too_long.map(|name| Fault::new(format!("/{name}"), "too-many", detail())).collect()
    }

    /// The programmes that it names, each with its place in the list.
    pub(super) fn related(draft: &Draft<Self>) -> Vec<(usize, ProgrammeId)> {
        let named = draft.entries::<ProgrammeRef>("relatedProgrammes").into_iter().enumerate();
        named.filter_map(|(index, id)| Some((index, id?.0))).take(limits::ENTRIES).collect()
    }

    /// The content; that no list is too long is known.
    pub(super) fn content(self) -> Content {
        let mut topics: Vec<String> = Vec::with_capacity(self.topics.len());
        for topic in self.topics {
            if !topics.contains(&topic.0) {
                topics.push(topic.0);
            }
        }
        Content {
            slug: self.slug.0,
            title: self.title.0,
            summary: self.summary.0.0,
            description: self.description.map(|text| text.0),
            format: self.format.0,
            topics,
            gate: Gate {
                requires_taster: self.requires_taster,
                commits_to_all_sessions: self.commits_to_all_sessions,
                requires_manager_agreement: self.requires_manager_agreement,
                requires_nomination: self.requires_nomination,
                eligibility: self.eligibility.map(|field| field.0),
                joining_form: self.joining_form.map(|field| field.0).unwrap_or_default(),
            },
            confidential: self.confidential,
            page: Page {
                audience: self.audience.map(|text| text.0),
                benefits: self.benefits.into_iter().map(|line| line.0).collect(),
                facilitators: each(self.facilitators),
                speakers: each(self.speakers),
                designers: each(self.designers),
                sponsors: each(self.sponsors),
                contact: self.contact.map(Into::into),
                fees: each(self.fees),
                resources: each(self.resources),
                testimonials: each(self.testimonials),
                sections: each(self.sections),
                related_programmes: self.related_programmes.into_iter().map(|id| id.0).collect(),
                collections: self.collections.into_iter().map(|code| code.0).collect(),
            },
        }
    }
}

fn each<T, U: From<T>>(list: Vec<T>) -> Vec<U> {
    list.into_iter().map(U::from).collect()
}

/// The fields of a programme that staff write.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "slug": "affinity-support-group", "title": "Practice Manager's Affinity Support Group",
    "summary": "A small confidential group of practice managers that meets once a month on Zoom.",
    "description": null, "format": "cohort", "topics": ["wellbeing"],
    "eligibility": {"all": [{"jobRole": ["practice_manager"]}, {"region": ["south_east"]}]},
    "requiresTaster": false, "commitsToAllSessions": true, "requiresManagerAgreement": false,
    "requiresNomination": false, "confidential": true,
    "joiningForm": {"questions": []}, "audience": "Practice Managers in the South East.", "benefits": [],
    "facilitators": [{"name": "Byron Lee", "role": "Facilitator", "biography": null}], "speakers": [],
    "designers": [], "sponsors": [], "contact": null, "fees": [], "resources": [], "testimonials": [],
    "sections": [], "relatedProgrammes": [], "collections": []
}))]
pub(crate) struct ProgrammeFields {
    /// Its name in addresses; unique in its academy.
    slug: String,
    /// Its title.
    title: String,
    /// Shown in lists.
    summary: String,
    /// CommonMark.
    description: Option<String>,
    /// Its shape.
    #[schema(value_type = ProgrammeFormat)]
    format: &'static str,
    /// What it is about.
    topics: Vec<String>,
    /// Who it is for; null is all.
    eligibility: Option<EligibilityField>,
    /// Whether attendance at one of its tasters is asked for.
    requires_taster: bool,
    /// Whether one has to commit to coming to every session.
    commits_to_all_sessions: bool,
    /// Whether the manager's agreement is asked for.
    requires_manager_agreement: bool,
    /// Whether a nomination is asked for.
    requires_nomination: bool,
    /// Whether what a group is told stays there.
    confidential: bool,
    /// What is asked of those who join.
    joining_form: JoiningFormView,
    /// Who it is for, in prose.
    audience: Option<String>,
    /// What people get from it.
    benefits: Vec<String>,
    /// Who runs it.
    facilitators: Vec<Contributor>,
    /// Who speaks.
    speakers: Vec<Contributor>,
    /// Who designed it.
    designers: Vec<Contributor>,
    /// Who stands behind it.
    sponsors: Vec<Contributor>,
    /// Whom to ask.
    contact: Option<Contact>,
    /// What it costs whom; shown, not collected.
    fees: Vec<Fee>,
    /// What there is to read.
    resources: Vec<Resource>,
    /// What people said of it. Those without consent are here for staff only.
    testimonials: Vec<Testimonial>,
    /// The page's sections, in their order.
    sections: Vec<Section>,
    /// Ids of programmes that go with it. Those that are not published are here for staff only.
    related_programmes: Vec<Uuid>,
    /// Codes of the collections that it stands in.
    collections: Vec<String>,
}

/// The shape of what is offered.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", example = json!("cohort"))]
#[expect(dead_code, reason = "describes the words that the domain's own type writes")]
pub(crate) enum ProgrammeFormat {
    /// Runs as cohorts.
    Cohort,
    /// Goes through stages.
    Pathway,
    /// Brings two people together.
    OneToOne,
}

impl ProgrammeFields {
    /// All of it, as staff see and change it.
    pub(super) fn whole(content: &Content) -> Self {
        Self::of(content, content.page.clone())
    }

    /// What of it a caller sees.
    pub(super) fn of(content: &Content, page: Page) -> Self {
        fn shown<'a, T: 'a, U: From<&'a T>>(list: &'a [T]) -> Vec<U> {
            list.iter().map(U::from).collect()
        }
        Self {
            slug: content.slug.clone(),
            title: content.title.clone(),
            summary: content.summary.clone(),
            description: content.description.clone(),
            format: content.format.as_str(),
            topics: content.topics.clone(),
            eligibility: content.gate.eligibility.clone().map(EligibilityField),
            requires_taster: content.gate.requires_taster,
            commits_to_all_sessions: content.gate.commits_to_all_sessions,
            requires_manager_agreement: content.gate.requires_manager_agreement,
            requires_nomination: content.gate.requires_nomination,
            confidential: content.confidential,
            joining_form: JoiningFormView::from(&content.gate.joining_form),
            facilitators: shown(&page.facilitators),
            speakers: shown(&page.speakers),
            designers: shown(&page.designers),
            sponsors: shown(&page.sponsors),
            contact: page.contact.as_ref().map(Contact::from),
            fees: shown(&page.fees),
            resources: shown(&page.resources),
            testimonials: shown(&page.testimonials),
            sections: shown(&page.sections),
            related_programmes: page.related_programmes.iter().map(|id| id.0).collect(),
            audience: page.audience,
            benefits: page.benefits,
            collections: page.collections,
        }
    }
}
