//! What people need in order to take part in a session (PRG-11), apart from what else is known of them (ACC-10).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0050_adjustments"
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

/// Each kind is asked for once by each booking in a session.
const UP: &str = r"
ALTER TABLE session ADD COLUMN adjustments_until timestamptz
--;
CREATE TABLE adjustment (
  id uuid PRIMARY KEY,
  academy_id uuid NOT NULL,
  session_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('captions', 'bsl', 'breaks', 'access', 'diet')),
  detail text,
  outcome text CHECK (outcome IN ('met', 'not_met')),
  note text,
  decided_at timestamptz,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (academy_id, id),
  UNIQUE (session_id, booking_id, kind),
  FOREIGN KEY (academy_id, session_id) REFERENCES session (academy_id, id),
  FOREIGN KEY (academy_id, booking_id) REFERENCES booking (academy_id, id),
  CHECK ((outcome IS NULL) = (decided_at IS NULL))
)
--;
CREATE INDEX adjustment_session ON adjustment (session_id, id)
--;
CREATE INDEX adjustment_booking ON adjustment (booking_id)
";

const DOWN: &str = r"
DROP TABLE adjustment --; ALTER TABLE session DROP COLUMN adjustments_until
";
