//! What a ledger marks, as the tests' own check reads it.

use crate::ledger::time;
use serde_json::Value;

/// Claims marked as imported whose submission does not lie before their entry, or whose mark says nothing (ADM-24).
pub(crate) fn wrong_marks(entries: &[Value]) -> Vec<String> {
    let is_wrong = |entry: &&Value| {
        let Some(mark) = entry["facts"].get("importedMoment") else { return false };
        let earlier = time(&entry["facts"]["submittedAt"]) < time(&entry["recordedAt"]);
        !(*mark == true && entry["kind"] == "claim" && earlier)
    };
    let told = |entry: &Value| format!("entry {} marks what is no earlier moment (ADM-24)", entry["version"]);
    entries.iter().filter(is_wrong).map(told).collect()
}
