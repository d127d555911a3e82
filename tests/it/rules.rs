//! The table of rules and tests: every rule that this service keeps is named by at least one test, and
//! `docs/rules.md` holds the table. `UPDATE_DOCS=1` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The rules that the service keeps so far.
fn kept() -> Vec<String> {
    let admission = (1..=24).map(|n| format!("ADM-{n}"));
    let access = (1..=9).map(|n| format!("ACC-{n}"));
    let programmes = (1..=12).map(|n| format!("PRG-{n}"));
    access.chain(admission).chain(programmes).chain(["COM-5".to_owned()]).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust source below a folder: its path from the project's root, and its text.
pub(crate) fn sources(folder: impl AsRef<Path>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.as_ref().to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).expect("a folder of sources");
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                let path = path.canonicalize().expect("a path");
                let root = root().canonicalize().expect("the root");
                let path = path.strip_prefix(root).expect("within the project");
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    found
}

/// Each rule with the tests that name it in their doc comment or in their name: path and test.
fn table() -> BTreeMap<String, Vec<(String, String)>> {
    let mut table: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for folder in ["api/src", "domain/src", "model/src", "openapi/src", "persistence/src", "sim", "tests"] {
        for (path, text) in sources(root().join(folder)) {
            let (mut comment, mut is_test) = (String::new(), false);
            for line in text.lines().map(str::trim) {
                if let Some(words) = line.strip_prefix("///") {
                    comment.push_str(words);
                } else if line.starts_with("#[") {
                    is_test |= line.contains("test]") || line.contains("::test");
                } else {
                    if let Some(name) = test_name(line).filter(|_| is_test) {
                        for rule in rules_in(&comment) {
                            table.entry(rule).or_default().push((path.clone(), name.to_owned()));
                        }
                    }
                    comment.clear();
                    is_test = false;
                }
            }
        }
    }
    table
}

fn test_name(line: &str) -> Option<&str> {
    let line = line.trim_start_matches("async ");
    line.strip_prefix("fn ")?.split('(').next()
}

fn rules_in(comment: &str) -> Vec<String> {
    let words = comment.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_rule = |word: &&str| {
        let Some((letters, number)) = word.split_once('-') else { return false };
        ["ACC", "ADM", "COM", "PRG"].contains(&letters) && number.parse::<u8>().is_ok()
    };
    words.filter(is_rule).map(str::to_owned).collect()
}

fn written(table: &BTreeMap<String, Vec<(String, String)>>) -> String {
    let mut text = String::from(
        "# Rules and tests\n\nEach rule that the service keeps, and the tests that name it. Made by `tests/it/rules.rs`;\n\
         `UPDATE_DOCS=1 cargo test --workspace --test it rules` writes it anew.\n",
    );
    for rule in kept() {
        let _ = write!(text, "\n## {rule}\n\n");
        for (path, name) in table.get(&rule).into_iter().flatten() {
            let _ = writeln!(text, "- `{}` ({path})", name.replace('_', " "));
        }
    }
    text
}

#[test]
fn every_rule_is_named_by_a_test() {
    let table = table();
    let unproven: Vec<String> = kept().into_iter().filter(|rule| !table.contains_key(rule)).collect();
    assert!(unproven.is_empty(), "no test names {unproven:?}");
}

#[test]
fn the_table_of_rules_is_up_to_date() {
    let text = written(&table());
    let path = root().join("docs/rules.md");
    if std::env::var("UPDATE_DOCS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &text).expect("docs/rules.md can be written");
    }
    let held = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        held == text,
        "docs/rules.md is out of date: UPDATE_DOCS=1 cargo test --workspace --test it rules"
    );
}
