//! Attendance at tasters (ADM-3): held by email, so that it can be on record before its person is known.

use crate::identity::participants::Participant;
use crate::rows::{self, Kind, Row};
use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::ids::{AcademyId, AttendanceId, ClientId, PersonId, ProgrammeId, TasterId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::fmt;
use uuid::Uuid;

/// How an attendance was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttendanceSource {
    /// Marked by staff or an operations client.
    Staff,
    /// Shown by the taster's code.
    Code,
    /// Read from a report.
    Import,
}

impl AttendanceSource {
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Code => "code",
            Self::Import => "import",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Staff, Self::Code, Self::Import].into_iter().find(|source| source.as_str() == word)
    }
}

/// One attendance on record.
#[derive(Clone)]
pub struct HeldAttendance {
    /// Which.
    pub id: AttendanceId,
    /// At which taster.
    pub taster_id: TasterId,
    /// Of which programme.
    pub programme_id: ProgrammeId,
    /// Of which email, as it is compared.
    pub address: String,
    /// Of which registration, where one whose email is not verified showed it.
    pub person_id: Option<PersonId>,
    /// The name that was recorded.
    pub full_name: Option<String>,
    /// Minutes, where they were recorded.
    pub minutes: Option<u32>,
    /// How it was shown.
    pub source: AttendanceSource,
    /// Which client recorded it, where one did.
    pub recorded_by_client: Option<ClientId>,
    /// The moment from which it counts: the taster's end.
    pub effective_at: DateTime<Utc>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The person who has this email verified, or is known by it.
    pub participant_id: Option<PersonId>,
}

/// Personal data: never shown by `Debug` (ACC-7).
impl fmt::Debug for HeldAttendance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldAttendance").field("id", &self.id).finish_non_exhaustive()
    }
}

/// An attendance to be recorded.
pub struct NewAttendance {
    /// The email as it is compared.
    pub address: String,
    /// The registration, where it shows its own attendance before its email is verified.
    pub person_id: Option<PersonId>,
    /// The name that was seen.
    pub full_name: Option<String>,
    /// Minutes.
    pub minutes: Option<u32>,
    /// How it was shown.
    pub source: AttendanceSource,
    /// Which client records it.
    pub recorded_by_client: Option<ClientId>,
}

#[derive(FromQueryResult)]
struct AttendanceRow {
    id: Uuid,
    taster_id: Uuid,
    programme_id: Uuid,
    address: String,
    person_id: Option<Uuid>,
    full_name: Option<String>,
    minutes: Option<i64>,
    source: String,
    recorded_by_client: Option<Uuid>,
    effective_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    participant_id: Option<Uuid>,
}

impl TryFrom<AttendanceRow> for HeldAttendance {
    type Error = StoreError;

    fn try_from(row: AttendanceRow) -> Result<Self> {
        let source = AttendanceSource::parse(&row.source);
        Ok(Self {
            id: AttendanceId(row.id),
            taster_id: TasterId(row.taster_id),
            programme_id: ProgrammeId(row.programme_id),
            address: row.address,
            person_id: row.person_id.map(PersonId),
            full_name: row.full_name,
            minutes: row.minutes.and_then(|n| u32::try_from(n).ok()),
            source: source.ok_or_else(|| StoreError::corrupt("attendance", "source", row.id))?,
            recorded_by_client: row.recorded_by_client.map(ClientId),
            effective_at: row.effective_at,
            recorded_at: row.recorded_at,
            participant_id: row.participant_id.map(PersonId),
        })
    }
}

const SELECTED: &str = "a.id, a.taster_id, a.programme_id, a.address, a.person_id, a.full_name, a.minutes, \
    a.source, a.recorded_by_client, a.effective_at, a.recorded_at";

async fn query<C: ConnectionTrait>(
    db: &C,
    text: String,
    values: Vec<sea_orm::Value>,
) -> Result<Vec<HeldAttendance>> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let found = AttendanceRow::find_by_statement(statement).all(db).await?;
    found.into_iter().map(HeldAttendance::try_from).collect()
}

/// All attendances held by these people's emails, or shown by them.
pub(super) async fn attendances_of<'a>(
    db: &impl Access,
    people: impl Iterator<Item = &'a Participant>,
) -> Result<Vec<HeldAttendance>> {
    let db = db.connection();
    let backend = db.get_database_backend();
    let source = rows::source(backend, &[("id", Kind::Uuid), ("address", Kind::Text)]);
    let by_email = "a.address = r.address AND a.person_id IS NULL";
    let by_email = rows::lookup(backend, "attendance", "a", by_email);
    let own = rows::lookup(backend, "attendance", "a", "a.person_id = r.id");
    let text = format!(
        "SELECT {SELECTED}, a.person_id AS participant_id FROM {source} {by_email} \
         UNION ALL SELECT {SELECTED}, a.person_id AS participant_id FROM {source} {own}"
    );
    let named =
        people.map(|p| Row::default().uuid("id", p.id.0).text("address", p.email_key.clone())).collect();
    query(db, text, vec![rows::parameter(named)]).await
}

/// A page of a taster's attendance, in the order of recording, after `after`.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn attendance_page(
    db: &impl Access,
    taster: TasterId,
    after: Option<AttendanceId>,
    limit: u64,
) -> Result<Vec<HeldAttendance>> {
    let text = format!(
        "SELECT {SELECTED}, COALESCE(v.person_id, k.person_id, a.person_id) AS participant_id FROM attendance a \
         LEFT JOIN person_email v ON v.address = a.address AND v.standing = 'verified' \
         LEFT JOIN person_email k ON k.address = a.address AND k.standing = 'known' \
         WHERE a.taster_id = $1 AND a.id > $2 ORDER BY a.id LIMIT $3"
    );
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    query(db.connection(), text, vec![taster.0.into(), after.into(), limit.into()]).await
}

/// One attendance.
///
/// # Errors
/// When the database does not answer or the row is corrupt.
pub async fn attendance(db: &impl Access, id: AttendanceId) -> Result<Option<HeldAttendance>> {
    let text = format!("SELECT {SELECTED}, a.person_id AS participant_id FROM attendance a WHERE a.id = $1");
    Ok(query(db.connection(), text, vec![id.0.into()]).await?.pop())
}

const COLUMNS: [rows::Column; 12] = [
    ("id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("taster_id", Kind::Uuid),
    ("programme_id", Kind::Uuid),
    ("address", Kind::Text),
    ("person_id", Kind::Uuid),
    ("full_name", Kind::Text),
    ("minutes", Kind::Int),
    ("source", Kind::Text),
    ("recorded_by_client", Kind::Uuid),
    ("effective_at", Kind::Time),
    ("recorded_at", Kind::Time),
];

/// Where attendance is recorded.
pub struct AtTaster {
    /// Whose.
    pub academy_id: AcademyId,
    /// Which.
    pub taster_id: TasterId,
    /// Of which programme.
    pub programme_id: ProgrammeId,
    /// The taster's end.
    pub ends_at: DateTime<Utc>,
}

/// Records attendances that are not on record yet; returns how many were new. The persons' locks must be held.
pub(super) async fn record(work: &mut Work, at: &AtTaster, list: Vec<NewAttendance>) -> Result<u64> {
    let now = work.now().await?;
    let row = |new: NewAttendance| {
        Row::default()
            .uuid("id", crate::new_id_at(now))
            .uuid("academy_id", at.academy_id.0)
            .uuid("taster_id", at.taster_id.0)
            .uuid("programme_id", at.programme_id.0)
            .text("address", new.address)
            .uuid("person_id", new.person_id.map(|id| id.0))
            .text("full_name", new.full_name)
            .int("minutes", new.minutes.map(i64::from))
            .text("source", new.source.as_str().to_owned())
            .uuid("recorded_by_client", new.recorded_by_client.map(|id| id.0))
            .time("effective_at", at.ends_at)
            .time("recorded_at", now)
    };
    let rows = list.into_iter().map(row).collect();
    Ok(rows::insert(work.connection(), "attendance", &COLUMNS, rows, "ON CONFLICT DO NOTHING").await?)
}

/// Takes an attendance off the record.
pub(super) async fn remove(work: &Work, id: AttendanceId) -> Result<()> {
    let text = "DELETE FROM attendance WHERE id = $1";
    work.connection()
        .execute_raw(Statement::from_sql_and_values(work.backend(), text, [id.0.into()]))
        .await?;
    Ok(())
}

/// What a registration showed itself is held by its email once that is verified.
pub(super) async fn hold_by_email(work: &Work, person: PersonId) -> Result<()> {
    let text = "UPDATE attendance SET person_id = NULL WHERE person_id = $1 AND NOT EXISTS \
                (SELECT 1 FROM attendance other WHERE other.taster_id = attendance.taster_id \
                 AND other.address = attendance.address AND other.person_id IS NULL)";
    work.connection()
        .execute_raw(Statement::from_sql_and_values(work.backend(), text, [person.0.into()]))
        .await?;
    Ok(())
}
