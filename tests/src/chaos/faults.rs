//! What goes wrong, by a seeded schedule.

use super::{Ground, Options, Report, Seen, Servers};
use crate::proxy::{Fault, Proxy};
use crate::{Server, World};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const ON_BOTH: [&str; 4] = ["server killed", "server paused", "server restarted", "clock moved on"];

const ON_POSTGRES: [&str; 6] = [
    "PostgreSQL stopped at once",
    "standby took over",
    "backends killed",
    "COMMITs lost or their answers swallowed",
    "COMMITs delayed",
    "connections cut",
];

/// How long a disk is kept full until a write is refused, and how long it may take until one is done again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does it.
pub(super) struct Nemesis {
    pub(super) servers: Servers,
    proxy: Option<Proxy>,
    ground: Ground,
    /// What is read while nothing can be written, and by whom.
    cohort: String,
    token: String,
    chance: fastrand::Rng,
    counts: BTreeMap<&'static str, u64>,
    outages: BTreeMap<&'static str, Vec<u128>>,
    wrong: Vec<String>,
    seen: Arc<Seen>,
    kinds: Vec<&'static str>,
    turn: usize,
}

impl Nemesis {
    /// Starts the standby and the further servers: one whose own clock is a minute off, and one behind a proxy.
    pub(super) async fn begin(
        world: &World,
        mut ground: Ground,
        cohort: String,
        seen: Arc<Seen>,
        options: Options,
    ) -> Self {
        let mut servers = vec![world.server.clone()];
        let mut kinds = ON_BOTH.to_vec();
        let mut proxy = None;
        if let Ground::Postgres(pair) = &mut ground {
            pair.attach_standby().await;
            let off = world.settings().with("ACADEMY_PROGRAM_CLOCK_OFFSET", "-60");
            servers.push(Arc::new(Server::start(off).await));
            let url = world.database.url();
            let between = Proxy::to(&url).await;
            let behind = world.settings().with("DATABASE_URL", &between.through(&url));
            servers.push(Arc::new(Server::start(behind).await));
            proxy = Some(between);
            kinds.extend(ON_POSTGRES);
        }
        if options.full_disks {
            kinds.push("disk full");
        }
        let mut chance = fastrand::Rng::with_seed(options.seed);
        chance.shuffle(&mut kinds);
        Self {
            servers: Arc::new(servers),
            proxy,
            ground,
            cohort,
            token: world.partner().token().await.unwrap_or_default(),
            chance,
            counts: BTreeMap::new(),
            outages: BTreeMap::new(),
            wrong: Vec::new(),
            seen,
            kinds,
            turn: 0,
        }
    }

    /// The next fault: each kind once in an order by chance, then anew.
    pub(super) async fn strike(&mut self, world: &World) {
        // Who has one server only gets nothing done while that is down.
        let least = if self.servers.len() == 1 { 1_000 } else { 100 };
        let rest = Duration::from_millis(self.chance.u64(least..least + 800));
        tokio::time::sleep(rest).await;
        let kind = self.kinds[self.turn % self.kinds.len()];
        self.turn += 1;
        if self.turn.is_multiple_of(self.kinds.len()) {
            self.chance.shuffle(&mut self.kinds);
        }
        let server = self.servers[self.chance.usize(0..self.servers.len())].clone();
        let some_time = Duration::from_millis(self.chance.u64(300..2_500));
        match kind {
            "server killed" => {
                server.kill();
                tokio::time::sleep(some_time / 3).await;
                server.start_again().await;
            }
            "server paused" => {
                server.stand_still();
                tokio::time::sleep(some_time).await;
                server.go_on();
            }
            "server restarted" => {
                let _ = server.stop().await;
                server.start_again().await;
            }
            "clock moved on" => world.advance(TimeDelta::minutes(61)),
            "disk full" => return self.full_disk(world, some_time).await,
            "PostgreSQL stopped at once" => self.power_cut(some_time / 5).await,
            "standby took over" => self.fail_over().await,
            "backends killed" => {
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE application_name = 'academy' AND random() < 0.5";
                let _ = world.database.execute(sql).await;
            }
            _ => return self.on_the_wire(kind, some_time).await,
        }
        self.count(kind, 1);
    }

    fn count(&mut self, kind: &'static str, times: u64) {
        *self.counts.entry(kind).or_default() += times;
    }

    async fn power_cut(&mut self, dark: Duration) {
        let Ground::Postgres(pair) = &self.ground else { return };
        let primary = pair.primary();
        let begun = Instant::now();
        let done = tokio::task::spawn_blocking(move || {
            primary.stop_immediately();
            std::thread::sleep(dark);
            primary.start();
        });
        done.await.expect("PostgreSQL starts again");
        self.goes_on("PostgreSQL stopped at once", begun).await;
    }

    /// The primary dies for ever, the standby takes over, and a new standby is built, without which nobody can.
    async fn fail_over(&mut self) {
        let Ground::Postgres(pair) = &mut self.ground else { return };
        pair.is_in_step().await;
        let begun = Instant::now();
        pair.fail_over().await;
        self.goes_on("standby took over", begun).await;
        let Ground::Postgres(pair) = &mut self.ground else { return };
        pair.attach_standby().await;
    }

    /// No room until something was refused, and then a little longer; counted if something was. Whoever embeds the
    /// database goes on reading meanwhile.
    async fn full_disk(&mut self, world: &World, some_time: Duration) {
        let Some(filling) = self.ground.fill() else { return };
        let before = self.seen.refused.load(Ordering::Relaxed);
        let begun = Instant::now();
        let with_logs = self.chance.bool();
        while self.seen.refused.load(Ordering::Relaxed) == before && begun.elapsed() < PATIENCE {
            if let Ground::Postgres(pair) = &self.ground
                && with_logs
            {
                pair.switch_logs().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(some_time).await;
        if matches!(self.ground, Ground::Sqlite(..)) {
            let path = format!("{}/v1/cohorts/{}", world.server.base(), self.cohort);
            let read = reqwest::Client::new().get(path).bearer_auth(&self.token).send().await;
            if !read.as_ref().is_ok_and(|answer| answer.status() == 200) {
                self.wrong.push(format!("while the disk is full nothing can be read: {read:?}"));
            }
        }
        let was_refused = self.seen.refused.load(Ordering::Relaxed) > before;
        drop(filling);
        let begun = Instant::now();
        if let Ground::Postgres(pair) = &self.ground
            && pair.bring_up().await
        {
            self.count("disk full, and PostgreSQL gave up", 1);
        }
        self.count("disk full", u64::from(was_refused));
        self.goes_on("disk full", begun).await;
    }

    /// Waits until something is done again, with nobody's help, and notes how long that took since `begun`.
    async fn goes_on(&mut self, kind: &'static str, begun: Instant) {
        let (before, up) = (self.seen.done.load(Ordering::Relaxed), Instant::now());
        while self.seen.done.load(Ordering::Relaxed) == before {
            if up.elapsed() > PATIENCE {
                return self.wrong.push(format!("nothing is done any more since this: {kind}"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.outages.entry(kind).or_default().push(begun.elapsed().as_millis());
    }

    /// Faults that wait for COMMITs are counted when they met one.
    async fn on_the_wire(&mut self, kind: &'static str, some_time: Duration) {
        let Some(proxy) = &self.proxy else { return };
        let before = proxy.happened();
        match kind {
            "connections cut" => {
                proxy.cut();
                return self.count(kind, 1);
            }
            "COMMITs delayed" => (0..4).for_each(|_| proxy.plan(Fault::Delayed(some_time / 4))),
            _ => {
                for fault in [Fault::CommitLost, Fault::AnswerSwallowed, Fault::AnswerSwallowed] {
                    proxy.plan(fault);
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        proxy.calm();
        let met = proxy.happened() - before;
        self.count(kind, met);
    }

    /// Nothing goes wrong any more, and everything that stood still goes on.
    pub(super) async fn relent(&mut self) {
        if let Some(proxy) = &self.proxy {
            proxy.calm();
        }
        for server in self.servers.iter() {
            server.go_on();
        }
    }

    /// What it did, and what came of it.
    pub(super) fn tell(&self, report: &mut Report) {
        report.faults = self.counts.clone();
        report.outages = self.outages.clone();
        report.outages.values_mut().for_each(|times| times.sort_unstable());
        report.wrong.extend(self.wrong.iter().cloned());
        report.missing.extend(self.missing());
    }

    /// Which never did.
    pub(super) fn missing(&self) -> Vec<String> {
        let never = self.kinds.iter().filter(|kind| self.counts.get(*kind).is_none_or(|count| *count == 0));
        never.map(|kind| format!("the fault `{kind}` never happened")).collect()
    }
}
