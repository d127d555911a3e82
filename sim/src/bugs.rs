//! Bugs that are planted in the simulated shell, one at a time, to show that the simulation would find them.

macro_rules! bugs {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// A planted bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Bug { $($(#[doc = $doc])+ $name),+ }

        impl Bug {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its word on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

bugs! {
    /// Cohorts are not locked.
    NoCohortLock = "no_cohort_lock",
    /// Persons are not locked: a verification and a booking do not see each other.
    NoPersonLock = "no_person_lock",
    /// Tasters are not locked: one moves while attendance is recorded.
    NoTasterLock = "no_taster_lock",
    /// A code that comes with a booking opens the gate of that booking only.
    CodeOpensOneGate = "code_opens_one_gate",
    /// A gate that will open is not noted when a claim is opened again.
    OpensLaterForgotten = "opens_later_forgotten",
    /// Some transactions lock cohorts before persons.
    LocksInAnotherOrder = "locks_in_another_order",
    /// The time of a decision is that of the transaction's start.
    TimeBeforeLock = "time_before_lock",
    /// The time of a decision may be less than that of the entry before.
    ClockNotHeld = "clock_not_held",
    /// The answer of a key is kept in a second transaction.
    KeyAfterCommit = "key_after_commit",
    /// Keys are looked up before the locks.
    KeyBeforeLock = "key_before_lock",
    /// After a lost COMMIT answer the commands are run again without a look at what is there.
    AppliedTwiceOnRetry = "applied_twice_on_retry",
    /// After a lost COMMIT answer the answers are given as if all had gone well.
    BelievesInCommit = "believes_in_commit",
    /// Answers are given before the commit.
    AnswersBeforeCommit = "answers_before_commit",
    /// Offers end when the job says so, not when their time is over.
    ExpiryByJobOnly = "expiry_by_job_only",
    /// What is due is entered after the command.
    DueAfterCommand = "due_after_command",
    /// A freed place goes out in a second transaction.
    PromotionLater = "promotion_later",
    /// A newcomer sees only that a place is free, not that somebody waits for it.
    NewcomerServedFirst = "newcomer_served_first",
    /// Who is behind the part of the waiting list that was loaded is forgotten.
    TailForgotten = "tail_forgotten",
    /// A lapse is not counted.
    LapseIgnored = "lapse_ignored",
    /// A late claim takes a place that is held.
    LateClaimTakesHeldPlace = "late_claim_takes_held_place",
    /// A claim's moment is that of its arrival.
    RankByArrival = "rank_by_arrival",
    /// Claims that come to light together are entered in the order of their bookings.
    TogetherUnsorted = "together_unsorted",
    /// The second entry of a transaction is not written.
    EntryDropped = "entry_dropped",
    /// A change of terms reaches the ledger and not the cohort's row.
    LostCapacityChange = "lost_capacity_change",
    /// A gate is not looked at again when attendance is taken off the record.
    GateNotReopened = "gate_not_reopened",
    /// Pending bookings are not looked at when the terms change.
    PendingNotLookedAt = "pending_not_looked_at",
    /// A claim takes a free place whatever the reserves keep back.
    ReservedPlaceGivenAway = "reserved_place_given_away",
    /// What a person fits is noted when they book, and never again.
    FitNotNoted = "fit_not_noted",
    /// The cohorts of a form's other choices are not locked.
    SiblingsNotLocked = "siblings_not_locked",
    /// An offer that ends because of a place goes on before those who got a place by the same fact have left the list.
    OffersEndFirst = "offers_end_first",
    /// A place is left before it is known that there is another.
    MoveReleasesFirst = "move_releases_first",
    /// Who is carried over is entered last first.
    CarriedInAnotherOrder = "carried_in_another_order",
    /// That somebody was carried over is not kept.
    CarriedTwice = "carried_twice",
    /// A mailed token of an earlier offer answers a later one.
    OldTokenAnswers = "old_token_answers",
}

impl Bug {
    /// The bug with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.as_str() == word)
    }
}
