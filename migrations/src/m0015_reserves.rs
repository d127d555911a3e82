//! Places of a cohort that are kept for those who fit (PRG-9).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0015_reserves"
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

/// `cohort.reserves` says who fits, `cohort_desk.shares` what settling knows of them: their terms, what they keep
/// back and who waits, by what they fit. It is NULL where nobody is told apart, and so is `booking.fits`.
const UP: &str = r"
ALTER TABLE cohort ADD COLUMN reserves text NOT NULL DEFAULT '[]'
--;
ALTER TABLE cohort_desk ADD COLUMN shares text
--;
ALTER TABLE cohort_desk ADD COLUMN reserve_due_at timestamptz
--;
CREATE INDEX cohort_desk_reserve ON cohort_desk (reserve_due_at) WHERE reserve_due_at IS NOT NULL
--;
ALTER TABLE booking ADD COLUMN fits text
--;
CREATE INDEX booking_waiting_fits ON booking (cohort_id, fits, rank_moment, rank_submitted_at, rank_sequence)
  WHERE status = 'waiting' AND fits IS NOT NULL
";

const DOWN: &str = r"
DROP INDEX booking_waiting_fits --; ALTER TABLE booking DROP COLUMN fits --; DROP INDEX cohort_desk_reserve
--;
ALTER TABLE cohort_desk DROP COLUMN reserve_due_at --; ALTER TABLE cohort_desk DROP COLUMN shares
--;
ALTER TABLE cohort DROP COLUMN reserves
";
