//! Why a booking's position changed (ADM-22): read out of its cohort's ledger.

use super::ledger::ledger_page;
use crate::{Access, Result};
use domain::admission::{PositionChange, PositionTrace};
use domain::ids::{BookingId, CohortId};

/// How many entries are read at once.
const PAGE: u64 = 1_000;

/// The changes of a booking's position that came after version `after`, at most `limit`, oldest first.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn position_changes(
    db: &impl Access,
    cohort: CohortId,
    booking: BookingId,
    after: u64,
    limit: u64,
) -> Result<Vec<PositionChange>> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut trace = PositionTrace::new(booking);
    let (mut changes, mut seen) = (Vec::new(), 0);
    loop {
        let page = ledger_page(db, cohort, seen, PAGE).await?;
        let Some(last) = page.last() else { return Ok(changes) };
        seen = last.version;
        let found = page.iter().filter_map(|entry| trace.follow(entry));
        changes.extend(found.filter(|change| change.version > after));
        if changes.len() >= wanted {
            changes.truncate(wanted);
            return Ok(changes);
        }
    }
}
