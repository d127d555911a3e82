//! Floor 1: the rules of an academy as pure functions of values.
//!
//! No async, no I/O, no clock, no random: time and ids come in as arguments. Rules are cited by their
//! number in the product's law (`ADM-7`).

pub mod admission;
pub mod catalogue;
pub mod fault;
pub mod identity;
pub mod ids;
pub mod messaging;
pub mod planted;
pub mod text;
pub mod time;
