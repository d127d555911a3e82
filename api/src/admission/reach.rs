//! What cohorts are to permissions, remembered where it can't change any more.

use super::book::{gate_of, resource_of};
use crate::http::app::Shared;
use crate::http::problem::Problem;
use domain::identity::Resource;
use domain::ids::{AcademyId, CohortId};
use quick_cache::sync::Cache;

/// How many cohorts are remembered.
const REMEMBERED: usize = 10_000;

/// The academies of cohorts whose programme may be known to all. A programme that was published never is a
/// draft again (PRG-1) and a cohort keeps its academy, so what stands here holds for ever, on every server.
pub(crate) struct PublicCohorts(Cache<CohortId, AcademyId>);

impl PublicCohorts {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Shared {
    /// A cohort as permissions see it, without a query for each of a rush of bookings.
    ///
    /// # Errors
    /// 404 where there is none; 503.
    pub(super) async fn resource_of_cohort(&self, cohort: CohortId) -> Result<Resource, Problem> {
        if let Some(academy_id) = self.public_cohorts.0.get(&cohort) {
            return Ok(Resource::Catalogue {
                academy_id,
                public: true,
                run_by_actor: false,
                entitled: false,
            });
        }
        let gate = gate_of(&self.store.reader(), cohort).await?;
        if gate.public {
            self.public_cohorts.0.insert(cohort, gate.academy_id);
        }
        Ok(resource_of(&gate))
    }
}
