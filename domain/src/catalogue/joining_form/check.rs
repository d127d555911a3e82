//! Answers held against the questions.

use super::{JoiningForm, MAX_LONG_TEXT, MAX_SHORT_TEXT, Question, QuestionKind};
use crate::fault::{Fault, Refused, token};
use crate::text;
use serde_json::{Map, Value};
use std::collections::HashSet;

impl JoiningForm {
    /// Every fault in the answers, with pointers like `/answers/why`; none when they are complete and right.
    ///
    /// Codes: `unknown-question`, `required`, `wrong-type`, `not-an-option`, `duplicate`, `too-long`,
    /// `invalid-character`, `invalid-date`, `consent-required`. A null is no answer.
    pub fn check(&self, answers: &Map<String, Value>) -> Vec<Fault> {
        let known: HashSet<&str> = self.questions.iter().map(|question| question.key.as_str()).collect();
        let unknown = answers.keys().filter(|key| !known.contains(key.as_str())).map(|key| {
            Fault::new(place(key), "unknown-question", "the joining form has no question with this key")
        });
        let wrong = self.questions.iter().filter_map(|question| {
            let answer = answers.get(&question.key).filter(|value| !value.is_null());
            check_one(question, answer).err().map(|refused| refused.at(place(&question.key)))
        });
        unknown.chain(wrong).collect()
    }

    /// Of answers that are sent for several forms at once those that are for this one (ADM-21): what only another of `forms`
    /// asks is left out, and what none asks stays, for [`Self::check`] to tell.
    pub fn own_of(&self, answers: &Map<String, Value>, forms: &[&Self]) -> Map<String, Value> {
        let others = |key: &str| !self.asks(key) && forms.iter().any(|form| form.asks(key));
        let own = answers.iter().filter(|(key, _)| !others(key));
        own.map(|(key, answer)| (key.clone(), answer.clone())).collect()
    }

    fn asks(&self, key: &str) -> bool {
        self.questions.iter().any(|question| question.key == key)
    }
}

fn place(key: &str) -> String {
    format!("/answers/{}", token(key))
}

fn check_one(question: &Question, answer: Option<&Value>) -> Result<(), Refused> {
    let Some(answer) = answer else {
        return if question.required { Err(missing(question)) } else { Ok(()) };
    };
    match question.kind {
        QuestionKind::ShortText | QuestionKind::LongText => check_text(question, answer),
        QuestionKind::SingleChoice => check_choice(question, answer),
        QuestionKind::MultipleChoice => check_choices(question, answer),
        QuestionKind::Date => check_date(answer),
        QuestionKind::YesNo => boolean(answer).map(|_| ()),
        QuestionKind::Consent => match boolean(answer)? {
            false if question.required => Err(missing(question)),
            _ => Ok(()),
        },
    }
}

fn missing(question: &Question) -> Refused {
    match question.kind {
        QuestionKind::Consent => Refused::new("consent-required", "consent must be given: answer true"),
        _ => Refused::new("required", "must be answered"),
    }
}

fn check_text(question: &Question, answer: &Value) -> Result<(), Refused> {
    let raw = string(answer)?;
    if raw.trim().is_empty() {
        return if question.required { Err(missing(question)) } else { Ok(()) };
    }
    match question.kind {
        QuestionKind::ShortText => text::line(raw, question.max_length.unwrap_or(MAX_SHORT_TEXT)),
        _ => text::paragraphs(raw, question.max_length.unwrap_or(MAX_LONG_TEXT)),
    }
    .map(|_| ())
}

fn check_choice(question: &Question, answer: &Value) -> Result<(), Refused> {
    let chosen = string(answer)?;
    if question.options.iter().any(|option| option.value == chosen) {
        return Ok(());
    }
    let values: Vec<&str> = question.options.iter().map(|option| option.value.as_str()).collect();
    Err(Refused::new("not-an-option", format!("must be one of {}", values.join(", "))))
}

fn check_choices(question: &Question, answer: &Value) -> Result<(), Refused> {
    let Some(list) = answer.as_array() else {
        return Err(Refused::new("wrong-type", "must be a list of values"));
    };
    if list.is_empty() && question.required {
        return Err(missing(question));
    }
    let mut seen = HashSet::new();
    for value in list {
        check_choice(question, value)?;
        if !seen.insert(value.as_str()) {
            return Err(Refused::new("duplicate", "must name each value once"));
        }
    }
    Ok(())
}

fn check_date(answer: &Value) -> Result<(), Refused> {
    let raw = string(answer)?;
    let refused = || Refused::new("invalid-date", "must be a date like 2026-03-31");
    if raw.len() != 10 {
        return Err(refused());
    }
    chrono::NaiveDate::parse_from_str(raw, "%Y-%m-%d").map(|_| ()).map_err(|_| refused())
}

fn string(answer: &Value) -> Result<&str, Refused> {
    answer.as_str().ok_or_else(|| Refused::new("wrong-type", "must be a string"))
}

fn boolean(answer: &Value) -> Result<bool, Refused> {
    answer.as_bool().ok_or_else(|| Refused::new("wrong-type", "must be true or false"))
}
