//! A transaction: statements that may fail, locks, one reading of the time, and a COMMIT whose answer may be
//! lost. What it reads is what is committed, and what it wrote itself (READ COMMITTED).

use super::locks::{LockKey, TxId};
use super::rows::{AttendanceKey, Booking, DeskRow, OpId, Person, Rows, Taster, Write};
use super::{Buffered, InFlight, TxStatus};
use crate::Time;
use crate::bugs::Bug;
use crate::ctx::{Ctx, State};
use crate::faults::Fault;
use domain::ids::{BookingId, CohortId, PersonId, TasterId};
use std::collections::{BTreeMap, BTreeSet};

/// Why a transaction did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreError {
    /// Certainly nothing was kept; another try may do.
    Unavailable,
    /// The answer to COMMIT was lost.
    OutcomeUnknown,
    /// More of a waiting list's head is needed.
    NeedsMore,
    /// The other choices of a form are needed, under the locks of their cohorts (ADM-21).
    NeedsChoices,
    /// A row that must be there is not.
    Corrupt,
}

/// A result of the store.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A transaction at work; dropped without a commit it is rolled back.
pub(crate) struct Work {
    ctx: Ctx,
    /// Its id.
    pub(crate) tx: TxId,
    /// How many commits there were when its last lock was granted.
    pub(crate) seen: u64,
    /// The cohorts that were chosen to be locked, where their ties were looked at (ADM-21).
    pub(crate) locked_with_ties: Option<BTreeSet<CohortId>>,
    epoch: u64,
    time: Option<Time>,
    buffered: Buffered,
    open: bool,
}

impl Work {
    /// Begins one.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub(crate) async fn begin(ctx: &Ctx) -> Result<Self> {
        ctx.step().await;
        let (tx, epoch, time) = ctx.with(|state| {
            state.db.last_tx += 1;
            let tx = state.db.last_tx;
            state.db.statuses.insert(tx, TxStatus::InProgress);
            let early = state.has(Bug::TimeBeforeLock).then(|| state.db_now());
            (tx, state.db.epoch, early)
        });
        let work = Self {
            ctx: ctx.clone(),
            tx,
            seen: 0,
            locked_with_ties: None,
            epoch,
            time,
            buffered: Buffered::default(),
            open: true,
        };
        work.statement().await?;
        Ok(work)
    }

    /// A way to the database and back.
    ///
    /// # Errors
    /// When the connection is lost: the transaction is rolled back.
    pub(crate) async fn statement(&self) -> Result<()> {
        self.ctx.step().await;
        let lost =
            self.ctx.with(|state| state.db.epoch != self.epoch || state.strikes(Fault::ConnectionLost));
        if lost { Err(StoreError::Unavailable) } else { Ok(()) }
    }

    /// Waits for locks, in one order everywhere: persons, then cohorts, each sorted.
    ///
    /// # Errors
    /// When the wait takes too long or the connection is lost.
    pub(crate) async fn lock(&mut self, keys: impl IntoIterator<Item = LockKey>) -> Result<()> {
        let mut keys: Vec<LockKey> = keys.into_iter().collect();
        keys.sort_unstable();
        keys.dedup();
        if self.ctx.has(Bug::LocksInAnotherOrder) && self.tx.is_multiple_of(2) {
            keys.reverse();
        }
        for key in keys {
            let skipped = match key {
                LockKey::Taster(_) => self.ctx.has(Bug::NoTasterLock),
                LockKey::Person(_) => self.ctx.has(Bug::NoPersonLock),
                LockKey::Cohort(_) => self.ctx.has(Bug::NoCohortLock),
            };
            if !skipped {
                self.wait_for(key).await?;
            }
        }
        if !self.ctx.has(Bug::TimeBeforeLock) {
            self.time = None;
        }
        self.buffered.granted = Some(self.ctx.with(|state| (state.db_now(), state.clock_set)));
        self.seen = self.ctx.with(|state| state.commits);
        self.statement().await
    }

    async fn wait_for(&self, key: LockKey) -> Result<()> {
        loop {
            let granted = self.ctx.with(|state| {
                if state.db.epoch != self.epoch {
                    return Some(Err(StoreError::Unavailable));
                }
                if state.db.locks.ask(key, self.tx) {
                    state.progress += 1;
                    return Some(Ok(()));
                }
                state.strikes(Fault::LockTimeout).then_some(Err(StoreError::Unavailable))
            });
            match granted {
                Some(result) => return result,
                None => self.ctx.blocked().await,
            }
        }
    }

    /// The time of this decision: taken once, after the locks.
    pub(crate) fn now(&mut self) -> Time {
        let ctx = self.ctx.clone();
        *self.time.get_or_insert_with(|| ctx.with(|state| state.db_now()))
    }

    /// The committed rows.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Rows) -> T) -> T {
        self.ctx.with(|state| read(&state.db.rows))
    }

    /// The world around.
    pub(crate) fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// Has something written at the commit.
    pub(crate) fn write(&mut self, write: Write) {
        self.buffered.writes.push(write);
    }

    /// Notes for the observer that a request's effect is in this transaction.
    pub(crate) fn note_effect(&mut self, op: OpId) {
        self.buffered.effects.push(op);
    }

    /// Notes for the observer that the claims of these bookings came to light together (ADM-5).
    pub(crate) fn note_together(&mut self, bookings: Vec<BookingId>) {
        self.buffered.together.push(bookings);
    }

    fn own<T>(&self, find: impl Fn(&Write) -> Option<T>) -> Option<T> {
        self.buffered.writes.iter().rev().find_map(find)
    }

    /// A person.
    pub(crate) fn person(&self, id: PersonId) -> Option<Person> {
        let own = self.own(|write| match write {
            Write::Person(person) if person.id == id => Some(person.clone()),
            _ => None,
        });
        own.or_else(|| self.read(|rows| rows.people.get(&id).cloned()))
    }

    /// A taster.
    pub(crate) fn taster(&self, id: TasterId) -> Option<Taster> {
        let own = self.own(|write| match write {
            Write::Taster(taster) if taster.id == id => Some(taster.clone()),
            _ => None,
        });
        own.or_else(|| self.read(|rows| rows.tasters.get(&id).cloned()))
    }

    /// All tasters of the programme.
    pub(crate) fn tasters(&self) -> Vec<Taster> {
        let ids: Vec<TasterId> = self.read(|rows| rows.tasters.keys().copied().collect());
        ids.into_iter().filter_map(|id| self.taster(id)).collect()
    }

    /// The attendances of one person, and from when each counts.
    pub(crate) fn attendances(&self, person: PersonId) -> BTreeMap<AttendanceKey, Time> {
        let mut found: BTreeMap<AttendanceKey, Time> = self.read(|rows| {
            let of_person = rows.attendance.iter().filter(|((who, ..), _)| *who == person);
            of_person.map(|(key, from)| (*key, *from)).collect()
        });
        for write in &self.buffered.writes {
            match write {
                Write::Attendance(key, Some(from)) if key.0 == person => drop(found.insert(*key, *from)),
                Write::Attendance(key, None) => drop(found.remove(key)),
                _ => {}
            }
        }
        found
    }

    /// A committed booking.
    pub(crate) fn booking(&self, id: BookingId) -> Option<Booking> {
        self.read(|rows| rows.bookings.get(&id).cloned())
    }

    /// A committed desk.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn desk(&self, id: CohortId) -> Result<DeskRow> {
        self.read(|rows| rows.desks.get(&id).cloned()).ok_or(StoreError::Corrupt)
    }

    /// Writes and commits.
    ///
    /// # Errors
    /// [`StoreError::OutcomeUnknown`] when the answer is lost.
    pub(crate) async fn commit(mut self) -> Result<()> {
        self.statement().await?;
        self.open = false;
        let (tx, epoch) = (self.tx, self.epoch);
        let buffered = std::mem::take(&mut self.buffered);
        let result = self.ctx.with(|state| end(state, tx, epoch, buffered));
        self.ctx.step().await;
        result
    }
}

/// What becomes of a COMMIT.
fn end(state: &mut State, tx: TxId, epoch: u64, buffered: Buffered) -> Result<()> {
    if state.db.epoch != epoch || state.strikes(Fault::CommitLost) {
        state.roll_back(tx);
        return Err(StoreError::OutcomeUnknown);
    }
    if state.strikes(Fault::CommitInFlight) {
        state.db.in_flight.push(InFlight { tx, buffered });
        return Err(StoreError::OutcomeUnknown);
    }
    state.keep(tx, buffered);
    if state.strikes(Fault::CommitAnswerLost) { Err(StoreError::OutcomeUnknown) } else { Ok(()) }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.open {
            self.ctx.with(|state| state.roll_back(self.tx));
        }
    }
}

/// Finds out whether a transaction was committed whose answer was lost; `None` when it can't be known.
pub(crate) async fn find_out(ctx: &Ctx, tx: TxId) -> Option<bool> {
    for _ in 0..20 {
        ctx.step().await;
        let (status, unreachable) =
            ctx.with(|state| (state.db.statuses.get(&tx).copied(), state.strikes(Fault::ConnectionLost)));
        match status.filter(|_| !unreachable) {
            Some(TxStatus::Committed) => return Some(true),
            Some(TxStatus::Aborted) => return Some(false),
            Some(TxStatus::InProgress) | None => {}
        }
    }
    None
}
