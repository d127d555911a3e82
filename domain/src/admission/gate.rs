//! The gate (ADM-2): what has to be met before a booking becomes a claim.

/// One requirement of a cohort's gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Requirement {
    /// The participant's email is verified, or vouched for (ACC-1).
    EmailVerified,
    /// The joining form is complete.
    JoiningForm,
    /// Attendance at one of the programme's tasters is on record (ADM-3).
    TasterAttended,
    /// The eligibility rules are met (PRG-2).
    Eligible,
    /// The participant commits to attend every session.
    CommitsToAllSessions,
    /// The participant's manager agrees (ADM-20).
    ManagerAgreed,
    /// Somebody who may nominate for this cohort did (ADM-20).
    Nominated,
}

impl Requirement {
    /// Every requirement, in the order in which a gate lists them.
    pub const ALL: [Self; 7] = [
        Self::EmailVerified,
        Self::JoiningForm,
        Self::TasterAttended,
        Self::Eligible,
        Self::CommitsToAllSessions,
        Self::ManagerAgreed,
        Self::Nominated,
    ];

    /// Whether staff can let a person off it (ADM-19): an email is proved by its owner or vouched for, never waived.
    pub fn can_be_waived(self) -> bool {
        self != Self::EmailVerified
    }

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailVerified => "email_verified",
            Self::JoiningForm => "joining_form",
            Self::TasterAttended => "taster_attended",
            Self::Eligible => "eligible",
            Self::CommitsToAllSessions => "commits_to_all_sessions",
            Self::ManagerAgreed => "manager_agreed",
            Self::Nominated => "nominated",
        }
    }

    /// The requirement with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|requirement| requirement.as_str() == word)
    }
}

/// What a programme, or a cohort of its own, asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateTerms {
    /// Attendance at a taster.
    pub requires_taster: bool,
    /// Coming to every session.
    pub commits_to_all_sessions: bool,
    /// Whether there are eligibility rules.
    pub has_eligibility: bool,
    /// Whether the joining form has questions.
    pub has_questions: bool,
    /// The manager's agreement (ADM-20).
    pub requires_manager_agreement: bool,
    /// A nomination (ADM-20).
    pub requires_nomination: bool,
}

impl GateTerms {
    /// The gate that follows, which a cohort copies when it is made.
    pub fn requirements(self) -> Vec<Requirement> {
        let asked = |requirement: &Requirement| match requirement {
            Requirement::EmailVerified => true,
            Requirement::JoiningForm => self.has_questions,
            Requirement::TasterAttended => self.requires_taster,
            Requirement::Eligible => self.has_eligibility,
            Requirement::CommitsToAllSessions => self.commits_to_all_sessions,
            Requirement::ManagerAgreed => self.requires_manager_agreement,
            Requirement::Nominated => self.requires_nomination,
        };
        Requirement::ALL.into_iter().filter(asked).collect()
    }
}
