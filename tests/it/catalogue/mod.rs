//! Programmes, tasters, cohorts and sessions: PRG-1 to PRG-5, PRG-10.

mod cohorts;
mod facilitators;
mod faults;
mod listing;
mod programmes;
mod series;
mod sessions;
