//! Places that are passed on to a colleague, where the cohort says so (ADM-23).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0043_passing_on"
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

/// `place_proposal` holds to whom a booking's place was last to be passed on: it stands until its token is used or ends.
/// `closed_reason` is as what the place is closed when it is taken over.
const UP: &str = r"
ALTER TABLE cohort ADD COLUMN pass_on boolean NOT NULL DEFAULT false
--;
CREATE TABLE place_proposal (
  booking_id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  address text NOT NULL,
  as_typed text NOT NULL,
  full_name text NOT NULL,
  closed_reason text NOT NULL CHECK (closed_reason IN ('cancelled_by_participant', 'cancelled_by_academy')),
  token_id uuid NOT NULL REFERENCES mail_token (id),
  times bigint NOT NULL CHECK (times >= 1),
  proposed_at timestamptz NOT NULL,
  FOREIGN KEY (academy_id, booking_id) REFERENCES booking (academy_id, id)
)
";

const DOWN: &str = r"
DROP TABLE place_proposal --; ALTER TABLE cohort DROP COLUMN pass_on
";
