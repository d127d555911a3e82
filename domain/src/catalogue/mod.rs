//! What is offered: programmes, their pages and gates, tasters, cohorts, sessions and meetings (PRG).

pub mod adjustment;
mod dated;
pub mod eligibility;
pub mod invitation;
pub mod joining_form;
pub mod limits;
pub mod meeting;
pub mod minimum;
mod object;
mod overlap;
pub mod page;
pub mod programme;
pub mod public_state;
mod region;
pub mod series;

pub use dated::{Academy, Cohort, ReserveRule, Session, Taster};
pub use overlap::{Engagement, Span, double_booked};
pub use region::Region;
