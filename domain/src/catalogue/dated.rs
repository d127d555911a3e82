//! Academies, tasters, cohorts and sessions as they are kept.

use super::eligibility::Eligibility;
use super::meeting::{Meeting, When};
use super::programme::Gate;
use super::public_state::Month;
use super::region::Region;
use crate::ids::{AcademyId, CohortId, PersonId, ProgrammeId, ReserveId, SessionId, TasterId};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An organisation that runs programmes; the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Academy {
    /// Which.
    pub id: AcademyId,
    /// Its name in addresses, unique.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region: Region,
    /// Where to write.
    pub contact_email: String,
    /// The zone that its tasters and sessions have unless they say another.
    pub zone: Tz,
    /// Counts changes, from 1.
    pub revision: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A dated meeting of a programme, open to all, before any cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taster {
    /// Which.
    pub id: TasterId,
    /// Whose.
    pub academy_id: AcademyId,
    /// Of which programme.
    pub programme_id: ProgrammeId,
    /// Its title.
    pub title: String,
    /// When.
    pub when: When,
    /// Where; public (PRG-5).
    pub meeting: Meeting,
    /// Who runs it.
    pub facilitator_id: Option<PersonId>,
    /// What the facilitator reads out at its end (ADM-3).
    pub check_in_code: String,
    /// When staff said that its attendance is complete (ADM-6).
    pub sealed_at: Option<DateTime<Utc>>,
    /// Counts changes, from 1.
    pub revision: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Taster {
    /// How long its code can be typed after its end (ADM-3).
    pub const CODE_VALID_FOR: TimeDelta = TimeDelta::hours(24);
}

/// One run of a programme, without its desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// Which.
    pub id: CohortId,
    /// Whose.
    pub academy_id: AcademyId,
    /// Of which programme.
    pub programme_id: ProgrammeId,
    /// Its title.
    pub title: String,
    /// CommonMark.
    pub description: Option<String>,
    /// The month it is announced for, before its dates stand (PRG-10).
    pub announced_for: Option<Month>,
    /// How many it takes to run (PRG-3).
    pub minimum: Option<u32>,
    /// By when staff confirm or cancel (PRG-12).
    pub minimum_decided_by: Option<DateTime<Utc>>,
    /// When they said that it runs, or cancelled it.
    pub minimum_decided_at: Option<DateTime<Utc>>,
    /// How many hours before booking opens interest in the programme is told of it (COM-5).
    pub interest_told_hours: Option<u32>,
    /// Whether a confirmed person can pass the place on to a colleague (ADM-23).
    pub pass_on: bool,
    /// Copied from its programme when it was made (ADM-2).
    pub gate: Gate,
    /// What the group is told stays there (ATT-4).
    pub confidential: bool,
    /// Who fits its reserves, in their order (PRG-9).
    pub reserves: Vec<ReserveRule>,
    /// Counts changes, from 1.
    pub revision: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Who fits a reserve (PRG-9); how many places it keeps, and until when, stands in the cohort's terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveRule {
    /// Which.
    pub id: ReserveId,
    /// What it is called.
    pub title: String,
    /// Who fits.
    pub eligibility: Eligibility,
}

/// One dated meeting of a cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub academy_id: AcademyId,
    /// Of which cohort.
    pub cohort_id: CohortId,
    /// The series that made it.
    pub series_id: Option<Uuid>,
    /// Its title.
    pub title: String,
    /// When.
    pub when: When,
    /// Where; its join details are for who takes part (PRG-5).
    pub meeting: Meeting,
    /// Who runs it.
    pub facilitator_id: Option<PersonId>,
    /// What is asked of those who come: access needs, diet.
    pub asks_for: Option<String>,
    /// By when participants ask for the adjustments that they need; it asks for none without (PRG-11).
    pub adjustments_until: Option<DateTime<Utc>>,
    /// Counts changes, from 1.
    pub revision: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}
