//! What happens at tasters (ADM-3, ADM-6): attendance recorded and corrected, codes shown, attendance sealed.

use super::attendance::{self, AtTaster, AttendanceSource, NewAttendance};
use super::reassess::{reassess, reassess_pending};
use super::sitting::{Heads, Sitting};
use super::tries::Tries;
use crate::catalogue::gates::TasterGate;
use crate::governance::AuditRow;
use crate::identity::participants::{owners, participants};
use crate::{Access, Result, Work};
use chrono::{DateTime, Utc};
use domain::ids::{AttendanceId, CohortId, PersonId, ProgrammeId};
use sea_orm::{FromQueryResult, Statement};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What recording led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Attendances that were not on record before.
    pub recorded: u64,
    /// Bookings that became claims.
    pub bookings_claimed: u64,
}

/// Records attendance by email; at most 1,000 at once. Takes the persons' locks itself.
///
/// # Errors
/// When the database refuses.
pub async fn record_attendance(
    work: &mut Work,
    taster: &TasterGate,
    list: Vec<NewAttendance>,
) -> Result<Recorded> {
    let addresses: BTreeSet<String> = list.iter().map(|new| new.address.clone()).collect();
    work.lock_persons(addresses.iter().map(String::as_str)).await?;
    let recorded = attendance::record(work, &at(taster), list).await?;
    let people: Vec<PersonId> =
        owners(work, addresses.iter().map(String::as_str)).await?.into_values().collect();
    work.audit(row("attendance_recorded", taster, serde_json::json!({ "recorded": recorded })));
    let bookings_claimed = reassess(work, &people).await?;
    Ok(Recorded { recorded, bookings_claimed })
}

fn at(taster: &TasterGate) -> AtTaster {
    AtTaster {
        academy_id: taster.academy_id,
        taster_id: taster.id,
        programme_id: taster.programme_id,
        ends_at: taster.ends_at,
    }
}

fn row(action: &'static str, taster: &TasterGate, detail: serde_json::Value) -> AuditRow {
    AuditRow {
        academy_id: Some(taster.academy_id),
        action,
        subject_kind: "taster",
        subject_id: Some(taster.id.0),
        detail,
    }
}

/// Takes a wrong attendance off the record; claims that stood on it are looked at again (ADM-15).
///
/// # Errors
/// When the database refuses.
pub async fn remove_attendance(work: &mut Work, taster: &TasterGate, id: AttendanceId) -> Result<bool> {
    let Some(held) = attendance::attendance(work, id).await?.filter(|held| held.taster_id == taster.id)
    else {
        return Ok(false);
    };
    work.lock_persons([held.address.as_str()]).await?;
    attendance::remove(work, id).await?;
    work.audit(row("attendance_removed", taster, serde_json::json!({ "attendanceId": id.to_string() })));
    let mut people: Vec<PersonId> = owners(work, [held.address.as_str()]).await?.into_values().collect();
    people.extend(held.person_id);
    reassess(work, &people).await?;
    Ok(true)
}

/// What a check-in led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedIn {
    /// The attendance is on record.
    Recorded {
        /// From when it counts: the taster's end.
        effective_at: DateTime<Utc>,
        /// Bookings that became claims.
        bookings_claimed: u64,
    },
    /// The code is wrong or its time is over.
    WrongCode,
    /// Too many wrong codes in this hour.
    TooManyTries {
        /// Until when none is looked at.
        until: DateTime<Utc>,
        /// When this was decided.
        now: DateTime<Utc>,
    },
}

/// A person shows a taster's code (ADM-3).
///
/// # Errors
/// When the database refuses.
pub async fn check_in(
    work: &mut Work,
    taster: &TasterGate,
    person: PersonId,
    code: &str,
) -> Result<CheckedIn> {
    let Some(participant) = participants(work, [person]).await?.remove(&person) else {
        return Ok(CheckedIn::WrongCode);
    };
    work.lock_persons([participant.email_key.as_str()]).await?;
    let now = work.now().await?;
    let mut tries = Tries::load(work, now, BTreeSet::from([person])).await?;
    if let Some(until) = tries.used_up_until(person) {
        return Ok(CheckedIn::TooManyTries { until, now });
    }
    if !taster.code_holds(code, now) {
        tries.count_wrong(person);
        tries.write(work, |_| true).await?;
        return Ok(CheckedIn::WrongCode);
    }
    let new = NewAttendance {
        address: participant.email_key.clone(),
        person_id: participant.email_verified_at.is_none().then_some(person),
        full_name: None,
        minutes: None,
        source: AttendanceSource::Code,
        recorded_by_client: None,
    };
    attendance::record(work, &at(taster), vec![new]).await?;
    work.audit(row("checked_in", taster, serde_json::json!({ "personId": person.to_string() })));
    let bookings_claimed = reassess(work, &[person]).await?;
    Ok(CheckedIn::Recorded { effective_at: taster.ends_at, bookings_claimed })
}

#[derive(FromQueryResult)]
struct CohortRow {
    cohort_id: Uuid,
}

/// Staff say that a taster's attendance is complete. When all tasters of the programme are sealed, cohorts
/// that wait for it are settled first (ADM-6).
///
/// # Errors
/// When the database refuses.
pub async fn seal(work: &mut Work, taster: &TasterGate) -> Result<()> {
    let cohorts = waiting_for_seal(work, taster.programme_id).await?;
    work.lock_cohorts(cohorts.iter().copied()).await?;
    let now = work.now().await?;
    let text = "UPDATE taster SET sealed_at = $1, revision = revision + 1, updated_at = $1 \
                WHERE id = $2 AND sealed_at IS NULL";
    let values = [now.into(), taster.id.0.into()];
    let db = work.connection();
    let sealed = sea_orm::ConnectionTrait::execute_raw(
        db,
        Statement::from_sql_and_values(work.backend(), text, values),
    );
    if sealed.await?.rows_affected() > 0 {
        work.audit(row("attendance_sealed", taster, serde_json::json!({})));
    }
    if cohorts.is_empty() {
        return Ok(());
    }
    // That all tasters are sealed is a thing that is due, and entered first of all.
    let mut sitting = Sitting::open(work, &cohorts, Heads::All).await?;
    if !sitting.is_idle() {
        sitting.write(work).await?;
    }
    Ok(())
}

async fn waiting_for_seal(work: &Work, programme: ProgrammeId) -> Result<Vec<CohortId>> {
    let text = "SELECT cohort_id FROM cohort_desk WHERE programme_id = $1 AND settles_first = 'tasters_sealed' \
                AND sealed = false AND ended IS NULL";
    let statement = Statement::from_sql_and_values(work.backend(), text, [programme.0.into()]);
    let found = CohortRow::find_by_statement(statement).all(work.connection()).await?;
    Ok(found.into_iter().map(|row| CohortId(row.cohort_id)).collect())
}

/// A taster's end moved: attendance counts from the new end, and what is pending is looked at again. Claims that
/// stand keep their moment (ADM-5). To be called before other locks are taken.
///
/// # Errors
/// When the database refuses.
pub async fn taster_moved(work: &mut Work, taster: &TasterGate, ends_at: DateTime<Utc>) -> Result<()> {
    let held = attendance::attendance_page(work, taster.id, None, u64::MAX).await?;
    work.lock_persons(held.iter().map(|held| held.address.as_str())).await?;
    let text = "UPDATE attendance SET effective_at = $1 WHERE taster_id = $2";
    let values = [ends_at.into(), taster.id.0.into()];
    let statement = Statement::from_sql_and_values(work.backend(), text, values);
    sea_orm::ConnectionTrait::execute_raw(work.connection(), statement).await?;
    let people: Vec<PersonId> =
        held.iter().flat_map(|held| held.person_id.into_iter().chain(held.participant_id)).collect();
    reassess_pending(work, &people).await
}
