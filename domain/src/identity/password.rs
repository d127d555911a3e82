//! Passwords: long, and nothing else asked of them but that they can't be guessed at once.

use super::email::EmailAddress;
use crate::fault::Refused;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// A password that may be set (ACC-2): 15 to 256 characters, in Unicode's composed form (NFC).
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Least number of characters.
    pub const MIN: usize = 15;
    /// Most characters.
    pub const MAX: usize = 256;
    /// A local part shorter than this says nothing by being contained.
    const TELLING_LOCAL_PART: usize = 4;

    /// Takes a password for the person with that email, where it is known.
    ///
    /// # Errors
    /// `too-short`, `too-long`, `invalid-character`, `guessable`.
    pub fn choose(raw: &str, email: Option<&EmailAddress>) -> Result<Self, Refused> {
        let password = Self::typed(raw).0;
        let length = password.chars().count();
        if length < Self::MIN {
            return Err(Refused::new("too-short", format!("must have at least {} characters", Self::MIN)));
        }
        if length > Self::MAX {
            return Err(Refused::new("too-long", format!("must have at most {} characters", Self::MAX)));
        }
        if password.contains('\0') {
            return Err(Refused::new("invalid-character", "must not contain NUL"));
        }
        if let Some(email) = email {
            Self(password.clone()).avoids(email)?;
        }
        let folded = password.to_lowercase();
        if is_repeated(&folded) || is_sequence(&folded) || is_common(&folded) {
            return Err(Refused::new(
                "guessable",
                "must not be a repetition, a sequence or a common password",
            ));
        }
        Ok(Self(password))
    }

    /// Refuses a password that contains the name in its owner's email.
    ///
    /// # Errors
    /// `guessable`.
    pub fn avoids(&self, email: &EmailAddress) -> Result<(), Refused> {
        if holds_local_part(&self.0.to_lowercase(), email) {
            return Err(Refused::new("guessable", "must not contain the name in your email address"));
        }
        Ok(())
    }

    /// A password as somebody types it to sign in: no rule but its form applies.
    pub fn typed(raw: &str) -> Self {
        Self(raw.nfc().collect())
    }

    /// The bytes that are hashed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether it is longer than any password that can be set, so that hashing it is no use.
    pub fn is_oversized(&self) -> bool {
        self.0.chars().count() > Self::MAX
    }
}

/// Secret: never shown (ACC-7).
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

fn holds_local_part(folded: &str, email: &EmailAddress) -> bool {
    let local = email.local_part();
    local.chars().count() >= Password::TELLING_LOCAL_PART && folded.contains(local)
}

/// Whether it is one unit of at most half its length over and over, or has fewer than five characters
/// that differ.
fn is_repeated(folded: &str) -> bool {
    let chars: Vec<char> = folded.chars().collect();
    let mut different = chars.clone();
    different.sort_unstable();
    different.dedup();
    let repeats = |unit: usize| chars.iter().zip(&chars[unit..]).all(|(a, b)| a == b);
    different.len() < 5 || (1..=chars.len() / 2).any(repeats)
}

/// Whether each character is the next one, up or down; `9` and `0` are neighbours.
fn is_sequence(folded: &str) -> bool {
    let chars: Vec<char> = folded.chars().collect();
    let steps_by = |step: i64| {
        chars.windows(2).all(|pair| {
            let distance = i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
            distance == step || (step.abs() == 1 && distance == -9 * step && pair[0].is_ascii_digit())
        })
    };
    steps_by(1) || steps_by(-1)
}

/// Long passwords at the head of published lists, without blanks, digits or signs.
const COMMON: [&str; 9] = [
    "qwertyuiop",
    "qwertyuiopasdf",
    "qwertyuiopasdfghjkl",
    "qwertyuiopasdfghjklzxcvbnm",
    "passwordpassword",
    "iloveyouiloveyou",
    "administrator",
    "passwordadmin",
    "letmeinletmein",
];

fn is_common(folded: &str) -> bool {
    let letters: String = folded.chars().filter(|c| c.is_alphabetic()).collect();
    COMMON.contains(&letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(raw: &str) -> &'static str {
        let email = EmailAddress::parse("ellie.ward@example.nhs.uk").unwrap();
        Password::choose(raw, Some(&email)).unwrap_err().code
    }

    /// ACC-2.
    #[test]
    fn a_password_has_15_to_256_characters() {
        assert_eq!(refused("only 14 chars."), "too-short");
        assert!(Password::choose("now 15 of them.", None).is_ok());
        let long: String = (0u32..256).filter_map(|n| char::from_u32(0x4e00 + n * 7)).collect();
        assert!(Password::choose(&long, None).is_ok(), "counted in characters, not bytes");
        assert_eq!(refused(&format!("{long}x")), "too-long");
    }

    /// ACC-2.
    #[test]
    fn what_can_be_guessed_at_once_is_refused() {
        for bad in [
            "my name is Ellie.Ward!",
            "aaaaaaaaaaaaaaaa",
            "abababababababab",
            "passwordpassword",
            "winter24winter24wint",
            "123456789012345",
            "abcdefghijklmnop",
            "qwertyuiop12345!",
            "Administrator 2024",
        ] {
            assert_eq!(refused(bad), "guessable", "{bad}");
        }
    }

    /// ACC-2.
    #[test]
    fn nothing_more_is_asked_of_its_composition() {
        for good in [
            "a quiet walk at noon",
            "correct horse battery staple",
            "пароль для академии",
            "7-4-1776-11-9-1989",
        ] {
            assert!(Password::choose(good, None).is_ok(), "{good}");
        }
    }

    /// ACC-2.
    #[test]
    fn two_ways_to_type_the_same_letters_are_one_password() {
        let (composed, decomposed) = ("caf\u{e9} at the corner", "cafe\u{301} at the corner");
        assert_eq!(Password::typed(composed), Password::typed(decomposed));
    }

    /// ACC-7.
    #[test]
    fn debug_output_shows_no_password() {
        assert!(!format!("{:?}", Password::typed("a quiet walk at noon")).contains("quiet"));
    }
}
