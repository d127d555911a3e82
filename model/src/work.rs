//! One transaction, statement by statement: `desk::lane`, `batch::attempt`, `verification::verify`.

use crate::locks::Lock;
use crate::sitting::{self, Decided};
use crate::state::{Ask, Database, Job, Known, Outcome, Purpose, Seen, Slot, State, Step, Work, Writes};
use crate::{Protocol, Variant};
use domain::admission::EntryKind;
use std::sync::Arc;

impl Protocol {
    /// A transaction with nothing done yet.
    pub(crate) fn begin(&self, state: &State, server: u8, purpose: Purpose, jobs: Vec<Job>) -> Work {
        let locks = self.locks_of(purpose, &jobs);
        let wrong = self.variant == Variant::SnapshotBeforeLock;
        Work {
            server: Some(server),
            purpose,
            jobs,
            step: self.first_step(purpose, &locks),
            locks,
            again: false,
            now: None,
            seen: Seen::default(),
            snapshot: wrong.then(|| state.database.clone()),
            written: None,
            outcomes: Vec::new(),
            overtook: false,
        }
    }

    fn first_step(&self, purpose: Purpose, locks: &[Lock]) -> Step {
        match purpose {
            Purpose::Verification(_) if locks.is_empty() => Step::FindBookings,
            _ => Step::Lock,
        }
    }

    /// Persons (sorted), then the cohort. Accepting, cancelling and ticks take only the cohort's.
    fn locks_of(&self, purpose: Purpose, jobs: &[Job]) -> Vec<Lock> {
        let of_persons = self.variant != Variant::NoPersonLock;
        match purpose {
            Purpose::Promotion => vec![Lock::Cohort],
            Purpose::Verification(person) if self.variant == Variant::CohortBeforePerson => {
                vec![Lock::Cohort, Lock::Person(person)]
            }
            Purpose::Verification(person) => {
                Some(Lock::Person(person)).filter(|_| of_persons).into_iter().collect()
            }
            Purpose::Batch => {
                let booked = |job: &Job| match self.scene.asks[usize::from(job.request?)] {
                    Ask::Book(person) => Some(Lock::Person(person)),
                    _ => None,
                };
                let mut locks: Vec<Lock> = jobs.iter().filter_map(booked).filter(|_| of_persons).collect();
                locks.push(Lock::Cohort);
                locks.sort_unstable();
                locks.dedup();
                locks
            }
        }
    }

    /// Whether a transaction's next statement can run: one that waits for a lock runs when it may take it.
    pub(crate) fn can_step(&self, state: &State, slot: Slot, work: &Work) -> bool {
        match work.step {
            Step::Wait(lock) => state.locks.may_take(lock, slot, self.takes_in_order(lock)),
            _ => true,
        }
    }

    fn takes_in_order(&self, lock: Lock) -> bool {
        !(self.variant == Variant::RowLocks && lock == Lock::Cohort)
    }

    /// Runs a transaction's next statement.
    pub(crate) fn step(&self, state: &mut State, slot: Slot) {
        let Some(mut work) = state.works[usize::from(slot)].take() else { return };
        match work.step {
            Step::Lock => self.ask_for_lock(state, slot, &mut work),
            Step::Wait(lock) => self.take_lock(state, slot, &mut work, lock),
            Step::TakeTime => {
                let behind = u8::from(self.variant == Variant::OwnClocks && work.server == Some(1));
                work.now = Some((state.clock.saturating_sub(behind), state.clock));
                let keyed = work.jobs.iter().any(|job| job.request.is_some());
                let batch = work.purpose == Purpose::Batch;
                work.step = if batch && keyed { Step::LookUpKeys } else { Step::Desks };
            }
            Step::FindBookings => self.find_bookings(state, &mut work),
            Step::LookUpKeys => {
                work.seen.keys = Some(visible(state, &work));
                work.step = Step::Desks;
            }
            Step::Desks => {
                work.seen.row = Some(visible(state, &work));
                work.step = Step::LoadDue;
            }
            Step::LoadDue => {
                work.seen.due = Some(visible(state, &work));
                let of_people = work.purpose == Purpose::Batch && !is_tick(&work);
                work.step = if of_people { Step::LoadKnown } else { Step::Write };
            }
            Step::LoadKnown => {
                work.seen.known = Some(visible(state, &work));
                work.step = Step::Write;
            }
            Step::Write => return self.write(state, slot, work),
            Step::Commit => return self.commit(state, slot, work),
            Step::KeepKeys => {
                keep_keys(state, &work.outcomes, &work.jobs);
                work.step = Step::Answer;
            }
            Step::FindOut { committed: true } => work.step = Step::Answer,
            Step::FindOut { committed: false } => return self.try_again(state, slot, work),
            Step::Answer => return answer(state, &work.jobs, &work.outcomes),
        }
        state.works[usize::from(slot)] = Some(work);
    }

    fn ask_for_lock(&self, state: &mut State, slot: Slot, work: &mut Work) {
        let Some(lock) = work.locks.first().copied() else { return self.have_locks(work) };
        work.locks.remove(0);
        state.locks.ask(lock, slot);
        work.step = Step::Wait(lock);
        if state.locks.may_take(lock, slot, true) {
            self.take_lock(state, slot, work, lock);
        }
    }

    fn take_lock(&self, state: &mut State, slot: Slot, work: &mut Work, lock: Lock) {
        let overtakes = state.locks.take(lock, slot);
        work.overtook |= overtakes && lock == Lock::Cohort;
        work.step = Step::Lock;
        if work.locks.is_empty() {
            self.have_locks(work);
        }
    }

    /// A batch takes the time in the statement that took its locks. A verification looks for bookings first, and
    /// the cohort's lock is its second.
    fn have_locks(&self, work: &mut Work) {
        let looked = work.seen.known.is_some();
        work.step = match work.purpose {
            Purpose::Verification(_) if !looked => Step::FindBookings,
            _ => Step::TakeTime,
        };
    }

    /// `reassess::email_verified` up to the cohorts' locks: only ids and cohorts of what it reads are trusted.
    fn find_bookings(&self, state: &State, work: &mut Work) {
        let found = visible(state, work);
        let Purpose::Verification(person) = work.purpose else { return };
        let any = found.bookings.values().any(|booking| booking.person == person);
        work.seen.known = Some(found);
        work.step = match (any, self.variant) {
            (false, _) => Step::Write,
            (true, Variant::CohortBeforePerson) => Step::TakeTime,
            (true, _) => {
                work.locks.push(Lock::Cohort);
                Step::Lock
            }
        };
    }

    /// Decides, and writes: nobody else sees it before the commit.
    fn write(&self, state: &mut State, slot: Slot, mut work: Work) {
        let mut verified = None;
        let decided = match work.purpose {
            Purpose::Batch => sitting::decide(self, &work, &state.database),
            Purpose::Promotion => sitting::promote(self, &work),
            Purpose::Verification(person) => {
                verified = Some(person);
                match work.seen.row {
                    Some(_) => sitting::verify(self, &work, person),
                    None => Decided {
                        row: None,
                        bookings: [].into(),
                        entries: Vec::new(),
                        outcomes: vec![Outcome::Nothing],
                    },
                }
            }
        };
        let Decided { row, bookings, entries, outcomes } = decided;
        let with_effect = self.variant != Variant::KeyAfterCommit && work.purpose == Purpose::Batch;
        let keys: Vec<_> = kept(&outcomes, &work.jobs).filter(|_| with_effect).collect();
        if keys.iter().any(|(request, _)| state.database.keys.contains_key(request)) {
            // `keep_new`: a key was used by another request meanwhile.
            return self.try_again(state, slot, work);
        }
        work.written = Some(Arc::new(Writes { row, bookings, entries, keys, verified }));
        work.outcomes = outcomes;
        work.seen = Seen::default();
        if self.variant == Variant::AnswerBeforeCommit {
            answer(state, &work.jobs, &work.outcomes);
        }
        work.step = Step::Commit;
        state.works[usize::from(slot)] = Some(work);
    }

    /// COMMIT is done, and its answer arrives.
    fn commit(&self, state: &mut State, slot: Slot, mut work: Work) {
        self.make_durable(state, slot, &work);
        if work.server.is_none() {
            return;
        }
        let cancelled = work
            .written
            .as_ref()
            .is_some_and(|written| written.entries.iter().any(|entry| entry.kind == EntryKind::Cancellation));
        work.written = None;
        work.step = match self.variant {
            Variant::KeyAfterCommit if work.purpose == Purpose::Batch => Step::KeepKeys,
            Variant::PromotionApart if cancelled => {
                let (jobs, outcomes) = (std::mem::take(&mut work.jobs), std::mem::take(&mut work.outcomes));
                let begun = self.begin(state, work.server.unwrap_or(0), Purpose::Promotion, jobs);
                work = Work { outcomes, ..begun };
                Step::Lock
            }
            _ => Step::Answer,
        };
        state.works[usize::from(slot)] = Some(work);
    }

    /// What was written is committed, and the locks are released.
    pub(crate) fn make_durable(&self, state: &mut State, slot: Slot, work: &Work) {
        state.locks.release(slot);
        let Some(written) = &work.written else { return };
        state.overtaken |= work.overtook && !written.entries.is_empty();
        let database = Arc::make_mut(&mut state.database);
        if let Some(row) = &written.row {
            database.row.clone_from(row);
        }
        database.bookings.extend(written.bookings.iter().map(|(id, booking)| (*id, booking.clone())));
        database.ledger.extend(written.entries.iter().cloned());
        database.keys.extend(written.keys.iter().cloned());
        if let Some(person) = written.verified.filter(|person| !database.verified.contains(person)) {
            database.verified.push(person);
            database.verified.sort_unstable();
        }
    }

    /// `attempt_twice`: what was certainly rolled back is tried once more, then its callers get 503. (The real
    /// desk tries the commands of a batch one by one after other faults than a lost connection.)
    pub(crate) fn try_again(&self, state: &mut State, slot: Slot, work: Work) {
        state.locks.release(slot);
        let Some(server) = work.server else { return };
        if work.again {
            return unavailable(state, &work.jobs);
        }
        // The second transaction of a promotion is not the one that is tried again: what it promised is done.
        let begun = self.begin(state, server, work.purpose, work.jobs);
        let outcomes = if work.purpose == Purpose::Promotion { work.outcomes } else { Vec::new() };
        state.works[usize::from(slot)] = Some(Work { again: true, outcomes, ..begun });
    }
}

/// What a statement sees: what is committed when it runs, or the snapshot that was taken before.
fn visible(state: &State, work: &Work) -> Arc<Database> {
    work.snapshot.as_ref().unwrap_or(&state.database).clone()
}

fn is_tick(work: &Work) -> bool {
    work.jobs.iter().all(|job| job.request.is_none())
}

/// Only 2xx answers are kept: a refusal changed nothing, and its repeat is decided anew.
fn kept<'a>(
    outcomes: &'a [Outcome],
    jobs: &'a [Job],
) -> impl Iterator<Item = (crate::state::Request, crate::state::Answer)> + 'a {
    jobs.iter().zip(outcomes).filter_map(|(job, outcome)| match outcome {
        Outcome::Done(answer) => Some((job.request?, answer.clone())),
        _ => None,
    })
}

fn keep_keys(state: &mut State, outcomes: &[Outcome], jobs: &[Job]) {
    let database = Arc::make_mut(&mut state.database);
    for (request, answer) in kept(outcomes, jobs) {
        database.keys.entry(request).or_insert(answer);
    }
}

/// An answer reaches the attempt that waits for it; one that the client gave up on reaches nobody. It arrives
/// at once: later arrival only makes fewer requests come after it.
fn answer(state: &mut State, jobs: &[Job], outcomes: &[Outcome]) {
    for (job, outcome) in jobs.iter().zip(outcomes) {
        tell(state, job, || Known::Answered(outcome.clone()));
    }
}

pub(crate) fn unavailable(state: &mut State, jobs: &[Job]) {
    for job in jobs {
        tell(state, job, || Known::Unavailable);
    }
}

fn tell(state: &mut State, job: &Job, known: impl FnOnce() -> Known) {
    let Some(client) = job.request.and_then(|request| state.clients.get_mut(usize::from(request))) else {
        return;
    };
    if client.known == Known::Waiting && client.attempts == job.attempt {
        client.known = known();
    }
}
