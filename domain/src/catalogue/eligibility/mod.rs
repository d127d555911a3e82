//! Eligibility (PRG-2): an expression over what is known of a person.
//!
//! Three-valued: a fact that isn't known makes a rule *unknown*, which asks for the profile field and never
//! refuses. The wire form is the stored form: `{"all":[{"jobRole":["practice_manager"]},{"not":{…}}]}`.

mod assess;
mod parse;

pub use assess::{Assessment, Facts, RuleFailure, Verdict};

use crate::ids::{OrganisationId, ProgrammeId};
use serde::{Deserialize, Serialize};

/// How deep rules can stand within each other.
pub const MAX_DEPTH: usize = 8;
/// How many rules an expression can have, all/any/not included.
pub const MAX_RULES: usize = 100;
/// How many values one rule can list.
pub const MAX_VALUES: usize = 200;

/// A parsed eligibility expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Eligibility(Rule);

/// One rule. Lists are never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// Every one of these.
    All(Vec<Rule>),
    /// At least one of these.
    Any(Vec<Rule>),
    /// Not this.
    Not(Box<Rule>),
    /// The job role is one of these codes.
    JobRole(Vec<String>),
    /// The staff group is one of these codes.
    StaffGroup(Vec<String>),
    /// At least one of these qualifications is held.
    Qualification(Vec<String>),
    /// Whether they lead or manage.
    LeadsOrManages(bool),
    /// The region is one of these.
    Region(Vec<String>),
    /// The sector is one of these codes.
    Sector(Vec<String>),
    /// Works at one of these organisations.
    Organisation(Vec<OrganisationId>),
    /// Completed at least one of these programmes.
    CompletedProgramme(Vec<ProgrammeId>),
}

impl Eligibility {
    /// The outermost rule.
    pub fn rule(&self) -> &Rule {
        &self.0
    }
}

#[cfg(test)]
mod tests;
