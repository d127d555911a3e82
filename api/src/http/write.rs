//! How a change is made: one transaction, with the answer of a repeated request (ADM-10).

use super::answer::Answer;
use super::app::Shared;
use super::caller::Caller;
use super::problem::{Code, Problem};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use bytes::Bytes;
use persistence::Work;
use persistence::governance::repeats::{self, Claimed, KeptAnswer, RequestKey};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How long a duplicate waits for the first to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// What sealed answers are sealed for.
const SEAL: &str = "repeat";

impl Shared {
    /// Runs `act` in a transaction on behalf of the caller and commits it, with the answer kept for repeats
    /// when the request has an `Idempotency-Key`. Rights are checked before, so also before a replay.
    ///
    /// ```ignore
    /// app.write(&caller, async |work: &mut Work| {
    ///     let row = persistence::catalogue::publish(work, id).await?;
    ///     work.audit(AuditRow { … });
    ///     Ok(Answer::ok(&ProgrammeView::from(row)))
    /// }).await
    /// ```
    ///
    /// # Errors
    /// Whatever `act` refuses with, which leaves nothing behind; the problems of keys; 503.
    pub(crate) async fn write<F>(&self, caller: &Caller, act: F) -> Result<Answer, Problem>
    where
        F: AsyncFnOnce(&mut Work) -> Result<Answer, Problem>,
    {
        let Some(key) = caller.request_key()? else {
            let mut work = self.store.begin(caller.origin()).await?;
            let answer = act(&mut work).await?;
            return commit(work, answer).await;
        };
        let _running = self.in_flight.enter(&key).await?;
        let mut work = self.store.begin(caller.origin()).await?;
        let claimed = timeout(PATIENCE, repeats::claim(&mut work, &key)).await;
        let claimed = claimed.map_err(|_| Problem::new(Code::RequestInProgress))??;
        if let Some(replay) = self.replayed(claimed)? {
            return Ok(replay);
        }
        let answer = act(&mut work).await?;
        if answer.unkept {
            repeats::release(&work, &key).await?;
        } else if answer.status.is_success() {
            repeats::keep(&work, &key, &self.kept(&answer)?).await?;
        }
        commit(work, answer).await
    }

    /// The first answer again, where there was one.
    ///
    /// # Errors
    /// 422 for a key used otherwise, 409 for an answer that is no longer kept.
    pub(crate) fn replayed(&self, claimed: Claimed) -> Result<Option<Answer>, Problem> {
        match claimed {
            Claimed::Fresh => Ok(None),
            Claimed::Answered(kept) => {
                let replayed = HeaderName::from_static("idempotency-replayed");
                Ok(Some(self.revive(kept)?.header(replayed, "true")))
            }
            Claimed::Dropped => Err(Problem::new(Code::AnswerDropped)),
            Claimed::Reused => Err(Problem::new(Code::IdempotencyKeyReused)),
        }
    }

    /// An answer as it is kept: sealed when it holds a secret.
    ///
    /// # Errors
    /// 500 when it can't be sealed.
    pub(crate) fn kept(&self, answer: &Answer) -> Result<KeptAnswer, Problem> {
        let broken = |_| Problem::new(Code::InternalError);
        let body = if answer.secret {
            self.secrets.seal(SEAL, &answer.body).ok_or_else(|| Problem::new(Code::InternalError))?
        } else {
            String::from_utf8(answer.body.to_vec()).map_err(broken)?
        };
        let lines: BTreeMap<&str, &str> = answer
            .headers
            .iter()
            .filter_map(|(name, value)| value.to_str().ok().map(|value| (name.as_str(), value)))
            .collect();
        let headers = serde_json::to_string(&lines).unwrap_or_else(|_| "{}".into());
        Ok(KeptAnswer { status: answer.status.as_u16(), headers, body, sealed: answer.secret })
    }

    /// A kept answer as it was given.
    ///
    /// # Errors
    /// 500 when it can't be read.
    pub(crate) fn revive(&self, kept: KeptAnswer) -> Result<Answer, Problem> {
        let broken = || Problem::new(Code::InternalError);
        let mut answer = Answer::new(StatusCode::from_u16(kept.status).map_err(|_| broken())?);
        answer.body = if kept.sealed {
            self.secrets.open(SEAL, &kept.body).ok_or_else(broken)?.into()
        } else {
            Bytes::from(kept.body)
        };
        let lines: BTreeMap<String, String> = serde_json::from_str(&kept.headers).map_err(|_| broken())?;
        for (name, value) in lines {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                answer.headers.push((name, value));
            }
        }
        Ok(answer)
    }
}

/// Commits what led to a success; anything else leaves nothing behind.
async fn commit(work: Work, answer: Answer) -> Result<Answer, Problem> {
    if answer.status.is_success() {
        work.commit().await?;
    }
    Ok(answer)
}

type Line = (String, String);

/// Keys whose first request runs in this process: its duplicates wait here, not on a database connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashMap<Line, Arc<Semaphore>>>>);

/// Leaves the key to the next when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    all: InFlight,
    line: Line,
    turn: Arc<Semaphore>,
}

impl InFlight {
    /// Waits for the turn of this key.
    ///
    /// # Errors
    /// 409 `request-in-progress` after 5 s.
    pub(crate) async fn enter(&self, key: &RequestKey) -> Result<Running, Problem> {
        let line = (key.caller.clone(), key.key.clone());
        let turn = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(line.clone()).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
        };
        let running = |turn| Running { all: self.clone(), line, turn };
        match timeout(PATIENCE, turn.acquire()).await {
            Ok(Ok(permit)) => {
                permit.forget();
                Ok(running(turn.clone()))
            }
            _ => Err(Problem::new(Code::RequestInProgress)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut all = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.turn.add_permits(1);
        // Two hold it when nobody else waits: the map and this one.
        if Arc::strong_count(&self.turn) == 2 {
            all.remove(&self.line);
        }
    }
}

#[cfg(test)]
mod tests;
