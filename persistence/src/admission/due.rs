//! What a sitting of the desk loads under its locks: what is due, and the heads of the waiting lists.

use super::booking::{self, Booking};
use super::desk_row::DeskRow;
use super::follow::waiter;
use crate::rows::{self, Kind, Row};
use crate::{Access, Result, Work};
use chrono::{DateTime, TimeDelta, Utc};
use domain::admission::{
    BookingStatus, Due, DueClaim, Expired, Fits, Rank, SettlesFirst, Tasters, View, Waiter,
};
use domain::ids::{BookingId, CohortId};
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
    /// Adds what the bookings' own moments do not say: the tasters' seal, offers that are cut, who is too late at the
    /// start.
    pub(super) async fn complete(
        &mut self,
        work: &Work,
        row: &DeskRow,
        view: &View,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.due.seals_at = seals_at(work, row, view).await?;
        if let Some(stop) = offers_cut_at(row, now) {
            self.cut_offers(offered_of(work, row.cohort_id).await?, row, stop);
        }
        if view.start_is_due(now) {
            self.add_pending(pending_of(work, row.cohort_id).await?);
        }
        Ok(())
    }

    /// Those who are pending when the start is due (PRG-7).
    fn add_pending(&mut self, mut pending: Vec<Booking>) {
        pending.sort_by_key(|booking| (booking.submitted_at, booking.id));
        self.due.pending = pending.iter().map(|booking| booking.id).collect();
        self.bookings.extend(pending);
    }

    /// Those whose marked taster ends when claims are taken no longer.
    pub(super) fn too_late(&self, view: &View) -> Vec<BookingId> {
        let late = self.due.claims.iter().filter(|claim| !view.takes_claim_of(claim.moment));
        late.map(|claim| claim.booking).collect()
    }

    /// Offers that stand where none may stand any more (PRG-3): a session was moved, or offers stop earlier than when
    /// they were made.
    fn cut_offers(&mut self, offered: Vec<Booking>, row: &DeskRow, stop: DateTime<Utc>) {
        // Nothing was entered since the change that brought the stop before their end.
        let cut = stop.max(row.head_recorded_at);
        for booking in offered {
            let (Some(end), Some(rank)) = (booking.offer_expires_at, booking.rank) else { continue };
            let (id, lapses, fits) = (booking.id, booking.lapses, booking.fits());
            self.due.expired.retain(|expired| expired.booking != id);
            self.due.expired.push(Expired { booking: id, end: end.min(cut), lapses, rank, fits });
            if self.bookings.iter().all(|known| known.id != booking.id) {
                self.bookings.push(booking);
            }
        }
    }
}

/// The pending bookings of a cohort.
pub(super) async fn pending_of(db: &impl Access, cohort: CohortId) -> Result<Vec<Booking>> {
    of_status(db, cohort, "pending").await
}

/// The bookings of a cohort to which a place is offered.
async fn offered_of(db: &impl Access, cohort: CohortId) -> Result<Vec<Booking>> {
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
fn offers_cut_at(row: &DeskRow, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
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
                let (fits, lapses) = (booking.fits(), booking.lapses);
                of_cohort.due.expired.push(Expired { booking: booking.id, end, lapses, rank, fits });
            }
            (BookingStatus::Pending, _, _, Some(moment)) => {
                let (fits, submitted_at, from) = (booking.fits(), booking.submitted_at, booking.carries());
                of_cohort.due.claims.push(DueClaim { booking: booking.id, moment, submitted_at, fits, from });
            }
            _ => {}
        }
        of_cohort.bookings.push(booking);
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct TastersRow {
    tasters: i64,
    sealed: i64,
    ends_at: Option<DateTime<Utc>>,
    sealed_at: Option<DateTime<Utc>>,
}

/// When the tasters' attendance is complete (ADM-6), where the cohort waits for it.
async fn seals_at(work: &Work, row: &DeskRow, view: &View) -> Result<Option<DateTime<Utc>>> {
    if row.terms.settles_first != SettlesFirst::TastersSealed || row.sealed {
        return Ok(None);
    }
    let text = "SELECT count(*) AS tasters, count(sealed_at) AS sealed, max(ends_at) AS ends_at, \
                max(sealed_at) AS sealed_at FROM taster WHERE programme_id = $1";
    let statement = Statement::from_sql_and_values(work.backend(), text, [row.programme_id.0.into()]);
    let found = TastersRow::find_by_statement(statement).one(work.connection()).await?;
    let tasters = found.map(|found| Tasters {
        last_ends_at: found.ends_at,
        all_sealed_at: found.sealed_at.filter(|_| found.tasters > 0 && found.sealed == found.tasters),
    });
    Ok(view.seals_at(&tasters.unwrap_or_default()))
}

/// Loads the heads of a cohort's waiting list into its view: of each kind, by the reserves that it fits, as many as
/// `needed` says.
pub(super) async fn load_heads(
    work: &Work,
    row: &DeskRow,
    view: &mut View,
    needed: impl Fn(&View, &Fits, u64) -> u64,
) -> Result<Vec<Booking>> {
    let mut loaded = Vec::new();
    for (fits, waiting) in &row.kinds {
        let limit = needed(view, fits, *waiting);
        let head = load_head(work, row, fits, limit).await?;
        let waiters: Vec<(Rank, Waiter)> = head.iter().filter_map(waiter).collect();
        let beyond = waiting.saturating_sub(waiters.len() as u64);
        view.waiting.load(fits.clone(), waiters, beyond);
        loaded.extend(head);
    }
    Ok(loaded)
}

async fn load_head(work: &Work, row: &DeskRow, fits: &Fits, limit: u64) -> Result<Vec<Booking>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let of_kind = if row.sorts_by_fit() { "AND b.fits IS NOT NULL AND b.fits = $3 " } else { "" };
    let text = format!(
        "SELECT {} FROM booking b WHERE b.cohort_id = $1 AND b.status = 'waiting' {of_kind}\
         ORDER BY b.rank_moment, b.rank_submitted_at, b.rank_sequence LIMIT $2",
        booking::SELECTED
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut values: Vec<sea_orm::Value> = vec![row.cohort_id.0.into(), limit.into()];
    if row.sorts_by_fit() {
        values.push(booking::fits_text(fits).into());
    }
    booking::query(work.connection(), text, values).await
}
