//! People as admission sees them: loaded for a whole batch at once.

use crate::rows::{self, Kind, Row, Writes};
use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::catalogue::eligibility::Facts;
use domain::ids::{CohortId, OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use uuid::Uuid;

/// A person who takes part or asks to.
#[derive(Clone)]
pub struct Participant {
    /// Who.
    pub id: PersonId,
    /// As they wrote it; `None` for whom only others named.
    pub full_name: Option<String>,
    /// The email as typed.
    pub email: String,
    /// The email as it is compared (ACC-1).
    pub email_key: String,
    /// When its owner proved it.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// Whether they have an account, verified or not.
    pub has_account: bool,
    /// What their profile says.
    pub facts: Facts,
    /// When they last told or changed a fact of it themselves.
    pub facts_at: Option<DateTime<Utc>>,
}

/// Personal data: never shown by `Debug` (ACC-7).
impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Participant").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Somebody known only from what others say of them.
pub struct NewKnown {
    /// The id they get.
    pub id: PersonId,
    /// The email as it is compared.
    pub email_key: String,
    /// The email as typed.
    pub email: String,
}

#[derive(FromQueryResult)]
struct ParticipantRow {
    id: Uuid,
    state: String,
    full_name: Option<String>,
    job_role: Option<String>,
    staff_group: Option<String>,
    qualifications: String,
    leads_or_manages: Option<bool>,
    organisation_id: Option<Uuid>,
    region: Option<String>,
    sector: Option<String>,
    facts_at: Option<DateTime<Utc>>,
    address: String,
    as_typed: String,
    verified_at: Option<DateTime<Utc>>,
}

const SELECTED: &str = "p.id, p.state, p.full_name, p.job_role, p.staff_group, p.qualifications, \
    p.leads_or_manages, p.organisation_id, COALESCE(o.region, p.region) AS region, \
    COALESCE(o.sector, p.sector) AS sector, p.facts_at, e.address, e.as_typed, e.verified_at";

const ORGANISATION_OF: &str = "LEFT JOIN organisation o ON o.id = p.organisation_id";

/// The people with these ids. One's own region and sector count where the organisation's are unknown.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn participants(
    db: &impl Access,
    ids: impl IntoIterator<Item = PersonId>,
) -> Result<HashMap<PersonId, Participant>> {
    let ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let db = db.connection();
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT {SELECTED} FROM {} {} {} {ORGANISATION_OF}",
        rows::ids_source(backend),
        rows::lookup(backend, "person", "p", "p.id = r.id"),
        rows::lookup(backend, "person_email", "e", "e.person_id = p.id")
    );
    let statement = Statement::from_sql_and_values(backend, text, [rows::ids(ids)]);
    let found = ParticipantRow::find_by_statement(statement).all(db).await?;
    found.into_iter().map(|row| participant(row).map(|p| (p.id, p))).collect()
}

fn participant(row: ParticipantRow) -> Result<Participant> {
    let qualifications = serde_json::from_str::<Option<Vec<String>>>(&row.qualifications)
        .map_err(|_| StoreError::corrupt("person", "qualifications", row.id))?;
    Ok(Participant {
        id: PersonId(row.id),
        full_name: row.full_name,
        email: row.as_typed,
        email_key: row.address,
        email_verified_at: row.verified_at,
        has_account: row.state != "known",
        facts: Facts {
            job_role: row.job_role,
            staff_group: row.staff_group,
            qualifications,
            leads_or_manages: row.leads_or_manages,
            region: row.region,
            sector: row.sector,
            organisation_id: row.organisation_id.map(OrganisationId),
            completed_programmes: Vec::new(),
        },
        facts_at: row.facts_at,
    })
}

#[derive(FromQueryResult)]
struct AddressRow {
    address: String,
    person_id: Uuid,
    standing: String,
}

/// Whose these emails are, by their keys: the person who verified one, else the one known from others.
/// Registrations that are not verified are nobody's (ACC-1).
///
/// # Errors
/// When the database does not answer.
pub async fn owners(
    db: &impl Access,
    email_keys: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, PersonId>> {
    let named: Vec<Row> =
        email_keys.into_iter().map(|key| Row::default().text("address", key.to_owned())).collect();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let db = db.connection();
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT e.address, e.person_id, e.standing FROM {} {} WHERE e.standing IN ('known', 'verified')",
        rows::source(backend, &[("address", Kind::Text)]),
        rows::lookup(backend, "person_email", "e", "e.address = r.address")
    );
    let statement = Statement::from_sql_and_values(backend, text, [rows::parameter(named)]);
    let mut owners: HashMap<String, PersonId> = HashMap::new();
    for row in AddressRow::find_by_statement(statement).all(db).await? {
        let id = PersonId(row.person_id);
        if row.standing == "verified" {
            owners.insert(row.address, id);
        } else {
            owners.entry(row.address).or_insert(id);
        }
    }
    Ok(owners)
}

#[derive(FromQueryResult)]
struct KeyRow {
    person_id: Uuid,
    address: String,
}

/// The emails of these people, as they are compared: what their locks are taken by.
pub(crate) async fn email_keys(
    db: &impl Access,
    people: &BTreeSet<PersonId>,
) -> Result<Vec<(PersonId, String)>> {
    let db = db.connection();
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT e.person_id, e.address FROM {} {}",
        rows::ids_source(backend),
        rows::lookup(backend, "person_email", "e", "e.person_id = r.id")
    );
    let ids = rows::ids(people.iter().map(|person| person.0));
    let found =
        KeyRow::find_by_statement(Statement::from_sql_and_values(backend, text, [ids])).all(db).await?;
    Ok(found.into_iter().map(|row| (PersonId(row.person_id), row.address)).collect())
}

/// Somebody for whom another books.
pub(crate) struct Named {
    pub(crate) participant: Participant,
    pub(crate) cohort: CohortId,
    /// Whether any booking of theirs is [`in_the_way`] there.
    pub(crate) has_live: bool,
}

/// Which bookings `b` of a person matter when they ask for a place in the cohort `r.cohort_id`: what is live there (ADM-1), and
/// what is confirmed elsewhere while that cohort meets, or could come to be at this moment (PRG-6). It narrows what is
/// loaded; what overlaps is the domain's to say. The status elsewhere is compared so that no index by cohort offers itself: a
/// plan of PostgreSQL's for a small table would read all of that one for a person.
pub(crate) fn in_the_way(person: &str) -> [String; 2] {
    let meets = "s.cohort_id = r.cohort_id AND s.starts_at < o.ends_at AND s.ends_at > o.starts_at";
    let meets = format!("o.cohort_id = b.cohort_id AND {}", rows::holds("session", "s", meets));
    let elsewhere = rows::holds("session", "o", &meets);
    [
        format!("b.person_id = {person} AND b.cohort_id = r.cohort_id AND b.status <> 'closed'"),
        format!(
            "b.person_id = {person} AND b.cohort_id <> r.cohort_id \
             AND coalesce(b.status, '') IN ('pending', 'waiting', 'offered', 'confirmed') AND {elsewhere}"
        ),
    ]
}

/// Whose these emails are, as [`owners`] finds them, and whether a booking of theirs is [`in_the_way`] of one in the cohort
/// named beside them.
pub(crate) async fn named<'a>(
    work: &Work,
    list: impl IntoIterator<Item = (&'a str, CohortId)>,
) -> Result<Vec<Named>> {
    let row = |(address, cohort): (&str, CohortId)| {
        Row::default().text("address", address.to_owned()).uuid("cohort_id", cohort.0)
    };
    let list: Vec<Row> = list.into_iter().map(row).collect();
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let backend = work.backend();
    let text = format!(
        "SELECT {SELECTED}, r.cohort_id, {} AS has_live FROM {} {} {} {ORGANISATION_OF} \
         WHERE e.standing IN ('known', 'verified') ORDER BY e.standing",
        in_the_way("p.id").map(|on| rows::holds("booking", "b", &on)).join(" OR "),
        rows::source(backend, &[("address", Kind::Text), ("cohort_id", Kind::Uuid)]),
        rows::lookup(backend, "person_email", "e", "e.address = r.address"),
        rows::lookup(backend, "person", "p", "p.id = e.person_id"),
    );
    let statement = Statement::from_sql_and_values(backend, text, [rows::parameter(list)]);
    let found = work.connection().query_all_raw(statement).await?;
    found.iter().map(named_of).collect()
}

fn named_of(row: &QueryResult) -> Result<Named> {
    Ok(Named {
        participant: participant(ParticipantRow::from_query_result(row, "")?)?,
        cohort: CohortId(row.try_get("", "cohort_id")?),
        has_live: row.try_get("", "has_live")?,
    })
}

/// Keeps people who are known only from what others say; their persons' locks must be held.
pub(crate) fn create_known(writes: &mut Writes, now: DateTime<Utc>, list: &[NewKnown]) {
    let person = |known: &NewKnown| {
        Row::default()
            .uuid("id", known.id.0)
            .text("state", "known".to_owned())
            .text("qualifications", "null".to_owned())
            .bool("platform_admin", false)
            .int("revision", 1)
            .time("created_at", now)
            .time("updated_at", now)
    };
    let email = |known: &NewKnown| {
        Row::default()
            .uuid("id", crate::new_id_at(now))
            .uuid("person_id", known.id.0)
            .text("address", known.email_key.clone())
            .text("as_typed", known.email.clone())
            .text("standing", "known".to_owned())
            .time("created_at", now)
    };
    writes.insert("person", &PERSON, list.iter().map(person).collect());
    writes.insert("person_email", &EMAIL, list.iter().map(email).collect());
}

const PERSON: [rows::Column; 7] = [
    ("id", Kind::Uuid),
    ("state", Kind::Word),
    ("qualifications", Kind::Word),
    ("platform_admin", Kind::Bool),
    ("revision", Kind::Int),
    ("created_at", Kind::Time),
    ("updated_at", Kind::Time),
];

const EMAIL: [rows::Column; 6] = [
    ("id", Kind::Uuid),
    ("person_id", Kind::Uuid),
    ("address", Kind::Word),
    ("as_typed", Kind::Word),
    ("standing", Kind::Word),
    ("created_at", Kind::Time),
];

#[derive(FromQueryResult)]
struct OrganisationRow {
    id: Uuid,
    ods_code: String,
    region: Option<String>,
    sector: Option<String>,
}

/// An organisation as the rules see it.
#[derive(Clone, Debug)]
pub struct KnownOrganisation {
    /// Which.
    pub id: OrganisationId,
    /// Its region, where known.
    pub region: Option<String>,
    /// Its sector, where known.
    pub sector: Option<String>,
}

/// Makes organisations with only their code, where these ODS codes are unknown.
///
/// # Errors
/// When the database refuses.
pub async fn create_unknown_organisations(
    work: &mut Work,
    codes: impl IntoIterator<Item = String>,
) -> Result<()> {
    let now = work.now().await?;
    let row = |code: String| {
        Row::default()
            .uuid("id", crate::new_id_at(now))
            .text("search_text", domain::text::normalised(&code))
            .text("ods_code", code)
            .int("revision", 1)
            .time("created_at", now)
            .time("updated_at", now)
    };
    let tail = "ORDER BY ods_code ON CONFLICT (ods_code) DO NOTHING";
    let rows = codes.into_iter().map(row).collect();
    rows::insert(work.connection(), "organisation", &ORGANISATION, rows, tail).await?;
    Ok(())
}

/// The organisations with these ODS codes, as far as they are known.
///
/// # Errors
/// When the database does not answer.
pub async fn organisations_by_ods(
    db: &impl Access,
    codes: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, KnownOrganisation>> {
    let named: Vec<Row> = codes.into_iter().map(|code| Row::default().text("ods_code", code)).collect();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let db = db.connection();
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT o.id, o.ods_code, o.region, o.sector FROM {} JOIN organisation o ON o.ods_code = r.ods_code",
        rows::source(backend, &[("ods_code", Kind::Text)])
    );
    let statement = Statement::from_sql_and_values(backend, text, [rows::parameter(named)]);
    let found = OrganisationRow::find_by_statement(statement).all(db).await?;
    let known = |row: OrganisationRow| {
        (
            row.ods_code,
            KnownOrganisation { id: OrganisationId(row.id), region: row.region, sector: row.sector },
        )
    };
    Ok(found.into_iter().map(known).collect())
}

const ORGANISATION: [rows::Column; 6] = [
    ("id", Kind::Uuid),
    ("ods_code", Kind::Word),
    ("search_text", Kind::Word),
    ("revision", Kind::Int),
    ("created_at", Kind::Time),
    ("updated_at", Kind::Time),
];

/// A token for one mail about one booking, to be used without signing in.
pub struct NewBookingToken {
    /// The token's id; the mail carries it with a MAC.
    pub id: Uuid,
    /// What it may be used for: `offer`.
    pub purpose: &'static str,
    /// To whom it is sent.
    pub person_id: PersonId,
    /// About which booking.
    pub booking_id: domain::ids::BookingId,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// Keeps tokens that mails will carry.
pub(crate) fn create_booking_tokens(writes: &mut Writes, now: DateTime<Utc>, list: Vec<NewBookingToken>) {
    let row = |token: NewBookingToken| {
        Row::default()
            .uuid("id", token.id)
            .text("purpose", token.purpose.to_owned())
            .uuid("person_id", token.person_id.0)
            .uuid("booking_id", token.booking_id.0)
            .time("created_at", now)
            .time("expires_at", token.expires_at)
    };
    writes.insert("mail_token", &MAIL_TOKEN, list.into_iter().map(row).collect());
}

const MAIL_TOKEN: [rows::Column; 6] = [
    ("id", Kind::Uuid),
    ("purpose", Kind::Word),
    ("person_id", Kind::Uuid),
    ("booking_id", Kind::Uuid),
    ("created_at", Kind::Time),
    ("expires_at", Kind::Time),
];
