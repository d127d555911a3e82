//! Versions of resources: strong entity tags (RFC 9110 section 8.8.3).

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;

/// A version: the terms that an editor changes, and the counts (or a hash of the view) that change otherwise.
///
/// `If-None-Match` compares all of it, `If-Match` the terms only, so a rush of bookings makes no editor stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ETag {
    terms: String,
    counts: Option<String>,
}

impl ETag {
    /// The version of a plain resource.
    pub(crate) fn of_revision(revision: i64) -> Self {
        Self { terms: revision.to_string(), counts: None }
    }

    /// A version of two parts: what editors change, and what traffic changes.
    pub(crate) fn parts(terms: i64, counts: i64) -> Self {
        Self { terms: terms.to_string(), counts: Some(counts.to_string()) }
    }

    /// A version of two parts: what editors change, and all that is seen of it.
    pub(crate) fn of_parts(terms: i64, content: &[u8]) -> Self {
        Self { counts: Some(Self::of_content(content).terms), ..Self::of_revision(terms) }
    }

    /// The same for what can end and begin anew: a version of what was there before never comes back.
    pub(crate) fn since(begun: DateTime<Utc>, revision: i64, content: &[u8]) -> Self {
        let terms = format!("{:x}-{revision}", begun.timestamp_micros());
        Self { terms, ..Self::of_parts(revision, content) }
    }

    /// The version of bytes without a revision (a list, a document).
    pub(crate) fn of_content(content: &[u8]) -> Self {
        let hash = BASE64URL_NOPAD.encode(&digest(&SHA256, content).as_ref()[..12]);
        Self { terms: hash, counts: None }
    }

    /// As it stands in the header, quoted.
    pub(crate) fn to_header(&self) -> String {
        let counts = self.counts.as_ref().map(|counts| format!(".{counts}")).unwrap_or_default();
        format!("\"{}{counts}\"", self.terms)
    }

    /// Whether an `If-None-Match` names it: weak comparison of the whole.
    pub(crate) fn is_named(&self, list: &str) -> bool {
        let own = self.to_header();
        list.trim() == "*" || tags(list).any(|tag| tag.trim_start_matches("W/") == own)
    }

    /// Whether an `If-Match` names it: strong comparison of the terms.
    pub(crate) fn is_named_for_change(&self, list: &str) -> bool {
        list.trim() == "*" || tags(list).any(|tag| terms_of(tag) == Some(self.terms.as_str()))
    }
}

fn tags(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

fn terms_of(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    inner.split('.').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rush_of_bookings_makes_no_editor_stale() {
        let read = ETag::parts(3, 17).to_header();
        assert_eq!(read, "\"3.17\"");
        let now = ETag::parts(3, 99);
        assert!(now.is_named_for_change(&read));
        assert!(!now.is_named(&read));
        assert!(!ETag::parts(4, 99).is_named_for_change(&read));
    }

    #[test]
    fn a_weak_tag_is_good_for_reading_only() {
        let tag = ETag::of_revision(3);
        assert!(tag.is_named("\"1\", W/\"3\""));
        assert!(!tag.is_named_for_change("W/\"3\""));
        assert!(!tag.is_named_for_change("3"));
    }

    #[test]
    fn what_begins_anew_has_no_version_of_what_was_there_before() {
        let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
        let before = ETag::since(at(1_000_000), 1, b"x").to_header();
        assert!(ETag::since(at(1_000_000), 1, b"y").is_named_for_change(&before));
        assert!(!ETag::since(at(1_000_000), 1, b"y").is_named(&before));
        assert!(!ETag::since(at(1_000_000), 2, b"x").is_named_for_change(&before));
        assert!(!ETag::since(at(1_000_001), 1, b"x").is_named_for_change(&before));
    }

    #[test]
    fn the_tag_of_content_is_one_piece() {
        for content in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            let tag = ETag::of_content(content.as_bytes());
            assert!(tag.is_named_for_change(&tag.to_header()));
        }
    }
}
