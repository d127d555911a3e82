//! Answers kept for repeated requests (ADM-10): a key's row commits with its effect.

use crate::rows::{self, Column, Kind, Row};
use crate::{Access, Result, Work};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

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
    ("caller", Kind::Text),
    ("key", Kind::Text),
    ("fingerprint", Kind::Text),
    ("sealed", Kind::Bool),
    ("created_at", Kind::Time),
    ("expires_at", Kind::Time),
];

/// Takes the key for this transaction. A duplicate that is still running makes this wait for its end.
///
/// # Errors
/// [`crate::StoreError::Unavailable`] when the wait takes too long.
pub async fn claim(work: &mut Work, key: &RequestKey) -> Result<Claimed> {
    let now = work.now().await?;
    let mut list = claim_all(work, now, std::slice::from_ref(key)).await?;
    Ok(list.pop().unwrap_or(Claimed::Fresh))
}

/// The same for a batch; keys that stand twice in it must have been taken apart before.
pub(crate) async fn claim_all(work: &Work, now: DateTime<Utc>, keys: &[RequestKey]) -> Result<Vec<Claimed>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = keys.iter().map(|key| {
        Row::default()
            .text("caller", key.caller.clone())
            .text("key", key.key.clone())
            .text("fingerprint", key.fingerprint.clone())
            .bool("sealed", false)
            .time("created_at", now)
            .time("expires_at", now + KEPT_FOR)
    });
    let db = work.connection();
    // Sorted, so that two batches with the same keys wait for each other and don't lock each other up.
    let tail = "ORDER BY caller, key ON CONFLICT (caller, key) DO NOTHING";
    let inserted = rows::insert(db, "repeat_key", &CLAIM, rows.collect(), tail).await?;
    if inserted == keys.len() as u64 {
        return Ok(keys.iter().map(|_| Claimed::Fresh).collect());
    }
    let text = format!(
        "SELECT k.caller, k.key, k.fingerprint, k.status, k.headers, k.body, k.sealed, k.created_at, k.expires_at \
         FROM repeat_key k JOIN {} ON k.caller = r.caller AND k.key = r.key",
        rows::source(work.backend(), &[("caller", Kind::Text), ("key", Kind::Text)])
    );
    let named =
        keys.iter().map(|k| Row::default().text("caller", k.caller.clone()).text("key", k.key.clone()));
    let statement = Statement::from_sql_and_values(work.backend(), text, [rows::parameter(named.collect())]);
    let found = KeyRow::find_by_statement(statement).all(db).await?;
    let mut claimed = Vec::with_capacity(keys.len());
    for key in keys {
        let row = found.iter().find(|row| row.caller == key.caller && row.key == key.key);
        claimed.push(match row {
            Some(row) if row.expires_at <= now => {
                renew(work, now, key).await?;
                Claimed::Fresh
            }
            Some(row) => meaning(row, key, now),
            None => Claimed::Fresh,
        });
    }
    Ok(claimed)
}

fn meaning(row: &KeyRow, key: &RequestKey, now: DateTime<Utc>) -> Claimed {
    if row.fingerprint != key.fingerprint {
        return Claimed::Reused;
    }
    let (Some(status), Some(headers), Some(body)) = (row.status, &row.headers, &row.body) else {
        // Nothing was answered yet: the row is this very transaction's own.
        return if row.sealed { Claimed::Dropped } else { Claimed::Fresh };
    };
    if row.sealed && row.created_at + SEALED_FOR <= now {
        return Claimed::Dropped;
    }
    Claimed::Answered(KeptAnswer {
        status: u16::try_from(status).unwrap_or(200),
        headers: headers.clone(),
        body: body.clone(),
        sealed: row.sealed,
    })
}

async fn renew(work: &Work, now: DateTime<Utc>, key: &RequestKey) -> Result<()> {
    let text = "UPDATE repeat_key SET fingerprint = $1, status = NULL, headers = NULL, body = NULL, \
                sealed = false, created_at = $2, expires_at = $3 WHERE caller = $4 AND key = $5";
    let values: [sea_orm::Value; 5] = [
        key.fingerprint.clone().into(),
        now.into(),
        (now + KEPT_FOR).into(),
        key.caller.clone().into(),
        key.key.clone().into(),
    ];
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
    Ok(())
}

const KEEP: [Column; 6] = [
    ("caller", Kind::Text),
    ("key", Kind::Text),
    ("status", Kind::Int),
    ("headers", Kind::Text),
    ("body", Kind::Text),
    ("sealed", Kind::Bool),
];

/// Keeps the answer with the effect.
///
/// # Errors
/// When the database refuses.
pub async fn keep(work: &Work, key: &RequestKey, answer: &KeptAnswer) -> Result<()> {
    keep_all(work, vec![(key.clone(), answer.clone())]).await
}

/// The same for a batch.
pub(crate) async fn keep_all(work: &Work, list: Vec<(RequestKey, KeptAnswer)>) -> Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    let rows = list.into_iter().map(|(key, answer)| {
        Row::default()
            .text("caller", key.caller)
            .text("key", key.key)
            .int("status", i64::from(answer.status))
            .text("headers", answer.headers)
            .text("body", answer.body)
            .bool("sealed", answer.sealed)
    });
    let text = format!(
        "UPDATE repeat_key SET status = r.status, headers = r.headers, body = r.body, sealed = {} FROM {} \
         WHERE repeat_key.caller = r.caller AND repeat_key.key = r.key",
        // SQLite's JSON gives 0 and 1, which is what it stores; PostgreSQL gives a boolean.
        "r.sealed",
        rows::source(work.backend(), &KEEP)
    );
    let parameter = rows::parameter(rows.collect());
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, [parameter])).await?;
    Ok(())
}

/// Gives the key of a request back that was refused although something was written (a wrong try that counts).
///
/// # Errors
/// When the database refuses.
pub async fn release(work: &Work, key: &RequestKey) -> Result<()> {
    release_all(work, std::slice::from_ref(key)).await
}

/// Gives the keys of refused requests back: a refusal changed nothing, its repeat is decided anew.
pub(crate) async fn release_all(work: &Work, keys: &[RequestKey]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let named =
        keys.iter().map(|k| Row::default().text("caller", k.caller.clone()).text("key", k.key.clone()));
    let text = format!(
        "DELETE FROM repeat_key WHERE (caller, key) IN (SELECT caller, key FROM {})",
        rows::source(work.backend(), &[("caller", Kind::Text), ("key", Kind::Text)])
    );
    let parameter = rows::parameter(named.collect());
    work.connection().execute_raw(Statement::from_sql_and_values(work.backend(), text, [parameter])).await?;
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
