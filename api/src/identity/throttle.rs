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

    /// Whether a try from there may be made. It counts as wrong until it turns out right, so that many at once are
    /// no way round.
    ///
    /// # Errors
    /// 429 with `Retry-After`.
    pub(crate) fn begin(&self, network: Option<&str>, email_key: &str) -> Result<(), Problem> {
        if !self.on {
            return Ok(());
        }
        let now = SystemClock.now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = [MAX_EMAIL_FAILURES, MAX_NETWORK_FAILURES];
        let keys = counted(network, email_key);
        let waits = keys
            .iter()
            .zip(limits)
            .filter_map(|(key, max)| windows.get(key).and_then(|window| window.wait(max, now)));
        if let Some(wait) = waits.max() {
            return Err(Problem::too_many(u64::try_from(wait.num_seconds()).unwrap_or(0) + 1));
        }
        if windows.len() >= TIDY_AT {
            windows.retain(|_, window| !window.has_passed(now));
        }
        for key in keys {
            let window = FailureWindow::failed(windows.get(&key).copied(), now);
            windows.insert(key, window);
        }
        Ok(())
    }

    /// The password was right: forgets the email's failures, and takes this try off the network's.
    pub(crate) fn succeeded(&self, network: Option<&str>, email_key: &str) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let [email, from] = counted(network, email_key);
        windows.remove(&email);
        if let Some(window) = windows.get_mut(&from) {
            *window = window.taken_back();
        }
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
            assert!(throttle.begin(HOME, "a@b.uk").is_ok());
        }
        assert!(throttle.begin(HOME, "a@b.uk").is_err());
        assert!(throttle.begin(HOME, "c@d.uk").is_ok());
        assert!(throttle.begin(Some("198.51.100.0/24"), "a@b.uk").is_ok());
        throttle.succeeded(HOME, "a@b.uk");
        assert!(throttle.begin(HOME, "a@b.uk").is_ok());
    }

    /// ACC-2.
    #[test]
    fn a_hundred_wrong_passwords_stop_the_network_and_right_ones_do_not() {
        let throttle = LoginThrottle::new(true);
        for n in 0..300 {
            assert!(throttle.begin(HOME, &format!("right{n}@b.uk")).is_ok());
            throttle.succeeded(HOME, &format!("right{n}@b.uk"));
        }
        for n in 0..100 {
            assert!(throttle.begin(HOME, &format!("p{n}@b.uk")).is_ok());
        }
        assert!(throttle.begin(HOME, "new@b.uk").is_err());
        let off = LoginThrottle::new(false);
        assert!((0..200).all(|_| off.begin(HOME, "a@b.uk").is_ok()));
    }
}
