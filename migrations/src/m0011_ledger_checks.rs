//! When each ledger was last replayed and compared with what is stored (ADM-12).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0011_ledger_checks"
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

/// `begun_at` keeps servers from checking the same ledger at once.
const UP: &str = r"
CREATE TABLE ledger_check (
  cohort_id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  seen_at timestamptz NOT NULL,
  begun_at timestamptz,
  checked_at timestamptz,
  version bigint,
  agrees boolean,
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id)
)
";

const DOWN: &str = r"
DROP TABLE ledger_check
";
