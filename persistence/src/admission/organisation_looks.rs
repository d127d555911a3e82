//! Gates looked at again when staff complete an organisation (ADM-2): its people in bounded transactions, each with
//! the persons' locks before the cohorts'.

use super::reassess::reassess;
use crate::identity::participants::participants;
use crate::{Access, Reader, Result, Work};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

/// People whose gates are looked at in one transaction.
const PEOPLE_AT_ONCE: usize = 100;

/// A booking that read the organisation as it was can be committed after its people were looked for. By then no
/// such transaction runs any more: a second look finds it.
const SECOND_LOOK: TimeDelta = TimeDelta::seconds(60);

#[derive(FromQueryResult)]
struct Look {
    organisation_id: Uuid,
    step: i64,
    after_person: Uuid,
    again: bool,
    ods_code: Option<String>,
}

#[derive(FromQueryResult)]
struct PersonRow {
    person_id: Uuid,
}

/// Notes that what is known of an organisation changed: the gates of its people's pending bookings, and of those
/// whose booker named its ODS code, are to be looked at again.
///
/// # Errors
/// When the database refuses.
pub async fn organisation_changed(work: &mut Work, id: OrganisationId) -> Result<()> {
    let now = work.now().await?;
    let text = "INSERT INTO organisation_look (organisation_id, step, after_person, again, due_at) \
                VALUES ($1, 0, $2, true, $3) ON CONFLICT (organisation_id) DO UPDATE SET \
                step = organisation_look.step + 1, after_person = excluded.after_person, again = true, \
                due_at = excluded.due_at";
    let values = [id.0.into(), Uuid::nil().into(), now.into()];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    Ok(())
}

/// Whether an organisation waits for its people's gates to be looked at.
///
/// # Errors
/// When the database does not answer.
pub async fn organisation_looks_due(db: &Reader<'_>) -> Result<bool> {
    let now = db.now().await?;
    Ok(due(db, now).await?.is_some())
}

/// Looks at the gates of the next people of an organisation that changed. False when nothing is due, or another
/// server was faster: then nothing may be committed.
///
/// # Errors
/// When the database refuses.
pub async fn look_at_organisation(work: &mut Work) -> Result<bool> {
    let now = work.now().await?;
    let Some(look) = due(work, now).await? else { return Ok(false) };
    let people = people_of(work, &look).await?;
    let known = participants(work, people.iter().copied()).await?;
    work.lock_persons(known.values().map(|participant| participant.email_key.as_str())).await?;
    reassess(work, &people).await?;
    go_on(work, &look, &people).await
}

async fn due(db: &impl Access, now: DateTime<Utc>) -> Result<Option<Look>> {
    let db = db.connection();
    let text = "SELECT l.organisation_id, l.step, l.after_person, l.again, o.ods_code FROM organisation_look l \
                JOIN organisation o ON o.id = l.organisation_id WHERE l.due_at <= $1 ORDER BY l.due_at LIMIT 1";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [now.into()]);
    Ok(Look::find_by_statement(statement).one(db).await?)
}

/// Those who said that they work there, and those of whom a booker said so.
async fn people_of(work: &Work, look: &Look) -> Result<Vec<PersonId>> {
    let text = "SELECT b.person_id FROM person p JOIN booking b ON b.person_id = p.id \
                WHERE p.organisation_id = $1 AND b.status = 'pending' AND b.person_id > $2 \
                UNION SELECT person_id FROM booking WHERE status = 'pending' AND person_id > $2 AND told LIKE $3 \
                ORDER BY person_id LIMIT $4";
    let told = look.ods_code.as_ref().map_or_else(String::new, |code| told_of(code));
    let limit = i64::try_from(PEOPLE_AT_ONCE).unwrap_or(i64::MAX);
    let values = [look.organisation_id.into(), look.after_person.into(), told.into(), limit.into()];
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    let found = PersonRow::find_by_statement(statement).all(work.connection()).await?;
    Ok(found.into_iter().map(|row| PersonId(row.person_id)).collect())
}

/// How [`super::Told`] names that code, as it is kept.
fn told_of(ods_code: &str) -> String {
    format!("%\"organisationOdsCode\":\"{ods_code}\"%")
}

/// Notes how far the look has come. False when the note changed meanwhile.
async fn go_on(work: &mut Work, look: &Look, people: &[PersonId]) -> Result<bool> {
    let now = work.now().await?;
    let id: sea_orm::Value = look.organisation_id.into();
    let (text, values) = match people.last() {
        Some(last) if people.len() == PEOPLE_AT_ONCE => (
            "UPDATE organisation_look SET step = step + 1, after_person = $3 WHERE organisation_id = $1 AND step = $2",
            vec![id, look.step.into(), last.0.into()],
        ),
        _ if look.again => (
            "UPDATE organisation_look SET step = step + 1, after_person = $3, again = false, due_at = $4 \
             WHERE organisation_id = $1 AND step = $2",
            vec![id, look.step.into(), Uuid::nil().into(), (now + SECOND_LOOK).into()],
        ),
        _ => (
            "DELETE FROM organisation_look WHERE organisation_id = $1 AND step = $2",
            vec![id, look.step.into()],
        ),
    };
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    Ok(work.connection().execute_raw(statement).await?.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Told;

    /// ADM-2.
    #[test]
    fn what_a_booker_told_is_found_by_its_ods_code() {
        let told = Told { organisation_ods_code: Some("RXX".into()), ..Told::default() };
        let kept = serde_json::to_string(&told).unwrap();
        let wanted = told_of("RXX");
        assert!(kept.contains(wanted.trim_matches('%')), "{wanted} in {kept}");
    }
}
