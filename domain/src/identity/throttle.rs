//! How many wrong passwords are borne before sign-in is refused for a while.

use chrono::{DateTime, TimeDelta, Utc};

/// Failures are counted over this long.
pub const LOGIN_WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Failures a window for one email from one network.
pub const MAX_EMAIL_FAILURES: u32 = 10;
/// Failures a window from one network, whatever the email.
pub const MAX_NETWORK_FAILURES: u32 = 100;

/// Failures counted from the first one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureWindow {
    since: DateTime<Utc>,
    failures: u32,
}

impl FailureWindow {
    /// Counts one failure more; a window that has passed begins anew.
    #[must_use]
    pub fn failed(window: Option<Self>, now: DateTime<Utc>) -> Self {
        match window.filter(|w| !w.has_passed(now)) {
            Some(Self { since, failures }) => Self { since, failures: failures.saturating_add(1) },
            None => Self { since: now, failures: 1 },
        }
    }

    /// Takes one back that was counted before its outcome was known and turned out right.
    #[must_use]
    pub fn taken_back(self) -> Self {
        Self { failures: self.failures.saturating_sub(1), ..self }
    }

    /// How long to wait before the next try, where `max` failures have been borne.
    pub fn wait(&self, max: u32, now: DateTime<Utc>) -> Option<TimeDelta> {
        (self.failures >= max && !self.has_passed(now)).then(|| self.since + LOGIN_WINDOW - now)
    }

    /// Whether nothing of it counts any more.
    pub fn has_passed(&self, now: DateTime<Utc>) -> bool {
        now >= self.since + LOGIN_WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACC-2.
    #[test]
    fn after_ten_wrong_passwords_sign_in_waits_for_the_window_to_pass() {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let nine = (0..9).fold(None, |w, _| Some(FailureWindow::failed(w, start)));
        assert_eq!(nine.unwrap().wait(MAX_EMAIL_FAILURES, start), None);
        let later = start + TimeDelta::minutes(5);
        let ten = FailureWindow::failed(nine, later);
        assert_eq!(ten.wait(MAX_EMAIL_FAILURES, later), Some(TimeDelta::minutes(10)));
        assert_eq!(ten.wait(MAX_EMAIL_FAILURES, start + LOGIN_WINDOW), None);
        assert_eq!(
            FailureWindow::failed(Some(ten), start + LOGIN_WINDOW).wait(2, start + LOGIN_WINDOW),
            None
        );
    }
}
