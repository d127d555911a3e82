//! Test builds only: bugs that a suite switches on at run time to show that it would find them, and a clock
//! that a suite can move. A release has no such code: the feature is a dev-dependency's.

use chrono::TimeDelta;
use std::sync::OnceLock;

/// Whether `ACADEMY_PLANTED` names this bug.
pub(crate) fn bug(name: &str) -> bool {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let list = std::env::var("ACADEMY_PLANTED").unwrap_or_default();
        list.split(',').map(str::to_owned).collect()
    });
    names.iter().any(|n| n == name)
}

/// How far a suite has moved the clock: the seconds in the file that `ACADEMY_CLOCK_OFFSET_FILE` names.
pub(crate) fn clock_offset() -> TimeDelta {
    static FILE: OnceLock<Option<std::path::PathBuf>> = OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("ACADEMY_CLOCK_OFFSET_FILE").map(Into::into));
    let seconds = file.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
    TimeDelta::seconds(seconds.and_then(|text| text.trim().parse().ok()).unwrap_or(0))
}
