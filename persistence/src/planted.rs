//! Test builds only: a clock that a suite can move, and the bugs that it plants ([`domain::planted`]). A release has
//! no such code: the feature is a dev-dependency's.

use crate::{Result, StoreError};
use chrono::TimeDelta;
use std::sync::OnceLock;

/// Plants the bugs that `ACADEMY_PLANTED` names.
///
/// # Errors
/// When it names one that there is not: nothing would be tried.
pub(crate) fn plant() -> Result<()> {
    let names = std::env::var("ACADEMY_PLANTED").unwrap_or_default();
    domain::planted::plant(&names).map_err(|name| StoreError::SetUp(format!("there is no bug {name}")))
}

/// How far a suite has moved the clock: the seconds in the file that `ACADEMY_CLOCK_OFFSET_FILE` names.
pub(crate) fn clock_offset() -> TimeDelta {
    static FILE: OnceLock<Option<std::path::PathBuf>> = OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("ACADEMY_CLOCK_OFFSET_FILE").map(Into::into));
    seconds(file.as_ref().and_then(|path| std::fs::read_to_string(path).ok()))
}

/// How far the machine's own clock is off, in seconds: `ACADEMY_PROGRAM_CLOCK_OFFSET`. On PostgreSQL it must decide
/// nothing.
pub(crate) fn program_clock_offset() -> TimeDelta {
    static OFFSET: OnceLock<TimeDelta> = OnceLock::new();
    *OFFSET.get_or_init(|| seconds(std::env::var("ACADEMY_PROGRAM_CLOCK_OFFSET").ok()))
}

fn seconds(text: Option<String>) -> TimeDelta {
    TimeDelta::seconds(text.and_then(|text| text.trim().parse().ok()).unwrap_or(0))
}
