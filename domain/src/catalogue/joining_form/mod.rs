//! The joining form: a programme's questions and the check of a person's answers.

mod check;
mod parse;

use serde::{Deserialize, Serialize};

/// How many questions a form can have.
pub const MAX_QUESTIONS: usize = 50;
/// How many options a choice can have.
pub const MAX_OPTIONS: usize = 100;
/// Longest label, in characters; a consent's statement is its label.
pub const MAX_LABEL: usize = 1_000;
/// Longest answer to a short text, in characters, unless the question sets less.
pub const MAX_SHORT_TEXT: usize = 500;
/// Longest answer to a long text, in characters, unless the question sets less.
pub const MAX_LONG_TEXT: usize = 10_000;

/// A form. Stored and sent as `{"questions":[…]}`; without questions nothing is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoiningForm {
    questions: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Its key in the answers, unique in the form.
    pub key: String,
    /// What is asked.
    pub label: String,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// Whether an answer is needed; a required consent must be true.
    pub required: bool,
    /// What can be chosen, for choices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ChoiceOption>,
    /// Longest answer in characters, for texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// Its value in the answers.
    pub value: String,
    /// How it is shown.
    pub label: String,
}

/// What kind of answer a question takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One line.
    ShortText,
    /// Several lines.
    LongText,
    /// One of the options.
    SingleChoice,
    /// Some of the options.
    MultipleChoice,
    /// True or false.
    YesNo,
    /// `YYYY-MM-DD`.
    Date,
    /// True or false; true when required.
    Consent,
}

impl QuestionKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::ShortText,
        Self::LongText,
        Self::SingleChoice,
        Self::MultipleChoice,
        Self::YesNo,
        Self::Date,
        Self::Consent,
    ];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ShortText => "short_text",
            Self::LongText => "long_text",
            Self::SingleChoice => "single_choice",
            Self::MultipleChoice => "multiple_choice",
            Self::YesNo => "yes_no",
            Self::Date => "date",
            Self::Consent => "consent",
        }
    }

    /// The kind with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    fn is_choice(self) -> bool {
        matches!(self, Self::SingleChoice | Self::MultipleChoice)
    }

    fn is_text(self) -> bool {
        matches!(self, Self::ShortText | Self::LongText)
    }
}

impl JoiningForm {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// The questions, in their order.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }
}

#[cfg(test)]
mod tests;
