//! What the academy is asked to do, and what it answers.

use super::refused::Refused;
use crate::Time;
use crate::store::rows::{Answer, Choice, Known, OpId};
use crate::store::work::StoreError;
use domain::admission::{Fits, Terms, Transfer, WhenPlaced};
use domain::ids::{BookingId, CohortId, FormId, PersonId, TasterId};

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
    /// Which choice of a form it is (ADM-21).
    pub(crate) choice: Option<Choice>,
    /// Whether it is wished to go on into the next cohort (PRG-8).
    pub(crate) carry_over: bool,
}

/// One form for several cohorts (ADM-21).
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    /// The form.
    pub(crate) form: FormId,
    /// What a place in one cohort does to the other choices.
    pub(crate) when_placed: WhenPlaced,
    /// The first choice, and those after it.
    pub(crate) first: Book,
    /// In the order of preference.
    pub(crate) others: Vec<Book>,
}

impl Ranked {
    /// All choices, in the order of preference.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Book> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// A place that is to be left for another cohort (ADM-23).
#[derive(Clone, Debug)]
pub(crate) struct Leave {
    /// The booking that is left.
    pub(crate) booking: BookingId,
    /// Of which cohort.
    pub(crate) cohort: CohortId,
    /// How.
    pub(crate) how: Transfer,
    /// Whether the academy does it.
    pub(crate) academy: bool,
    /// What is asked for in its stead.
    pub(crate) to: Book,
}

/// What the desk is asked to do.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Book.
    Book(Book),
    /// Book one of several cohorts.
    Ranked(Box<Ranked>),
    /// Leave a place for another cohort.
    Leave(Box<Leave>),
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
            Self::Ranked(ranked) => ranked.first.cohort,
            Self::Leave(leave) => leave.cohort,
            Self::Cancel { cohort, .. } | Self::Answer { cohort, .. } | Self::Tick { cohort } => *cohort,
        }
    }

    /// Which booking it is about.
    pub(crate) fn booking(&self) -> Option<BookingId> {
        match self {
            Self::Cancel { booking, .. } | Self::Answer { booking, .. } => Some(*booking),
            Self::Leave(leave) => Some(leave.booking),
            Self::Book(_) | Self::Ranked(_) | Self::Tick { .. } => None,
        }
    }

    /// What it books.
    pub(crate) fn books(&self) -> Vec<&Book> {
        match self {
            Self::Book(book) => vec![book],
            Self::Ranked(ranked) => ranked.rows().collect(),
            Self::Leave(leave) => vec![&leave.to],
            Self::Cancel { .. } | Self::Answer { .. } | Self::Tick { .. } => Vec::new(),
        }
    }

    /// Whether it can free a place.
    pub(crate) fn can_free(&self) -> bool {
        matches!(self, Self::Cancel { .. } | Self::Leave(_) | Self::Answer { accept: false, .. })
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
    /// Who wished for it goes on into the next cohort: the job's.
    Carry {
        /// Out of which cohort.
        from: CohortId,
        /// Into which.
        to: CohortId,
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

impl Request {
    /// Whether no client asks, but the job.
    pub(crate) fn is_of_job(&self) -> bool {
        matches!(self, Self::Desk(Command::Tick { .. }) | Self::Direct(Direct::Carry { .. }))
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
