//! Interest in a programme is told of its cohorts before the public (COM-5).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0040_cohort_invitations"
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

/// Each interest is told of a cohort once.
const UP: &str = r"
ALTER TABLE cohort ADD COLUMN interest_told_hours bigint CHECK (interest_told_hours >= 1)
--;
CREATE INDEX cohort_tells_interest ON cohort (id) WHERE interest_told_hours IS NOT NULL
--;
CREATE UNIQUE INDEX interest_of_academy ON interest (academy_id, id)
--;
CREATE TABLE cohort_invitation (
  cohort_id uuid NOT NULL,
  interest_id uuid NOT NULL,
  academy_id uuid NOT NULL,
  told_at timestamptz NOT NULL,
  PRIMARY KEY (cohort_id, interest_id),
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id),
  FOREIGN KEY (academy_id, interest_id) REFERENCES interest (academy_id, id)
)
";

const DOWN: &str = r"
DROP TABLE cohort_invitation --; DROP INDEX interest_of_academy --; DROP INDEX cohort_tells_interest --;
ALTER TABLE cohort DROP COLUMN interest_told_hours
";
