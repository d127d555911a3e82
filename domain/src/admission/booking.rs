//! A booking's life (ADM-1, ADM-2): its statuses, how it ends, and why an attempt is refused.

use super::claim::{EligibilityLook, Waived};
use super::gate::Requirement;
use super::terms::CohortStatus;
use crate::fault::Fault;
use crate::ids::BookingId;

/// Where a booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BookingStatus {
    /// The gate isn't open.
    Pending,
    /// A claim without a place.
    Waiting,
    /// A place is held for an answer.
    Offered,
    /// A place.
    Confirmed,
    /// Took part; the place still counts as taken.
    Completed,
    /// Did not take part enough; the place still counts as taken.
    NotCompleted,
    /// Over.
    Closed,
}

impl BookingStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Waiting,
        Self::Offered,
        Self::Confirmed,
        Self::Completed,
        Self::NotCompleted,
        Self::Closed,
    ];

    /// Whether a person has one such booking a cohort at most (ADM-1): it can still be kept or given up.
    pub fn is_live(self) -> bool {
        self.is_undecided() || self == Self::Confirmed
    }

    /// Whether it can still come to a place, or to nothing.
    pub fn is_undecided(self) -> bool {
        matches!(self, Self::Pending | Self::Waiting | Self::Offered)
    }

    /// Whether it has a place for good: confirmed, or ended so.
    pub fn has_place(self) -> bool {
        matches!(self, Self::Confirmed | Self::Completed | Self::NotCompleted)
    }

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Confirmed => "confirmed",
            Self::Completed => "completed",
            Self::NotCompleted => "not_completed",
            Self::Closed => "closed",
        }
    }

    /// The status with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// Why a booking is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClosedReason {
    /// Left before it had a place.
    Withdrawn,
    /// Declined an offer.
    Declined,
    /// Let an offer lapse.
    OfferExpired,
    /// Gave a place back.
    CancelledByParticipant,
    /// Staff ended it.
    CancelledByAcademy,
    /// The cohort does not take place.
    CohortCancelled,
    /// The cohort started without it.
    BookingClosed,
    /// The places were gone and there is no waiting list.
    CohortFull,
    /// Became known to be against the rules.
    NotEligible,
    /// The person asked to be erased.
    Erased,
}

impl ClosedReason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Withdrawn,
        Self::Declined,
        Self::OfferExpired,
        Self::CancelledByParticipant,
        Self::CancelledByAcademy,
        Self::CohortCancelled,
        Self::BookingClosed,
        Self::CohortFull,
        Self::NotEligible,
        Self::Erased,
    ];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Declined => "declined",
            Self::OfferExpired => "offer_expired",
            Self::CancelledByParticipant => "cancelled_by_participant",
            Self::CancelledByAcademy => "cancelled_by_academy",
            Self::CohortCancelled => "cohort_cancelled",
            Self::BookingClosed => "booking_closed",
            Self::CohortFull => "cohort_full",
            Self::NotEligible => "not_eligible",
            Self::Erased => "erased",
        }
    }

    /// The reason with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// The live booking that stands in the way of another (ADM-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveBooking {
    /// Which.
    pub id: BookingId,
    /// Whether whoever asks may read it, and so be told its id (ACC-4).
    pub readable: bool,
}

/// Why an attempt is refused, in the order in which the first gives the answer its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// One live booking a person and cohort.
    AlreadyBooked,
    /// The programme is not published.
    NotPublished,
    /// Booking is closed.
    BookingClosed,
    /// No place is free and there is no waiting list.
    CohortFull,
    /// Known to be against the rules.
    NotEligible,
    /// The answers don't fit the joining form.
    AnswersInvalid,
    /// The commitment to all sessions is missing.
    CommitmentRequired,
    /// The taster code is wrong, out of date or of another programme.
    TasterCodeInvalid,
    /// No manager is named whom the gate has asked (ADM-20).
    ManagerRequired,
    /// Somebody named themselves as their manager (ADM-20).
    ManagerIsParticipant,
    /// Sessions overlap with those of a place held elsewhere, and nobody said that they know (PRG-6).
    SessionClash,
}

impl Reason {
    const ALL: [Self; 11] = [
        Self::AlreadyBooked,
        Self::NotPublished,
        Self::BookingClosed,
        Self::CohortFull,
        Self::NotEligible,
        Self::AnswersInvalid,
        Self::CommitmentRequired,
        Self::TasterCodeInvalid,
        Self::ManagerRequired,
        Self::ManagerIsParticipant,
        Self::SessionClash,
    ];

    /// The reason with that code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The requirement that staff can waive so that this refuses no longer (ADM-19).
    pub fn requirement(self) -> Option<Requirement> {
        match self {
            Self::NotEligible => Some(Requirement::Eligible),
            Self::AnswersInvalid => Some(Requirement::JoiningForm),
            Self::CommitmentRequired => Some(Requirement::CommitsToAllSessions),
            Self::TasterCodeInvalid => Some(Requirement::TasterAttended),
            Self::ManagerRequired | Self::ManagerIsParticipant => Some(Requirement::ManagerAgreed),
            Self::AlreadyBooked
            | Self::NotPublished
            | Self::BookingClosed
            | Self::CohortFull
            | Self::SessionClash => None,
        }
    }

    /// The stable code of the problem.
    pub fn code(self) -> &'static str {
        match self {
            Self::AlreadyBooked => "already-booked",
            Self::NotPublished => "not-published",
            Self::BookingClosed => "booking-closed",
            Self::CohortFull => "cohort-full",
            Self::NotEligible => "not-eligible",
            Self::AnswersInvalid => "answers-invalid",
            Self::CommitmentRequired => "commitment-required",
            Self::TasterCodeInvalid => "taster-code-invalid",
            Self::ManagerRequired => "manager-required",
            Self::ManagerIsParticipant => "manager-is-participant",
            Self::SessionClash => "session-clash",
        }
    }
}

/// What an attempt to book brings and meets.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// A live booking of the same person in this cohort.
    pub live_booking: Option<LiveBooking>,
    /// Whether the programme is published (an archived one takes no new bookings).
    pub published: bool,
    /// What the cohort is, by the clock.
    pub cohort: CohortStatus,
    /// Whether the places are gone and nobody may wait.
    pub full_without_waiting_list: bool,
    /// What is known of the participant against the rules (PRG-2).
    pub eligibility: EligibilityLook,
    /// What is wrong with the answers.
    pub answer_faults: Vec<Fault>,
    /// Whether the gate asks for a commitment that the attempt does not bring.
    pub commitment_missing: bool,
    /// Whether a taster code was sent that does not hold.
    pub taster_code_wrong: bool,
    /// Who is named as manager, where the gate asks for one (ADM-20).
    pub manager: ManagerNamed,
    /// What overlaps with places held elsewhere, as whoever asks is told of it, unless they say that they know (PRG-6).
    pub clashes: Vec<Fault>,
}

/// Whom an attempt names as the participant's manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagerNamed {
    /// Somebody else, or the gate asks for nobody.
    Fine,
    /// Nobody, though the gate asks for one.
    Nobody,
    /// The participant.
    Themselves,
}

/// Whether an attempt that was refused for these reasons gives its moment to a booking made later: all of them are
/// waived now (ADM-19).
pub fn counts_when_waived(codes: &str, waived: &[Waived]) -> bool {
    let is_waived = |code: &str| {
        let requirement = Reason::parse(code).and_then(Reason::requirement);
        waived.iter().any(|waived| Some(waived.requirement) == requirement)
    };
    !codes.is_empty() && codes.split(' ').all(is_waived)
}

impl Attempt {
    /// The same, less what staff let this person off (ADM-19).
    #[must_use]
    pub fn less(mut self, waived: &[Waived]) -> Self {
        for waiver in waived {
            match waiver.requirement {
                Requirement::Eligible => self.eligibility = EligibilityLook::Met,
                Requirement::JoiningForm => self.answer_faults.clear(),
                Requirement::CommitsToAllSessions => self.commitment_missing = false,
                Requirement::TasterAttended => self.taster_code_wrong = false,
                Requirement::ManagerAgreed => self.manager = ManagerNamed::Fine,
                Requirement::EmailVerified | Requirement::Nominated => {}
            }
        }
        self
    }
}

/// A refusal with every reason at once (ADM-15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The first reason, which gives the answer its code and status.
    pub first: Reason,
    /// Every kind of reason, each once.
    pub reasons: Vec<Reason>,
    /// Each reason, with its place in the request.
    pub faults: Vec<Fault>,
    /// The booking that stands in the way, where the asker may read it.
    pub already: Option<BookingId>,
}

impl Refusal {
    /// The refusal of something for what overlaps only (PRG-6).
    pub fn of_clashes(faults: Vec<Fault>) -> Self {
        let first = Reason::SessionClash;
        Self { first, reasons: vec![first], faults, already: None }
    }
}

/// Every reason to refuse an attempt at once, or none (ADM-1, ADM-2, ADM-15).
pub fn refuse(attempt: &Attempt) -> Option<Refusal> {
    let mut reasons: Vec<(Reason, Fault)> = Vec::new();
    let mut because = |reason: Reason, pointer: &str, detail: &str| {
        reasons.push((reason, Fault::new(pointer, reason.code(), detail)));
    };
    if attempt.live_booking.is_some() {
        because(Reason::AlreadyBooked, "", "This person has a live booking in this cohort.");
    }
    if !attempt.published {
        because(Reason::NotPublished, "", "The programme is not published and takes no new bookings.");
    }
    if !matches!(attempt.cohort, CohortStatus::Scheduled | CohortStatus::Open) {
        because(
            Reason::BookingClosed,
            "",
            "Booking for this cohort is closed. Look for a later cohort, or register interest.",
        );
    }
    if attempt.full_without_waiting_list {
        because(Reason::CohortFull, "", "All places are taken and this cohort has no waiting list.");
    }
    if attempt.commitment_missing {
        let detail = "This cohort asks you to commit to all sessions: send commitsToAllSessions: true.";
        because(Reason::CommitmentRequired, "/commitsToAllSessions", detail);
    }
    if attempt.taster_code_wrong {
        let detail = "The taster code is wrong, no longer valid, or of another programme.";
        because(Reason::TasterCodeInvalid, "/tasterCode", detail);
    }
    match attempt.manager {
        ManagerNamed::Fine => {}
        ManagerNamed::Nobody => {
            let detail =
                "This cohort asks for your manager's agreement: send manager.email, and we ask them.";
            because(Reason::ManagerRequired, "/manager", detail);
        }
        ManagerNamed::Themselves => {
            because(Reason::ManagerIsParticipant, "/manager/email", "Nobody is their own manager here.");
        }
    }
    if let EligibilityLook::Failed(rules) = &attempt.eligibility {
        reasons.extend(rules.iter().cloned().map(|rule| (Reason::NotEligible, rule)));
    }
    reasons.extend(attempt.answer_faults.iter().cloned().map(|fault| (Reason::AnswersInvalid, fault)));
    reasons.extend(attempt.clashes.iter().cloned().map(|fault| (Reason::SessionClash, fault)));
    reasons.sort_by_key(|(reason, _)| *reason);
    let first = reasons.first()?.0;
    let mut kinds: Vec<Reason> = reasons.iter().map(|(reason, _)| *reason).collect();
    kinds.dedup();
    let already = attempt.live_booking.filter(|live| live.readable).map(|live| live.id);
    let faults = reasons.into_iter().map(|(_, fault)| fault).collect();
    Some(Refusal { first, reasons: kinds, faults, already })
}
