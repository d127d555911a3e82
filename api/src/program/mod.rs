//! The program: settings, commands, server and jobs.

mod admin;
mod cli;
mod demo;
pub(crate) mod jobs;
mod log;
mod serve;
pub(crate) mod settings;

pub use cli::main;
use persistence::StoreError;

/// Why a command could not do its work, as a sentence for whoever runs it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    /// A failure of something, with its cause.
    pub(crate) fn of(what: &str, cause: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {cause}"))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}
