//! The servers' keys: made once, by whichever server comes first, and shared by all.

use super::entities::server_key;
use crate::{Result, Store, StoreError, new_id};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::fmt;
use uuid::Uuid;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Signs access tokens; its public half is published.
    Signing,
    /// Everything that only servers check: cursors, mail tokens, refresh tokens, sealed answers.
    Secret,
}

impl KeyPurpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Secret => "secret",
        }
    }
}

/// A key as it is kept.
#[derive(Clone)]
pub struct ServerKey {
    /// Its id, which is also a signing key's `kid`.
    pub id: Uuid,
    /// The key as text, in the form its maker chose.
    pub material: String,
    /// Whether it is no longer used for what is new.
    pub retired: bool,
}

/// Secret: never shown (ACC-7).
impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The keys of a purpose, the live one first. Makes one where there is none; of several servers that start
/// at once, all get the one that was first.
///
/// # Errors
/// When the database doesn't answer.
pub async fn load_or_create(
    store: &Store,
    purpose: KeyPurpose,
    make: impl FnOnce() -> String,
) -> Result<Vec<ServerKey>> {
    let kept = load(store, purpose).await?;
    if kept.first().is_some_and(|key| !key.retired) {
        return Ok(kept);
    }
    let row = server_key::ActiveModel {
        id: Set(new_id()),
        purpose: Set(purpose.as_str().to_owned()),
        material: Set(make()),
        created_at: Set(store.reader().now().await?),
        retired_at: Set(None),
    };
    let insert = server_key::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
    insert.exec_without_returning(&store.writer).await?;
    let kept = load(store, purpose).await?;
    if kept.first().is_none_or(|key| key.retired) {
        return Err(StoreError::SetUp(format!("no live {} key could be kept", purpose.as_str())));
    }
    Ok(kept)
}

async fn load(store: &Store, purpose: KeyPurpose) -> Result<Vec<ServerKey>> {
    let rows = server_key::Entity::find()
        .filter(server_key::Column::Purpose.eq(purpose.as_str()))
        .order_by_desc(server_key::Column::Id)
        .all(&store.writer)
        .await?;
    let mut keys: Vec<ServerKey> = rows
        .into_iter()
        .map(|row| ServerKey { id: row.id, material: row.material, retired: row.retired_at.is_some() })
        .collect();
    keys.sort_by_key(|key| key.retired);
    Ok(keys)
}
