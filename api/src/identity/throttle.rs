//! Wrong passwords are counted in memory: ten an email and network, a hundred a network, then 429.

use crate::http::problem::Problem;
use domain::identity::{FailureWindow, MAX_EMAIL_FAILURES, MAX_NETWORK_FAILURES};
use persistence::{Clock, SystemClock};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Windows kept before those that have passed are looked for.
const TIDY_AT: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Counted {
    Email { network: String, email_key: String },
    Network(String),
}

/// Counts wrong passwords.
pub(crate) struct LoginThrottle {
    on: bool,
    windows: Mutex<HashMap<Counted, FailureWindow>>,
}

impl LoginThrottle {
    /// One that is off counts nothing.
    pub(crate) fn new(on: bool) -> Self {
        Self { on, windows: Mutex::default() }
    }

    /// Whether a try from there may be made.
    ///
    /// # Errors
    /// 429 with `Retry-After`.
    pub(crate) fn check(&self, network: Option<&str>, email_key: &str) -> Result<(), Problem> {
        let now = SystemClock.now();
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = [MAX_EMAIL_FAILURES, MAX_NETWORK_FAILURES];
        let waits = counted(network, email_key)
            .into_iter()
            .zip(limits)
            .filter_map(|(key, max)| windows.get(&key).and_then(|window| window.wait(max, now)));
        match waits.max() {
            Some(wait) => Err(Problem::too_many(u64::try_from(wait.num_seconds()).unwrap_or(0) + 1)),
            None => Ok(()),
        }
    }

    /// Counts a wrong password.
    pub(crate) fn failed(&self, network: Option<&str>, email_key: &str) {
        if !self.on {
            return;
        }
        let now = SystemClock.now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= TIDY_AT {
            windows.retain(|_, window| !window.has_passed(now));
        }
        for key in counted(network, email_key) {
            let window = FailureWindow::failed(windows.get(&key).copied(), now);
            windows.insert(key, window);
        }
    }

    /// Forgets the email's failures after a right password.
    pub(crate) fn succeeded(&self, network: Option<&str>, email_key: &str) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let [email, _] = counted(network, email_key);
        windows.remove(&email);
    }
}

fn counted(network: Option<&str>, email_key: &str) -> [Counted; 2] {
    let network = network.unwrap_or_default().to_owned();
    let email = Counted::Email { network: network.clone(), email_key: email_key.to_owned() };
    [email, Counted::Network(network)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Option<&str> = Some("192.0.2.0/24");

    /// ACC-2.
    #[test]
    fn ten_wrong_passwords_stop_that_email_from_there_only() {
        let throttle = LoginThrottle::new(true);
        for _ in 0..10 {
            assert!(throttle.check(HOME, "a@b.uk").is_ok());
            throttle.failed(HOME, "a@b.uk");
        }
        assert!(throttle.check(HOME, "a@b.uk").is_err());
        assert!(throttle.check(HOME, "c@d.uk").is_ok());
        assert!(throttle.check(Some("198.51.100.0/24"), "a@b.uk").is_ok());
        throttle.succeeded(HOME, "a@b.uk");
        assert!(throttle.check(HOME, "a@b.uk").is_ok());
    }

    /// ACC-2.
    #[test]
    fn a_hundred_wrong_passwords_stop_the_network() {
        let throttle = LoginThrottle::new(true);
        for n in 0..100 {
            throttle.failed(HOME, &format!("p{n}@b.uk"));
        }
        assert!(throttle.check(HOME, "new@b.uk").is_err());
        let off = LoginThrottle::new(false);
        (0..200).for_each(|_| off.failed(HOME, "a@b.uk"));
        assert!(off.check(HOME, "a@b.uk").is_ok());
    }
}
