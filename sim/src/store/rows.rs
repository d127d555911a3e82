//! What is kept, row by row, after the tables of admission.

use crate::Time;
use domain::admission::{
    BookingStatus, CarryOver, ClosedReason, EligibilityLook, Ended, Entry, Fits, Queue, Rank, Requirement,
    Shares, Terms, View, WhenPlaced,
};
use domain::fault::Fault;
use domain::ids::{BookingId, CohortId, FormId, PersonId, TasterId};
use std::collections::BTreeMap;

/// Which request of which client: its `Idempotency-Key`.
pub(crate) type OpId = u64;

/// The small hot row of a cohort.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeskRow {
    /// Which cohort.
    pub(crate) cohort: CohortId,
    /// What staff set.
    pub(crate) terms: Terms,
    /// Confirmed and offered.
    pub(crate) places_taken: u32,
    /// Claims without a place.
    pub(crate) waiting_count: u64,
    /// When the first session starts.
    pub(crate) first_session_at: Option<Time>,
    /// Whether the opening is on the ledger.
    pub(crate) opened: bool,
    /// Whether the tasters' attendance is sealed.
    pub(crate) sealed: bool,
    /// Whether the closing is on the ledger.
    pub(crate) closed: bool,
    /// Whether the start is on the ledger.
    pub(crate) started: bool,
    /// Whether it is over.
    pub(crate) ended: Option<Ended>,
    /// The last ledger version.
    pub(crate) version: u64,
    /// The sequence of the last claim.
    pub(crate) claim_sequence: u64,
    /// The hash of the last entry.
    pub(crate) head_hash: String,
    /// When the last entry was written.
    pub(crate) head_recorded_at: Time,
    /// What its reserves keep back.
    pub(crate) shares: Shares,
    /// How many wait, by the reserves that they fit.
    pub(crate) kinds: Vec<(Fits, u64)>,
}

impl DeskRow {
    /// The cohort as settling sees it.
    pub(crate) fn view(&self, waiting: Queue) -> View {
        View {
            terms: self.terms.clone(),
            first_session_at: self.first_session_at,
            opened: self.opened,
            sealed: self.sealed,
            closed: self.closed,
            ended: self.ended,
            started: self.started,
            places_taken: self.places_taken,
            waiting,
            claim_sequence: self.claim_sequence,
            shares: self.shares.clone(),
            clashing: std::collections::BTreeSet::new(),
        }
    }
}

/// Which choice of which form a booking is (ADM-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Choice {
    /// Of which form.
    pub(crate) form: FormId,
    /// Its place in the order of preference, counted from 1.
    pub(crate) preference: u32,
}

/// One booking.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Booking {
    /// Which.
    pub(crate) id: BookingId,
    /// On which cohort.
    pub(crate) cohort: CohortId,
    /// Whose.
    pub(crate) person: PersonId,
    /// Whether whoever booked vouches for the email.
    pub(crate) vouched: bool,
    /// Where it stands.
    pub(crate) status: BookingStatus,
    /// Why it is closed.
    pub(crate) closed_reason: Option<ClosedReason>,
    /// When the form came.
    pub(crate) submitted_at: Time,
    /// When the last missing fact became known.
    pub(crate) eligible_since: Option<Time>,
    /// When it becomes a claim, where a marked taster has still to end.
    pub(crate) claim_due_at: Option<Time>,
    /// Sequence and moment of its claim.
    pub(crate) claim: Option<(u64, Time)>,
    /// Its rank.
    pub(crate) rank: Option<Rank>,
    /// The end of its offer.
    pub(crate) offer_expires_at: Option<Time>,
    /// Offers that it let lapse.
    pub(crate) lapses: u32,
    /// The reserves that it fits.
    pub(crate) fits: Fits,
    /// Which choice of a form that ranks several cohorts it is.
    pub(crate) choice: Option<Choice>,
    /// Whether it is wished to go on into the next cohort (PRG-8).
    pub(crate) carry_over: CarryOver,
    /// The booking that it was carried over from.
    pub(crate) carried_from: Option<BookingId>,
    /// The booking that took its stead (ADM-23).
    pub(crate) left_for: Option<BookingId>,
    /// The ledger version that last changed it.
    pub(crate) cohort_version: Option<u64>,
}

impl Booking {
    /// The booking that its claim is carried over from, until it had an offer (PRG-8).
    pub(crate) fn carries(&self) -> Option<BookingId> {
        self.carried_from.filter(|_| self.lapses == 0)
    }

    /// Whether it neither holds a place for good nor is over.
    pub(crate) fn is_undecided(&self) -> bool {
        matches!(self.status, BookingStatus::Pending | BookingStatus::Waiting | BookingStatus::Offered)
    }

    /// Whether it holds a place that nothing ends but who has it, or the academy.
    pub(crate) fn holds_for_good(&self) -> bool {
        matches!(
            self.status,
            BookingStatus::Confirmed | BookingStatus::Completed | BookingStatus::NotCompleted
        )
    }
}

/// What is known of a person against the eligibility rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Known {
    /// They are met.
    Fits,
    /// A profile field is missing.
    Unknown,
    /// They are not met.
    Unfit,
}

impl Known {
    /// As the gate looks at it.
    pub(crate) fn look(self) -> EligibilityLook {
        match self {
            Self::Fits => EligibilityLook::Met,
            Self::Unknown => EligibilityLook::Unknown(Vec::new()),
            Self::Unfit => EligibilityLook::Failed(vec![Fault::new(
                "/eligibility",
                "not-eligible",
                "The rules are not met.",
            )]),
        }
    }
}

/// Somebody.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    /// Who.
    pub(crate) id: PersonId,
    /// When they proved their email.
    pub(crate) email_verified_at: Option<Time>,
    /// Their profile against the rules.
    pub(crate) known: Known,
    /// The reserves that they fit, of whatever cohort.
    pub(crate) fits: Fits,
}

/// An attendance on record: of whom at which taster, and whether the person showed it before the email was
/// proved (it counts for that registration only).
pub(crate) type AttendanceKey = (PersonId, TasterId, bool);

/// A dated meeting of the programme.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Taster {
    /// Which.
    pub(crate) id: TasterId,
    /// Its end.
    pub(crate) ends_at: Time,
    /// When staff said that its attendance is complete.
    pub(crate) sealed_at: Option<Time>,
}

/// What was answered to a request, byte for byte in the real thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Answer {
    /// Which booking, where it is about one.
    pub(crate) booking: Option<BookingId>,
    /// Where the booking stands.
    pub(crate) status: Option<BookingStatus>,
    /// The end of its offer.
    pub(crate) offer_expires_at: Option<Time>,
    /// The ledger version that last changed the booking.
    pub(crate) version: Option<u64>,
}

/// All that is committed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// By cohort.
    pub(crate) desks: BTreeMap<CohortId, DeskRow>,
    /// What each cohort's gate asks for.
    pub(crate) gates: BTreeMap<CohortId, Vec<Requirement>>,
    /// By id.
    pub(crate) bookings: BTreeMap<BookingId, Booking>,
    /// By cohort, in order.
    pub(crate) ledger: BTreeMap<CohortId, Vec<Entry>>,
    /// By id.
    pub(crate) people: BTreeMap<PersonId, Person>,
    /// From when each counts.
    pub(crate) attendance: BTreeMap<AttendanceKey, Time>,
    /// By id.
    pub(crate) tasters: BTreeMap<TasterId, Taster>,
    /// What a place in one cohort does to the other choices of a form.
    pub(crate) forms: BTreeMap<FormId, WhenPlaced>,
    /// Answers by the key of their request.
    pub(crate) keys: BTreeMap<OpId, Answer>,
}

/// One row to be written.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    /// A cohort's row, whole.
    Desk(Box<DeskRow>),
    /// A booking's row, whole.
    Booking(Box<Booking>),
    /// A new entry.
    Entry(CohortId, Box<Entry>),
    /// A person's row, whole.
    Person(Person),
    /// An attendance recorded or moved, or taken off.
    Attendance(AttendanceKey, Option<Time>),
    /// A taster's row, whole.
    Taster(Taster),
    /// A form, whole.
    Form(FormId, WhenPlaced),
    /// The answer that a key has.
    Key(OpId, Answer),
}

impl Rows {
    /// Makes a write visible.
    pub(crate) fn apply(&mut self, write: Write) {
        match write {
            Write::Desk(row) => drop(self.desks.insert(row.cohort, *row)),
            Write::Booking(row) => drop(self.bookings.insert(row.id, *row)),
            Write::Entry(cohort, entry) => self.ledger.entry(cohort).or_default().push(*entry),
            Write::Person(row) => drop(self.people.insert(row.id, row)),
            Write::Attendance(key, Some(from)) => drop(self.attendance.insert(key, from)),
            Write::Attendance(key, None) => drop(self.attendance.remove(&key)),
            Write::Taster(row) => drop(self.tasters.insert(row.id, row)),
            Write::Form(form, when_placed) => drop(self.forms.insert(form, when_placed)),
            Write::Key(op, answer) => drop(self.keys.entry(op).or_insert(answer)),
        }
    }
}
