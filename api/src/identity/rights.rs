//! The rights in force, fresh for each request without a query for each: callers that come at the same time
//! are looked up together. Nobody waits for company; who comes while a lookup runs goes with the next.

use super::tokens::Holder;
use crate::http::problem::{Code, Problem};
use domain::identity::{Actor, ClientActor, PersonActor};
use domain::ids::ClientId;
use persistence::identity::access::{self, SignIn};
use persistence::{Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

/// Lookups that can wait; beyond it 503.
const QUEUE: usize = 4096;
/// For how long lost connections are given up for others.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait before that.
const BREATH: Duration = Duration::from_millis(5);
/// Lookups taken together at most.
const TOGETHER: usize = 512;

struct Lookup {
    holder: Arc<Holder>,
    answer: oneshot::Sender<Result<Option<Actor>, Failed>>,
}

/// The database didn't answer.
#[derive(Clone, Copy)]
struct Failed;

/// Looks up rights. Its task ends with it.
pub(crate) struct AccessLoader {
    queue: mpsc::Sender<Lookup>,
}

impl AccessLoader {
    /// Begins to serve.
    pub(crate) fn start(store: Arc<Store>) -> Self {
        let (queue, lookups) = mpsc::channel(QUEUE);
        tokio::spawn(serve(store, lookups));
        Self { queue }
    }

    /// The holder of a token with the rights in force now.
    ///
    /// # Errors
    /// 401 when there is no such person or client any more, or the sign-in has ended; 503.
    pub(crate) async fn actor(&self, holder: &Arc<Holder>) -> Result<Actor, Problem> {
        let (answer, found) = oneshot::channel();
        let unavailable = || Problem::new(Code::Unavailable);
        self.queue.try_send(Lookup { holder: holder.clone(), answer }).map_err(|_| unavailable())?;
        match found.await {
            Ok(Ok(Some(actor))) => Ok(actor),
            Ok(Ok(None)) => Err(Problem::invalid_token()),
            Ok(Err(Failed)) | Err(_) => Err(unavailable()),
        }
    }
}

async fn serve(store: Arc<Store>, mut lookups: mpsc::Receiver<Lookup>) {
    let mut together = Vec::with_capacity(TOGETHER);
    while lookups.recv_many(&mut together, TOGETHER).await > 0 {
        let found = load_in_time(&store, &together).await;
        if let Err(error) = &found {
            tracing::warn!(%error, "rights could not be looked up");
        }
        for Lookup { holder, answer } in together.drain(..) {
            let actor = found.as_ref().map(|found| found.actor(&holder)).map_err(|_| Failed);
            // Nobody is there to take it when the request was given up.
            let _ = answer.send(actor);
        }
    }
}

/// Tries again at once when a connection turns out to be lost: after a restart of the database each of the
/// pool's may be.
async fn load_in_time(store: &Store, together: &[Lookup]) -> Result<Found, StoreError> {
    let began = Instant::now();
    loop {
        match load(store, together).await {
            Err(StoreError::Unavailable(_)) if began.elapsed() < PATIENCE => sleep(BREATH).await,
            done => return done,
        }
    }
}

struct Found {
    persons: HashMap<SignIn, PersonActor>,
    clients: HashMap<ClientId, ClientActor>,
}

impl Found {
    fn actor(&self, holder: &Holder) -> Option<Actor> {
        match holder {
            Holder::Person(id, family) => self.persons.get(&(*id, *family)).cloned().map(Actor::Person),
            Holder::Client(id, asked) => {
                let mut client = self.clients.get(id)?.clone();
                client.scopes.retain(|scope| asked.contains(scope));
                Some(Actor::Client(client))
            }
        }
    }
}

async fn load(store: &Store, together: &[Lookup]) -> Result<Found, StoreError> {
    let (mut persons, mut clients) = (Vec::new(), Vec::new());
    for lookup in together {
        match *lookup.holder {
            Holder::Person(id, family) => persons.push((id, family)),
            Holder::Client(id, _) => clients.push(id),
        }
    }
    persons.sort_unstable();
    persons.dedup();
    clients.sort_unstable();
    clients.dedup();
    let reader = store.reader();
    let persons =
        if persons.is_empty() { HashMap::new() } else { access::persons(&reader, &persons).await? };
    let clients =
        if clients.is_empty() { HashMap::new() } else { access::clients(&reader, &clients).await? };
    Ok(Found { persons, clients })
}
