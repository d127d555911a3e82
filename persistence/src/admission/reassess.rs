//! The gate looked at again when something about a person changes: an email verified, attendance recorded or
//! withdrawn, a profile fact told (ADM-2, ADM-4). Whoever holds the persons' locks calls this.

use super::attendance;
use super::booking::{self, Booking};
use super::due::pending_of;
use super::evidence::Known;
use super::fit::fit_again;
use super::sitting::{Heads, Sitting};
use super::waivers::{Waivers, waiving};
use crate::governance::AuditRow;
use crate::identity::participants::participants;
use crate::messaging::MailKind;
use crate::rows;
use crate::{Access, Origin, Result, Work};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, ClosedReason, EligibilityLook, Fact, Held, Rank, Standing};
use domain::ids::{BookingId, CohortId, PersonId};
use domain::planted::{Bug, is_on};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Statuses in which a booking's gate can still matter.
const UNDECIDED: &str = "('pending', 'waiting', 'offered')";

#[derive(FromQueryResult)]
struct IdRow {
    id: Uuid,
}

/// The undecided bookings of these people: read before the cohorts' locks, so only their ids and cohorts are
/// to be trusted.
async fn undecided(db: &impl Access, people: &[PersonId]) -> Result<Vec<Booking>> {
    let source = rows::ids_source(db.connection().get_database_backend());
    let text = format!(
        "SELECT {} FROM {source} JOIN booking b ON b.person_id = r.id WHERE b.status IN {UNDECIDED}",
        booking::SELECTED
    );
    booking::query(db.connection(), text, [rows::ids(people.iter().map(|id| id.0))]).await
}

/// The cohorts in which a person has something that is not decided.
pub(super) async fn undecided_cohorts(db: &impl Access, person: PersonId) -> Result<BTreeSet<CohortId>> {
    Ok(undecided(db, &[person]).await?.into_iter().map(|booking| booking.cohort_id).collect())
}

/// The cohorts in which a person has something pending.
pub(super) async fn pending_cohorts(db: &impl Access, person: PersonId) -> Result<BTreeSet<CohortId>> {
    let mut found = undecided(db, &[person]).await?;
    found.retain(|booking| booking.status == BookingStatus::Pending);
    Ok(found.into_iter().map(|booking| booking.cohort_id).collect())
}

/// Opens a sitting for the cohorts of these bookings, and puts the bookings at hand as they are under the locks.
pub(super) async fn sit(work: &mut Work, found: &[Booking]) -> Result<Sitting> {
    let cohorts: BTreeSet<CohortId> = found.iter().map(|booking| booking.cohort_id).collect();
    work.lock_cohorts(cohorts.iter().copied()).await?;
    let mut freed: HashMap<CohortId, u64> = HashMap::new();
    for booking in found {
        *freed.entry(booking.cohort_id).or_insert(0) += 1;
    }
    let list: Vec<CohortId> = cohorts.into_iter().collect();
    let mut sitting = Sitting::open(work, &list, Heads::Freed(freed)).await?;
    sitting.take(booking::bookings(work, found.iter().map(|booking| booking.id)).await?);
    sitting.bring_choices(work).await?;
    Ok(sitting)
}

/// Looks at the gates of a cohort's pending bookings when it takes claims that it did not take before. Its lock
/// is held, and what is looked at is what was committed; who changes anything later looks again themselves.
pub(super) async fn look_at_pending(work: &mut Work, sitting: &mut Sitting, cohort: CohortId) -> Result<()> {
    let found = pending_of(work, cohort).await?;
    let ids: Vec<BookingId> = found.iter().map(|booking| booking.id).collect();
    sitting.take(found);
    sitting.bring_choices(work).await?;
    look_again(work, sitting, &ids).await.map(|_| ())
}

/// The same for these people's pending bookings only: claims that stand stay.
pub(super) async fn reassess_pending(work: &mut Work, people: &[PersonId]) -> Result<()> {
    let mut found = undecided(work, people).await?;
    found.retain(|booking| booking.status == BookingStatus::Pending);
    if found.is_empty() {
        return Ok(());
    }
    let mut sitting = sit(work, &found).await?;
    let ids: Vec<BookingId> = found.iter().map(|booking| booking.id).collect();
    let still: Vec<BookingId> = ids
        .into_iter()
        .filter(|id| sitting.booking(*id).is_some_and(|b| b.status == BookingStatus::Pending))
        .collect();
    look_again(work, &mut sitting, &still).await?;
    sitting.write(work).await.map(|_| ())
}

/// Looks at the gates of everything undecided of these people. Returns how many became claims.
pub(super) async fn reassess(work: &mut Work, people: &[PersonId]) -> Result<u64> {
    let found = undecided(work, people).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let mut sitting = sit(work, &found).await?;
    let ids: Vec<BookingId> = found.iter().map(|booking| booking.id).collect();
    let claimed = look_again(work, &mut sitting, &ids).await?;
    sitting.write(work).await?;
    Ok(claimed)
}

pub(super) async fn look_again(work: &mut Work, sitting: &mut Sitting, ids: &[BookingId]) -> Result<u64> {
    let bookings: Vec<Booking> = ids.iter().filter_map(|id| sitting.booking(*id)).cloned().collect();
    sitting.watch(work, ids).await?;
    let persons = bookings.iter().map(|booking| booking.person_id).collect();
    let told = bookings.iter().filter_map(|booking| booking.told.as_ref());
    let codes = told.filter_map(|told| told.organisation_ods_code.clone()).collect();
    let mut known = Known::load(work, &persons, sitting.gates.clone(), codes, Vec::new()).await?;
    known.waivers = Waivers::load(work, known.people(), waiving(sitting.rows())).await?;
    known.load_asks(work, &bookings).await?;
    let origin = work.origin.clone();
    look_over(sitting, &known, &origin, bookings)
}

/// Looks at the gates of these bookings, over what is known.
pub(super) fn look_over(
    sitting: &mut Sitting,
    known: &Known,
    origin: &Origin,
    bookings: Vec<Booking>,
) -> Result<u64> {
    let mut claims: Vec<(CohortId, Rank, BookingId)> = Vec::new();
    for booking in bookings {
        let now = sitting.now;
        note_eligible(sitting, known, &booking, now)?;
        let Some(booking) = sitting.booking(booking.id).cloned() else { continue };
        let standing = known.look_at(&booking, now)?.standing;
        match booking.status {
            BookingStatus::Pending => {
                fit_again(sitting, origin, &booking, known.fits(&booking)?)?;
                if let Some(rank) = pending_again(sitting, origin, &booking, standing)? {
                    claims.push((booking.cohort_id, rank, booking.id));
                }
            }
            BookingStatus::Waiting | BookingStatus::Offered => {
                undecided_again(sitting, origin, &booking, &standing)?;
                // A gate that was opened again, too, claims with what is fitted by then.
                let now = sitting.booking(booking.id).cloned();
                if let Some(booking) = now.filter(|booking| booking.status != BookingStatus::Closed) {
                    fit_again(sitting, origin, &booking, known.fits(&booking)?)?;
                }
            }
            _ => {}
        }
    }
    // Claims that come to light together are entered in order of rank, those of one submission as they came (ADM-5).
    claims.sort_by_key(|(cohort, rank, booking)| (*cohort, *rank, *booking));
    let fact_of = |(cohort, rank, id): (CohortId, Rank, BookingId)| {
        let booking = sitting.booking(id)?;
        Some((cohort, booking.claims((rank.moment, rank.submitted_at), booking.fits())))
    };
    let facts: Vec<(CohortId, Fact)> = claims.into_iter().filter_map(fact_of).collect();
    sitting.enter_together(origin, &facts, None)?;
    Ok(facts.len() as u64)
}

/// The rules are met from the moment at which the last missing fact was told, however much later staff completed
/// what is known of an organisation (ADM-4).
pub(super) fn note_eligible(
    sitting: &mut Sitting,
    known: &Known,
    booking: &Booking,
    now: DateTime<Utc>,
) -> Result<()> {
    let gate = known.gate(booking.cohort_id)?;
    let participant = known.participant(booking.person_id)?;
    let look = known.eligibility(participant, booking.told.as_ref(), gate);
    match (look, booking.eligible_since) {
        (EligibilityLook::Met, None) => {
            let told_at = known.facts_told_at(participant, booking).min(now);
            sitting.change(booking.id, |booking| booking.eligible_since = Some(told_at));
        }
        // What has to be told again counts from when it is told (ADM-4).
        (EligibilityLook::Unknown(_), Some(_)) => {
            sitting.change(booking.id, |booking| booking.eligible_since = None);
        }
        _ => {}
    }
    Ok(())
}

/// What becomes of a pending booking; a rank where it becomes a claim.
pub(super) fn pending_again(
    sitting: &mut Sitting,
    origin: &Origin,
    booking: &Booking,
    standing: Standing,
) -> Result<Option<Rank>> {
    let view = &sitting.desk(booking.cohort_id)?.view;
    match standing {
        Standing::Open { moment } if view.takes_claim_of(moment) => {
            return Ok(Some(Rank { moment, submitted_at: booking.submitted_at, sequence: 0 }));
        }
        Standing::OpensAt(at) => {
            let due = view.takes_claim_of(at).then_some(at);
            sitting.change(booking.id, |booking| booking.claim_due_at = due);
        }
        Standing::NotEligible(_) => close_not_eligible(sitting, origin, booking),
        Standing::Open { .. } | Standing::Missing => {
            if booking.claim_due_at.is_some() {
                sitting.change(booking.id, |booking| booking.claim_due_at = None);
            }
        }
    }
    Ok(None)
}

/// A pending one that becomes known to be not eligible is closed (ADM-2).
fn close_not_eligible(sitting: &mut Sitting, origin: &Origin, booking: &Booking) {
    sitting.change(booking.id, |booking| {
        booking.status = BookingStatus::Closed;
        booking.closed_reason = Some(ClosedReason::NotEligible);
        booking.claim_due_at = None;
    });
    sitting.mail(booking.id, MailKind::BookingClosed);
    sitting.audit(origin, row("booking_closed", booking, "not_eligible"));
}

/// Evidence that was withdrawn makes a claim pending again; a confirmed place stays (ADM-15).
pub(super) fn undecided_again(
    sitting: &mut Sitting,
    origin: &Origin,
    booking: &Booking,
    standing: &Standing,
) -> Result<()> {
    let held = match (booking.status, booking.rank) {
        (BookingStatus::Waiting, Some(rank)) => Held::Waiting(rank),
        _ => Held::Place,
    };
    let fits = booking.fits();
    let fact = match standing {
        Standing::Open { .. } => return Ok(()),
        _ if is_on(Bug::GateNotReopened) => return Ok(()),
        Standing::NotEligible(_) => Fact::GateFailed { booking: booking.id, held, fits },
        Standing::OpensAt(_) | Standing::Missing => Fact::GateReopened { booking: booking.id, held, fits },
    };
    sitting.enter(origin, booking.cohort_id, &fact, None)?;
    if let Standing::OpensAt(at) = *standing {
        // Another taster that they are marked for has still to end.
        let due = sitting.desk(booking.cohort_id)?.view.takes_claim_of(at).then_some(at);
        sitting.change(booking.id, |booking| booking.claim_due_at = due);
    }
    Ok(())
}

pub(super) fn row(action: &'static str, booking: &Booking, reason: &str) -> AuditRow {
    AuditRow {
        academy_id: Some(booking.academy_id),
        action,
        subject_kind: "booking",
        subject_id: Some(booking.id.0),
        detail: serde_json::json!({"cohortId": booking.cohort_id.to_string(), "reason": reason}),
    }
}

/// A person proved their email (ACC-1): bookings that others made for it join theirs, those of registrations
/// that ended are closed, and gates are looked at again. The email's lock must be held.
///
/// # Errors
/// When the database refuses.
pub async fn email_verified(work: &mut Work, person: PersonId, email_key: &str) -> Result<()> {
    attendance::hold_by_email(work, person).await?;
    let known = people_with(work, email_key, "e.standing = 'known'").await?;
    let ended = people_with(work, email_key, "p.state = 'ended'").await?;
    let everybody: Vec<PersonId> = known.iter().chain(&ended).copied().chain([person]).collect();
    let found = all_of(work, &everybody).await?;
    let mut sitting = sit(work, &found).await?;
    let origin = work.origin.clone();
    let at_hand: Vec<Booking> = found.iter().filter_map(|b| sitting.booking(b.id)).cloned().collect();
    for booking in at_hand.iter().filter(|booking| ended.contains(&booking.person_id)) {
        withdraw_pending(&mut sitting, &origin, booking, "email_verified_elsewhere");
    }
    for booking in at_hand.iter().filter(|booking| known.contains(&booking.person_id)) {
        join(&mut sitting, &origin, &at_hand, booking, person);
    }
    // People go first: what is loaded from here on finds the bookings with their person.
    hand_over(work, &known, person).await?;
    let ids: Vec<BookingId> = at_hand.iter().map(|booking| booking.id).collect();
    let of_person: Vec<BookingId> = ids
        .into_iter()
        .filter(|id| sitting.booking(*id).is_some_and(|booking| booking.person_id == person))
        .collect();
    look_again(work, &mut sitting, &of_person).await?;
    sitting.write(work).await?;
    Ok(())
}

/// Of two bookings of one cohort the one with a claim stays, else the earlier; the other is withdrawn.
fn join(sitting: &mut Sitting, origin: &Origin, all: &[Booking], theirs: &Booking, person: PersonId) {
    let live = |booking: &&Booking| {
        booking.person_id == person
            && booking.cohort_id == theirs.cohort_id
            && booking.status != BookingStatus::Closed
    };
    let own = all.iter().find(live).filter(|_| theirs.status != BookingStatus::Closed);
    let Some(own) = own else {
        sitting.change(theirs.id, |booking| booking.person_id = person);
        return;
    };
    let theirs_stays = theirs.status != BookingStatus::Pending || theirs.submitted_at < own.submitted_at;
    let leaves = if theirs_stays { own } else { theirs };
    withdraw_pending(sitting, origin, leaves, "email_verified_elsewhere");
    sitting.change(theirs.id, |booking| booking.person_id = person);
}

pub(super) fn withdraw_pending(sitting: &mut Sitting, origin: &Origin, booking: &Booking, why: &str) {
    if booking.status != BookingStatus::Pending {
        return;
    }
    sitting.change(booking.id, |booking| {
        booking.status = BookingStatus::Closed;
        booking.closed_reason = Some(ClosedReason::Withdrawn);
        booking.claim_due_at = None;
    });
    sitting.audit(origin, row("booking_closed", booking, why));
}

async fn people_with(work: &Work, email_key: &str, which: &str) -> Result<Vec<PersonId>> {
    let text = format!(
        "SELECT p.id FROM person_email e JOIN person p ON p.id = e.person_id WHERE e.address = $1 AND {which}"
    );
    let statement = Statement::from_sql_and_values(work.backend(), text, [email_key.into()]);
    let found = IdRow::find_by_statement(statement).all(work.connection()).await?;
    Ok(found.into_iter().map(|row| PersonId(row.id)).collect())
}

async fn all_of(work: &Work, people: &[PersonId]) -> Result<Vec<Booking>> {
    let source = rows::ids_source(work.backend());
    let text = format!("SELECT {} FROM {source} JOIN booking b ON b.person_id = r.id", booking::SELECTED);
    booking::query(work.connection(), text, [rows::ids(people.iter().map(|id| id.0))]).await
}

/// What is to be sent to people who were only known goes to who they turned out to be.
async fn hand_over(work: &Work, known: &[PersonId], person: PersonId) -> Result<()> {
    for from in known {
        let db = work.connection();
        for text in [
            "UPDATE outbox SET person_id = $1 WHERE person_id = $2 AND sent_at IS NULL",
            "UPDATE mail_token SET person_id = $1 WHERE person_id = $2 AND used_at IS NULL",
            "UPDATE refused_attempt SET person_id = $1 WHERE person_id = $2",
            "UPDATE waiver SET person_id = $1 WHERE person_id = $2 AND NOT EXISTS (SELECT 1 FROM waiver o \
             WHERE o.person_id = $1 AND o.cohort_id = waiver.cohort_id AND o.requirement = waiver.requirement)",
        ] {
            let values = [person.0.into(), from.0.into()];
            db.execute_raw(Statement::from_sql_and_values(work.backend(), text, values)).await?;
        }
        for text in [
            "DELETE FROM person_email WHERE person_id = $1 AND standing = 'known'",
            "UPDATE person SET state = 'ended' WHERE id = $1",
        ] {
            db.execute_raw(Statement::from_sql_and_values(work.backend(), text, [from.0.into()])).await?;
        }
    }
    Ok(())
}

/// A person's profile changed: gates are looked at again (ADM-2).
///
/// # Errors
/// When the database refuses.
pub async fn facts_changed(work: &mut Work, person: PersonId) -> Result<()> {
    let known = participants(work, [person]).await?;
    work.lock_persons(known.values().map(|participant| participant.email_key.as_str())).await?;
    reassess(work, &[person]).await.map(|_| ())
}
