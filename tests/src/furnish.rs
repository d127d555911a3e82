//! What every test finds: furnished once through the public API, then copied for each test.

use crate::actor::Credentials;
use crate::{Actor, Database, Kind, Mailbox, Program, Server, Settings};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The people whose email is verified; the first name is the key.
pub(crate) const PEOPLE: [(&str, &str); 6] = [
    ("coordinator", "Robert Marx"),
    ("byron", "Byron Lee"),
    ("ellie", "Ellie Ward"),
    ("sam", "Sam Okafor"),
    ("amara", "Amara Nwosu"),
    ("tom", "Tom Hughes"),
];

/// A database with an academy and those who use it.
pub(crate) struct Furnished {
    database: Database,
    pub(crate) academy: String,
    pub(crate) actors: BTreeMap<String, Signed>,
}

/// How somebody signs in, and a token to begin with.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) credentials: Credentials,
    pub(crate) token: Option<String>,
    /// A person's or client's id.
    pub(crate) id: String,
}

/// The password of everybody in tests.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The email of somebody in tests.
pub(crate) fn email_of(name: &str) -> String {
    format!("{name}@trust.example.nhs.uk")
}

impl Furnished {
    /// A copy of the database.
    pub(crate) fn copy(&self) -> Database {
        self.database.copy()
    }
}

/// The furnished database of this kind; `None` where there is no PostgreSQL.
pub(crate) fn furnished(program: &Program, kind: Kind) -> Option<Arc<Furnished>> {
    static SQLITE: OnceLock<Option<Arc<Furnished>>> = OnceLock::new();
    static POSTGRES: OnceLock<Option<Arc<Furnished>>> = OnceLock::new();
    let place = if kind == Kind::Sqlite { &SQLITE } else { &POSTGRES };
    let make = || Database::empty(kind).map(|database| Arc::new(furnish(program, database)));
    place.get_or_init(make).clone()
}

/// Furnishes an empty database.
pub(crate) fn furnish(program: &Program, database: Database) -> Furnished {
    let url = database.url();
    let admin = [("DATABASE_URL", url.as_str()), ("ACADEMY_ADMIN_PASSWORD", PASSWORD)];
    if database.kind() == Kind::Postgres {
        let _ = program.run(&["migrate"], &admin).succeeded();
    }
    let arguments = ["admin", "create", "--email", &email_of("admin")];
    let _ = program.run(&arguments, &admin).succeeded();
    crate::world::runtime().block_on(async {
        let mailbox = Mailbox::new();
        let clock = mailbox.directory().join("clock");
        let settings = Settings::new(program, &database, &mailbox, clock);
        let server = Arc::new(Server::start(settings).await);
        let mut house = House { server: server.clone(), mailbox, actors: BTreeMap::new() };
        let academy = house.furnish().await;
        assert_eq!(server.stop().await, 0, "the server stops cleanly:\n{}", server.log());
        Furnished { database, academy, actors: house.actors }
    })
}

struct House {
    server: Arc<Server>,
    mailbox: Mailbox,
    actors: BTreeMap<String, Signed>,
}

impl House {
    async fn furnish(&mut self) -> String {
        let password = || PASSWORD.to_owned();
        let credentials = Credentials::Password { email: email_of("admin"), password: password() };
        let admin = self.enter("admin", credentials).await;
        let academy = json!({
            "slug": "south-east", "name": "South East Leadership Academy", "region": "south_east",
            "contactEmail": "academy@example.nhs.uk",
        });
        let academy = admin.post("/v1/academies", academy).await.created();
        let academy = academy["id"].as_str().expect("an id").to_owned();
        for (name, full_name) in PEOPLE {
            register(&self.server, &self.mailbox, &email_of(name), full_name).await;
        }
        for (name, role) in [("coordinator", "coordinator"), ("byron", "facilitator")] {
            let member = json!({"email": email_of(name), "role": role});
            let _ = admin.post(format!("/v1/academies/{academy}/members"), member).await.created();
        }
        for (name, _) in PEOPLE {
            let credentials = Credentials::Password { email: email_of(name), password: password() };
            let _ = self.enter(name, credentials).await;
        }
        self.make_clients(&admin, &academy).await;
        academy
    }

    async fn make_clients(&mut self, admin: &Actor, academy: &str) {
        let booking = json!(["catalogue:read", "bookings:read", "bookings:write"]);
        let all = json!([
            "catalogue:read",
            "catalogue:write",
            "bookings:read",
            "bookings:write",
            "attendance:write",
            "reports:read"
        ]);
        for (name, kind, scopes, vouches) in
            [("partner", "partner", &booking, true), ("operations", "operations", &all, false)]
        {
            let client = json!({"name": name, "kind": kind, "scopes": scopes, "vouchesForEmails": vouches});
            let made = admin.post(format!("/v1/academies/{academy}/clients"), client).await.created();
            let text = |name: &str| made[name].as_str().expect("a text").to_owned();
            let credentials = Credentials::Client { id: text("clientId"), secret: text("clientSecret") };
            let actor = Actor::new(&self.server, name, credentials.clone(), None);
            let token = actor.token().await;
            self.actors.insert(name.to_owned(), Signed { credentials, token, id: text("clientId") });
        }
    }

    async fn enter(&mut self, name: &str, credentials: Credentials) -> Actor {
        let actor = Actor::new(&self.server, name, credentials.clone(), None);
        let token = actor.token().await;
        let me = actor.get("/v1/me").await.ok();
        let id = me["id"].as_str().unwrap_or_default().to_owned();
        self.actors.insert(name.to_owned(), Signed { credentials, token, id });
        actor
    }
}

/// Registers somebody and proves their email with the mailed token.
pub(crate) async fn register(server: &Arc<Server>, mailbox: &Mailbox, email: &str, full_name: &str) {
    let anonymous = Actor::new(server, "anonymous", Credentials::None, None);
    let body = json!({"email": email, "password": PASSWORD, "fullName": full_name});
    let answer = anonymous.post("/v1/auth/register", body).await.status(202);
    assert_eq!(answer["fullName"], full_name);
    let token = mailbox.verification_token(email).await;
    anonymous.post("/v1/auth/email-verifications", json!({"token": token})).await.no_content();
}
