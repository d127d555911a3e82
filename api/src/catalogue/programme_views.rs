//! Programmes as answers show them.

use super::programme_wire::{ProgrammeFields, ProgrammeFormat};
use super::wire::PublicStateView;
use chrono::{DateTime, Utc};
use domain::catalogue::eligibility::Eligibility;
use domain::catalogue::page::Page;
use domain::catalogue::programme::Programme;
use domain::catalogue::public_state::{CohortFacts, programme_state};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a programme stands.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", example = json!("published"))]
#[expect(dead_code, reason = "describes the words that the domain's own type writes")]
enum ProgrammeStatus {
    /// Seen by staff only.
    Draft,
    /// Public.
    Published,
    /// Takes no new bookings; live ones go on.
    Archived,
}

/// A programme.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Programme, example = json!({
    "id": "019b0000-0000-7000-8000-000000000002", "academyId": "019b0000-0000-7000-8000-000000000001",
    "slug": "affinity-support-group", "title": "Practice Manager's Affinity Support Group",
    "summary": "A small confidential group of practice managers that meets once a month on Zoom.",
    "description": null, "format": "cohort", "topics": ["wellbeing"],
    "eligibility": {"all": [{"jobRole": ["practice_manager"]}, {"region": ["south_east"]}]},
    "requiresTaster": false, "commitsToAllSessions": true, "requiresManagerAgreement": false,
    "requiresNomination": false, "confidential": true,
    "joiningForm": {"questions": []}, "audience": "Practice Managers in the South East.", "benefits": [],
    "facilitators": [{"name": "Byron Lee", "role": "Facilitator", "biography": null}], "speakers": [],
    "designers": [], "sponsors": [], "contact": null, "fees": [], "resources": [], "testimonials": [],
    "sections": [], "relatedProgrammes": [], "collections": [],
    "status": "published",
    "publicState": {"code": "full_with_waiting_list", "placesLeft": null, "opensAt": null,
        "announcedFor": null, "cohortId": "019b0000-0000-7000-8000-000000000003"},
    "publishedAt": "2027-01-05T09:00:00Z", "archivedAt": null,
    "createdAt": "2027-01-05T09:00:00Z", "updatedAt": "2027-01-05T09:00:00Z"
}))]
pub(crate) struct ProgrammeView {
    /// Its id.
    id: Uuid,
    /// Whose it is.
    academy_id: Uuid,
    #[serde(flatten)]
    fields: ProgrammeFields,
    /// Where it stands.
    #[schema(value_type = ProgrammeStatus)]
    status: &'static str,
    /// What it shows to all.
    public_state: PublicStateView,
    /// When it was published.
    published_at: Option<DateTime<Utc>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl ProgrammeView {
    /// As staff see it.
    pub(super) fn whole(programme: &Programme, cohorts: &[CohortFacts], now: DateTime<Utc>) -> Self {
        Self::of(programme, programme.content.page.clone(), cohorts, now)
    }

    /// With what a caller sees of its page.
    pub(super) fn of(programme: &Programme, page: Page, cohorts: &[CohortFacts], now: DateTime<Utc>) -> Self {
        let content = &programme.content;
        Self {
            id: programme.id.0,
            academy_id: programme.academy_id.0,
            fields: ProgrammeFields::of(content, page),
            status: programme.lifecycle.as_str(),
            public_state: public_state(programme, cohorts, now),
            published_at: programme.lifecycle.published_at(),
            archived_at: programme.lifecycle.archived_at(),
            created_at: programme.created_at,
            updated_at: programme.updated_at,
        }
    }
}

fn public_state(programme: &Programme, cohorts: &[CohortFacts], now: DateTime<Utc>) -> PublicStateView {
    let archived = programme.lifecycle.archived_at().is_some();
    let (state, cohort) = programme_state(archived, cohorts, now);
    PublicStateView::of_programme(state, cohort.map(|id| id.0))
}

/// A programme in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "019b0000-0000-7000-8000-000000000002", "academyId": "019b0000-0000-7000-8000-000000000001",
    "slug": "affinity-support-group", "title": "Practice Manager's Affinity Support Group",
    "summary": "A small confidential group of practice managers that meets once a month on Zoom.",
    "format": "cohort", "topics": ["wellbeing"],
    "eligibility": {"all": [{"jobRole": ["practice_manager"]}, {"region": ["south_east"]}]},
    "requiresTaster": false, "commitsToAllSessions": true, "requiresManagerAgreement": false,
    "requiresNomination": false, "confidential": true, "status": "published",
    "publicState": {"code": "full_with_waiting_list", "placesLeft": null, "opensAt": null,
        "announcedFor": null, "cohortId": "019b0000-0000-7000-8000-000000000003"},
    "publishedAt": "2027-01-05T09:00:00Z",
    "createdAt": "2027-01-05T09:00:00Z", "updatedAt": "2027-01-05T09:00:00Z"
}))]
pub(crate) struct ProgrammeSummary {
    /// Its id.
    id: Uuid,
    /// Whose it is.
    academy_id: Uuid,
    /// Its name in addresses.
    slug: String,
    /// Its title.
    title: String,
    /// In short.
    summary: String,
    /// Its shape.
    #[schema(value_type = ProgrammeFormat)]
    format: &'static str,
    /// What it is about.
    topics: Vec<String>,
    /// Who it is for; null is all.
    #[schema(value_type = Option<super::fields::EligibilityField>)]
    eligibility: Option<Eligibility>,
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
    /// Where it stands.
    #[schema(value_type = ProgrammeStatus)]
    status: &'static str,
    /// What it shows to all.
    public_state: PublicStateView,
    /// When it was published.
    published_at: Option<DateTime<Utc>>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl ProgrammeSummary {
    /// In a list at `now`.
    pub(super) fn of(programme: &Programme, cohorts: &[CohortFacts], now: DateTime<Utc>) -> Self {
        let content = &programme.content;
        Self {
            id: programme.id.0,
            academy_id: programme.academy_id.0,
            slug: content.slug.clone(),
            title: content.title.clone(),
            summary: content.summary.clone(),
            format: content.format.as_str(),
            topics: content.topics.clone(),
            eligibility: content.gate.eligibility.clone(),
            requires_taster: content.gate.requires_taster,
            commits_to_all_sessions: content.gate.commits_to_all_sessions,
            requires_manager_agreement: content.gate.requires_manager_agreement,
            requires_nomination: content.gate.requires_nomination,
            confidential: content.confidential,
            status: programme.lifecycle.as_str(),
            public_state: public_state(programme, cohorts, now),
            published_at: programme.lifecycle.published_at(),
            created_at: programme.created_at,
            updated_at: programme.updated_at,
        }
    }
}
