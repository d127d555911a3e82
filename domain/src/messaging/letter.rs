//! What each mail says.

use super::announcing::{AboutCohort, announced};
use super::asking;
use super::calls::{login_call, token_calls};
use super::clashing::{note, sessions_clash};
use super::endings::{also_ended, came_instead, ended};
use super::kind::MailKind;
use super::minimum::{self, AboutMinimum, Undecided};
use super::page::{Block, Mail, write};
use super::passing_on::proposed;
use super::times::{clock_name, exactly, span};
use crate::admission::{Clash, Requirement, Transfer};
use crate::catalogue::meeting::Meeting;
use crate::ids::{BookingId, CohortId};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// What is known of a mail's matter at the time of sending.
pub struct Particulars {
    /// What it tells.
    pub kind: MailKind,
    /// How to greet; absent where a stranger could have chosen the name.
    pub full_name: Option<String>,
    /// The name that was given at a registration which is not proven, as [`quotable`] leaves it.
    pub registered_as: Option<String>,
    /// When the registration was made that it asks to confirm; several of one address are told apart by it.
    pub registered_at: Option<DateTime<Utc>>,
    /// What the mail's token is good for, where it carries one, and until when; no moment: while the booking lives.
    pub token: Option<(TokenPurpose, Option<DateTime<Utc>>)>,
    /// The booking, where it is about one.
    pub booking: Option<AboutBooking>,
    /// The cohort whose minimum is to be decided, where it is about that.
    pub minimum: Option<AboutMinimum>,
    /// The cohort, where it announces one (COM-5).
    pub cohort: Option<AboutCohort>,
}

impl Particulars {
    /// The academy that it is about, and where questions go.
    pub fn academy(&self) -> Option<(&str, &str)> {
        let booking = self.booking.as_ref().map(|about| (about.academy.as_str(), about.contact.as_str()));
        let minimum = self.minimum.as_ref().map(|about| (about.academy.as_str(), about.contact.as_str()));
        let cohort = self.cohort.as_ref().map(|about| (about.academy.as_str(), about.contact.as_str()));
        booking.or(minimum).or(cohort)
    }
}

/// What a token in a mail is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenPurpose {
    /// Proving an email.
    VerifyEmail,
    /// Accepting or declining an offer without signing in.
    Offer,
    /// Withdrawing a booking that somebody else made (ACC-4).
    Withdraw,
    /// Saying as somebody's manager whether one agrees (ADM-20).
    Manager,
    /// Taking over a place that is passed on, by the one to whom it was sent, signed in (ADM-23).
    TakeOver,
}

impl TokenPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] =
        [Self::VerifyEmail, Self::Offer, Self::Withdraw, Self::Manager, Self::TakeOver];

    /// Its word in the database and in the token.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::Offer => "offer",
            Self::Withdraw => "withdraw",
            Self::Manager => "manager",
            Self::TakeOver => "take_over",
        }
    }

    /// The purpose with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// A booking with what surrounds it.
pub struct AboutBooking {
    /// Which.
    pub id: BookingId,
    /// Of which cohort.
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
    /// Who booked, where it was somebody else (ACC-4).
    pub booked_by: Option<String>,
    /// Who would take part, as [`quotable`] leaves the name; for their manager (ADM-20), and for the colleague to whom they
    /// pass their place on themselves (ADM-23).
    pub participant: Option<String>,
    /// What was still missing when it was decided.
    pub missing: Vec<Requirement>,
    /// When booking opens, where it has not.
    pub opens_at: Option<DateTime<Utc>>,
    /// When the offer ends.
    pub offer_expires_at: Option<DateTime<Utc>>,
    /// Why it ended, as a code.
    pub closed_reason: Option<String>,
    /// How it was left, or took another's stead (ADM-23).
    pub transfer: Option<Transfer>,
    /// Its cohort's minimum, where that is not decided (PRG-12).
    pub undecided: Option<Undecided>,
    /// Tasters to come, for whom one is missing.
    pub tasters: Vec<Dated>,
    /// The cohort's sessions, for whom has a place (PRG-5).
    pub sessions: Vec<Dated>,
    /// The titles of the cohorts, in the order of preference, for which this place ended the requests of the same
    /// joining form (ADM-21).
    pub also_ended: Vec<String>,
    /// What overlaps with places elsewhere (PRG-6).
    pub clashes: Vec<Clash>,
}

/// A dated meeting.
pub struct Dated {
    /// Its title.
    pub title: String,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// Its clocks.
    pub zone: Tz,
    /// Where.
    pub meeting: Meeting,
}

/// Where a mail's links lead, and its token.
pub struct Links<'a> {
    /// What links start with, without a slash at the end.
    pub public_url: &'a str,
    /// The token that goes with [`Particulars::token`].
    pub token: Option<&'a str>,
}

/// Writes a mail. `None` when what it is about is no longer there.
pub fn render(about: &Particulars, links: &Links<'_>) -> Option<Mail> {
    let mut blocks = vec![Block::Para(match &about.full_name {
        Some(name) => format!("Hello {name},"),
        None => "Hello,".to_owned(),
    })];
    let subject = match about.kind {
        MailKind::VerifyEmail => verify_email(about, links, &mut blocks),
        MailKind::AlreadyRegistered => already_registered(links, &mut blocks),
        MailKind::MinimumSoon | MailKind::MinimumOverdue => {
            minimum::to_staff(about.kind, about.minimum.as_ref()?, links, &mut blocks)
        }
        MailKind::CohortAnnounced => announced(about.cohort.as_ref()?, links, &mut blocks),
        _ => of_booking(about, about.booking.as_ref()?, links, &mut blocks)?,
    };
    Some(write(&subject, &blocks))
}

fn verify_email(about: &Particulars, links: &Links<'_>, blocks: &mut Vec<Block>) -> String {
    if let Some(booking) = &about.booking {
        blocks.push(received(booking));
    } else {
        let when = about.registered_at.map(|at| format!(" on {}", exactly(at, Tz::Europe__London)));
        let name = about.registered_as.as_ref().map(|name| format!(" in the name of \"{name}\""));
        blocks.push(Block::Para(format!(
            "This email address was given when somebody registered with us{}{}. If it was you, please confirm it.",
            when.unwrap_or_default(),
            name.unwrap_or_default()
        )));
    }
    token_calls(about, links, None, blocks);
    blocks.push(para("If it was not you, you need do nothing: nothing happens without the token."));
    if about.booking.is_none() {
        blocks.push(para(
            "If the name is not yours, or you registered at another time, please do not confirm this one: it would \
             give your email address to somebody else. To be sent the right mail, sign in with your own password \
             and ask for it again.",
        ));
    }
    if let Some(booking) = &about.booking {
        blocks.push(questions(booking));
    }
    "Please confirm your email".to_owned()
}

/// A name that a stranger may have chosen, as it can be told to the owner of an address: letters only, so that it
/// holds no link, no markup and no sentence that looks like ours, and at most 60 characters.
pub fn quotable(name: &str) -> String {
    let harmless = |c: char| if c.is_alphabetic() || matches!(c, '-' | '\'' | '’') { c } else { ' ' };
    let letters: String = name.chars().map(harmless).collect();
    let words: Vec<&str> = letters.split_whitespace().collect();
    words.join(" ").chars().take(MOST_QUOTED).collect()
}

/// Most characters of a quoted name.
const MOST_QUOTED: usize = 60;

fn already_registered(links: &Links<'_>, blocks: &mut Vec<Block>) -> String {
    blocks.push(para(
        "Somebody asked to register with this email address. It already has an account, so nothing was changed.",
    ));
    blocks.push(Block::Copy("If it was you, sign in with your password instead", login_call(links)));
    blocks.push(para("If it was not you, you need do nothing."));
    "You already have an account".to_owned()
}

fn has_place(booking: &AboutBooking, blocks: &mut Vec<Block>) -> String {
    let asked =
        booking.booked_by.as_ref().map(|name| format!(" {name} asked for it for you.")).unwrap_or_default();
    blocks.push(Block::Para(format!("You have a place on {}.{asked}", place_of(booking))));
    dated("When and where", &booking.sessions, booking.zone, blocks);
    blocks.extend(booking.undecided.map(|open| minimum::not_decided(open, booking.zone)));
    blocks.extend(also_ended(&booking.also_ended).map(Block::Para));
    format!("You have a place: {}", booking.programme)
}

fn of_booking(
    about: &Particulars,
    booking: &AboutBooking,
    links: &Links<'_>,
    blocks: &mut Vec<Block>,
) -> Option<String> {
    let programme = &booking.programme;
    let subject = match about.kind {
        MailKind::BookingPending => {
            blocks.push(received(booking));
            still_needed(booking, blocks);
            format!("Your request for a place: {programme}")
        }
        MailKind::BookingWaiting if booking.opens_at.is_some() => {
            blocks.push(received(booking));
            blocks.push(before_opening(booking));
            format!("Your request for a place is complete: {programme}")
        }
        MailKind::BookingWaiting => {
            blocks.push(received(booking));
            blocks.push(para(
                "There is no place for you yet, so you are on the waiting list. Your position counts from when \
                 you had done all that was asked of you. When a place becomes free and it is your turn, we write to \
                 you at once.",
            ));
            format!("You are on the waiting list: {programme}")
        }
        MailKind::OfferMade | MailKind::OfferReminder => offer(about.kind, booking, blocks)?,
        MailKind::PlaceConfirmed => has_place(booking, blocks),
        MailKind::CohortRuns => {
            let subject = minimum::it_runs(booking, blocks);
            dated("When and where", &booking.sessions, booking.zone, blocks);
            subject
        }
        MailKind::BookingClosed => ended(booking, blocks),
        MailKind::PlaceProposed | MailKind::OwnPlaceProposed => proposed(about.kind, booking, links, blocks),
        MailKind::ManagerAsked => asking::manager_asked(booking, blocks),
        MailKind::ManagerRefused => asking::manager_refused(booking, links, blocks),
        MailKind::SessionsClash => sessions_clash(booking, blocks)?,
        MailKind::VerifyEmail
        | MailKind::AlreadyRegistered
        | MailKind::MinimumSoon
        | MailKind::MinimumOverdue
        | MailKind::CohortAnnounced => return None,
    };
    blocks.extend(booking.transfer.and_then(|transfer| came_instead(about.kind, transfer)).map(para));
    note(about.kind, booking, blocks);
    token_calls(about, links, Some(booking.id), blocks);
    blocks.push(questions(booking));
    Some(subject)
}

/// An offer, or the reminder of one (ADM-16).
fn offer(kind: MailKind, booking: &AboutBooking, blocks: &mut Vec<Block>) -> Option<String> {
    let ends = exactly(booking.offer_expires_at?, booking.zone);
    let place = place_of(booking);
    if kind == MailKind::OfferReminder {
        blocks.push(Block::Para(format!(
            "The place on {place} is still held for you, until {ends}, and we have no answer from you yet.",
        )));
        blocks.push(para(
            "Please say whether you take it. Without an answer it then goes to the next person on the waiting list.",
        ));
        return Some(format!("Please answer, a place is held for you: {}", booking.programme));
    }
    blocks.push(Block::Para(format!(
        "A place has become free on {place} and it is held for you until {ends}."
    )));
    blocks.push(para(
        "Please say whether you take it. From that moment on it goes to the next person on the waiting list.",
    ));
    Some(format!("A place is held for you: {}", booking.programme))
}

fn received(booking: &AboutBooking) -> Block {
    let on = place_of(booking);
    Block::Para(match &booking.booked_by {
        Some(name) => format!("{name} has asked for a place for you on {on}."),
        None => format!("We have your request for a place on {on}."),
    })
}

fn before_opening(booking: &AboutBooking) -> Block {
    let when = booking.opens_at.map(|at| exactly(at, booking.zone)).unwrap_or_default();
    Block::Para(format!(
        "The request is complete. Places are given out when booking opens, {when}, by the moment at which each person \
         had done all that was asked of them. We write to you then.",
    ))
}

pub(super) fn place_of(booking: &AboutBooking) -> String {
    format!("\"{}\" ({}), {}", booking.programme, booking.cohort, booking.academy)
}

fn still_needed(booking: &AboutBooking, blocks: &mut Vec<Block>) {
    if booking.missing.is_empty() {
        return;
    }
    blocks.push(para("What we still need from you:"));
    blocks.push(Block::Items(booking.missing.iter().map(|r| need(*r).to_owned()).collect()));
    if booking.missing.contains(&Requirement::TasterAttended) {
        dated(
            "Taster sessions to come (no need to book, just turn up)",
            &booking.tasters,
            booking.zone,
            blocks,
        );
    }
    blocks.push(para(
        "As soon as we have all of it your request counts, by the moment at which you had done your part.",
    ));
}

fn need(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::EmailVerified => "Confirm that this email address is yours.",
        Requirement::JoiningForm => "Complete the joining form.",
        Requirement::TasterAttended => {
            "Come to a taster session. If you were at one, we find you on its attendance list as soon as it is in."
        }
        Requirement::Eligible => {
            "Complete your profile: something that the programme asks about is not filled in yet."
        }
        Requirement::CommitsToAllSessions => "Say that you can come to all sessions.",
        Requirement::ManagerAgreed => asking::NEED_MANAGER,
        Requirement::Nominated => asking::NEED_NOMINATION,
    }
}

fn dated(head: &str, list: &[Dated], zone: Tz, blocks: &mut Vec<Block>) {
    if list.is_empty() {
        return;
    }
    blocks.push(Block::Para(format!("{head} ({}):", clock_name(zone))));
    for meeting in list {
        let when = span(meeting.starts_at, meeting.ends_at, meeting.zone);
        let zone_said =
            if meeting.zone == zone { String::new() } else { format!(" {}", clock_name(meeting.zone)) };
        blocks.push(Block::Meeting(format!("{}: {when}{zone_said}", meeting.title), place(&meeting.meeting)));
    }
}

/// How to get there, a fact a line.
fn place(meeting: &Meeting) -> Vec<String> {
    let line = |label: &str, value: &Option<String>| value.as_ref().map(|value| format!("{label}: {value}"));
    let lines = match meeting {
        Meeting::Online { join_url, meeting_id, passcode } => [
            Some(format!("Join online: {join_url}")),
            line("Meeting ID", meeting_id),
            line("Passcode", passcode),
        ],
        Meeting::InPerson { venue, address } => {
            [Some(format!("Venue: {venue}")), line("Address", address), None]
        }
        Meeting::Residential { venue, address, nights } => {
            let staying = format!("You stay for {nights} {}", if *nights == 1 { "night" } else { "nights" });
            [Some(format!("Venue: {venue}")), line("Address", address), Some(staying)]
        }
    };
    lines.into_iter().flatten().collect()
}

fn questions(booking: &AboutBooking) -> Block {
    Block::Para(format!("If you would like to discuss this, please write to {}.", booking.contact))
}

pub(super) fn para(words: &str) -> Block {
    Block::Para(words.to_owned())
}

#[cfg(test)]
#[path = "letter_tests.rs"]
mod tests;
