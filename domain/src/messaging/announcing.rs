//! What who told their interest in a programme is told of its next cohort (COM-5).

use super::letter::{Links, para};
use super::page::Block;
use super::times::exactly;
use crate::ids::ProgrammeId;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A cohort with what surrounds it.
pub struct AboutCohort {
    /// Of which programme.
    pub programme_id: ProgrammeId,
    /// The programme's title.
    pub programme: String,
    /// Its title.
    pub cohort: String,
    /// The academy's name.
    pub academy: String,
    /// Where questions go.
    pub contact: String,
    /// The academy's clocks.
    pub zone: Tz,
    /// When booking opens.
    pub opens_at: DateTime<Utc>,
    /// Whether it has opened by now: told late is better than not, and told as it is.
    pub opened: bool,
    /// When the first session starts, where that is known.
    pub first_session_at: Option<DateTime<Utc>>,
}

/// Writes it; returns the subject.
pub(super) fn announced(about: &AboutCohort, links: &Links<'_>, blocks: &mut Vec<Block>) -> String {
    let AboutCohort { programme, cohort, academy, opened, .. } = about;
    let early = if *opened { "" } else { " You hear of it before everybody does." };
    blocks.push(Block::Para(format!(
        "You told us that you would like to hear of \"{programme}\", {academy}. It runs again: \"{cohort}\".{early}"
    )));
    let starts = about.first_session_at.map(|at| format!(" It starts on {}.", exactly(at, about.zone)));
    blocks.push(Block::Para(format!(
        "Booking {} on {}.{}",
        if *opened { "opened" } else { "opens" },
        exactly(about.opens_at, about.zone),
        starts.unwrap_or_default()
    )));
    blocks.push(para(if *opened {
        "You can ask for a place now. Having told us before gives no other advantage."
    } else {
        "You can ask for a place already now. Places are given out when booking opens, by the moment at which each \
         person had done all that was asked of them; having told us early gives no other advantage."
    }));
    let base = links.public_url;
    let programme_id = about.programme_id;
    blocks.push(Block::Link("Read more and ask for a place", format!("{base}/programmes/{programme_id}")));
    blocks.push(Block::Copy("Or from a terminal", format!("curl {base}/v1/programmes/{programme_id}")));
    blocks.push(Block::Para(format!(
        "If you no longer wish to hear of it, or would like to discuss this, please write to {}.",
        about.contact
    )));
    let subject = if *opened { "Booking is open" } else { "Before booking opens" };
    format!("{subject}: {programme}")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::messaging::{MailKind, Particulars, render};

    pub(in crate::messaging) fn may() -> AboutCohort {
        AboutCohort {
            programme_id: crate::ids::ProgrammeId(uuid::Uuid::from_u128(8)),
            programme: "Compassionate leadership training".into(),
            cohort: "May".into(),
            academy: "South East Leadership Academy".into(),
            contact: "hello@sela.example".into(),
            zone: Tz::Europe__London,
            opens_at: "2024-05-01T08:00:00Z".parse().unwrap(),
            opened: false,
            first_session_at: None,
        }
    }

    fn mail(cohort: AboutCohort) -> String {
        let about = Particulars {
            kind: MailKind::CohortAnnounced,
            full_name: None,
            registered_as: None,
            registered_at: None,
            token: None,
            booking: None,
            minimum: None,
            cohort: Some(cohort),
        };
        let links = Links { public_url: "https://academy.example", token: None };
        let mail = render(&about, &links).unwrap();
        format!("{}\n{}", mail.subject, mail.text)
    }

    /// COM-5: a mail that could not be sent earlier does not tell as to come what has passed.
    #[test]
    fn who_is_told_late_reads_that_booking_is_open() {
        let text = mail(AboutCohort { opened: true, ..may() });
        assert!(text.contains("Booking is open") && text.contains("Booking opened on"), "{text}");
        for words in ["before everybody", "Booking opens", "already now"] {
            assert!(!text.contains(words), "{words} in {text}");
        }
    }

    /// COM-5.
    #[test]
    fn who_told_their_interest_reads_when_booking_opens_and_that_it_gives_no_rank() {
        let text = mail(may());
        for words in [
            "Before booking opens",
            "\"May\"",
            "Wednesday 1 May, 9am UK time",
            "2024-05-01T08:00:00Z",
            "no other advantage",
            "/programmes/00000000-0000-0000-0000-000000000008",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
    }
}
