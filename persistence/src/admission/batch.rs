//! One transaction of the desk: many commands, one commit, each its own answer.

use super::attempts::KeptAttempt;
use super::besides::{self, Replaced};
use super::book_many::{self, Asked};
use super::book_ranked;
use super::booking::{self, Booking};
use super::command::{Answered, Book, Command, DeskError, Job};
use super::decide;
use super::elsewhere::Elsewhere;
use super::evidence::Known;
use super::keys::{self, Way};
use super::managers;
use super::people::{People, booked, persons_of, tried};
use super::planted::{self, Late};
use super::prepared::Changed;
use super::reaches::{accepted, cohorts_of, freed, taken_over};
use super::seat::Seat;
use super::sitting::{Heads, Sitting};
use super::tries::Tries;
use super::waivers::{Waivers, waiving};
use crate::governance::repeats::KeptAnswer;
use crate::identity::participants::{NewKnown, create_known};
use crate::rows::Writes;
use crate::{Result, StoreError, Work};
use domain::admission::Rank;
use domain::ids::{AcademyId, BookingId, CohortId, PersonId};
use domain::planted::{Bug, is_on};
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// What became of a batch.
pub(super) struct Done {
    pub(super) answers: Vec<Result<Answered, DeskError>>,
    pub(super) changed: Changed,
}

pub(super) type Answers = Vec<Result<Answered, DeskError>>;

/// Runs commands in their order. A key that stands twice is run in its own turn, so that the second request
/// finds the first one's answer.
pub(super) async fn run(seat: &mut Seat<'_>, jobs: Vec<Job>) -> Done {
    let mut answers: Vec<Option<Result<Answered, DeskError>>> = jobs.iter().map(|_| None).collect();
    let mut changed = Changed::default();
    let mut left: Vec<(usize, Job)> = jobs.into_iter().enumerate().collect();
    while !left.is_empty() {
        let rest = book_many::split_off(&mut left);
        let mut keys = HashSet::new();
        let (turn, mut later): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, job)| {
            job.key.as_ref().is_none_or(|key| keys.insert((key.caller.clone(), key.key.clone())))
        });
        later.extend(rest);
        let (places, jobs): (Vec<usize>, Vec<Job>) = turn.into_iter().unzip();
        let done = run_turn(seat, jobs).await;
        changed.public_state |= done.changed.public_state;
        changed.mail |= done.changed.mail;
        for (place, answer) in places.into_iter().zip(done.answers) {
            answers[place] = Some(answer);
        }
        left = later;
    }
    let unknown = || Err(DeskError::Store(StoreError::OutcomeUnknown));
    Done { answers: answers.into_iter().map(|answer| answer.unwrap_or_else(unknown)).collect(), changed }
}

/// One that certainly rolled back is retried one by one, so that a bad row hurts nobody else.
async fn run_turn(seat: &mut Seat<'_>, jobs: Vec<Job>) -> Done {
    match attempt_twice(seat, &jobs).await {
        Ok(done) => done,
        Err(error) if jobs.len() == 1 => {
            tracing::warn!(%error, "a command failed at the desk");
            Done { answers: vec![Err(error.into())], changed: Changed::default() }
        }
        Err(StoreError::Unavailable(reason)) => {
            let answer = |_| Err(DeskError::Store(StoreError::Unavailable(reason.clone())));
            Done { answers: jobs.iter().map(answer).collect(), changed: Changed::default() }
        }
        Err(error) => {
            tracing::warn!(%error, "a batch failed at the desk and is tried one by one");
            one_by_one(seat, jobs).await
        }
    }
}

async fn one_by_one(seat: &mut Seat<'_>, jobs: Vec<Job>) -> Done {
    let mut done = Done { answers: Vec::with_capacity(jobs.len()), changed: Changed::default() };
    for job in jobs {
        match attempt_twice(seat, &[job]).await {
            Ok(single) => {
                done.answers.extend(single.answers);
                done.changed.public_state |= single.changed.public_state;
                done.changed.mail |= single.changed.mail;
            }
            Err(error) => {
                tracing::warn!(%error, "a command failed at the desk");
                done.answers.push(Err(error.into()));
            }
        }
    }
    done
}

async fn attempt_twice(seat: &mut Seat<'_>, jobs: &[Job]) -> Result<Done> {
    match attempt_with_all(seat, jobs).await {
        // The connection was lost, or a lock was: nothing was kept, and another try may do.
        Err(StoreError::Unavailable(reason)) => {
            tracing::debug!(reason, "a batch is tried again");
            attempt_with_all(seat, jobs).await
        }
        other => other,
    }
}

/// Tries again with what turns out to be needed: whole lists, more cohorts, or keys looked up first.
async fn attempt_with_all(seat: &mut Seat<'_>, jobs: &[Job]) -> Result<Done> {
    let ranks = jobs.iter().any(|job| matches!(job.command, Command::BookRanked(_)));
    let keys_first = seat.looks_up_keys_first();
    let mut way = Way { whole_lists: false, keys_first, with_ties: ranks, with_claims: false };
    loop {
        match attempt(seat, jobs, way).await {
            Err(StoreError::NeedsMore) if !way.whole_lists => way.whole_lists = true,
            Err(StoreError::NeedsChoices) if !way.with_ties => way.with_ties = true,
            Err(StoreError::NeedsClaims) if !way.with_claims => way.with_claims = true,
            Err(StoreError::NeedsClaims) => {
                let reason = "somebody asked for another place since the locks were chosen";
                return Err(StoreError::Unavailable(reason.to_owned()));
            }
            Err(StoreError::KeyMet) if !way.keys_first => {
                seat.met_a_key();
                way.keys_first = true;
            }
            other => return other,
        }
    }
}

async fn attempt(seat: &mut Seat<'_>, jobs: &[Job], way: Way) -> Result<Done> {
    if let [Job { command: Command::BookMany(many), origin, key, .. }] = jobs {
        let asked = Asked { jobs, many, origin, key: key.as_ref() };
        return book_many::attempt(seat, asked, Way { keys_first: true, ..way }).await;
    }
    if let [Job { command: Command::BookRanked(ranked), .. }] = jobs {
        return book_ranked::attempt(seat, jobs, ranked, Way { keys_first: true, ..way }).await;
    }
    let mut work = seat.begin().await?;
    let mut batch = Batch::open(&mut work, jobs, way).await?;
    for (index, job) in jobs.iter().enumerate() {
        if batch.answers[index].is_none() {
            batch.answers[index] = batch.take(index, job)?;
        }
    }
    let mut writes = Writes::default();
    create_known(&mut writes, batch.sitting.now, &batch.known_to_keep());
    let late = Late::of(&mut batch.sitting);
    let prepared = batch.sitting.prepare(writes);
    // Answers are written while the database works.
    let (changed, drafts) = futures::join!(prepared.run(&work), async { batch.draft_all(jobs) });
    let changed = changed?;
    batch.write_the_rest(&mut work).await?;
    let answers = batch.answer_all(&work, jobs, drafts?, way).await?;
    let done = conclude(seat, work, answers, changed).await?;
    late.write(seat.store, jobs, &done).await?;
    Ok(done)
}

/// Commits, and finds out what became of it where the answer is lost.
pub(super) async fn conclude(
    seat: &mut Seat<'_>,
    work: Work,
    answers: Answers,
    changed: Changed,
) -> Result<Done> {
    let committed = work.transaction_id();
    if is_on(Bug::AnswerBeforeCommit) {
        planted::commit_later(work);
        return Ok(Done { answers, changed });
    }
    match seat.commit(work).await {
        Ok(()) => Ok(Done { answers, changed }),
        Err(StoreError::OutcomeUnknown) if is_on(Bug::BelievesInCommit) => Ok(Done { answers, changed }),
        Err(StoreError::OutcomeUnknown) => {
            match seat.store.find_out(committed, changed.witness).await {
                // The answer to COMMIT was lost, and it is there.
                Some(true) => Ok(Done { answers, changed }),
                Some(false) => Err(StoreError::Unavailable("the transaction was rolled back".to_owned())),
                None => Ok(Done {
                    answers: answers.iter().map(|_| Err(StoreError::OutcomeUnknown.into())).collect(),
                    changed: Changed::default(),
                }),
            }
        }
        Err(error) => Err(error),
    }
}

/// What a command led to, before its answer is written.
pub(super) enum Step {
    Decided { booking: BookingId, position: Position },
    Nothing,
    Refused(DeskError),
    Repeated(KeptAnswer),
}

/// Where a booking stands on the waiting list.
#[derive(Clone, Copy)]
pub(super) enum Position {
    None,
    Known(u64),
    ToCount(Rank),
}

/// A batch at work.
pub(super) struct Batch {
    pub(super) sitting: Sitting,
    pub(super) known: Known,
    pub(super) live: HashMap<(CohortId, PersonId), Booking>,
    pub(super) owners: HashMap<String, PersonId>,
    /// People nobody knew: kept only if a booking or an attempt of theirs is.
    pub(super) strangers: HashMap<PersonId, (String, String)>,
    pub(super) kept_strangers: HashSet<PersonId>,
    pub(super) tries: Tries,
    pub(super) attendances: Vec<besides::Shown>,
    pub(super) attempts: Vec<KeptAttempt>,
    pub(super) replaced: Vec<Replaced>,
    pub(super) elsewhere: Elsewhere,
    pub(super) tokens: Vec<crate::identity::participants::NewBookingToken>,
    pub(super) verify_mails: Vec<crate::messaging::OutboxRow>,
    /// Bookings for which it was said that what overlaps is known (PRG-6).
    pub(super) acknowledged: Vec<(AcademyId, BookingId)>,
    /// The tokens with which places were taken over (ADM-23).
    pub(super) taken_up: Vec<Uuid>,
    /// Managers who are asked.
    pub(super) managers: Vec<managers::NewRequest>,
    pub(super) answers: Vec<Option<Step>>,
    snapshots: HashMap<usize, Booking>,
    /// Whose position on the waiting list has to be counted once all is written.
    to_count: Vec<(usize, Rank)>,
}

impl Batch {
    pub(super) async fn open(work: &mut Work, jobs: &[Job], way: Way) -> Result<Self> {
        let books: Vec<&Book> = jobs.iter().flat_map(|job| job.command.books()).collect();
        let cohorts = cohorts_of(work, jobs, &books, way).await?;
        let addresses = books.iter().flat_map(|book| book.email_keys());
        let addresses = addresses.chain(jobs.iter().filter_map(|job| job.command.participant_key()));
        let early = if is_on(Bug::KeyBeforeLock) { Some(keys_now(work, jobs).await?) } else { None };
        let now = work.lock_desk(addresses, cohorts.iter().copied()).await?;
        let answers = match early {
            Some(early) => early,
            None if way.keys_first => keys::look_up(work, now, jobs).await?,
            None => jobs.iter().map(|_| None).collect(),
        };
        let list: Vec<CohortId> = cohorts.iter().copied().collect();
        let heads = if way.whole_lists { Heads::All } else { Heads::Freed(freed(jobs)) };
        let mut sitting = Sitting::open(work, &list, heads).await?;
        let named: Vec<BookingId> = jobs.iter().filter_map(|job| job.command.booking()).collect();
        if !named.is_empty() {
            sitting.take(booking::bookings(work, named).await?);
        }
        let elsewhere = Elsewhere::load(work, &books, &mut sitting).await?;
        sitting.bring_choices(work).await?;
        let People { mut owners, mut strangers, at_hand, live } = People::find(work, now, &books).await?;
        sitting.look_for_clashes(work, &booked(&books, &owners), accepted(jobs), live.values()).await?;
        managers::find(work, now, &books, &mut owners, &mut strangers).await?;
        let mut persons = persons_of(jobs, &books, &owners, &sitting);
        persons.retain(|id| !at_hand.contains_key(id));
        let told = books.iter().filter_map(|book| book.booker.told());
        let named = jobs.iter().filter_map(|job| sitting.booking(job.command.booking()?)?.told.as_ref());
        let codes = told.chain(named).filter_map(|told| told.organisation_ods_code.clone());
        let codes: BTreeSet<String> = codes.chain(elsewhere.ods_codes.iter().cloned()).collect();
        let at_hand = at_hand.into_values().collect();
        let mut known = Known::load(work, &persons, sitting.gates.clone(), codes, at_hand).await?;
        known.waivers = Waivers::load(work, known.people(), waiving(sitting.rows())).await?;
        known.load_transfers(work, accepted(jobs), taken_over(jobs)).await?;
        known.load_asks(work, sitting.bookings()).await?;
        let with_code = books.iter().filter(|book| book.taster_code.is_some());
        known.load_tasters_of(work, with_code.map(|book| book.cohort_id)).await?;
        let tries = Tries::load(work, sitting.now, tried(&books, &owners)).await?;
        Ok(Self {
            sitting,
            known,
            live,
            owners,
            strangers,
            kept_strangers: HashSet::new(),
            tries,
            attendances: Vec::new(),
            attempts: Vec::new(),
            replaced: Vec::new(),
            elsewhere,
            tokens: Vec::new(),
            verify_mails: Vec::new(),
            acknowledged: Vec::new(),
            taken_up: Vec::new(),
            managers: Vec::new(),
            answers,
            snapshots: HashMap::new(),
            to_count: Vec::new(),
        })
    }

    fn take(&mut self, index: usize, job: &Job) -> Result<Option<Step>> {
        let step = decide::decide(self, job)?;
        if let Step::Decided { booking, .. } = &step {
            // As it stood after its own fact: a later one of the same batch is not its answer's.
            if let Some(booking) = self.sitting.booking(*booking) {
                self.snapshots.insert(index, booking.clone());
            }
            self.look_at_others(&job.origin, *booking)?;
        }
        Ok(Some(step))
    }

    /// Keeps that what overlaps is known, so that nobody asks again (PRG-6).
    pub(super) fn acknowledge(&mut self, booking: &Booking) {
        self.sitting.clashes.acknowledged.insert(booking.id);
        self.acknowledged.push((booking.academy_id, booking.id));
    }

    /// Uses up the token of a proposal: whoever comes next with it finds it used.
    pub(super) fn take_up(&mut self, left: BookingId) {
        if let Some(proposal) = self.known.proposals.get_mut(&left) {
            proposal.used = true;
            self.taken_up.push(proposal.token_id);
        }
    }

    /// What is not the sitting's: new people, attendances, tries, attempts, tokens.
    pub(super) async fn write_the_rest(&mut self, work: &mut Work) -> Result<()> {
        besides::write_the_rest(self, work).await
    }

    /// The answers that need nothing more from the database; `None` for the others.
    fn draft_all(&mut self, jobs: &[Job]) -> Result<Vec<Option<Result<Answered, DeskError>>>> {
        let steps = std::mem::take(&mut self.answers);
        let mut drafts = Vec::with_capacity(jobs.len());
        for (index, (job, step)) in jobs.iter().zip(steps).enumerate() {
            drafts.push(match step {
                Some(Step::Decided { position: Position::ToCount(rank), .. }) => {
                    self.to_count.push((index, rank));
                    None
                }
                Some(Step::Decided { position, .. }) => {
                    let position =
                        if let Position::Known(position) = position { Some(position) } else { None };
                    Some(Ok(self.answer(index, job, position)?))
                }
                Some(Step::Repeated(answer)) => Some(Ok(Answered::Repeated(answer))),
                Some(Step::Refused(error)) => Some(Err(error)),
                Some(Step::Nothing) | None => Some(Ok(Answered::Done(None))),
            });
        }
        Ok(drafts)
    }

    /// Counts positions where that is left to do, and keeps the answers of keys with their effects.
    async fn answer_all(
        self,
        work: &Work,
        jobs: &[Job],
        mut drafts: Vec<Option<Result<Answered, DeskError>>>,
        way: Way,
    ) -> Result<Answers> {
        for (index, rank) in &self.to_count {
            let cohort = jobs[*index].command.cohort();
            let position = super::reads::waiting_before(work, cohort, *rank).await? + 1;
            drafts[*index] = Some(Ok(self.answer(*index, &jobs[*index], Some(position))?));
        }
        keys::keep(work, self.sitting.now, jobs, &drafts, way).await?;
        let nothing = || Ok(Answered::Done(None));
        Ok(drafts.into_iter().map(|draft| draft.unwrap_or_else(nothing)).collect())
    }

    fn answer(&self, index: usize, job: &Job, position: Option<u64>) -> Result<Answered> {
        let booking = self.snapshots.get(&index).cloned();
        let booking = booking.ok_or_else(|| StoreError::corrupt("booking", "id", index))?;
        let record = self.known.record(booking, position, &self.sitting)?;
        Ok(Answered::Done(job.answer.as_ref().map(|write| write(&record))))
    }
}

async fn keys_now(work: &mut Work, jobs: &[Job]) -> Result<Vec<Option<Step>>> {
    let now = work.now().await?;
    keys::look_up(work, now, jobs).await
}

impl Batch {
    /// New people to keep.
    pub(super) fn known_to_keep(&self) -> Vec<NewKnown> {
        let kept = self.strangers.iter().filter(|(id, _)| self.kept_strangers.contains(id));
        kept.map(|(id, (email_key, email))| NewKnown {
            id: *id,
            email_key: email_key.clone(),
            email: email.clone(),
        })
        .collect()
    }
}
