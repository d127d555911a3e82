//! The kinds of mail.

/// What a mail tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// Prove that this email is yours.
    VerifyEmail,
    /// Somebody registered an email that has an account.
    AlreadyRegistered,
    /// Your request for a place was received and something is still needed from you.
    BookingPending,
    /// You are on the waiting list.
    BookingWaiting,
    /// A place is held for you until a moment.
    OfferMade,
    /// A place that is held for you goes to the next person soon (ADM-16).
    OfferReminder,
    /// You have a place.
    PlaceConfirmed,
    /// Your booking has ended, with its reason.
    BookingClosed,
    /// To a manager: do you agree (ADM-20)?
    ManagerAsked,
    /// Your manager did not agree (ADM-20).
    ManagerRefused,
    /// To a colleague: a place is to be passed on to you (ADM-23).
    PlaceProposed,
    /// To who has a place: somebody else proposed it to a colleague (ADM-23).
    OwnPlaceProposed,
    /// To staff: a minimum is to be decided soon (PRG-12).
    MinimumSoon,
    /// To staff: the date by which it was to be decided has passed (PRG-12).
    MinimumOverdue,
    /// It is decided that the cohort takes place (PRG-12).
    CohortRuns,
    /// Sessions of two of your places overlap now (PRG-6).
    SessionsClash,
    /// A cohort of a programme that you are interested in opens soon (COM-5).
    CohortAnnounced,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::VerifyEmail,
        Self::AlreadyRegistered,
        Self::BookingPending,
        Self::BookingWaiting,
        Self::OfferMade,
        Self::OfferReminder,
        Self::PlaceConfirmed,
        Self::BookingClosed,
        Self::ManagerAsked,
        Self::ManagerRefused,
        Self::PlaceProposed,
        Self::OwnPlaceProposed,
        Self::MinimumSoon,
        Self::MinimumOverdue,
        Self::CohortRuns,
        Self::SessionsClash,
        Self::CohortAnnounced,
    ];

    /// Its word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::AlreadyRegistered => "already_registered",
            Self::BookingPending => "booking_pending",
            Self::BookingWaiting => "booking_waiting",
            Self::OfferMade => "offer_made",
            Self::OfferReminder => "offer_reminder",
            Self::PlaceConfirmed => "place_confirmed",
            Self::BookingClosed => "booking_closed",
            Self::ManagerAsked => "manager_asked",
            Self::ManagerRefused => "manager_refused",
            Self::PlaceProposed => "place_proposed",
            Self::OwnPlaceProposed => "own_place_proposed",
            Self::MinimumSoon => "minimum_soon",
            Self::MinimumOverdue => "minimum_overdue",
            Self::CohortRuns => "cohort_runs",
            Self::SessionsClash => "sessions_clash",
            Self::CohortAnnounced => "cohort_announced",
        }
    }

    /// The kind with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
