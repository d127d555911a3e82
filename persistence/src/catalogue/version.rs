//! A number that grows with each change of what the public listing shows, so that other servers notice.

use crate::{Access, Result, Work};
use sea_orm::{ConnectionTrait, Statement};

/// Says that the public listing changed: this process sees it with the commit, others when they look at the version.
/// Called last in a unit of work, since the row is held until the commit.
///
/// # Errors
/// When the database refuses.
pub async fn listing_changed(work: &Work) -> Result<()> {
    if work.rehearsed.is_some() {
        return Ok(()); // Nothing will have changed, and nobody is to wait for the row.
    }
    let text = "UPDATE catalogue_version SET version = version + 1 WHERE id = 1";
    work.changes_listing();
    work.connection().execute_raw(Statement::from_string(work.backend(), text)).await?;
    Ok(())
}

/// The number now.
///
/// # Errors
/// When the database does not answer.
pub async fn listing_version(db: &impl Access) -> Result<i64> {
    let db = db.connection();
    let statement = Statement::from_string(
        db.get_database_backend(),
        "SELECT version FROM catalogue_version WHERE id = 1",
    );
    let row = db.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "version")).transpose()?.unwrap_or(0))
}
