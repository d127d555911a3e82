//! What gates ask of others than the participant: a manager's agreement, a nomination (ADM-20).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0021_asks"
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

/// `manager_request` holds whom a booking names now; tokens are rows of `mail_token`, from whose ids they are made. A nomination
/// that was withdrawn when its place was confirmed is `spent`: it still uses up its nominator's quota.
const UP: &str = r"
ALTER TABLE programme ADD COLUMN requires_manager_agreement boolean NOT NULL DEFAULT false
--;
ALTER TABLE programme ADD COLUMN requires_nomination boolean NOT NULL DEFAULT false
--;
CREATE TABLE manager_request (
  booking_id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  as_typed text NOT NULL,
  token_id uuid NOT NULL REFERENCES mail_token (id),
  times bigint NOT NULL CHECK (times >= 1),
  asked_at timestamptz NOT NULL,
  answer text CHECK (answer IN ('agreed', 'refused')),
  answered_at timestamptz,
  CHECK ((answer IS NULL) = (answered_at IS NULL)),
  FOREIGN KEY (academy_id, booking_id) REFERENCES booking (academy_id, id)
)
--;
CREATE TABLE nominator (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  cohort_id uuid NOT NULL,
  client_id uuid,
  address text,
  as_typed text,
  quota bigint NOT NULL CHECK (quota >= 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (academy_id, cohort_id, id),
  CHECK ((client_id IS NULL) <> (address IS NULL)),
  CHECK ((address IS NULL) = (as_typed IS NULL)),
  FOREIGN KEY (academy_id, cohort_id) REFERENCES cohort (academy_id, id),
  FOREIGN KEY (academy_id, client_id) REFERENCES client (academy_id, id)
)
--;
CREATE UNIQUE INDEX nominator_client ON nominator (cohort_id, client_id) WHERE client_id IS NOT NULL
--;
CREATE UNIQUE INDEX nominator_address ON nominator (cohort_id, address) WHERE address IS NOT NULL
--;
CREATE TABLE nomination (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  cohort_id uuid NOT NULL,
  nominator_id uuid NOT NULL,
  address text NOT NULL,
  as_typed text NOT NULL,
  nominated_at timestamptz NOT NULL,
  withdrawn_at timestamptz,
  spent boolean NOT NULL,
  CHECK (NOT spent OR withdrawn_at IS NOT NULL),
  FOREIGN KEY (academy_id, cohort_id, nominator_id) REFERENCES nominator (academy_id, cohort_id, id)
)
--;
CREATE UNIQUE INDEX nomination_standing ON nomination (nominator_id, address) WHERE withdrawn_at IS NULL
--;
CREATE INDEX nomination_address ON nomination (address) WHERE withdrawn_at IS NULL
--;
CREATE INDEX nomination_cohort ON nomination (cohort_id, id)
";

const DOWN: &str = r"
DROP TABLE nomination --; DROP TABLE nominator --; DROP TABLE manager_request --;
ALTER TABLE programme DROP COLUMN requires_nomination --; ALTER TABLE programme DROP COLUMN requires_manager_agreement
";
