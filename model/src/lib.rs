//! The admission protocol at the level of database statements, for a model checker that walks through every
//! interleaving: two servers, each with a lane of the desk and a verification beside it, clients that repeat
//! by key, connections that break, answers to COMMIT that are lost, servers that crash, and a clock.
//!
//! What is promised is in [`properties`]; how the protocol could be wrong, in [`Variant`]. Decisions are made by
//! the real `domain::admission` ([`rules`]); the steps around them are written anew here and named like the
//! functions of `persistence` that take them ([`state::Step`]).
//!
//! On purpose there are no walls here (CHECK, unique indices but the keys', what PostgreSQL refuses under
//! REPEATABLE READ): the protocol has to be right without them.

mod faults;
mod locks;
pub mod properties;
mod protocol;
pub mod report;
pub mod rules;
pub mod scene;
mod sitting;
pub mod state;
#[cfg(test)]
mod tests;
mod variant;
mod work;

pub use locks::{Lock, Locks};
pub use protocol::{Protocol, SERVERS};
pub use scene::Scene;
pub use variant::Variant;
