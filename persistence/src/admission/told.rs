//! What a booker said of a participant, kept with the booking.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a booker said of a participant (ACC-4): it belongs to this booking and changes no profile.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Told {
    /// The email as typed.
    pub email: String,
    /// The name.
    pub full_name: String,
    /// Job role, by code.
    pub job_role: Option<String>,
    /// Staff group, by code.
    pub staff_group: Option<String>,
    /// Qualifications, by code.
    pub qualifications: Option<Vec<String>>,
    /// Whether they lead or manage.
    pub leads_or_manages: Option<bool>,
    /// Where they work, by ODS code.
    pub organisation_ods_code: Option<String>,
    /// Region, by code.
    pub region: Option<String>,
    /// When it was corrected; `None` while it is as it was told at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<DateTime<Utc>>,
    /// When they had asked for the place, where an imported list brought that along with evidence (ADM-24).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<DateTime<Utc>>,
}

impl Told {
    /// Whether both tell the same facts, whatever they say of name and email: only facts can be asked for (ADM-4).
    pub(super) fn tells_the_facts_of(&self, other: &Self) -> bool {
        let facts = |told: &Self| Self {
            email: String::new(),
            full_name: String::new(),
            corrected_at: None,
            asked_at: None,
            ..told.clone()
        };
        facts(self) == facts(other)
    }
}

/// Personal data: never shown by `Debug` (ACC-7).
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told(…)")
    }
}
