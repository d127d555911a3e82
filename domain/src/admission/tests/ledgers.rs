use super::super::canonical::canonical;
use super::*;

/// A ledger of a creation and these facts, and the view it leaves.
pub(super) fn write(mut view: View, facts: &[(Fact, i64)]) -> (Vec<Entry>, View) {
    let mut entries = vec![Entry::created(&view, at(0))];
    for (fact, minute) in facts {
        let last = entries.last().unwrap();
        let (version, hash) = (last.version + 1, last.entry_hash.clone());
        let due = match fact {
            Fact::ReserveReleased { reserve } => {
                view.terms.reserves.iter().find(|one| one.id == *reserve).map(|one| one.releases_at)
            }
            _ => None,
        };
        entries.push(Entry::enter(&mut view, fact, due, at(*minute), version, &hash).unwrap());
    }
    (entries, view)
}

fn sample() -> Vec<Entry> {
    let facts = [
        (claim(1, 0), 0),
        (claim(2, 1), 1),
        (claim(3, 2), 2),
        (Fact::Decline { booking: booking(1), fits: Fits::none() }, 5),
        (Fact::Acceptance { booking: booking(2) }, 6),
        (Fact::TermsChanged { terms: terms(2), first_session_at: Some(at(900)) }, 7),
    ];
    write(view(terms(1)), &facts).0
}

/// ADM-12.
#[test]
fn replaying_a_ledger_gives_exactly_the_stored_outcome() {
    let entries = sample();
    let outcome = replay(&entries).unwrap().unwrap();
    assert_eq!(outcome.version, 7);
    assert_eq!(outcome.bookings[&booking(2)].status, BookingStatus::Confirmed);
    assert_eq!(outcome.bookings[&booking(3)].status, BookingStatus::Offered);
    assert_eq!(outcome.view.places_taken, 2);
    assert_eq!(entries[6].kind, EntryKind::CapacityChanged);
    assert_eq!(entries[6].facts.len(), 2, "the new values only: {:?}", entries[6].facts);
}

/// ADM-12: anyone can check that the order was kept.
#[test]
fn every_tampering_with_a_ledger_is_found() {
    let tamperings: [fn(&mut Vec<Entry>); 6] = [
        |entries| entries[2].moment = at(-5),
        |entries| entries[1].decisions[0].booking = booking(9),
        |entries| entries.swap(1, 2),
        |entries| drop(entries.remove(3)),
        |entries| entries[1].previous_hash = FIRST_HASH.replace('0', "1"),
        |entries| {
            // A forger who hashes anew still can't give a place out of order.
            let mut previous = entries[1].entry_hash.clone();
            entries[2].decisions[0].status = BookingStatus::Confirmed;
            for entry in &mut entries[2..] {
                entry.previous_hash = previous;
                entry.entry_hash = entry.computed_hash();
                previous = entry.entry_hash.clone();
            }
        },
    ];
    for (n, tamper) in tamperings.iter().enumerate() {
        let mut entries = sample();
        tamper(&mut entries);
        assert!(replay(&entries).is_err(), "tampering {n} was not found");
    }
    assert!(replay(&sample()).is_ok());
}

/// ADM-12: the hash is the lower-case hex SHA-256 over the previous hash and the canonical JSON.
#[test]
fn an_entrys_hash_can_be_computed_by_anyone() {
    use sha2::{Digest, Sha256};
    let entry = &sample()[1];
    let canonical = r#"{"bookingId":"00000000-0000-0000-0000-000000000001","decisions":[{"bookingId":"00000000-0000-0000-0000-000000000001","closedReason":null,"offerExpiresAt":null,"status":"confirmed"}],"facts":{"submittedAt":"2027-01-04T09:00:00Z"},"kind":"claim","moment":"2027-01-04T09:00:00Z","recordedAt":"2027-01-04T09:00:00Z","sequence":1,"version":2}"#;
    let hash = Sha256::digest(format!("{}{canonical}", entry.previous_hash));
    assert_eq!(entry.entry_hash, data_encoding::HEXLOWER.encode(&hash));
}

/// ADM-12: what is hashed is what a writer of RFC 8785 makes of the entry as anybody reads it.
#[test]
fn every_entry_is_hashed_in_the_canonical_form() {
    let mut entries = sample();
    let odd = serde_json::json!({"offerClock": {"name": "é\u{1f}\"", "a": {"z": 1, "B": null}}, "Zeit": [true, "€"]});
    entries[0].facts.extend(odd.as_object().cloned().unwrap_or_default());
    for entry in &entries {
        let mut read = entry.to_json();
        let members = read.as_object_mut().expect("an object");
        members.retain(|name, _| !name.ends_with("Hash"));
        let sorted = serde_json_canonicalizer::to_vec(&read).expect("integers only");
        assert_eq!(canonical(entry, &entry.facts), sorted);
    }
}
