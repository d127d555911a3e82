//! The scene: academies, programmes, people and bookings, made through the API.

use super::client::{DemoError, Guest, PASSWORD, text};
use super::content;
use super::dates::{Dates, Span};
use serde_json::{Value, json};

/// Somebody with an account, to be printed.
pub(super) struct Account {
    /// The name of its token in the printed lines.
    pub variable: &'static str,
    /// Email.
    pub email: &'static str,
    /// What they are in the demo.
    pub part: &'static str,
    /// Access token.
    pub token: String,
}

/// A client, to be printed.
pub(super) struct Program {
    /// The name of its token in the printed lines.
    pub variable: &'static str,
    /// `clientId`.
    pub id: String,
    /// `clientSecret`.
    pub secret: String,
    /// What it is in the demo.
    pub part: &'static str,
    /// Access token.
    pub token: String,
}

/// What stands when the demo is furnished.
pub(super) struct Scene {
    /// People.
    pub accounts: Vec<Account>,
    /// Clients.
    pub programs: Vec<Program>,
    /// The S2 programme.
    pub programme: String,
    /// Its taster that has just ended.
    pub taster: String,
    /// The code that its facilitator read out.
    pub code: String,
    /// Its full January cohort.
    pub cohort: String,
    /// A confirmed booking in it, Ben's.
    pub bens_booking: String,
    /// S1's cohort, full with a waiting list.
    pub full_cohort: String,
}

/// The platform admin, made like `academy admin create` does.
pub(super) const ADMIN: &str = "admin@academy.example";

const PEOPLE: [(&str, &str, &str, &str); 8] = [
    ("ELLIE", "ellie.ward@sela.example", "Ellie Ward", "coordinator of all three academies"),
    ("BYRON", "byron.lee@sela.example", "Byron Lee", "facilitator, South East Leadership Academy"),
    ("MATT", "matt.smith@sela.example", "Matt Smith", "supervisor, South East Leadership Academy"),
    (
        "AMINA",
        "amina.khan@nhs.example",
        "Amina Khan",
        "nurse advocate, not booked yet: you, in the lines below",
    ),
    ("BEN", "ben.hughes@nhs.example", "Ben Hughes", "nurse advocate with a place in January"),
    ("CHLOE", "chloe.martin@nhs.example", "Chloe Martin", "nurse advocate with a place in January"),
    ("DEV", "dev.patel@nhs.example", "Dev Patel", "nurse advocate with a place in January"),
    (
        "GRACE",
        "grace.obi@practice.example",
        "Grace Obi",
        "practice manager, last on the affinity group's waiting list",
    ),
];

/// Those whom the coordinator books for the affinity group: eight places, then two who wait.
const MANAGERS: [&str; 10] = [
    "Helen Brooks",
    "Imran Shah",
    "Joan Price",
    "Karen Field",
    "Liam Doyle",
    "Mei Chen",
    "Nadia Rahman",
    "Oliver Grant",
    "Priya Nair",
    "Rosa Silva",
];

/// Makes everything.
pub(super) async fn furnish(nobody: &Guest, dates: &Dates) -> Result<Scene, DemoError> {
    let admin = nobody.sign_in(ADMIN, PASSWORD).await?;
    let academies = Academies::make(&admin).await?;
    let mut builder =
        Builder { byron: String::new(), nobody, admin: &admin, academies: &academies, accounts: Vec::new() };
    builder.people().await?;
    let programs = builder.clients().await?;
    let full_cohort = builder.affinity(dates).await?;
    let training = builder.training(dates).await?;
    builder.others(dates).await?;
    let mut accounts = builder.accounts;
    let operator =
        Account { variable: "ADMIN", email: ADMIN, part: "platform admin", token: admin.token().to_owned() };
    accounts.insert(0, (operator, admin.clone()));
    Ok(Scene {
        accounts: accounts.into_iter().map(|(account, _)| account).collect(),
        programs,
        programme: training.programme,
        taster: training.taster,
        code: training.code,
        cohort: training.cohort,
        bens_booking: training.bens_booking,
        full_cohort,
    })
}

struct Academies {
    south_east: String,
    north_west: String,
    national: String,
}

impl Academies {
    async fn make(admin: &Guest) -> Result<Self, DemoError> {
        let make = async |body: Value| text(&admin.post("/v1/academies", &body).await?, "id");
        Ok(Self {
            south_east: make(content::south_east()).await?,
            north_west: make(content::north_west()).await?,
            national: make(content::national()).await?,
        })
    }
}

struct Training {
    programme: String,
    taster: String,
    code: String,
    cohort: String,
    bens_booking: String,
}

struct Builder<'a> {
    /// Byron's person id: he runs tasters and sessions.
    byron: String,
    nobody: &'a Guest,
    admin: &'a Guest,
    academies: &'a Academies,
    accounts: Vec<(Account, Guest)>,
}

impl Builder<'_> {
    fn guest(&self, variable: &str) -> Result<&Guest, DemoError> {
        let found = self.accounts.iter().find(|(account, _)| account.variable == variable);
        found
            .map(|(_, guest)| guest)
            .ok_or_else(|| DemoError::Refused(format!("nobody is called {variable}")))
    }

    async fn people(&mut self) -> Result<(), DemoError> {
        let Academies { south_east, north_west, national } = self.academies;
        for (academy, email, role) in [
            (south_east, PEOPLE[0].1, "coordinator"),
            (north_west, PEOPLE[0].1, "coordinator"),
            (national, PEOPLE[0].1, "coordinator"),
            (south_east, PEOPLE[1].1, "facilitator"),
            (south_east, PEOPLE[2].1, "supervisor"),
        ] {
            let path = format!("/v1/academies/{academy}/members");
            self.admin.post(&path, &json!({"email": email, "role": role})).await?;
        }
        for (variable, email, full_name, part) in PEOPLE {
            let guest = self.nobody.newcomer(email, full_name).await?;
            let profile = match variable {
                "AMINA" | "BEN" | "CHLOE" | "DEV" => json!({
                    "jobRole": "nurse", "qualifications": ["professional_nurse_advocate"],
                    "leadsOrManages": true, "region": "south_east",
                }),
                "GRACE" => {
                    json!({"jobRole": "practice_manager", "region": "south_east", "leadsOrManages": true})
                }
                _ => Value::Null,
            };
            if !profile.is_null() {
                guest.patch("/v1/me", &profile).await?;
            }
            if variable == "BYRON" {
                self.byron = text(&guest.get("/v1/me").await?, "id")?;
            }
            let account = Account { variable, email, part, token: guest.token().to_owned() };
            self.accounts.push((account, guest));
        }
        Ok(())
    }

    async fn clients(&self) -> Result<Vec<Program>, DemoError> {
        let path = format!("/v1/academies/{}/clients", self.academies.south_east);
        let booking = ["catalogue:read", "bookings:read", "bookings:write"];
        let all =
            ["catalogue:read", "catalogue:write", "bookings:read", "bookings:write", "attendance:write"];
        let mut programs = Vec::new();
        for (variable, kind, name, scopes, part) in [
            (
                "PARTNER",
                "partner",
                "Wessex Training Hub",
                &booking[..],
                "books its own staff, sees only those bookings",
            ),
            ("OPERATIONS", "operations", "Ops scripts", &all[..], "acts for the academy within its scopes"),
        ] {
            let vouches = kind == "partner";
            let body = json!({"name": name, "kind": kind, "scopes": scopes, "vouchesForEmails": vouches});
            let made = self.admin.post(&path, &body).await?;
            let (id, secret) = (text(&made, "clientId")?, text(&made, "clientSecret")?);
            let token = self.nobody.client(&id, &secret, &scopes.join(" ")).await?.token().to_owned();
            programs.push(Program { variable, id, secret, part, token });
        }
        Ok(programs)
    }

    async fn programme(&self, academy: &str, body: &Value) -> Result<String, DemoError> {
        let ellie = self.guest("ELLIE")?;
        let made = ellie.post(&format!("/v1/academies/{academy}/programmes"), body).await?;
        let id = text(&made, "id")?;
        ellie.post(&format!("/v1/programmes/{id}/publish"), &json!({})).await?;
        Ok(id)
    }

    async fn cohort(&self, programme: &str, body: &Value) -> Result<String, DemoError> {
        let path = format!("/v1/programmes/{programme}/cohorts");
        text(&self.guest("ELLIE")?.post(&path, body).await?, "id")
    }

    async fn session(&self, cohort: &str, title: &str, span: Span, mut body: Value) -> Result<(), DemoError> {
        body["title"] = title.into();
        (body["startsAt"], body["endsAt"]) = (json!(span.0), json!(span.1));
        self.guest("ELLIE")?.post(&format!("/v1/cohorts/{cohort}/sessions"), &body).await?;
        Ok(())
    }

    /// S1: eight places, all taken, and three who wait.
    async fn affinity(&self, dates: &Dates) -> Result<String, DemoError> {
        let programme = self.programme(&self.academies.south_east, &content::affinity()).await?;
        let cohort = self.cohort(&programme, &json!({"title": "Spring group", "capacity": 8})).await?;
        for (number, span) in dates.affinity.into_iter().enumerate() {
            let meeting = content::zoom("935 2210 4471", "140302");
            let body = json!({"meeting": meeting, "facilitatorId": self.byron});
            self.session(&cohort, &format!("Session {}", number + 1), span, body).await?;
        }
        let path = format!("/v1/cohorts/{cohort}/bookings");
        let answers = |practice: &str| json!({"practice": practice, "confidentiality": true});
        for full_name in MANAGERS {
            let email = format!("{}@practice.example", full_name.to_lowercase().replace(' ', "."));
            let body = json!({
                "participant": {"email": email, "fullName": full_name, "jobRole": "practice_manager", "region": "south_east"},
                "answers": answers("Riverside Practice"), "commitsToAllSessions": true,
            });
            self.guest("ELLIE")?.post(&path, &body).await?;
        }
        let body = json!({"answers": answers("Hillside Surgery"), "commitsToAllSessions": true});
        self.guest("GRACE")?.post(&path, &body).await?;
        Ok(cohort)
    }

    /// S2: two tasters, a full January cohort on Tuesdays and one with places left on Thursdays.
    async fn training(&self, dates: &Dates) -> Result<Training, DemoError> {
        let programme =
            self.programme(&self.academies.south_east, &content::compassionate_training()).await?;
        let (ellie, path) = (self.guest("ELLIE")?, format!("/v1/programmes/{programme}/tasters"));
        let taster_of = |title: &str, span: Span, meeting: Value| json!({"title": title, "startsAt": span.0, "endsAt": span.1, "timeZone": "Europe/London", "meeting": meeting, "facilitatorId": self.byron});
        let past =
            taster_of("First taster session", dates.taster_past, content::zoom("912 7343 1323", "114640"));
        let next =
            taster_of("Second taster session", dates.taster_next, content::zoom("989 3314 4569", "637529"));
        let taster = text(&ellie.post(&path, &past).await?, "id")?;
        ellie.post(&path, &next).await?;
        let terms = |title: &str, capacity: u32| json!({"title": title, "capacity": capacity, "offerWindowHours": 48});
        let cohort = self.cohort(&programme, &terms("January, Tuesdays", 3)).await?;
        let thursdays = self.cohort(&programme, &terms("January, Thursdays", 4)).await?;
        for (cohort, first) in [(&cohort, dates.tuesdays), (&thursdays, dates.thursdays)] {
            let body = json!({
                "title": "Session", "firstStartsAt": first, "durationMinutes": 120, "count": 6,
                "every": {"weeks": 1}, "timeZone": "Europe/London", "meeting": content::zoom("945 6612 0098", "250118"), "facilitatorId": self.byron,
            });
            ellie.post(&format!("/v1/cohorts/{cohort}/sessions/series"), &body).await?;
        }
        let bens_booking = self.nurse_advocates(&taster, &cohort).await?;
        let shown = ellie.get(&format!("/v1/tasters/{taster}")).await?;
        Ok(Training { programme, taster, code: text(&shown, "checkInCode")?, cohort, bens_booking })
    }

    /// Three came to the first taster, and took the three places by themselves.
    async fn nurse_advocates(&self, taster: &str, cohort: &str) -> Result<String, DemoError> {
        let came =
            [4, 5, 6].map(|n: usize| json!({"email": PEOPLE[n].1, "fullName": PEOPLE[n].2, "minutes": 60}));
        let path = format!("/v1/tasters/{taster}/attendance");
        self.guest("ELLIE")?.post(&path, &json!({"attendees": came})).await?;
        let path = format!("/v1/cohorts/{cohort}/bookings");
        let body = json!({"answers": {"team": "A team of nurse advocates", "agreement": true}});
        let bens = self.guest("BEN")?.post(&path, &body).await?;
        for variable in ["CHLOE", "DEV"] {
            self.guest(variable)?.post(&path, &body).await?;
        }
        text(&bens, "id")
    }

    /// S3, S4 and S5.
    async fn others(&self, dates: &Dates) -> Result<(), DemoError> {
        let ellie = self.guest("ELLIE")?;
        let wellbeing = self.programme(&self.academies.north_west, &content::wellbeing_programme()).await?;
        let cohort = json!({"title": "Greater Manchester facilitators", "capacity": 20});
        let cohort = self.cohort(&wellbeing, &cohort).await?;
        for (number, span) in dates.training.into_iter().enumerate() {
            self.session(
                &cohort,
                &format!("Stage 1, day {}", number + 1),
                span,
                json!({"meeting": content::room()}),
            )
            .await?;
        }
        for (title, first) in
            [("Stage 2: 1-1 support", dates.clinics), ("Stage 3: community of practice", dates.communities)]
        {
            let body = json!({
                "title": title, "firstStartsAt": first, "durationMinutes": 60, "count": 3, "every": {"months": 1},
                "timeZone": "Europe/London", "meeting": content::zoom("951 4407 3312", "303303"),
            });
            ellie.post(&format!("/v1/cohorts/{cohort}/sessions/series"), &body).await?;
        }
        let supervision = self.programme(&self.academies.south_east, &content::supervision()).await?;
        let mindfulness = self.programme(&self.academies.national, &content::through_mindfulness()).await?;
        let cohort =
            json!({"title": "Next year's cohort", "capacity": 24, "bookingOpensAt": dates.modules_open});
        let cohort = self.cohort(&mindfulness, &cohort).await?;
        for (number, span) in dates.modules.into_iter().enumerate() {
            let body = if number == 0 || number == 3 {
                json!({"meeting": content::house(), "asksFor": "Please tell us of access needs and diet."})
            } else {
                json!({"meeting": content::room()})
            };
            self.session(&cohort, &format!("Module {}", number + 1), span, body).await?;
        }
        for (programme, email, full_name) in [
            (supervision, "tara.wells@nhs.example", "Tara Wells"),
            (mindfulness, "simon.ford@nhs.example", "Simon Ford"),
        ] {
            let body =
                json!({"email": email, "fullName": full_name, "note": "Please tell me of the next dates."});
            self.nobody.post(&format!("/v1/programmes/{programme}/interest"), &body).await?;
        }
        Ok(())
    }
}
