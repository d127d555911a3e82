//! A unit of work: an open write transaction that is consumed by its commit.

use crate::clock::{Clock, to_micros};
use crate::governance::{AuditRow, insert_audit_of};
use crate::messaging::{OutboxRow, insert_outbox};
use crate::rehearsal::Rehearsed;
use crate::rows::Writes;
use crate::{Origin, Result, StoreError};
use chrono::{DateTime, Utc};
use domain::ids::CohortId;
use domain::planted::{Bug, is_on};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, QueryResult, Statement};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Notify;

/// Something that queries run on: a [`Work`] or a [`Reader`].
pub trait Access {
    /// The connection, for this crate's own queries.
    #[doc(hidden)]
    type Connection: ConnectionTrait;

    /// The connection, for this crate's own queries.
    #[doc(hidden)]
    fn connection(&self) -> &Self::Connection;
}

/// An open write transaction. Dropped without [`Work::commit`] it rolls back.
///
/// Order of locks, everywhere: persons, then cohorts, then keys of repeats. Lock first, then read, then take
/// the time.
pub struct Work {
    tx: DatabaseTransaction,
    clock: Arc<dyn Clock>,
    mail_is_due: Arc<Notify>,
    /// Counts commits that changed the public listing, with whether this one will be one of them.
    listing_changes: (Arc<AtomicU64>, AtomicBool),
    pub(crate) origin: Origin,
    now: Option<DateTime<Utc>>,
    transaction_id: Option<String>,
    audit: Vec<AuditRow>,
    outbox: Vec<OutboxRow>,
    /// The cohorts that are locked, where those are among them that forms tie to them (ADM-21).
    locked_with_ties: Option<BTreeSet<CohortId>>,
    /// What was seen so far, where it is only rehearsed (ADM-14).
    pub(crate) rehearsed: Option<Rehearsed>,
}

impl Access for Work {
    type Connection = DatabaseTransaction;

    fn connection(&self) -> &DatabaseTransaction {
        &self.tx
    }
}

impl Work {
    pub(crate) fn new(
        tx: DatabaseTransaction,
        clock: Arc<dyn Clock>,
        mail_is_due: Arc<Notify>,
        listing_changes: Arc<AtomicU64>,
        origin: Origin,
    ) -> Self {
        Self {
            tx,
            clock,
            mail_is_due,
            listing_changes: (listing_changes, AtomicBool::new(false)),
            origin,
            now: None,
            transaction_id: None,
            audit: Vec::new(),
            outbox: Vec::new(),
            locked_with_ties: None,
            rehearsed: None,
        }
    }

    /// Waits for the persons with these emails (by their keys), in one order everywhere.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the wait takes too long.
    pub async fn lock_persons<'a>(&mut self, email_keys: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let keys = email_keys.into_iter().map(|key| lock_key(b"person", key.as_bytes())).collect();
        if is_on(Bug::NoPersonLock) { Ok(()) } else { self.lock(keys).await }
    }

    /// Takes the locks of those persons whom nobody else holds, and says whom: waits for nobody, so that it may come after
    /// cohorts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn try_lock_persons<'a>(
        &self,
        email_keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<HashSet<String>> {
        let named: HashMap<i64, &str> =
            email_keys.into_iter().map(|key| (lock_key(b"person", key.as_bytes()), key)).collect();
        let needs_none = self.backend() == DbBackend::Sqlite || self.rehearsed.is_some();
        if named.is_empty() || needs_none || is_on(Bug::NoPersonLock) {
            return Ok(named.into_values().map(str::to_owned).collect());
        }
        let text = "SELECT k::bigint AS key FROM json_array_elements_text($1::json) AS k \
                    WHERE pg_try_advisory_xact_lock(k::bigint)";
        let list = list_of(&in_order(named.keys().copied().collect()));
        let held =
            self.tx.query_all_raw(Statement::from_sql_and_values(self.backend(), text, [list])).await?;
        let mut keys = HashSet::with_capacity(held.len());
        for row in held {
            keys.extend(named.get(&row.try_get::<i64>("", "key")?).map(|key| (*key).to_owned()));
        }
        Ok(keys)
    }

    /// Waits for these cohorts and those that forms tie to them (ADM-21), in one order everywhere.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the wait takes too long.
    pub async fn lock_cohorts(&mut self, cohorts: impl IntoIterator<Item = CohortId>) -> Result<()> {
        let mut cohorts: BTreeSet<CohortId> = cohorts.into_iter().collect();
        self.tie(&mut cohorts).await?;
        let keys = cohorts.into_iter().map(|id| lock_key(b"cohort", id.0.as_bytes())).collect();
        if is_on(Bug::NoCohortLock) { Ok(()) } else { self.lock(keys).await }
    }

    /// Adds to cohorts that are about to be locked those that forms tie to them, so that a sitting over them knows of
    /// those forms.
    pub(crate) async fn tie(&mut self, cohorts: &mut BTreeSet<CohortId>) -> Result<()> {
        cohorts.extend(crate::admission::tied_to(self, cohorts.iter().copied()).await?.into_keys());
        self.locked_with_ties.get_or_insert_default().extend(cohorts.iter().copied());
        Ok(())
    }

    /// The cohorts that were chosen to be locked, where their ties were looked at.
    pub(crate) fn locked_with_ties(&self) -> Option<&BTreeSet<CohortId>> {
        self.locked_with_ties.as_ref()
    }

    /// Waits for persons, then for cohorts, and takes the time: one way to the database for all three.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when a wait takes too long.
    pub(crate) async fn lock_desk<'a>(
        &mut self,
        email_keys: impl IntoIterator<Item = &'a str>,
        cohorts: impl IntoIterator<Item = CohortId>,
    ) -> Result<DateTime<Utc>> {
        if self.backend() == DbBackend::Sqlite {
            return self.now().await;
        }
        let persons = email_keys.into_iter().map(|key| lock_key(b"person", key.as_bytes())).collect();
        let cohorts = cohorts.into_iter().map(|id| lock_key(b"cohort", id.0.as_bytes())).collect();
        let persons = if is_on(Bug::NoPersonLock) { Vec::new() } else { persons };
        let cohorts = if is_on(Bug::NoCohortLock) { Vec::new() } else { cohorts };
        let keys = [in_order(persons), in_order(cohorts)].concat();
        if is_on(Bug::OwnClock) {
            self.lock(keys).await?;
            return self.now().await;
        }
        // The count needs every lock, and the outer row needs the count: so the time comes last.
        let text = "SELECT clock_timestamp() AS now, \
                    pg_current_xact_id()::text || ' ' || pg_walfile_name(pg_current_wal_insert_lsn()) AS id \
                    FROM (SELECT count(pg_advisory_xact_lock(k::bigint)) AS held \
                          FROM json_array_elements_text($1::json) AS k) AS l WHERE l.held >= 0";
        let statement = Statement::from_sql_and_values(self.backend(), text, [list_of(&keys)]);
        let (now, transaction_id) = clock_of(self.tx.query_one_raw(statement).await?)?;
        (self.now, self.transaction_id) = (Some(now), transaction_id);
        Ok(now)
    }

    async fn lock(&mut self, keys: Vec<i64>) -> Result<()> {
        self.now = None;
        if keys.is_empty() || self.backend() == DbBackend::Sqlite {
            return Ok(()); // BEGIN IMMEDIATE holds the whole database already.
        }
        let text =
            "SELECT count(pg_advisory_xact_lock(k::bigint)) FROM json_array_elements_text($1::json) AS k";
        let list = list_of(&in_order(keys));
        self.tx.query_one_raw(Statement::from_sql_and_values(self.backend(), text, [list])).await?;
        Ok(())
    }

    /// The time of this decision: taken once, after the locks. The database's clock on PostgreSQL.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn now(&mut self) -> Result<DateTime<Utc>> {
        let ahead = self.rehearsed.as_ref().and_then(|rehearsed| rehearsed.at);
        if let Some(now) = ahead.or(self.now) {
            return Ok(now);
        }
        let (now, transaction_id) = read_clock(&self.tx, &*self.clock, true).await?;
        self.now = Some(now);
        self.transaction_id = transaction_id;
        Ok(now)
    }

    /// The transaction's id on PostgreSQL and the file of its log, whose name begins with the timeline; known once the
    /// time was taken: with it a lost answer to COMMIT can be found out ([`crate::Store::find_out`]).
    pub(crate) fn transaction_id(&self) -> Option<String> {
        self.transaction_id.clone()
    }

    /// Adds a row to the audit trail (ACC-7), written by the commit. Ids and codes only (ACC-6).
    pub fn audit(&mut self, row: AuditRow) {
        self.audit.push(row);
    }

    /// Adds a mail that is due, written by the commit.
    pub fn mail(&mut self, row: OutboxRow) {
        self.outbox.push(row);
    }

    /// Says that the commit will change what the public listing shows.
    pub(crate) fn changes_listing(&self) {
        self.listing_changes.1.store(true, Ordering::Relaxed);
    }

    /// Makes all of it durable.
    ///
    /// # Errors
    /// [`StoreError::OutcomeUnknown`] when the answer to COMMIT was lost.
    pub async fn commit(mut self) -> Result<()> {
        let now = self.now().await?;
        let (audit, outbox) = (std::mem::take(&mut self.audit), std::mem::take(&mut self.outbox));
        let mails = (!outbox.is_empty()).then(|| self.mail_is_due.clone());
        let audit = audit.into_iter().map(|row| (self.origin.clone(), row)).collect();
        let mut writes = Writes::default();
        let _ = insert_audit_of(&mut writes, now, audit);
        insert_outbox(&mut writes, now, outbox);
        writes.run(&self.tx).await?;
        self.commit_written(false).await?;
        if let Some(mail_is_due) = mails {
            mail_is_due.notify_one();
        }
        Ok(())
    }

    /// Commits what was written by hand, for the desk, whose rows have an origin each. With `go_on` the commit opens
    /// the next transaction where the database can do both in one way; else there is none.
    pub(crate) async fn commit_written(self, go_on: bool) -> Result<Option<Self>> {
        let chained = go_on && self.backend() == DbBackend::Postgres;
        let Self { tx, clock, mail_is_due, listing_changes: (changes, changed), origin, .. } = self;
        let done = if chained {
            tx.execute_unprepared("COMMIT AND CHAIN").await.map(|_| Some(tx))
        } else {
            tx.commit().await.map(|()| None)
        };
        if changed.into_inner() {
            // Before anybody is answered; also when the outcome is unknown.
            changes.fetch_add(1, Ordering::AcqRel);
        }
        match done.map_err(StoreError::from) {
            Ok(next) => Ok(next.map(|tx| Self::new(tx, clock, mail_is_due, changes, origin))),
            Err(StoreError::Unavailable(_)) => Err(StoreError::OutcomeUnknown),
            Err(other) => Err(other),
        }
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.tx.get_database_backend()
    }
}

/// Reads without a transaction: what each statement sees was committed before it.
pub struct Reader<'a> {
    db: &'a DatabaseConnection,
    clock: &'a dyn Clock,
}

impl Access for Reader<'_> {
    type Connection = DatabaseConnection;

    fn connection(&self) -> &DatabaseConnection {
        self.db
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(db: &'a DatabaseConnection, clock: &'a dyn Clock) -> Self {
        Self { db, clock }
    }

    /// The time that decides: the database's on PostgreSQL, the program's on SQLite.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn now(&self) -> Result<DateTime<Utc>> {
        Ok(read_clock(self.db, self.clock, false).await?.0)
    }
}

/// Reads the clock that decides, and on PostgreSQL with `identify` the transaction's id.
async fn read_clock<C: ConnectionTrait>(
    db: &C,
    clock: &dyn Clock,
    identify: bool,
) -> Result<(DateTime<Utc>, Option<String>)> {
    if db.get_database_backend() == DbBackend::Sqlite || is_on(Bug::OwnClock) {
        return Ok((shown(clock.now()), None));
    }
    // clock_timestamp(), never now(): the latter is the transaction's start, before the locks.
    let text = if identify {
        "SELECT clock_timestamp() AS now, \
         pg_current_xact_id()::text || ' ' || pg_walfile_name(pg_current_wal_insert_lsn()) AS id"
    } else {
        "SELECT clock_timestamp() AS now, NULL::text AS id"
    };
    clock_of(db.query_one_raw(Statement::from_string(db.get_database_backend(), text)).await?)
}

/// The time and the transaction's id, as PostgreSQL answered.
fn clock_of(row: Option<QueryResult>) -> Result<(DateTime<Utc>, Option<String>)> {
    let row = row.ok_or_else(|| StoreError::Unavailable("the clock gave no answer".to_owned()))?;
    Ok((shown(row.try_get("", "now")?), row.try_get("", "id")?))
}

/// What the clock shows, as it is kept.
fn shown(now: DateTime<Utc>) -> DateTime<Utc> {
    #[cfg(feature = "planted")]
    let now = now + crate::planted::clock_offset();
    to_micros(now)
}

/// Each key once, in the order that all keep.
fn in_order(mut keys: Vec<i64>) -> Vec<i64> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The keys as a JSON list.
fn list_of(keys: &[i64]) -> sea_orm::Value {
    let list: Vec<String> = keys.iter().map(i64::to_string).collect();
    format!("[{}]", list.join(",")).into()
}

/// A 64-bit key of an advisory lock; two that fall together only cost waiting.
fn lock_key(kind: &[u8], value: &[u8]) -> i64 {
    use sha2::{Digest, Sha256};
    let hash = Sha256::new().chain_update(kind).chain_update([0]).chain_update(value).finalize();
    let mut bytes = [0u8; 8];
    bytes.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(bytes)
}
