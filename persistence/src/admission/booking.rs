//! The `booking` table: one row a booking, loaded and written in sets.

use super::choices::{self, Choice, with_choice};
pub use super::told::Told;
use crate::rows::{self, Column, Kind, Row, Writes};
use crate::{Access, Result, StoreError};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, CarryOver, ClosedReason, Fits, Rank};
use domain::ids::{AcademyId, BookingId, ClientId, CohortId, PersonId, ProgrammeId, ReserveId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

/// The entry of a booking's claim in the ledger: its receipt (ADM-12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimReceipt {
    /// The claim's sequence.
    pub sequence: u64,
    /// The claim's moment; never changes.
    pub moment: DateTime<Utc>,
    /// The ledger version of its entry.
    pub ledger_version: u64,
    /// The hash of its entry.
    pub entry_hash: String,
    /// The hash of the entry before.
    pub previous_hash: String,
}

/// One booking as it is kept.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Which.
    pub id: BookingId,
    /// Whose cohort.
    pub academy_id: AcademyId,
    /// Which cohort.
    pub cohort_id: CohortId,
    /// Which programme.
    pub programme_id: ProgrammeId,
    /// Who takes part.
    pub person_id: PersonId,
    /// The person who booked for another.
    pub booked_by_person: Option<PersonId>,
    /// The client that booked for another.
    pub booked_by_client: Option<ClientId>,
    /// What the booker said of the participant; `None` when one booked for oneself.
    pub told: Option<Told>,
    /// Whether the booker vouches for the email (ACC-1).
    pub vouched: bool,
    /// Where it stands.
    pub status: BookingStatus,
    /// Why it is closed.
    pub closed_reason: Option<ClosedReason>,
    /// Answers to the joining form, by key.
    pub answers: serde_json::Map<String, serde_json::Value>,
    /// Whether the participant commits to all sessions.
    pub commits_to_all_sessions: bool,
    /// The booker's own reference.
    pub external_reference: Option<String>,
    /// When the form was submitted.
    pub submitted_at: DateTime<Utc>,
    /// When it became known that the rules are met.
    pub eligible_since: Option<DateTime<Utc>>,
    /// When a marked taster ends that makes this a claim.
    pub claim_due_at: Option<DateTime<Utc>>,
    /// Its claim; `None` while pending.
    pub claim: Option<ClaimReceipt>,
    /// Its rank, once it has a claim.
    pub rank: Option<Rank>,
    /// The exact end of its offer, while offered.
    pub offer_expires_at: Option<DateTime<Utc>>,
    /// How many offers it let lapse.
    pub lapses: u32,
    /// The reserves that it fits (PRG-9); `None` where its cohort had none.
    pub fits: Option<Fits>,
    /// Whether it is to go on into the next cohort (PRG-8).
    pub carry_over: CarryOver,
    /// The booking in an earlier cohort that it was carried over from.
    pub carried_from: Option<BookingId>,
    /// Which choice of a joining form it is, where that ranks several cohorts (ADM-21).
    pub choice: Option<Choice>,
    /// The ledger version that last changed it.
    pub cohort_version: Option<u64>,
    /// Counts its changes, for its ETag.
    pub revision: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
pub(super) struct BookingRow {
    id: Uuid,
    academy_id: Uuid,
    cohort_id: Uuid,
    programme_id: Uuid,
    person_id: Uuid,
    booked_by_person: Option<Uuid>,
    booked_by_client: Option<Uuid>,
    told: Option<String>,
    vouched: bool,
    status: String,
    closed_reason: Option<String>,
    answers: String,
    commits_to_all_sessions: bool,
    external_reference: Option<String>,
    submitted_at: DateTime<Utc>,
    eligible_since: Option<DateTime<Utc>>,
    claim_due_at: Option<DateTime<Utc>>,
    claim_sequence: Option<i64>,
    claim_moment: Option<DateTime<Utc>>,
    claim_version: Option<i64>,
    entry_hash: Option<String>,
    previous_hash: Option<String>,
    rank_moment: Option<DateTime<Utc>>,
    rank_submitted_at: Option<DateTime<Utc>>,
    rank_sequence: Option<i64>,
    offer_expires_at: Option<DateTime<Utc>>,
    lapses: i64,
    fits: Option<String>,
    carry_over: Option<String>,
    carried_from: Option<Uuid>,
    form_id: Option<Uuid>,
    preference: Option<i64>,
    placed_elsewhere: Option<Uuid>,
    cohort_version: Option<i64>,
    revision: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The columns, for `SELECT`; the table must be called `b`.
pub(super) const SELECTED: &str = "b.id, b.academy_id, b.cohort_id, b.programme_id, b.person_id, \
    b.booked_by_person, b.booked_by_client, b.told, b.vouched, b.status, b.closed_reason, b.answers, \
    b.commits_to_all_sessions, b.external_reference, b.submitted_at, b.eligible_since, b.claim_due_at, \
    b.claim_sequence, b.claim_moment, b.claim_version, b.entry_hash, b.previous_hash, b.rank_moment, \
    b.rank_submitted_at, b.rank_sequence, b.offer_expires_at, b.lapses, b.fits, b.carry_over, b.carried_from, \
    b.form_id, b.preference, b.placed_elsewhere, b.cohort_version, b.revision, b.created_at, b.updated_at";

impl TryFrom<BookingRow> for Booking {
    type Error = StoreError;

    fn try_from(row: BookingRow) -> Result<Self> {
        let corrupt = |column| StoreError::corrupt("booking", column, row.id);
        let counted = |n: i64, column| u64::try_from(n).map_err(|_| corrupt(column));
        let closed_reason = match &row.closed_reason {
            None => None,
            Some(word) => Some(ClosedReason::parse(word).ok_or_else(|| corrupt("closed_reason"))?),
        };
        let claim = match (row.claim_sequence, row.claim_moment, row.claim_version) {
            (Some(sequence), Some(moment), Some(version)) => Some(ClaimReceipt {
                sequence: counted(sequence, "claim_sequence")?,
                moment,
                ledger_version: counted(version, "claim_version")?,
                entry_hash: row.entry_hash.clone().ok_or_else(|| corrupt("entry_hash"))?,
                previous_hash: row.previous_hash.clone().ok_or_else(|| corrupt("previous_hash"))?,
            }),
            _ => None,
        };
        let rank = match (row.rank_moment, row.rank_submitted_at, row.rank_sequence) {
            (Some(moment), Some(submitted_at), Some(sequence)) => {
                Some(Rank { moment, submitted_at, sequence: counted(sequence, "rank_sequence")? })
            }
            _ => None,
        };
        let told = row.told.as_deref().map(serde_json::from_str).transpose().map_err(|_| corrupt("told"))?;
        Ok(Self {
            id: BookingId(row.id),
            academy_id: AcademyId(row.academy_id),
            cohort_id: CohortId(row.cohort_id),
            programme_id: ProgrammeId(row.programme_id),
            person_id: PersonId(row.person_id),
            booked_by_person: row.booked_by_person.map(PersonId),
            booked_by_client: row.booked_by_client.map(ClientId),
            told,
            vouched: row.vouched,
            status: BookingStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            closed_reason,
            answers: serde_json::from_str(&row.answers).map_err(|_| corrupt("answers"))?,
            commits_to_all_sessions: row.commits_to_all_sessions,
            external_reference: row.external_reference,
            submitted_at: row.submitted_at,
            eligible_since: row.eligible_since,
            claim_due_at: row.claim_due_at,
            claim,
            rank,
            offer_expires_at: row.offer_expires_at,
            lapses: u32::try_from(row.lapses).map_err(|_| corrupt("lapses"))?,
            fits: row
                .fits
                .as_deref()
                .map(|text| read_fits(text).ok_or_else(|| corrupt("fits")))
                .transpose()?,
            carry_over: CarryOver::parse(row.carry_over.as_deref()).ok_or_else(|| corrupt("carry_over"))?,
            carried_from: row.carried_from.map(BookingId),
            choice: Choice::of_columns(row.form_id, row.preference, row.placed_elsewhere),
            cohort_version: row.cohort_version.map(|n| counted(n, "cohort_version")).transpose()?,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl Booking {
    /// The reserves that it fits (PRG-9).
    pub fn fits(&self) -> Fits {
        self.fits.clone().unwrap_or_default()
    }
}

/// What it fits as it is kept and looked up: ids in order, with commas.
pub(super) fn fits_text(fits: &Fits) -> String {
    fits.iter().map(|id| id.to_string()).collect::<Vec<_>>().join(",")
}

fn read_fits(text: &str) -> Option<Fits> {
    let ids = text.split(',').filter(|id| !id.is_empty());
    ids.map(|id| Uuid::try_parse(id).ok().map(ReserveId)).collect()
}

/// Runs a query whose rows are bookings.
pub(super) async fn query<C: ConnectionTrait>(
    db: &C,
    text: String,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<Booking>> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
    BookingRow::find_by_statement(statement).all(db).await?.into_iter().map(Booking::try_from).collect()
}

/// The bookings with these ids.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn bookings(db: &impl Access, ids: impl IntoIterator<Item = BookingId>) -> Result<Vec<Booking>> {
    let ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let db = db.connection();
    let backend = db.get_database_backend();
    let found = rows::lookup(backend, "booking", "b", "b.id = r.id");
    let text = format!("SELECT {SELECTED} FROM {} {found}", rows::ids_source(backend));
    query(db, text, [rows::ids(ids)]).await
}

/// One booking.
///
/// # Errors
/// As [`bookings`].
pub async fn booking(db: &impl Access, id: BookingId) -> Result<Option<Booking>> {
    Ok(bookings(db, [id]).await?.pop())
}

/// What never changes after the booking was made.
const FIXED: [Column; 10] = [
    ("academy_id", Kind::Uuid),
    ("cohort_id", Kind::Uuid),
    ("programme_id", Kind::Uuid),
    ("booked_by_person", Kind::Uuid),
    ("booked_by_client", Kind::Uuid),
    ("carried_from", Kind::Uuid),
    ("vouched", Kind::Bool),
    ("commits_to_all_sessions", Kind::Bool),
    ("submitted_at", Kind::Time),
    ("created_at", Kind::Time),
];

/// The key and what can change.
const CHANGING: [Column; 24] = [
    ("id", Kind::Uuid),
    ("person_id", Kind::Uuid),
    ("told", Kind::Word),
    ("status", Kind::Word),
    ("closed_reason", Kind::Word),
    ("answers", Kind::Word),
    ("external_reference", Kind::Text),
    ("eligible_since", Kind::Time),
    ("claim_due_at", Kind::Time),
    ("claim_sequence", Kind::Int),
    ("claim_moment", Kind::Time),
    ("claim_version", Kind::Int),
    ("entry_hash", Kind::Word),
    ("previous_hash", Kind::Word),
    ("rank_moment", Kind::Time),
    ("rank_submitted_at", Kind::Time),
    ("rank_sequence", Kind::Int),
    ("offer_expires_at", Kind::Time),
    ("lapses", Kind::Int),
    ("fits", Kind::Text),
    ("carry_over", Kind::Word),
    ("cohort_version", Kind::Int),
    ("revision", Kind::Int),
    ("updated_at", Kind::Time),
];

fn integer(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn changing(booking: &Booking) -> Row {
    let claim = booking.claim.as_ref();
    let rank = booking.rank.as_ref();
    let told = booking.told.as_ref().and_then(|told| serde_json::to_string(told).ok());
    Row::default()
        .uuid("id", booking.id.0)
        .uuid("person_id", booking.person_id.0)
        .text("told", told)
        .text("status", booking.status.as_str().to_owned())
        .text("closed_reason", booking.closed_reason.map(|reason| reason.as_str().to_owned()))
        .text("answers", serde_json::Value::Object(booking.answers.clone()).to_string())
        .text("external_reference", booking.external_reference.clone())
        .time("eligible_since", booking.eligible_since)
        .time("claim_due_at", booking.claim_due_at)
        .int("claim_sequence", claim.map(|claim| integer(claim.sequence)))
        .time("claim_moment", claim.map(|claim| claim.moment))
        .int("claim_version", claim.map(|claim| integer(claim.ledger_version)))
        .text("entry_hash", claim.map(|claim| claim.entry_hash.clone()))
        .text("previous_hash", claim.map(|claim| claim.previous_hash.clone()))
        .time("rank_moment", rank.map(|rank| rank.moment))
        .time("rank_submitted_at", rank.map(|rank| rank.submitted_at))
        .int("rank_sequence", rank.map(|rank| integer(rank.sequence)))
        .time("offer_expires_at", booking.offer_expires_at)
        .int("lapses", i64::from(booking.lapses))
        .text("fits", booking.fits.as_ref().map(fits_text))
        .text("carry_over", booking.carry_over.as_str().map(str::to_owned))
        .int("cohort_version", booking.cohort_version.map(integer))
        .int("revision", booking.revision)
        .time("updated_at", booking.updated_at)
}

fn made(booking: &Booking) -> Row {
    changing(booking)
        .uuid("academy_id", booking.academy_id.0)
        .uuid("cohort_id", booking.cohort_id.0)
        .uuid("programme_id", booking.programme_id.0)
        .uuid("booked_by_person", booking.booked_by_person.map(|id| id.0))
        .uuid("booked_by_client", booking.booked_by_client.map(|id| id.0))
        .uuid("carried_from", booking.carried_from.map(|id| id.0))
        .bool("vouched", booking.vouched)
        .bool("commits_to_all_sessions", booking.commits_to_all_sessions)
        .time("submitted_at", booking.submitted_at)
        .time("created_at", booking.created_at)
}

/// Inserts bookings that were made now.
pub(super) fn insert(writes: &mut Writes, list: &[&Booking]) {
    let columns: Vec<Column> = CHANGING.into_iter().chain(FIXED).collect();
    let (chosen, plain) = choices::apart(list);
    writes.insert("booking", &columns, plain.into_iter().map(made).collect());
    let columns: Vec<Column> = columns.into_iter().chain(choices::MADE).collect();
    let rows = chosen.into_iter().map(|booking| with_choice(made(booking), booking));
    writes.insert("booking", &columns, rows.collect());
}

/// Writes bookings that changed.
pub(super) fn update(writes: &mut Writes, list: &[&Booking]) {
    let (chosen, plain) = choices::apart(list);
    writes.update("booking", &CHANGING, plain.into_iter().map(changing).collect());
    let columns: Vec<Column> = CHANGING.into_iter().chain(choices::CHANGED).collect();
    let rows = chosen.into_iter().map(|booking| with_choice(changing(booking), booking));
    writes.update("booking", &columns, rows.collect());
}
