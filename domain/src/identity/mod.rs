//! People, sign-in, roles and clients: who somebody is and what they may do.

mod actor;
mod email;
mod permission;

pub use actor::{Actor, ClientActor, ClientKind, PersonActor, Role, Scope};
pub use email::EmailAddress;
pub use permission::{Action, Resource, Verdict, permits};
