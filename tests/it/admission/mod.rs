//! Gate, claims, ranks, the ledger: ADM-1 to ADM-10, ADM-12, ADM-13, ADM-15.

mod attendance;
mod batches;
mod carrying;
mod check_ins;
mod claims;
mod drafts;
mod explanations;
mod forms;
mod forms_storms;
mod gate;
mod imports;
mod interest;
mod ledger;
mod ledger_checks;
mod life;
mod listing;
mod managers;
mod nominations;
mod opening;
mod order;
mod preview;
mod refusals;
mod reserves;
mod transfers;
mod waivers;
mod walls;
