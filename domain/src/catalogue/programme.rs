//! A programme: what is offered, and the states it goes through (PRG-1).

use super::eligibility::Eligibility;
use super::joining_form::JoiningForm;
use super::page::Page;
use crate::admission::GateTerms;
use crate::fault::Refused;
use crate::ids::{AcademyId, ProgrammeId};
use crate::text;
use chrono::{DateTime, Utc};

/// The shape of what is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Runs as cohorts.
    Cohort,
    /// Goes through stages.
    Pathway,
    /// Brings two people together.
    OneToOne,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Cohort, Self::Pathway, Self::OneToOne];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cohort => "cohort",
            Self::Pathway => "pathway",
            Self::OneToOne => "one_to_one",
        }
    }

    /// The format with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }
}

/// Where a programme stands: draft, then published, then archived. Each step consumes the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// Seen by staff only.
    Draft,
    /// Public.
    Published {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// Takes no new bookings; live ones go on.
    Archived {
        /// When it had been published.
        published_at: DateTime<Utc>,
        /// Since when.
        at: DateTime<Utc>,
    },
}

impl Lifecycle {
    /// Makes a draft public.
    ///
    /// # Errors
    /// `already-published`; `archived` is final.
    pub fn publish(self, now: DateTime<Utc>) -> Result<Self, Refused> {
        match self {
            Self::Draft => Ok(Self::Published { at: now }),
            Self::Published { .. } => {
                Err(Refused::new("already-published", "The programme is published already."))
            }
            Self::Archived { .. } => {
                Err(Refused::new("already-archived", "The programme is archived, which is final."))
            }
        }
    }

    /// Takes a published programme off the shelf.
    ///
    /// # Errors
    /// `not-published` for a draft; `already-archived`.
    pub fn archive(self, now: DateTime<Utc>) -> Result<Self, Refused> {
        match self {
            Self::Published { at } => Ok(Self::Archived { published_at: at, at: now }),
            Self::Draft => {
                Err(Refused::new("not-published", "A draft was never published, so it can't be archived."))
            }
            Self::Archived { .. } => {
                Err(Refused::new("already-archived", "The programme is archived already."))
            }
        }
    }

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published { .. } => "published",
            Self::Archived { .. } => "archived",
        }
    }

    /// Whether others than staff may know of it: it is, or was, published.
    pub fn is_public(self) -> bool {
        !matches!(self, Self::Draft)
    }

    /// Whether it takes bookings.
    pub fn is_published(self) -> bool {
        matches!(self, Self::Published { .. })
    }

    /// When it was published, if ever.
    pub fn published_at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Draft => None,
            Self::Published { at } => Some(at),
            Self::Archived { published_at, .. } => Some(published_at),
        }
    }

    /// When it was archived.
    pub fn archived_at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Archived { at, .. } => Some(at),
            _ => None,
        }
    }
}

/// What staff write about a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its name in addresses, unique in its academy.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Shown in lists.
    pub summary: String,
    /// CommonMark.
    pub description: Option<String>,
    /// Its shape.
    pub format: Format,
    /// Codes or plain phrases that it is filtered by.
    pub topics: Vec<String>,
    /// The rest of its page.
    pub page: Page,
    /// Later cohorts copy it (ADM-2).
    pub gate: Gate,
    /// What a group is told stays there (ATT-4).
    pub confidential: bool,
}

impl Content {
    /// What the listing's search looks through: title, summary and topics, without case or accents.
    pub fn search_text(&self) -> String {
        let topics = self.topics.iter().map(|topic| text::words(topic));
        let parts: Vec<String> =
            [self.title.clone(), self.summary.clone()].into_iter().chain(topics).collect();
        text::normalised(&parts.join(" "))
    }
}

/// What has to be met before a booking becomes a claim, as a programme or a cohort sets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// Attendance at a taster.
    pub requires_taster: bool,
    /// Coming to every session.
    pub commits_to_all_sessions: bool,
    /// Who it is for; `None` is everybody.
    pub eligibility: Option<Eligibility>,
    /// What is asked.
    pub joining_form: JoiningForm,
    /// The manager's agreement (ADM-20).
    pub requires_manager_agreement: bool,
    /// A nomination (ADM-20).
    pub requires_nomination: bool,
}

impl Gate {
    /// The requirements that follow.
    pub fn terms(&self) -> GateTerms {
        GateTerms {
            requires_taster: self.requires_taster,
            commits_to_all_sessions: self.commits_to_all_sessions,
            has_eligibility: self.eligibility.is_some(),
            has_questions: !self.joining_form.is_empty(),
            requires_manager_agreement: self.requires_manager_agreement,
            requires_nomination: self.requires_nomination,
        }
    }
}

/// A programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// Which.
    pub id: ProgrammeId,
    /// Whose.
    pub academy_id: AcademyId,
    /// What staff write.
    pub content: Content,
    /// Where it stands.
    pub lifecycle: Lifecycle,
    /// Counts changes, from 1.
    pub revision: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    /// PRG-1.
    #[test]
    fn a_programme_is_a_draft_then_published_then_archived() {
        let published = Lifecycle::Draft.publish(now()).unwrap();
        assert!(published.is_public() && published.is_published());
        let archived = published.archive(now()).unwrap();
        assert!(archived.is_public() && !archived.is_published());
        assert_eq!(archived.published_at(), Some(now()));
    }

    /// PRG-1.
    #[test]
    fn no_step_is_left_out_or_taken_twice() {
        let published = Lifecycle::Published { at: now() };
        let archived = published.archive(now()).unwrap();
        assert_eq!(Lifecycle::Draft.archive(now()).unwrap_err().code, "not-published");
        assert_eq!(published.publish(now()).unwrap_err().code, "already-published");
        assert_eq!(archived.publish(now()).unwrap_err().code, "already-archived");
        assert_eq!(archived.archive(now()).unwrap_err().code, "already-archived");
    }
}
