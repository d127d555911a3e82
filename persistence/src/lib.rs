//! Floor 2: the database. Loads what decisions need, records what was decided.
//!
//! [`Store`] is the pool, [`Work`] an open write transaction, [`Reader`] a read without one. The rooms are
//! modules of functions over [`Access`], which both give. Entities and SQL stay private to this crate.

pub mod admission;
pub mod catalogue;
mod clock;
mod error;
pub mod governance;
pub mod identity;
mod ids;
pub mod messaging;
#[cfg(feature = "planted")]
mod planted;
mod rehearsal;
mod rows;
mod snapshot;
mod store;
mod work;

pub use clock::{Clock, SystemClock};
pub use error::StoreError;
pub use governance::{AuditActor, Origin};
pub use ids::{new_id, new_id_at};
pub use rehearsal::Rehearsal;
pub use store::{DatabaseUrl, Store};
pub use work::{Access, Reader, Work};

/// What every function of this crate returns.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
