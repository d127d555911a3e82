//! Mail that is due: rows of ids and codes, rendered when they are sent.

mod about_cohort;
mod about_minimum;
mod lease;
mod outbox;
mod particulars;
#[cfg(test)]
mod tests;

pub use domain::messaging::MailKind;
pub use lease::{Leased, MAX_ATTEMPTS, Outcome, backlog, lease_due, settle};
pub use outbox::OutboxRow;
pub(crate) use outbox::{insert_outbox, insert_outbox_due};
pub use particulars::{Loaded, MailToken, load};
