//! Moments as they are written on the wire and hashed: RFC 3339, UTC with `Z`, microseconds at most.

use chrono::{DateTime, SecondsFormat, Utc};

/// A moment as the API and the ledger write it.
pub fn wire(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Reads what [`wire`] wrote.
pub fn from_wire(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}
