//! What the desk is asked to do, and what it answers.

use super::book_many::{BookMany, NoPlace};
use super::book_ranked::BookRanked;
use super::booking::{Booking, Told};
use super::choices::Choice;
use super::desk_row::DeskRow;
use super::import::NotImported;
use super::managers::ManagerRequest;
use super::pass_on::Proposal;
use super::take_over::TakeOver;
use super::transfers::Leave;
use crate::governance::repeats::{KeptAnswer, RequestKey};
use crate::identity::participants::Participant;
use crate::{Origin, StoreError};
use chrono::{DateTime, Utc};
use domain::admission::{
    CancelledBy, Clash, EarlierMoment, Look, NoAnswer, NoProposal, NoTransfer, Refusal, Transferred,
};
use domain::identity::{Actor, EmailAddress};
use domain::ids::{BookingId, ClientId, CohortId, PersonId, TasterId};
use std::sync::Arc;

/// Who makes a booking, and for whom (ADM-1).
#[derive(Clone, Debug)]
pub enum Booker {
    /// A person for themselves.
    Participant {
        /// Who.
        person: PersonId,
        /// Their email as it is compared: their lock.
        email_key: String,
    },
    /// A coordinator for somebody; vouches for the email (ACC-1).
    Coordinator {
        /// Which person of the staff.
        person: PersonId,
        /// What they say of the participant.
        told: Told,
        /// The participant's email as it is compared.
        email_key: String,
    },
    /// A client for somebody.
    Client {
        /// Which.
        client: ClientId,
        /// Whether it may vouch for emails.
        vouches: bool,
        /// Whether it reads every booking of the academy, or only its own.
        operations: bool,
        /// What it says of the participant.
        told: Told,
        /// The participant's email as it is compared.
        email_key: String,
    },
}

impl Booker {
    /// The participant's email as it is compared.
    pub fn email_key(&self) -> &str {
        match self {
            Self::Participant { email_key, .. }
            | Self::Coordinator { email_key, .. }
            | Self::Client { email_key, .. } => email_key,
        }
    }

    /// What the booker says of the participant.
    pub fn told(&self) -> Option<&Told> {
        match self {
            Self::Participant { .. } => None,
            Self::Coordinator { told, .. } | Self::Client { told, .. } => Some(told),
        }
    }
}

/// A booking that is asked for.
#[derive(Clone, Debug)]
pub struct Book {
    /// The id that it gets: made before, so that a lost answer can be found out.
    pub id: BookingId,
    /// On which cohort.
    pub cohort_id: CohortId,
    /// By whom and for whom.
    pub booker: Booker,
    /// Answers to the joining form.
    pub answers: serde_json::Map<String, serde_json::Value>,
    /// The commitment to all sessions.
    pub commits_to_all_sessions: bool,
    /// The code that was read out at a taster.
    pub taster_code: Option<String>,
    /// The booker's own reference.
    pub external_reference: Option<String>,
    /// Whether the participant wishes to go on into the next cohort when this one has no place for them (PRG-8).
    pub carry_over: bool,
    /// Whether it is only to be made if it gets a place at once (ADM-18).
    pub requires_place: bool,
    /// An earlier moment that an imported list brought along (ADM-24).
    pub earlier: Option<Box<EarlierMoment>>,
    /// Whom the participant names as their manager (ADM-20).
    pub manager: Option<EmailAddress>,
    /// Which choice of a joining form it is (ADM-21).
    pub choice: Option<Choice>,
    /// What is said of sessions that overlap with those of a place held elsewhere (PRG-6).
    pub clash: OfClash,
}

/// What is said of sessions that overlap with those of a place held elsewhere (PRG-6).
#[derive(Clone, Debug)]
pub enum OfClash {
    /// It is known, and the place wanted all the same.
    Known,
    /// Nothing: who asks is told of what overlaps.
    Unsaid(Arc<Actor>),
    /// Nobody who could say it takes part: they are asked with the offer of a place.
    NotAsked,
}

impl OfClash {
    /// What `asks` says.
    pub fn said(known: bool, asks: &Actor) -> Self {
        if known { Self::Known } else { Self::Unsaid(Arc::new(asks.clone())) }
    }
}

impl Book {
    /// The emails of all whom it concerns, as they are compared.
    pub(super) fn email_keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.booker.email_key()).chain(self.manager.as_ref().map(EmailAddress::key))
    }
}

/// One thing that the desk is asked to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Book.
    Book(Box<Book>),
    /// Book for several people.
    BookMany(Box<BookMany>),
    /// Book several cohorts for one person, with one form that ranks them (ADM-21).
    BookRanked(Box<BookRanked>),
    /// Cancel.
    Cancel {
        /// Which booking.
        booking: BookingId,
        /// Of which cohort.
        cohort: CohortId,
        /// Who cancels.
        by: CancelledBy,
        /// Why, for the audit trail.
        reason: Option<String>,
    },
    /// Leave a place for one in another cohort (ADM-23).
    Leave(Box<Leave>),
    /// Take over a place that is passed on (ADM-23).
    TakeOver(Box<TakeOver>),
    /// Accept an offer.
    Accept {
        /// Which booking.
        booking: BookingId,
        /// Of which cohort.
        cohort: CohortId,
        /// Only the offer that ends at this moment: the one that a mailed token was made for.
        offer_end: Option<DateTime<Utc>>,
        /// The participant's email as it is compared: their lock, so that they accept one thing after the other.
        email_key: String,
        /// What is said of sessions that overlap.
        clash: OfClash,
    },
    /// Decline an offer.
    Decline {
        /// Which booking.
        booking: BookingId,
        /// Of which cohort.
        cohort: CohortId,
        /// Only the offer that ends at this moment.
        offer_end: Option<DateTime<Utc>>,
    },
    /// Enter what is due, nothing else.
    Tick {
        /// In which cohort.
        cohort: CohortId,
    },
}

impl Command {
    /// Which cohort's desk it is for.
    pub fn cohort(&self) -> CohortId {
        match self {
            Self::Book(book) => book.cohort_id,
            Self::BookMany(many) => many.cohort_id,
            Self::BookRanked(ranked) => ranked.first,
            Self::Leave(leave) => leave.cohort,
            Self::TakeOver(take) => take.cohort,
            Self::Cancel { cohort, .. }
            | Self::Accept { cohort, .. }
            | Self::Decline { cohort, .. }
            | Self::Tick { cohort } => *cohort,
        }
    }

    /// The cohorts that it reaches into besides.
    pub(super) fn other_cohorts(&self) -> impl Iterator<Item = CohortId> {
        let books = match self {
            Self::Leave(_) | Self::BookRanked(_) => self.books(),
            _ => &[],
        };
        books.iter().map(|book| book.cohort_id)
    }

    /// Which booking it is about.
    pub fn booking(&self) -> Option<BookingId> {
        match self {
            Self::Book(_) | Self::BookMany(_) | Self::BookRanked(_) | Self::Tick { .. } => None,
            Self::Leave(leave) => Some(leave.booking),
            Self::TakeOver(take) => Some(take.booking),
            Self::Cancel { booking, .. } | Self::Accept { booking, .. } | Self::Decline { booking, .. } => {
                Some(*booking)
            }
        }
    }

    /// The email of who takes part in a booking that it is about, as it is compared, where they have to be held.
    pub(super) fn participant_key(&self) -> Option<&str> {
        match self {
            Self::Accept { email_key, .. } => Some(email_key),
            Self::TakeOver(take) => Some(&take.leaver_key),
            _ => None,
        }
    }

    /// The bookings that it asks for.
    pub(super) fn books(&self) -> &[Book] {
        match self {
            Self::Book(book) => std::slice::from_ref(book),
            Self::BookMany(many) => &many.rows,
            Self::BookRanked(ranked) => &ranked.rows,
            Self::Leave(leave) => std::slice::from_ref(&leave.to),
            Self::TakeOver(take) => std::slice::from_ref(&take.to),
            _ => &[],
        }
    }

    /// Whether it can free a place, which then goes out.
    pub(super) fn can_free(&self) -> bool {
        matches!(self, Self::Cancel { .. } | Self::Decline { .. } | Self::Leave(_))
    }
}

/// A booking with all that explains it (ADM-13).
#[derive(Clone, Debug)]
pub struct BookingRecord {
    /// The booking.
    pub booking: Booking,
    /// Who takes part.
    pub participant: Participant,
    /// The gate as it stands.
    pub look: Look,
    /// Whether the cohort is confidential (ACC-4).
    pub confidential: bool,
    /// What overlaps with confirmed places elsewhere, as far as it was looked for (PRG-6); for the participant only.
    pub clashes: Vec<Clash>,
    /// Its place on the waiting list, counted from 1, while it waits.
    pub position: Option<u64>,
    /// The booking whose stead it took, or that took its stead (ADM-23).
    pub transferred: Option<Transferred>,
    /// The cohort's admission.
    pub desk: DeskRow,
    /// When it was looked at.
    pub now: DateTime<Utc>,
    /// Which client recorded the attendances that count, where one did.
    pub recorded_by: Vec<(TasterId, Option<ClientId>)>,
    /// Whom it names as the participant's manager, where the gate asks (ADM-20).
    pub manager: Option<ManagerRequest>,
    /// To whom its place is to be passed on, while that stands (ADM-23).
    pub proposal: Option<Proposal>,
}

/// Writes the answer to a booking that was decided: its bytes are kept with the effect.
pub type WriteAnswer = Arc<dyn Fn(&BookingRecord) -> KeptAnswer + Send + Sync>;

/// A command with all that comes along.
#[derive(Clone)]
pub(super) struct Job {
    /// What to do.
    pub command: Command,
    /// On whose behalf.
    pub origin: Origin,
    /// The key, if the request can be repeated.
    pub key: Option<RequestKey>,
    /// How its answer is written; a tick has none.
    pub answer: Option<WriteAnswer>,
}

/// What the desk answers.
#[derive(Debug)]
pub enum Answered {
    /// It was done now.
    Done(Option<KeptAnswer>),
    /// It had been done: this was the answer.
    Repeated(KeptAnswer),
}

/// Why the desk did nothing.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Some of the cohorts that a form ranks refuse, each named by its place in the order of preference, from 0.
    #[error("some cohorts refuse")]
    NotRanked(Vec<(usize, DeskError)>),
    /// The attempt to book is refused, with every reason.
    #[error("refused")]
    Refused(Refusal),
    /// It would get no place at once, and was to be made only with one (ADM-18).
    #[error("no place")]
    NoPlace(NoPlace),
    /// The place is not left for another (ADM-23).
    #[error("nothing is transferred")]
    NotTransferred(NoTransfer),
    /// Nothing is proposed any more that could be taken over (ADM-23).
    #[error("nothing is proposed")]
    NoProposal(NoProposal),
    /// Nothing of a list was imported (ADM-24).
    #[error("nothing was imported")]
    NotImported(NotImported),
    /// There is no such booking or cohort.
    #[error("not found")]
    NotFound,
    /// The booking is over.
    #[error("the booking is not live")]
    NotLive,
    /// No offer stands.
    #[error("no offer stands")]
    NoOffer,
    /// The offer has ended (ADM-11).
    #[error("the offer has expired")]
    OfferExpired,
    /// Too many wrong taster codes in this hour.
    #[error("too many wrong codes")]
    TooManyTries {
        /// Until when no further one is looked at.
        until: DateTime<Utc>,
        /// When this was decided.
        now: DateTime<Utc>,
    },
    /// The key was used by another request.
    #[error("the key was used by another request")]
    KeyReused,
    /// The key's answer is no longer kept.
    #[error("the key's answer is no longer kept")]
    AnswerDropped,
    /// Too much is waiting at the desk.
    #[error("the desk is full")]
    Overloaded,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NoAnswer> for DeskError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::OfferExpired => Self::OfferExpired,
            NoAnswer::NoOffer => Self::NoOffer,
        }
    }
}
