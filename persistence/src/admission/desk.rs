//! The desk: one in each process, with a few lanes. What queues while a transaction runs is taken together
//! into the next; when there is no queue nothing is waited for.

use super::batch;
use super::book_many::BookMany;
use super::book_ranked::BookRanked;
use super::command::{Answered, Command, DeskError, Job, WriteAnswer};
use super::seat::{Carried, Seat};
use crate::governance::repeats::RequestKey;
use crate::{Origin, Store, StoreError};
use domain::ids::CohortId;
use futures::future::join_all;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{mpsc, oneshot};

/// How many lanes the desk has. A cohort always has the same one.
const LANES: usize = 2;

/// How many commands may wait at one lane; more are refused at once.
const QUEUE: usize = 2_048;

type Reply = oneshot::Sender<Result<Answered, DeskError>>;
pub(super) type Queued = (Job, Reply);

/// Where commands that reach settling are handed in.
#[derive(Clone)]
pub struct Desk {
    lanes: Arc<[mpsc::Sender<Queued>]>,
    unanswered: Arc<AtomicUsize>,
}

/// Counts a command while somebody waits for its answer.
struct Unanswered<'a>(&'a AtomicUsize);

impl<'a> Unanswered<'a> {
    fn count(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Desk {
    /// A desk, and the work of its lanes: it ends when the last `Desk` is dropped and all is answered.
    ///
    /// `max_batch` is how many commands share a transaction: 1 to 256.
    pub fn open(store: Arc<Store>, max_batch: usize) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let mut senders = Vec::with_capacity(LANES);
        let mut lanes = Vec::with_capacity(LANES);
        for _ in 0..LANES {
            let (sender, receiver) = mpsc::channel(QUEUE);
            senders.push(sender);
            lanes.push(lane(store.clone(), receiver, max_batch.clamp(1, 256)));
        }
        let desk = Self { lanes: senders.into(), unanswered: Arc::default() };
        (desk, async move {
            join_all(lanes).await;
        })
    }

    /// Whether several wait for their answer at this moment. A lane's queue alone does not say it: it is empty each
    /// time that the lane has just taken all that queued.
    pub fn is_busy(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed) > 1
    }

    /// Hands a command in and waits for its answer.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was changed, unless it is [`StoreError::OutcomeUnknown`].
    pub async fn submit(
        &self,
        command: Command,
        origin: Origin,
        key: Option<RequestKey>,
        answer: WriteAnswer,
    ) -> Result<Answered, DeskError> {
        self.hand_in(Job { command, origin, key, answer: Some(answer) }).await
    }

    /// Hands in a request for several people (ADM-18), which writes its own answer.
    ///
    /// # Errors
    /// As [`Desk::submit`]; what is refused of single people stands in the answer.
    pub async fn submit_many(
        &self,
        many: BookMany,
        origin: Origin,
        key: Option<RequestKey>,
    ) -> Result<Answered, DeskError> {
        self.hand_in(Job { command: Command::BookMany(Box::new(many)), origin, key, answer: None }).await
    }

    /// Hands in a form that ranks several cohorts (ADM-21), which writes its own answer.
    ///
    /// # Errors
    /// As [`Desk::submit`]; [`DeskError::NotRanked`] tells what each cohort refuses.
    pub async fn submit_ranked(
        &self,
        ranked: BookRanked,
        origin: Origin,
        key: Option<RequestKey>,
    ) -> Result<Answered, DeskError> {
        self.hand_in(Job { command: Command::BookRanked(Box::new(ranked)), origin, key, answer: None }).await
    }

    /// Enters what the clock has made due in a cohort (ADM-11).
    ///
    /// # Errors
    /// As [`Desk::submit`].
    pub async fn tick(&self, cohort: CohortId) -> Result<(), DeskError> {
        let job = Job { command: Command::Tick { cohort }, origin: Origin::job(), key: None, answer: None };
        self.hand_in(job).await.map(|_| ())
    }

    async fn hand_in(&self, job: Job) -> Result<Answered, DeskError> {
        let cohort = job.command.cohort().0.as_u128();
        let lane = usize::try_from((cohort ^ (cohort >> 64)) % self.lanes.len() as u128).unwrap_or(0);
        let (reply, answer) = oneshot::channel();
        let _unanswered = Unanswered::count(&self.unanswered);
        self.lanes[lane].try_send((job, reply)).map_err(|_| DeskError::Overloaded)?;
        answer.await.unwrap_or(Err(DeskError::Store(StoreError::OutcomeUnknown)))
    }
}

async fn lane(store: Arc<Store>, mut queue: mpsc::Receiver<Queued>, max_batch: usize) {
    let mut taken: Vec<Queued> = Vec::with_capacity(max_batch);
    let mut carried = Carried::default();
    loop {
        if queue.is_empty() {
            // Nobody waits: the connection is not held for who may come.
            carried.kept = None;
        }
        if queue.recv_many(&mut taken, max_batch).await == 0 {
            return;
        }
        // Whoever has gone has perhaps asked again elsewhere and was answered there.
        taken.retain(|(_, reply)| !reply.is_closed());
        if taken.is_empty() {
            continue;
        }
        let (jobs, replies): (Vec<Job>, Vec<Reply>) = taken.drain(..).unzip();
        let mut seat = Seat::new(&store, &queue, std::mem::take(&mut carried));
        let done = batch::run(&mut seat, jobs).await;
        carried = seat.into_carried();
        if done.changed.mail {
            store.mail_is_due.notify_one();
        }
        for (reply, answer) in replies.into_iter().zip(done.answers) {
            // Whoever asked may have gone; what was done stays done.
            let _ = reply.send(answer);
        }
    }
}
