//! Changes of terms (after `persistence::admission::terms`).

use super::command::Change;
use super::forms::lock_cohorts;
use super::reassess::look_at_pending;
use super::refused::Refused;
use super::sitting::{Heads, Sitting};
use crate::Time;
use crate::store::work::{Result, Work};
use domain::admission::Fact;
use domain::ids::CohortId;

/// Changes a cohort's terms and settles what follows. Entered only if anything differs.
///
/// # Errors
/// When the connection is lost.
pub(crate) async fn change_terms(
    work: &mut Work,
    cohort: CohortId,
    change: Change,
) -> Result<std::result::Result<(), Refused>> {
    lock_cohorts(work, [cohort]).await?;
    let terms = change.onto(&work.desk(cohort)?.terms);
    let mut sitting = Sitting::open(work, &[cohort], &Heads::All).await?;
    let view = &sitting.desk(cohort)?.view;
    if terms == view.terms {
        return Ok(Ok(()));
    }
    if let Err(refused) = view.may_set(&terms, sitting.now) {
        return Ok(Err(refused.into()));
    }
    let fact = Fact::TermsChanged { terms, first_session_at: view.first_session_at };
    sitting.enter(cohort, &fact, None)?;
    enter_opening(&mut sitting, cohort)?;
    look_at_pending(work, &mut sitting, cohort).await?;
    sitting.write(work).await?;
    Ok(Ok(()))
}

/// A change of terms can bring the opening to now.
fn enter_opening(sitting: &mut Sitting, cohort: CohortId) -> Result<()> {
    let view = &sitting.desk(cohort)?.view;
    if view.opened || !view.terms.has_opened(sitting.now) {
        return Ok(());
    }
    let due = view.terms.booking_opens_at.unwrap_or(sitting.now);
    sitting.enter(cohort, &Fact::BookingOpened, Some(due)).map(|_| ())
}

/// Tells admission when the first session starts now.
///
/// # Errors
/// When the connection is lost.
pub(crate) async fn set_first_session(work: &mut Work, cohort: CohortId, start: Option<Time>) -> Result<()> {
    lock_cohorts(work, [cohort]).await?;
    let mut sitting = Sitting::open(work, &[cohort], &Heads::All).await?;
    let view = &sitting.desk(cohort)?.view;
    if view.first_session_at == start {
        return sitting.write(work).await;
    }
    let fact = Fact::TermsChanged { terms: view.terms.clone(), first_session_at: start };
    sitting.enter(cohort, &fact, None)?;
    look_at_pending(work, &mut sitting, cohort).await?;
    sitting.write(work).await
}
