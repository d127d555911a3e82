//! What goes wrong, by a seeded schedule.

use super::{Options, Servers};
use crate::proxy::{Fault, Proxy};
use crate::{Cluster, Kind, Server, World};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const ON_BOTH: [&str; 4] = ["server killed", "server paused", "server restarted", "clock moved on"];

const ON_POSTGRES: [&str; 5] = [
    "PostgreSQL stopped at once",
    "backends killed",
    "COMMITs lost or their answers swallowed",
    "COMMITs delayed",
    "connections cut",
];

/// Does it.
pub(super) struct Nemesis {
    pub(super) servers: Servers,
    proxy: Option<Proxy>,
    cluster: Option<Arc<Cluster>>,
    chance: fastrand::Rng,
    counts: BTreeMap<&'static str, u64>,
    kinds: Vec<&'static str>,
    turn: usize,
}

impl Nemesis {
    /// Starts the further servers: one whose own clock is a minute off, and one behind a proxy.
    pub(super) async fn begin(world: &World, cluster: Option<Arc<Cluster>>, options: Options) -> Self {
        let mut servers = vec![world.server.clone()];
        let mut kinds = ON_BOTH.to_vec();
        let mut proxy = None;
        if options.kind == Kind::Postgres {
            let off = world.settings().with("ACADEMY_PROGRAM_CLOCK_OFFSET", "-60");
            servers.push(Arc::new(Server::start(off).await));
            let url = world.database.url();
            let between = Proxy::to(&url).await;
            let behind = world.settings().with("DATABASE_URL", &between.through(&url));
            servers.push(Arc::new(Server::start(behind).await));
            proxy = Some(between);
            kinds.extend(ON_POSTGRES);
        }
        let mut chance = fastrand::Rng::with_seed(options.seed);
        chance.shuffle(&mut kinds);
        Self { servers: Arc::new(servers), proxy, cluster, chance, counts: BTreeMap::new(), kinds, turn: 0 }
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
            "PostgreSQL stopped at once" => self.power_cut(some_time / 5).await,
            "backends killed" => {
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE application_name = 'academy' AND random() < 0.5";
                let _ = world.database.execute(sql).await;
            }
            _ => self.on_the_wire(kind, some_time).await,
        }
        *self.counts.entry(kind).or_default() += 1;
    }

    async fn power_cut(&self, dark: Duration) {
        let Some(cluster) = self.cluster.clone() else { return };
        let done = tokio::task::spawn_blocking(move || {
            cluster.stop_immediately();
            std::thread::sleep(dark);
            cluster.start();
        });
        done.await.expect("PostgreSQL starts again");
    }

    /// Faults that wait for COMMITs are counted when they met one.
    async fn on_the_wire(&mut self, kind: &'static str, some_time: Duration) {
        let Some(proxy) = &self.proxy else { return };
        let before = proxy.happened();
        match kind {
            "connections cut" => return proxy.cut(),
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
        // The turn itself is counted by who called: what met nothing does not count.
        let count = self.counts.entry(kind).or_default();
        *count = (*count + met).saturating_sub(1);
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

    /// How often each happened.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.clone()
    }

    /// Which never did.
    pub(super) fn missing(&self) -> Vec<String> {
        let never = self.kinds.iter().filter(|kind| self.counts.get(*kind).is_none_or(|count| *count == 0));
        never.map(|kind| format!("the fault `{kind}` never happened")).collect()
    }
}
