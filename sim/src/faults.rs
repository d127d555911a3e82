//! What goes wrong, and how often: each seed turns some of it on.

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = ($word:literal, $most:literal),)+) => {
        /// A kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Fault { $($(#[doc = $doc])+ $name),+ }

        impl Fault {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its word in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// How often it may strike, in ten thousand chances, at most.
            fn most(self) -> u32 {
                match self { $(Self::$name => $most),+ }
            }
        }
    };
}

faults! {
    /// A statement finds its connection lost: the transaction is rolled back.
    ConnectionLost = ("connection lost", 120),
    /// A lock was waited for too long.
    LockTimeout = ("lock timed out", 150),
    /// COMMIT was never done, and nobody was told.
    CommitLost = ("COMMIT lost", 900),
    /// COMMIT was done, and nobody was told.
    CommitAnswerLost = ("COMMIT's answer lost", 900),
    /// COMMIT is still under way when its connection is lost, and ends later in one way or the other.
    CommitInFlight = ("COMMIT under way", 500),
    /// A server dies between any two steps.
    Crash = ("server killed", 60),
    /// A server stands still for a while.
    Pause = ("server paused", 60),
    /// The database stops at once and starts again.
    DatabaseRestart = ("database restarted", 30),
    /// The database's clock is set back.
    ClockSetBack = ("clock set back", 25),
    /// A client waits no longer, and asks again with the same key.
    Impatient = ("client asked again", 300),
    /// A client sends a request twice at once.
    SentTwice = ("request sent twice", 2_500),
    /// The answer is lost on its way to the client.
    AnswerLost = ("answer lost", 1_500),
}

/// How often each kind strikes.
#[derive(Clone, Debug)]
pub(crate) struct Faults([u32; Fault::ALL.len()]);

impl Faults {
    /// None at all.
    pub(crate) fn none() -> Self {
        Self([0; Fault::ALL.len()])
    }

    /// Some, by the seed: each kind is off half of the time.
    pub(crate) fn some(rng: &mut fastrand::Rng) -> Self {
        let mut list = [0; Fault::ALL.len()];
        for (rate, fault) in list.iter_mut().zip(Fault::ALL) {
            if rng.bool() {
                *rate = rng.u32(1..=fault.most());
            }
        }
        Self(list)
    }

    /// In ten thousand chances.
    pub(crate) fn rate(&self, fault: Fault) -> u32 {
        self.0[fault as usize]
    }
}
