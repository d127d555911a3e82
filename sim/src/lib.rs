//! A deterministic simulation of admission.
//!
//! The domain's own decisions run here through a store in memory, on servers that are killed and paused, with
//! commits whose answers are lost and clients that ask again; an observer holds every commit and every answer
//! against the rules. One seed is one history: the same seed gives the same history to the last bit.
//!
//! ```
//! let report = sim::run(7, sim::Options::default());
//! assert_eq!(report.violation, None);
//! assert_eq!(report.hash, sim::run(7, sim::Options::default()).hash);
//! ```

mod bugs;
mod check;
mod client;
mod coverage;
mod ctx;
mod faults;
mod history;
mod many;
mod required;
mod run;
mod server;
mod shell;
mod store;
mod world;

pub use bugs::Bug;
pub use coverage::Coverage;
pub use faults::Fault;
pub use many::{Failure, Many, Summary, run_many};
pub use run::{Options, Report, run};

/// A moment.
type Time = chrono::DateTime<chrono::Utc>;
