//! The protocol as it is, and the ways in which it could be wrong.

/// One thing that is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Nothing: the protocol as it is.
    Right,
    /// The cohort's row is locked (`SELECT … FOR UPDATE`) in place of its advisory lock.
    RowLocks,
    /// Commands don't enter what is due; only the job does.
    ExpiryByJob,
    /// A cancellation commits, and a second transaction gives the place to the next; newcomers look at
    /// free places only.
    PromotionApart,
    /// The answer is kept for its key in a transaction of its own, after the commit.
    KeyAfterCommit,
    /// The snapshot is taken before the locks (REPEATABLE READ).
    SnapshotBeforeLock,
    /// Each server decides by its own clock; the second one's is an hour slow.
    OwnClocks,
    /// Bookings and verifications don't take the person's lock.
    NoPersonLock,
    /// The callers get their answers before the commit.
    AnswerBeforeCommit,
    /// A verification takes the cohort's lock before the person's.
    CohortBeforePerson,
}

impl Variant {
    /// What is different, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Right => "the protocol as it is",
            Self::RowLocks => "row lock in place of the advisory lock",
            Self::ExpiryByJob => "expiry by the job alone",
            Self::PromotionApart => "promotion in a second transaction",
            Self::KeyAfterCommit => "idempotency key written after the commit",
            Self::SnapshotBeforeLock => "snapshot taken before the lock",
            Self::OwnClocks => "each server's own clock",
            Self::NoPersonLock => "no person's lock between verification and booking",
            Self::AnswerBeforeCommit => "answer before the commit",
            Self::CohortBeforePerson => "verification locks the cohort first",
        }
    }
}
