//! A confirmed place is left for another (ADM-23): which booking took whose stead.

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0018_transfers"
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

/// A table of its own, so that the rows of bookings stay as small as they are.
const UP: &str = r"
CREATE TABLE booking_transfer (
  academy_id uuid NOT NULL,
  left_booking uuid PRIMARY KEY,
  joined_booking uuid NOT NULL UNIQUE,
  transfer text NOT NULL CHECK (transfer IN ('moved', 'deferred', 'passed_on')),
  transferred_at timestamptz NOT NULL,
  FOREIGN KEY (academy_id, left_booking) REFERENCES booking (academy_id, id),
  FOREIGN KEY (academy_id, joined_booking) REFERENCES booking (academy_id, id),
  CHECK (left_booking <> joined_booking)
)
";

const DOWN: &str = r"
DROP TABLE booking_transfer
";
