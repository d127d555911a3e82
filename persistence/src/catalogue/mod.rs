//! Academies, programmes, tasters, cohorts and sessions.

mod academies;
mod adjustments;
mod cohorts;
mod columns;
mod engagements;
pub(crate) mod entities;
pub mod gates;
mod handover;
mod listing;
mod minimum;
mod programmes;
mod sessions;
mod tasters;
mod version;

pub use academies::{
    academies, academy, academy_for_update, academy_slug_taken, insert_academy, update_academy,
};
pub use adjustments::{
    Adjustment, adjustment, adjustments_of, adjustments_over, ask_for_adjustment, decide_adjustment,
    forget_adjustments, place_of, take_back_adjustment,
};
pub(crate) use cohorts::set_reserves;
pub use cohorts::{cohort, cohorts_of, insert_cohort, update_cohort};
pub use engagements::{engagements, hold_facilitators};
pub(crate) use handover::hand_over_meetings;
pub use listing::{Filters, Listed, Stretch, cohort_facts, facts_of, listing};
pub use minimum::{minimum_notices_due, notice_minimum};
pub use programmes::{
    Wanted, insert_programme, programme, programme_for_update, programme_slug_taken, programmes_of,
    published, published_among, runs_meetings, search_words, unknown_programmes, update_programme,
};
pub use sessions::{
    count_sessions, first_start, insert_sessions, last_end, session, sessions_of, update_session,
};
pub use tasters::{insert_taster, new_check_in_code, taster, taster_for_update, tasters_of, update_taster};
pub use version::{listing_changed, listing_version};
