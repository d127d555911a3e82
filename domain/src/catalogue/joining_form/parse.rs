//! From JSON to a form: every fault at once.

use super::{
    ChoiceOption, JoiningForm, MAX_LABEL, MAX_LONG_TEXT, MAX_OPTIONS, MAX_QUESTIONS, MAX_SHORT_TEXT,
    Question, QuestionKind,
};
use crate::catalogue::object::{only, string};
use crate::fault::{Fault, Refused};
use crate::text;
use serde_json::{Map, Value};
use std::collections::HashSet;

impl JoiningForm {
    /// Takes `{"questions":[…]}`.
    ///
    /// # Errors
    /// Every fault, with a pointer into the form: `required`, `wrong-type`, `unknown-field`, `unknown-kind`,
    /// `duplicate`, `invalid-key`, `too-many`, `too-long`, `out-of-range`, `not-allowed`.
    pub fn parse(value: &Value) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut questions = Vec::new();
        match value {
            Value::Object(form) => {
                only(form, &["questions"], "", &mut faults);
                match form.get("questions") {
                    Some(Value::Array(list)) => questions = all_questions(list, &mut faults),
                    Some(_) => faults.push(Fault::new("/questions", "wrong-type", "must be a list")),
                    None => faults.push(Fault::new("/questions", "required", "must be given")),
                }
            }
            _ => faults.push(Fault::new("", "wrong-type", "must be an object with questions")),
        }
        if faults.is_empty() { Ok(Self { questions }) } else { Err(faults) }
    }
}

fn all_questions(list: &[Value], faults: &mut Vec<Fault>) -> Vec<Question> {
    if list.len() > MAX_QUESTIONS {
        faults.push(Fault::new(
            "/questions",
            "too-many",
            format!("must have at most {MAX_QUESTIONS} questions"),
        ));
        return Vec::new();
    }
    let mut keys = HashSet::new();
    let mut questions = Vec::with_capacity(list.len());
    for (index, raw) in list.iter().enumerate() {
        let at = format!("/questions/{index}");
        let Some(object) = raw.as_object() else {
            faults.push(Fault::new(at, "wrong-type", "must be an object"));
            continue;
        };
        let Some(question) = question(object, &at, faults) else { continue };
        if !keys.insert(question.key.clone()) {
            faults.push(Fault::new(format!("{at}/key"), "duplicate", "must differ from the other keys"));
        }
        questions.push(question);
    }
    questions
}

fn question(raw: &Map<String, Value>, at: &str, faults: &mut Vec<Fault>) -> Option<Question> {
    only(raw, &["key", "label", "kind", "required", "options", "maxLength"], at, faults);
    let key = string(raw, "key", at, faults, key);
    let label = string(raw, "label", at, faults, label);
    let kind = string(raw, "kind", at, faults, kind);
    let required = match raw.get("required") {
        None | Some(Value::Null) => Some(false),
        Some(Value::Bool(flag)) => Some(*flag),
        Some(_) => {
            faults.push(Fault::new(format!("{at}/required"), "wrong-type", "must be true or false"));
            None
        }
    };
    let (key, label, kind, required) = (key?, label?, kind?, required?);
    let options = options(raw.get("options"), kind, &format!("{at}/options"), faults)?;
    let max_length = max_length(raw.get("maxLength"), kind, &format!("{at}/maxLength"), faults)?;
    Some(Question { key, label, kind, required, options, max_length })
}

fn options(
    raw: Option<&Value>,
    kind: QuestionKind,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<Vec<ChoiceOption>> {
    let fault = match raw.filter(|value| !value.is_null()) {
        None if kind.is_choice() => Fault::new(at, "required", "a choice must have options"),
        None => return Some(Vec::new()),
        Some(_) if !kind.is_choice() => Fault::new(at, "not-allowed", "only a choice has options"),
        Some(Value::Array(list)) if list.is_empty() => {
            Fault::new(at, "required", "a choice must have options")
        }
        Some(Value::Array(list)) if list.len() > MAX_OPTIONS => {
            Fault::new(at, "too-many", format!("must have at most {MAX_OPTIONS} options"))
        }
        Some(Value::Array(list)) => return each_option(list, at, faults),
        Some(_) => Fault::new(at, "wrong-type", "must be a list"),
    };
    faults.push(fault);
    None
}

fn each_option(list: &[Value], at: &str, faults: &mut Vec<Fault>) -> Option<Vec<ChoiceOption>> {
    let before = faults.len();
    let mut values = HashSet::new();
    let mut options = Vec::with_capacity(list.len());
    for (index, raw) in list.iter().enumerate() {
        let at = format!("{at}/{index}");
        let Some(object) = raw.as_object() else {
            faults.push(Fault::new(at, "wrong-type", "must be an object with value and label"));
            continue;
        };
        only(object, &["value", "label"], &at, faults);
        let value = string(object, "value", &at, faults, |raw| text::line(raw, 100));
        let label = string(object, "label", &at, faults, |raw| text::line(raw, 300));
        let (Some(value), Some(label)) = (value, label) else { continue };
        if !values.insert(value.clone()) {
            faults.push(Fault::new(format!("{at}/value"), "duplicate", "must differ from the other values"));
        }
        options.push(ChoiceOption { value, label });
    }
    (faults.len() == before).then_some(options)
}

/// The outer `None` is a fault.
fn max_length(
    raw: Option<&Value>,
    kind: QuestionKind,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<Option<usize>> {
    let Some(raw) = raw.filter(|value| !value.is_null()) else { return Some(None) };
    if !kind.is_text() {
        faults.push(Fault::new(at, "not-allowed", "only a text has a maxLength"));
        return None;
    }
    let max = if kind == QuestionKind::ShortText { MAX_SHORT_TEXT } else { MAX_LONG_TEXT };
    match raw.as_u64().and_then(|number| usize::try_from(number).ok()) {
        Some(length) if (1..=max).contains(&length) => Some(Some(length)),
        _ if raw.is_number() => {
            faults.push(Fault::new(at, "out-of-range", format!("must be a whole number from 1 to {max}")));
            None
        }
        _ => {
            faults.push(Fault::new(at, "wrong-type", "must be a number"));
            None
        }
    }
}

/// `[A-Za-z][A-Za-z0-9_-]{0,63}`: easy to address in an answer's pointer.
fn key(raw: &str) -> Result<String, Refused> {
    let starts_well = raw.starts_with(|c: char| c.is_ascii_alphabetic());
    let goes_on_well = raw.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if starts_well && goes_on_well && raw.len() <= 64 {
        Ok(raw.to_owned())
    } else {
        Err(Refused::new("invalid-key", "must be 1 to 64 letters, digits, _ and -, starting with a letter"))
    }
}

fn label(raw: &str) -> Result<String, Refused> {
    if raw.trim().is_empty() {
        return Err(Refused::new("required", "must not be blank"));
    }
    text::paragraphs(raw.trim(), MAX_LABEL)
}

fn kind(raw: &str) -> Result<QuestionKind, Refused> {
    QuestionKind::parse(raw).ok_or_else(|| {
        let words: Vec<&str> = QuestionKind::ALL.into_iter().map(QuestionKind::as_str).collect();
        Refused::new("unknown-kind", format!("must be one of {}", words.join(", ")))
    })
}
