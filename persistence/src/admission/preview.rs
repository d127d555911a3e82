//! What a change that is rehearsed does at once, and what is then due if nobody acts meanwhile (ADM-14): the same sittings
//! of the desk, at the moments that come.

use super::booking::Booking;
use super::desk_row::{DeskRow, desks};
use super::due::load_due;
use super::forms::{tied_to, with_ties};
use super::sitting::{Heads, Sitting};
use crate::rows;
use crate::{Access, Rehearsal, Result, StoreError, Work};
use chrono::{DateTime, TimeDelta, Utc};
use domain::admission::{BookingStatus, ClosedReason, Entry, EntryKind, due_facts};
use domain::ids::{BookingId, CohortId};
use sea_orm::{FromQueryResult, Statement};
use std::collections::{HashMap, HashSet};

/// At how many moments is looked at most: the cohort's lock is held meanwhile.
const MOMENTS: usize = 40;

/// After how many decisions about bookings no further moment is looked at.
const DECISIONS: usize = 2_000;

/// Of how many that are undecided at most is looked ahead: any of them can be decided at one moment.
const UNDECIDED: i64 = 5_000;

/// How far is looked ahead where no date of a session stands.
const FAR: TimeDelta = TimeDelta::days(3_660);

/// What a change would lead to.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The cohort as it would be at once.
    pub desk: DeskRow,
    /// Each booking that would change at once, in the order of the decisions, as it would be.
    pub bookings: Vec<PreviewedBooking>,
    /// What is then due.
    pub ahead: Ahead,
}

/// A booking that would change, as it would be.
#[derive(Clone, Debug)]
pub struct PreviewedBooking {
    /// Which.
    pub id: BookingId,
    /// Its status.
    pub status: BookingStatus,
    /// Why it would be closed.
    pub closed_reason: Option<ClosedReason>,
    /// Until when a place would be held for it.
    pub offer_expires_at: Option<DateTime<Utc>>,
    /// Whether it would be over, and its person go on into the programme's next cohort (PRG-8).
    pub carries_over: bool,
}

/// What is due after a change, up to the start, if nobody acts meanwhile.
#[derive(Clone, Debug)]
pub struct Ahead {
    /// The entries of the ledger to come.
    pub entries: Vec<AheadEntry>,
    /// Whether these are all of them.
    pub complete: bool,
}

/// An entry of the ledger to come.
#[derive(Clone, Debug)]
pub struct AheadEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What it would tell.
    pub kind: EntryKind,
    /// Each booking that it would change, in the order of the decisions.
    pub bookings: Vec<PreviewedBooking>,
}

impl From<&Booking> for PreviewedBooking {
    fn from(booking: &Booking) -> Self {
        Self {
            id: booking.id,
            status: booking.status,
            closed_reason: booking.closed_reason,
            offer_expires_at: booking.offer_expires_at,
            carries_over: booking.goes_on(),
        }
    }
}

/// Enters what is due in a cohort whose lock is held, as the desk does before any other fact (ADM-11).
///
/// # Errors
/// When the database refuses.
pub async fn catch_up(work: &mut Work, cohort: CohortId) -> Result<()> {
    let mut sitting = match Sitting::open(work, &[cohort], Heads::Freed(HashMap::new())).await {
        Err(StoreError::NeedsMore) => Sitting::open(work, &[cohort], Heads::All).await?,
        opened => opened?,
    };
    sitting.write(work).await.map(|_| ())
}

/// What the changes that were made in a rehearsal did to a cohort, and what is then due. Its lock is held.
///
/// # Errors
/// When the database refuses.
pub async fn preview(rehearsal: &mut Rehearsal, cohort: CohortId) -> Result<Preview> {
    let desk = desks(rehearsal.work(), &[cohort]).await?.remove(&cohort);
    let desk = desk.ok_or_else(|| StoreError::corrupt("cohort_desk", "cohort_id", cohort))?;
    let seen = rehearsal.seen();
    seen.entries.clear();
    let bookings = as_they_end_up(std::mem::take(&mut seen.bookings), cohort);
    let ahead = look_ahead(rehearsal, cohort, desk.first_session_at).await?;
    Ok(Preview { desk, bookings, ahead })
}

/// Each booking of a cohort once, where it was first changed and as it was last.
fn as_they_end_up(seen: Vec<Booking>, cohort: CohortId) -> Vec<PreviewedBooking> {
    let of_cohort = || seen.iter().filter(|booking| booking.cohort_id == cohort);
    let last: HashMap<BookingId, &Booking> = of_cohort().map(|booking| (booking.id, booking)).collect();
    let mut named = HashSet::new();
    let order = of_cohort().filter(|booking| named.insert(booking.id));
    order.filter_map(|booking| last.get(&booking.id).map(|last| PreviewedBooking::from(*last))).collect()
}

async fn look_ahead(
    rehearsal: &mut Rehearsal,
    cohort: CohortId,
    start: Option<DateTime<Utc>>,
) -> Result<Ahead> {
    if undecided(rehearsal.work(), cohort).await? > UNDECIDED {
        return Ok(Ahead { entries: Vec::new(), complete: false });
    }
    let mut at = rehearsal.work().now().await?;
    let by = start.unwrap_or(at + FAR).max(at);
    let mut moments = 0;
    let complete = loop {
        let Some(due) = next_due(rehearsal.work(), cohort, by).await? else { break true };
        if moments == MOMENTS || rehearsal.seen().bookings.len() >= DECISIONS {
            break false;
        }
        moments += 1;
        at = at.max(due);
        rehearsal.seen().at = Some(at);
        catch_up(rehearsal.work(), cohort).await?;
    };
    let seen = rehearsal.seen();
    let going: HashSet<BookingId> = seen.bookings.iter().filter(|b| b.goes_on()).map(|b| b.id).collect();
    let entries =
        seen.entries.iter().filter(|(of, _)| *of == cohort).map(|(_, entry)| ahead_entry(entry, &going));
    Ok(Ahead { entries: entries.collect(), complete })
}

#[derive(FromQueryResult)]
struct CountRow {
    n: i64,
}

/// How many bookings of a cohort, and of those that forms tie to it, are undecided.
async fn undecided(work: &Work, cohort: CohortId) -> Result<i64> {
    let tied = tied_to(work, [cohort]).await?;
    let cohorts = with_ties(&[cohort], Some(&tied));
    let undecided = BookingStatus::ALL.into_iter().filter(|status| status.is_undecided());
    let undecided: Vec<String> = undecided.map(|status| format!("'{}'", status.as_str())).collect();
    let text = format!(
        "SELECT count(*) AS n FROM {} JOIN booking b ON b.cohort_id = r.id WHERE b.status IN ({})",
        rows::ids_source(work.backend()),
        undecided.join(", ")
    );
    let named = rows::ids(cohorts.iter().map(|cohort| cohort.0));
    let statement = Statement::from_sql_and_values(work.backend(), text, [named]);
    let row = CountRow::find_by_statement(statement).one(work.connection()).await?;
    Ok(row.map_or(0, |row| row.n))
}

fn ahead_entry(entry: &Entry, going: &HashSet<BookingId>) -> AheadEntry {
    let previewed = entry.decisions.iter().map(|decision| PreviewedBooking {
        id: decision.booking,
        status: decision.status,
        closed_reason: decision.closed_reason,
        offer_expires_at: decision.offer_expires_at,
        carries_over: decision.closed_reason.is_some() && going.contains(&decision.booking),
    });
    AheadEntry { at: entry.recorded_at, kind: entry.kind, bookings: previewed.collect() }
}

/// The first moment at which something is due in a cohort, or in those that forms tie to it; none up to `by`.
async fn next_due(work: &Work, cohort: CohortId, by: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    let tied = tied_to(work, [cohort]).await?;
    let cohorts = with_ties(&[cohort], Some(&tied));
    let mut due = load_due(work, &cohorts, by).await?;
    let mut first: Option<DateTime<Utc>> = None;
    for (id, row) in desks(work, &cohorts).await? {
        let view = row.view_without_heads();
        let mut of_cohort = due.remove(&id).unwrap_or_default();
        of_cohort.complete(work, &row, &view, by).await?;
        let facts = due_facts(&view, &of_cohort.due, by);
        first = facts.first().map(|due| due.moment).into_iter().chain(first).min();
    }
    Ok(first)
}
