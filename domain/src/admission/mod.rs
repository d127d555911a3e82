//! Admission: the gate, claims, the ledger, offers and the waiting list.
//!
//! Nothing but `settle` gives out places (ADM-7).

mod gate;
mod terms;

pub use gate::{GateTerms, Requirement};
pub use terms::{AfterLapse, Capacity, CohortStatus, SettlesFirst, Terms, Vacancies};
