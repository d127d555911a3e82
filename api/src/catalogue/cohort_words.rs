//! The words of a cohort, as the description lists them.

use utoipa::ToSchema;

macro_rules! described_words {
    ($($(#[doc = $doc:literal])+ $name:ident as $shown:ident = $example:literal { $($(#[doc = $variant_doc:literal])+ $variant:ident),+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(ToSchema)]
        #[schema(as = $shown, rename_all = "snake_case", example = json!($example))]
        #[expect(dead_code, reason = "describes the words that the domain's own type writes")]
        pub(crate) enum $name { $($(#[doc = $variant_doc])+ $variant,)+ }
    )+};
}

described_words! {
    /// How a place that became free goes out.
    VacanciesWord as Vacancies = "offer" {
        /// It is held for the next in rank, who answers within a window.
        Offer,
        /// The next in rank is confirmed.
        Automatic
    }
    /// What becomes of a booking whose offer lapsed.
    AfterLapseWord as AfterLapse = "close" {
        /// It is closed.
        Close,
        /// It goes behind everyone waiting, once.
        Requeue
    }
    /// Which hours count towards an offer's window.
    OfferClockWord as OfferClock = "plain" {
        /// Every hour.
        Plain,
        /// Not those of nights, weekends and England's bank holidays.
        Humane
    }
    /// When the claims that gathered are settled.
    SettlesFirstWord as SettlesFirst = "at_opening" {
        /// When booking opens.
        AtOpening,
        /// When booking is open and the tasters' attendance is sealed.
        TastersSealed
    }
    /// What a cohort is, by the clock.
    CohortStatusWord as CohortStatus = "open" {
        /// Booking has not opened.
        Scheduled,
        /// Booking is open.
        Open,
        /// Booking is closed.
        Closed,
        /// It is over.
        Completed,
        /// It does not take place.
        Cancelled
    }
    /// Whether a cohort with a minimum runs.
    MinimumDecisionWord as MinimumDecisionCode = "open" {
        /// It is not decided.
        Open,
        /// It takes place.
        Runs,
        /// It does not.
        Cancelled
    }
    /// One requirement of a gate.
    RequirementWord as Requirement = "taster_attended" {
        /// The email is verified, or vouched for.
        EmailVerified,
        /// The joining form is complete.
        JoiningForm,
        /// Attendance at a taster is on record.
        TasterAttended,
        /// The eligibility rules are met.
        Eligible,
        /// The participant commits to every session.
        CommitsToAllSessions,
        /// The participant's manager agrees.
        ManagerAgreed,
        /// Somebody with a quota nominated the participant.
        Nominated
    }
}
