//! Nominations (ADM-20): who may nominate for a cohort and how many, whom they nominated, by email, and what becomes of
//! bookings then. Quotas are counted under the cohort's lock.

use super::reassess::{reassess, reassess_pending, undecided_cohorts};
use crate::governance::AuditRow;
use crate::identity::participants::{Participant, owners};
use crate::rows::{self, Kind, Row};
use crate::{Access, Result, StoreError, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::admission::{EmailStanding, Quota};
use domain::identity::EmailAddress;
use domain::ids::{AcademyId, ClientId, CohortId, NominationId, NominatorId, PersonId};
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

/// Who may nominate: a client, or somebody by email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NominatorKey {
    /// A partner's client.
    Client(ClientId),
    /// A person, once that email is verified.
    Person(EmailAddress),
}

/// Who may nominate for a cohort.
#[derive(Clone, Debug)]
pub struct Nominator {
    /// Which.
    pub id: NominatorId,
    /// Who.
    pub key: NominatorKey,
    /// How many, and how many of them are used.
    pub quota: Quota,
}

#[derive(FromQueryResult)]
struct NominatorRow {
    id: Uuid,
    client_id: Option<Uuid>,
    as_typed: Option<String>,
    quota: i64,
    used: i64,
}

impl TryFrom<NominatorRow> for Nominator {
    type Error = StoreError;

    fn try_from(row: NominatorRow) -> Result<Self> {
        let corrupt = |column| StoreError::corrupt("nominator", column, row.id);
        let email = |typed: String| EmailAddress::parse(&typed).map_err(|_| corrupt("as_typed"));
        let key = match (row.client_id, row.as_typed) {
            (Some(client), None) => NominatorKey::Client(ClientId(client)),
            (None, Some(typed)) => NominatorKey::Person(email(typed)?),
            _ => return Err(corrupt("client_id")),
        };
        let quota = u32::try_from(row.quota).map_err(|_| corrupt("quota"))?;
        let used = u32::try_from(row.used).map_err(|_| corrupt("quota"))?;
        Ok(Self { id: NominatorId(row.id), key, quota: Quota { quota, used } })
    }
}

/// The columns, for `SELECT`; the table must be called `n`.
const NOMINATOR: &str = "n.id, n.client_id, n.as_typed, n.quota, (SELECT count(*) FROM nomination m \
    WHERE m.nominator_id = n.id AND (m.withdrawn_at IS NULL OR m.spent = true)) AS used";

async fn nominators(db: &impl Access, tail: &str, values: Vec<Value>) -> Result<Vec<Nominator>> {
    let db = db.connection();
    let text = format!("SELECT {NOMINATOR} FROM nominator n WHERE {tail}");
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let found = NominatorRow::find_by_statement(statement).all(db).await?;
    found.into_iter().map(Nominator::try_from).collect()
}

/// What a client or a person with this verified email may nominate in a cohort.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn nominator_of(
    db: &impl Access,
    cohort: CohortId,
    client: Option<ClientId>,
    email_key: Option<&str>,
) -> Result<Option<Nominator>> {
    let (which, value): (&str, Value) = match (client, email_key) {
        (Some(client), _) => ("n.cohort_id = $1 AND n.client_id = $2", client.0.into()),
        (None, Some(key)) => ("n.cohort_id = $1 AND n.address = $2", key.into()),
        (None, None) => return Ok(None),
    };
    Ok(nominators(db, which, vec![cohort.0.into(), value]).await?.pop())
}

/// A page of those who may nominate for a cohort, after `after`.
///
/// # Errors
/// As [`nominator_of`].
pub async fn nominators_page(
    db: &impl Access,
    cohort: CohortId,
    after: Option<NominatorId>,
    limit: u64,
) -> Result<Vec<Nominator>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let tail = "n.cohort_id = $1 AND n.id > $2 ORDER BY n.id LIMIT $3";
    nominators(db, tail, vec![cohort.0.into(), after.into(), limit.into()]).await
}

/// Why a quota was not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNominated {
    /// The academy has no such client.
    UnknownClient,
    /// More nominations are used than that.
    BelowUsed(Quota),
}

/// Says how many somebody may nominate for a cohort, anew where they may already.
///
/// # Errors
/// When the database refuses.
pub async fn set_nominator(
    work: &mut Work,
    academy: AcademyId,
    cohort: CohortId,
    key: &NominatorKey,
    quota: u32,
) -> Result<std::result::Result<Nominator, NotNominated>> {
    work.lock_cohorts([cohort]).await?;
    let now = work.now().await?;
    let (client, email) = match key {
        NominatorKey::Client(client) => (Some(*client), None),
        NominatorKey::Person(email) => (None, Some(email)),
    };
    if let Some(client) = client
        && !is_client_of(work, academy, client).await?
    {
        return Ok(Err(NotNominated::UnknownClient));
    }
    let before = nominator_of(work, cohort, client, email.map(EmailAddress::key)).await?;
    let used = before.as_ref().map_or(Quota { quota, used: 0 }, |nominator| nominator.quota);
    if !used.can_be(quota) {
        return Ok(Err(NotNominated::BelowUsed(used)));
    }
    let id = before.map_or_else(|| NominatorId(new_id_at(now)), |nominator| nominator.id);
    let text = "INSERT INTO nominator (id, academy_id, cohort_id, client_id, address, as_typed, quota, created_at, \
                updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (id) DO UPDATE SET \
                quota = excluded.quota, updated_at = excluded.updated_at";
    let values: [Value; 8] = [
        id.0.into(),
        academy.0.into(),
        cohort.0.into(),
        client.map(|client| client.0).into(),
        email.map(|email| email.key().to_owned()).into(),
        email.map(|email| email.as_typed().to_owned()).into(),
        i64::from(quota).into(),
        now.into(),
    ];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    let detail = serde_json::json!({"cohortId": cohort.to_string(), "quota": quota});
    work.audit(row(academy, "nominator_set", "nominator", id.0, detail));
    let quota = Quota { quota, used: used.used };
    Ok(Ok(Nominator { id, key: key.clone(), quota }))
}

#[derive(FromQueryResult)]
struct Counted {
    n: i64,
}

async fn is_client_of(work: &Work, academy: AcademyId, client: ClientId) -> Result<bool> {
    let text = "SELECT count(*) AS n FROM client WHERE id = $1 AND academy_id = $2";
    count(work, text, [client.0.into(), academy.0.into()]).await.map(|n| n > 0)
}

async fn count(work: &Work, text: &str, values: [Value; 2]) -> Result<i64> {
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    Ok(Counted::find_by_statement(statement).one(work.connection()).await?.map_or(0, |row| row.n))
}

fn row(
    academy: AcademyId,
    action: &'static str,
    subject_kind: &'static str,
    subject: Uuid,
    detail: serde_json::Value,
) -> AuditRow {
    AuditRow { academy_id: Some(academy), action, subject_kind, subject_id: Some(subject), detail }
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
    work.audit(row(academy, "nominated", "nomination", id.0, detail));
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
    work.audit(row(academy, "nomination_withdrawn", "nomination", id.0, detail));
    reassess(work, person.as_slice()).await?;
    // What was due may have given the place just now.
    let placed = match person {
        Some(person) => {
            let text = "SELECT count(*) AS n FROM booking WHERE cohort_id = $1 AND person_id = $2 \
                        AND status IN ('confirmed', 'completed', 'not_completed')";
            count(work, text, [cohort.0.into(), person.0.into()]).await? > 0
        }
        None => false,
    };
    let text = "UPDATE nomination SET spent = $2 WHERE id = $1";
    let statement = Statement::from_sql_and_values(work.backend(), text, [id.0.into(), placed.into()]);
    work.connection().execute_raw(statement).await?;
    Ok(Withdrawn::Done(Nomination { withdrawn_at: Some(now), ..found }))
}
