//! Wrong taster codes (ADM-3): ten a person and hour, then no more are looked at.

use crate::rows::{self, Kind, Row};
use crate::{Access, Result, Work};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use domain::ids::PersonId;
use sea_orm::{FromQueryResult, Statement};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// How many wrong codes a person may try in an hour.
const WRONG_AN_HOUR: i64 = 10;

/// The wrong tries of some people in this hour.
pub(super) struct Tries {
    hour: DateTime<Utc>,
    before: HashMap<PersonId, i64>,
    now: HashMap<PersonId, i64>,
}

#[derive(FromQueryResult)]
struct TryRow {
    person_id: Uuid,
    wrong: i64,
}

impl Tries {
    pub(super) async fn load(
        db: &impl Access,
        at: DateTime<Utc>,
        people: BTreeSet<PersonId>,
    ) -> Result<Self> {
        use sea_orm::ConnectionTrait;
        let hour = at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at);
        let mut tries = Self { hour, before: HashMap::new(), now: HashMap::new() };
        if people.is_empty() {
            return Ok(tries);
        }
        let db = db.connection();
        let backend = db.get_database_backend();
        let text = format!(
            "SELECT t.person_id, t.wrong FROM {} JOIN check_in_try t ON t.person_id = r.id WHERE t.hour_start = $2",
            rows::ids_source(backend)
        );
        let values = [rows::ids(people.into_iter().map(|id| id.0)), hour.into()];
        let found = TryRow::find_by_statement(Statement::from_sql_and_values(backend, text, values)).all(db);
        tries.before = found.await?.into_iter().map(|row| (PersonId(row.person_id), row.wrong)).collect();
        Ok(tries)
    }

    /// Until when this person has no further try, where they have none.
    pub(super) fn used_up_until(&self, person: PersonId) -> Option<DateTime<Utc>> {
        let wrong = |of: &HashMap<PersonId, i64>| of.get(&person).copied().unwrap_or(0);
        (wrong(&self.before) + wrong(&self.now) >= WRONG_AN_HOUR).then(|| self.hour + TimeDelta::hours(1))
    }

    pub(super) fn count_wrong(&mut self, person: PersonId) {
        *self.now.entry(person).or_insert(0) += 1;
    }

    /// Writes what was counted, for people who are kept.
    pub(super) async fn write(&self, work: &Work, kept: impl Fn(PersonId) -> bool) -> Result<()> {
        let row = |(person, wrong): (&PersonId, &i64)| {
            Row::default().uuid("person_id", person.0).time("hour_start", self.hour).int("wrong", *wrong)
        };
        let rows: Vec<Row> = self.now.iter().filter(|(person, _)| kept(**person)).map(row).collect();
        let tail =
            "ON CONFLICT (person_id, hour_start) DO UPDATE SET wrong = check_in_try.wrong + excluded.wrong";
        rows::insert(work.connection(), "check_in_try", &COLUMNS, rows, tail).await?;
        Ok(())
    }
}

const COLUMNS: [rows::Column; 3] =
    [("person_id", Kind::Uuid), ("hour_start", Kind::Time), ("wrong", Kind::Int)];
