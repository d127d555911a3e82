//! Typed ids: each is a UUIDv7 made outside the domain, so that two kinds can't be mixed up.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! id {
    ($(#[doc = $doc:literal] $name:ident,)+) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

id! {
    /// An academy, the tenant.
    AcademyId,
    /// What somebody needs in order to take part in a session.
    AdjustmentId,
    /// One recorded attendance of one email at one taster.
    AttendanceId,
    /// One person's claim on a cohort, from joining form to completion.
    BookingId,
    /// A program of a partner or of ops.
    ClientId,
    /// One run of a programme.
    CohortId,
    /// A joining form that ranks several cohorts.
    FormId,
    /// A wish to hear of future cohorts.
    InterestId,
    /// Somebody put forward for a cohort by who may nominate.
    NominationId,
    /// Who may nominate for a cohort, up to a quota.
    NominatorId,
    /// An employer.
    OrganisationId,
    /// A human, known by at least one email.
    PersonId,
    /// What is offered.
    ProgrammeId,
    /// Part of the places of a cohort, kept for those who fit.
    ReserveId,
    /// One dated meeting of a cohort.
    SessionId,
    /// A dated meeting of a programme, open to all.
    TasterId,
    /// A requirement that staff let somebody off.
    WaiverId,
}
