//! The audit trail (ACC-7) and the answers kept for repeats (ADM-10).

mod audit;
pub mod repeats;

pub(crate) use audit::insert_audit_of;
pub use audit::{AuditActor, AuditRow, Origin};
