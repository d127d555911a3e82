//! Cohorts on the wire.

use super::cohort_words::{
    AfterLapseWord, CohortStatusWord, OfferClockWord, RequirementWord, SettlesFirstWord, VacanciesWord,
};
use super::fields::{
    AfterLapseText, EligibilityField, JoiningFormField, MonthText, OfferClockText, SettlesFirstText,
    VacanciesText,
};
use super::minimum::MinimumDecisionView;
use super::reserve_wire::{self, ReserveInput, ReserveStateView, ReserveView};
use super::wire::{JoiningFormView, PublicStateView};
use crate::http::draft::Draft;
use crate::http::faults::Faults;
use crate::http::fields::{Line, Moment, Paragraphs, Whole};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use domain::admission::{AfterLapse, Capacity, OfferClock, SettlesFirst, Terms, Vacancies};
use domain::catalogue::programme::{Gate, Programme};
use domain::catalogue::public_state::{Month, cohort_state};
use domain::catalogue::{Cohort, ReserveRule, limits};
use domain::fault::Fault;
use persistence::admission::DeskRow;
use persistence::catalogue::facts_of;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is said of a cohort. Its gate (`requiresTaster`, `commitsToAllSessions`, `requiresManagerAgreement`, `requiresNomination`, `eligibility`,
/// `joiningForm`) is copied from its programme where it is left out, and can change until the first booking.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "title": "January 2028", "capacity": 12, "bookingOpensAt": "2027-12-13T09:00:00Z",
    "bookingClosesAt": null, "waitingList": true, "vacancies": "offer", "offerWindowHours": 48
}))]
pub(crate) struct CohortInput {
    /// Its title.
    title: Line<{ limits::TITLE }>,
    /// CommonMark.
    #[deserr(default)]
    description: Option<Paragraphs<{ limits::PROSE }>>,
    /// How many places it has.
    capacity: Whole<1, 100_000>,
    /// How many it takes to run.
    #[deserr(default)]
    minimum: Option<Whole<1, 100_000>>,
    /// By when staff confirm or cancel, where there is a minimum; a week before the first session when left out, and
    /// never after it. Shown to all.
    #[deserr(default)]
    minimum_decided_by: Option<Moment>,
    /// The month it is announced for, before its dates stand: `YYYY-MM`.
    #[deserr(default)]
    announced_for: Option<MonthText>,
    /// When booking opens; at once when left out. Can change until it has passed.
    #[deserr(default)]
    booking_opens_at: Option<Moment>,
    /// When booking closes; with the first session when left out. Can change until the start.
    #[deserr(default)]
    booking_closes_at: Option<Moment>,
    /// How many hours before booking opens those who told their interest in the programme are mailed about it; they
    /// are not when left out.
    #[deserr(default)]
    interest_told_hours: Option<Whole<1, 8_784>>,
    /// Whether who has a confirmed place can pass it on to a colleague while nobody waits; false unless said.
    #[deserr(default)]
    #[schema(default = false)]
    pass_on: Option<bool>,
    /// Whether those without a place wait for one; true unless said.
    #[deserr(default)]
    #[schema(default = true)]
    waiting_list: Option<bool>,
    /// How a place that became free goes out: held for the next in rank, who answers, or confirmed. `offer` unless
    /// said.
    #[deserr(default)]
    vacancies: Option<VacanciesText>,
    /// How long an offer stands, in hours; 48 unless said.
    #[deserr(default)]
    offer_window_hours: Option<Whole<1, 1_000>>,
    /// Which hours count towards an offer's window: all of them, or only 8am to 8pm in London on days that are
    /// neither weekend nor bank holiday in England. `plain` unless said; the exact end is always shown.
    #[deserr(default)]
    offer_clock: Option<OfferClockText>,
    /// How many hours before the first session offers stop; 0 unless said.
    #[deserr(default)]
    offers_stop_hours: Option<Whole<0, 10_000>>,
    /// What becomes of a booking whose offer lapsed: closed, or once behind everyone who waits. `close` unless said.
    #[deserr(default)]
    after_lapse: Option<AfterLapseText>,
    /// When the claims that gathered are settled: when booking opens, or when the tasters' attendance is sealed
    /// too. `at_opening` unless said.
    #[deserr(default)]
    settles_first: Option<SettlesFirstText>,
    /// With `tasters_sealed`: attendance counts as sealed this many hours after the last taster's end, in any case.
    #[deserr(default)]
    settles_after_hours: Option<Whole<0, 10_000>>,
    /// Whether attendance at a taster is asked for.
    #[deserr(default)]
    requires_taster: Option<bool>,
    /// Whether one has to commit to coming to every session.
    #[deserr(default)]
    commits_to_all_sessions: Option<bool>,
    /// Whether the manager's agreement is asked for.
    #[deserr(default)]
    requires_manager_agreement: Option<bool>,
    /// Whether a nomination is asked for.
    #[deserr(default)]
    requires_nomination: Option<bool>,
    /// Who it is for.
    #[deserr(default)]
    eligibility: Option<EligibilityField>,
    /// What is asked of those who join.
    #[deserr(default)]
    joining_form: Option<JoiningFormField>,
    /// Whether what the group is told stays there; as its programme unless said.
    #[deserr(default)]
    confidential: Option<bool>,
    /// Places that are kept for those who fit, in their order; none unless said.
    #[deserr(default)]
    #[schema(required = false, max_items = 10)]
    reserves: Vec<ReserveInput>,
}

/// The same, parsed.
pub(super) struct CohortParts {
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) minimum: Option<u32>,
    pub(super) minimum_decided_by: Option<DateTime<Utc>>,
    pub(super) interest_told_hours: Option<u32>,
    pub(super) pass_on: bool,
    pub(super) announced_for: Option<Month>,
    pub(super) terms: Terms,
    pub(super) gate: Gate,
    pub(super) confidential: bool,
    pub(super) reserves: Vec<ReserveRule>,
}

impl CohortInput {
    /// The parts; what is left out of the gate is as in `gate`.
    pub(super) fn into_parts(self, gate: &Gate, confidential: bool) -> Result<CohortParts, Vec<Fault>> {
        let capacity = Capacity::new(self.capacity.0).map_err(|refused| vec![refused.at("/capacity")])?;
        let (reserves, rules) = reserve_wire::parts(self.reserves);
        let terms = Terms {
            capacity,
            waiting_list: self.waiting_list.unwrap_or(true),
            vacancies: self.vacancies.map_or(Vacancies::Offer, |word| word.0),
            offer_window_hours: self.offer_window_hours.map_or(Terms::OFFER_WINDOW_HOURS, whole),
            offer_clock: self.offer_clock.map_or(OfferClock::Plain, |word| word.0),
            offers_stop_hours: self.offers_stop_hours.map_or(0, whole),
            after_lapse: self.after_lapse.map_or(AfterLapse::Close, |word| word.0),
            settles_first: self.settles_first.map_or(SettlesFirst::AtOpening, |word| word.0),
            sealed_after_hours: self.settles_after_hours.map(whole),
            booking_opens_at: self.booking_opens_at.map(|at| at.0),
            booking_closes_at: self.booking_closes_at.map(|at| at.0),
            reserves,
        };
        let gate = Gate {
            requires_taster: self.requires_taster.unwrap_or(gate.requires_taster),
            commits_to_all_sessions: self.commits_to_all_sessions.unwrap_or(gate.commits_to_all_sessions),
            requires_manager_agreement: self
                .requires_manager_agreement
                .unwrap_or(gate.requires_manager_agreement),
            requires_nomination: self.requires_nomination.unwrap_or(gate.requires_nomination),
            eligibility: self.eligibility.map(|field| field.0).or_else(|| gate.eligibility.clone()),
            joining_form: self.joining_form.map_or_else(|| gate.joining_form.clone(), |field| field.0),
        };
        Ok(CohortParts {
            title: self.title.0,
            description: self.description.map(|text| text.0),
            minimum: self.minimum.map(whole),
            minimum_decided_by: self.minimum_decided_by.map(|at| at.0),
            interest_told_hours: self.interest_told_hours.map(whole),
            pass_on: self.pass_on.unwrap_or(false),
            announced_for: self.announced_for.map(|month| month.0),
            terms,
            gate,
            confidential: self.confidential.unwrap_or(confidential),
            reserves: rules,
        })
    }

    /// What is wrong between its fields, whatever is wrong with each.
    pub(super) fn cross_faults(draft: &Draft<Self>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let moment = |name| draft.field::<Moment>(name).map(|at| at.0);
        if let (Some(opens), Some(closes)) = (moment("bookingOpensAt"), moment("bookingClosesAt"))
            && closes <= opens
        {
            let detail = "must be after bookingOpensAt";
            faults.push(Fault::new("/bookingClosesAt", "closes-before-opening", detail));
        }
        let number = |name| draft.field::<Whole<1, 100_000>>(name).map(|number| number.0);
        if let (Some(minimum), Some(capacity)) = (number("minimum"), number("capacity"))
            && minimum > capacity
        {
            faults.push(Fault::new("/minimum", "out-of-range", "must not be more than capacity"));
        }
        let tells = draft.field::<Whole<1, 8_784>>("interestToldHours").is_some();
        if tells && draft.optional::<Moment>("bookingOpensAt").is_some_and(|opens| opens.is_none()) {
            let detail = "goes with bookingOpensAt only";
            faults.push(Fault::new("/interestToldHours", "not-allowed", detail));
        }
        faults.extend(reserve_wire::cross_faults(draft, number("capacity")));
        let settles = draft.optional::<SettlesFirstText>("settlesFirst");
        let at_opening =
            settles.is_some_and(|word| word.is_none_or(|word| word.0 == SettlesFirst::AtOpening));
        if draft.field::<Whole<0, 10_000>>("settlesAfterHours").is_some() && at_opening {
            let detail = "goes with settlesFirst tasters_sealed only";
            faults.push(Fault::new("/settlesAfterHours", "not-allowed", detail));
        }
        faults
    }
}

pub(super) fn whole<const MIN: i64, const MAX: i64>(number: Whole<MIN, MAX>) -> u32 {
    u32::try_from(number.0).unwrap_or(0)
}

/// The fields of a cohort that staff write.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "title": "January 2028", "description": null, "capacity": 12, "minimum": null, "minimumDecidedBy": null,
    "announcedFor": null, "interestToldHours": null, "passOn": false, "bookingOpensAt": "2027-12-13T09:00:00Z", "bookingClosesAt": null,
    "waitingList": true, "vacancies": "offer", "offerWindowHours": 48, "offerClock": "plain", "offersStopHours": 0,
    "afterLapse": "close", "settlesFirst": "at_opening", "settlesAfterHours": null,
    "requiresTaster": true, "commitsToAllSessions": false, "requiresManagerAgreement": false, "requiresNomination": false,
    "eligibility": null, "joiningForm": {"questions": []}, "confidential": false, "reserves": []
}))]
pub(crate) struct CohortFields {
    /// Its title.
    title: String,
    /// CommonMark.
    description: Option<String>,
    /// How many places it has.
    capacity: u32,
    /// How many it takes to run.
    minimum: Option<u32>,
    /// By when staff confirm or cancel, where they set a date.
    minimum_decided_by: Option<DateTime<Utc>>,
    /// The month it is announced for: `YYYY-MM`.
    announced_for: Option<String>,
    /// How many hours before booking opens those who told their interest in the programme are mailed about it; null:
    /// they are not.
    interest_told_hours: Option<u32>,
    /// Whether who has a confirmed place can pass it on to a colleague while nobody waits.
    pass_on: bool,
    /// When booking opens; null is at once.
    booking_opens_at: Option<DateTime<Utc>>,
    /// When booking closes; null is with the first session.
    booking_closes_at: Option<DateTime<Utc>>,
    /// Whether those without a place wait for one.
    waiting_list: bool,
    /// How a place that became free goes out.
    #[schema(value_type = VacanciesWord)]
    vacancies: &'static str,
    /// How long an offer stands, in hours.
    offer_window_hours: u32,
    /// Which hours count towards an offer's window.
    #[schema(value_type = OfferClockWord)]
    offer_clock: &'static str,
    /// How many hours before the first session offers stop.
    offers_stop_hours: u32,
    /// What becomes of a booking whose offer lapsed.
    #[schema(value_type = AfterLapseWord)]
    after_lapse: &'static str,
    /// When the claims that gathered are settled.
    #[schema(value_type = SettlesFirstWord)]
    settles_first: &'static str,
    /// With `tasters_sealed`: how many hours after the last taster's end it is settled in any case.
    settles_after_hours: Option<u32>,
    /// Whether attendance at a taster is asked for.
    requires_taster: bool,
    /// Whether one has to commit to coming to every session.
    commits_to_all_sessions: bool,
    /// Whether the manager's agreement is asked for.
    requires_manager_agreement: bool,
    /// Whether a nomination is asked for.
    requires_nomination: bool,
    /// Who it is for; null is all.
    eligibility: Option<EligibilityField>,
    /// What is asked of those who join.
    joining_form: JoiningFormView,
    /// Whether what the group is told stays there.
    confidential: bool,
    /// Places that are kept for those who fit, in their order.
    reserves: Vec<ReserveView>,
}

impl CohortFields {
    /// What staff see and change.
    pub(super) fn of(cohort: &Cohort, terms: &Terms) -> Self {
        let gate = &cohort.gate;
        Self {
            title: cohort.title.clone(),
            description: cohort.description.clone(),
            capacity: terms.capacity.get(),
            minimum: cohort.minimum,
            minimum_decided_by: cohort.minimum_decided_by,
            announced_for: cohort.announced_for.map(|month| month.to_string()),
            interest_told_hours: cohort.interest_told_hours,
            pass_on: cohort.pass_on,
            booking_opens_at: terms.booking_opens_at,
            booking_closes_at: terms.booking_closes_at,
            waiting_list: terms.waiting_list,
            vacancies: terms.vacancies.as_str(),
            offer_window_hours: terms.offer_window_hours,
            offer_clock: terms.offer_clock.as_str(),
            offers_stop_hours: terms.offers_stop_hours,
            after_lapse: terms.after_lapse.as_str(),
            settles_first: terms.settles_first.as_str(),
            settles_after_hours: terms.sealed_after_hours,
            requires_taster: gate.requires_taster,
            commits_to_all_sessions: gate.commits_to_all_sessions,
            requires_manager_agreement: gate.requires_manager_agreement,
            requires_nomination: gate.requires_nomination,
            eligibility: gate.eligibility.clone().map(EligibilityField),
            joining_form: JoiningFormView::from(&gate.joining_form),
            confidential: cohort.confidential,
            reserves: reserve_wire::shown(cohort, &terms.reserves),
        }
    }
}

/// A cohort.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cohort, example = json!({
    "id": "019b0000-0000-7000-8000-000000000003", "academyId": "019b0000-0000-7000-8000-000000000001",
    "programmeId": "019b0000-0000-7000-8000-000000000002", "title": "January 2028", "description": null,
    "capacity": 12, "minimum": null, "minimumDecidedBy": null, "announcedFor": null,
    "interestToldHours": null, "passOn": false, "bookingOpensAt": "2027-12-13T09:00:00Z", "bookingClosesAt": null, "waitingList": true,
    "vacancies": "offer", "offerWindowHours": 48, "offerClock": "plain", "offersStopHours": 0, "afterLapse": "close",
    "settlesFirst": "at_opening", "settlesAfterHours": null, "requiresTaster": true,
    "commitsToAllSessions": false, "requiresManagerAgreement": false, "requiresNomination": false,
    "eligibility": null, "joiningForm": {"questions": []},
    "confidential": false, "reserves": [], "minimumDecision": null, "gate": ["email_verified", "taster_attended"],
    "status": "open",
    "publicState": {"code": "places_left", "placesLeft": 4, "opensAt": null, "announcedFor": null,
        "cohortId": null},
    "placesTaken": 8, "placesFree": 4, "placesOpenToAll": 4, "reserveStates": [], "waitingCount": 0, "firstSessionAt": "2028-01-12T14:00:00Z",
    "createdAt": "2027-01-05T09:00:00Z", "updatedAt": "2027-01-05T09:00:00Z"
}))]
pub(crate) struct CohortView {
    /// Its id.
    id: Uuid,
    /// Whose it is.
    academy_id: Uuid,
    /// Of which programme.
    programme_id: Uuid,
    #[serde(flatten)]
    fields: CohortFields,
    /// Whether it runs; null where it has no minimum.
    minimum_decision: Option<MinimumDecisionView>,
    /// What has to be met before a booking becomes a claim.
    #[schema(value_type = Vec<RequirementWord>)]
    gate: Vec<&'static str>,
    /// What it is, by the clock.
    #[schema(value_type = CohortStatusWord)]
    status: &'static str,
    /// What it shows to all.
    public_state: PublicStateView,
    /// Places held: confirmed, offered, completed and not completed.
    places_taken: u32,
    /// Places that nobody holds.
    places_free: u32,
    /// Those of them that no reserve keeps.
    places_open_to_all: u32,
    /// How its reserves stand, in their order.
    reserve_states: Vec<ReserveStateView>,
    /// Claims without a place.
    waiting_count: u64,
    /// When its first session starts; null while no dates stand.
    first_session_at: Option<DateTime<Utc>>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed by staff.
    updated_at: DateTime<Utc>,
}

impl CohortView {
    /// At `now`.
    pub(super) fn of(cohort: &Cohort, programme: &Programme, desk: &DeskRow, now: DateTime<Utc>) -> Self {
        let facts = facts_of(desk, programme.lifecycle.is_published(), cohort.announced_for, now);
        let gate = cohort.gate.terms().requirements();
        Self {
            id: cohort.id.0,
            academy_id: cohort.academy_id.0,
            programme_id: cohort.programme_id.0,
            fields: CohortFields::of(cohort, &desk.terms),
            minimum_decision: MinimumDecisionView::of(cohort, facts.status, desk.first_session_at, now),
            gate: gate.into_iter().map(|requirement| requirement.as_str()).collect(),
            status: facts.status.as_str(),
            public_state: PublicStateView::of_cohort(cohort_state(&facts, now)),
            places_taken: desk.places_taken,
            places_free: desk.places_free(),
            places_open_to_all: desk.places_open_to_all(),
            reserve_states: reserve_wire::states(desk),
            waiting_count: desk.waiting_count,
            first_session_at: desk.first_session_at,
            created_at: cohort.created_at,
            updated_at: cohort.updated_at,
        }
    }
}
