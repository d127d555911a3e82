//! Where a session or taster takes place (PRG-5), and when.

use super::limits;
use super::object::{only, optional, string};
use crate::fault::{Fault, Refused};
use crate::text;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    /// Takes a meeting as it stands on the wire.
    ///
    /// # Errors
    /// Every fault, with a pointer into the meeting: `required`, `wrong-type`, `unknown-field`, `unknown-kind`,
    /// `invalid-url`, `too-long`, `out-of-range`.
    pub fn parse(value: &Value) -> Result<Self, Vec<Fault>> {
        let Some(raw) = value.as_object() else {
            return Err(vec![Fault::new("", "wrong-type", "must be an object with a kind")]);
        };
        let mut faults = Vec::new();
        let kind = string(raw, "kind", "", &mut faults, |word| match word {
            "online" | "in_person" | "residential" => Ok(word.to_owned()),
            _ => Err(Refused::new("unknown-kind", "must be online, in_person or residential")),
        });
        let meeting = match kind.as_deref() {
            Some("online") => online(raw, &mut faults),
            Some(kind) => in_a_place(raw, kind == "residential", &mut faults),
            None => None,
        };
        match meeting {
            Some(meeting) if faults.is_empty() => Ok(meeting),
            _ => Err(faults),
        }
    }

    /// Its word on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Online { .. } => "online",
            Self::InPerson { .. } => "in_person",
            Self::Residential { .. } => "residential",
        }
    }
}

fn online(raw: &Map<String, Value>, faults: &mut Vec<Fault>) -> Option<Meeting> {
    only(raw, &["kind", "joinUrl", "meetingId", "passcode"], "", faults);
    let short = |raw: &str| text::line(raw, limits::SHORT);
    let join_url = string(raw, "joinUrl", "", faults, web_address);
    let meeting_id = optional(raw, "meetingId", "", faults, short);
    let passcode = optional(raw, "passcode", "", faults, short);
    Some(Meeting::Online { join_url: join_url?, meeting_id, passcode })
}

fn in_a_place(raw: &Map<String, Value>, with_nights: bool, faults: &mut Vec<Fault>) -> Option<Meeting> {
    let known: &[&str] =
        if with_nights { &["kind", "venue", "address", "nights"] } else { &["kind", "venue", "address"] };
    only(raw, known, "", faults);
    let venue = string(raw, "venue", "", faults, |raw| text::line(raw, limits::NAME));
    let address = optional(raw, "address", "", faults, |raw| text::paragraphs(raw, limits::LINE));
    if !with_nights {
        return Some(Meeting::InPerson { venue: venue?, address });
    }
    let nights = nights(raw.get("nights")).map_err(|refused| faults.push(refused.at("/nights"))).ok();
    Some(Meeting::Residential { venue: venue?, address, nights: nights? })
}

fn nights(raw: Option<&Value>) -> Result<u32, Refused> {
    let raw =
        raw.filter(|value| !value.is_null()).ok_or_else(|| Refused::new("required", "must be given"))?;
    if !raw.is_number() {
        return Err(Refused::new("wrong-type", "must be a whole number"));
    }
    let number = raw.as_u64().and_then(|number| u32::try_from(number).ok());
    number
        .filter(|number| (1..=limits::NIGHTS).contains(number))
        .ok_or_else(|| Refused::new("out-of-range", format!("must be 1 to {}", limits::NIGHTS)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
    fn an_end_comes_after_its_start_and_a_session_can_span_days() {
        let at = |raw: &str| raw.parse().unwrap();
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
            assert_eq!(Meeting::parse(&stored).unwrap(), meeting);
            assert_eq!(serde_json::from_value::<Meeting>(stored).unwrap(), meeting);
        }
    }

    /// PRG-5.
    #[test]
    fn every_fault_of_a_meeting_is_named() {
        let faults = |value: Value| {
            let list = Meeting::parse(&value).unwrap_err();
            list.into_iter().map(|fault| (fault.pointer, fault.code)).collect::<Vec<_>>()
        };
        let named = |pointer: &str, code| (pointer.to_owned(), code);
        assert_eq!(faults(json!([])), [named("", "wrong-type")]);
        assert_eq!(faults(json!({})), [named("/kind", "required")]);
        assert_eq!(faults(json!({"kind": "hybrid"})), [named("/kind", "unknown-kind")]);
        let online = json!({"kind": "online", "joinUrl": "zoom", "meetingId": 9, "venue": "x"});
        let expected = [
            named("/venue", "unknown-field"),
            named("/joinUrl", "invalid-url"),
            named("/meetingId", "wrong-type"),
        ];
        assert_eq!(faults(online), expected);
        let residential = json!({"kind": "residential", "venue": " ", "nights": 0});
        assert_eq!(faults(residential), [named("/venue", "required"), named("/nights", "out-of-range")]);
    }
}
