//! Who may nominate for a cohort, and how many (ADM-20).

use crate::governance::AuditRow;
use crate::{Access, Result, StoreError, Work, new_id_at};
use domain::admission::Quota;
use domain::identity::EmailAddress;
use domain::ids::{AcademyId, ClientId, CohortId, NominatorId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

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

pub(super) async fn nominators(db: &impl Access, tail: &str, values: Vec<Value>) -> Result<Vec<Nominator>> {
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
    work.audit(audit_row(academy, "nominator_set", "nominator", id.0, detail));
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

pub(super) async fn count(work: &Work, text: &str, values: [Value; 2]) -> Result<i64> {
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    Ok(Counted::find_by_statement(statement).one(work.connection()).await?.map_or(0, |row| row.n))
}

pub(super) fn audit_row(
    academy: AcademyId,
    action: &'static str,
    subject_kind: &'static str,
    subject: Uuid,
    detail: serde_json::Value,
) -> AuditRow {
    AuditRow { academy_id: Some(academy), action, subject_kind, subject_id: Some(subject), detail }
}
