//! What is offered: programmes, their pages and gates, tasters, cohorts, sessions and meetings (PRG).

pub mod eligibility;
pub mod joining_form;
mod region;

pub use region::Region;
