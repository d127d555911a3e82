//! Where a session or taster takes place (PRG-5), and when.

use super::limits;
use crate::fault::{Fault, Refused};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Where people meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Meeting {
    /// On a video call.
    Online {
        /// The link.
        join_url: String,
        /// The number that some programs ask for.
        #[serde(default)]
        meeting_id: Option<String>,
        /// The passcode.
        #[serde(default)]
        passcode: Option<String>,
    },
    /// In a room.
    InPerson {
        /// The place's name.
        venue: String,
        /// Its postal address.
        #[serde(default)]
        address: Option<String>,
    },
    /// In a house, with nights.
    Residential {
        /// The place's name.
        venue: String,
        /// Its postal address.
        #[serde(default)]
        address: Option<String>,
        /// How many nights: 1 to 31.
        nights: u32,
    },
}

impl Meeting {
    /// Its word on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Online { .. } => "online",
            Self::InPerson { .. } => "in_person",
            Self::Residential { .. } => "residential",
        }
    }
}

/// An `http` or `https` address with a host; never `javascript:` or the like.
///
/// # Errors
/// `invalid-url`, `too-long`.
pub fn web_address(raw: &str) -> Result<String, Refused> {
    let trimmed = raw.trim();
    if trimmed.chars().count() > limits::URL {
        return Err(Refused::new("too-long", format!("must have at most {} characters", limits::URL)));
    }
    let rest = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
    let host_starts_well =
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['));
    let is_plain = !trimmed.chars().any(|c| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c));
    if host_starts_well && is_plain {
        Ok(trimmed.to_owned())
    } else {
        Err(Refused::new("invalid-url", "must be a web address that starts with https:// or http://"))
    }
}

/// When something takes place, in its own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// Its start.
    pub starts_at: DateTime<Utc>,
    /// Its end, after its start.
    pub ends_at: DateTime<Utc>,
    /// The zone of its wall clock.
    pub zone: Tz,
}

impl When {
    /// Takes a start and an end.
    ///
    /// # Errors
    /// At `/endsAt`: `ends-before-start`, `too-long`.
    pub fn new(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, zone: Tz) -> Result<Self, Fault> {
        if ends_at <= starts_at {
            return Err(Fault::new("/endsAt", "ends-before-start", "must be after startsAt"));
        }
        if ends_at - starts_at > TimeDelta::days(limits::SPAN_DAYS) {
            let detail = format!("must be at most {} days after startsAt", limits::SPAN_DAYS);
            return Err(Fault::new("/endsAt", "too-long", detail));
        }
        Ok(Self { starts_at, ends_at, zone })
    }
}

/// The zone with an IANA name.
///
/// # Errors
/// `unknown-time-zone`.
pub fn time_zone(raw: &str) -> Result<Tz, Refused> {
    raw.parse().map_err(|_| {
        Refused::new("unknown-time-zone", "must be a time zone of the IANA list, like Europe/London")
    })
}

/// The moment in an RFC 3339 text, which needs an offset; kept to the microsecond.
///
/// # Errors
/// `invalid-time`, which says when only the offset is missing.
pub fn moment(raw: &str) -> Result<DateTime<Utc>, Refused> {
    let example = "must be a time like 2026-03-31T14:00:00+01:00";
    let refused = |detail: &str| Refused::new("invalid-time", detail);
    let Ok(at) = DateTime::parse_from_rfc3339(raw) else {
        let lacks_offset = chrono::NaiveDateTime::parse_from_str(raw, "%Y-%m-%dT%H:%M:%S%.f").is_ok();
        return Err(refused(if lacks_offset {
            "needs an offset: end it with Z or like +01:00"
        } else {
            example
        }));
    };
    let at = at.with_timezone(&Utc);
    // The years that both databases and RFC 3339 can write.
    if !(1..=9998).contains(&chrono::Datelike::year(&at)) {
        return Err(refused(example));
    }
    DateTime::from_timestamp_micros(at.timestamp_micros()).ok_or_else(|| refused(example))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_address_has_a_scheme_and_a_host() {
        assert!(web_address(" https://zoom.us/j/91273431323?pwd=abc ").is_ok());
        for bad in
            ["", "zoom.us", "javascript:alert(1)", "https://", "https:// x", "https://a b", "ftp://a.uk"]
        {
            assert_eq!(web_address(bad).unwrap_err().code, "invalid-url", "{bad}");
        }
    }

    #[test]
    fn a_time_needs_an_offset_and_is_kept_to_the_microsecond() {
        let at = moment("2026-03-31T14:00:00.1234567+01:00").unwrap();
        assert_eq!(at.to_rfc3339(), "2026-03-31T13:00:00.123456+00:00");
        assert!(moment("2026-03-31T14:00:00").unwrap_err().detail.contains("offset"));
        for bad in ["", "tomorrow", "2026-03-31", "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z"] {
            assert_eq!(moment(bad).unwrap_err().code, "invalid-time", "{bad}");
        }
    }

    #[test]
    fn an_end_comes_after_its_start_and_a_session_can_span_days() {
        let at = |raw: &str| moment(raw).unwrap();
        let start = at("2026-03-31T09:00:00Z");
        let when = |end: &str| When::new(start, at(end), Tz::Europe__London);
        assert_eq!(when("2026-03-31T09:00:00Z").unwrap_err().code, "ends-before-start");
        assert!(when("2026-04-02T16:00:00Z").is_ok());
        assert_eq!(when("2026-06-02T16:00:00Z").unwrap_err().code, "too-long");
    }

    /// PRG-5.
    #[test]
    fn the_three_kinds_of_meeting_round_trip_through_storage() {
        for meeting in [
            Meeting::Online {
                join_url: "https://zoom.us/j/91273431323".into(),
                meeting_id: Some("912 7343 1323".into()),
                passcode: Some("114640".into()),
            },
            Meeting::InPerson { venue: "Mayfield House".into(), address: None },
            Meeting::Residential { venue: "Mayfield House".into(), address: Some("Kent".into()), nights: 2 },
        ] {
            let stored = serde_json::to_value(&meeting).unwrap();
            assert_eq!(stored["kind"], meeting.kind());
            assert_eq!(serde_json::from_value::<Meeting>(stored).unwrap(), meeting);
        }
    }
}
