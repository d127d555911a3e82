//! For which bookings it was said that sessions overlap, and that the place is wanted all the same (PRG-6).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0032_clashes"
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

/// Few say it, so that `booking` stays as small as it is.
const UP: &str = r"
CREATE TABLE clash_acknowledgement (
  booking_id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  acknowledged_at timestamptz NOT NULL,
  FOREIGN KEY (academy_id, booking_id) REFERENCES booking (academy_id, id)
)
";

const DOWN: &str = "DROP TABLE clash_acknowledgement";
