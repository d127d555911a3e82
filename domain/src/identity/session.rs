//! Sessions: what a refresh token that comes back is worth (ACC-2).

use chrono::{DateTime, TimeDelta, Utc};

/// How long the token before the newest still gets the newest: for an answer that was lost.
pub const REFRESH_GRACE: TimeDelta = TimeDelta::seconds(10);

/// How long after sign-in a family of refresh tokens ends by itself.
pub const SESSION_LIFE: TimeDelta = TimeDelta::days(30);

/// What happens to a family when one of its tokens comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The newest token: the next one is issued.
    Rotate,
    /// The one before it, just now: the newest is given again.
    Repeat,
    /// An old one: somebody else may hold it, so the whole family ends.
    EndFamily,
}

/// Decides what a token's sequence is worth in a family whose newest is `newest`, issued at `rotated_at`.
pub fn refresh(presented: i64, newest: i64, rotated_at: DateTime<Utc>, now: DateTime<Utc>) -> Refresh {
    if presented == newest {
        Refresh::Rotate
    } else if presented == newest - 1 && now - rotated_at <= REFRESH_GRACE {
        Refresh::Repeat
    } else {
        Refresh::EndFamily
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACC-2.
    #[test]
    fn an_old_refresh_token_ends_its_family_but_a_lost_answer_is_given_again() {
        let rotated_at = DateTime::<Utc>::UNIX_EPOCH;
        let after = |seconds| rotated_at + TimeDelta::seconds(seconds);
        assert_eq!(refresh(3, 3, rotated_at, after(600)), Refresh::Rotate);
        assert_eq!(refresh(2, 3, rotated_at, after(10)), Refresh::Repeat);
        assert_eq!(refresh(2, 3, rotated_at, after(11)), Refresh::EndFamily);
        assert_eq!(refresh(1, 3, rotated_at, after(1)), Refresh::EndFamily);
    }
}
