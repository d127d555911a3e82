//! A cohort knows how many offers are out and when its last place went (ADM-13).

use sea_orm_migration::prelude::*;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0010_places_given"
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

/// Cohorts of before are counted from their bookings and ledgers.
const UP: &str = r#"
ALTER TABLE cohort_desk ADD COLUMN offers_out bigint NOT NULL DEFAULT 0 CHECK (offers_out >= 0)
--;
ALTER TABLE cohort_desk ADD COLUMN last_place_at timestamptz
--;
UPDATE cohort_desk SET
  offers_out = (SELECT count(*) FROM booking b WHERE b.cohort_id = cohort_desk.cohort_id AND b.status = 'offered'),
  last_place_at = (SELECT max(e.recorded_at) FROM ledger_entry e WHERE e.cohort_id = cohort_desk.cohort_id
    AND e.kind <> 'acceptance'
    AND (e.decisions LIKE '%"status":"confirmed"%' OR e.decisions LIKE '%"status":"offered"%'))
"#;

const DOWN: &str = r"
ALTER TABLE cohort_desk DROP COLUMN last_place_at --; ALTER TABLE cohort_desk DROP COLUMN offers_out
";
