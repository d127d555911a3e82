//! Who runs what, to be looked up by the person (PRG-6).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0031_facilitators"
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
CREATE INDEX session_facilitator ON session (facilitator_id, starts_at) WHERE facilitator_id IS NOT NULL
--;
CREATE INDEX taster_facilitator ON taster (facilitator_id, starts_at) WHERE facilitator_id IS NOT NULL
";

const DOWN: &str = "DROP INDEX taster_facilitator --; DROP INDEX session_facilitator";
