//! Staff say whether a cohort with a minimum runs, and are reminded of it (PRG-12).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0037_minimum_decided"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::sql::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::sql::run(manager, DOWN).await
    }
}

/// The two `…_noticed` hold the decision date of which staff were told.
const UP: &str = r"
ALTER TABLE cohort ADD COLUMN minimum_decided_at timestamptz
--;
ALTER TABLE cohort ADD COLUMN minimum_soon_noticed timestamptz
--;
ALTER TABLE cohort ADD COLUMN minimum_overdue_noticed timestamptz
--;
CREATE INDEX cohort_minimum_open ON cohort (id) WHERE minimum IS NOT NULL AND minimum_decided_at IS NULL
";

const DOWN: &str = r"
DROP INDEX cohort_minimum_open
--;
ALTER TABLE cohort DROP COLUMN minimum_overdue_noticed --; ALTER TABLE cohort DROP COLUMN minimum_soon_noticed
--;
ALTER TABLE cohort DROP COLUMN minimum_decided_at
";
