//! Places that were passed on, as a ledger tells it (ADM-23).

use serde_json::Value;

/// What is wrong with the places that were passed on: each goes over in two entries that stand together, of one moment,
/// of which the second is the colleague's claim with that very place, and neither decides about anybody else.
pub(crate) fn wrongly_passed_on(entries: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry["kind"] == "passed_on") {
        let mut say = |what: &str| wrong.push(format!("entry {} (passed_on) {what} (ADM-23)", index + 1));
        if !decides_only(entry, "closed") {
            say("decides about others than who passed it on: somebody waited");
        }
        match entries.get(index + 1) {
            Some(next) if next["kind"] == "claim" && next["recordedAt"] == entry["recordedAt"] => {
                if !decides_only(next, "confirmed") {
                    say("is not taken over by the claim that follows");
                }
            }
            _ => say("is not followed by the colleague's claim of the same moment"),
        }
    }
    wrong
}

fn decides_only(entry: &Value, status: &str) -> bool {
    let decisions = entry["decisions"].as_array().map_or(&[][..], Vec::as_slice);
    matches!(decisions, [own] if own["bookingId"] == entry["bookingId"] && own["status"] == status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(kind: &str, booking: &str, at: u32, decisions: &[(&str, &str)]) -> Value {
        let decided = decisions.iter().map(|(id, status)| json!({"bookingId": id, "status": status}));
        json!({"kind": kind, "bookingId": booking, "recordedAt": at, "decisions": decided.collect::<Vec<_>>()})
    }

    #[test]
    fn a_place_that_does_not_go_over_in_one_step_is_seen() {
        let left = entry("passed_on", "a", 5, &[("a", "closed")]);
        let taken = entry("claim", "b", 5, &[("b", "confirmed")]);
        assert!(wrongly_passed_on(&[left.clone(), taken.clone()]).is_empty());
        for (first, second) in [
            (left.clone(), entry("claim", "b", 6, &[("b", "confirmed")])),
            (left.clone(), entry("claim", "b", 5, &[("b", "waiting")])),
            (left.clone(), entry("cancellation", "b", 5, &[("b", "closed")])),
            (entry("passed_on", "a", 5, &[("a", "closed"), ("c", "offered")]), taken),
        ] {
            assert_eq!(wrongly_passed_on(&[first, second]).len(), 1);
        }
        assert_eq!(wrongly_passed_on(&[left]).len(), 1);
    }
}
