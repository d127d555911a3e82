//! Mail that is due: rows of ids and codes, rendered when they are sent.

mod outbox;

pub(crate) use outbox::insert_outbox;
pub use outbox::{MailKind, OutboxRow};
