//! People: their names, and how far their email is proven.

use crate::fault::Refused;
use crate::text;
use std::fmt;

/// A person's name as they write it: one line of 1 to 200 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct FullName(String);

impl FullName {
    /// Most characters.
    pub const MAX: usize = 200;

    /// Takes a name.
    ///
    /// # Errors
    /// `required` when blank, `too-long`, `invalid-character`.
    pub fn parse(raw: &str) -> Result<Self, Refused> {
        text::line(raw, Self::MAX).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<FullName> for String {
    fn from(name: FullName) -> Self {
        name.0
    }
}

/// Personal data: never shown by `Debug` (ACC-7).
impl fmt::Debug for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullName(…)")
    }
}

/// What is known of a person (ACC-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonState {
    /// Registered an email that they haven't proven; stands by itself.
    Registered,
    /// Known only from what others booked or recorded; can't sign in.
    Known,
    /// Has proven an email.
    Verified,
    /// Has no account any more.
    Ended,
}

impl PersonState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Registered, Self::Known, Self::Verified, Self::Ended];

    /// Its word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Known => "known",
            Self::Verified => "verified",
            Self::Ended => "ended",
        }
    }

    /// The state with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether such a person can be signed in.
    pub fn can_sign_in(self) -> bool {
        matches!(self, Self::Registered | Self::Verified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_as_its_owner_writes_it() {
        assert_eq!(FullName::parse("  Byron Lee ").unwrap().as_str(), "Byron Lee");
        assert_eq!(FullName::parse("   ").unwrap_err().code, "required");
        assert_eq!(FullName::parse("Byron\nLee").unwrap_err().code, "invalid-character");
        assert_eq!(FullName::parse(&"x".repeat(201)).unwrap_err().code, "too-long");
        assert!(!format!("{:?}", FullName::parse("Byron Lee").unwrap()).contains("Byron"));
    }

    /// ACC-1.
    #[test]
    fn who_is_known_only_from_others_can_not_sign_in() {
        assert!(!PersonState::Known.can_sign_in());
        assert!(!PersonState::Ended.can_sign_in());
    }
}
