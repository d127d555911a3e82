//! Proofs: the running program against an independent reference, with bugs planted, and under faults
//! (docs/reliability.md).

mod chaos;
mod desk;
mod planted;
mod properties;
