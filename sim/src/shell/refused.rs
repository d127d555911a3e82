//! Why something was not done.

use domain::admission::{LifeRefused, NoAnswer, NoTransfer, Reason, TermsRefused};
use domain::ids::BookingId;

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The domain refused the booking; the live booking that stands in the way.
    Attempt(Reason, Option<BookingId>),
    /// No such booking.
    NotFound,
    /// It is over.
    NotLive,
    /// The offer has ended (ADM-11).
    OfferExpired,
    /// There is none.
    NoOffer,
    /// The opening has passed.
    AlreadyOpen,
    /// More places are held than there would be (PRG-7).
    CapacityBelowPlacesTaken,
    /// The first session has started.
    AlreadyStarted,
    /// The cohort is completed or cancelled.
    Ended,
    /// Booking is closed already.
    AlreadyClosed,
    /// The cohort's last session is not over.
    NotOver,
    /// Something is missing for a place there.
    NoPlace,
    /// The place can't be left for that cohort.
    NotTransferred(NoTransfer),
}

impl From<NoTransfer> for Refused {
    fn from(why: NoTransfer) -> Self {
        match why {
            NoTransfer::NotLive => Self::NotLive,
            NoTransfer::NotGivenYet => Self::NoPlace,
            other => Self::NotTransferred(other),
        }
    }
}

impl From<TermsRefused> for Refused {
    fn from(refused: TermsRefused) -> Self {
        match refused {
            TermsRefused::BookingAlreadyOpen => Self::AlreadyOpen,
            TermsRefused::CapacityBelowPlacesTaken { .. } => Self::CapacityBelowPlacesTaken,
            TermsRefused::AlreadyStarted => Self::AlreadyStarted,
            TermsRefused::Ended => Self::Ended,
        }
    }
}

impl From<LifeRefused> for Refused {
    fn from(refused: LifeRefused) -> Self {
        match refused {
            LifeRefused::AlreadyClosed => Self::AlreadyClosed,
            LifeRefused::AlreadyEnded => Self::Ended,
            LifeRefused::NotOver(_) | LifeRefused::NotConfirmed(_) => Self::NotOver,
        }
    }
}

impl From<NoAnswer> for Refused {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::OfferExpired => Self::OfferExpired,
            NoAnswer::NoOffer => Self::NoOffer,
        }
    }
}

impl Refused {
    /// Its word in the counts.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Attempt(reason, _) => reason.code(),
            Self::NotFound => "not-found",
            Self::NotLive => "not-live",
            Self::OfferExpired => "offer-expired",
            Self::NoOffer => "no-offer",
            Self::AlreadyOpen => "booking-already-open",
            Self::CapacityBelowPlacesTaken => "capacity-below-places-taken",
            Self::AlreadyStarted => "cohort-started",
            Self::Ended => "cohort-ended",
            Self::AlreadyClosed => "already-closed",
            Self::NotOver => "not-over",
            Self::NoPlace => "no-place",
            Self::NotTransferred(why) => match why {
                NoTransfer::NotLater => "not-later",
                NoTransfer::OthersWait => "others-waiting",
                NoTransfer::Full => "no place to move to",
                NoTransfer::NotConfirmed => "not-confirmed",
                _ => "not-transferred",
            },
        }
    }
}
