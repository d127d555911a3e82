//! What the academy is asked to do, and what it answers.

use crate::Time;
use crate::store::rows::{Answer, Known, OpId};
use crate::store::work::StoreError;
use domain::admission::{Fits, LifeRefused, NoAnswer, Reason, Terms, TermsRefused};
use domain::ids::{BookingId, CohortId, PersonId, TasterId};

/// A booking that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    /// The id that it gets.
    pub(crate) id: BookingId,
    /// On which cohort.
    pub(crate) cohort: CohortId,
    /// For whom.
    pub(crate) person: PersonId,
    /// Whether whoever books vouches for the email.
    pub(crate) vouched: bool,
    /// Whether the participant commits to all sessions.
    pub(crate) commits: bool,
    /// The taster whose code is sent, and whether it is the right code.
    pub(crate) code: Option<(TasterId, bool)>,
}

/// What the desk is asked to do.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Book.
    Book(Book),
    /// Give a booking up; by the academy, or by the participant.
    Cancel {
        /// Which.
        booking: BookingId,
        /// Of which cohort.
        cohort: CohortId,
        /// Whether the academy does it.
        academy: bool,
    },
    /// Answer an offer.
    Answer {
        /// Which booking.
        booking: BookingId,
        /// Of which cohort.
        cohort: CohortId,
        /// Yes or no.
        accept: bool,
        /// Only the offer that ends then: the one that a mailed token was made for.
        offer_end: Option<Time>,
    },
    /// Enter what is due, nothing else.
    Tick {
        /// In which cohort.
        cohort: CohortId,
    },
}

impl Command {
    /// Which cohort's desk it is for.
    pub(crate) fn cohort(&self) -> CohortId {
        match self {
            Self::Book(book) => book.cohort,
            Self::Cancel { cohort, .. } | Self::Answer { cohort, .. } | Self::Tick { cohort } => *cohort,
        }
    }

    /// Which booking it is about.
    pub(crate) fn booking(&self) -> Option<BookingId> {
        match self {
            Self::Cancel { booking, .. } | Self::Answer { booking, .. } => Some(*booking),
            Self::Book(_) | Self::Tick { .. } => None,
        }
    }
}

/// What is done outside the desk, under the persons' or the cohort's lock.
#[derive(Clone, Debug)]
pub(crate) enum Direct {
    /// Attendance is recorded, of several people at once.
    Attend {
        /// Where.
        taster: TasterId,
        /// Whose.
        people: Vec<PersonId>,
    },
    /// A wrong attendance is taken off.
    Remove {
        /// Where.
        taster: TasterId,
        /// Whose.
        person: PersonId,
    },
    /// A person shows a taster's code.
    CheckIn {
        /// Where.
        taster: TasterId,
        /// Who.
        person: PersonId,
    },
    /// A person proves their email.
    Verify {
        /// Who.
        person: PersonId,
    },
    /// A person's profile changes.
    Facts {
        /// Whose.
        person: PersonId,
        /// To what.
        known: Known,
        /// The reserves that they fit now.
        fits: Fits,
    },
    /// Staff change a cohort's terms.
    Terms {
        /// Which cohort.
        cohort: CohortId,
        /// What changes.
        change: Change,
    },
    /// The first session moves.
    FirstSession {
        /// Of which cohort.
        cohort: CohortId,
        /// To when.
        start: Option<Time>,
    },
    /// Staff say that a taster's attendance is complete.
    Seal {
        /// Which.
        taster: TasterId,
    },
    /// Staff close a cohort to new bookings.
    Close {
        /// Which.
        cohort: CohortId,
    },
    /// A cohort does not take place.
    Cancel {
        /// Which.
        cohort: CohortId,
    },
    /// A cohort is over.
    Complete {
        /// Which.
        cohort: CohortId,
    },
    /// A taster's end moves.
    Move {
        /// Which.
        taster: TasterId,
        /// To when.
        ends_at: Time,
    },
}

/// One change of terms.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// More or fewer places.
    Capacity(i64),
    /// A waiting list or none.
    WaitingList(bool),
    /// Vacancies the other way.
    Vacancies,
    /// Lapses the other way.
    AfterLapse,
    /// The first settling the other way.
    SettlesFirst,
    /// When booking opens.
    OpensAt(Option<Time>),
    /// When booking closes.
    ClosesAt(Option<Time>),
    /// How long offers stand, and how long before the start they stop.
    Offers(u32, u32),
    /// How many places a reserve keeps, and until when.
    Reserve(usize, u32, Time),
}

impl Change {
    /// The terms with the change in them.
    pub(crate) fn onto(self, terms: &Terms) -> Terms {
        use domain::admission::{AfterLapse, Capacity, SettlesFirst, Vacancies};
        let mut new = terms.clone();
        match self {
            Self::Capacity(by) => {
                let places = (i64::from(terms.capacity.get()) + by).max(1);
                new.capacity = Capacity::new(places).unwrap_or(terms.capacity);
            }
            Self::WaitingList(kept) => new.waiting_list = kept,
            Self::Vacancies => {
                new.vacancies = match terms.vacancies {
                    Vacancies::Offer => Vacancies::Automatic,
                    Vacancies::Automatic => Vacancies::Offer,
                }
            }
            Self::AfterLapse => {
                new.after_lapse = match terms.after_lapse {
                    AfterLapse::Close => AfterLapse::Requeue,
                    AfterLapse::Requeue => AfterLapse::Close,
                }
            }
            Self::SettlesFirst => {
                new.settles_first = match terms.settles_first {
                    SettlesFirst::AtOpening => SettlesFirst::TastersSealed,
                    SettlesFirst::TastersSealed => SettlesFirst::AtOpening,
                }
            }
            Self::OpensAt(at) => new.booking_opens_at = at,
            Self::ClosesAt(at) => new.booking_closes_at = at,
            Self::Reserve(n, places, releases_at) => {
                if let Some(reserve) = new.reserves.get_mut(n) {
                    (reserve.places, reserve.releases_at) = (places, releases_at);
                }
            }
            Self::Offers(window, stop) => (new.offer_window_hours, new.offers_stop_hours) = (window, stop),
        }
        new
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// For the desk.
    Desk(Command),
    /// For a transaction of its own.
    Direct(Direct),
}

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
        }
    }
}

/// What comes back.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Done now.
    Done(Answer),
    /// Done before: what was answered then.
    Repeated(Answer),
    /// Nothing was done, for this reason; and how many commits were there to be seen.
    Refused(Refused, u64),
    /// Nothing was done, or nobody knows.
    Failed(StoreError),
}

/// A request on its way, with its key.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Its key.
    pub(crate) op: OpId,
    /// What is asked.
    pub(crate) command: Command,
}
