//! Document S2 and what else tests need of the catalogue, made through the public API.

use crate::actor::Request;
use crate::furnish::email_of;
use crate::world::moment;
use crate::{Actor, World};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// The programme of S2, as a coordinator sends it.
pub fn compassionate_leadership() -> Value {
    json!({
        "slug": fresh_slug("compassionate-leadership"),
        "title": "Compassionate leadership training for managers and leaders",
        "summary": "Six weekly sessions of two hours, for anyone who leads or manages in health and social care.",
        "description": "Designed by Dr Robert Marx and Professor Clara Strauss.",
        "format": "cohort",
        "topics": ["compassion", "leadership"],
        "requiresTaster": true,
        "joiningForm": joining_form(),
    })
}

/// The short joining form of S2.
pub fn joining_form() -> Value {
    json!({"questions": [
        {"key": "team", "label": "Which team do you lead?", "kind": "short_text", "required": true, "maxLength": 200},
        {"key": "hopes", "label": "What do you hope for?", "kind": "long_text", "required": false},
        {"key": "consent", "label": "You may keep my answers", "kind": "consent", "required": true},
    ]})
}

/// Answers that complete it.
pub fn answers() -> Value {
    json!({"team": "Ward 7", "consent": true})
}

/// A Zoom meeting, with the numbers of S2.
pub fn zoom() -> Value {
    json!({
        "kind": "online", "joinUrl": "https://zoom.example/j/91273431323",
        "meetingId": "912 7343 1323", "passcode": "114640"
    })
}

/// A slug that no other test has.
pub fn fresh_slug(stem: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("{stem}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// `base` with the fields of `more` put over it.
pub fn merged(mut base: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        base[name] = value.clone();
    }
    base
}

/// A programme with a taster that is over and an open cohort.
pub struct S2 {
    /// The programme's id.
    pub programme: String,
    /// The taster's id; it ended an hour ago.
    pub taster: String,
    /// The code that its facilitator read out.
    pub code: String,
    /// The cohort's id.
    pub cohort: String,
}

impl World {
    /// The whole of S2, published; `terms` are put over the cohort's.
    pub async fn s2(&self, terms: Value) -> S2 {
        let programme = self.programme(compassionate_leadership()).await;
        let taster = self.taster(&programme, -2).await;
        let cohort = self.cohort(&programme, terms).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        S2 { programme, taster: text(&taster["id"]), code: text(&taster["checkInCode"]), cohort }
    }

    /// Makes and publishes a programme; its id.
    pub async fn programme(&self, body: Value) -> String {
        let id = self.draft(body).await;
        let _ = self.coordinator().post(format!("/v1/programmes/{id}/publish"), json!({})).await.ok();
        id
    }

    /// Makes a draft; its id.
    pub async fn draft(&self, body: Value) -> String {
        let path = format!("/v1/academies/{}/programmes", self.academy());
        id_of(&self.coordinator().post(path, body).await.created())
    }

    /// A published programme that asks for nothing but a verified email.
    pub async fn plain_programme(&self) -> String {
        self.programme_that(json!({})).await
    }

    /// A published programme that asks for what `more` says.
    pub async fn programme_that(&self, more: Value) -> String {
        let plain = json!({
            "slug": fresh_slug("affinity-support"), "title": "Practice Manager's Affinity Support Group",
            "summary": "A small confidential group for practice managers.", "format": "cohort",
        });
        self.programme(merged(plain, &more)).await
    }

    /// An open cohort of a new programme that asks for nothing but a verified email; its id.
    pub async fn plain_cohort(&self, terms: Value) -> String {
        let programme = self.plain_programme().await;
        self.cohort(&programme, terms).await
    }

    /// A taster of an hour that starts that many hours from now; the answer to its making.
    pub async fn taster(&self, programme: &str, starts_in_hours: i64) -> Value {
        let starts = self.now() + TimeDelta::hours(starts_in_hours);
        let body = json!({
            "title": "Taster", "startsAt": moment(starts), "endsAt": moment(starts + TimeDelta::hours(1)),
            "meeting": zoom(),
        });
        self.coordinator().post(format!("/v1/programmes/{programme}/tasters"), body).await.created()
    }

    /// A cohort with room for 12 unless `terms` say otherwise; its id.
    pub async fn cohort(&self, programme: &str, terms: Value) -> String {
        let body = merged(json!({"title": "Spring", "capacity": 12}), &terms);
        id_of(&self.coordinator().post(format!("/v1/programmes/{programme}/cohorts"), body).await.created())
    }

    /// A session of two hours that starts that many hours from now; the answer to its making.
    pub async fn session(&self, cohort: &str, starts_in_hours: i64) -> Value {
        let starts = self.now() + TimeDelta::hours(starts_in_hours);
        let body = json!({
            "title": "Session 1", "startsAt": moment(starts), "endsAt": moment(starts + TimeDelta::hours(2)),
            "meeting": zoom(),
        });
        self.coordinator().post(format!("/v1/cohorts/{cohort}/sessions"), body).await.created()
    }

    /// Staff record that these people came to a taster.
    pub async fn attended(&self, taster: &str, names: &[&str]) -> Value {
        let attendees: Vec<Value> = names.iter().map(|name| json!({"email": email_of(name)})).collect();
        let path = format!("/v1/tasters/{taster}/attendance");
        self.coordinator().post(path, json!({"attendees": attendees})).await.ok()
    }

    /// Staff take an attendance off the record: it was a mistake.
    ///
    /// # Panics
    /// When it is not on record.
    pub async fn absent(&self, taster: &str, name: &str) {
        let path = format!("/v1/tasters/{taster}/attendance");
        let list = self.coordinator().all(&path).await;
        let held = list.iter().find(|item| item["email"] == email_of(name).as_str());
        let id = id_of(held.unwrap_or_else(|| panic!("{name} is not in {list:#?}")));
        self.coordinator().delete(format!("{path}/{id}")).await.no_content();
    }
}

impl Actor {
    /// Books for oneself.
    pub fn book(&self, cohort: &str, body: Value) -> Request {
        self.post(format!("/v1/cohorts/{cohort}/bookings"), body)
    }

    /// Books for somebody by name, without answers.
    pub fn book_for(&self, cohort: &str, name: &str) -> Request {
        self.book(cohort, json!({"participant": participant(name)}))
    }

    /// Books for each of these people in turn, and gives the bookings.
    ///
    /// # Panics
    /// When one is refused.
    pub async fn book_all(&self, cohort: &str, names: &[&str]) -> Vec<Value> {
        let mut bookings = Vec::new();
        for name in names {
            bookings.push(self.book_for(cohort, name).await.created());
        }
        bookings
    }

    /// Reads a booking.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn booking(&self, id: &str) -> Value {
        self.get(format!("/v1/bookings/{id}")).await.ok()
    }

    /// Reads a booking again.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn again(&self, booking: &Value) -> Value {
        self.booking(&id_of(booking)).await
    }

    /// Reads a cohort.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn cohort(&self, id: &str) -> Value {
        self.get(format!("/v1/cohorts/{id}")).await.ok()
    }

    /// An action below a booking: `cancel`, `offer/accept`, `offer/decline`.
    pub fn act(&self, booking: &Value, action: &str) -> Request {
        self.post(format!("/v1/bookings/{}/{action}", id_of(booking)), json!({}))
    }
}

/// A participant as a booking names them.
pub fn participant(name: &str) -> Value {
    json!({"email": email_of(name), "fullName": format!("{name} of the Trust")})
}

/// The id of a resource.
///
/// # Panics
/// When it has none.
#[track_caller]
pub fn id_of(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_else(|| panic!("no id: {resource:#}")).to_owned()
}
