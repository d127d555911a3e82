//! An entry as its hash takes it: the canonical JSON of RFC 8785. Its fields stand here in their order, so that no
//! writer has to sort them on the way of each claim; a test compares with a writer that does.

use super::booking::ClosedReason;
use super::fact::Decision;
use super::ledger::Entry;
use crate::time::wire;
use serde::Serialize;
use serde_json::{Map, Value};

/// Sorted by name, which RFC 8785 asks for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    booking_id: Option<String>,
    decisions: Vec<WrittenDecision>,
    facts: &'a Map<String, Value>,
    kind: &'static str,
    moment: String,
    recorded_at: String,
    sequence: Option<u64>,
    version: u64,
}

/// Sorted by name as well.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenDecision {
    booking_id: String,
    closed_reason: Option<&'static str>,
    offer_expires_at: Option<String>,
    status: &'static str,
}

impl From<&Decision> for WrittenDecision {
    fn from(decision: &Decision) -> Self {
        Self {
            booking_id: decision.booking.to_string(),
            closed_reason: decision.closed_reason.map(ClosedReason::as_str),
            offer_expires_at: decision.offer_expires_at.map(wire),
            status: decision.status.as_str(),
        }
    }
}

/// The entry without its hashes, with these facts.
pub(super) fn canonical(entry: &Entry, facts: &Map<String, Value>) -> Vec<u8> {
    let written = Written {
        booking_id: entry.booking.map(|id| id.to_string()),
        decisions: entry.decisions.iter().map(WrittenDecision::from).collect(),
        facts,
        kind: entry.kind.as_str(),
        moment: wire(entry.moment),
        recorded_at: wire(entry.recorded_at),
        sequence: entry.sequence,
        version: entry.version,
    };
    // Texts, numbers and lists can always be written.
    serde_json::to_vec(&written).unwrap_or_default()
}
