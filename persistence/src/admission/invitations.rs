//! Invitations (COM-5): who told their interest in a programme hears of its next cohort before the public. They give no
//! rank (PRG-8).

use super::desk_row::desks;
use crate::governance::AuditRow;
use crate::identity::participants::{NewKnown, create_known, owners};
use crate::messaging::{MailKind, OutboxRow};
use crate::rows::{self, Kind, Row, Writes};
use crate::{Access, Result, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::admission::BookingStatus;
use domain::catalogue::invitation::Telling;
use domain::ids::{AcademyId, CohortId, PersonId, ProgrammeId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::json;
use uuid::Uuid;

/// How many are invited in one transaction.
const AT_ONCE: i64 = 100;

/// What came of the interest that a cohort was told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameOfInterest {
    /// How many were invited.
    pub invited: u64,
    /// How many of them asked for a place afterwards, whatever became of it.
    pub booked: u64,
    /// How many of them have a place, or had one to the end.
    pub placed: u64,
}

#[derive(FromQueryResult)]
struct TellingRow {
    id: Uuid,
    academy_id: Uuid,
    programme_id: Uuid,
    interest_told_hours: i64,
    published: bool,
}

/// A cohort that tells by now, and whom.
struct Due {
    cohort: CohortId,
    academy: AcademyId,
    programme: ProgrammeId,
    told_before: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct InterestRow {
    id: Uuid,
    address: String,
    as_typed: String,
}

/// The cohorts that somebody is still to be invited to at `now`.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn invitations_due(db: &impl Access, now: DateTime<Utc>) -> Result<Vec<CohortId>> {
    let mut due = Vec::new();
    for telling in tell_by(db, now, "d.ended IS NULL AND d.closed = false", Vec::new()).await? {
        if !uninvited(db, &telling, 1).await?.is_empty() {
            due.push(telling.cohort);
        }
    }
    Ok(due)
}

/// Invites some who told their interest and were not invited to this cohort yet; returns how many, none where nobody
/// is left. Safe on several servers at once.
///
/// # Errors
/// When the database refuses.
pub async fn invite(work: &mut Work, cohort: CohortId) -> Result<usize> {
    let now = work.now().await?;
    let Some(seen) = telling(work, cohort, now).await? else { return Ok(0) };
    let seen = uninvited(work, &seen, AT_ONCE).await?;
    work.lock_persons(seen.iter().map(|interest| interest.address.as_str())).await?;
    work.lock_cohorts([cohort]).await?;
    let now = work.now().await?;
    // As it is under the locks.
    let Some(due) = telling(work, cohort, now).await? else { return Ok(0) };
    let mut left = uninvited(work, &due, AT_ONCE).await?;
    left.retain(|interest| seen.iter().any(|locked| locked.address == interest.address));
    let people = people_of(work, &left, now).await?;
    keep(work, &due, &left, now).await?;
    for person in people {
        work.mail(OutboxRow {
            academy_id: Some(due.academy),
            kind: MailKind::CohortAnnounced,
            person_id: person,
            booking_id: None,
            token_id: None,
            refs: json!({ "cohortId": cohort.to_string() }),
        });
    }
    if !left.is_empty() {
        work.audit(AuditRow {
            academy_id: Some(due.academy),
            action: "interest_told",
            subject_kind: "cohort",
            subject_id: Some(cohort.0),
            detail: json!({ "invited": left.len() }),
        });
    }
    Ok(left.len())
}

/// How many were invited to a cohort, and what came of it. Bookings are found by the email.
///
/// # Errors
/// When the database does not answer.
pub async fn came_of_interest(db: &impl Access, cohort: CohortId) -> Result<CameOfInterest> {
    let with = |status: &str| {
        format!(
            "CAST(COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM person_email e \
             JOIN booking b ON b.person_id = e.person_id AND b.cohort_id = v.cohort_id \
             WHERE e.address = i.address AND e.standing IN ('known', 'verified') \
             AND b.submitted_at >= v.told_at{status}) THEN 1 ELSE 0 END), 0) AS bigint)"
        )
    };
    let with_place = BookingStatus::ALL.into_iter().filter(|status| status.has_place());
    let with_place: Vec<String> = with_place.map(|status| format!("'{}'", status.as_str())).collect();
    let text = format!(
        "SELECT count(*) AS invited, {} AS booked, {} AS placed FROM cohort_invitation v \
         JOIN interest i ON i.id = v.interest_id WHERE v.cohort_id = $1",
        with(""),
        with(&format!(" AND b.status IN ({})", with_place.join(", "))),
    );
    let db = db.connection();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [cohort.0.into()]);
    let row = db.query_one_raw(statement).await?;
    let number = |name: &str| -> Result<u64> {
        let count: i64 = row.as_ref().map(|row| row.try_get("", name)).transpose()?.unwrap_or(0);
        Ok(u64::try_from(count).unwrap_or(0))
    };
    Ok(CameOfInterest { invited: number("invited")?, booked: number("booked")?, placed: number("placed")? })
}

async fn telling(db: &impl Access, cohort: CohortId, now: DateTime<Utc>) -> Result<Option<Due>> {
    Ok(tell_by(db, now, "c.id = $1", vec![cohort.0.into()]).await?.pop())
}

/// The cohorts that say so and tell by now, of those for which `condition` holds.
async fn tell_by(
    db: &impl Access,
    now: DateTime<Utc>,
    condition: &str,
    values: Vec<sea_orm::Value>,
) -> Result<Vec<Due>> {
    let text = format!(
        "SELECT c.id, c.academy_id, c.programme_id, c.interest_told_hours, (p.status = 'published') AS published \
         FROM cohort c JOIN programme p ON p.id = c.programme_id JOIN cohort_desk d ON d.cohort_id = c.id \
         WHERE c.interest_told_hours IS NOT NULL AND {condition}"
    );
    let backend = db.connection().get_database_backend();
    let statement = Statement::from_sql_and_values(backend, text, values);
    let found = TellingRow::find_by_statement(statement).all(db.connection()).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<CohortId> = found.iter().map(|row| CohortId(row.id)).collect();
    let desks = desks(db, &ids).await?;
    let due = found.into_iter().filter_map(|row| {
        let cohort = CohortId(row.id);
        let desk = desks.get(&cohort)?;
        let telling = Telling {
            hours: u32::try_from(row.interest_told_hours).unwrap_or(0),
            opens_at: desk.terms.booking_opens_at,
            status: desk.status(now),
            published: row.published,
        };
        Some(Due {
            cohort,
            academy: AcademyId(row.academy_id),
            programme: ProgrammeId(row.programme_id),
            told_before: telling.reaches_before(now)?,
        })
    });
    Ok(due.collect())
}

/// Those who are to be invited and were not: the first to tell their interest first.
async fn uninvited(db: &impl Access, due: &Due, limit: i64) -> Result<Vec<InterestRow>> {
    let text = "SELECT i.id, i.address, i.as_typed FROM interest i \
                WHERE i.programme_id = $1 AND i.created_at < $2 AND NOT EXISTS \
                (SELECT 1 FROM cohort_invitation v WHERE v.cohort_id = $3 AND v.interest_id = i.id) \
                ORDER BY i.created_at, i.id LIMIT $4";
    let db = db.connection();
    let values = [due.programme.0.into(), due.told_before.into(), due.cohort.0.into(), limit.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    Ok(InterestRow::find_by_statement(statement).all(db).await?)
}

/// Whose the emails are; who is not known yet is from now on.
async fn people_of(work: &Work, list: &[InterestRow], now: DateTime<Utc>) -> Result<Vec<PersonId>> {
    let owners = owners(work, list.iter().map(|interest| interest.address.as_str())).await?;
    let mut new = Vec::new();
    let people = list.iter().map(|interest| {
        owners.get(&interest.address).copied().unwrap_or_else(|| {
            let id = PersonId(new_id_at(now));
            let (email_key, email) = (interest.address.clone(), interest.as_typed.clone());
            new.push(NewKnown { id, email_key, email });
            id
        })
    });
    let people = people.collect();
    let mut writes = Writes::default();
    create_known(&mut writes, now, &new);
    writes.run(work.connection()).await?;
    Ok(people)
}

async fn keep(work: &Work, due: &Due, list: &[InterestRow], now: DateTime<Utc>) -> Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    let row = |interest: &InterestRow| {
        Row::default()
            .uuid("cohort_id", due.cohort.0)
            .uuid("interest_id", interest.id)
            .uuid("academy_id", due.academy.0)
            .time("told_at", now)
    };
    rows::insert(work.connection(), "cohort_invitation", &COLUMNS, list.iter().map(row).collect(), "")
        .await?;
    Ok(())
}

const COLUMNS: [rows::Column; 4] = [
    ("cohort_id", Kind::Uuid),
    ("interest_id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("told_at", Kind::Time),
];
