//! Bookings with all that explains them (ADM-13), and the check that books nothing (ADM-15).

use super::booking::{Booking, Told};
use super::clashes::clashes_now;
use super::command::BookingRecord;
use super::desk_row::desks;
use super::evidence::Known;
use super::pass_on;
use super::people::stranger;
use super::reads::{positions, waiting_before};
use super::sitting::Sitting;
use super::transfers::Transfers;
use super::waivers::{Waivers, waiving};
use crate::catalogue::gates::cohort_gates;
use crate::identity::participants::owners;
use crate::{Access, Result, StoreError, Work, new_id};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, Clash, EmailStanding, Evidence, Look, ManagerStanding, look_ahead};
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
        let clashes = sitting.clashes_of(booking.person_id, booking.cohort_id, &[booking.id]);
        Ok(BookingRecord { clashes, ..self.record_with(booking, position, desk, sitting.now)? })
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
        let confidential = self.gates.get(&booking.cohort_id).is_none_or(|gate| gate.confidential);
        let transferred = self.transfers.of(booking.id);
        let manager = self.managers.get(&booking.id).cloned();
        let confirmed = booking.status == BookingStatus::Confirmed;
        let standing = self.proposals.get(&booking.id).filter(|proposal| confirmed && proposal.stands(now));
        let proposal = standing.cloned();
        Ok(BookingRecord {
            booking,
            participant,
            look,
            confidential,
            clashes: Vec::new(),
            position,
            transferred,
            desk,
            now,
            recorded_by,
            manager,
            proposal,
        })
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
    let gates = cohort_gates(db, cohorts.iter().copied()).await?;
    let mut known = Known::load(db, &persons, gates, codes, Vec::new()).await?;
    let rows = desks(db, &cohorts.iter().copied().collect::<Vec<_>>()).await?;
    known.waivers = Waivers::load(db, known.people(), waiving(rows.values())).await?;
    known.transfers = Transfers::load(db, list.iter().map(|booking| booking.id)).await?;
    known.load_asks(db, &list).await?;
    let passes_on = |cohort| known.gates.get(&cohort).is_some_and(|gate| gate.pass_on);
    let proposals = pass_on::load_standing(db, list.iter(), passes_on, now).await?;
    known.proposals = proposals;
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

/// One booking of a sitting that is over, explained.
pub(super) async fn record_in(work: &Work, sitting: &Sitting, booking: Booking) -> Result<BookingRecord> {
    let codes = booking.told.as_ref().and_then(|told| told.organisation_ods_code.clone());
    let persons = BTreeSet::from([booking.person_id]);
    let gates = sitting.gates.clone();
    let passes_on = |cohort| gates.get(&cohort).is_some_and(|gate| gate.pass_on);
    let proposals = pass_on::load_standing(work, std::iter::once(&booking), passes_on, sitting.now).await?;
    let mut known = Known::load(work, &persons, gates, codes.into_iter().collect(), Vec::new()).await?;
    known.waivers = Waivers::load(work, known.people(), waiving(sitting.rows())).await?;
    known.transfers = Transfers::load(work, [booking.id]).await?;
    known.load_asks(work, [&booking]).await?;
    known.proposals = proposals;
    let position = match (booking.status, booking.rank) {
        (BookingStatus::Waiting, Some(rank)) => {
            Some(waiting_before(work, booking.cohort_id, rank).await? + 1)
        }
        _ => None,
    };
    known.record(booking, position, sitting)
}

/// For whom a gate is looked at before anything is booked.
#[derive(Clone, Debug)]
pub enum Asked {
    /// One who asks for themselves.
    Oneself(PersonId),
    /// Somebody whom a coordinator or client asks about.
    Other {
        /// What is said of them.
        told: Box<Told>,
        /// Their email as it is compared.
        email_key: String,
        /// Whether the asker would vouch for the email in a booking (ACC-1).
        vouches: bool,
    },
}

/// What is known before anything is booked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// How the gate stands.
    pub look: Look,
    /// What overlaps with confirmed places elsewhere (PRG-6).
    pub clashes: Vec<Clash>,
}

/// Looks at a cohort's gate for somebody, and books nothing (ADM-15).
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn check(
    db: &impl Access,
    cohort: CohortId,
    asked: &Asked,
    now: DateTime<Utc>,
) -> Result<Option<Checked>> {
    let (owner, told, vouched) = match asked {
        Asked::Oneself(person) => (Some(*person), None, false),
        Asked::Other { told, email_key, vouches } => {
            let owner = owners(db, [email_key.as_str()]).await?.remove(email_key);
            (owner, Some(told.as_ref()), *vouches)
        }
    };
    let unknown = match asked {
        Asked::Other { told, email_key, .. } if owner.is_none() => {
            vec![stranger(PersonId(new_id()), email_key, &told.email)]
        }
        _ => Vec::new(),
    };
    let person = owner.or(unknown.first().map(|stranger| stranger.id));
    let codes = told.and_then(|told| told.organisation_ods_code.clone()).into_iter().collect();
    let gates = cohort_gates(db, [cohort]).await?;
    let mut known = Known::load(db, &owner.into_iter().collect(), gates, codes, unknown).await?;
    known.waivers = Waivers::load(db, owner, [cohort]).await?;
    known.load_asks(db, &[]).await?;
    let gate = known.gates.get(&cohort);
    let participant = person.and_then(|id| known.participants.get(&id));
    let (Some(gate), Some(participant)) = (gate, participant) else { return Ok(None) };
    let email = match participant.email_verified_at {
        Some(at) => EmailStanding::Verified(at),
        None if vouched => EmailStanding::Vouched,
        None => EmailStanding::Unverified,
    };
    let evidence = Evidence {
        submitted_at: now,
        received_at: now,
        email,
        attended: known.attended(participant, gate, email != EmailStanding::Unverified),
        eligibility: known.eligibility(participant, told, gate),
        eligible_since: None,
        commits_to_all_sessions: false,
        waived: known.waivers.of(cohort, participant.id).to_vec(),
        manager: ManagerStanding::NotNamed,
        nominated_at: known.nominations.of(cohort, participant, email),
    };
    let look = look_ahead(&gate.requirements, &evidence, now);
    let pair = (participant.id, cohort);
    let clashes = clashes_now(db, &[pair]).await?.remove(&pair).unwrap_or_default();
    Ok(Some(Checked { look, clashes }))
}
