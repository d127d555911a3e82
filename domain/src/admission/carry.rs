//! Carrying over (PRG-8): who wished for it and was left without a place goes on into the programme's next cohort.

use super::booking::ClosedReason;
use super::terms::CohortStatus;
use crate::ids::CohortId;
use chrono::{DateTime, Utc};

/// What somebody wishes for who is left without a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CarryOver {
    /// Nothing: the booking ends with its cohort.
    #[default]
    No,
    /// To go on into the next cohort.
    Wished,
    /// They have gone on.
    Done,
}

impl CarryOver {
    /// Its word as it is kept; none for nothing.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::No => None,
            Self::Wished => Some("wished"),
            Self::Done => Some("done"),
        }
    }

    /// The wish with that word.
    pub fn parse(word: Option<&str>) -> Option<Self> {
        [Self::No, Self::Wished, Self::Done].into_iter().find(|wish| wish.as_str() == word)
    }

    /// What is wished for now, where it has not come about.
    pub fn wish(self, wished: bool) -> Self {
        match self {
            Self::Done => Self::Done,
            _ if wished => Self::Wished,
            _ => Self::No,
        }
    }
}

/// A cohort among the others of its programme.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Which.
    pub cohort: CohortId,
    /// When its first session starts, where dates stand.
    pub first_session_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What it is, by the clock.
    pub status: CohortStatus,
}

impl Run {
    /// Where it stands among the others: by its start, those without dates last, as they were made.
    fn turn(&self) -> (bool, Option<DateTime<Utc>>, DateTime<Utc>, CohortId) {
        (self.first_session_at.is_none(), self.first_session_at, self.created_at, self.cohort)
    }
}

/// The next cohort after `of`: the first that comes after it and in which one can still book.
pub fn next_cohort(of: &Run, others: &[Run]) -> Option<CohortId> {
    let bookable = |run: &&Run| matches!(run.status, CohortStatus::Scheduled | CohortStatus::Open);
    let later = others.iter().filter(bookable).filter(|run| run.turn() > of.turn());
    later.min_by_key(|run| run.turn()).map(|run| run.cohort)
}

/// Whether who wished for it is carried over: who waited when the first session started (PRG-8), and everybody whose
/// cohort does not take place (PRG-7).
pub fn is_carried_over(reason: ClosedReason, was_claim: bool) -> bool {
    match reason {
        ClosedReason::BookingClosed => was_claim,
        ClosedReason::CohortCancelled => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::days(n)
    }

    fn run(n: u128, starts: Option<i64>, made: i64) -> Run {
        Run {
            cohort: CohortId(Uuid::from_u128(n)),
            first_session_at: starts.map(day),
            created_at: day(made),
            status: CohortStatus::Open,
        }
    }

    /// PRG-8.
    #[test]
    fn the_next_cohort_is_the_first_bookable_one_that_starts_later_and_one_without_dates_comes_last() {
        let of = run(1, Some(10), 0);
        let next = |others: &[Run]| next_cohort(&of, others).map(|id| id.0.as_u128());
        assert_eq!(next(&[of, run(2, Some(9), 1)]), None, "neither itself nor an earlier one");
        assert_eq!(next(&[run(4, None, 1), run(3, Some(12), 3), run(2, Some(11), 2)]), Some(2));
        let over = Run { status: CohortStatus::Closed, ..run(2, Some(11), 2) };
        assert_eq!(next(&[over, run(3, Some(12), 3)]), Some(3));
        assert_eq!(next(&[run(5, None, 6), run(4, None, 5)]), Some(4));
    }

    /// PRG-7, PRG-8.
    #[test]
    fn who_waited_at_the_start_and_everybody_in_a_cancelled_cohort_is_carried_over_and_nobody_else() {
        assert!(is_carried_over(ClosedReason::BookingClosed, true));
        assert!(!is_carried_over(ClosedReason::BookingClosed, false));
        assert!(is_carried_over(ClosedReason::CohortCancelled, false));
        assert!(!is_carried_over(ClosedReason::Withdrawn, true));
        assert!(!is_carried_over(ClosedReason::OfferExpired, true));
    }
}
