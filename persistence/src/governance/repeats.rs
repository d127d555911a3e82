//! Answers kept for repeated requests (ADM-10): a key's row commits with its effect.

use crate::rows::{self, Column, Kind, Row};
use crate::{Access, Result, Work};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::HashMap;

/// How long a key is kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// How long an answer with a secret is kept, sealed.
pub const SEALED_FOR: TimeDelta = TimeDelta::minutes(10);

/// A request that can be repeated.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// Whose key it is: `person:<id>` or `client:<id>`.
    pub caller: String,
    /// The key as sent.
    pub key: String,
    /// Hash of operation, path and body.
    pub fingerprint: String,
}

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Header lines that belong to the answer itself (`Location`, `ETag`), as a JSON object.
    pub headers: String,
    /// The body's bytes, as text; sealed in base64 when it holds a secret.
    pub body: String,
    /// Whether the body is sealed.
    pub sealed: bool,
}

/// What a key means now.
#[derive(Debug)]
pub enum Claimed {
    /// Never used: the effect may run, and its answer be kept.
    Fresh,
    /// Used by the same request: this was the answer.
    Answered(KeptAnswer),
    /// Used by the same request, whose answer is no longer kept.
    Dropped,
    /// Used by another request.
    Reused,
}

#[derive(FromQueryResult)]
struct KeyRow {
    caller: String,
    key: String,
    fingerprint: String,
    status: Option<i64>,
    headers: Option<String>,
    body: Option<String>,
    sealed: bool,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

const CLAIM: [Column; 6] = [
    ("caller", Kind::Word),
    ("key", Kind::Text),
    ("fingerprint", Kind::Word),
    ("sealed", Kind::Bool),
    ("created_at", Kind::Time),
    ("expires_at", Kind::Time),
];

/// Takes the key for this transaction. A duplicate that is still running makes this wait for its end.
///
/// # Errors
/// [`StoreError::Unavailable`] when the wait takes too long.
pub async fn claim(work: &mut Work, key: &RequestKey) -> Result<Claimed> {
    let now = work.now().await?;
    let row = to_row(key, now).bool("sealed", false);
    let db = work.connection();
    if rows::insert(db, "repeat_key", &CLAIM, vec![row], "ON CONFLICT (caller, key) DO NOTHING").await? == 1 {
        return Ok(Claimed::Fresh);
    }
    let mut list = look_up(work, now, std::slice::from_ref(key)).await?;
    let found = list.pop().unwrap_or(Claimed::Fresh);
    if matches!(found, Claimed::Fresh) {
        // The old row was forgotten: this transaction takes its place.
        let row = to_row(key, now).bool("sealed", false);
        rows::insert(work.connection(), "repeat_key", &CLAIM, vec![row], "").await?;
    }
    Ok(found)
}

fn to_row(key: &RequestKey, now: DateTime<Utc>) -> Row {
    Row::default()
        .text("caller", key.caller.clone())
        .text("key", key.key.clone())
        .text("fingerprint", key.fingerprint.clone())
        .time("created_at", now)
        .time("expires_at", now + KEPT_FOR)
}

/// Finds out what these keys mean, for a batch of the desk: the cohorts' locks, which it holds, keep duplicates
/// of its requests apart, and [`keep_new`] notices any other.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn look_up(work: &Work, now: DateTime<Utc>, keys: &[RequestKey]) -> Result<Vec<Claimed>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let of_key = "k.caller = r.caller AND k.key = r.key";
    let text = format!(
        "SELECT k.caller, k.key, k.fingerprint, k.status, k.headers, k.body, k.sealed, k.created_at, k.expires_at \
         FROM {} {}",
        rows::source(work.backend(), &NAMED),
        rows::lookup(work.backend(), "repeat_key", "k", of_key)
    );
    let statement = Statement::from_sql_and_values(work.backend(), text, [named(keys)]);
    let mut found = KeyRow::find_by_statement(statement).all(work.connection()).await?;
    let over: Vec<RequestKey> =
        found.extract_if(.., |row| row.expires_at <= now).map(|row| row.request_key()).collect();
    forget(work, &over).await?;
    let mut found: HashMap<(String, String), KeyRow> =
        found.into_iter().map(|row| ((row.caller.clone(), row.key.clone()), row)).collect();
    let meaning_of = |key: &RequestKey| {
        found
            .remove(&(key.caller.clone(), key.key.clone()))
            .map_or(Claimed::Fresh, |row| meaning(row, key, now))
    };
    Ok(keys.iter().map(meaning_of).collect())
}

const NAMED: [Column; 2] = [("caller", Kind::Text), ("key", Kind::Text)];

fn named(keys: &[RequestKey]) -> sea_orm::Value {
    let row =
        |key: &RequestKey| Row::default().text("caller", key.caller.clone()).text("key", key.key.clone());
    rows::parameter(keys.iter().map(row).collect())
}

fn meaning(row: KeyRow, key: &RequestKey, now: DateTime<Utc>) -> Claimed {
    if row.fingerprint != key.fingerprint {
        return Claimed::Reused;
    }
    if row.sealed && row.created_at + SEALED_FOR <= now {
        return Claimed::Dropped;
    }
    let (Some(status), Some(headers), Some(body)) = (row.status, row.headers, row.body) else {
        // Nothing was answered yet: the row is this very transaction's own.
        return if row.sealed { Claimed::Dropped } else { Claimed::Fresh };
    };
    let status = u16::try_from(status).unwrap_or(200);
    Claimed::Answered(KeptAnswer { status, headers, body, sealed: row.sealed })
}

impl KeyRow {
    fn request_key(self) -> RequestKey {
        RequestKey { caller: self.caller, key: self.key, fingerprint: self.fingerprint }
    }
}

/// Keeps the answer of a key that [`claim`] took, with the effect.
///
/// # Errors
/// When the database refuses.
pub async fn keep(work: &Work, key: &RequestKey, answer: &KeptAnswer) -> Result<()> {
    let text = "UPDATE repeat_key SET status = $1, headers = $2, body = $3, sealed = $4 \
                WHERE caller = $5 AND key = $6";
    let values: [sea_orm::Value; 6] = [
        i64::from(answer.status).into(),
        answer.headers.clone().into(),
        answer.body.clone().into(),
        answer.sealed.into(),
        key.caller.clone().into(),
        key.key.clone().into(),
    ];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    Ok(())
}

const KEEP: [Column; 9] = [
    ("caller", Kind::Word),
    ("key", Kind::Text),
    ("fingerprint", Kind::Word),
    ("status", Kind::Int),
    ("headers", Kind::Word),
    // What the desk answers always has one.
    ("body", Kind::Word),
    ("sealed", Kind::Bool),
    ("created_at", Kind::Time),
    ("expires_at", Kind::Time),
];

/// Keeps the answers of a batch with their effects. Gives whether all keys were fresh; if not, nothing of the batch
/// may be committed.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn keep_new(
    work: &Work,
    now: DateTime<Utc>,
    list: Vec<(RequestKey, KeptAnswer)>,
) -> Result<bool> {
    let wanted = list.len() as u64;
    let rows = list.into_iter().map(|(key, answer)| {
        to_row(&key, now)
            .int("status", i64::from(answer.status))
            .text("headers", answer.headers)
            .text("body", answer.body)
            .bool("sealed", answer.sealed)
    });
    // Sorted, so that two batches with the same keys wait for each other and don't lock each other up.
    let tail = "ORDER BY caller, key ON CONFLICT (caller, key) DO NOTHING";
    let kept = rows::insert(work.connection(), "repeat_key", &KEEP, rows.collect(), tail).await?;
    Ok(kept == wanted)
}

/// Gives the key of a request back that was refused although something was written (a wrong try that counts).
///
/// # Errors
/// When the database refuses.
pub async fn release(work: &Work, key: &RequestKey) -> Result<()> {
    forget(work, std::slice::from_ref(key)).await
}

async fn forget(work: &Work, keys: &[RequestKey]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let text = format!(
        "DELETE FROM repeat_key WHERE (caller, key) IN (SELECT caller, key FROM {})",
        rows::source(work.backend(), &NAMED)
    );
    work.connection()
        .execute_raw(Statement::from_sql_and_values(work.backend(), text, [named(keys)]))
        .await?;
    Ok(())
}

/// Forgets what is no longer kept; a job's work. Secrets go after ten minutes, keys after a day.
///
/// # Errors
/// When the database refuses.
pub async fn forget_expired(work: &mut Work) -> Result<u64> {
    let now = work.now().await?;
    let db = work.connection();
    let secrets =
        "UPDATE repeat_key SET body = NULL WHERE sealed = true AND body IS NOT NULL AND created_at <= $1";
    let statement = Statement::from_sql_and_values(work.backend(), secrets, [(now - SEALED_FOR).into()]);
    db.execute_raw(statement).await?;
    let keys = "DELETE FROM repeat_key WHERE expires_at <= $1";
    let deleted = db.execute_raw(Statement::from_sql_and_values(work.backend(), keys, [now.into()])).await?;
    Ok(deleted.rows_affected())
}
