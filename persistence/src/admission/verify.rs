//! A ledger is replayed and compared with what is stored (ADM-12), page by page, on one moment's view of the database:
//! nobody waits for it.

use super::booking::{self, Booking, ClaimReceipt};
use super::desk_row::{DeskRow, desks};
use super::import::import_records;
use super::ledger::ledger_page;
use crate::snapshot::Snapshot;
use crate::{Access, Result, Store, StoreError};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, Entry, Outcome, Terms, carried_from, replay_on};
use domain::ids::{BookingId, CohortId};
use domain::time::from_wire;
use std::collections::HashMap;
use std::future::Future;
use uuid::Uuid;

/// How many rows are read at once: so few that the desk hardly notices a page.
const PAGE: u64 = 250;

/// How a verification ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The last version of the ledger; 0 where there is none.
    pub version: u64,
    /// What differs, as sentences; none when all agrees.
    pub differs: Vec<String>,
}

/// Where a ledger ends, and the receipts that it gives.
#[derive(Default)]
struct Replayed {
    outcome: Option<Outcome>,
    receipts: HashMap<u64, Receipt>,
    /// Moments that were carried over, each with the booking that had it.
    carried: Vec<(BookingId, DateTime<Utc>)>,
}

/// A claim's entry as its booking has to agree with it.
struct Receipt {
    booking: BookingId,
    claim: ClaimReceipt,
    /// The submission that came with an imported list, where the entry is so marked (ADM-24).
    imported: Option<DateTime<Utc>>,
}

/// Replays one cohort's ledger (ADM-12) and compares it with what is stored. Waits for `pause` between pages.
///
/// # Errors
/// When the database does not answer.
pub async fn verify_cohort<F: Future<Output = ()>>(
    store: &Store,
    cohort: CohortId,
    pause: impl Fn() -> F,
) -> Result<Verified> {
    let snapshot = store.snapshot().await?;
    let found = compare(&snapshot, cohort, pause).await;
    let (version, differs) = match found {
        Ok(found) => found,
        Err(StoreError::Corrupt { table, column, row }) => {
            (0, vec![format!("{table}.{column} of {row} can't be read")])
        }
        Err(error) => return Err(error),
    };
    let differs = differs.into_iter().map(|what| format!("cohort {cohort}: {what}")).collect();
    Ok(Verified { version, differs })
}

async fn compare<F: Future<Output = ()>>(
    db: &Snapshot,
    cohort: CohortId,
    pause: impl Fn() -> F,
) -> Result<(u64, Vec<String>)> {
    let Some(desk) = desks(db, &[cohort]).await?.remove(&cohort) else {
        return Ok((0, vec!["it does not exist".to_owned()]));
    };
    let replayed = match replay_pages(db, cohort, &pause).await? {
        Ok(replayed) => replayed,
        Err(what) => return Ok((desk.version, vec![what])),
    };
    let Some(outcome) = &replayed.outcome else { return Ok((0, vec!["it has no ledger".to_owned()])) };
    let mut differs = compare_desk(&desk, outcome);
    let evidence = evidence(db, cohort).await?;
    let (mut after, mut stored) = (BookingId(Uuid::nil()), 0);
    loop {
        let page = settled_page(db, cohort, after).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        stored += page.len();
        differs.extend(page.iter().filter_map(|booking| compare_booking(booking, &replayed, outcome)));
        differs.extend(page.iter().filter_map(|booking| compare_moment(booking, &replayed, &evidence)));
        pause().await;
    }
    differs.extend(invented_moments(db, &replayed.carried).await?);
    if stored != outcome.bookings.len() {
        differs.push(format!("{} bookings are on the ledger, {stored} stored", outcome.bookings.len()));
    }
    Ok((desk.version, differs))
}

/// Replays the whole ledger, or says where it disagrees with itself.
async fn replay_pages<F: Future<Output = ()>>(
    db: &Snapshot,
    cohort: CohortId,
    pause: &impl Fn() -> F,
) -> Result<Result<Replayed, String>> {
    let mut replayed = Replayed::default();
    let mut after = 0;
    loop {
        let page = ledger_page(db, cohort, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(Ok(replayed)) };
        after = last.version;
        for entry in &page {
            match replay_on(replayed.outcome.take(), entry) {
                Ok(outcome) => replayed.outcome = Some(outcome),
                Err(disagreement) => return Ok(Err(disagreement.to_string())),
            }
            replayed.receipts.extend(receipt(entry));
            replayed.carried.extend(carried_from(entry).map(|from| (from, entry.moment)));
        }
        pause().await;
    }
}

/// The earlier moments for which there is evidence.
async fn evidence(db: &Snapshot, cohort: CohortId) -> Result<HashMap<BookingId, DateTime<Utc>>> {
    let records = import_records(db, cohort).await?.into_iter();
    Ok(records.filter_map(|record| Some((record.booking_id, record.earlier?.moment))).collect())
}

/// Who ranks by an imported moment is so marked in the ledger, with evidence for that very moment, and nobody else is
/// (ADM-24).
fn compare_moment(
    booking: &Booking,
    replayed: &Replayed,
    evidence: &HashMap<BookingId, DateTime<Utc>>,
) -> Option<String> {
    let receipt = replayed.receipts.get(&booking.claim.as_ref()?.ledger_version)?;
    let since = booking.imported_since();
    if receipt.imported != since {
        return Some(format!(
            "the moment of booking {} is not what the ledger marks as imported",
            booking.id
        ));
    }
    (since.is_some() && evidence.get(&booking.id).copied() != since)
        .then(|| format!("there is no evidence for the imported moment of booking {}", booking.id))
}

fn receipt(entry: &Entry) -> Option<(u64, Receipt)> {
    let (booking, sequence) = entry.booking.zip(entry.sequence)?;
    let submitted_at = entry.facts.get("submittedAt").and_then(|at| from_wire(at.as_str()?));
    let imported = submitted_at.filter(|_| entry.imported_moment() == Some(true));
    let claim = ClaimReceipt {
        sequence,
        moment: entry.moment,
        ledger_version: entry.version,
        entry_hash: entry.entry_hash.clone(),
        previous_hash: entry.previous_hash.clone(),
    };
    Some((entry.version, Receipt { booking, claim, imported }))
}

/// A moment that is carried over is one that the booking had where it comes from (PRG-8).
async fn invented_moments(db: &Snapshot, carried: &[(BookingId, DateTime<Utc>)]) -> Result<Vec<String>> {
    let before = booking::bookings(db, carried.iter().map(|(from, _)| *from)).await?;
    let invented = carried.iter().filter(|(from, moment)| {
        let earlier = before.iter().find(|booking| booking.id == *from);
        earlier.is_none_or(|booking| *moment < booking.rank.map_or(booking.submitted_at, |rank| rank.moment))
    });
    let told = |(from, _): &(BookingId, _)| format!("booking {from} had no such moment to be carried over");
    Ok(invented.map(told).collect())
}

/// Bookings that the ledger must know of.
async fn settled_page(db: &Snapshot, cohort: CohortId, after: BookingId) -> Result<Vec<Booking>> {
    let text = format!(
        "SELECT {} FROM booking b WHERE b.cohort_id = $1 AND b.id > $2 \
         AND (b.claim_sequence IS NOT NULL OR b.cohort_version IS NOT NULL) ORDER BY b.id LIMIT $3",
        booking::SELECTED
    );
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    booking::query(db.connection(), text, [cohort.0.into(), after.0.into(), limit.into()]).await
}

fn compare_desk(desk: &DeskRow, outcome: &Outcome) -> Vec<String> {
    let mut differs = Vec::new();
    let mut same = |what: &str, stored: u64, replayed: u64| {
        if stored != replayed {
            differs.push(format!("{what} is {stored}, the ledger gives {replayed}"));
        }
    };
    same("version", desk.version, outcome.version);
    same("places taken", desk.places_taken.into(), outcome.view.places_taken.into());
    same("waiting count", desk.waiting_count, outcome.view.waiting.len());
    let offered = outcome.bookings.values().filter(|standing| standing.status == BookingStatus::Offered);
    same("offers out", desk.offers_out.into(), offered.count() as u64);
    same("claim sequence", desk.claim_sequence, outcome.view.claim_sequence);
    same("capacity", desk.terms.capacity.get().into(), outcome.view.terms.capacity.get().into());
    if desk.head_hash != outcome.head_hash {
        differs.push("the head's hash differs".to_owned());
    }
    // When attendance counts as sealed by itself is no term of settling: its entry is on the ledger.
    let terms = Terms { sealed_after_hours: None, ..desk.terms.clone() };
    let view = &outcome.view;
    let stands = (desk.opened, desk.sealed, desk.closed, desk.started, desk.ended, desk.first_session_at);
    let replayed = (view.opened, view.sealed, view.closed, view.started, view.ended, view.first_session_at);
    if desk.shares != view.shares {
        differs.push("what the reserves keep back differs".to_owned());
    }
    if terms != view.terms || stands != replayed {
        differs.push("the terms differ".to_owned());
    }
    differs
}

/// Whether a booking's receipt is its entry of the ledger.
fn has_its_receipt(booking: &Booking, replayed: &Replayed) -> bool {
    let Some(claim) = &booking.claim else { return true };
    let given = replayed.receipts.get(&claim.ledger_version);
    given.is_some_and(|given| given.booking == booking.id && given.claim == *claim)
}

fn compare_booking(booking: &Booking, ledger: &Replayed, outcome: &Outcome) -> Option<String> {
    if !has_its_receipt(booking, ledger) {
        return Some(format!("the receipt of booking {} is not its entry", booking.id));
    }
    let Some(replayed) = outcome.bookings.get(&booking.id) else {
        return Some(format!("booking {} is not on the ledger", booking.id));
    };
    let left_pending = replayed.status == BookingStatus::Pending && booking.claim.is_none();
    let same = booking.status == replayed.status
        && booking.closed_reason == replayed.closed_reason
        && booking.offer_expires_at == replayed.offer_expires_at
        && booking.cohort_version == Some(replayed.version)
        && (booking.claim.is_none() || booking.fits() == replayed.fits)
        && (booking.claim.is_none() || (booking.rank, booking.lapses) == (replayed.rank, replayed.lapses));
    if same || left_pending {
        return None;
    }
    Some(format!(
        "booking {} is {}, the ledger gives {} at version {}",
        booking.id,
        booking.status.as_str(),
        replayed.status.as_str(),
        replayed.version
    ))
}
