//! The rights in force of many callers, read with one statement a kind.

use super::clients::parse_scopes;
use super::members::parse_role;
use crate::rows::{self, Kind, Row};
use crate::{Access, Result, StoreError};
use domain::identity::{ClientActor, ClientKind, PersonActor, PersonState};
use domain::ids::{AcademyId, ClientId, PersonId};
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

/// Somebody signed in, and the family of refresh tokens that their access token comes from, where it has one.
pub type SignIn = (PersonId, Option<Uuid>);

/// The rights of these persons. Whoever can't be signed in, or whose sign-in has ended, is missing.
///
/// # Errors
/// When the database doesn't answer.
pub async fn persons(db: &impl Access, sign_ins: &[SignIn]) -> Result<HashMap<SignIn, PersonActor>> {
    let connection = db.connection();
    let backend = connection.get_database_backend();
    // A verified email stands before others, then the oldest; so the first row of each sign-in has it.
    let text = format!(
        "SELECT p.id, r.family, p.state, p.platform_admin, e.id AS email_id, e.address, e.standing,
                m.academy_id, m.role
         FROM {} JOIN person p ON p.id = r.id
         JOIN person_email e ON e.person_id = p.id
         LEFT JOIN session_family f ON f.id = r.family AND f.person_id = p.id
         LEFT JOIN member m ON m.person_id = p.id
         WHERE r.family IS NULL OR (f.id IS NOT NULL AND f.ended_at IS NULL)
         ORDER BY CASE e.standing WHEN 'verified' THEN 0 ELSE 1 END, e.created_at, e.id",
        rows::source(backend, &[("id", Kind::Uuid), ("family", Kind::Uuid)])
    );
    let named = sign_ins.iter().map(|(id, family)| Row::default().uuid("id", id.0).uuid("family", *family));
    let statement = Statement::from_sql_and_values(backend, text, [rows::parameter(named.collect())]);
    let mut persons: HashMap<SignIn, (Uuid, PersonActor)> = HashMap::new();
    for row in connection.query_all_raw(statement).await? {
        let id = PersonId(row.try_get("", "id")?);
        if !state(&row, id)?.can_sign_in() {
            continue;
        }
        let email_id: Uuid = row.try_get("", "email_id")?;
        let (first_email, person) = match persons.entry((id, row.try_get("", "family")?)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert((email_id, to_person(&row, id)?)),
        };
        let academy: Option<Uuid> = row.try_get("", "academy_id")?;
        if let Some(academy) = academy.filter(|_| *first_email == email_id) {
            let role: String = row.try_get("", "role")?;
            person.roles.push((AcademyId(academy), parse_role(&role, id)?));
        }
    }
    Ok(persons.into_iter().map(|(sign_in, (_, person))| (sign_in, person)).collect())
}

/// The rights of these clients; whichever is revoked is missing.
///
/// # Errors
/// When the database doesn't answer.
pub async fn clients(db: &impl Access, ids: &[ClientId]) -> Result<HashMap<ClientId, ClientActor>> {
    let connection = db.connection();
    let backend = connection.get_database_backend();
    let text = format!(
        "SELECT c.id, c.academy_id, c.kind, c.scopes, c.vouches_for_emails
         FROM {} JOIN client c ON c.id = r.id WHERE c.revoked_at IS NULL",
        rows::ids_source(backend)
    );
    let parameter = rows::ids(ids.iter().map(|id| id.0));
    let found = connection.query_all_raw(Statement::from_sql_and_values(backend, text, [parameter])).await?;
    found.iter().map(|row| to_client(row).map(|client| (client.id, client))).collect()
}

fn state(row: &QueryResult, id: PersonId) -> Result<PersonState> {
    let word: String = row.try_get("", "state")?;
    PersonState::parse(&word).ok_or_else(|| StoreError::corrupt("person", "state", id))
}

fn to_person(row: &QueryResult, id: PersonId) -> Result<PersonActor> {
    let standing: String = row.try_get("", "standing")?;
    Ok(PersonActor {
        id,
        email_key: row.try_get("", "address")?,
        email_verified: standing == "verified",
        platform_admin: row.try_get("", "platform_admin")?,
        roles: Vec::new(),
    })
}

fn to_client(row: &QueryResult) -> Result<ClientActor> {
    let id: Uuid = row.try_get("", "id")?;
    let kind: String = row.try_get("", "kind")?;
    let scopes: String = row.try_get("", "scopes")?;
    Ok(ClientActor {
        id: ClientId(id),
        academy_id: AcademyId(row.try_get("", "academy_id")?),
        kind: ClientKind::parse(&kind).ok_or_else(|| StoreError::corrupt("client", "kind", id))?,
        scopes: parse_scopes(&scopes, id)?,
        vouches_for_emails: row.try_get("", "vouches_for_emails")?,
    })
}
