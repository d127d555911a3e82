//! Programmes, tasters, cohorts and sessions: PRG-1 to PRG-5, PRG-10 to PRG-12.

mod adjustments;
mod cohorts;
mod facilitators;
mod faults;
mod listing;
mod minimum;
mod programmes;
mod series;
mod sessions;
