//! What the clock makes due: entered by the desk within seconds, also without any traffic (ADM-11).

use crate::http::app::Shared;
use crate::http::problem::Problem;
use persistence::admission::due_cohorts;

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
