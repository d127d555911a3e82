//! The small hot row of a cohort: its terms of admission, its counts and the head of its ledger.

use crate::catalogue::gates::{CohortGate, GATE_SELECTED, gate_of};
use crate::rows::{self, Column, Kind, Row, Writes};
use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::admission::{
    AfterLapse, Capacity, CohortStatus, Ended, Fits, OfferClock, Queue, Reserve, SettlesFirst, Shares, Terms,
    Vacancies, View,
};
use domain::ids::{AcademyId, CohortId, ProgrammeId};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// A cohort's admission as it is kept.
#[derive(Clone, Debug)]
pub struct DeskRow {
    /// Which cohort.
    pub cohort_id: CohortId,
    /// Whose.
    pub academy_id: AcademyId,
    /// Of which programme.
    pub programme_id: ProgrammeId,
    /// What staff set.
    pub terms: Terms,
    /// Confirmed, offered, completed and not completed.
    pub places_taken: u32,
    /// Claims without a place.
    pub waiting_count: u64,
    /// Places that are held for an answer.
    pub offers_out: u32,
    /// When a place last went to somebody, offered or confirmed.
    pub last_place_at: Option<DateTime<Utc>>,
    /// Whether staff let anybody off a requirement here (ADM-19).
    pub waives: bool,
    /// When the first session starts.
    pub first_session_at: Option<DateTime<Utc>>,
    /// Whether the opening is on the ledger.
    pub opened: bool,
    /// Whether the tasters' attendance is sealed.
    pub sealed: bool,
    /// Whether the closing is on the ledger.
    pub closed: bool,
    /// Whether the start is on the ledger.
    pub started: bool,
    /// Whether it is over.
    pub ended: Option<Ended>,
    /// The last ledger version.
    pub version: u64,
    /// The sequence of the last claim.
    pub claim_sequence: u64,
    /// The hash of the last entry.
    pub head_hash: String,
    /// When the last entry was written.
    pub head_recorded_at: DateTime<Utc>,
    /// The moment and submission behind which everybody ranks who ever waited: who comes later is last.
    pub(super) tail: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What its reserves keep back (PRG-9).
    pub shares: Shares,
    /// How many wait, by the reserves that they fit.
    pub(super) kinds: Vec<(Fits, u64)>,
}

/// What the column `shares` holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    terms: Vec<Reserve>,
    shares: Shares,
    waiting: Vec<(Fits, u64)>,
}

impl DeskRow {
    /// What the cohort is, by the clock.
    pub fn status(&self, now: DateTime<Utc>) -> CohortStatus {
        self.view(Queue::default()).status(now)
    }

    /// Places that nobody holds.
    pub fn places_free(&self) -> u32 {
        self.terms.capacity.get().saturating_sub(self.places_taken)
    }

    /// Free places that no reserve keeps back (PRG-9).
    pub fn places_open_to_all(&self) -> u32 {
        self.view(Queue::default()).places_open_to_all()
    }

    /// Whether those who wait, or come, are told apart by the reserves that they fit.
    pub(super) fn sorts_by_fit(&self) -> bool {
        !self.terms.reserves.is_empty() || self.kinds.iter().any(|(fits, _)| !fits.is_none())
    }

    /// The cohort as settling sees it, with the numbers of those who wait and none of them.
    pub fn view_without_heads(&self) -> View {
        self.view(Queue::unloaded(self.kinds.iter().cloned()))
    }

    fn kept_reserves(&self) -> Option<String> {
        let kept = || Kept {
            terms: self.terms.reserves.clone(),
            shares: self.shares.clone(),
            waiting: self.kinds.clone(),
        };
        self.sorts_by_fit().then(|| serde_json::to_string(&kept()).ok()).flatten()
    }

    /// When the next reserve is released.
    fn reserve_due_at(&self) -> Option<DateTime<Utc>> {
        let unreleased = self.terms.reserves.iter().filter(|reserve| !self.shares.is_released(reserve.id));
        unreleased.map(|reserve| reserve.releases_at).min()
    }

    /// The cohort as settling sees it.
    pub fn view(&self, waiting: Queue) -> View {
        View {
            terms: self.terms.clone(),
            first_session_at: self.first_session_at,
            opened: self.opened,
            sealed: self.sealed,
            closed: self.closed,
            started: self.started,
            ended: self.ended,
            places_taken: self.places_taken,
            waiting,
            claim_sequence: self.claim_sequence,
            shares: self.shares.clone(),
            clashing: BTreeSet::new(),
        }
    }
}

#[derive(FromQueryResult)]
struct Raw {
    cohort_id: Uuid,
    academy_id: Uuid,
    programme_id: Uuid,
    capacity: i64,
    places_taken: i64,
    waiting_count: i64,
    offers_out: i64,
    last_place_at: Option<DateTime<Utc>>,
    waives: bool,
    waiting_list: bool,
    vacancies: String,
    offer_window_hours: i64,
    offer_clock: String,
    offers_stop_hours: i64,
    after_lapse: String,
    settles_first: String,
    sealed_after_hours: Option<i64>,
    booking_opens_at: Option<DateTime<Utc>>,
    booking_closes_at: Option<DateTime<Utc>>,
    first_session_at: Option<DateTime<Utc>>,
    opened: bool,
    sealed: bool,
    closed: bool,
    started: bool,
    ended: Option<String>,
    version: i64,
    claim_sequence: i64,
    head_hash: String,
    head_recorded_at: DateTime<Utc>,
    tail_moment: Option<DateTime<Utc>>,
    tail_submitted_at: Option<DateTime<Utc>>,
    shares: Option<String>,
}

impl TryFrom<Raw> for DeskRow {
    type Error = StoreError;

    fn try_from(row: Raw) -> Result<Self> {
        let corrupt = |column| StoreError::corrupt("cohort_desk", column, row.cohort_id);
        let small = |n: i64, column| u32::try_from(n).map_err(|_| corrupt(column));
        let large = |n: i64, column| u64::try_from(n).map_err(|_| corrupt(column));
        let waiting_count = large(row.waiting_count, "waiting_count")?;
        let kept = match &row.shares {
            Some(kept) => serde_json::from_str(kept).map_err(|_| corrupt("shares"))?,
            None => Kept {
                terms: Vec::new(),
                shares: Shares::default(),
                waiting: vec![(Fits::none(), waiting_count)],
            },
        };
        let terms = Terms {
            capacity: Capacity::new(row.capacity).map_err(|_| corrupt("capacity"))?,
            waiting_list: row.waiting_list,
            vacancies: Vacancies::parse(&row.vacancies).ok_or_else(|| corrupt("vacancies"))?,
            offer_window_hours: small(row.offer_window_hours, "offer_window_hours")?,
            offer_clock: OfferClock::parse(&row.offer_clock).ok_or_else(|| corrupt("offer_clock"))?,
            offers_stop_hours: small(row.offers_stop_hours, "offers_stop_hours")?,
            after_lapse: AfterLapse::parse(&row.after_lapse).ok_or_else(|| corrupt("after_lapse"))?,
            settles_first: SettlesFirst::parse(&row.settles_first).ok_or_else(|| corrupt("settles_first"))?,
            sealed_after_hours: row.sealed_after_hours.map(|n| small(n, "sealed_after_hours")).transpose()?,
            booking_opens_at: row.booking_opens_at,
            booking_closes_at: row.booking_closes_at,
            reserves: kept.terms,
        };
        let ended = match row.ended.as_deref() {
            None => None,
            Some("completed") => Some(Ended::Completed),
            Some("cancelled") => Some(Ended::Cancelled),
            Some(_) => return Err(corrupt("ended")),
        };
        Ok(Self {
            cohort_id: CohortId(row.cohort_id),
            academy_id: AcademyId(row.academy_id),
            programme_id: ProgrammeId(row.programme_id),
            terms,
            places_taken: small(row.places_taken, "places_taken")?,
            waiting_count,
            offers_out: small(row.offers_out, "offers_out")?,
            last_place_at: row.last_place_at,
            waives: row.waives,
            first_session_at: row.first_session_at,
            opened: row.opened,
            sealed: row.sealed,
            closed: row.closed,
            started: row.started,
            ended,
            version: large(row.version, "version")?,
            claim_sequence: large(row.claim_sequence, "claim_sequence")?,
            head_hash: row.head_hash,
            head_recorded_at: row.head_recorded_at,
            tail: row.tail_moment.zip(row.tail_submitted_at),
            shares: kept.shares,
            kinds: kept.waiting,
        })
    }
}

const COLUMNS: [Column; 33] = [
    ("cohort_id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("programme_id", Kind::Uuid),
    ("capacity", Kind::Int),
    ("places_taken", Kind::Int),
    ("waiting_count", Kind::Int),
    ("offers_out", Kind::Int),
    ("last_place_at", Kind::Time),
    ("waives", Kind::Bool),
    ("waiting_list", Kind::Bool),
    ("vacancies", Kind::Word),
    ("offer_window_hours", Kind::Int),
    ("offer_clock", Kind::Word),
    ("offers_stop_hours", Kind::Int),
    ("after_lapse", Kind::Word),
    ("settles_first", Kind::Word),
    ("sealed_after_hours", Kind::Int),
    ("booking_opens_at", Kind::Time),
    ("booking_closes_at", Kind::Time),
    ("first_session_at", Kind::Time),
    ("opened", Kind::Bool),
    ("sealed", Kind::Bool),
    ("closed", Kind::Bool),
    ("started", Kind::Bool),
    ("ended", Kind::Word),
    ("version", Kind::Int),
    ("claim_sequence", Kind::Int),
    ("head_hash", Kind::Word),
    ("head_recorded_at", Kind::Time),
    ("tail_moment", Kind::Time),
    ("tail_submitted_at", Kind::Time),
    ("shares", Kind::Text),
    ("reserve_due_at", Kind::Time),
];

/// The desks of these cohorts, whatever is due in them.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn desks(db: &impl Access, cohorts: &[CohortId]) -> Result<HashMap<CohortId, DeskRow>> {
    let db = db.connection();
    let backend = db.get_database_backend();
    let columns: Vec<String> = COLUMNS.iter().map(|(name, _)| format!("d.{name}")).collect();
    let text = format!(
        "SELECT {} FROM {} {}",
        columns.join(", "),
        rows::ids_source(backend),
        rows::lookup(backend, "cohort_desk", "d", "d.cohort_id = r.id")
    );
    let statement = Statement::from_sql_and_values(backend, text, [rows::ids(cohorts.iter().map(|id| id.0))]);
    let found = Raw::find_by_statement(statement).all(db).await?;
    found.into_iter().map(|raw| DeskRow::try_from(raw).map(|row| (row.cohort_id, row))).collect()
}

/// A cohort as a sitting begins with it.
pub(super) struct Opened {
    pub(super) row: DeskRow,
    pub(super) gate: CohortGate,
    /// Whether anything among its bookings is due by the clock.
    pub(super) has_due: bool,
}

/// The desks of these cohorts with their gates, under their locks.
pub(super) async fn opened(
    work: &Work,
    cohorts: &[CohortId],
    clock: DateTime<Utc>,
) -> Result<HashMap<CohortId, Opened>> {
    let backend = work.backend();
    let columns: Vec<String> = COLUMNS.iter().map(|(name, _)| format!("d.{name}")).collect();
    let due =
        |what: &str| rows::holds("booking", "b", &format!("b.cohort_id = d.cohort_id AND {what} <= $2"));
    let text = format!(
        "SELECT {}, {GATE_SELECTED}, {} OR {} AS has_due FROM {} {} {} {}",
        columns.join(", "),
        due("b.status = 'offered' AND b.offer_expires_at"),
        due("b.status = 'pending' AND b.claim_due_at IS NOT NULL AND b.claim_due_at"),
        rows::ids_source(backend),
        rows::lookup(backend, "cohort_desk", "d", "d.cohort_id = r.id"),
        rows::lookup(backend, "cohort", "c", "c.id = d.cohort_id"),
        rows::lookup(backend, "programme", "p", "p.id = c.programme_id")
    );
    let values = [rows::ids(cohorts.iter().map(|id| id.0)), clock.into()];
    let statement = Statement::from_sql_and_values(backend, text, values);
    let found = work.connection().query_all_raw(statement).await?;
    found.iter().map(|row| opened_of(row).map(|opened| (opened.row.cohort_id, opened))).collect()
}

fn opened_of(row: &QueryResult) -> Result<Opened> {
    let has_due = row.try_get("", "has_due")?;
    Ok(Opened { row: Raw::from_query_result(row, "")?.try_into()?, gate: gate_of(row)?, has_due })
}

fn integer(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn to_row(desk: &DeskRow) -> Row {
    let terms = &desk.terms;
    let ended = desk.ended.map(|ended| match ended {
        Ended::Completed => "completed".to_owned(),
        Ended::Cancelled => "cancelled".to_owned(),
    });
    Row::default()
        .uuid("cohort_id", desk.cohort_id.0)
        .uuid("academy_id", desk.academy_id.0)
        .uuid("programme_id", desk.programme_id.0)
        .int("capacity", i64::from(terms.capacity.get()))
        .int("places_taken", i64::from(desk.places_taken))
        .int("waiting_count", integer(desk.waiting_count))
        .int("offers_out", i64::from(desk.offers_out))
        .time("last_place_at", desk.last_place_at)
        .bool("waives", desk.waives)
        .bool("waiting_list", terms.waiting_list)
        .text("vacancies", terms.vacancies.as_str().to_owned())
        .int("offer_window_hours", i64::from(terms.offer_window_hours))
        .text("offer_clock", terms.offer_clock.as_str().to_owned())
        .int("offers_stop_hours", i64::from(terms.offers_stop_hours))
        .text("after_lapse", terms.after_lapse.as_str().to_owned())
        .text("settles_first", terms.settles_first.as_str().to_owned())
        .int("sealed_after_hours", terms.sealed_after_hours.map(i64::from))
        .time("booking_opens_at", terms.booking_opens_at)
        .time("booking_closes_at", terms.booking_closes_at)
        .time("first_session_at", desk.first_session_at)
        .bool("opened", desk.opened)
        .bool("sealed", desk.sealed)
        .bool("closed", desk.closed)
        .bool("started", desk.started)
        .text("ended", ended)
        .int("version", integer(desk.version))
        .int("claim_sequence", integer(desk.claim_sequence))
        .text("head_hash", desk.head_hash.clone())
        .time("head_recorded_at", desk.head_recorded_at)
        .time("tail_moment", desk.tail.map(|(moment, _)| moment))
        .time("tail_submitted_at", desk.tail.map(|(_, submitted_at)| submitted_at))
        .text("shares", desk.kept_reserves())
        .time("reserve_due_at", desk.reserve_due_at())
}

/// Inserts a desk that was opened now.
pub(super) fn insert(writes: &mut Writes, desk: &DeskRow) {
    writes.insert("cohort_desk", &COLUMNS, vec![to_row(desk)]);
}

/// Writes desks that changed.
pub(super) fn update(writes: &mut Writes, desks: &[&DeskRow]) {
    writes.update("cohort_desk", &COLUMNS, desks.iter().map(|desk| to_row(desk)).collect());
}
