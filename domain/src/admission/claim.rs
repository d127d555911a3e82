//! From gate to claim (ADM-2 to ADM-4): what is known of a participant, requirement by requirement, and the
//! moment that follows.

use super::asking::{ManagerStanding, manager_item, nominated_item};
use super::gate::Requirement;
use crate::fault::Fault;
use crate::ids::TasterId;
use chrono::{DateTime, TimeDelta, Utc};

/// Verifying the email this soon after the form keeps the form's moment (ADM-4).
const VERIFYING_KEEPS_MOMENT: TimeDelta = TimeDelta::hours(72);

/// How sure it is that the email is the participant's (ACC-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailStanding {
    /// Its owner proved it at this moment.
    Verified(DateTime<Utc>),
    /// Whoever booked vouches for it, for this booking only.
    Vouched,
    /// Not yet.
    Unverified,
}

/// An attendance at one of the programme's tasters (ADM-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attended {
    /// Which taster.
    pub taster: TasterId,
    /// The moment from which it counts: the taster's end.
    pub effective_at: DateTime<Utc>,
}

/// What is known of a participant against the eligibility rules (PRG-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EligibilityLook {
    /// The rules are met, or there are none.
    Met,
    /// Facts are missing: the profile fields to ask for.
    Unknown(Vec<String>),
    /// Known to be against these rules.
    Failed(Vec<Fault>),
}

/// A requirement that staff let a person off (ADM-19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waived {
    /// Which.
    pub requirement: Requirement,
    /// When.
    pub at: DateTime<Utc>,
}

/// All that the gate looks at for one booking.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// When the joining form was submitted.
    pub submitted_at: DateTime<Utc>,
    /// From when on the email could be verified for this request: when it came in here, which for one that was imported
    /// with an earlier moment is later than the submission (ADM-24).
    pub received_at: DateTime<Utc>,
    /// The email.
    pub email: EmailStanding,
    /// Attendances at the programme's tasters, in any order.
    pub attended: Vec<Attended>,
    /// The eligibility rules.
    pub eligibility: EligibilityLook,
    /// When the last fact that was missing became known, if one was (ADM-4).
    pub eligible_since: Option<DateTime<Utc>>,
    /// Whether the participant commits to all sessions.
    pub commits_to_all_sessions: bool,
    /// What staff let them off.
    pub waived: Vec<Waived>,
    /// What their manager said (ADM-20).
    pub manager: ManagerStanding,
    /// Since when a nomination stands, where one does (ADM-20).
    pub nominated_at: Option<DateTime<Utc>>,
}

impl Evidence {
    fn waiver(&self, requirement: Requirement) -> Option<Waived> {
        self.waived.iter().copied().find(|waived| waived.requirement == requirement)
    }
}

/// What shows that a requirement is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvidenceOf {
    /// The email was verified then.
    VerifiedAt(DateTime<Utc>),
    /// Whoever booked vouches.
    Vouched,
    /// The form came then.
    SubmittedAt(DateTime<Utc>),
    /// This attendance.
    Attendance(Attended),
    /// Profile fields that are still to be told.
    MissingFields(Vec<String>),
    /// Staff let them off.
    Waived(DateTime<Utc>),
    /// How it stands with the manager who was named.
    Manager(ManagerStanding),
    /// A nomination stands since then.
    NominatedAt(DateTime<Utc>),
}

/// One requirement as it stands for one booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateItem {
    /// Which.
    pub requirement: Requirement,
    /// Whether it is met now.
    pub met: bool,
    /// A sentence: how it stands, and what to do next where it is not met.
    pub detail: String,
    /// What shows it.
    pub evidence: Option<EvidenceOf>,
}

/// What follows from the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All is met: the booking is a claim of this moment.
    Open {
        /// When the person had done all that was asked of them.
        moment: DateTime<Utc>,
    },
    /// All will be met then, when a taster that was already marked ends.
    OpensAt(DateTime<Utc>),
    /// Something is missing.
    Missing,
    /// Known to be against these rules.
    NotEligible(Vec<Fault>),
}

/// The gate of one booking, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Each requirement.
    pub items: Vec<GateItem>,
    /// What follows.
    pub standing: Standing,
}

/// Looks at the gate (ADM-2) and finds the claim's moment (ADM-4): the later of the form's submission, the
/// end of the first taster attended, the last profile fact that had to be added, and the verification of the
/// email where that took longer than 72 hours. What staff waived is met, and delays nothing (ADM-19); nor does what
/// others take their time for, a manager or a nominator (ADM-20).
pub fn look(requirements: &[Requirement], evidence: &Evidence, now: DateTime<Utc>) -> Look {
    let items: Vec<GateItem> =
        requirements.iter().map(|requirement| item(*requirement, evidence, now)).collect();
    let failed = match &evidence.eligibility {
        EligibilityLook::Failed(rules) if evidence.waiver(Requirement::Eligible).is_none() => Some(rules),
        _ => None,
    };
    let standing = if let Some(rules) = failed {
        Standing::NotEligible(rules.clone())
    } else if items.iter().all(|item| item.met) {
        Standing::Open { moment: moment(requirements, evidence) }
    } else {
        opens_later(requirements, &items, evidence)
    };
    Look { items, standing }
}

/// The same before anything is booked (ADM-15): the form and the commitment are still to come with the booking.
pub fn look_ahead(requirements: &[Requirement], evidence: &Evidence, now: DateTime<Utc>) -> Look {
    let mut look = look(requirements, evidence, now);
    for item in look.items.iter_mut().filter(|item| evidence.waiver(item.requirement).is_none()) {
        let detail = match item.requirement {
            Requirement::JoiningForm => "Send your answers to the joining form with the booking.",
            Requirement::CommitsToAllSessions => "Send commitsToAllSessions: true with the booking.",
            Requirement::ManagerAgreed => "Send your manager's email with the booking: manager.email.",
            _ => continue,
        };
        *item = GateItem { met: false, detail: detail.to_owned(), evidence: None, ..item.clone() };
    }
    look
}

fn opens_later(requirements: &[Requirement], items: &[GateItem], evidence: &Evidence) -> Standing {
    let only_taster_missing =
        items.iter().all(|item| item.met || item.requirement == Requirement::TasterAttended);
    match first_attended(evidence) {
        Some(first) if only_taster_missing && requirements.contains(&Requirement::TasterAttended) => {
            Standing::OpensAt(first.effective_at)
        }
        _ => Standing::Missing,
    }
}

fn moment(requirements: &[Requirement], evidence: &Evidence) -> DateTime<Utc> {
    let submitted = evidence.submitted_at;
    let asked = |requirement| requirements.contains(&requirement) && evidence.waiver(requirement).is_none();
    let attended = first_attended(evidence).map(|first| first.effective_at);
    let attended = attended.filter(|_| asked(Requirement::TasterAttended));
    let verified_late = match evidence.email {
        EmailStanding::Verified(at) if at > evidence.received_at + VERIFYING_KEEPS_MOMENT => Some(at),
        _ => None,
    };
    let eligible = evidence.eligible_since.filter(|_| asked(Requirement::Eligible));
    [attended, verified_late, eligible].into_iter().flatten().fold(submitted, DateTime::max)
}

/// Somebody who attended two tasters has the moment of the first.
fn first_attended(evidence: &Evidence) -> Option<Attended> {
    evidence.attended.iter().copied().min_by_key(|attended| attended.effective_at)
}

fn item(requirement: Requirement, evidence: &Evidence, now: DateTime<Utc>) -> GateItem {
    let item = unwaived_item(requirement, evidence, now);
    match evidence.waiver(requirement).filter(|_| !item.met) {
        Some(waived) => GateItem {
            met: true,
            detail: "The academy does not ask this of you.".to_owned(),
            evidence: Some(EvidenceOf::Waived(waived.at)),
            ..item
        },
        None => item,
    }
}

fn unwaived_item(requirement: Requirement, evidence: &Evidence, now: DateTime<Utc>) -> GateItem {
    let (met, detail, evidence) = match requirement {
        Requirement::EmailVerified => email_item(evidence),
        Requirement::JoiningForm => (
            true,
            "The joining form is complete.".to_owned(),
            Some(EvidenceOf::SubmittedAt(evidence.submitted_at)),
        ),
        Requirement::TasterAttended => taster_item(evidence, now),
        Requirement::Eligible => eligible_item(evidence),
        Requirement::CommitsToAllSessions if evidence.commits_to_all_sessions => {
            (true, "You committed to come to all sessions.".to_owned(), None)
        }
        Requirement::CommitsToAllSessions => {
            (false, "Commit to come to all sessions: book with commitsToAllSessions: true.".to_owned(), None)
        }
        Requirement::ManagerAgreed => manager_item(evidence.manager),
        Requirement::Nominated => nominated_item(evidence.nominated_at),
    };
    GateItem { requirement, met, detail, evidence }
}

pub(super) type ItemParts = (bool, String, Option<EvidenceOf>);

fn email_item(evidence: &Evidence) -> ItemParts {
    match evidence.email {
        EmailStanding::Verified(at) => {
            (true, "The email is verified.".to_owned(), Some(EvidenceOf::VerifiedAt(at)))
        }
        EmailStanding::Vouched => {
            (true, "Whoever booked vouches for the email.".to_owned(), Some(EvidenceOf::Vouched))
        }
        EmailStanding::Unverified => {
            let detail =
                "Verify your email with the token that was sent to it: POST /v1/auth/email-verifications.";
            (false, detail.to_owned(), None)
        }
    }
}

fn taster_item(evidence: &Evidence, now: DateTime<Utc>) -> ItemParts {
    match first_attended(evidence) {
        Some(first) if first.effective_at <= now => {
            (true, "Attendance at a taster is on record.".to_owned(), Some(EvidenceOf::Attendance(first)))
        }
        Some(first) => {
            let detail = "Attendance at a taster is on record and counts from the taster's end.";
            (false, detail.to_owned(), Some(EvidenceOf::Attendance(first)))
        }
        None => {
            let detail = "Come to one of the programme's tasters and show the code that is read out at its end: \
                          POST /v1/tasters/{tasterId}/check-ins. Or ask the academy to mark your attendance.";
            (false, detail.to_owned(), None)
        }
    }
}

fn eligible_item(evidence: &Evidence) -> ItemParts {
    match &evidence.eligibility {
        EligibilityLook::Met => (true, "The eligibility rules are met.".to_owned(), None),
        EligibilityLook::Unknown(fields) => {
            let detail = format!("Tell us in your profile (PATCH /v1/me): {}.", fields.join(", "));
            (false, detail, Some(EvidenceOf::MissingFields(fields.clone())))
        }
        EligibilityLook::Failed(rules) => {
            let list: Vec<&str> = rules.iter().map(|rule| rule.detail.as_str()).collect();
            (false, list.join(" "), None)
        }
    }
}
