//! The history of the schema: one file a step, never edited once it has landed, never using entities.

use sea_orm_migration::prelude::*;

mod m0001_identity;
mod m0002_catalogue;
mod m0003_admission;
mod m0004_messaging;
mod m0005_governance;
mod m0006_reference_data;
mod m0007_cohort_life;
mod m0008_organisation_looks;
mod m0009_invitation_versions;
mod m0010_places_given;
mod m0011_ledger_checks;
mod m0012_waivers;
mod m0013_drafts;
mod m0015_reserves;
mod m0016_carrying_over;
mod m0018_transfers;
mod m0021_asks;
mod m0024_imports;
mod m0030_keys_compare_as_bytes;
mod m0031_facilitators;
mod m0032_clashes;
mod m0034_ranked_forms;
mod m0037_minimum_decided;
mod m0040_cohort_invitations;
mod m0043_passing_on;
mod m0044_proposers;
mod m0050_adjustments;
mod sql;

/// Every step, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_identity::Step),
            Box::new(m0002_catalogue::Step),
            Box::new(m0003_admission::Step),
            Box::new(m0004_messaging::Step),
            Box::new(m0005_governance::Step),
            Box::new(m0006_reference_data::Step),
            Box::new(m0007_cohort_life::Step),
            Box::new(m0008_organisation_looks::Step),
            Box::new(m0009_invitation_versions::Step),
            Box::new(m0010_places_given::Step),
            Box::new(m0011_ledger_checks::Step),
            Box::new(m0012_waivers::Step),
            Box::new(m0013_drafts::Step),
            Box::new(m0015_reserves::Step),
            Box::new(m0016_carrying_over::Step),
            Box::new(m0018_transfers::Step),
            Box::new(m0021_asks::Step),
            Box::new(m0024_imports::Step),
            Box::new(m0030_keys_compare_as_bytes::Step),
            Box::new(m0031_facilitators::Step),
            Box::new(m0032_clashes::Step),
            Box::new(m0034_ranked_forms::Step),
            Box::new(m0037_minimum_decided::Step),
            Box::new(m0040_cohort_invitations::Step),
            Box::new(m0043_passing_on::Step),
            Box::new(m0044_proposers::Step),
            Box::new(m0050_adjustments::Step),
        ]
    }
}
