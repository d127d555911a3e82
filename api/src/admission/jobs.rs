//! What the clock makes due: entered by the desk within seconds, also without any traffic (ADM-11).

use crate::http::app::Shared;
use crate::http::problem::Problem;
use crate::program::jobs::wait_behind;
use domain::ids::CohortId;
use persistence::admission::{
    carries_due, carry_over, check_figures, checks_due, due_cohorts, invitations_due, invite,
    look_at_organisation, organisation_looks_due, record_check, verify_cohort,
};
use persistence::{Origin, StoreError};

/// Has everything entered that is due by now.
///
/// # Errors
/// When the database does not answer; the next run tries again.
pub(crate) async fn enter_all_due(app: &Shared) -> Result<(), Problem> {
    let reader = app.store.reader();
    let now = reader.now().await?;
    for cohort in due_cohorts(&reader, now).await? {
        app.desk.tick(cohort).await.map_err(super::submit::problem)?;
    }
    for (from, to) in carries_due(&reader, now).await? {
        if let Err(error) = carry_all(app, from, to).await {
            // What stands in the way of one cohort's people stops nobody else's.
            tracing::error!(%from, %to, %error, "nobody could be carried over");
        }
    }
    Ok(())
}

/// Carries everybody over who goes on from one cohort into the next (PRG-8), some in each transaction.
async fn carry_all(app: &Shared, from: CohortId, to: CohortId) -> Result<(), StoreError> {
    loop {
        let mut work = app.store.begin(Origin::job()).await?;
        if carry_over(&mut work, from, to).await? == 0 {
            return Ok(());
        }
        work.commit().await?;
        app.store.mail_is_due.notify_one();
    }
}

/// Tells interest of the cohorts that it is due for (COM-5), some people in each transaction.
///
/// # Errors
/// When the database does not answer; the next run goes on where this one ended.
pub(crate) async fn invite_all_due(app: &Shared) -> Result<(), StoreError> {
    let reader = app.store.reader();
    for cohort in invitations_due(&reader, reader.now().await?).await? {
        if let Err(error) = invite_all(app, cohort).await {
            // What stands in the way of one cohort's mails stops nobody else's.
            tracing::error!(%cohort, %error, "interest could not be told");
        }
    }
    Ok(())
}

async fn invite_all(app: &Shared, cohort: CohortId) -> Result<(), StoreError> {
    loop {
        let mut work = app.store.begin(Origin::job()).await?;
        if invite(&mut work, cohort).await? == 0 {
            return Ok(());
        }
        work.commit().await?;
    }
}

/// Looks at the gates of the people of organisations that staff completed, page by page, each in a transaction of
/// its own (ADM-2).
///
/// # Errors
/// When the database does not answer; the next run goes on where this one ended.
pub(crate) async fn look_at_organisations(app: &Shared) -> Result<(), StoreError> {
    while organisation_looks_due(&app.store.reader()).await? {
        let mut work = app.store.begin(Origin::job()).await?;
        if !look_at_organisation(&mut work).await? {
            return Ok(());
        }
        work.commit().await?;
        app.store.mail_is_due.notify_one();
    }
    Ok(())
}

/// How many ledgers one turn verifies at most.
const LEDGERS_A_TURN: u64 = 5;

/// Verifies the ledgers that were not for longest (ADM-12), a few in each turn, behind the desk, and shows how all of
/// them stand. What differs is logged and counted.
///
/// # Errors
/// When the database does not answer; what was begun is taken up again later.
pub(crate) async fn verify_ledgers(app: &Shared) -> Result<(), StoreError> {
    let mut work = app.store.begin(Origin::job()).await?;
    let due = checks_due(&mut work, LEDGERS_A_TURN).await?;
    work.commit().await?;
    for cohort in due {
        let verified = verify_cohort(&app.store, cohort, || wait_behind(&app.desk)).await?;
        for what in &verified.differs {
            tracing::error!(%cohort, what, "a ledger differs from what is stored");
        }
        app.metrics.ledger_verified(verified.differs.is_empty());
        let mut work = app.store.begin(Origin::job()).await?;
        record_check(&mut work, cohort, &verified).await?;
        work.commit().await?;
    }
    let reader = app.store.reader();
    app.metrics.ledgers_stand(&check_figures(&reader, reader.now().await?).await?);
    Ok(())
}
