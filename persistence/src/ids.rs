//! Where ids come from: UUIDv7, so that they sort by the moment they were made.

use chrono::{DateTime, Utc};
use std::sync::Mutex;
use uuid::{ContextV7, Timestamp, Uuid};

/// A new id.
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// Counts on within a moment, so that ids of one moment sort in the order in which they were made.
static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// A new id that sorts at `at`, for what a batch makes under one clock: behind all that this program made before.
pub fn new_id_at(at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(&ORDER, seconds, at.timestamp_subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ADM-5.
    #[test]
    fn ids_of_one_moment_sort_in_the_order_in_which_they_were_made() {
        let at = DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap();
        let made: Vec<Uuid> = (0..1_000).map(|_| new_id_at(at)).collect();
        assert!(made.is_sorted());
    }
}
