//! Jobs: named, repeated, woken early by a [`Notify`], and stopped when the program drains. Nothing is spawned
//! and forgotten.

use crate::http::app::{App, Shared};
use futures::FutureExt;
use persistence::admission::Desk;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// How long a job may take to end when the program drains.
const PATIENCE: Duration = Duration::from_secs(10);

/// What wakes a job before its interval is over.
pub(crate) type Wake = fn(&Shared) -> &Notify;

/// All jobs of this process.
pub(crate) struct Jobs {
    app: App,
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Jobs {
    /// None yet.
    pub(crate) fn new(app: App) -> Self {
        Self { app, stop: watch::Sender::new(false), running: JoinSet::new() }
    }

    /// Runs `work` now, then `interval` after each end, or as soon as `wake` is told. Errors and panics are logged,
    /// and the next turn comes as usual.
    pub(crate) fn every<F, E>(
        &mut self,
        name: &'static str,
        interval: Duration,
        wake: Option<Wake>,
        work: impl Fn(App) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<(), E>> + Send,
        E: std::fmt::Display + Send,
    {
        let app = self.app.clone();
        let mut stop = self.stop.subscribe();
        self.running.spawn(async move {
            while !*stop.borrow() {
                turn(name, work(app.clone())).await;
                let woken = async {
                    match wake {
                        Some(wake) => wake(&app).notified().await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = tokio::time::sleep(interval) => {}
                    () = woken => {}
                    _ = stop.changed() => {}
                }
            }
        });
    }

    /// Lets running turns end and begins no more.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.running.join_next().await.is_some() {} };
        if timeout(PATIENCE, all).await.is_err() {
            tracing::warn!("a job did not end in time and is cut off");
            self.running.shutdown().await;
        }
    }
}

/// How long a job waits behind the desk at a time, at most.
const BEHIND_THE_DESK: Duration = Duration::from_secs(1);

/// How often the desk is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(50);

/// Leaves the machine to the desk: returns once nobody waits there for others, in a second at the latest.
pub(crate) async fn wait_behind(desk: &Desk) {
    let began = Instant::now();
    while desk.is_busy() && began.elapsed() < BEHIND_THE_DESK {
        sleep(GLANCE).await;
    }
}

async fn turn<E: std::fmt::Display>(name: &'static str, work: impl Future<Output = Result<(), E>>) {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(job = name, %error, "a job failed"),
        Err(_) => tracing::error!(job = name, "a job panicked"),
    }
}
