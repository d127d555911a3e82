//! Emails (ACC-1): one person each, compared without case or surrounding blanks.

use crate::fault::Refused;
use std::fmt;

/// An email that could be written to. Compared by [`EmailAddress::key`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    typed: String,
    key: String,
}

impl EmailAddress {
    /// Longest address that SMTP can carry (RFC 5321 section 4.5.3.1.3).
    pub const MAX: usize = 254;

    /// Takes an address as typed.
    ///
    /// # Errors
    /// `invalid-email` when it is no address.
    pub fn parse(raw: &str) -> Result<Self, Refused> {
        let typed = raw.trim();
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        // ASCII only: letters that look alike, or fall together in lower case, would make two people one.
        let plain = typed.chars().all(|c| c.is_ascii_graphic() && c != '"');
        if typed.len() > Self::MAX
            || !plain
            || email_address::EmailAddress::parse_with_options(typed, options).is_err()
        {
            return Err(Refused::new("invalid-email", "must be an email address like name@example.nhs.uk"));
        }
        Ok(Self { typed: typed.to_owned(), key: typed.to_ascii_lowercase() })
    }

    /// The address as its owner typed it, for writing to it.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// What stands before the `@`, as it is compared.
    pub fn local_part(&self) -> &str {
        self.key.rsplit_once('@').map_or(self.key.as_str(), |(local, _)| local)
    }

    /// The address as it is compared (ACC-1).
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Personal data: never shown by `Debug` (ACC-7).
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACC-1.
    #[test]
    fn an_email_is_compared_without_case_or_blanks() {
        let a = EmailAddress::parse(" Ellie.Ward@Example.NHS.uk ").unwrap();
        let b = EmailAddress::parse("ellie.ward@example.nhs.uk").unwrap();
        assert_eq!(a.key(), b.key());
        assert_eq!(a.as_typed(), "Ellie.Ward@Example.NHS.uk");
    }

    #[test]
    fn what_is_no_email_is_refused() {
        for bad in [
            "",
            "a",
            "a@",
            "@b.uk",
            "a b@c.uk",
            "a@b",
            "x <a@b.uk>",
            "a@b.uk\r\nBcc: c@d.uk",
            "a@[127.0.0.1]",
            "\u{212a}ate@b.uk",
            "ellie@exаmple.uk",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
    }

    /// ACC-7.
    #[test]
    fn debug_output_holds_no_personal_data() {
        let email = EmailAddress::parse("ellie@example.uk").unwrap();
        assert!(!format!("{email:?}").contains("ellie"));
    }
}
