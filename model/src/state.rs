//! What a state consists of: the database as committed, the transactions under way, the servers' queues, and
//! what each client knows.

use crate::locks::{Lock, Locks};
use domain::admission::{BookingStatus, EntryKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Hours since the model's beginning.
pub type Time = u8;
/// One of few people.
pub type Person = u8;
/// One of few servers.
pub type Server = u8;
/// One of few requests; it is its idempotency key too.
pub type Request = u8;
/// Where a transaction stands in [`State::works`].
pub type Slot = u8;

/// A booking's id, made before the transaction: by which attempt of which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// `None` where it stood at the beginning.
    pub request: Option<Request>,
    /// Which attempt; where it stood at the beginning, whose it is.
    pub attempt: u8,
}

/// A rank on the waiting list (ADM-5): moment, submission, sequence.
pub type Rank = (Time, Time, u8);

/// A row of `booking`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Booking {
    /// Who takes part.
    pub person: Person,
    /// Where it stands.
    pub status: BookingStatus,
    /// When the form was submitted.
    pub submitted_at: Time,
    /// Its rank, once it has a claim.
    pub rank: Option<Rank>,
    /// The ledger version that gave it its rank.
    pub ranked_by: u8,
    /// The ledger version that gave it its place.
    pub placed_by: u8,
    /// The exact end of its offer, while offered.
    pub offer_end: Option<Time>,
    /// How many offers it let lapse.
    pub lapses: u8,
}

/// A row of `cohort_desk`: the small hot row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Row {
    /// The last ledger version.
    pub version: u8,
    /// Confirmed and offered.
    pub places_taken: u8,
    /// Claims without a place.
    pub waiting: u8,
    /// The sequence of the last claim.
    pub claim_sequence: u8,
    /// When the last entry was written.
    pub head_recorded_at: Time,
}

/// A row of `ledger_entry`. Hashes are left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Its version.
    pub version: u8,
    /// The request that it comes from; `None` for what was due.
    pub by: Option<Request>,
    /// What it tells.
    pub kind: EntryKind,
    /// Of which booking.
    pub booking: Option<Id>,
    /// The database's time when the time was taken, whatever the writer's clock showed.
    pub really_at: Time,
    /// The end of the offer that was accepted or lapsed.
    pub offer_end: Option<Time>,
}

/// What a request is told when it was done: also the row of `repeat_key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    /// The booking.
    pub booking: Id,
    /// Its status after its own fact.
    pub status: BookingStatus,
    /// The version of its own entry; `None` for a pending booking.
    pub version: Option<u8>,
}

/// What is committed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Database {
    /// The cohort's row.
    pub row: Row,
    /// All bookings ever made.
    pub bookings: BTreeMap<Id, Booking>,
    /// The ledger, in the order in which entries were committed.
    pub ledger: Vec<Entry>,
    /// Answers kept for repeats (ADM-10).
    pub keys: BTreeMap<Request, Answer>,
    /// Whose email is verified.
    pub verified: Vec<Person>,
}

impl Database {
    /// The live booking of a person.
    pub fn live(&self, person: Person) -> Option<Id> {
        let live = |(_, booking): &(&Id, &Booking)| {
            booking.person == person && booking.status != BookingStatus::Closed
        };
        self.bookings.iter().find(live).map(|(id, _)| *id)
    }

    /// Whether a request has had an effect.
    pub fn has_done(&self, request: Request) -> bool {
        self.effects(request) > 0
    }

    /// How many effects a request has had: bookings made by it, and entries that it brought about.
    pub fn effects(&self, request: Request) -> usize {
        let made = self.bookings.keys().filter(|id| id.request == Some(request)).count();
        let of_made = |entry: &&Entry| entry.booking.is_some_and(|id| id.request == Some(request));
        let entered = self.ledger.iter().filter(|entry| entry.by == Some(request) && !of_made(entry));
        made + entered.count()
    }
}

/// What a transaction has written and not committed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Writes {
    /// The cohort's row, when something was entered.
    pub row: Option<Row>,
    /// Bookings made or changed.
    pub bookings: BTreeMap<Id, Booking>,
    /// New entries of the ledger.
    pub entries: Vec<Entry>,
    /// Answers kept with their effects.
    pub keys: Vec<(Request, Answer)>,
    /// Whose email is verified now.
    pub verified: Option<Person>,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// A booking for this person.
    Book(Person),
    /// That this person's booking be cancelled.
    Cancel(Person),
    /// That this person's offer be accepted.
    Accept(Person),
    /// That this person's email be verified.
    Verify(Person),
}

/// A command at a server: an attempt of a request, or a tick of its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Job {
    /// Which request; `None` for a tick.
    pub request: Option<Request>,
    /// Which attempt.
    pub attempt: u8,
    /// The booking that it names.
    pub target: Option<Id>,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done now.
    Done(Answer),
    /// It had been done: this was the answer.
    Repeated(Answer),
    /// It was refused; whether the same request had been done all the same.
    Refused {
        /// Whether the database knew an effect of it.
        although_done: bool,
    },
    /// Nobody waits for an answer.
    Nothing,
}

/// What a client knows of its request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Known {
    /// Not sent yet.
    Idle,
    /// The answer is awaited.
    Waiting,
    /// 503: what became of it is unknown.
    Unavailable,
    /// It was answered.
    Answered(Outcome),
}

/// A client with one request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// How often it was sent.
    pub attempts: u8,
    /// The booking that it names.
    pub target: Option<Id>,
    /// What it knows.
    pub known: Known,
    /// The requests that had been answered 2xx when this was sent first.
    pub after: Vec<Request>,
}

/// The next statement of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Asks for the next of its locks.
    Lock,
    /// Waits for this one.
    Wait(Lock),
    /// Finds the bookings of whose email is verified, before the cohort's lock.
    FindBookings,
    /// Takes the time, after the locks. (A verification reads the cohort's row before it takes the time; it holds
    /// the cohort's lock by then, so nothing differs.)
    TakeTime,
    /// `repeats::look_up`
    LookUpKeys,
    /// `desk_row::desks`
    Desks,
    /// `due::load_due`, `due::load_head`, and the bookings that are named.
    LoadDue,
    /// `Known::load` and `live_bookings`
    LoadKnown,
    /// Decides in memory, and writes.
    Write,
    /// COMMIT was sent.
    Commit,
    /// The answer to COMMIT was lost: `Store::find_out`.
    FindOut {
        /// What it will find.
        committed: bool,
    },
    /// Only [`crate::Variant::KeyAfterCommit`]: keeps the keys in a transaction of their own.
    KeepKeys,
    /// The callers get their answers.
    Answer,
}

/// What each read of a transaction saw: under READ COMMITTED, what was committed when it ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// By `look_up`.
    pub keys: Option<Arc<Database>>,
    /// By `desks`.
    pub row: Option<Arc<Database>>,
    /// By `load_due` and `load_head`.
    pub due: Option<Arc<Database>>,
    /// By `Known::load` and `live_bookings`.
    pub known: Option<Arc<Database>>,
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A batch of the desk.
    Batch,
    /// `verification::verify`, beside the desk.
    Verification(Person),
    /// Only [`crate::Variant::PromotionApart`]: the second transaction of a cancellation.
    Promotion,
}

/// A transaction under way, with the commands that it is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Work {
    /// Its server; `None` once that crashed while COMMIT was on its way.
    pub server: Option<Server>,
    /// What it is for.
    pub purpose: Purpose,
    /// Its commands.
    pub jobs: Vec<Job>,
    /// The locks that it has still to ask for, in order.
    pub locks: Vec<Lock>,
    /// Its next statement.
    pub step: Step,
    /// Whether it is the second try.
    pub again: bool,
    /// The time that it took, and the database's then.
    pub now: Option<(Time, Time)>,
    /// What its reads saw.
    pub seen: Seen,
    /// Only [`crate::Variant::SnapshotBeforeLock`]: what all of its reads see.
    pub snapshot: Option<Arc<Database>>,
    /// What it wrote.
    pub written: Option<Arc<Writes>>,
    /// What its commands led to.
    pub outcomes: Vec<Outcome>,
    /// Whether it took the cohort's lock before somebody who had asked earlier.
    pub overtook: bool,
}

/// A state of the whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The database's time.
    pub clock: Time,
    /// What is committed.
    pub database: Arc<Database>,
    /// Advisory locks.
    pub locks: Locks,
    /// For each server its lane's transaction and the one beside it, then those that nobody waits for.
    pub works: Vec<Option<Work>>,
    /// Each server's lane: what has queued.
    pub queues: Vec<Vec<Job>>,
    /// One for each request.
    pub clients: Vec<Client>,
    /// How many faults are still to come.
    pub faults: u8,
    /// How many repeats are still to come.
    pub repeats: u8,
    /// Whether somebody was entered before one who stood at the cohort's lock first.
    pub overtaken: bool,
}

/// What can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A client sends its request, for the first time or again, with the same key.
    Send(Request, Server),
    /// A server's job hands in a tick.
    Tick(Server),
    /// A server's lane takes what has queued and begins a transaction.
    Take(Server),
    /// A transaction's next statement runs.
    Step(Slot),
    /// The database ends a transaction's connection and rolls it back.
    Kill(Slot),
    /// The answer to COMMIT is lost; whether it had been done.
    LoseCommit(Slot, bool),
    /// `find_out` gets no answer either.
    FindNothingOut(Slot),
    /// A server ends in the midst of everything, and starts anew.
    Crash(Server),
    /// The database's clock moves on by an hour.
    ClockTicks,
}
