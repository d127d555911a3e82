//! The world of one test: a running server, its database, its clock and those who call it.

use crate::actor::Credentials;
use crate::furnish::{self, Furnished, PASSWORD, email_of};
use crate::{Actor, Cluster, Database, Kind, Mailbox, Output, Program, Server, Settings};
use chrono::{DateTime, TimeDelta, Utc};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

/// A running server with an academy in it, on a database of its own.
pub struct World {
    /// Its first server.
    pub server: Arc<Server>,
    /// The mails it wrote.
    pub mailbox: Mailbox,
    /// Its database.
    pub database: Database,
    program: Program,
    clock: Arc<TestClock>,
    furnished: Arc<Furnished>,
}

struct TestClock {
    file: PathBuf,
    offset: Mutex<TimeDelta>,
}

/// Runs a test on SQLite and, where there is one, on PostgreSQL.
///
/// # Panics
/// When the test fails on either.
#[track_caller]
pub fn on_both(program: &Program, test: impl AsyncFn(World)) {
    let run = |kind| {
        let half = AssertUnwindSafe(|| on(program, kind, &test));
        let passed = catch_unwind(half).is_ok();
        (!passed).then(|| kind.to_string())
    };
    let failed: Vec<String> = [Kind::Sqlite, Kind::Postgres].into_iter().filter_map(run).collect();
    assert!(failed.is_empty(), "failed on {}", failed.join(" and "));
}

/// Runs a test that needs several servers, which only PostgreSQL serves.
pub fn on_postgres(program: &Program, test: impl AsyncFn(World)) {
    on(program, Kind::Postgres, &test);
}

/// Runs a test on one of the two.
pub fn on(program: &Program, kind: Kind, test: &impl AsyncFn(World)) {
    let Some(furnished) = furnish::furnished(program, kind) else { return };
    eprintln!("— on {kind}");
    runtime().block_on(async {
        let database = furnished.copy();
        let world = World::start(program, furnished, database, &[]).await;
        test(world).await;
    });
}

/// Runs a test on a cluster of its own, which it may stop and start; says so where there is none.
pub fn on_own_cluster(program: &Program, test: impl AsyncFn(World, &Cluster)) {
    let Some(cluster) = Cluster::own() else { return };
    let database = Database::at(cluster.url("postgres"));
    let furnished = Arc::new(furnish::furnish(program, database.clone()));
    runtime().block_on(async {
        let world = World::start(program, furnished, database, &[]).await;
        test(world, &cluster).await;
    });
}

/// A furnished database on which worlds are opened side by side, each on a copy of its own: for measuring.
pub struct Stage {
    program: Program,
    furnished: Arc<Furnished>,
}

impl Stage {
    /// Furnishes one; `None` where there is no PostgreSQL. Not to be called inside a runtime.
    pub fn new(program: &Program, kind: Kind) -> Option<Self> {
        Some(Self { program: program.clone(), furnished: furnish::furnished(program, kind)? })
    }

    /// A world whose server has these settings too.
    pub async fn world(&self, more: &[(&str, &str)]) -> World {
        World::start(&self.program, self.furnished.clone(), self.furnished.copy(), more).await
    }
}

pub(crate) fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
}

impl World {
    pub(crate) async fn start(
        program: &Program,
        furnished: Arc<Furnished>,
        database: Database,
        more: &[(&str, &str)],
    ) -> Self {
        let mailbox = Mailbox::new();
        let file = mailbox.directory().join("clock");
        let clock = Arc::new(TestClock { file: file.clone(), offset: Mutex::new(TimeDelta::zero()) });
        let mut settings = Settings::new(program, &database, &mailbox, file);
        settings.more.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let server = Arc::new(Server::start(settings).await);
        Self { server, mailbox, database, program: program.clone(), clock, furnished }
    }

    /// What a further server of this world is started with.
    pub fn settings(&self) -> Settings {
        Settings::new(&self.program, &self.database, &self.mailbox, self.clock.file.clone())
    }

    /// A further server on the same database.
    pub async fn another_server(&self) -> Arc<Server> {
        Arc::new(Server::start(self.settings()).await)
    }

    /// Stops the server, and starts it with other settings.
    pub async fn restart_with(&mut self, settings: Settings) {
        self.server.kill();
        self.server = Arc::new(Server::start(settings).await);
    }

    /// Runs a command of the program on this database.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let (url, clock) = (self.database.url(), self.clock.file.display().to_string());
        let settings = [("DATABASE_URL", url.as_str()), ("ACADEMY_CLOCK_OFFSET_FILE", clock.as_str())];
        self.program.run(arguments, &settings)
    }

    /// Asserts that `academy ledger verify` agrees with every ledger (ADM-12).
    pub async fn verify_ledgers(&self) {
        let _ = self.ledgers_verified().await.succeeded();
    }

    /// What `academy ledger verify` says. An embedded database is served by one program only, so there the server is
    /// stopped for it and started again.
    pub async fn ledgers_verified(&self) -> Output {
        let embedded = self.database.kind() == Kind::Sqlite;
        if embedded {
            self.server.kill();
        }
        let said = self.run(&["ledger", "verify"]);
        if embedded {
            self.server.start_again().await;
        }
        said
    }

    /// Moves the clock of this world's servers on.
    ///
    /// # Panics
    /// When the file can't be written.
    pub fn advance(&self, by: TimeDelta) {
        let mut offset = self.clock.offset.lock().unwrap_or_else(PoisonError::into_inner);
        *offset += by;
        let next = self.clock.file.with_extension("next");
        std::fs::write(&next, offset.num_seconds().to_string()).expect("the clock can be written");
        std::fs::rename(next, &self.clock.file).expect("the clock can be set");
    }

    /// Moves the clock to a moment, or a little after.
    pub fn advance_to(&self, moment: DateTime<Utc>) {
        let by = moment - self.now();
        self.advance(TimeDelta::seconds(by.num_seconds() + 1));
    }

    /// What the servers' clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        self.watch()()
    }

    /// The servers' clock, to be looked at while they are at work.
    #[expect(clippy::disallowed_methods, reason = "a test lives in the machine's time")]
    pub(crate) fn watch(&self) -> impl Fn() -> DateTime<Utc> + Send + Sync + use<> {
        let clock = self.clock.clone();
        move || Utc::now() + *clock.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A moment from now, as requests write it.
    pub fn in_hours(&self, hours: i64) -> String {
        moment(self.now() + TimeDelta::hours(hours))
    }

    /// The academy.
    pub fn academy(&self) -> &str {
        &self.furnished.academy
    }

    /// The id of somebody, or of a client, whom every world has.
    pub fn id_of(&self, name: &str) -> &str {
        &self.furnished.actors[name].id
    }

    /// Nobody in particular.
    pub fn anonymous(&self) -> Actor {
        Actor::new(&self.server, "anonymous", Credentials::None, None)
    }

    /// Whoever holds this access token. Never signs in again.
    pub fn bearer(&self, token: &str) -> Actor {
        Actor::new(&self.server, "a bearer", Credentials::None, Some(token.to_owned()))
    }

    /// Manages academies, members and clients.
    pub fn platform_admin(&self) -> Actor {
        self.known("admin")
    }

    /// Staff of the academy.
    pub fn coordinator(&self) -> Actor {
        self.known("coordinator")
    }

    /// Byron Lee, who runs sessions and tasters.
    pub fn facilitator(&self) -> Actor {
        self.known("byron")
    }

    /// A partner's client, which vouches for emails.
    pub fn partner(&self) -> Actor {
        self.known("partner")
    }

    /// A client of the academy's own scripts, with every scope but `webhooks:manage`.
    pub fn operations(&self) -> Actor {
        self.known("operations")
    }

    fn known(&self, name: &str) -> Actor {
        let signed = &self.furnished.actors[name];
        Actor::new(&self.server, name, signed.credentials.clone(), signed.token.clone())
    }

    /// A person with a verified email. `ellie`, `sam`, `amara` and `tom` are there already; others register
    /// now, which costs two password hashes.
    pub async fn participant(&self, name: &str) -> Actor {
        if self.furnished.actors.contains_key(name) {
            return self.known(name);
        }
        furnish::register(&self.server, &self.mailbox, &email_of(name), &full_name(name)).await;
        self.registered(name)
    }

    /// A person who has registered; the email is not verified.
    pub async fn newcomer(&self, name: &str) -> Actor {
        let body = serde_json::json!({
            "email": email_of(name), "password": PASSWORD, "fullName": full_name(name)
        });
        let _ = self.anonymous().post("/v1/auth/register", body).await.status(202);
        self.registered(name)
    }

    fn registered(&self, name: &str) -> Actor {
        let credentials = Credentials::Password { email: email_of(name), password: PASSWORD.to_owned() };
        Actor::new(&self.server, name, credentials, None)
    }

    /// A client with these terms, made by the platform admin.
    pub async fn client(&self, body: serde_json::Value) -> Actor {
        let path = format!("/v1/academies/{}/clients", self.academy());
        let made = self.platform_admin().post(path, body).await.created();
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        let credentials = Credentials::Client { id: text("clientId"), secret: text("clientSecret") };
        Actor::new(&self.server, "a client", credentials, None)
    }
}

/// A moment as requests write it.
pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

fn full_name(name: &str) -> String {
    let mut letters = name.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{} Newcomer", letters.as_str())
}
