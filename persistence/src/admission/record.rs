//! Bookings with all that explains them (ADM-13), and the check that books nothing (ADM-15).

use super::batch::stranger;
use super::booking::{Booking, Told};
use super::command::BookingRecord;
use super::desk_row::desks;
use super::evidence::Known;
use super::reads::positions;
use super::sitting::Sitting;
use crate::identity::participants::owners;
use crate::{Access, Result, StoreError, new_id};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, Evidence, Look, look_ahead};
use domain::ids::{CohortId, PersonId};
use std::collections::BTreeSet;

impl Known {
    /// One booking of a sitting, explained.
    pub(super) fn record(
        &self,
        booking: Booking,
        position: Option<u64>,
        sitting: &Sitting,
    ) -> Result<BookingRecord> {
        let desk = sitting.desk(booking.cohort_id)?.row.clone();
        self.record_with(booking, position, desk, sitting.now)
    }

    fn record_with(
        &self,
        booking: Booking,
        position: Option<u64>,
        desk: super::DeskRow,
        now: DateTime<Utc>,
    ) -> Result<BookingRecord> {
        let look = self.look_at(&booking, now)?;
        let participant = self.participant(booking.person_id)?.clone();
        let held = self.attendances.iter();
        let recorded_by = held.map(|held| (held.taster_id, held.recorded_by_client)).collect();
        Ok(BookingRecord { booking, participant, look, position, desk, recorded_by })
    }
}

/// Explains these bookings, in their order; positions are counted.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn records(db: &impl Access, list: Vec<Booking>, now: DateTime<Utc>) -> Result<Vec<BookingRecord>> {
    let persons: BTreeSet<PersonId> = list.iter().map(|booking| booking.person_id).collect();
    let cohorts: BTreeSet<CohortId> = list.iter().map(|booking| booking.cohort_id).collect();
    let told = list.iter().filter_map(|booking| booking.told.as_ref());
    let codes: BTreeSet<String> = told.filter_map(|told| told.organisation_ods_code.clone()).collect();
    let known = Known::load(db, &persons, &cohorts, codes, Vec::new()).await?;
    let rows = desks(db, &cohorts.iter().copied().collect::<Vec<_>>()).await?;
    let waiting: Vec<&Booking> =
        list.iter().filter(|booking| booking.status == BookingStatus::Waiting).collect();
    let positions = positions(db, &waiting).await?;
    let mut records = Vec::with_capacity(list.len());
    for booking in list {
        let desk = rows.get(&booking.cohort_id).cloned();
        let desk = desk.ok_or_else(|| StoreError::corrupt("cohort_desk", "cohort_id", booking.cohort_id))?;
        let position = positions.get(&booking.id).copied();
        records.push(known.record_with(booking, position, desk, now)?);
    }
    Ok(records)
}

/// Looks at a cohort's gate for somebody, and books nothing (ADM-15). `told` and `email_key` are of a person
/// whom somebody else asks about; `person` is one who asks for themselves.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn check(
    db: &impl Access,
    cohort: CohortId,
    person: Option<PersonId>,
    told: Option<(&Told, &str)>,
    now: DateTime<Utc>,
) -> Result<Option<Look>> {
    let owner = match (person, told) {
        (Some(person), _) => Some(person),
        (None, Some((_, email_key))) => owners(db, [email_key]).await?.get(email_key).copied(),
        (None, None) => None,
    };
    let persons = owner.into_iter().collect();
    let codes = told.and_then(|(told, _)| told.organisation_ods_code.clone()).into_iter().collect();
    let known = Known::load(db, &persons, &BTreeSet::from([cohort]), codes, Vec::new()).await?;
    let Some(gate) = known.gates.get(&cohort) else { return Ok(None) };
    let unknown = told.map(|(told, key)| stranger(PersonId(new_id()), key, &told.email));
    let participant = owner.and_then(|id| known.participants.get(&id)).or(unknown.as_ref());
    let Some(participant) = participant else { return Ok(None) };
    let email = match participant.email_verified_at {
        Some(at) => domain::admission::EmailStanding::Verified(at),
        None => domain::admission::EmailStanding::Unverified,
    };
    let evidence = Evidence {
        submitted_at: now,
        email,
        attended: known.attended(participant, gate, participant.email_verified_at.is_some()),
        eligibility: known.eligibility(participant, told.map(|(told, _)| told), gate),
        eligible_since: None,
        commits_to_all_sessions: false,
    };
    Ok(Some(look_ahead(&gate.requirements, &evidence, now)))
}
