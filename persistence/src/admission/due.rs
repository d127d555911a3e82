//! What a sitting of the desk loads under its locks: what is due, and the heads of the waiting lists.

use super::booking::{self, Booking};
use super::desk_row::DeskRow;
use super::sitting::Heads;
use crate::rows::{self, Kind, Row};
use crate::{Access, Result, Work};
use chrono::{DateTime, TimeDelta, Utc};
use domain::admission::{BookingStatus, Due, SettlesFirst};
use domain::ids::CohortId;
use domain::planted::{Bug, is_on};
use sea_orm::{FromQueryResult, Statement};
use std::collections::HashMap;

/// What is due in one cohort, and the bookings it is about.
#[derive(Default)]
pub(super) struct DueOfCohort {
    pub(super) due: Due,
    pub(super) bookings: Vec<Booking>,
}

impl DueOfCohort {
    /// Those who are pending when the start is due (PRG-7).
    pub(super) fn add_pending(&mut self, mut pending: Vec<Booking>) {
        pending.sort_by_key(|booking| (booking.submitted_at, booking.id));
        self.due.pending = pending.iter().map(|booking| booking.id).collect();
        self.bookings.extend(pending);
    }

    /// Offers that stand where none may stand any more (PRG-3): a session was moved, or offers stop earlier than when
    /// they were made.
    pub(super) fn cut_offers(&mut self, offered: Vec<Booking>, row: &DeskRow, stop: DateTime<Utc>) {
        // Nothing was entered since the change that brought the stop before their end.
        let cut = stop.max(row.head_recorded_at);
        for booking in offered {
            let (Some(end), Some(rank)) = (booking.offer_expires_at, booking.rank) else { continue };
            self.due.expired.retain(|(id, ..)| *id != booking.id);
            self.due.expired.push((booking.id, end.min(cut), booking.lapses, rank));
            if self.bookings.iter().all(|known| known.id != booking.id) {
                self.bookings.push(booking);
            }
        }
    }
}

/// Whether the first session has started and its entry is not there yet (PRG-7).
pub(super) fn start_is_due(row: &DeskRow, now: DateTime<Utc>) -> bool {
    !row.started && row.ended.is_none() && row.first_session_at.is_some_and(|start| start <= now)
}

/// The pending bookings of a cohort.
pub(super) async fn pending_of(db: &impl Access, cohort: CohortId) -> Result<Vec<Booking>> {
    of_status(db, cohort, "pending").await
}

/// The bookings of a cohort to which a place is offered.
pub(super) async fn offered_of(db: &impl Access, cohort: CohortId) -> Result<Vec<Booking>> {
    of_status(db, cohort, "offered").await
}

async fn of_status(db: &impl Access, cohort: CohortId, status: &str) -> Result<Vec<Booking>> {
    let text = format!(
        "SELECT {} FROM booking b WHERE b.cohort_id = $1 AND b.status = '{status}'",
        booking::SELECTED
    );
    booking::query(db.connection(), text, [cohort.0.into()]).await
}

/// From when on no offer may stand, where that has come and one does (PRG-3).
pub(super) fn offers_cut_at(row: &DeskRow, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let stop = row.terms.offers_stop(row.first_session_at).filter(|stop| *stop <= now)?;
    (row.offers_out > 0 && row.ended.is_none()).then_some(stop)
}

pub(super) async fn load_due(
    work: &Work,
    cohorts: &[CohortId],
    now: DateTime<Utc>,
) -> Result<HashMap<CohortId, DueOfCohort>> {
    let selected = booking::SELECTED;
    let source = rows::source(work.backend(), &[("id", Kind::Uuid), ("now", Kind::Time)]);
    let of_cohort = |due: &str| {
        let on = format!("b.cohort_id = r.id AND {due}");
        rows::lookup(work.backend(), "booking", "b", &on)
    };
    let offers = of_cohort("b.status = 'offered' AND b.offer_expires_at <= r.now");
    let claims = of_cohort("b.status = 'pending' AND b.claim_due_at IS NOT NULL AND b.claim_due_at <= r.now");
    let text = format!(
        "SELECT {selected} FROM {source} {offers} UNION ALL SELECT {selected} FROM {source} {claims}"
    );
    let named = cohorts.iter().map(|id| Row::default().uuid("id", id.0).time("now", now)).collect();
    let mut found: HashMap<CohortId, DueOfCohort> = HashMap::new();
    for booking in booking::query(work.connection(), text, [rows::parameter(named)]).await? {
        let of_cohort = found.entry(booking.cohort_id).or_default();
        match (booking.status, booking.offer_expires_at, booking.rank, booking.claim_due_at) {
            (BookingStatus::Offered, Some(end), Some(rank), _)
                if !is_on(Bug::OfferOutlivesItsEnd) || end + TimeDelta::hours(30) <= now =>
            {
                of_cohort.due.expired.push((booking.id, end, booking.lapses, rank));
            }
            (BookingStatus::Pending, _, _, Some(moment)) => {
                of_cohort.due.claims.push((booking.id, moment, booking.submitted_at));
            }
            _ => {}
        }
        of_cohort.bookings.push(booking);
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct Tasters {
    tasters: i64,
    sealed: i64,
    ends_at: Option<DateTime<Utc>>,
    sealed_at: Option<DateTime<Utc>>,
}

/// When the tasters' attendance is complete (ADM-6): all of the programme's are sealed, or the cohort's hours
/// after the last have passed.
pub(super) async fn seals_at(work: &Work, row: &DeskRow) -> Result<Option<DateTime<Utc>>> {
    if row.terms.settles_first != SettlesFirst::TastersSealed || row.sealed {
        return Ok(None);
    }
    let text = "SELECT count(*) AS tasters, count(sealed_at) AS sealed, max(ends_at) AS ends_at, \
                max(sealed_at) AS sealed_at FROM taster WHERE programme_id = $1";
    let statement = Statement::from_sql_and_values(work.backend(), text, [row.programme_id.0.into()]);
    let Some(found) = Tasters::find_by_statement(statement).one(work.connection()).await? else {
        return Ok(None);
    };
    let all_sealed = found.sealed_at.filter(|_| found.tasters > 0 && found.sealed == found.tasters);
    let hours = row.terms.sealed_after_hours.map(|hours| TimeDelta::hours(i64::from(hours)));
    let by_itself = found.ends_at.zip(hours).map(|(end, hours)| end + hours);
    Ok(all_sealed.into_iter().chain(by_itself).min())
}

/// The most that can go out in this sitting: what is free, what is due to be freed, what its facts can free.
/// Nothing while claims gather; all where the first settling closes who gets no place.
pub(super) fn heads_needed(row: &DeskRow, due: &Due, heads: &Heads, id: CohortId, now: DateTime<Utc>) -> u64 {
    let freed = match heads {
        Heads::All => return row.waiting_count,
        Heads::Freed(freed) => freed.get(&id).copied().unwrap_or(0),
    };
    let opened = row.opened || row.terms.has_opened(now);
    let sealed = row.sealed
        || row.terms.settles_first == SettlesFirst::AtOpening
        || due.seals_at.is_some_and(|at| at <= now);
    if start_is_due(row, now) {
        return row.waiting_count;
    }
    if row.waiting_count == 0 || !opened || !sealed {
        return 0;
    }
    if !row.terms.waiting_list {
        return row.waiting_count;
    }
    u64::from(row.places_free()) + due.expired.len() as u64 + freed
}

pub(super) async fn load_head(work: &Work, row: &DeskRow, limit: u64) -> Result<Vec<Booking>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT {} FROM booking b WHERE b.cohort_id = $1 AND b.status = 'waiting' \
         ORDER BY b.rank_moment, b.rank_submitted_at, b.rank_sequence LIMIT $2",
        booking::SELECTED
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    booking::query(work.connection(), text, [row.cohort_id.0.into(), limit.into()]).await
}
