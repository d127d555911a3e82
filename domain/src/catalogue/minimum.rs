//! The minimum of a cohort (PRG-12): by its decision date staff say that the cohort runs, or cancel it.

use super::dated::Cohort;
use crate::admission::{CohortStatus, Ended};
use chrono::{DateTime, TimeDelta, Utc};

/// Where no date was set, it is this long before the first session.
const BEFORE_THE_START: TimeDelta = TimeDelta::days(7);

/// How long before the date staff are reminded of it.
const REMINDED_BEFORE: TimeDelta = TimeDelta::days(7);

/// What staff decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    Open,
    /// It takes place.
    Runs,
    /// It does not.
    Cancelled,
}

impl Decision {
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Runs => "runs",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a cohort's minimum stands, as all are shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinimumDecision {
    /// What was decided.
    pub decision: Decision,
    /// By when it is decided; `None` while neither it nor the first session has a date.
    pub decided_by: Option<DateTime<Utc>>,
    /// When it was decided, where that is known.
    pub decided_at: Option<DateTime<Utc>>,
    /// Whether the date has passed and nothing is decided. Nothing follows by itself.
    pub overdue: bool,
}

/// What staff are told of a minimum that is not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The date is near.
    Soon,
    /// It has passed.
    Overdue,
}

/// For which date staff were told, of each notice: another date is told of anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noticed {
    /// That it is near.
    pub soon: Option<DateTime<Utc>>,
    /// That it has passed.
    pub overdue: Option<DateTime<Utc>>,
}

/// Why nobody can say that a cohort runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotConfirmed {
    /// It has no minimum: there is nothing to decide.
    NoMinimum,
    /// It is completed or cancelled.
    Ended,
}

/// By when a minimum is decided: the date that staff set or, without one, a week before the first session, and in any
/// case not after it.
pub fn decided_by(
    set_by_staff: Option<DateTime<Utc>>,
    first_session_at: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    match (set_by_staff, first_session_at) {
        (Some(date), Some(start)) => Some(date.min(start)),
        (None, Some(start)) => Some(start - BEFORE_THE_START),
        (date, None) => date,
    }
}

/// How a cohort's minimum stands at `now`; `None` where it has none and nothing was decided. What was decided stays
/// so, however the minimum or its date change later: people were told of it.
pub fn minimum_decision(
    cohort: &Cohort,
    status: CohortStatus,
    first_session_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<MinimumDecision> {
    if cohort.minimum.is_none() && cohort.minimum_decided_at.is_none() {
        return None;
    }
    let decision = match status {
        CohortStatus::Cancelled => Decision::Cancelled,
        CohortStatus::Completed => Decision::Runs,
        _ if cohort.minimum_decided_at.is_some() => Decision::Runs,
        _ => Decision::Open,
    };
    let decided_by = decided_by(cohort.minimum_decided_by, first_session_at);
    Some(MinimumDecision {
        decision,
        decided_by,
        decided_at: cohort.minimum_decided_at,
        overdue: decision == Decision::Open && decided_by.is_some_and(|date| date <= now),
    })
}

impl Cohort {
    /// Notes at `now` that staff ended it: cancelling one with a minimum decides it.
    pub fn note_ended(&mut self, ended: Option<Ended>, now: DateTime<Utc>) {
        if ended == Some(Ended::Cancelled) && self.minimum.is_some() {
            self.minimum_decided_at = Some(now);
        }
    }
}

/// Whether staff say for the first time that the cohort runs; saying it again changes nothing. It can still be said
/// when the date has passed.
///
/// # Errors
/// [`NotConfirmed`].
pub fn confirms(cohort: &Cohort, status: CohortStatus) -> Result<bool, NotConfirmed> {
    match status {
        CohortStatus::Completed | CohortStatus::Cancelled => Err(NotConfirmed::Ended),
        _ if cohort.minimum_decided_at.is_some() => Ok(false),
        _ if cohort.minimum.is_none() => Err(NotConfirmed::NoMinimum),
        _ => Ok(true),
    }
}

/// What staff are to be told at `now` of an open decision with this date, and were not: once that it is near, once that
/// it has passed.
pub fn notice(decided_by: DateTime<Utc>, noticed: Noticed, now: DateTime<Utc>) -> Option<Notice> {
    let (notice, told_for) = if decided_by <= now {
        (Notice::Overdue, noticed.overdue)
    } else if decided_by - REMINDED_BEFORE <= now {
        (Notice::Soon, noticed.soon)
    } else {
        return None;
    };
    (told_for != Some(decided_by)).then_some(notice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::programme::Gate;
    use crate::ids::{AcademyId, CohortId, ProgrammeId};
    use uuid::Uuid;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::days(days)
    }

    fn cohort(minimum: Option<u32>, date: Option<i64>, decided: Option<i64>) -> Cohort {
        Cohort {
            id: CohortId(Uuid::from_u128(1)),
            academy_id: AcademyId(Uuid::from_u128(2)),
            programme_id: ProgrammeId(Uuid::from_u128(3)),
            title: "January".into(),
            description: None,
            announced_for: None,
            minimum,
            minimum_decided_by: date.map(at),
            minimum_decided_at: decided.map(at),
            interest_told_hours: None,
            pass_on: false,
            gate: Gate::default(),
            confidential: false,
            reserves: Vec::new(),
            revision: 1,
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn shown(cohort: &Cohort, status: CohortStatus, now: i64) -> (Decision, bool) {
        let shown = minimum_decision(cohort, status, Some(at(30)), at(now)).unwrap();
        (shown.decision, shown.overdue)
    }

    /// PRG-12.
    #[test]
    fn a_minimum_has_a_date_whether_or_not_staff_set_one_and_never_after_the_start() {
        assert_eq!(decided_by(Some(at(10)), Some(at(30))), Some(at(10)));
        assert_eq!(decided_by(Some(at(40)), Some(at(30))), Some(at(30)));
        assert_eq!(decided_by(None, Some(at(30))), Some(at(23)));
        assert_eq!(decided_by(Some(at(10)), None), Some(at(10)));
        assert_eq!(decided_by(None, None), None);
    }

    /// PRG-12.
    #[test]
    fn an_open_decision_is_overdue_from_its_date_on_and_nothing_follows_by_itself() {
        let open = cohort(Some(8), Some(10), None);
        assert_eq!(shown(&open, CohortStatus::Open, 9), (Decision::Open, false));
        assert_eq!(shown(&open, CohortStatus::Open, 10), (Decision::Open, true));
        assert_eq!(shown(&open, CohortStatus::Closed, 300), (Decision::Open, true));
        assert_eq!(shown(&open, CohortStatus::Cancelled, 12), (Decision::Cancelled, false));
        assert_eq!(shown(&open, CohortStatus::Completed, 90), (Decision::Runs, false));
        assert_eq!(minimum_decision(&cohort(None, Some(10), None), CohortStatus::Open, None, at(0)), None);
    }

    /// PRG-12.
    #[test]
    fn what_was_decided_stays_however_the_minimum_changes() {
        for minimum in [None, Some(8), Some(12)] {
            let decided = cohort(minimum, Some(40), Some(9));
            assert_eq!(shown(&decided, CohortStatus::Open, 11), (Decision::Runs, false));
            assert_eq!(confirms(&decided, CohortStatus::Open), Ok(false), "said once");
            assert_eq!(confirms(&decided, CohortStatus::Cancelled), Err(NotConfirmed::Ended));
        }
        assert_eq!(confirms(&cohort(Some(8), Some(10), None), CohortStatus::Closed), Ok(true));
        assert_eq!(confirms(&cohort(None, None, None), CohortStatus::Open), Err(NotConfirmed::NoMinimum));
    }

    /// PRG-12.
    #[test]
    fn cancelling_decides_a_minimum_and_completing_does_not() {
        let mut open = cohort(Some(8), Some(10), None);
        open.note_ended(Some(Ended::Completed), at(3));
        open.note_ended(None, at(3));
        assert_eq!(open.minimum_decided_at, None);
        open.note_ended(Some(Ended::Cancelled), at(3));
        assert_eq!(open.minimum_decided_at, Some(at(3)));
        let mut without = cohort(None, None, None);
        without.note_ended(Some(Ended::Cancelled), at(3));
        assert_eq!(without.minimum_decided_at, None);
    }

    /// PRG-12.
    #[test]
    fn staff_are_told_once_that_a_date_is_near_and_once_that_it_has_passed() {
        let none = Noticed::default();
        assert_eq!(notice(at(10), none, at(2)), None);
        assert_eq!(notice(at(10), none, at(3)), Some(Notice::Soon));
        assert_eq!(notice(at(10), none, at(10)), Some(Notice::Overdue));
        let soon = Noticed { soon: Some(at(10)), ..none };
        assert_eq!(notice(at(10), soon, at(9)), None);
        assert_eq!(notice(at(10), soon, at(10)), Some(Notice::Overdue));
        let both = Noticed { overdue: Some(at(10)), ..soon };
        assert_eq!(notice(at(10), both, at(50)), None);
        assert_eq!(notice(at(12), both, at(11)), Some(Notice::Soon), "another date is told of anew");
    }
}
