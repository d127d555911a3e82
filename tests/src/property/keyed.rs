//! Requests with a key, and what only staff do.

use super::Tally;
use super::command::Command;
use super::driver::{Driver, Found, same_outcome, word};
use super::setting::window_hours;
use crate::reference::{Leaving, Moment, Refused, Status};
use crate::s2::{id_of, merged};
use crate::{Answer, Request};
use serde_json::{Value, json};

/// How long a key is kept (ADM-10).
const KEY_SECONDS: i64 = 24 * 3_600;

/// A request with a key.
pub(super) struct Keyed {
    key: String,
    path: String,
    body: Value,
    what: What,
    /// The first answer, kept since when; `None` for a refusal.
    kept: Option<(Vec<u8>, Moment)>,
}

/// What a request with a key asks for.
#[derive(Clone)]
pub(super) enum What {
    Book { person: usize, cohort: usize, knows: bool },
    Ranked { person: usize, cohorts: Vec<usize>, ends_others: bool, knows: bool },
    Leave { booking: usize, to: usize, how: Leaving, knows: bool },
    Cancel(usize),
    Answer { booking: usize, accepts: bool, knows: bool },
}

impl Driver<'_> {
    pub(super) async fn keyed(&mut self, what: What, tally: &mut Tally) -> Found {
        let key = format!("{}-{}-{}", self.label, self.keyed.len(), self.base.timestamp());
        let (path, body) = self.request(&what);
        self.keyed.push(Keyed { key, path, body, what, kept: None });
        self.send(self.keyed.len() - 1, tally).await
    }

    /// Where to, and what is sent.
    fn request(&self, what: &What) -> (String, Value) {
        let known = |knows: &bool| if *knows { json!({"acknowledgesClash": true}) } else { json!({}) };
        let act = |booking: &usize, action: &str| format!("/v1/bookings/{}/{action}", self.ids[*booking]);
        match what {
            What::Book { person, cohort, knows } => {
                (self.bookings_path(*cohort), self.booking_body(*person, *knows))
            }
            What::Ranked { person, cohorts, ends_others, knows } => {
                let chosen: Vec<&String> = cohorts.iter().map(|cohort| &self.cohorts[*cohort]).collect();
                let ranks = json!({
                    "cohorts": chosen, "whenPlaced": word(*ends_others, "end_others", "keep_others"),
                });
                let path = format!("/v1/programmes/{}/bookings", self.programme);
                (path, merged(self.booking_body(*person, *knows), &ranks))
            }
            What::Leave { booking, to, how, knows } => {
                let action = word(*how == Leaving::Moved, "move", "defer");
                (act(booking, action), merged(json!({"cohortId": self.cohorts[*to]}), &known(knows)))
            }
            What::Cancel(booking) => (act(booking, "cancel"), json!({})),
            What::Answer { booking, accepts: true, knows } => (act(booking, "offer/accept"), known(knows)),
            What::Answer { booking, .. } => (act(booking, "offer/decline"), json!({})),
        }
    }

    fn call(&mut self, which: usize) -> Request {
        let server = self.next_server();
        let keyed = &self.keyed[which];
        self.partner.at(&server).post(&keyed.path, keyed.body.clone()).key(&keyed.key)
    }

    /// Sends a request with its key, as if it came for the first time.
    async fn send(&mut self, which: usize, tally: &mut Tally) -> Found {
        let answer = self.call(which).await;
        let expected = self.expect(which);
        if expected.is_ok() {
            self.keyed[which].kept = Some((answer.bytes().to_vec(), self.reference.now));
        }
        if answer.succeeded() && expected.is_ok() {
            self.note_made(&answer);
        }
        if answer.header("idempotency-replayed") == "true" {
            return Err(format!("a first answer is said to be a repeat: {}", answer.described()));
        }
        same_outcome(&answer, expected, tally)
    }

    /// Notes the ids of what was made.
    fn note_made(&mut self, answer: &Answer) {
        match answer["bookings"].as_array() {
            Some(choices) => {
                self.forms.push(id_of(answer.json()));
                self.ids.extend(choices.iter().map(id_of));
            }
            None if self.ids.len() < self.reference.bookings.len() => self.ids.push(id_of(answer.json())),
            None => {}
        }
    }

    fn expect(&mut self, which: usize) -> Result<(), Refused> {
        let reference = &mut self.reference;
        match self.keyed[which].what.clone() {
            What::Book { person, cohort, knows } => reference.book(person, cohort, knows),
            What::Ranked { person, cohorts, ends_others, knows } => {
                reference.book_ranked(person, &cohorts, ends_others, knows)
            }
            What::Leave { booking, to, how, knows } => reference.leave(booking, to, how, knows),
            What::Cancel(booking) => reference.cancel(booking, false),
            What::Answer { booking, accepts, knows } => reference.answer(booking, accepts, knows),
        }
    }

    fn is_kept(&self, which: usize) -> bool {
        let kept = self.keyed[which].kept.as_ref();
        kept.is_some_and(|(_, at)| self.reference.now.second < at.second + KEY_SECONDS)
    }

    /// ADM-10: a request repeated with its key gets the first answer and does nothing; a refusal is decided anew.
    pub(super) async fn repeat(&mut self, which: usize, tally: &mut Tally) -> Found {
        if self.keyed.is_empty() {
            return Ok(());
        }
        let which = which % self.keyed.len();
        if !self.is_kept(which) {
            return self.send(which, tally).await;
        }
        let answer = self.call(which).await;
        let first = self.keyed[which].kept.as_ref().map(|(bytes, _)| bytes.as_slice());
        let replayed = answer.header("idempotency-replayed") == "true";
        if !replayed || Some(answer.bytes()) != first {
            return Err(format!("a repeat got another answer: {}", answer.described()));
        }
        *tally.entry("replayed".to_owned()).or_default() += 1;
        Ok(())
    }

    pub(super) async fn reuse(&mut self, which: usize, person: usize) -> Found {
        let Some(which) = which.checked_rem(self.keyed.len()).filter(|which| self.is_kept(*which)) else {
            return Ok(());
        };
        let server = self.next_server();
        let mut body = self.booking_body(person, false);
        body["externalReference"] = json!("another request");
        let call = self.partner.at(&server).post(self.bookings_path(0), body).key(&self.keyed[which].key);
        let answer = call.await;
        match (answer.code(), answer["code"].as_str()) {
            (422, Some("idempotency-key-reused")) => Ok(()),
            _ => Err(format!("a key was taken for another request: {}", answer.described())),
        }
    }

    /// What has no key: what only staff do, and a form's change.
    pub(super) async fn by_staff(&mut self, command: &Command, tally: &mut Tally) -> Found {
        let server = self.next_server();
        let staff = self.staff.at(&server);
        let path = |cohort: &usize| format!("/v1/cohorts/{}", self.cohorts[*cohort]);
        let (answer, expected) = match command {
            Command::Cancel { whose, cohort, .. } => {
                let live = |status| !matches!(status, Status::Closed(_));
                let Some(booking) = self.booking_that(*whose, *cohort, live) else { return Ok(()) };
                let path = format!("/v1/bookings/{}/cancel", self.ids[booking]);
                (staff.post(path, json!({})).await, self.reference.cancel(booking, true))
            }
            Command::ChangeForm { which, turned, ends_others } => {
                let Some(form) = which.checked_rem(self.forms.len()) else { return Ok(()) };
                let body = self.form_change(form, *turned, *ends_others);
                let path = format!("/v1/joining-forms/{}", self.forms[form]);
                let answer = self.partner.at(&server).patch(path, body).if_match("*").await;
                self.reference.change_form(form, *turned, *ends_others);
                (answer, Ok(()))
            }
            Command::Capacity { cohort, capacity } => {
                let answer = staff.patch(path(cohort), json!({"capacity": capacity})).await;
                (answer, self.reference.set_capacity(*cohort, *capacity))
            }
            Command::Vacancies { cohort, automatic, window_hours: hours, requeue } => {
                let hours = window_hours(*hours, i64::try_from(*cohort).unwrap_or(0));
                let body = json!({
                    "vacancies": word(*automatic, "automatic", "offer"), "offerWindowHours": hours,
                    "afterLapse": word(*requeue, "requeue", "close"),
                });
                let answer = staff.patch(path(cohort), body).await;
                (answer, self.reference.set_vacancies(*cohort, *automatic, hours, *requeue))
            }
            Command::Close(cohort) => {
                let answer = staff.post(format!("{}/close", path(cohort)), json!({})).await;
                (answer, self.reference.close(*cohort))
            }
            Command::CallOff(cohort) => {
                let answer = staff.post(format!("{}/cancel", path(cohort)), json!({})).await;
                (answer, self.reference.call_off(*cohort))
            }
            _ => return Ok(()),
        };
        same_outcome(&answer, expected, tally)
    }

    fn form_change(&self, form: usize, turned: bool, ends_others: bool) -> Value {
        let bookings = &self.reference.bookings;
        let mut choices = self.reference.choices(form);
        choices.sort_by_key(|n| bookings[*n].choice.map(|own| own.preference));
        if turned {
            choices.reverse();
        }
        let order: Vec<&String> = choices.iter().map(|n| &self.cohorts[bookings[*n].cohort]).collect();
        json!({"cohorts": order, "whenPlaced": word(ends_others, "end_others", "keep_others")})
    }
}
