//! Limits of how often: a named policy over keys, reported as `RateLimit` and `RateLimit-Policy`
//! (draft-ietf-httpapi-ratelimit-headers).

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

/// A limit over keys: so many in a window, refilled evenly.
pub(crate) struct Limit<K: Hash + Eq + Clone> {
    name: &'static str,
    amount: NonZeroU32,
    window: Duration,
    refuses: bool,
    clock: DefaultClock,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

/// Where a caller stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// How many are left now.
    pub remaining: u32,
    /// Seconds to wait; set when this one is refused.
    pub wait: Option<u64>,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    /// `amount` in each `window`; one that doesn't refuse only reports.
    pub(crate) fn new(name: &'static str, amount: NonZeroU32, window: Duration, refuses: bool) -> Self {
        let period = window / amount.get();
        let quota = Quota::with_period(period.max(Duration::from_nanos(1)))
            .unwrap_or_else(|| Quota::per_second(amount))
            .allow_burst(amount);
        let limiter = RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>();
        Self { name, amount, window, refuses, clock: DefaultClock::default(), limiter }
    }

    /// Counts one.
    pub(crate) fn count(&self, key: &K) -> Standing {
        if !self.refuses {
            return Standing { remaining: self.amount.get(), wait: None };
        }
        match self.limiter.check_key(key) {
            Ok(state) => Standing { remaining: state.remaining_burst_capacity(), wait: None },
            Err(refused) => {
                let wait = refused.wait_time_from(self.clock.now());
                Standing { remaining: 0, wait: Some(wait.as_secs() + 1) }
            }
        }
    }

    /// `RateLimit-Policy`.
    pub(crate) fn policy(&self) -> String {
        format!("\"{}\";q={};w={}", self.name, self.amount, self.window.as_secs())
    }

    /// `RateLimit`.
    pub(crate) fn report(&self, standing: Standing) -> String {
        let until_full = u64::from(self.amount.get() - standing.remaining.min(self.amount.get()))
            * self.window.as_secs()
            / u64::from(self.amount.get());
        let reset = standing.wait.unwrap_or(until_full);
        format!("\"{}\";r={};t={reset}", self.name, standing.remaining)
    }

    /// Forgets keys that are as good as new.
    pub(crate) fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(refuses: bool) -> Limit<&'static str> {
        Limit::new("test", NonZeroU32::new(2).unwrap(), Duration::from_secs(60), refuses)
    }

    #[test]
    fn the_third_of_two_is_refused_and_told_when_to_come_back() {
        let limit = limit(true);
        assert_eq!(limit.count(&"a").remaining, 1);
        assert_eq!(limit.count(&"a").wait, None);
        let refused = limit.count(&"a");
        assert!(refused.wait.is_some_and(|seconds| (1..=31).contains(&seconds)));
        assert_eq!(limit.count(&"b").wait, None, "each key has its own");
        assert_eq!(limit.policy(), "\"test\";q=2;w=60");
    }

    #[test]
    fn a_limit_that_is_off_reports_and_never_refuses() {
        let limit = limit(false);
        for _ in 0..10 {
            assert_eq!(limit.count(&"a").wait, None);
        }
        assert_eq!(limit.report(limit.count(&"a")), "\"test\";r=2;t=0");
    }
}
