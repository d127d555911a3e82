//! The audit trail (ACC-7) and the answers kept for repeats (ADM-10).

mod audit;
pub mod repeats;

pub use audit::{AuditActor, AuditRow, Origin};
pub(crate) use audit::{insert_audit, insert_audit_of};
