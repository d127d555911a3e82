//! The audit trail (ACC-7) and the answers kept for repeats (ADM-10).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0005_governance"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::sql::run(manager, UP).await?;
        crate::sql::append_only(manager, "audit").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::sql::run(manager, DOWN).await
    }
}

/// Audit rows hold ids and codes, never names, emails or answers (ACC-6).
const UP: &str = r"
CREATE TABLE audit (
  id uuid PRIMARY KEY,
  academy_id uuid,
  at timestamptz NOT NULL,
  actor_kind text NOT NULL CHECK (actor_kind IN ('anonymous', 'person', 'client', 'job', 'operator')),
  actor_id uuid,
  action text NOT NULL,
  subject_kind text NOT NULL,
  subject_id uuid,
  detail text NOT NULL,
  request_id text,
  network text
)
--;
CREATE INDEX audit_academy ON audit (academy_id, at, id)
--;
CREATE TABLE repeat_key (
  caller text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  status bigint,
  headers text,
  body text,
  sealed boolean NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (caller, key)
)
--;
CREATE INDEX repeat_key_expiry ON repeat_key (expires_at)
";

const DOWN: &str = r"
DROP TABLE repeat_key --; DROP TABLE audit
";
