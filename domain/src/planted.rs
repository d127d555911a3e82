//! Bugs that a suite switches on to show that it would find them. They exist only in a build with the feature
//! `planted`, which is a development dependency's; elsewhere [`is_on`] is `false` while compiling, and what stands
//! behind it is not built.

/// A bug that can be planted, on whatever floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Cohorts are not locked.
    NoCohortLock,
    /// Persons are not locked: a booking and an attendance do not see each other.
    NoPersonLock,
    /// Each server's own clock decides, and the ledger does not hold it.
    OwnClock,
    /// What keys mean is looked up before the locks.
    KeyBeforeLock,
    /// The answer of a key is kept in a transaction of its own, after the effect's.
    KeyAfterCommit,
    /// Answers are given before the commit.
    AnswerBeforeCommit,
    /// After a lost answer to COMMIT the desk believes that all went well.
    BelievesInCommit,
    /// The mails of a batch are written after its commit.
    OutboxAfterCommit,
    /// Offers end a while after their end.
    OfferOutlivesItsEnd,
    /// A claim is not looked at again when its attendance is taken off the record.
    GateNotReopened,
    /// A change of terms is on the ledger and not in the cohort's row.
    RowForgetsCapacity,
    /// A freed place goes out only with the next fact.
    PromotionLater,
    /// A vacancy goes to the second in rank.
    SecondInLine,
    /// Of equal moments, the later submission ranks first.
    TiesLastFirst,
    /// One place less than there is.
    CapacityOffByOne,
    /// Who waits is not served when capacity grows.
    CapacityChangeForgotten,
    /// Who let an offer lapse keeps the rank.
    LapseKeepsItsRank,
    /// A newcomer sees that a place is free, and not that somebody waits.
    NewcomerServedFirst,
    /// The hash of an entry leaves out its facts.
    HashSkipsFacts,
    /// A key is the same whatever body it comes with.
    KeyIgnoresBody,
    /// Positions are counted from 0.
    PositionFromZero,
}

impl Bug {
    /// Every one.
    pub const ALL: [Self; 21] = [
        Self::NoCohortLock,
        Self::NoPersonLock,
        Self::OwnClock,
        Self::KeyBeforeLock,
        Self::KeyAfterCommit,
        Self::AnswerBeforeCommit,
        Self::BelievesInCommit,
        Self::OutboxAfterCommit,
        Self::OfferOutlivesItsEnd,
        Self::GateNotReopened,
        Self::RowForgetsCapacity,
        Self::PromotionLater,
        Self::SecondInLine,
        Self::TiesLastFirst,
        Self::CapacityOffByOne,
        Self::CapacityChangeForgotten,
        Self::LapseKeepsItsRank,
        Self::NewcomerServedFirst,
        Self::HashSkipsFacts,
        Self::KeyIgnoresBody,
        Self::PositionFromZero,
    ];
}

/// Whether this bug is planted in this process.
#[cfg(feature = "planted")]
pub fn is_on(bug: Bug) -> bool {
    ON.get().is_some_and(|on| on.contains(&bug))
}

/// No bug is.
#[cfg(not(feature = "planted"))]
pub const fn is_on(_: Bug) -> bool {
    false
}

#[cfg(feature = "planted")]
static ON: std::sync::OnceLock<Vec<Bug>> = std::sync::OnceLock::new();

/// Plants the bugs with these names (`NoCohortLock,…`) for the rest of this process; the first call counts.
///
/// # Errors
/// Names what is no bug.
#[cfg(feature = "planted")]
pub fn plant(names: &str) -> Result<(), String> {
    let find = |name: &str| Bug::ALL.into_iter().find(|bug| format!("{bug:?}") == name);
    let names = names.split(',').filter(|name| !name.is_empty());
    let bugs =
        names.map(|name| find(name).ok_or_else(|| name.to_owned())).collect::<Result<Vec<Bug>, String>>();
    let _ = ON.set(bugs?);
    Ok(())
}
