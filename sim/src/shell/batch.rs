//! One transaction of the desk (after `persistence::admission::batch`): many commands, one commit, each its
//! own answer.

use super::command::{Book, Command, Job, Reply};
use super::decide::{Batch, Step, decide};
use super::forms::with_ties;
use super::reassess::look_again;
use super::sitting::{Heads, Sitting};
use crate::bugs::Bug;
use crate::ctx::Ctx;
use crate::store::locks::LockKey;
use crate::store::rows::{Answer, Booking, OpId, Write};
use crate::store::work::{Result, StoreError, Work, find_out};
use domain::admission::BookingStatus;
use domain::ids::{CohortId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// Runs commands in their order. A key that stands twice is run in its own turn, so that the second request
/// finds the first one's answer.
pub(crate) async fn run(ctx: &Ctx, jobs: Vec<Job>) -> Vec<Reply> {
    let mut replies: Vec<Option<Reply>> = jobs.iter().map(|_| None).collect();
    let mut left: Vec<(usize, Job)> = jobs.into_iter().enumerate().collect();
    while !left.is_empty() {
        let rest = split_off(&mut left);
        let mut keys = BTreeSet::new();
        let (turn, mut later): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, job)| keys.insert(job.op));
        later.extend(rest);
        let (places, jobs): (Vec<usize>, Vec<Job>) = turn.into_iter().unzip();
        for (place, reply) in places.into_iter().zip(run_turn(ctx, &jobs).await) {
            replies[place] = Some(reply);
        }
        left = later;
    }
    let unknown = || Reply::Failed(StoreError::OutcomeUnknown);
    replies.into_iter().map(|reply| reply.unwrap_or_else(unknown)).collect()
}

/// Leaves in `jobs` what shares a transaction: a form for several cohorts has one of its own. Gives the rest.
fn split_off(jobs: &mut Vec<(usize, Job)>) -> Vec<(usize, Job)> {
    match jobs.iter().position(|(_, job)| matches!(job.command, Command::Ranked(_))) {
        None => Vec::new(),
        Some(first) => jobs.split_off(first.max(1)),
    }
}

/// One that certainly rolled back is retried one by one, so that a bad row hurts nobody else.
async fn run_turn(ctx: &Ctx, jobs: &[Job]) -> Vec<Reply> {
    match attempt_twice(ctx, jobs).await {
        Ok(replies) => replies,
        Err(error) if jobs.len() == 1 || error == StoreError::Unavailable => {
            jobs.iter().map(|_| Reply::Failed(error)).collect()
        }
        Err(_) => {
            ctx.with(|state| state.coverage.count("shell", "batch tried one by one"));
            let mut replies = Vec::with_capacity(jobs.len());
            for job in jobs {
                match attempt_twice(ctx, std::slice::from_ref(job)).await {
                    Ok(single) => replies.extend(single),
                    Err(error) => replies.push(Reply::Failed(error)),
                }
            }
            replies
        }
    }
}

async fn attempt_twice(ctx: &Ctx, jobs: &[Job]) -> Result<Vec<Reply>> {
    match attempt_with_all(ctx, jobs, true).await {
        // The connection was lost, or a lock was: nothing was kept, and another try may do.
        Err(StoreError::Unavailable) => {
            ctx.with(|state| state.coverage.count("shell", "batch tried again"));
            attempt_with_all(ctx, jobs, true).await
        }
        Err(StoreError::OutcomeUnknown) => attempt_with_all(ctx, jobs, false).await,
        other => other,
    }
}

/// How a batch is tried.
#[derive(Clone, Copy)]
struct Way {
    whole_lists: bool,
    with_ties: bool,
    look_up: bool,
}

/// Tries again with what turns out to be needed: whole lists, or the other choices of forms.
async fn attempt_with_all(ctx: &Ctx, jobs: &[Job], look_up: bool) -> Result<Vec<Reply>> {
    let with_ties = jobs.iter().any(|job| matches!(job.command, Command::Ranked(_)));
    let mut way = Way { whole_lists: false, with_ties, look_up };
    loop {
        let again = match attempt(ctx, jobs, way).await {
            Err(StoreError::NeedsMore) if !way.whole_lists => {
                way.whole_lists = true;
                "whole waiting list loaded"
            }
            Err(StoreError::NeedsChoices) if !way.with_ties => {
                way.with_ties = true;
                "decided again with the other choices"
            }
            other => return other,
        };
        ctx.with(|state| state.coverage.count("shell", again));
    }
}

async fn attempt(ctx: &Ctx, jobs: &[Job], way: Way) -> Result<Vec<Reply>> {
    let mut work = Work::begin(ctx).await?;
    let early = look_up_keys(&work, jobs, way.look_up);
    let others = cohorts_that_a_code_opens(&work, jobs);
    let cohorts = cohorts_of(&mut work, jobs, &others, way);
    work.lock(locks_of(jobs).into_iter().chain(cohorts.iter().copied().map(LockKey::Cohort))).await?;
    let kept = if ctx.has(Bug::KeyBeforeLock) { early } else { look_up_keys(&work, jobs, way.look_up) };
    let mut batch = open(&mut work, jobs, cohorts, way.whole_lists).await?;
    work.statement().await?;
    let mut replies = Vec::with_capacity(jobs.len());
    let mut answers: Vec<(OpId, Answer)> = Vec::new();
    for (job, kept) in jobs.iter().zip(kept) {
        if let Some(answer) = kept {
            replies.push(Reply::Repeated(answer));
            continue;
        }
        let reply = match decide(&mut batch, &mut work, &job.command)? {
            Step::Decided(id) => {
                let mut answer = answer_of(batch.sitting.booking(id));
                if matches!(job.command, Command::Ranked(_)) {
                    // Of several ledgers: none of their versions stands for the answer.
                    answer.version = None;
                }
                work.note_effect(job.op);
                answers.push((job.op, answer.clone()));
                look_at_others(&mut work, &mut batch).await?;
                Reply::Done(answer)
            }
            Step::Nothing => Reply::Done(answer_of(None)),
            // Nothing of a form is kept where one of its cohorts refuses: it has a transaction of its own.
            Step::Refused(refused) if matches!(job.command, Command::Ranked(_)) => {
                return Ok(vec![Reply::Refused(refused, work.seen)]);
            }
            Step::Refused(refused) => Reply::Refused(refused, work.seen),
        };
        replies.push(reply);
    }
    batch.sitting.write(&mut work).await?;
    conclude(ctx, work, jobs, replies, answers).await
}

/// Keeps the answers of keys with their effects, and commits.
async fn conclude(
    ctx: &Ctx,
    mut work: Work,
    jobs: &[Job],
    replies: Vec<Reply>,
    answers: Vec<(OpId, Answer)>,
) -> Result<Vec<Reply>> {
    if !ctx.has(Bug::KeyAfterCommit) {
        keep_keys(&mut work, &answers);
    }
    if ctx.has(Bug::AnswersBeforeCommit) {
        ctx.begin(None, commit_later(work));
        return Ok(replies);
    }
    let tx = work.tx;
    let committed = work.commit().await;
    if ctx.has(Bug::KeyAfterCommit) && committed.is_ok() {
        let mut second = Work::begin(ctx).await?;
        keep_keys(&mut second, &answers);
        second.commit().await?;
    }
    match committed {
        Err(StoreError::OutcomeUnknown) => after_lost_answer(ctx, tx, jobs, replies).await,
        other => other.map(|()| replies),
    }
}

/// The answer to COMMIT was lost: what is there is looked up, and what can't be known is not made up.
async fn after_lost_answer(ctx: &Ctx, tx: u64, jobs: &[Job], replies: Vec<Reply>) -> Result<Vec<Reply>> {
    if ctx.has(Bug::BelievesInCommit) {
        return Ok(replies);
    }
    if ctx.has(Bug::AppliedTwiceOnRetry) {
        return Err(StoreError::OutcomeUnknown);
    }
    let found = find_out(ctx, tx).await;
    let word = match found {
        Some(true) => "found committed",
        Some(false) => "found rolled back",
        None => "not to be found out",
    };
    ctx.with(|state| state.coverage.count("lost COMMIT answer", word));
    match found {
        Some(true) => Ok(replies),
        Some(false) => Err(StoreError::Unavailable),
        None => Ok(jobs.iter().map(|_| Reply::Failed(StoreError::OutcomeUnknown)).collect()),
    }
}

async fn commit_later(work: Work) {
    for _ in 0..4 {
        work.ctx().step().await;
    }
    // Whoever asked has been told already: that is the bug.
    let _ = work.commit().await;
}

fn keep_keys(work: &mut Work, answers: &[(OpId, Answer)]) {
    for (op, answer) in answers {
        work.write(Write::Key(*op, answer.clone()));
    }
}

fn locks_of(jobs: &[Job]) -> Vec<LockKey> {
    let tasters = books(jobs).filter_map(|book| book.code).map(|(taster, _)| LockKey::Taster(taster));
    tasters.chain(books(jobs).map(|book| LockKey::Person(book.person))).collect()
}

fn books(jobs: &[Job]) -> impl Iterator<Item = &Book> {
    jobs.iter().flat_map(|job| job.command.books())
}

/// The cohorts to lock, and to sit over.
fn cohorts_of(
    work: &mut Work,
    jobs: &[Job],
    others: &[(CohortId, PersonId)],
    way: Way,
) -> BTreeSet<CohortId> {
    let of_jobs = jobs.iter().map(|job| job.command.cohort());
    let asked = books(jobs).map(|book| book.cohort);
    let cohorts = of_jobs.chain(asked).chain(others.iter().map(|(cohort, _)| *cohort)).collect();
    if way.with_ties { with_ties(work, cohorts) } else { cohorts }
}

fn look_up_keys(work: &Work, jobs: &[Job], look_up: bool) -> Vec<Option<Answer>> {
    let kept = |job: &Job| work.read(|rows| rows.keys.get(&job.op).cloned());
    jobs.iter().map(|job| if look_up { kept(job) } else { None }).collect()
}

/// A code that comes with a booking may open the gates of the person's other bookings.
fn cohorts_that_a_code_opens(work: &Work, jobs: &[Job]) -> Vec<(CohortId, PersonId)> {
    if work.ctx().has(Bug::CodeOpensOneGate) {
        return Vec::new();
    }
    let with_code = books(jobs).filter(|book| book.code.is_some());
    let pending = with_code.flat_map(|book| pending_elsewhere(work, book.person));
    pending.map(|booking| (booking.cohort, booking.person)).collect()
}

/// Looks at the gates that the code of this booking opened besides its own, before anybody else's turn.
async fn look_at_others(work: &mut Work, batch: &mut Batch) -> Result<()> {
    let Some(person) = batch.shown.take().filter(|_| !work.ctx().has(Bug::CodeOpensOneGate)) else {
        return Ok(());
    };
    let pending = pending_elsewhere(work, person);
    if pending.iter().any(|booking| batch.sitting.desk(booking.cohort).is_err()) {
        // It was made since the locks were chosen: another try finds it.
        return Err(StoreError::Unavailable);
    }
    batch.sitting.take(pending);
    let ids = batch.sitting.pending_of(person);
    look_again(work, &mut batch.sitting, &ids).await
}

fn pending_elsewhere(work: &Work, person: PersonId) -> Vec<Booking> {
    let theirs = |booking: &&Booking| booking.person == person && booking.status == BookingStatus::Pending;
    work.read(|rows| rows.bookings.values().filter(theirs).cloned().collect())
}

async fn open(
    work: &mut Work,
    jobs: &[Job],
    cohorts: BTreeSet<CohortId>,
    whole_lists: bool,
) -> Result<Batch> {
    let ticks_only = jobs.iter().all(|job| matches!(job.command, Command::Tick { .. }));
    let expiry_by_job = work.ctx().has(Bug::ExpiryByJobOnly) && ticks_only;
    let heads = if whole_lists || expiry_by_job { Heads::All } else { Heads::Freed(freed(jobs)) };
    let list: Vec<CohortId> = cohorts.into_iter().collect();
    let mut sitting = Sitting::open(work, &list, &heads).await?;
    let named = jobs.iter().filter_map(|job| job.command.booking());
    sitting.take(named.filter_map(|id| work.booking(id)));
    sitting.bring_choices(work);
    let live = books(jobs).filter_map(|book| live_booking(work, book)).collect::<Vec<_>>();
    let live: BTreeMap<_, _> = live.into_iter().map(|live| ((live.cohort, live.person), live)).collect();
    Ok(Batch { sitting, live, shown: None })
}

fn live_booking(work: &Work, book: &Book) -> Option<Booking> {
    let is_theirs = |booking: &&Booking| {
        booking.cohort == book.cohort
            && booking.person == book.person
            && booking.status != BookingStatus::Closed
    };
    work.read(|rows| rows.bookings.values().find(is_theirs).cloned())
}

fn freed(jobs: &[Job]) -> BTreeMap<CohortId, u64> {
    let mut freed = BTreeMap::new();
    for job in jobs.iter().filter(|job| job.command.can_free()) {
        *freed.entry(job.command.cohort()).or_insert(0) += 1;
    }
    freed
}

fn answer_of(booking: Option<&Booking>) -> Answer {
    Answer {
        booking: booking.map(|booking| booking.id),
        status: booking.map(|booking| booking.status),
        offer_expires_at: booking.and_then(|booking| booking.offer_expires_at),
        version: booking.and_then(|booking| booking.cohort_version),
    }
}
