//! Joining forms that are saved half done (ADM-22).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0013_drafts"
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

const UP: &str = r"
CREATE TABLE form_draft (
  cohort_id uuid NOT NULL,
  person_id uuid NOT NULL REFERENCES person (id),
  academy_id uuid NOT NULL,
  answers text NOT NULL,
  commits_to_all_sessions boolean NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (cohort_id, person_id),
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id)
)
--;
CREATE INDEX form_draft_updated ON form_draft (updated_at)
";

const DOWN: &str = r"
DROP TABLE form_draft
";
