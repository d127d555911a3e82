//! Clients (ACC-4): programs of partners and of ops, each of one academy.

use super::entities::client;
use crate::governance::AuditRow;
use crate::{Access, Result, StoreError, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::identity::{ClientKind, Scope};
use domain::ids::{AcademyId, ClientId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

/// A client that isn't revoked.
#[derive(Clone, Debug)]
pub struct Client {
    /// Which.
    pub id: ClientId,
    /// Its one academy.
    pub academy_id: AcademyId,
    /// What staff call it.
    pub name: String,
    /// What it acts as.
    pub kind: ClientKind,
    /// What it may ask for.
    pub scopes: Vec<Scope>,
    /// Whether its bookings meet `email_verified` (ACC-1).
    pub vouches_for_emails: bool,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// A client to be.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Its one academy.
    pub academy_id: AcademyId,
    /// What staff call it.
    pub name: String,
    /// What it acts as.
    pub kind: ClientKind,
    /// What it may ask for.
    pub scopes: Vec<Scope>,
    /// Whether its bookings meet `email_verified` (ACC-1).
    pub vouches_for_emails: bool,
    /// Lower-case hex SHA-256 of its secret.
    pub secret_hash: String,
}

/// Makes a client.
///
/// # Errors
/// When the database doesn't answer.
pub async fn create(work: &mut Work, new: NewClient) -> Result<Client> {
    let now = work.now().await?;
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    let row = client::ActiveModel {
        id: Set(new_id_at(now)),
        academy_id: Set(new.academy_id.0),
        name: Set(new.name),
        kind: Set(new.kind.as_str().to_owned()),
        scopes: Set(json!(scopes).to_string()),
        vouches_for_emails: Set(new.vouches_for_emails),
        secret_hash: Set(new.secret_hash),
        created_at: Set(now),
        revoked_at: Set(None),
    };
    let made = Client::try_from(row.insert(work.connection()).await?)?;
    let detail = json!({ "kind": made.kind.as_str(), "scopes": scopes, "vouches": made.vouches_for_emails });
    audit(work, made.academy_id, "client_created", made.id, detail);
    Ok(made)
}

/// An academy's clients in the order they were made, behind `after`.
///
/// # Errors
/// When the database doesn't answer.
pub async fn list(
    db: &impl Access,
    academy: AcademyId,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Client>> {
    let rows = client::Entity::find()
        .filter(client::Column::AcademyId.eq(academy.0))
        .filter(client::Column::RevokedAt.is_null())
        .filter(client::Column::Id.gt(after.unwrap_or(Uuid::nil())))
        .order_by_asc(client::Column::Id)
        .limit(limit)
        .all(db.connection())
        .await?;
    rows.into_iter().map(Client::try_from).collect()
}

/// One client of an academy.
///
/// # Errors
/// When the database doesn't answer.
pub async fn client(db: &impl Access, academy: AcademyId, id: ClientId) -> Result<Option<Client>> {
    let found = client::Entity::find_by_id(id.0)
        .filter(client::Column::AcademyId.eq(academy.0))
        .filter(client::Column::RevokedAt.is_null())
        .one(db.connection())
        .await?;
    found.map(Client::try_from).transpose()
}

/// A client with the hash of its secret, for signing in.
///
/// # Errors
/// When the database doesn't answer.
pub async fn with_secret_hash(db: &impl Access, id: ClientId) -> Result<Option<(Client, String)>> {
    let found = client::Entity::find_by_id(id.0)
        .filter(client::Column::RevokedAt.is_null())
        .one(db.connection())
        .await?;
    let pair = found.map(|row| {
        let hash = row.secret_hash.clone();
        Client::try_from(row).map(|client| (client, hash))
    });
    pair.transpose()
}

/// Revokes a client: its tokens are worth nothing from then on. True when it was in force.
///
/// # Errors
/// When the database doesn't answer.
pub async fn revoke(work: &mut Work, academy: AcademyId, id: ClientId) -> Result<bool> {
    let now = work.now().await?;
    let revoked = client::Entity::update_many()
        .col_expr(client::Column::RevokedAt, Expr::value(now))
        .filter(client::Column::Id.eq(id.0))
        .filter(client::Column::AcademyId.eq(academy.0))
        .filter(client::Column::RevokedAt.is_null())
        .exec(work.connection())
        .await?;
    let was_in_force = revoked.rows_affected == 1;
    if was_in_force {
        audit(work, academy, "client_revoked", id, json!({}));
    }
    Ok(was_in_force)
}

impl TryFrom<client::Model> for Client {
    type Error = StoreError;

    fn try_from(row: client::Model) -> Result<Self> {
        let scopes = parse_scopes(&row.scopes, row.id)?;
        let kind = ClientKind::parse(&row.kind);
        Ok(Self {
            id: ClientId(row.id),
            academy_id: AcademyId(row.academy_id),
            kind: kind.ok_or_else(|| StoreError::corrupt("client", "kind", row.id))?,
            name: row.name,
            scopes,
            vouches_for_emails: row.vouches_for_emails,
            created_at: row.created_at,
        })
    }
}

/// A scope that this program doesn't know gives nothing.
pub(crate) fn parse_scopes(text: &str, client: Uuid) -> Result<Vec<Scope>> {
    let words: Vec<String> =
        serde_json::from_str(text).map_err(|_| StoreError::corrupt("client", "scopes", client))?;
    Ok(words.iter().filter_map(|word| Scope::parse(word)).collect())
}

fn audit(
    work: &mut Work,
    academy: AcademyId,
    action: &'static str,
    client: ClientId,
    detail: serde_json::Value,
) {
    work.audit(AuditRow {
        academy_id: Some(academy),
        action,
        subject_kind: "client",
        subject_id: Some(client.0),
        detail,
    });
}
