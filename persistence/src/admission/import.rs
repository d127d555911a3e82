//! Existing lists that come in before booking opens (ADM-24): their rows go the way of a request for several people, all
//! or none, entered in order of rank. A dry run goes the same way and rolls back.

use super::batch::{Batch, Done, conclude};
use super::book_many::{Asked, RowDone, answered, keep, take};
use super::booking::{self, Booking};
use super::command::{Answered, Book, DeskError};
use super::decide::{count_from, new_booking};
use super::keys::Way;
use super::people::person_of;
use super::prepared::Changed;
use super::reads::positions;
use super::seat::Seat;
use crate::governance::AuditRow;
use crate::identity::participants::create_known;
use crate::rows::{self, Kind, Row, Writes};
use crate::{Access, Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, EarlierMoment, ImportRefused, Reason, Standing, takes_lists};
use domain::fault::Fault;
use domain::ids::{BookingId, CohortId, PersonId};
use sea_orm::{FromQueryResult, Statement};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// Why nothing of a list was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotImported {
    /// The cohort takes no lists.
    Refused(ImportRefused),
    /// These rows are wrong, by their place in the list.
    Rows(Vec<RowRefused>),
}

/// What is wrong with a row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRefused {
    /// Which row, counted from 0.
    pub row: usize,
    /// Every fault; pointers begin at the row.
    pub faults: Vec<Fault>,
}

/// What was imported of one booking.
#[derive(Clone, Debug)]
pub struct ImportRecord {
    /// Which.
    pub booking_id: BookingId,
    /// When it came in.
    pub imported_at: DateTime<Utc>,
    /// The earlier moment that came along, with its evidence and reason.
    pub earlier: Option<EarlierMoment>,
}

impl Booking {
    /// Since when they had asked for the place, where that was imported and its submission counts from then (ADM-24).
    pub fn imported_since(&self) -> Option<DateTime<Utc>> {
        self.told.as_ref().and_then(|told| told.asked_at)
    }

    /// Counts it from a moment that a list brought along.
    pub(super) fn asked_earlier(&mut self, moment: DateTime<Utc>) {
        self.submitted_at = moment;
        if let Some(told) = &mut self.told {
            told.asked_at = Some(moment);
        }
    }

    /// Counts it from a first attempt, where that was earlier than all else (ADM-19).
    pub(super) fn attempted_first(&mut self, moment: DateTime<Utc>) {
        if moment < self.submitted_at {
            self.submitted_at = moment;
            if let Some(told) = &mut self.told {
                told.asked_at = None;
            }
        }
    }
}

/// What a row leads to.
enum Taken {
    Booked(BookingId),
    Unchanged(BookingId),
}

/// Imports a list, or tries to.
pub(super) async fn attempt(seat: &mut Seat<'_>, asked: Asked<'_>, dry: bool, way: Way) -> Result<Done> {
    let mut work = seat.begin().await?;
    let mut batch = Batch::open(&mut work, asked.jobs, way).await?;
    if let Some(answer) = batch.answers.pop().flatten().and_then(answered) {
        return Ok(Done { answers: vec![answer], changed: Changed::default() });
    }
    let cohort = asked.many.cohort_id;
    if let Err(refused) = takes_lists(&batch.sitting.desk(cohort)?.view, batch.sitting.now) {
        return Ok(refuse(NotImported::Refused(refused)));
    }
    let taken = match take_all(&mut batch, asked, &imported_before(&work, cohort).await?)? {
        Ok(taken) => taken,
        Err(rows) => return Ok(refuse(NotImported::Rows(rows))),
    };
    note(&mut batch, asked, &taken)?;
    let mut writes = Writes::default();
    create_known(&mut writes, batch.sitting.now, &batch.known_to_keep());
    let changed = batch.sitting.prepare(writes).run(&work).await?;
    batch.write_the_rest(&mut work).await?;
    write_records(&work, &batch, asked, &taken).await?;
    let answer = (asked.many.write.0)(done(&batch, &work, taken).await?);
    if !dry {
        keep(&work, &batch, asked.key, &answer).await?;
        return conclude(seat, work, vec![Ok(Answered::Done(Some(answer)))], changed).await;
    }
    // What was written goes with its transaction; only the answer to a key is kept, in one of its own (ADM-10).
    drop(work);
    let answers = vec![Ok(Answered::Done(Some(answer.clone())))];
    if asked.key.is_none() {
        return Ok(Done { answers, changed: Changed::default() });
    }
    let mut work = seat.begin().await?;
    work.now().await?;
    keep(&work, &batch, asked.key, &answer).await?;
    conclude(seat, work, answers, Changed::default()).await
}

fn refuse(why: NotImported) -> Done {
    Done { answers: vec![Err(DeskError::NotImported(why))], changed: Changed::default() }
}

/// Takes every row, or names each that is wrong.
fn take_all(
    batch: &mut Batch,
    asked: Asked<'_>,
    before: &HashMap<PersonId, BookingId>,
) -> Result<std::result::Result<BTreeMap<usize, Taken>, Vec<RowRefused>>> {
    let rows = &asked.many.rows;
    let own: HashSet<BookingId> = rows.iter().map(|book| book.id).collect();
    let (mut taken, mut wrong) = (BTreeMap::new(), Vec::new());
    for row in in_order_of_rank(batch, rows)? {
        let book = &rows[row];
        let imported = person_of(book, &batch.owners).and_then(|person| before.get(&person));
        if let Some(booking) = imported {
            taken.insert(row, Taken::Unchanged(*booking));
            continue;
        }
        let late = book.earlier.as_ref().and_then(|earlier| earlier.fault(batch.sitting.now));
        match take(batch, asked.origin, book)? {
            Ok(booking) if late.is_none() => {
                taken.insert(row, Taken::Booked(booking));
            }
            Ok(_) => wrong.push(RowRefused { row, faults: late.into_iter().collect() }),
            Err(DeskError::Refused(refusal)) => {
                let live = refusal.already.filter(|id| !own.contains(id));
                match live.filter(|_| refusal.first == Reason::AlreadyBooked) {
                    Some(live) => drop(taken.insert(row, Taken::Unchanged(live))),
                    None => {
                        let faults = refusal.faults.into_iter().chain(late).collect();
                        wrong.push(RowRefused { row, faults });
                    }
                }
            }
            Err(_) => return Err(StoreError::corrupt("booking", "id", book.id)),
        }
    }
    wrong.sort_by_key(|refused| refused.row);
    Ok(if wrong.is_empty() { Ok(taken) } else { Err(wrong) })
}

/// Claims that come to light together are entered in order of rank (ADM-5); rows that are no claims yet come last.
fn in_order_of_rank(batch: &Batch, rows: &[Book]) -> Result<Vec<usize>> {
    let now = batch.sitting.now;
    let mut order = Vec::with_capacity(rows.len());
    for (row, book) in rows.iter().enumerate() {
        let gate = batch.known.gate(book.cohort_id)?;
        let person = person_of(book, &batch.owners);
        let person = person.ok_or_else(|| StoreError::corrupt("booking", "id", book.id))?;
        let mut booking = new_booking(book, gate, person, now);
        count_from(batch, book, &mut booking);
        let moment = match batch.known.look_at(&booking, now)?.standing {
            Standing::Open { moment } => Some(moment),
            _ => None,
        };
        order.push((moment.is_none(), moment, booking.submitted_at, row));
    }
    order.sort_unstable();
    Ok(order.into_iter().map(|(.., row)| row).collect())
}

/// That a list came in stands in the audit trail, in numbers (ACC-6, ACC-7).
fn note(batch: &mut Batch, asked: Asked<'_>, taken: &BTreeMap<usize, Taken>) -> Result<()> {
    let cohort = asked.many.cohort_id;
    let booked = taken.values().filter(|taken| matches!(taken, Taken::Booked(_))).count();
    if booked == 0 {
        return Ok(());
    }
    let earlier = asked.many.rows.iter().filter(|book| book.earlier.is_some()).count();
    let row = AuditRow {
        academy_id: Some(batch.known.gate(cohort)?.academy_id),
        action: "bookings_imported",
        subject_kind: "cohort",
        subject_id: Some(cohort.0),
        detail: serde_json::json!({"rows": taken.len(), "booked": booked, "earlierMoments": earlier}),
    };
    batch.sitting.audit(asked.origin, row);
    Ok(())
}

#[derive(FromQueryResult)]
struct BeforeRow {
    person_id: Uuid,
    booking_id: Uuid,
}

/// Who was imported into this cohort before, and as which booking, live or not: a list that comes in again changes nothing
/// of them.
async fn imported_before(work: &Work, cohort: CohortId) -> Result<HashMap<PersonId, BookingId>> {
    let text = "SELECT b.person_id, i.booking_id FROM booking_import i JOIN booking b ON b.id = i.booking_id \
                WHERE i.cohort_id = $1 ORDER BY i.booking_id";
    let statement = Statement::from_sql_and_values(work.backend(), text, [cohort.0.into()]);
    let found = BeforeRow::find_by_statement(statement).all(work.connection()).await?;
    Ok(found.into_iter().map(|row| (PersonId(row.person_id), BookingId(row.booking_id))).collect())
}

/// Keeps what the list said of each booking that was made.
async fn write_records(
    work: &Work,
    batch: &Batch,
    asked: Asked<'_>,
    taken: &BTreeMap<usize, Taken>,
) -> Result<()> {
    let academy = batch.known.gate(asked.many.cohort_id)?.academy_id;
    let record = |(row, taken): (&usize, &Taken)| {
        let Taken::Booked(booking) = taken else { return None };
        let earlier = asked.many.rows.get(*row).and_then(|book| book.earlier.as_ref());
        Some(
            Row::default()
                .uuid("booking_id", booking.0)
                .uuid("academy_id", academy.0)
                .uuid("cohort_id", asked.many.cohort_id.0)
                .time("imported_at", batch.sitting.now)
                .time("earlier_moment", earlier.map(|earlier| earlier.moment))
                .text("evidence", earlier.map(|earlier| earlier.evidence.clone()))
                .text("reason", earlier.map(|earlier| earlier.reason.clone())),
        )
    };
    let records = taken.iter().filter_map(record).collect();
    rows::insert(work.connection(), "booking_import", &COLUMNS, records, "").await?;
    Ok(())
}

const COLUMNS: [rows::Column; 7] = [
    ("booking_id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("cohort_id", Kind::Uuid),
    ("imported_at", Kind::Time),
    ("earlier_moment", Kind::Time),
    ("evidence", Kind::Text),
    ("reason", Kind::Text),
];

/// The rows in their order, as they stand once all of them are settled.
async fn done(batch: &Batch, work: &Work, taken: BTreeMap<usize, Taken>) -> Result<Vec<RowDone>> {
    let unchanged = taken.values().filter_map(|taken| match taken {
        Taken::Unchanged(id) => Some(*id),
        Taken::Booked(_) => None,
    });
    let kept = booking::bookings(work, unchanged.collect::<HashSet<_>>()).await?;
    let kept: HashMap<BookingId, Booking> = kept.into_iter().map(|booking| (booking.id, booking)).collect();
    let mut found = Vec::with_capacity(taken.len());
    for taken in taken.into_values() {
        let (id, new) = match taken {
            Taken::Booked(id) => (id, true),
            Taken::Unchanged(id) => (id, false),
        };
        let booking = batch.sitting.booking(id).or(kept.get(&id)).cloned();
        found.push((booking.ok_or_else(|| StoreError::corrupt("booking", "id", id))?, new));
    }
    let waiting: Vec<&Booking> =
        found.iter().map(|(booking, _)| booking).filter(|b| b.status == BookingStatus::Waiting).collect();
    let positions = positions(work, &waiting).await?;
    let mut done = Vec::with_capacity(found.len());
    for (booking, new) in found {
        let position = positions.get(&booking.id).copied();
        let record = Box::new(batch.known.record(booking, position, &batch.sitting)?);
        done.push(if new { RowDone::Booked(record) } else { RowDone::Unchanged(record) });
    }
    Ok(done)
}

#[derive(FromQueryResult)]
struct RecordRow {
    booking_id: Uuid,
    imported_at: DateTime<Utc>,
    earlier_moment: Option<DateTime<Utc>>,
    evidence: Option<String>,
    reason: Option<String>,
}

impl From<RecordRow> for ImportRecord {
    fn from(row: RecordRow) -> Self {
        let earlier = row.earlier_moment.zip(row.evidence).zip(row.reason);
        Self {
            booking_id: BookingId(row.booking_id),
            imported_at: row.imported_at,
            earlier: earlier.map(|((moment, evidence), reason)| EarlierMoment { moment, evidence, reason }),
        }
    }
}

/// What was imported of a booking, where it was.
///
/// # Errors
/// When the database does not answer.
pub async fn import_record(db: &impl Access, booking: BookingId) -> Result<Option<ImportRecord>> {
    Ok(records(db, "booking_id", booking.0).await?.pop())
}

/// What was imported of a cohort's bookings.
pub(super) async fn import_records(db: &impl Access, cohort: CohortId) -> Result<Vec<ImportRecord>> {
    records(db, "cohort_id", cohort.0).await
}

async fn records(db: &impl Access, column: &str, id: Uuid) -> Result<Vec<ImportRecord>> {
    use sea_orm::ConnectionTrait;
    let db = db.connection();
    let text = format!(
        "SELECT booking_id, imported_at, earlier_moment, evidence, reason FROM booking_import WHERE {column} = $1"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [id.into()]);
    Ok(RecordRow::find_by_statement(statement).all(db).await?.into_iter().map(ImportRecord::from).collect())
}
