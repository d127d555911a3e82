//! Gives each command to the program and to the reference, and compares.

use super::command::Command;
use super::keyed::{Keyed, What};
use super::setting::{SECOND_TASTER_ENDS, Setting};
use super::{PEOPLE, Tally};
use crate::reference::{Reference, Refused, Reserve, Status, Terms};
use crate::s2::{fresh_slug, id_of, merged, participant, zoom};
use crate::world::moment;
use crate::{Actor, Answer, Server, World};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use std::future::IntoFuture;
use std::sync::Arc;

/// How far the clock goes on after an offer was made where there are several cohorts: so no two end together.
const APART: i64 = 240;

/// The cohorts of a programme of the program beside the reference's.
pub(super) struct Driver<'a> {
    pub(super) world: &'a World,
    servers: &'a [Arc<Server>],
    pub(super) partner: Actor,
    pub(super) staff: Actor,
    pub(super) base: DateTime<Utc>,
    pub(super) programme: String,
    pub(super) cohorts: Vec<String>,
    tasters: Vec<String>,
    pub(super) label: String,
    pub(super) reference: Reference,
    /// The id of each of the reference's bookings.
    pub(super) ids: Vec<String>,
    /// The id of each of its forms.
    pub(super) forms: Vec<String>,
    pub(super) keyed: Vec<Keyed>,
    calls: usize,
}

pub(super) type Found = Result<(), String>;

impl<'a> Driver<'a> {
    /// Makes a programme with two tasters and its cohorts.
    pub(super) async fn begin(
        world: &'a World,
        servers: &'a [Arc<Server>],
        setting: &Setting,
        label: &str,
    ) -> Self {
        let staff = world.coordinator();
        let programme = world.programme_that(json!({"requiresTaster": setting.needs_taster})).await;
        let base = world.now();
        let at = |second: i64| moment(base + TimeDelta::seconds(second));
        let ends = vec![-3_600, SECOND_TASTER_ENDS];
        let mut tasters = Vec::new();
        for end in &ends {
            let body = json!({"title": "Taster", "startsAt": at(end - 3_600), "endsAt": at(*end), "meeting": zoom()});
            let made = staff.post(format!("/v1/programmes/{programme}/tasters"), body).await.created();
            tasters.push(id_of(&made));
        }
        let mut cohorts = Vec::new();
        for terms in &setting.cohorts {
            let path = format!("/v1/programmes/{programme}/cohorts");
            let cohort = id_of(&staff.post(path, cohort_body(terms, at)).await.created());
            if let Some(start) = terms.starts {
                let body = json!({"title": "1", "startsAt": at(start), "endsAt": at(start + 7_200), "meeting": zoom()});
                let _ = staff.post(format!("/v1/cohorts/{cohort}/sessions"), body).await.created();
            }
            cohorts.push(cohort);
        }
        Self {
            world,
            servers,
            partner: world.partner(),
            staff,
            base,
            programme,
            cohorts,
            tasters,
            label: label.to_owned(),
            reference: Reference::new(setting.cohorts.clone(), setting.needs_taster, ends),
            ids: Vec::new(),
            forms: Vec::new(),
            keyed: Vec::new(),
            calls: 0,
        }
    }

    /// Does all of it.
    pub(super) async fn run(mut self, list: &[Command], tally: &mut Tally) -> Found {
        for (n, command) in list.iter().enumerate() {
            let before: Vec<usize> =
                self.reference.cohorts.iter().map(|cohort| cohort.ledger.len()).collect();
            let (asked, gave_way) = (self.reference.asked, self.reference.gave_way);
            let done = self.take(command, tally).await;
            let compared = match done {
                Ok(()) => self.compare().await,
                other => other,
            };
            let kept_apart = match compared {
                Ok(()) => self.keep_apart(&before).await,
                other => other,
            };
            kept_apart.map_err(|what| format!("command {n}, {command:?}: {what}"))?;
            *tally.entry(command.kind().to_owned()).or_default() += 1;
            for (cohort, before) in self.reference.cohorts.iter().zip(before) {
                for entry in &cohort.ledger[before..] {
                    *tally.entry(format!("entry {}", entry.kind)).or_default() += 1;
                }
            }
            let counts = [
                ("asked first", self.reference.asked - asked),
                ("gave way", self.reference.gave_way - gave_way),
            ];
            for (what, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
                *tally.entry(what.to_owned()).or_default() += count as u64;
            }
        }
        for cohort in 0..self.cohorts.len() {
            self.compare_ledger(cohort).await?;
        }
        Ok(())
    }

    /// Where there are several cohorts, what is due in one of them is entered before the next thing is.
    async fn keep_apart(&mut self, before: &[usize]) -> Found {
        let entries = self.reference.cohorts.iter().zip(before).flat_map(|(cohort, n)| &cohort.ledger[*n..]);
        let mut decided = entries.flat_map(|entry| &entry.decisions);
        let offered = decided.any(|(_, status)| *status == Status::Offered);
        if self.cohorts.len() > 1 && offered { self.pass(APART).await } else { Ok(()) }
    }

    async fn pass(&mut self, seconds: i64) -> Found {
        let until = self.reference.now.second + seconds;
        if self.cohorts.len() > 1 {
            while let Some(due) = self.reference.next_due().filter(|due| *due <= until) {
                self.advance(due - self.reference.now.second);
                self.look_everywhere().await;
                self.compare().await?;
            }
        }
        self.advance(until - self.reference.now.second);
        Ok(())
    }

    /// What is due in a cohort can end a choice in another: who reads has it entered.
    async fn look_everywhere(&mut self) {
        for cohort in 0..self.cohorts.len() {
            let server = self.next_server();
            let staff = self.staff.at(&server);
            let _ = staff.cohort(&self.cohorts[cohort]).await;
        }
    }

    fn advance(&mut self, seconds: i64) {
        self.world.advance(TimeDelta::seconds(seconds));
        self.reference.advance(seconds);
    }

    pub(super) fn name(&self, person: usize) -> String {
        format!("{}-{person}", self.label)
    }

    /// Three times of four somebody of whose last bookings in these cohorts one is such a one, else anybody.
    fn whose(&self, which: usize, cohorts: &[usize], wanted: impl Fn(Status) -> bool) -> usize {
        self.picked(which, |person| {
            let last = cohorts.iter().filter_map(|cohort| self.reference.last_of(person, *cohort));
            last.into_iter().any(|booking| wanted(self.reference.bookings[booking].status))
        })
    }

    /// Three times of four somebody who has nothing live in these cohorts, else anybody.
    fn newcomer(&self, which: usize, cohorts: &[usize]) -> usize {
        self.picked(which, |person| {
            let last = cohorts.iter().filter_map(|cohort| self.reference.last_of(person, *cohort));
            last.into_iter().all(|n| matches!(self.reference.bookings[n].status, Status::Closed(_)))
        })
    }

    fn picked(&self, which: usize, fits: impl Fn(usize) -> bool) -> usize {
        let (anybody, which) = (which.is_multiple_of(4), which / 4);
        let fitting: Vec<usize> = (0..PEOPLE).filter(|person| fits(*person)).collect();
        if anybody || fitting.is_empty() { which % PEOPLE } else { fitting[which % fitting.len()] }
    }

    /// Three times of four a booking that is such a one, in whatever cohort; else somebody's last one in this.
    pub(super) fn booking_that(
        &self,
        which: usize,
        cohort: usize,
        wanted: impl Fn(Status) -> bool,
    ) -> Option<usize> {
        let last =
            |person| self.everywhere().into_iter().filter_map(move |at| self.reference.last_of(person, at));
        let all = (0..PEOPLE).flat_map(last);
        let fitting: Vec<usize> = all.filter(|n| wanted(self.reference.bookings[*n].status)).collect();
        if which.is_multiple_of(4) || fitting.is_empty() {
            return self.reference.last_of(which / 4 % PEOPLE, cohort);
        }
        Some(fitting[which / 4 % fitting.len()])
    }

    fn everywhere(&self) -> Vec<usize> {
        (0..self.cohorts.len()).collect()
    }

    /// The next server in turn.
    pub(super) fn next_server(&mut self) -> Arc<Server> {
        self.calls += 1;
        self.servers[self.calls % self.servers.len()].clone()
    }

    pub(super) fn bookings_path(&self, cohort: usize) -> String {
        format!("/v1/cohorts/{}/bookings", self.cohorts[cohort])
    }

    pub(super) fn booking_body(&self, person: usize, knows: bool) -> Value {
        let region = word(Reserve::is_for(person), "south_east", "london");
        let body =
            json!({"participant": merged(participant(&self.name(person)), &json!({"region": region}))});
        if knows { merged(body, &json!({"acknowledgesClash": true})) } else { body }
    }

    /// What is asked for with a key, if anything is; by who booked.
    fn what(&self, command: &Command) -> Option<What> {
        Some(match *command {
            Command::Book { whose, cohort, knows } => {
                What::Book { person: self.newcomer(whose, &[cohort]), cohort, knows }
            }
            Command::Ranked { whose, first, many, backwards, ends_others, knows } => {
                let all = self.cohorts.len();
                let step = if backwards { all - 1 } else { 1 };
                let cohorts: Vec<usize> = (0..many).map(|n| (first + n * step) % all).collect();
                What::Ranked { person: self.newcomer(whose, &cohorts), cohorts, ends_others, knows }
            }
            Command::Leave { whose, cohort, further, how, knows } => {
                let confirmed = |status| status == Status::Confirmed;
                let booking = self.booking_that(whose, cohort, confirmed)?;
                let to = (self.reference.bookings[booking].cohort + further) % self.cohorts.len();
                What::Leave { booking, to, how, knows }
            }
            Command::Cancel { whose, cohort, .. } => {
                let live = |status| !matches!(status, Status::Closed(_));
                What::Cancel(self.booking_that(whose, cohort, live)?)
            }
            Command::Answer { whose, cohort, accepts, knows } => {
                let asked = |status| matches!(status, Status::Offered | Status::Closed("offer_expired"));
                What::Answer { booking: self.booking_that(whose, cohort, asked)?, accepts, knows }
            }
            _ => return None,
        })
    }

    async fn take(&mut self, command: &Command, tally: &mut Tally) -> Found {
        match command {
            Command::Book { .. }
            | Command::Ranked { .. }
            | Command::Leave { .. }
            | Command::Cancel { staff: false, .. }
            | Command::Answer { .. } => match self.what(command) {
                Some(what) => self.keyed(what, tally).await,
                None => Ok(()),
            },
            // Whose gates open together later would tie by their submission: there the order is left to chance.
            Command::Rush { people, cohort } if self.reference.needs_taster => {
                for person in people {
                    self.rush(&[*person], *cohort, tally).await?;
                }
                Ok(())
            }
            Command::Rush { people, cohort } => self.rush(people, *cohort, tally).await,
            Command::Repeat { which } => self.repeat(*which, tally).await,
            Command::Reuse { which, person } => self.reuse(*which, *person).await,
            Command::Attend { whose, taster } if self.reference.needs_taster => {
                let pending = |status| status == Status::Pending;
                let person = self.whose(*whose, &self.everywhere(), pending);
                let _ = self.world.attended(&self.tasters[*taster], &[&self.name(person)]).await;
                self.reference.attend(person, *taster);
                Ok(())
            }
            Command::Miss { whose, taster } => {
                let undecided = |status| matches!(status, Status::Waiting | Status::Offered);
                let person = self.whose(*whose, &self.everywhere(), undecided);
                if self.reference.attended.contains(&(person, *taster)) {
                    self.world.absent(&self.tasters[*taster], &self.name(person)).await;
                    self.reference.miss(person, *taster);
                }
                Ok(())
            }
            Command::Pass(hours) => self.pass(hours * 3_600).await,
            _ => self.by_staff(command, tally).await,
        }
    }

    /// Several book at once: whatever order the program took them in, the reference must agree with it.
    async fn rush(&mut self, people: &[usize], cohort: usize, tally: &mut Tally) -> Found {
        let path = self.bookings_path(cohort);
        let calls = people.iter().map(|person| {
            let server = &self.servers[person % self.servers.len()];
            let call = self.partner.at(server).post(&path, self.booking_body(*person, false));
            call.into_future()
        });
        let answers = join_all(calls.collect::<Vec<_>>()).await;
        let mut order: Vec<(usize, Answer)> = people.iter().copied().zip(answers).collect();
        // Who was refused for another reason came before the places were gone, or it did not matter.
        order.sort_by_key(|(_, answer)| {
            let turn = if answer.code() == 201 { 1 } else { 2 * u8::from(answer["code"] == "cohort-full") };
            (turn, answer["claim"]["sequence"].as_u64())
        });
        for (person, answer) in order {
            let expected = self.reference.book(person, cohort, false);
            if answer.code() == 201 && expected.is_ok() {
                self.ids.push(id_of(answer.json()));
            }
            same_outcome(&answer, expected, tally)?;
        }
        Ok(())
    }
}

fn cohort_body(terms: &Terms, at: impl Fn(i64) -> String) -> Value {
    json!({
        "title": fresh_slug("cohort"), "capacity": terms.capacity, "waitingList": terms.waiting_list,
        "vacancies": word(terms.automatic, "automatic", "offer"), "offerWindowHours": terms.window_hours,
        "afterLapse": word(terms.requeue, "requeue", "close"), "offersStopHours": terms.stop_hours,
        "bookingOpensAt": terms.opens.map(&at), "bookingClosesAt": terms.closes.map(|closes| at(closes.second)),
        "reserves": terms.reserve.iter().map(|reserve| json!({
            "title": "South East", "places": reserve.places, "eligibility": {"region": ["south_east"]},
            "releasesAt": at(reserve.releases),
        })).collect::<Value>(),
    })
}

pub(super) fn word<'w>(holds: bool, yes: &'w str, no: &'w str) -> &'w str {
    if holds { yes } else { no }
}

pub(super) fn same_outcome(answer: &Answer, expected: Result<(), Refused>, tally: &mut Tally) -> Found {
    let refused = if answer.succeeded() { None } else { answer["code"].as_str() };
    if let Err(code) = expected {
        *tally.entry(format!("refused {code}")).or_default() += 1;
    }
    if refused == expected.err() && (answer.succeeded() || answer.code() == 409) {
        return Ok(());
    }
    Err(format!("{expected:?} was expected: {}", answer.described()))
}
