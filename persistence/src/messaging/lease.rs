//! Leases on mail that is due: several servers send from one outbox, each mail at least once (COM-1).
//!
//! A lease has a number. Whoever lost a lease by being slow has an old number and marks nothing.

use crate::governance::AuditRow;
use crate::rows::{self, Column, Kind, Row};
use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{AcademyId, BookingId, PersonId};
use domain::messaging::MailKind;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::json;
use uuid::Uuid;

/// After this many tries a mail is given up.
pub const MAX_ATTEMPTS: i64 = 8;

/// How long a lease stands: longer than a mail server may take to answer.
const LEASED_FOR: TimeDelta = TimeDelta::minutes(2);

/// How long to wait after the first, second, … failed try, in seconds: about two and a half hours in all.
const BACK_OFF: [i64; 7] = [5, 30, 120, 300, 900, 2_700, 5_400];

/// A mail that this server may send until the lease ends.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The outbox row.
    pub id: Uuid,
    /// The lease's number, which [`settle`] compares.
    pub lease: i64,
    /// Until when it may be sent.
    pub leased_until: DateTime<Utc>,
    /// How many tries there were before this one.
    pub attempts: i64,
    /// Whose programme it is about.
    pub academy_id: Option<AcademyId>,
    /// What it tells.
    pub kind: MailKind,
    /// To whom.
    pub person_id: PersonId,
    /// About which booking.
    pub booking_id: Option<BookingId>,
    /// The `mail_token` whose token it carries.
    pub token_id: Option<Uuid>,
    /// Codes and moments as they were when it was decided.
    pub refs: serde_json::Value,
    /// When it was decided.
    pub created_at: DateTime<Utc>,
}

/// What became of a leased mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server took it.
    Sent,
    /// It was not taken: another try follows, or none after the last.
    Failed,
    /// There is nobody or nothing left to write about.
    Pointless,
}

#[derive(FromQueryResult)]
struct DueRow {
    id: Uuid,
    lease: i64,
    attempts: i64,
    academy_id: Option<Uuid>,
    kind: String,
    person_id: Uuid,
    booking_id: Option<Uuid>,
    token_id: Option<Uuid>,
    refs: String,
    created_at: DateTime<Utc>,
}

/// What is due, the oldest of each recipient only: the next one waits until that has gone (COM-1). One that waits for
/// its moment and was never tried holds up nobody.
const DUE: &str = "SELECT o.id, o.lease, o.attempts, o.academy_id, o.kind, o.person_id, o.booking_id, o.token_id, \
    o.refs, o.created_at FROM outbox o \
    WHERE o.sent_at IS NULL AND o.given_up_at IS NULL AND o.due_at <= $1 \
    AND (o.leased_until IS NULL OR o.leased_until <= $1) \
    AND o.id = (SELECT e.id FROM outbox e WHERE e.person_id = o.person_id \
                AND e.sent_at IS NULL AND e.given_up_at IS NULL AND (e.attempts > 0 OR e.due_at <= $1) \
                ORDER BY e.id LIMIT 1) \
    ORDER BY o.due_at, o.id LIMIT $2";

const TAKE: [Column; 3] = [("id", Kind::Uuid), ("lease", Kind::Int), ("leased_until", Kind::Time)];

/// Takes leases on at most `limit` mails that are due.
///
/// # Errors
/// When the database refuses, or a row says what no program of ours writes.
pub async fn lease_due(work: &mut Work, limit: u32) -> Result<Vec<Leased>> {
    let now = work.now().await?;
    let leased_until = now + LEASED_FOR;
    let (db, backend) = (work.connection(), work.backend());
    let statement = Statement::from_sql_and_values(backend, DUE, [now.into(), i64::from(limit).into()]);
    let due = DueRow::find_by_statement(statement).all(db).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let rows = due.iter().map(|row| {
        Row::default().uuid("id", row.id).int("lease", row.lease).time("leased_until", leased_until)
    });
    // Another server that took the row meanwhile has moved its lease on: such rows are left out.
    let text = format!(
        "UPDATE outbox SET lease = outbox.lease + 1, attempts = outbox.attempts + 1, leased_until = r.leased_until \
         FROM {} WHERE outbox.id = r.id AND outbox.lease = r.lease AND outbox.sent_at IS NULL RETURNING outbox.id",
        rows::source(backend, &TAKE)
    );
    let statement = Statement::from_sql_and_values(backend, text, [rows::parameter(rows.collect())]);
    let taken = db.query_all_raw(statement).await?;
    let taken: Vec<Uuid> = taken.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
    due.into_iter().filter(|row| taken.contains(&row.id)).map(|row| leased(row, leased_until)).collect()
}

fn leased(row: DueRow, leased_until: DateTime<Utc>) -> Result<Leased> {
    let corrupt = |column| StoreError::corrupt("outbox", column, row.id);
    Ok(Leased {
        id: row.id,
        lease: row.lease + 1,
        leased_until,
        attempts: row.attempts,
        academy_id: row.academy_id.map(AcademyId),
        kind: MailKind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?,
        person_id: PersonId(row.person_id),
        booking_id: row.booking_id.map(BookingId),
        token_id: row.token_id,
        refs: serde_json::from_str(&row.refs).map_err(|_| corrupt("refs"))?,
        created_at: row.created_at,
    })
}

const SETTLE: [Column; 5] = [
    ("id", Kind::Uuid),
    ("lease", Kind::Int),
    ("due_at", Kind::Time),
    ("sent_at", Kind::Time),
    ("given_up_at", Kind::Time),
];

/// Ends leases. Those that were lost meanwhile are left alone. Returns how many were ended.
///
/// # Errors
/// When the database refuses.
pub async fn settle(work: &mut Work, list: &[(Leased, Outcome)]) -> Result<u64> {
    if list.is_empty() {
        return Ok(0);
    }
    let now = work.now().await?;
    let mut rows = Vec::with_capacity(list.len());
    for (mail, outcome) in list {
        let given_up = *outcome == Outcome::Pointless || (*outcome == Outcome::Failed && is_last_try(mail));
        if given_up && *outcome == Outcome::Failed {
            work.audit(AuditRow {
                academy_id: mail.academy_id,
                action: "mail_given_up",
                subject_kind: "mail",
                subject_id: Some(mail.id),
                detail: json!({"kind": mail.kind.as_str(), "attempts": MAX_ATTEMPTS}),
            });
        }
        rows.push(
            Row::default()
                .uuid("id", mail.id)
                .int("lease", mail.lease)
                .time("due_at", now + back_off(mail))
                .time("sent_at", (*outcome == Outcome::Sent).then_some(now))
                .time("given_up_at", given_up.then_some(now)),
        );
    }
    let text = format!(
        "UPDATE outbox SET leased_until = NULL, due_at = r.due_at, sent_at = r.sent_at, given_up_at = r.given_up_at \
         FROM {} WHERE outbox.id = r.id AND outbox.lease = r.lease AND outbox.sent_at IS NULL",
        rows::source(work.backend(), &SETTLE)
    );
    let statement = Statement::from_sql_and_values(work.backend(), text, [rows::parameter(rows)]);
    Ok(work.connection().execute_raw(statement).await?.rows_affected())
}

fn is_last_try(mail: &Leased) -> bool {
    mail.attempts + 1 >= MAX_ATTEMPTS
}

fn back_off(mail: &Leased) -> TimeDelta {
    let tries = usize::try_from(mail.attempts).unwrap_or(0).min(BACK_OFF.len() - 1);
    TimeDelta::seconds(BACK_OFF[tries])
}

/// How many mails are still to be sent.
///
/// # Errors
/// When the database doesn't answer.
pub async fn backlog(db: &impl Access) -> Result<u64> {
    let db = db.connection();
    let text = "SELECT COUNT(*) AS waiting FROM outbox WHERE sent_at IS NULL AND given_up_at IS NULL";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), text)).await?;
    let waiting: i64 = row.map(|row| row.try_get("", "waiting")).transpose()?.unwrap_or(0);
    Ok(u64::try_from(waiting).unwrap_or(0))
}
