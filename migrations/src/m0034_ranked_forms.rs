//! One joining form that ranks several cohorts of a programme (ADM-21).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0034_ranked_forms"
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

/// A form holds no answers and no person: its bookings do. `placed_elsewhere` is the booking whose place ended this one.
const UP: &str = r"
CREATE TABLE ranked_form (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  programme_id uuid NOT NULL,
  when_placed text NOT NULL CHECK (when_placed IN ('end_others', 'keep_others')),
  hear_of_later boolean NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  FOREIGN KEY (academy_id, programme_id) REFERENCES programme (academy_id, id)
)
--;
ALTER TABLE booking ADD COLUMN form_id uuid
--;
ALTER TABLE booking ADD COLUMN preference bigint
--;
ALTER TABLE booking ADD COLUMN placed_elsewhere uuid
--;
CREATE INDEX booking_form ON booking (form_id) WHERE form_id IS NOT NULL
--;
CREATE INDEX booking_ranked ON booking (programme_id, cohort_id, status)
  WHERE form_id IS NOT NULL AND status IN ('pending', 'waiting', 'offered')
";

const DOWN: &str = r"
DROP INDEX booking_ranked --; DROP INDEX booking_form
--;
ALTER TABLE booking DROP COLUMN placed_elsewhere --; ALTER TABLE booking DROP COLUMN preference
--;
ALTER TABLE booking DROP COLUMN form_id
--;
DROP TABLE ranked_form
";
