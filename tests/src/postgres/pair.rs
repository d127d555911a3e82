//! PostgreSQL with a synchronous standby that takes over when the primary has died, again and again, behind one
//! address.

use super::{Cluster, Home};
use crate::Database;
use crate::disk::{Disk, Filling};
use crate::proxy::Proxy;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a standby may take to come up and to catch up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Room for a cluster on a small disk, in megabytes.
const ROOM: u32 = 320;

/// A primary and, once [`Pair::attach_standby`] was called, its standby.
pub(crate) struct Pair {
    front: Proxy,
    primary: Arc<Cluster>,
    standby: Option<Arc<Cluster>>,
    small_disks: bool,
}

impl Pair {
    /// A primary, on a small disk if that is wanted and can be had; `None` where no PostgreSQL is installed. Not to be
    /// called inside a runtime.
    pub(crate) fn start(small_disks: bool) -> Option<Self> {
        let disk = if small_disks { Disk::mount(ROOM) } else { None };
        let small_disks = disk.is_some();
        let primary = Cluster::own_on(disk)?;
        Some(Self {
            front: Proxy::apart(&primary.url("postgres")),
            primary: Arc::new(primary),
            standby: None,
            small_disks,
        })
    }

    /// The address of its database, whoever is the primary.
    pub(crate) fn url(&self) -> String {
        self.front.through(&self.primary.url("postgres"))
    }

    /// Which of the two is written to.
    pub(crate) fn primary(&self) -> Arc<Cluster> {
        self.primary.clone()
    }

    /// Its database, without the proxy.
    fn direct(&self) -> Database {
        Database::at(self.primary.url("postgres"))
    }

    /// Stops the primary for ever, as a power cut would, lets the standby take over, and leads everybody there. Until
    /// [`Pair::attach_standby`] there is no other.
    ///
    /// # Panics
    /// When there is no standby, or it doesn't take over.
    pub(crate) async fn fail_over(&mut self) {
        let standby = self.standby.take().expect("a standby");
        let (old, new) = (self.primary.clone(), standby.clone());
        // Nobody is promoted before the old one is dead: otherwise there would be two.
        in_background(move || {
            old.stop_immediately();
            new.promote();
        })
        .await;
        self.front.lead_to(&standby.url("postgres"));
        let dead = std::mem::replace(&mut self.primary, standby);
        in_background(move || drop(dead)).await;
    }

    /// Builds a standby and waits until no commit is answered that it doesn't have.
    ///
    /// # Panics
    /// When it doesn't come up.
    pub(crate) async fn attach_standby(&mut self) {
        let (primary, small) = (self.primary.clone(), self.small_disks);
        let standby = in_background(move || Cluster::standby_of(&primary, small)).await;
        self.standby = Some(Arc::new(standby));
        self.wait_for(
            "SELECT state FROM pg_stat_replication WHERE application_name = 'standby'",
            "streaming",
        )
        .await;
        let direct = self.direct();
        for sql in ["ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()"] {
            direct.execute(sql).await.expect("commits can be made to wait for the standby");
        }
        self.wait_for("SHOW synchronous_standby_names", "standby").await;
        // Commits wait as soon as the checkpointer has read the settings, which it does before each checkpoint.
        direct.execute("CHECKPOINT").await.expect("a checkpoint");
        self.is_in_step().await;
    }

    /// Waits until the standby has all that is committed by now: who watches a pair lets nobody take over who lags
    /// behind for another reason than the primary's death.
    pub(crate) async fn is_in_step(&self) {
        let at = self.direct().column("SELECT pg_current_wal_flush_lsn()::text").await;
        let sql = format!(
            "SELECT (flush_lsn >= '{}')::text FROM pg_stat_replication WHERE sync_state = 'sync'",
            at[0]
        );
        self.wait_for(&sql, "true").await;
    }

    async fn wait_for(&self, sql: &str, wanted: &str) {
        let begun = Instant::now();
        while self.direct().column(sql).await.first().is_none_or(|got| got != wanted) {
            assert!(begun.elapsed() < PATIENCE, "the standby does not get so far: {sql}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Fills the primary's disk, where that is a small one.
    pub(crate) fn fill(&self) -> Option<Filling> {
        self.primary.home.as_ref()?.disk.as_ref().map(Disk::fill)
    }

    /// Lets the primary begin further files of its log, which a full disk has no room for.
    pub(crate) async fn switch_logs(&self) {
        for _ in 0..6 {
            let sql = "SELECT pg_switch_wal() FROM pg_logical_emit_message(true, 'chaos', 'full')";
            if self.direct().try_to(sql).await.is_err() {
                return;
            }
        }
    }

    /// What an operator does once there is room again: starts a primary that has given up. Says whether it had.
    ///
    /// # Panics
    /// When it doesn't come up.
    pub(crate) async fn bring_up(&self) -> bool {
        let begun = Instant::now();
        let mut had_given_up = false;
        while self.direct().try_to("SELECT 1").await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not come up");
            let primary = self.primary.clone();
            had_given_up |= in_background(move || primary.start_if_ended()).await;
        }
        had_given_up
    }
}

impl Cluster {
    /// A copy of a running one that follows it.
    fn standby_of(primary: &Self, on_small_disk: bool) -> Self {
        let disk = if on_small_disk { Disk::mount(ROOM) } else { None };
        let home = Home::open(disk).expect("the primary's binaries");
        let port = primary.home.as_ref().expect("a cluster of our own").port;
        let source = format!("host=127.0.0.1 port={port} user=academy application_name=standby");
        let how = ["-R", "-X", "stream", "-c", "fast", "--no-sync"];
        home.run("pg_basebackup", &[&["-D", &home.data(), "-d", &source], &how[..]].concat());
        Self::started(home)
    }

    fn promote(&self) {
        let home = self.home.as_ref().expect("a cluster of our own");
        home.run("pg_ctl", &["-D", &home.data(), "-w", "promote"]);
    }

    /// Starts it unless it runs; says whether it did.
    fn start_if_ended(&self) -> bool {
        let home = self.home.as_ref().expect("a cluster of our own");
        let ended = !home.try_to("pg_ctl", &["-D", &home.data(), "status"]);
        if ended {
            self.start();
        }
        ended
    }
}

/// Does what blocks where it holds up nobody.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("PostgreSQL does as it is told")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::runtime;

    #[test]
    fn a_standby_takes_over_twice_and_has_all_that_was_committed() {
        let Some(mut pair) = Pair::start(false) else { return };
        let database = Database::at(pair.url());
        runtime().block_on(async {
            database.execute("CREATE TABLE t (word text)").await.unwrap();
            for word in ["first", "second"] {
                pair.attach_standby().await;
                database.execute(&format!("INSERT INTO t VALUES ('{word}')")).await.unwrap();
                let before = pair.primary().url("postgres");
                pair.fail_over().await;
                assert_ne!(pair.primary().url("postgres"), before);
            }
            assert_eq!(database.column("SELECT word FROM t ORDER BY word").await, ["first", "second"]);
        });
    }
}
