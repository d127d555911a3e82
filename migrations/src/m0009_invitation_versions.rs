//! Versions of invitations, whose role can be changed until they come into force.

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0009_invitation_versions"
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
ALTER TABLE member_invitation ADD COLUMN revision bigint NOT NULL DEFAULT 1
--;
ALTER TABLE member_invitation ADD COLUMN updated_at timestamptz
";

const DOWN: &str = r"
ALTER TABLE member_invitation DROP COLUMN updated_at --; ALTER TABLE member_invitation DROP COLUMN revision
";
