//! Which email stands for a person.

use super::entities::person_email;
use crate::{Access, Result, StoreError, rows};
use domain::ids::PersonId;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Statement};
use std::collections::HashMap;

/// The email that stands for each of these persons: a verified one before others, then the oldest.
pub(crate) async fn primary(
    db: &impl Access,
    persons: impl IntoIterator<Item = PersonId>,
) -> Result<HashMap<PersonId, person_email::Model>> {
    let connection = db.connection();
    let backend = connection.get_database_backend();
    let text = format!(
        "SELECT e.* FROM {} JOIN person_email e ON e.person_id = r.id ORDER BY e.created_at, e.id",
        rows::ids_source(backend)
    );
    let ids = rows::ids(persons.into_iter().map(|id| id.0));
    let found = connection.query_all_raw(Statement::from_sql_and_values(backend, text, [ids])).await?;
    let mut primary: HashMap<PersonId, person_email::Model> = HashMap::new();
    for row in found {
        let email = person_email::Model::from_query_result(&row, "")?;
        let id = PersonId(email.person_id);
        let better =
            primary.get(&id).is_none_or(|p| p.standing != "verified" && email.standing == "verified");
        if better {
            primary.insert(id, email);
        }
    }
    Ok(primary)
}

/// The email that stands for this person.
///
/// # Errors
/// When a person has none.
pub(crate) async fn primary_of(db: &impl Access, person: PersonId) -> Result<person_email::Model> {
    let found = primary(db, [person]).await?.remove(&person);
    found.ok_or_else(|| StoreError::corrupt("person_email", "person_id", person))
}

/// The row of the email as a verified one, whoever's it is.
pub(crate) async fn verified(db: &impl Access, key: &str) -> Result<Option<person_email::Model>> {
    standing(db, key, "verified").await
}

/// The row of the email as one known from others.
pub(crate) async fn known(db: &impl Access, key: &str) -> Result<Option<person_email::Model>> {
    standing(db, key, "known").await
}

async fn standing(db: &impl Access, key: &str, standing: &str) -> Result<Option<person_email::Model>> {
    use sea_orm::{ColumnTrait, QueryFilter};
    let found = person_email::Entity::find()
        .filter(person_email::Column::Address.eq(key))
        .filter(person_email::Column::Standing.eq(standing));
    Ok(found.one(db.connection()).await?)
}
