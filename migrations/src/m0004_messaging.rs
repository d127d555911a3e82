//! Mail that is due: written in the deciding transaction, sent by a job.

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0004_messaging"
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

/// Holds ids and codes only (ACC-6): a mail is rendered when it is sent.
const UP: &str = r"
CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  academy_id uuid,
  kind text NOT NULL,
  person_id uuid NOT NULL REFERENCES person (id),
  booking_id uuid,
  token_id uuid,
  refs text NOT NULL,
  created_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  attempts bigint NOT NULL,
  leased_until timestamptz,
  lease bigint NOT NULL,
  sent_at timestamptz,
  given_up_at timestamptz
)
--;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE sent_at IS NULL AND given_up_at IS NULL
--;
CREATE INDEX outbox_person ON outbox (person_id, id) WHERE sent_at IS NULL AND given_up_at IS NULL
";

const DOWN: &str = r"
DROP TABLE outbox
";
