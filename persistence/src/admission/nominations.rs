//! Nominations (ADM-20): whom somebody nominated, by email, and what becomes of bookings then. Quotas are counted under
//! the cohort's lock.

use super::booking;
use super::nominators::{Nominator, NominatorKey, audit_row, count, nominators};
use super::reassess::{reassess, reassess_pending, undecided_cohorts};
use crate::identity::participants::{Participant, owners};
use crate::rows::{self, Kind, Row};
use crate::{Access, Result, StoreError, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::admission::EmailStanding;
use domain::identity::EmailAddress;
use domain::ids::{AcademyId, CohortId, NominationId, NominatorId, PersonId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Since when nominations stand for some emails in some cohorts: for each the first.
#[derive(Debug, Default)]
pub(super) struct Nominations(HashMap<(CohortId, String), DateTime<Utc>>);

#[derive(FromQueryResult)]
struct StandingRow {
    cohort_id: Uuid,
    address: String,
    nominated_at: DateTime<Utc>,
}

impl Nominations {
    pub(super) async fn load(
        db: &impl Access,
        people: impl Iterator<Item = &Participant>,
        cohorts: &BTreeSet<CohortId>,
    ) -> Result<Self> {
        let addresses: BTreeSet<&str> = people.map(|person| person.email_key.as_str()).collect();
        if addresses.is_empty() {
            return Ok(Self::default());
        }
        let db = db.connection();
        let backend = db.get_database_backend();
        let text = format!(
            "SELECT n.cohort_id, n.address, n.nominated_at FROM {} JOIN nomination n ON n.address = r.address \
             WHERE n.withdrawn_at IS NULL",
            rows::source(backend, &[("address", Kind::Text)])
        );
        let named = addresses.into_iter().map(|key| Row::default().text("address", key.to_owned())).collect();
        let statement = Statement::from_sql_and_values(backend, text, [rows::parameter(named)]);
        let mut found = Self::default();
        for row in StandingRow::find_by_statement(statement).all(db).await? {
            let cohort = CohortId(row.cohort_id);
            if cohorts.contains(&cohort) {
                let first = found.0.entry((cohort, row.address)).or_insert(row.nominated_at);
                *first = row.nominated_at.min(*first);
            }
        }
        Ok(found)
    }

    /// Since when this person is nominated: a nomination is by email, and counts for who has proved that email or is
    /// vouched for (ACC-1).
    pub(super) fn of(
        &self,
        cohort: CohortId,
        participant: &Participant,
        email: EmailStanding,
    ) -> Option<DateTime<Utc>> {
        if email == EmailStanding::Unverified {
            return None;
        }
        self.0.get(&(cohort, participant.email_key.clone())).copied()
    }
}

/// Somebody who was nominated for a cohort.
#[derive(Clone, Debug)]
pub struct Nomination {
    /// Which.
    pub id: NominationId,
    /// By whom.
    pub nominator_id: NominatorId,
    /// Who, by the email as it was typed.
    pub email: EmailAddress,
    /// When.
    pub nominated_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct NominationRow {
    id: Uuid,
    nominator_id: Uuid,
    as_typed: String,
    nominated_at: DateTime<Utc>,
    withdrawn_at: Option<DateTime<Utc>>,
}

impl TryFrom<NominationRow> for Nomination {
    type Error = StoreError;

    fn try_from(row: NominationRow) -> Result<Self> {
        let email = EmailAddress::parse(&row.as_typed);
        Ok(Self {
            id: NominationId(row.id),
            nominator_id: NominatorId(row.nominator_id),
            email: email.map_err(|_| StoreError::corrupt("nomination", "as_typed", row.id))?,
            nominated_at: row.nominated_at,
            withdrawn_at: row.withdrawn_at,
        })
    }
}

async fn nominations(db: &impl Access, tail: &str, values: Vec<Value>) -> Result<Vec<Nomination>> {
    let db = db.connection();
    let text = format!(
        "SELECT n.id, n.nominator_id, n.as_typed, n.nominated_at, n.withdrawn_at FROM nomination n WHERE {tail}"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let found = NominationRow::find_by_statement(statement).all(db).await?;
    found.into_iter().map(Nomination::try_from).collect()
}

/// A page of a cohort's nominations, withdrawn ones included, after `after`: all, or those of one nominator.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn nominations_page(
    db: &impl Access,
    cohort: CohortId,
    by: Option<NominatorId>,
    after: Option<NominationId>,
    limit: u64,
) -> Result<Vec<Nomination>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut values: Vec<Value> =
        vec![cohort.0.into(), after.map_or(Uuid::nil(), |id| id.0).into(), limit.into()];
    let tail = match by {
        None => "n.cohort_id = $1 AND n.id > $2 ORDER BY n.id LIMIT $3",
        Some(nominator) => {
            values.push(nominator.0.into());
            "n.cohort_id = $1 AND n.id > $2 AND n.nominator_id = $4 ORDER BY n.id LIMIT $3"
        }
    };
    nominations(db, tail, values).await
}

/// What became of a nomination.
#[derive(Clone, Debug)]
pub enum Nominated {
    /// It stands.
    Done(Nomination),
    /// They nominated this person before.
    Already,
    /// Their quota is used up.
    QuotaUsed,
    /// They named themselves.
    Themselves,
}

/// Nominates somebody by email and looks at their pending bookings again. The quota is counted under the cohort's lock, so
/// that nominations made at once don't exceed it.
///
/// # Errors
/// When the database refuses.
pub async fn nominate(
    work: &mut Work,
    academy: AcademyId,
    cohort: CohortId,
    nominator: &Nominator,
    email: &EmailAddress,
) -> Result<Nominated> {
    if matches!(&nominator.key, NominatorKey::Person(own) if own.key() == email.key()) {
        return Ok(Nominated::Themselves);
    }
    let person = lock(work, cohort, email.key()).await?;
    let now = work.now().await?;
    let held =
        nominators(work, "n.id = $1 AND n.cohort_id = $2", vec![nominator.id.0.into(), cohort.0.into()]);
    let held = held.await?.pop().ok_or_else(|| StoreError::corrupt("nominator", "id", nominator.id))?;
    let text = "SELECT count(*) AS n FROM nomination WHERE nominator_id = $1 AND address = $2 AND withdrawn_at IS NULL";
    if count(work, text, [nominator.id.0.into(), email.key().into()]).await? > 0 {
        return Ok(Nominated::Already);
    }
    if !held.quota.takes_another() {
        return Ok(Nominated::QuotaUsed);
    }
    let id = NominationId(new_id_at(now));
    let text = "INSERT INTO nomination (id, academy_id, cohort_id, nominator_id, address, as_typed, nominated_at, spent) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, false)";
    let values: [Value; 7] = [
        id.0.into(),
        academy.0.into(),
        cohort.0.into(),
        nominator.id.0.into(),
        email.key().into(),
        email.as_typed().into(),
        now.into(),
    ];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    let detail = serde_json::json!({"cohortId": cohort.to_string(), "nominatorId": nominator.id.to_string()});
    work.audit(audit_row(academy, "nominated", "nomination", id.0, detail));
    reassess_pending(work, person.as_slice()).await?;
    let nominator_id = nominator.id;
    Ok(Nominated::Done(Nomination {
        id,
        nominator_id,
        email: email.clone(),
        nominated_at: now,
        withdrawn_at: None,
    }))
}

/// Takes the locks of an email and of all cohorts whose outcome it can change, and gives whose it is.
async fn lock(work: &mut Work, cohort: CohortId, email_key: &str) -> Result<Option<PersonId>> {
    work.lock_persons([email_key]).await?;
    let person = owners(work, [email_key]).await?.remove(email_key);
    let mut cohorts = match person {
        Some(person) => undecided_cohorts(work, person).await?,
        None => BTreeSet::new(),
    };
    cohorts.insert(cohort);
    work.lock_cohorts(cohorts).await?;
    Ok(person)
}

/// What became of the withdrawal of a nomination.
#[derive(Clone, Debug)]
pub enum Withdrawn {
    /// It stands no more.
    Done(Nomination),
    /// There is none such, or it is somebody else's.
    Unknown,
    /// It was withdrawn before.
    Already,
}

/// Withdraws a nomination and looks at the gates that it opened again (ADM-15): a confirmed place stays, and goes on using
/// up the quota. With `by` only one of that nominator.
///
/// # Errors
/// When the database refuses.
pub async fn withdraw_nomination(
    work: &mut Work,
    academy: AcademyId,
    cohort: CohortId,
    id: NominationId,
    by: Option<NominatorId>,
) -> Result<Withdrawn> {
    let of_cohort = |id: NominationId| vec![id.0.into(), cohort.0.into()];
    let found = nominations(work, "n.id = $1 AND n.cohort_id = $2", of_cohort(id)).await?.pop();
    let Some(found) = found.filter(|found| by.is_none_or(|nominator| found.nominator_id == nominator)) else {
        return Ok(Withdrawn::Unknown);
    };
    let person = lock(work, cohort, found.email.key()).await?;
    let now = work.now().await?;
    let text = "UPDATE nomination SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL";
    let statement = Statement::from_sql_and_values(work.backend(), text, [id.0.into(), now.into()]);
    if work.connection().execute_raw(statement).await?.rows_affected() == 0 {
        return Ok(Withdrawn::Already);
    }
    let detail = serde_json::json!({"cohortId": cohort.to_string()});
    work.audit(audit_row(academy, "nomination_withdrawn", "nomination", id.0, detail));
    reassess(work, person.as_slice()).await?;
    // What was due may have given the place just now.
    let placed = match person {
        Some(person) => has_place(work, cohort, person).await?,
        None => false,
    };
    let text = "UPDATE nomination SET spent = $2 WHERE id = $1";
    let statement = Statement::from_sql_and_values(work.backend(), text, [id.0.into(), placed.into()]);
    work.connection().execute_raw(statement).await?;
    Ok(Withdrawn::Done(Nomination { withdrawn_at: Some(now), ..found }))
}

async fn has_place(work: &Work, cohort: CohortId, person: PersonId) -> Result<bool> {
    let text =
        format!("SELECT {} FROM booking b WHERE b.cohort_id = $1 AND b.person_id = $2", booking::SELECTED);
    let theirs = booking::query(work.connection(), text, [cohort.0.into(), person.0.into()]).await?;
    Ok(theirs.iter().any(|booking| booking.status.has_place()))
}
