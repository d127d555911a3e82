//! Mails about a cohort's minimum (PRG-12): to staff, who decide, and to those who have a place.

use super::kind::MailKind;
use super::letter::{AboutBooking, Links, para, place_of};
use super::page::Block;
use super::times::exactly;
use crate::ids::CohortId;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A cohort whose minimum is not decided, for its staff.
pub struct AboutMinimum {
    /// Which.
    pub cohort_id: CohortId,
    /// The programme's title.
    pub programme: String,
    /// The cohort's title.
    pub cohort: String,
    /// The academy's name.
    pub academy: String,
    /// Where questions go.
    pub contact: String,
    /// The academy's clocks.
    pub zone: Tz,
    /// How many it takes to run.
    pub minimum: u32,
    /// How many places are taken.
    pub places_taken: u32,
    /// How many there are.
    pub capacity: u32,
    /// How many wait for one.
    pub waiting: u64,
    /// By when it is decided.
    pub decided_by: DateTime<Utc>,
}

/// A minimum that is not decided, for who has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// How many it takes to run.
    pub minimum: u32,
    /// By when it is decided, as far as dates stand.
    pub decided_by: Option<DateTime<Utc>>,
}

/// To staff: the date is near, or has passed.
pub(super) fn to_staff(
    kind: MailKind,
    about: &AboutMinimum,
    links: &Links<'_>,
    blocks: &mut Vec<Block>,
) -> String {
    let AboutMinimum { programme, cohort, minimum, places_taken, capacity, .. } = about;
    let waiting = match about.waiting {
        0 => "nobody is on the waiting list".to_owned(),
        1 => "1 person is on the waiting list".to_owned(),
        waiting => format!("{waiting} people are on the waiting list"),
    };
    blocks.push(Block::Para(format!(
        "\"{programme}\" ({cohort}) takes place if at least {minimum} people take part. At the moment {places_taken} of \
         its {capacity} places are taken, and {waiting}.",
    )));
    let date = exactly(about.decided_by, about.zone);
    let (asked, subject) = if kind == MailKind::MinimumOverdue {
        let asked = format!(
            "It was to be decided by {date}. Everybody is shown that the date has passed. Nothing happens by itself: \
             please say that it takes place, or cancel it."
        );
        (asked, format!("Still to be decided: {programme}"))
    } else {
        let asked = format!(
            "Please say that it takes place, or cancel it, by {date}. Everybody is shown that date. Those who have a \
             place are told what you decide."
        );
        (asked, format!("Please decide whether it takes place: {programme}"))
    };
    blocks.push(Block::Para(asked));
    let path = format!("{}/v1/cohorts/{}", links.public_url, about.cohort_id);
    for (what, action) in [
        ("It takes place (signed in)", "confirm-running"),
        ("It does not (signed in; this is final)", "cancel"),
    ] {
        let call = format!("curl -X POST {path}/{action} -H 'Authorization: Bearer TOKEN'");
        blocks.push(Block::Copy(what, call));
    }
    subject
}

/// To who has a place: it is decided.
pub(super) fn it_runs(booking: &AboutBooking, blocks: &mut Vec<Block>) -> String {
    blocks.push(Block::Para(format!(
        "It is decided: {} takes place, and you have a place.",
        place_of(booking)
    )));
    blocks.push(para(
        "You need do nothing. If you can no longer come, please tell us, so that somebody else can.",
    ));
    format!("It takes place: {}", booking.programme)
}

/// What somebody who gets a place should know while it is not decided.
pub(super) fn not_decided(undecided: Undecided, zone: Tz) -> Block {
    let by = undecided.decided_by.map(|date| format!(", by {}", exactly(date, zone))).unwrap_or_default();
    Block::Para(format!(
        "It takes place if at least {} people take part. The academy decides that{by}, and we write to you then.",
        undecided.minimum
    ))
}
