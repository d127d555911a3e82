//! The file of a list to import (ADM-24): its columns are the fields of a row.

use crate::http::csv::{self, Record};
use crate::http::problem::ProblemFault;
use domain::catalogue::joining_form::{JoiningForm, QuestionKind};
use serde_json::{Map, Value};

/// What a column's cells become in a row: a pointer's tokens, and how a cell is read.
struct Field {
    place: [&'static str; 2],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    YesNo,
    /// Several values with semicolons between them.
    List,
}

/// The columns besides `answers.KEY`. A place of one token has an empty first one.
const COLUMNS: [(&str, &str, Kind); 14] = [
    ("email", "participant", Kind::Text),
    ("fullName", "participant", Kind::Text),
    ("jobRole", "participant", Kind::Text),
    ("staffGroup", "participant", Kind::Text),
    ("qualifications", "participant", Kind::List),
    ("leadsOrManages", "participant", Kind::YesNo),
    ("organisationOdsCode", "participant", Kind::Text),
    ("region", "participant", Kind::Text),
    ("commitsToAllSessions", "", Kind::YesNo),
    ("externalReference", "", Kind::Text),
    ("moment", "earlierMoment", Kind::Text),
    ("evidence", "earlierMoment", Kind::Text),
    ("reason", "earlierMoment", Kind::Text),
    (MANAGER, "manager", Kind::Text),
];

/// The column of the manager's email.
const MANAGER: &str = "managerEmail";

/// What stands before the key of a question in the name of its column.
const ANSWERS: &str = "answers.";

/// A row of a file, as it would stand in a JSON body.
pub(super) struct FileRow {
    /// Where it begins.
    pub(super) line: u64,
    /// What it says.
    pub(super) value: Value,
}

/// Reads a file. Its first line names the columns, in any order.
///
/// # Errors
/// Every fault of the file as such, with its line.
pub(super) fn rows(bytes: &[u8], form: &JoiningForm) -> Result<Vec<FileRow>, Vec<ProblemFault>> {
    let mut records = csv::read(bytes)?.into_iter();
    let head = records.next();
    let names = head.as_ref().map(|head| head.cells.as_slice()).unwrap_or_default();
    let line = head.as_ref().map_or(1, |head| head.line);
    let mut faults = wrong_columns(line, names);
    let records: Vec<Record> = records.collect();
    let uneven = records.iter().filter(|record| record.cells.len() != names.len());
    faults.extend(uneven.map(|record| {
        let detail = format!("has {} cells under {} columns", record.cells.len(), names.len());
        ProblemFault::line(record.line, "wrong-cell-count", detail)
    }));
    if !faults.is_empty() {
        return Err(faults);
    }
    let row = |record: Record| FileRow { line: record.line, value: row(names, record.cells, form) };
    Ok(records.into_iter().map(row).collect())
}

fn wrong_columns(line: u64, names: &[String]) -> Vec<ProblemFault> {
    let mut faults = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let known = name.strip_prefix(ANSWERS).is_some_and(|key| !key.is_empty()) || column(name).is_some();
        if !known {
            let all: Vec<&str> = COLUMNS.iter().map(|(name, ..)| *name).collect();
            let detail =
                format!("no column {name:?} is known: there are {} and {ANSWERS}KEY", all.join(", "));
            faults.push(ProblemFault::line(line, "unknown-column", detail));
        } else if names[..index].contains(name) {
            faults.push(ProblemFault::line(line, "duplicate-column", format!("{name} stands twice")));
        }
    }
    for needed in ["email", "fullName"] {
        if !names.iter().any(|name| name == needed) {
            faults.push(ProblemFault::line(line, "required", format!("the column {needed} is required")));
        }
    }
    faults
}

fn column(name: &str) -> Option<Field> {
    let (name, parent, kind) = COLUMNS.into_iter().find(|(known, ..)| *known == name)?;
    Some(Field { place: [parent, if name == MANAGER { "email" } else { name }], kind })
}

fn row(names: &[String], cells: Vec<String>, form: &JoiningForm) -> Value {
    let mut row = Map::new();
    for (name, cell) in names.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        let (parent, key, kind) = match (name.strip_prefix(ANSWERS), column(name)) {
            (Some(key), _) => ("answers", key, kind_of_answer(form, key)),
            (None, Some(field)) => (field.place[0], field.place[1], field.kind),
            (None, None) => continue,
        };
        let value = value(cell, kind);
        if parent.is_empty() {
            row.insert(key.to_owned(), value);
        } else if let Some(members) =
            row.entry(parent).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
        {
            members.insert(key.to_owned(), value);
        }
    }
    Value::Object(row)
}

fn kind_of_answer(form: &JoiningForm, key: &str) -> Kind {
    let question = form.questions().iter().find(|question| question.key == key);
    match question.map(|question| question.kind) {
        Some(QuestionKind::YesNo | QuestionKind::Consent) => Kind::YesNo,
        Some(QuestionKind::MultipleChoice) => Kind::List,
        _ => Kind::Text,
    }
}

/// A cell that can't be read as its column asks stays a text, so that whoever reads the row says what is wrong.
fn value(cell: String, kind: Kind) -> Value {
    match kind {
        Kind::Text => cell.into(),
        Kind::YesNo => match cell.to_ascii_lowercase().as_str() {
            "yes" | "true" => true.into(),
            "no" | "false" => false.into(),
            _ => cell.into(),
        },
        Kind::List => {
            cell.split(';').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
        }
    }
}

/// The column that a place in a row comes from.
pub(super) fn column_of(pointer: &str) -> String {
    let tokens: Vec<&str> = pointer.split('/').filter(|token| !token.is_empty()).collect();
    match tokens.as_slice() {
        ["answers", key, ..] => format!("{ANSWERS}{key}"),
        ["earlierMoment"] => "moment".to_owned(),
        ["manager", ..] => MANAGER.to_owned(),
        ["participant" | "earlierMoment", name, ..] | [name, ..] => (*name).to_owned(),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form() -> JoiningForm {
        let question =
            |key: &str, kind: &str| json!({"key": key, "label": key, "kind": kind, "required": false});
        let questions = [question("team", "short_text"), question("consent", "consent")];
        serde_json::from_value(json!({"questions": questions})).unwrap()
    }

    /// ADM-24.
    #[test]
    fn the_columns_of_a_file_are_the_fields_of_its_rows() {
        let file = "email,fullName,qualifications,answers.consent,answers.team,commitsToAllSessions,moment,evidence,reason\n\
                    a@b.uk,Amina,x; y,Yes,7,no,,,\n\nc@d.uk,Cal,,,,,2027-01-01T09:00:00Z,\"Form, on paper\",late post\n";
        let rows = rows(file.as_bytes(), &form()).ok().unwrap();
        assert_eq!((rows[0].line, rows[1].line), (2, 4));
        let first = json!({
            "participant": {"email": "a@b.uk", "fullName": "Amina", "qualifications": ["x", "y"]},
            "answers": {"consent": true, "team": "7"}, "commitsToAllSessions": false,
        });
        assert_eq!(rows[0].value, first);
        let earlier =
            json!({"moment": "2027-01-01T09:00:00Z", "evidence": "Form, on paper", "reason": "late post"});
        assert_eq!(rows[1].value["earlierMoment"], earlier);
    }

    /// ADM-24.
    #[test]
    fn every_fault_of_a_file_is_named_with_its_line() {
        let file = "email,email,shoeSize\na@b.uk\n";
        let faults = rows(file.as_bytes(), &form()).err().unwrap();
        let codes: Vec<_> = faults.iter().map(ProblemFault::code).collect();
        assert_eq!(codes, ["duplicate-column", "unknown-column", "required", "wrong-cell-count"]);
    }

    #[test]
    fn a_place_in_a_row_is_told_as_its_column() {
        let told = [
            "/participant/email",
            "/answers/team",
            "/earlierMoment/reason",
            "/manager/email",
            "/commitsToAllSessions",
            "",
        ]
        .map(column_of);
        assert_eq!(told, ["email", "answers.team", "reason", "managerEmail", "commitsToAllSessions", ""]);
    }
}
