//! Logs through `tracing`, to standard error: standard output belongs to what commands print.

use super::Failure;
use super::settings::Settings;
use std::io::{IsTerminal, stderr};
use tracing_subscriber::EnvFilter;

/// Begins logging as the settings say.
///
/// # Errors
/// When the filter can't be read.
pub(crate) fn begin(settings: &Settings) -> Result<(), Failure> {
    let filter =
        EnvFilter::try_new(&settings.log).map_err(|error| Failure::of("ACADEMY_LOG is wrong", error))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let begun = if settings.log_json {
        builder.json().flatten_event(true).with_span_list(false).try_init()
    } else {
        builder.with_ansi(stderr().is_terminal()).try_init()
    };
    begun.map_err(|error| Failure::of("logging can't begin", error))
}
