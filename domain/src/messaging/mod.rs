//! Mail: what each one says, in plain words, as a pure function of what is known when it is sent.

mod announcing;
mod asking;
mod calls;
mod clashing;
mod endings;
mod kind;
mod letter;
mod minimum;
mod page;
mod passing_on;
mod times;

pub use announcing::AboutCohort;
pub use kind::MailKind;
pub use letter::{AboutBooking, Dated, Links, Particulars, TokenPurpose, quotable, render};
pub use minimum::{AboutMinimum, Undecided};
pub use page::Mail;
pub use times::{exactly, span};
