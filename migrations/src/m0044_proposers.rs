//! Who proposed a place to a colleague (ADM-23, ACC-4).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0044_proposers"
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

/// `by_client` is the client that proposed the place, where one did. The colleague's `address`, `as_typed` and `full_name` are
/// empty once the proposal has ended.
const UP: &str = r"
ALTER TABLE place_proposal ADD COLUMN by_themselves boolean NOT NULL DEFAULT false
--;
ALTER TABLE place_proposal ADD COLUMN by_client uuid
--;
CREATE INDEX place_proposal_named ON place_proposal (booking_id) WHERE address <> ''
";

const DOWN: &str = r"
DROP INDEX place_proposal_named
--;
ALTER TABLE place_proposal DROP COLUMN by_client
--;
ALTER TABLE place_proposal DROP COLUMN by_themselves
";
