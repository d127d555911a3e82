//! What the clock makes due: entered by the desk within seconds, also without any traffic (ADM-11).

use crate::http::app::Shared;
use crate::http::problem::Problem;
use persistence::admission::{due_cohorts, look_at_organisation, organisation_looks_due};
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
    Ok(())
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
