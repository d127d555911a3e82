//! A cohort starts and ends (PRG-7), and an offer's clock can be humane (ADM-16).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0007_cohort_life"
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

/// Cohorts that started before this step have their start entered by the desk, like any other that is due.
const UP: &str = r"
ALTER TABLE cohort_desk ADD COLUMN started boolean NOT NULL DEFAULT false
--;
ALTER TABLE cohort_desk ADD COLUMN offer_clock text NOT NULL DEFAULT 'plain' CHECK (offer_clock IN ('plain', 'humane'))
--;
CREATE INDEX cohort_desk_start ON cohort_desk (first_session_at) WHERE started = false
";

const DOWN: &str = r"
DROP INDEX cohort_desk_start
--;
ALTER TABLE cohort_desk DROP COLUMN offer_clock
--;
ALTER TABLE cohort_desk DROP COLUMN started
";
