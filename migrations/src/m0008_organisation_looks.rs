//! Organisations that were completed, whose people's gates are to be looked at again; when a person last told a
//! fact about themselves.

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0008_organisation_looks"
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
CREATE TABLE organisation_look (
  organisation_id uuid PRIMARY KEY REFERENCES organisation (id),
  step bigint NOT NULL,
  after_person uuid NOT NULL,
  again boolean NOT NULL,
  due_at timestamptz NOT NULL
)
--;
CREATE INDEX person_organisation ON person (organisation_id) WHERE organisation_id IS NOT NULL
--;
CREATE INDEX booking_pending ON booking (person_id) WHERE status = 'pending'
--;
ALTER TABLE person ADD COLUMN facts_at timestamptz
";

const DOWN: &str = r"
ALTER TABLE person DROP COLUMN facts_at --; DROP INDEX booking_pending --; DROP INDEX person_organisation --;
DROP TABLE organisation_look
";
