//! One transaction of the desk (after `persistence::admission::batch`): many commands, one commit, each its
//! own answer.

use super::command::{Book, Command, Job, Reply};
use super::decide::{Batch, Step, decide};
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
        let mut keys = BTreeSet::new();
        let (turn, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, job)| keys.insert(job.op));
        let (places, jobs): (Vec<usize>, Vec<Job>) = turn.into_iter().unzip();
        for (place, reply) in places.into_iter().zip(run_turn(ctx, &jobs).await) {
            replies[place] = Some(reply);
        }
        left = later;
    }
    let unknown = || Reply::Failed(StoreError::OutcomeUnknown);
    replies.into_iter().map(|reply| reply.unwrap_or_else(unknown)).collect()
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
    match attempt(ctx, jobs, false, true).await {
        Err(StoreError::NeedsMore) => {
            ctx.with(|state| state.coverage.count("shell", "whole waiting list loaded"));
            attempt(ctx, jobs, true, true).await
        }
        // The connection was lost, or a lock was: nothing was kept, and another try may do.
        Err(StoreError::Unavailable) => {
            ctx.with(|state| state.coverage.count("shell", "batch tried again"));
            attempt(ctx, jobs, false, true).await
        }
        Err(StoreError::OutcomeUnknown) => attempt(ctx, jobs, false, false).await,
        other => other,
    }
}

async fn attempt(ctx: &Ctx, jobs: &[Job], whole_lists: bool, look_up: bool) -> Result<Vec<Reply>> {
    let mut work = Work::begin(ctx).await?;
    let early = look_up_keys(&work, jobs, look_up);
    let others = cohorts_that_a_code_opens(&work, jobs);
    let cohorts = others.iter().map(|(cohort, _)| LockKey::Cohort(*cohort));
    work.lock(locks_of(jobs).into_iter().chain(cohorts)).await?;
    let kept = if ctx.has(Bug::KeyBeforeLock) { early } else { look_up_keys(&work, jobs, look_up) };
    let mut batch = open(&mut work, jobs, &others, whole_lists).await?;
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
                let answer = answer_of(batch.sitting.booking(id));
                work.note_effect(job.op);
                answers.push((job.op, answer.clone()));
                look_at_others(&mut work, &mut batch).await?;
                Reply::Done(answer)
            }
            Step::Nothing => Reply::Done(answer_of(None)),
            Step::Refused(refused) => Reply::Refused(refused, work.seen),
        };
        replies.push(reply);
    }
    batch.sitting.write(&mut work).await?;
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
    let persons = books(jobs).map(|book| LockKey::Person(book.person));
    tasters.chain(persons).chain(jobs.iter().map(|job| LockKey::Cohort(job.command.cohort()))).collect()
}

fn books(jobs: &[Job]) -> impl Iterator<Item = &Book> {
    jobs.iter().filter_map(|job| match &job.command {
        Command::Book(book) => Some(book),
        _ => None,
    })
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
    others: &[(CohortId, PersonId)],
    whole_lists: bool,
) -> Result<Batch> {
    let of_jobs = jobs.iter().map(|job| job.command.cohort());
    let cohorts: BTreeSet<CohortId> = of_jobs.chain(others.iter().map(|(cohort, _)| *cohort)).collect();
    let ticks_only = jobs.iter().all(|job| matches!(job.command, Command::Tick { .. }));
    let expiry_by_job = work.ctx().has(Bug::ExpiryByJobOnly) && ticks_only;
    let heads = if whole_lists || expiry_by_job { Heads::All } else { Heads::Freed(freed(jobs)) };
    let list: Vec<CohortId> = cohorts.into_iter().collect();
    let mut sitting = Sitting::open(work, &list, &heads).await?;
    let named = jobs.iter().filter_map(|job| job.command.booking());
    sitting.take(named.filter_map(|id| work.booking(id)));
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
    let frees =
        |job: &&Job| matches!(job.command, Command::Cancel { .. } | Command::Answer { accept: false, .. });
    for job in jobs.iter().filter(frees) {
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
