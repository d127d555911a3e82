//! When interest in a programme is told of a cohort of it (COM-5).

use crate::admission::CohortStatus;
use chrono::{DateTime, TimeDelta, Utc};

/// What it follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telling {
    /// How many hours before booking opens, as the cohort says.
    pub hours: u32,
    /// When booking opens.
    pub opens_at: Option<DateTime<Utc>>,
    /// What the cohort is, by the clock.
    pub status: CohortStatus,
    /// Whether its programme takes bookings.
    pub published: bool,
}

impl Telling {
    /// Whose interest is told at `now`: everybody's who told it before this moment, the opening. Who comes later finds
    /// the cohort open. `None` while nobody's is: too early, or nobody can book any more.
    pub fn reaches_before(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let opens_at = self.opens_at?;
        let begins_at = opens_at - TimeDelta::hours(i64::from(self.hours));
        let can_be_booked = matches!(self.status, CohortStatus::Scheduled | CohortStatus::Open);
        (self.published && can_be_booked && begins_at <= now).then_some(opens_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// COM-5.
    #[test]
    fn interest_is_told_so_many_hours_before_the_opening_of_what_can_be_booked() {
        let opens_at = at("2026-12-01T09:00:00Z");
        let telling =
            Telling { hours: 24, opens_at: Some(opens_at), status: CohortStatus::Scheduled, published: true };
        assert_eq!(telling.reaches_before(at("2026-11-30T08:59:59Z")), None);
        assert_eq!(telling.reaches_before(at("2026-11-30T09:00:00Z")), Some(opens_at));
        let open = Telling { status: CohortStatus::Open, ..telling };
        assert_eq!(open.reaches_before(at("2026-12-02T09:00:00Z")), Some(opens_at));
        for silent in [
            Telling { opens_at: None, ..telling },
            Telling { published: false, ..telling },
            Telling { status: CohortStatus::Closed, ..telling },
            Telling { status: CohortStatus::Cancelled, ..telling },
        ] {
            assert_eq!(silent.reaches_before(opens_at), None, "{silent:?}");
        }
    }
}
