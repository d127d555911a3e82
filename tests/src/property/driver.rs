//! Gives each command to the program and to the reference, and compares.

use super::command::{Command, SECOND_TASTER_ENDS, Setting};
use super::{PEOPLE, Tally};
use crate::reference::{Moment, Reference, Refused, Reserve, Status};
use crate::s2::{fresh_slug, id_of, merged, participant, zoom};
use crate::world::moment;
use crate::{Actor, Answer, Server, World};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use std::sync::Arc;

/// How long a key is kept (ADM-10).
const KEY_SECONDS: i64 = 24 * 3_600;

/// A request with a key.
struct Keyed {
    key: String,
    path: String,
    body: Value,
    what: What,
    /// The first answer, kept since when; `None` for a refusal.
    kept: Option<(Vec<u8>, Moment)>,
}

/// What a request with a key asks for.
#[derive(Clone, Copy)]
enum What {
    Book(usize),
    Cancel(usize),
    Answer(usize, bool),
}

/// One cohort of the program beside the reference's.
pub(super) struct Driver<'a> {
    world: &'a World,
    servers: &'a [Arc<Server>],
    partner: Actor,
    pub(super) staff: Actor,
    pub(super) base: DateTime<Utc>,
    pub(super) cohort: String,
    tasters: Vec<String>,
    label: String,
    pub(super) reference: Reference,
    /// The id of each of the reference's bookings.
    pub(super) ids: Vec<String>,
    keyed: Vec<Keyed>,
    calls: usize,
}

pub(super) type Found = Result<(), String>;

impl<'a> Driver<'a> {
    /// Makes a programme with two tasters and a cohort.
    pub(super) async fn begin(
        world: &'a World,
        servers: &'a [Arc<Server>],
        setting: &Setting,
        label: &str,
    ) -> Self {
        let terms = setting.terms.clone();
        let staff = world.coordinator();
        let programme = world.programme_that(json!({"requiresTaster": terms.needs_taster})).await;
        let base = world.now();
        let at = |second: i64| moment(base + TimeDelta::seconds(second));
        let tasters = vec![-3_600, SECOND_TASTER_ENDS];
        let mut ids = Vec::new();
        for end in &tasters {
            let body = json!({"title": "Taster", "startsAt": at(end - 3_600), "endsAt": at(*end), "meeting": zoom()});
            let made = staff.post(format!("/v1/programmes/{programme}/tasters"), body).await.created();
            ids.push(id_of(&made));
        }
        let body = json!({
            "title": fresh_slug("cohort"), "capacity": terms.capacity, "waitingList": terms.waiting_list,
            "vacancies": word(terms.automatic, "automatic", "offer"), "offerWindowHours": terms.window_hours,
            "afterLapse": word(terms.requeue, "requeue", "close"), "offersStopHours": terms.stop_hours,
            "bookingOpensAt": terms.opens.map(at), "bookingClosesAt": terms.closes.map(|closes| at(closes.second)),
            "reserves": terms.reserve.iter().map(|reserve| json!({
                "title": "South East", "places": reserve.places, "eligibility": {"region": ["south_east"]},
                "releasesAt": at(reserve.releases),
            })).collect::<Value>(),
        });
        let cohort = staff.post(format!("/v1/programmes/{programme}/cohorts"), body).await.created();
        let cohort = id_of(&cohort);
        if let Some(start) = terms.starts {
            let body =
                json!({"title": "1", "startsAt": at(start), "endsAt": at(start + 7_200), "meeting": zoom()});
            let _ = staff.post(format!("/v1/cohorts/{cohort}/sessions"), body).await.created();
        }
        Self {
            world,
            servers,
            partner: world.partner(),
            staff,
            base,
            cohort,
            tasters: ids,
            label: label.to_owned(),
            reference: Reference::new(terms, tasters),
            ids: Vec::new(),
            keyed: Vec::new(),
            calls: 0,
        }
    }

    /// Does all of it.
    pub(super) async fn run(mut self, list: &[Command], tally: &mut Tally) -> Found {
        for (n, command) in list.iter().enumerate() {
            let before = self.reference.ledger.len();
            let done = self.take(command, tally).await;
            let compared = match done {
                Ok(()) => self.compare().await,
                other => other,
            };
            compared.map_err(|what| format!("command {n}, {command:?}: {what}"))?;
            *tally.entry(command.kind().to_owned()).or_default() += 1;
            for entry in &self.reference.ledger[before..] {
                *tally.entry(format!("entry {}", entry.kind)).or_default() += 1;
            }
        }
        self.compare_ledger().await
    }

    fn name(&self, person: usize) -> String {
        format!("{}-{person}", self.label)
    }

    /// Three times of four somebody whose last booking is such a one, else anybody.
    fn whose(&self, which: usize, wanted: impl Fn(Status) -> bool) -> usize {
        self.anybody_whose(which, |status| status.is_some_and(&wanted))
    }

    fn anybody_whose(&self, which: usize, wanted: impl Fn(Option<Status>) -> bool) -> usize {
        let (anybody, which) = (which.is_multiple_of(4), which / 4);
        let fits = |person: &usize| {
            let last = self.reference.last_of(*person);
            wanted(last.map(|booking| self.reference.bookings[booking].status))
        };
        let fitting: Vec<usize> = (0..PEOPLE).filter(fits).collect();
        if anybody || fitting.is_empty() { which % PEOPLE } else { fitting[which % fitting.len()] }
    }

    /// The next server in turn.
    pub(super) fn next_server(&mut self) -> Arc<Server> {
        self.calls += 1;
        self.servers[self.calls % self.servers.len()].clone()
    }

    pub(super) fn bookings_path(&self) -> String {
        format!("/v1/cohorts/{}/bookings", self.cohort)
    }

    fn booking_body(&self, person: usize) -> Value {
        let region = word(Reserve::is_for(person), "south_east", "london");
        json!({"participant": merged(participant(&self.name(person)), &json!({"region": region}))})
    }

    async fn take(&mut self, command: &Command, tally: &mut Tally) -> Found {
        match command {
            Command::Book { whose } => {
                let has_none = |status| matches!(status, None | Some(Status::Closed(_)));
                let person = self.anybody_whose(*whose, has_none);
                let (path, body) = (self.bookings_path(), self.booking_body(person));
                self.keyed(path, body, What::Book(person), tally).await
            }
            Command::Cancel { whose, staff: false } => {
                let person = self.whose(*whose, |status| !matches!(status, Status::Closed(_)));
                self.act(person, "cancel", What::Cancel, tally).await
            }
            Command::Answer { whose, accepts } => {
                let action = word(*accepts, "offer/accept", "offer/decline");
                let person = self.whose(*whose, |status| {
                    matches!(status, Status::Offered | Status::Closed("offer_expired"))
                });
                self.act(person, action, |booking| What::Answer(booking, *accepts), tally).await
            }
            // Whose gates open together later would tie by their submission: there the order is left to chance.
            Command::Rush { people } if self.reference.terms.needs_taster => {
                for person in people {
                    self.rush(&[*person], tally).await?;
                }
                Ok(())
            }
            Command::Rush { people } => self.rush(people, tally).await,
            Command::Repeat { which } => self.repeat(*which, tally).await,
            Command::Reuse { which, person } => self.reuse(*which, *person).await,
            Command::Attend { whose, taster } if self.reference.terms.needs_taster => {
                let person = self.whose(*whose, |status| status == Status::Pending);
                let _ = self.world.attended(&self.tasters[*taster], &[&self.name(person)]).await;
                self.reference.attend(person, *taster);
                Ok(())
            }
            Command::Miss { whose, taster } => {
                let undecided = |status| matches!(status, Status::Waiting | Status::Offered);
                let person = self.whose(*whose, undecided);
                if self.reference.attended.contains(&(person, *taster)) {
                    self.world.absent(&self.tasters[*taster], &self.name(person)).await;
                    self.reference.miss(person, *taster);
                }
                Ok(())
            }
            Command::Pass(hours) => {
                self.world.advance(TimeDelta::hours(*hours));
                self.reference.advance(*hours);
                Ok(())
            }
            _ => self.by_staff(command, tally).await,
        }
    }

    /// What only staff do, without a key.
    async fn by_staff(&mut self, command: &Command, tally: &mut Tally) -> Found {
        let server = self.next_server();
        let staff = self.staff.at(&server);
        let cohort = format!("/v1/cohorts/{}", self.cohort);
        let (answer, expected) = match command {
            Command::Cancel { whose, .. } => {
                let person = self.whose(*whose, |status| !matches!(status, Status::Closed(_)));
                let Some(booking) = self.reference.last_of(person) else { return Ok(()) };
                let path = format!("/v1/bookings/{}/cancel", self.ids[booking]);
                (staff.post(path, json!({})).await, self.reference.cancel(booking, true))
            }
            Command::Capacity(capacity) => {
                let answer = staff.patch(cohort, json!({"capacity": capacity})).await;
                (answer, self.reference.set_capacity(*capacity))
            }
            Command::Vacancies { automatic, window_hours, requeue } => {
                let body = json!({
                    "vacancies": word(*automatic, "automatic", "offer"), "offerWindowHours": window_hours,
                    "afterLapse": word(*requeue, "requeue", "close"),
                });
                let expected = self.reference.set_vacancies(*automatic, *window_hours, *requeue);
                (staff.patch(cohort, body).await, expected)
            }
            Command::Close => {
                (staff.post(format!("{cohort}/close"), json!({})).await, self.reference.close())
            }
            Command::CallOff => {
                (staff.post(format!("{cohort}/cancel"), json!({})).await, self.reference.call_off())
            }
            _ => return Ok(()),
        };
        same_outcome(&answer, expected, tally)
    }

    /// An act on somebody's last booking, by who booked it.
    async fn act(
        &mut self,
        person: usize,
        action: &str,
        what: impl Fn(usize) -> What,
        tally: &mut Tally,
    ) -> Found {
        let Some(booking) = self.reference.last_of(person) else { return Ok(()) };
        let path = format!("/v1/bookings/{}/{action}", self.ids[booking]);
        self.keyed(path, json!({}), what(booking), tally).await
    }

    async fn keyed(&mut self, path: String, body: Value, what: What, tally: &mut Tally) -> Found {
        let key = format!("{}-{}-{}", self.label, self.keyed.len(), self.base.timestamp());
        self.keyed.push(Keyed { key, path, body, what, kept: None });
        self.send(self.keyed.len() - 1, tally).await
    }

    /// Sends a request with its key, as if it came for the first time.
    async fn send(&mut self, which: usize, tally: &mut Tally) -> Found {
        let server = self.next_server();
        let keyed = &self.keyed[which];
        let answer = self.partner.at(&server).post(&keyed.path, keyed.body.clone()).key(&keyed.key).await;
        let expected = self.expect(which);
        if expected.is_ok() {
            self.keyed[which].kept = Some((answer.bytes().to_vec(), self.reference.now));
        }
        if answer.code() == 201 && expected.is_ok() {
            self.ids.push(id_of(answer.json()));
        }
        if answer.header("idempotency-replayed") == "true" {
            return Err(format!("a first answer is said to be a repeat: {}", answer.described()));
        }
        same_outcome(&answer, expected, tally)
    }

    fn expect(&mut self, which: usize) -> Result<(), Refused> {
        match self.keyed[which].what {
            What::Book(person) => self.reference.book(person).map(|_| ()),
            What::Cancel(booking) => self.reference.cancel(booking, false),
            What::Answer(booking, accepts) => self.reference.answer(booking, accepts),
        }
    }

    fn is_kept(&self, which: usize) -> bool {
        let kept = self.keyed[which].kept.as_ref();
        kept.is_some_and(|(_, at)| self.reference.now.second < at.second + KEY_SECONDS)
    }

    /// ADM-10: a request repeated with its key gets the first answer and does nothing; a refusal is decided anew.
    async fn repeat(&mut self, which: usize, tally: &mut Tally) -> Found {
        if self.keyed.is_empty() {
            return Ok(());
        }
        let which = which % self.keyed.len();
        if !self.is_kept(which) {
            return self.send(which, tally).await;
        }
        let server = self.next_server();
        let keyed = &self.keyed[which];
        let answer = self.partner.at(&server).post(&keyed.path, keyed.body.clone()).key(&keyed.key).await;
        let first = keyed.kept.as_ref().map(|(bytes, _)| bytes.as_slice());
        let replayed = answer.header("idempotency-replayed") == "true";
        if !replayed || Some(answer.bytes()) != first {
            return Err(format!("a repeat got another answer: {}", answer.described()));
        }
        *tally.entry("replayed".to_owned()).or_default() += 1;
        Ok(())
    }

    async fn reuse(&mut self, which: usize, person: usize) -> Found {
        let Some(which) = which.checked_rem(self.keyed.len()).filter(|which| self.is_kept(*which)) else {
            return Ok(());
        };
        let server = self.next_server();
        let mut body = self.booking_body(person);
        body["externalReference"] = json!("another request");
        let call = self.partner.at(&server).post(self.bookings_path(), body).key(&self.keyed[which].key);
        let answer = call.await;
        match (answer.code(), answer["code"].as_str()) {
            (422, Some("idempotency-key-reused")) => Ok(()),
            _ => Err(format!("a key was taken for another request: {}", answer.described())),
        }
    }

    /// Several book at once: whatever order the program took them in, the reference must agree with it.
    async fn rush(&mut self, people: &[usize], tally: &mut Tally) -> Found {
        let calls = people.iter().map(|person| {
            let server = &self.servers[person % self.servers.len()];
            let call = self.partner.at(server).post(self.bookings_path(), self.booking_body(*person));
            call.into_future()
        });
        let answers = join_all(calls.collect::<Vec<_>>()).await;
        let mut order: Vec<(usize, Answer)> = people.iter().copied().zip(answers).collect();
        order.sort_by_key(|(_, answer)| (answer.code() != 201, answer["claim"]["sequence"].as_u64()));
        for (person, answer) in order {
            let expected = self.reference.book(person).map(|_| ());
            if answer.code() == 201 && expected.is_ok() {
                self.ids.push(id_of(answer.json()));
            }
            same_outcome(&answer, expected, tally)?;
        }
        Ok(())
    }
}

fn word<'w>(holds: bool, yes: &'w str, no: &'w str) -> &'w str {
    if holds { yes } else { no }
}

fn same_outcome(answer: &Answer, expected: Result<(), Refused>, tally: &mut Tally) -> Found {
    let refused = if answer.succeeded() { None } else { answer["code"].as_str() };
    if let Err(code) = expected {
        *tally.entry(format!("refused {code}")).or_default() += 1;
    }
    if refused == expected.err() && (answer.succeeded() || answer.code() == 409) {
        return Ok(());
    }
    Err(format!("{expected:?} was expected: {}", answer.described()))
}
