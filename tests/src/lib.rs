//! The harness that drives the running program: databases, servers, actors, load.
//!
//! A test is a sentence and runs on both databases:
//!
//! ```no_run
//! # use serde_json::json;
//! # let program = harness::Program::new("academy");
//! harness::on_both(&program, async |world| {
//!     let me = world.participant("ellie").await.get("/v1/me").await.ok();
//!     assert_eq!(me["fullName"], "Ellie Ward");
//! });
//! ```
//!
//! The client *is* the actor (`world.coordinator()`, `world.partner()`, …), and helpers go through the public
//! API only. A [`World`] is a running server on a database of its own, copied from one that was furnished
//! once: an academy, its coordinator, two clients and a few participants whose email is verified.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a harness tells what went wrong by failing the test"
)]

mod actor;
mod answer;
mod chain;
pub mod chaos;
mod database;
mod disk;
mod documented;
mod furnish;
pub mod ledger;
pub mod load;
mod mailbox;
mod marks;
mod order;
mod passing_on;
mod postgres;
mod program;
pub mod property;
pub mod proxy;
pub mod reference;
pub mod reserves;
pub mod rush;
pub mod s2;
mod scratch;
mod server;
mod world;

pub use actor::{Actor, Request};
pub use answer::Answer;
pub use database::{Database, Kind};
pub use mailbox::{Mail, Mailbox};
pub use postgres::{Cluster, binary};
pub use program::{Output, Program};
pub use server::{Server, Settings};
pub use world::{Stage, World, on, on_both, on_own_cluster, on_postgres};
