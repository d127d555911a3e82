//! Staff let people off requirements (ADM-19).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0012_waivers"
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

/// `cohort_desk.waives` says whether a cohort has waivers at all, so that bookings of others need not look.
const UP: &str = r"
CREATE TABLE waiver (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  cohort_id uuid NOT NULL,
  person_id uuid NOT NULL REFERENCES person (id),
  requirement text NOT NULL,
  reason text NOT NULL,
  waived_by uuid NOT NULL REFERENCES person (id),
  waived_at timestamptz NOT NULL,
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id),
  UNIQUE (cohort_id, person_id, requirement)
)
--;
CREATE INDEX waiver_person ON waiver (person_id)
--;
ALTER TABLE cohort_desk ADD COLUMN waives boolean NOT NULL DEFAULT false
--;
ALTER TABLE refused_attempt ADD COLUMN codes text
";

const DOWN: &str = r"
ALTER TABLE refused_attempt DROP COLUMN codes --; ALTER TABLE cohort_desk DROP COLUMN waives --; DROP TABLE waiver
";
