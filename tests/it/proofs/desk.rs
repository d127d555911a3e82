//! What gives or frees a place is written by the desk's sitting, and by nothing else (ADM-7): read from the sources.

use crate::rules::sources;
use std::collections::BTreeSet;
use std::path::Path;

/// What a place consists of, and the only files in which it may stand.
const WRITERS: [(&str, &[&str]); 11] = [
    // The rows.
    ("booking::insert(", &["sitting.rs"]),
    ("booking::update(", &["sitting.rs"]),
    ("desk_row::insert(", &["terms.rs"]),
    ("desk_row::update(", &["sitting.rs"]),
    ("ledger::insert(", &["sitting.rs", "terms.rs"]),
    // The values: taken from what settling decided.
    (".status = decision.status;", &["follow.rs"]),
    (".offer_expires_at = ", &["follow.rs"]),
    (".rank = ", &["follow.rs"]),
    (".places_taken = ", &["at_desk.rs"]),
    (".waiting_count = ", &["at_desk.rs"]),
    // Settling itself.
    ("Entry::enter(", &["sitting.rs"]),
];

/// Statements that would go past them, table by table.
const TABLES: [(&str, &str); 3] =
    [("booking", "booking.rs"), ("cohort_desk", "desk_row.rs"), ("ledger_entry", "ledger.rs")];

/// Where `text` does what only `allowed` may, in files of the desk.
fn strays(path: &str, text: &str) -> Vec<String> {
    let file = path.strip_prefix("persistence/src/admission/").unwrap_or(path);
    let mut found = Vec::new();
    for (words, allowed) in WRITERS {
        if text.contains(words) && !allowed.contains(&file) {
            found.push(format!("{path} has `{words}`"));
        }
    }
    for line in text.lines().filter(|line| line.contains(".status = BookingStatus::")) {
        // Who holds no place and does not wait may be closed without settling.
        if !line.contains("BookingStatus::Closed;") || !["cancel.rs", "reassess.rs"].contains(&file) {
            found.push(format!("{path} sets a status: {}", line.trim()));
        }
    }
    // Whether anything is waived in a cohort says where to look, and gives or frees no place.
    let blank =
        text.replace(char::is_whitespace, " ").replace("UPDATE cohort_desk SET waives = true WHERE", "");
    for (table, owner) in TABLES {
        let changes = [
            format!("INSERT INTO {table} "),
            format!("INSERT INTO {table}("),
            format!("UPDATE {table} "),
            format!("DELETE FROM {table} "),
            format!("insert(\"{table}\""),
            format!("update(\"{table}\""),
            format!("insert(db, \"{table}\""),
        ];
        let own = |change: &String| file == owner && change.contains("(\"");
        let past = changes.iter().filter(|change| blank.contains(change.as_str()) && !own(change));
        found.extend(past.map(|change| format!("{path} has `{change}`")));
    }
    found
}

/// ADM-7.
#[test]
fn nothing_but_the_desks_sitting_writes_what_a_place_consists_of() {
    let mut found = BTreeSet::new();
    for folder in ["persistence/src", "api/src"] {
        for (path, text) in sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.extend(strays(&path, code));
        }
    }
    assert!(found.is_empty(), "goes past the desk: {found:#?}");
}

/// ADM-7: the check can see.
#[test]
fn a_statement_that_goes_past_the_desk_is_seen() {
    for (path, text) in [
        ("api/src/catalogue/cohorts.rs", "UPDATE cohort_desk\n SET places_taken = places_taken + 1"),
        ("persistence/src/identity/people.rs", "writes.update(\"booking\", &COLUMNS, rows)"),
        ("persistence/src/admission/decide.rs", "booking.status = BookingStatus::Confirmed;"),
        ("persistence/src/identity/people.rs", "booking.status = BookingStatus::Closed;"),
        ("persistence/src/admission/life.rs", "desk_row::update(&mut writes, &[&row]);"),
        ("persistence/src/admission/terms.rs", "row.places_taken = 0;"),
        ("persistence/src/admission/tasters.rs", "INSERT INTO ledger_entry (cohort_id) VALUES ($1)"),
    ] {
        assert!(!strays(path, text).is_empty(), "{path}: {text}");
    }
    assert!(strays("persistence/src/admission/follow.rs", "booking.status = decision.status;").is_empty());
}
