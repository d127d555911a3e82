//! What somebody needs in order to take part in a session (PRG-11): asked for by a date, shown to whoever must act on it,
//! and ended as met or not met. It can tell of a person's health, so it is kept apart and not for long (ACC-10).

use crate::fault::Fault;
use chrono::{DateTime, TimeDelta, Utc};

/// How long after the end of a cohort's last session adjustments are kept (ACC-10).
pub const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// What is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdjustmentKind {
    /// What is said, as text.
    Captions,
    /// British Sign Language.
    Bsl,
    /// More or longer breaks.
    Breaks,
    /// A way in and around, or another way to take part.
    Access,
    /// Food.
    Diet,
}

impl AdjustmentKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Captions, Self::Bsl, Self::Breaks, Self::Access, Self::Diet];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Captions => "captions",
            Self::Bsl => "bsl",
            Self::Breaks => "breaks",
            Self::Access => "access",
            Self::Diet => "diet",
        }
    }

    /// The kind with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What became of an adjustment, said by whoever had to act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdjustmentOutcome {
    /// It is provided.
    Met,
    /// It is not.
    NotMet,
}

impl AdjustmentOutcome {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Met, Self::NotMet];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
        }
    }

    /// The outcome with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// Where an adjustment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustmentStatus {
    /// Nobody has said yet what becomes of it.
    Asked,
    /// It ended.
    Ended(AdjustmentOutcome),
}

impl AdjustmentStatus {
    /// Where it stands at `now`: one of which nothing was said by the end of its session was not met.
    pub fn at(said: Option<AdjustmentOutcome>, session_ends_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        match said {
            Some(outcome) => Self::Ended(outcome),
            None if now >= session_ends_at => Self::Ended(AdjustmentOutcome::NotMet),
            None => Self::Asked,
        }
    }

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Ended(outcome) => outcome.as_str(),
        }
    }
}

/// Why nothing can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// The session doesn't ask for adjustments, or its date has passed.
    Closed,
    /// The same is asked for already.
    Already,
}

/// Whether somebody who asks at `now` is still heard, and does not ask for what they asked for before.
///
/// # Errors
/// The first reason why not.
pub fn may_ask(until: Option<DateTime<Utc>>, asked_before: bool, now: DateTime<Utc>) -> Result<(), NotAsked> {
    if until.is_none_or(|until| now >= until) {
        return Err(NotAsked::Closed);
    }
    if asked_before { Err(NotAsked::Already) } else { Ok(()) }
}

/// What is wrong with the date by which a session asks for adjustments: it can't lie after the session's start.
pub fn until_fault(until: Option<DateTime<Utc>>, starts_at: DateTime<Utc>) -> Option<Fault> {
    let detail = "must not be after startsAt; a session that moves forward moves this date too";
    until
        .is_some_and(|until| until > starts_at)
        .then(|| Fault::new("/adjustmentsUntil", "after-start", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    /// PRG-11.
    #[test]
    fn adjustments_are_asked_for_once_and_before_the_date() {
        assert_eq!(may_ask(Some(at(5)), false, at(4)), Ok(()));
        assert_eq!(may_ask(Some(at(5)), false, at(5)), Err(NotAsked::Closed));
        assert_eq!(may_ask(None, false, at(4)), Err(NotAsked::Closed), "it doesn't ask");
        assert_eq!(may_ask(Some(at(5)), true, at(4)), Err(NotAsked::Already));
    }

    /// PRG-11.
    #[test]
    fn an_adjustment_of_which_nothing_was_said_by_the_end_was_not_met() {
        let met = Some(AdjustmentOutcome::Met);
        assert_eq!(AdjustmentStatus::at(None, at(5), at(4)).as_str(), "asked");
        assert_eq!(AdjustmentStatus::at(None, at(5), at(5)).as_str(), "not_met");
        assert_eq!(AdjustmentStatus::at(met, at(5), at(4)).as_str(), "met");
        assert_eq!(AdjustmentStatus::at(met, at(5), at(6)).as_str(), "met");
    }

    /// PRG-11.
    #[test]
    fn the_date_lies_no_later_than_the_start() {
        assert!(until_fault(None, at(5)).is_none());
        assert!(until_fault(Some(at(5)), at(5)).is_none());
        assert_eq!(until_fault(Some(at(6)), at(5)).map(|fault| fault.code), Some("after-start"));
    }

    #[test]
    fn each_kind_and_outcome_has_one_word() {
        assert!(
            AdjustmentKind::ALL.into_iter().all(|kind| AdjustmentKind::parse(kind.as_str()) == Some(kind))
        );
        for outcome in AdjustmentOutcome::ALL {
            assert_eq!(AdjustmentOutcome::parse(outcome.as_str()), Some(outcome));
        }
    }
}
