//! The desk: one in each process, with a few lanes. What queues while a transaction runs is taken together
//! into the next; when there is no queue nothing is waited for.

use super::batch;
use super::book_many::BookMany;
use super::command::{Answered, Command, DeskError, Job, WriteAnswer};
use super::seat::Seat;
use crate::governance::repeats::RequestKey;
use crate::{Origin, Store, StoreError};
use domain::ids::CohortId;
use futures::future::join_all;
use std::future::Future;
use std::sync::Arc;
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
        let desk = Self { lanes: senders.into() };
        (desk, async move {
            join_all(lanes).await;
        })
    }

    /// Whether commands wait for a lane that is at work.
    pub fn has_queue(&self) -> bool {
        self.lanes.iter().any(|lane| lane.capacity() < lane.max_capacity())
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
        self.lanes[lane].try_send((job, reply)).map_err(|_| DeskError::Overloaded)?;
        answer.await.unwrap_or(Err(DeskError::Store(StoreError::OutcomeUnknown)))
    }
}

async fn lane(store: Arc<Store>, mut queue: mpsc::Receiver<Queued>, max_batch: usize) {
    let mut taken: Vec<Queued> = Vec::with_capacity(max_batch);
    let mut kept = None;
    loop {
        if queue.is_empty() {
            // Nobody waits: the connection is not held for who may come.
            kept = None;
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
        let mut seat = Seat::new(&store, &queue, kept.take());
        let done = batch::run(&mut seat, jobs).await;
        kept = seat.into_kept();
        if done.changed.mail {
            store.mail_is_due.notify_one();
        }
        for (reply, answer) in replies.into_iter().zip(done.answers) {
            // Whoever asked may have gone; what was done stays done.
            let _ = reply.send(answer);
        }
    }
}
