//! Those who have a place are told that their cohort runs (PRG-12).

use super::life::stored;
use super::sitting::{Heads, Sitting};
use crate::messaging::MailKind;
use crate::{Result, Work};
use domain::admission::BookingStatus;
use domain::ids::CohortId;
use std::collections::HashMap;

/// Writes to each whose place is confirmed, in their order; the cohort's lock must be held.
///
/// # Errors
/// When the database refuses.
pub async fn tell_that_it_runs(work: &mut Work, cohort: CohortId) -> Result<()> {
    let mut sitting = Sitting::open(work, &[cohort], Heads::Freed(HashMap::new())).await?;
    let confirmed = stored(work, &mut sitting, cohort, |status| status == BookingStatus::Confirmed).await?;
    for booking in confirmed {
        sitting.mail(booking, MailKind::CohortRuns);
    }
    sitting.write(work).await?;
    Ok(())
}
