//! Text from outside: bounded, without NUL, and comparable without case or accents.

use crate::fault::Refused;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A line of text: trimmed, 1 to `max` characters, no control characters.
///
/// # Errors
/// `required` when blank, `too-long`, `invalid-character`.
pub fn line(raw: &str, max: usize) -> Result<String, Refused> {
    let text = raw.trim();
    if text.is_empty() {
        return Err(Refused::new("required", "must not be blank"));
    }
    if text.chars().any(char::is_control) {
        return Err(Refused::new("invalid-character", "must be one line without control characters"));
    }
    bounded(text, max)
}

/// Text of several lines: 0 to `max` characters, no control characters but tab and line ends.
///
/// # Errors
/// `too-long`, `invalid-character`.
pub fn paragraphs(raw: &str, max: usize) -> Result<String, Refused> {
    if raw.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Refused::new("invalid-character", "must not contain control characters"));
    }
    bounded(raw, max)
}

fn bounded(text: &str, max: usize) -> Result<String, Refused> {
    if text.chars().count() > max {
        return Err(Refused::new("too-long", format!("must have at most {max} characters")));
    }
    Ok(text.to_owned())
}

/// An open code of a labelled list: `[a-z][a-z0-9_]{0,39}`.
///
/// # Errors
/// `invalid-code`.
pub fn code(raw: &str) -> Result<String, Refused> {
    let mut chars = raw.chars();
    let starts_well = chars.next().is_some_and(|c| c.is_ascii_lowercase());
    let goes_on_well = chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if starts_well && goes_on_well && raw.len() <= 40 {
        Ok(raw.to_owned())
    } else {
        Err(Refused::new("invalid-code", "must be 1 to 40 of a-z, 0-9 and _, starting with a letter"))
    }
}

/// A slug: `[a-z0-9]+(-[a-z0-9]+)*`, 2 to 80 characters.
///
/// # Errors
/// `invalid-slug`.
pub fn slug(raw: &str) -> Result<String, Refused> {
    let words_are_plain = raw
        .split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    if (2..=80).contains(&raw.len()) && words_are_plain {
        Ok(raw.to_owned())
    } else {
        Err(Refused::new("invalid-slug", "must be 2 to 80 of a-z and 0-9, in words joined by single hyphens"))
    }
}

/// Text as it is searched and compared: lower case, without accents, blanks single. By way of upper case, so that
/// letters with two small forms are one.
pub fn normalised(raw: &str) -> String {
    let letters = raw.nfkd().filter(|c| !is_combining_mark(*c));
    let plain: String = letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same with the words apart that `_` and `-` join in codes and topics.
pub fn words(raw: &str) -> String {
    normalised(&raw.replace(['_', '-'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_bounded() {
        assert_eq!(line("  Byron Lee ", 20).unwrap(), "Byron Lee");
        assert_eq!(line(" \t ", 20).unwrap_err().code, "required");
        assert_eq!(line("a\u{0}b", 20).unwrap_err().code, "invalid-character");
        assert_eq!(line("abc", 2).unwrap_err().code, "too-long");
    }

    #[test]
    fn normalised_text_has_no_case_and_no_accents() {
        assert_eq!(normalised("  Éa   STRASSE "), "ea strasse");
        assert_eq!(normalised("Straße ΟΔΟΣ"), normalised("STRASSE οδος"));
        assert_eq!(words("Wellbeing_at-WORK"), "wellbeing at work");
    }

    #[test]
    fn a_code_is_plain() {
        assert!(code("practice_manager").is_ok());
        for bad in ["", "Practice", "1a", "a-b", &"a".repeat(41)] {
            assert!(code(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_slug_is_words_joined_by_hyphens() {
        assert!(slug("south-east").is_ok());
        for bad in ["a", "-a", "a--b", "Ab", "a_b"] {
            assert!(slug(bad).is_err(), "{bad}");
        }
    }
}
