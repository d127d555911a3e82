//! A number that grows with each change of what the public listing shows, so that other servers notice.

use crate::{Access, Result, Work};
use sea_orm::{ConnectionTrait, Statement};

/// Says that the public listing changed. Called last in a unit of work: the row is held until its commit.
///
/// # Errors
/// When the database refuses.
pub async fn listing_changed(work: &Work) -> Result<()> {
    let text = "UPDATE catalogue_version SET version = version + 1 WHERE id = 1";
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
