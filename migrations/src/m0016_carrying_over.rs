//! Who goes on into the programme's next cohort (PRG-8).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0016_carrying_over"
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

/// `carry_over` is NULL, `wished` or `done`; `carried_from` is the booking in the earlier cohort.
const UP: &str = r"
ALTER TABLE booking ADD COLUMN carry_over text
--;
ALTER TABLE booking ADD COLUMN carried_from uuid
--;
CREATE INDEX booking_carry_wished ON booking (cohort_id, programme_id) WHERE carry_over = 'wished' AND status = 'closed'
--;
CREATE UNIQUE INDEX booking_carried_once ON booking (carried_from) WHERE carried_from IS NOT NULL
";

const DOWN: &str = r"
DROP INDEX booking_carried_once --; DROP INDEX booking_carry_wished
--;
ALTER TABLE booking DROP COLUMN carried_from --; ALTER TABLE booking DROP COLUMN carry_over
";
