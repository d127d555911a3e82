//! What a list brought along of a booking that was imported (ADM-24).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0024_imports"
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

/// An earlier moment never stands without its evidence and its reason.
const UP: &str = r"
CREATE TABLE booking_import (
  booking_id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  cohort_id uuid NOT NULL,
  imported_at timestamptz NOT NULL,
  earlier_moment timestamptz,
  evidence text,
  reason text,
  FOREIGN KEY (academy_id, booking_id) REFERENCES booking (academy_id, id),
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id),
  CHECK ((earlier_moment IS NULL) = (evidence IS NULL)),
  CHECK ((earlier_moment IS NULL) = (reason IS NULL)),
  CHECK (earlier_moment < imported_at)
)
--;
CREATE INDEX booking_import_cohort ON booking_import (cohort_id)
";

const DOWN: &str = "DROP TABLE booking_import";
