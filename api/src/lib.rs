//! Floor 3: HTTP, jobs, settings and the program `academy`.
//!
//! `http` is what every room's handlers stand on; `program` runs it all; the other modules are the rooms.

pub(crate) mod admission;
pub(crate) mod catalogue;
pub(crate) mod governance;
pub(crate) mod http;
pub(crate) mod identity;
pub(crate) mod messaging;
pub mod program;
