//! Several people in one request (ADM-18): their rows settle in their order, as one unit, in a transaction of its
//! own under the cohort's lock. Each row goes the way of a single booking.

use super::attempts::write_attempts;
use super::batch::{Batch, Done, Step, conclude};
use super::booking::Booking;
use super::command::{Answered, Book, BookingRecord, Command, DeskError, Job};
use super::decide::{decide_book, held_by_code};
use super::import;
use super::keys::Way;
use super::prepared::Changed;
use super::reads::positions;
use super::seat::Seat;
use crate::catalogue::gates::TasterGate;
use crate::governance::repeats::{self, KeptAnswer, RequestKey};
use crate::identity::participants::create_known;
use crate::rows::Writes;
use crate::{Origin, Result, StoreError, Work};
use domain::admission::{BookingStatus, Fact, GateItem, Standing};
use domain::ids::{BookingId, CohortId};
use std::fmt;
use std::sync::Arc;

/// A request for several people.
#[derive(Clone, Debug)]
pub struct BookMany {
    /// On which cohort.
    pub cohort_id: CohortId,
    /// The bookings, in their order; those that could not be read are left out.
    pub rows: Vec<Book>,
    /// Whether all are made or none.
    pub atomic: bool,
    /// Whether a row was wrong before it came to the desk: an atomic request then fails whatever becomes of the rest.
    pub spoilt: bool,
    /// Whether it is a list to import (ADM-24), and then whether it is only tried: its rows are made all or none.
    pub import: Option<DryRun>,
    /// Writes the answer.
    pub write: WriteRows,
}

/// Whether a list is only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DryRun(pub bool);

/// Writes the answer to a request for several people from what became of each row, in their order.
#[derive(Clone)]
pub struct WriteRows(pub Arc<dyn Fn(Vec<RowDone>) -> KeptAnswer + Send + Sync>);

impl fmt::Debug for WriteRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteRows(…)")
    }
}

/// What became of one row.
#[derive(Debug)]
pub enum RowDone {
    /// It was booked; as it is once all rows are settled.
    Booked(Box<BookingRecord>),
    /// This person was imported before, or has a live booking: it stays as it is (ADM-24).
    Unchanged(Box<BookingRecord>),
    /// It is refused.
    Refused(DeskError),
    /// It was in order, and is not kept because another row failed.
    NotKept,
}

/// Why a booking would get no place at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPlace {
    /// All places are held, or go to those who wait.
    Full,
    /// Its gate is not open: these requirements are missing.
    Missing(Vec<GateItem>),
    /// Places are not given out yet: booking has not opened, or the tasters' attendance is not complete.
    NotYet,
}

/// A request for several people as it was handed in.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) jobs: &'a [Job],
    pub(super) many: &'a BookMany,
    pub(super) origin: &'a Origin,
    pub(super) key: Option<&'a RequestKey>,
}

/// Leaves in `jobs` what shares a transaction: a request for several people or cohorts has one of its own. Gives the rest.
pub(super) fn split_off(jobs: &mut Vec<(usize, Job)>) -> Vec<(usize, Job)> {
    let of_many =
        |(_, job): &(usize, Job)| matches!(job.command, Command::BookMany(_) | Command::BookRanked(_));
    match jobs.iter().position(of_many) {
        None => Vec::new(),
        Some(0) => jobs.split_off(1),
        Some(first) => jobs.split_off(first),
    }
}

/// Runs one such request.
pub(super) async fn attempt(seat: &mut Seat<'_>, asked: Asked<'_>, way: Way) -> Result<Done> {
    if let Some(DryRun(dry)) = asked.many.import {
        return import::attempt(seat, asked, dry, way).await;
    }
    let mut work = seat.begin().await?;
    let mut batch = Batch::open(&mut work, asked.jobs, way).await?;
    if let Some(answer) = batch.answers.pop().flatten().and_then(answered) {
        return Ok(Done { answers: vec![answer], changed: Changed::default() });
    }
    let mut rows = Vec::with_capacity(asked.many.rows.len());
    for book in &asked.many.rows {
        rows.push(take(&mut batch, asked.origin, book)?);
    }
    let failed = asked.many.spoilt || rows.iter().any(std::result::Result::is_err);
    if asked.many.atomic && failed {
        drop(work);
        return refuse(seat, asked, &batch, rows).await;
    }
    let mut writes = Writes::default();
    create_known(&mut writes, batch.sitting.now, &batch.known_to_keep());
    let changed = batch.sitting.prepare(writes).run(&work).await?;
    batch.write_the_rest(&mut work).await?;
    let answer = (asked.many.write.0)(booked(&batch, &work, rows).await?);
    keep(&work, &batch, asked.key, &answer).await?;
    conclude(seat, work, vec![Ok(Answered::Done(Some(answer)))], changed).await
}

/// What the key's first request was answered.
pub(super) fn answered(step: Step) -> Option<Result<Answered, DeskError>> {
    match step {
        Step::Repeated(answer) => Some(Ok(Answered::Repeated(answer))),
        Step::Refused(error) => Some(Err(error)),
        Step::Decided { .. } | Step::Nothing => None,
    }
}

pub(super) fn take(batch: &mut Batch, origin: &Origin, book: &Book) -> Result<Result<BookingId, DeskError>> {
    match decide_book(batch, origin, book)? {
        Step::Decided { booking, .. } => {
            batch.look_at_others(origin, booking)?;
            Ok(Ok(booking))
        }
        Step::Refused(error) => Ok(Err(error)),
        Step::Nothing | Step::Repeated(_) => Ok(Err(DeskError::NotFound)),
    }
}

/// The rows as they stand once all of them are settled.
pub(super) async fn booked(
    batch: &Batch,
    work: &Work,
    rows: Vec<Result<BookingId, DeskError>>,
) -> Result<Vec<RowDone>> {
    let made: Vec<Booking> =
        rows.iter().flatten().filter_map(|id| batch.sitting.booking(*id)).cloned().collect();
    let waiting: Vec<&Booking> =
        made.iter().filter(|booking| booking.status == BookingStatus::Waiting).collect();
    let positions = positions(work, &waiting).await?;
    let mut made = made.into_iter();
    let mut done = Vec::with_capacity(rows.len());
    for row in rows {
        done.push(match row {
            Err(error) => RowDone::Refused(error),
            Ok(id) => {
                let booking = made.next().ok_or_else(|| StoreError::corrupt("booking", "id", id))?;
                let position = positions.get(&id).copied();
                RowDone::Booked(Box::new(batch.known.record(booking, position, &batch.sitting)?))
            }
        });
    }
    Ok(done)
}

/// Nothing of a request that fails whole is kept: its transaction is gone. Attempts of people who were known before
/// and the answer to the key are kept apart from it (ADM-19).
async fn refuse(
    seat: &mut Seat<'_>,
    asked: Asked<'_>,
    batch: &Batch,
    rows: Vec<Result<BookingId, DeskError>>,
) -> Result<Done> {
    let own: Vec<BookingId> = asked.many.rows.iter().map(|book| book.id).collect();
    let done = rows.into_iter().map(|row| match row {
        Ok(_) => RowDone::NotKept,
        Err(DeskError::Refused(mut refusal)) => {
            // One that was not kept either is named to nobody.
            refusal.already = refusal.already.filter(|id| !own.contains(id));
            RowDone::Refused(DeskError::Refused(refusal))
        }
        Err(error) => RowDone::Refused(error),
    });
    let answer = (asked.many.write.0)(done.collect());
    let mut work = seat.begin().await?;
    work.now().await?;
    write_attempts(batch, &work).await?;
    keep(&work, batch, asked.key, &answer).await?;
    conclude(seat, work, vec![Ok(Answered::Done(Some(answer)))], Changed::default()).await
}

pub(super) async fn keep(
    work: &Work,
    batch: &Batch,
    key: Option<&RequestKey>,
    answer: &KeptAnswer,
) -> Result<()> {
    let Some(key) = key else { return Ok(()) };
    if repeats::keep_new(work, batch.sitting.now, vec![(key.clone(), answer.clone())]).await? {
        return Ok(());
    }
    Err(StoreError::Unavailable("the key was used by another request meanwhile".to_owned()))
}

/// Why a booking would get no place at once, if it would not: found by settling its claim on the side.
pub(super) fn no_place(
    batch: &mut Batch,
    booking: &Booking,
    shown_at: Option<&TasterGate>,
) -> Result<Option<NoPlace>> {
    let now = batch.sitting.now;
    let shown = shown_at.map(|taster| held_by_code(batch, booking, taster, now)).transpose()?;
    let before = batch.known.attendances.len();
    batch.known.attendances.extend(shown);
    let look = batch.known.look_at(booking, now);
    batch.known.attendances.truncate(before);
    let look = look?;
    let view = &batch.sitting.desk(booking.cohort_id)?.view;
    let Standing::Open { moment } = look.standing else {
        let missing = look.items.into_iter().filter(|item| !item.met).collect();
        return Ok(Some(NoPlace::Missing(missing)));
    };
    if !view.takes_claim_of(moment) || !view.settles() {
        return Ok(Some(NoPlace::NotYet));
    }
    let (fits, submitted_at) = (batch.known.fits(booking)?, booking.submitted_at);
    let fact = Fact::Claim { booking: booking.id, moment, submitted_at, fits, imported: false };
    let decisions = view.clone().apply(&fact, now).map_err(|_| StoreError::NeedsMore)?;
    let holds_place = decisions.iter().any(|decision| {
        decision.booking == booking.id
            && matches!(decision.status, BookingStatus::Confirmed | BookingStatus::Offered)
    });
    Ok((!holds_place).then_some(NoPlace::Full))
}
