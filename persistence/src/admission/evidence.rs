//! What is known of participants: loaded for a whole batch, put together for each booking.

use super::attendance::{HeldAttendance, attendances_of};
use super::booking::{Booking, Told};
use super::managers::{self, ManagerRequest};
use super::nominations::Nominations;
use super::pass_on::{self, Proposal};
use super::transfers::Transfers;
use super::waivers::Waivers;
use crate::catalogue::gates::{CohortGate, TasterGate, tasters_of};
use crate::identity::participants::{KnownOrganisation, Participant, organisations_by_ods, participants};
use crate::{Access, Result, StoreError};
use chrono::{DateTime, Utc};
use domain::admission::{
    Attended, EligibilityLook, EmailStanding, Evidence, Fits, Look, ManagerStanding, Requirement, look,
};
use domain::catalogue::eligibility::{Facts, Verdict};
use domain::fault::Fault;
use domain::ids::{BookingId, CohortId, PersonId};
use std::collections::{BTreeSet, HashMap};

/// All that gates look at, for the people and cohorts of one batch.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) participants: HashMap<PersonId, Participant>,
    pub(super) gates: HashMap<CohortId, CohortGate>,
    pub(super) tasters: Vec<TasterGate>,
    pub(super) attendances: Vec<HeldAttendance>,
    pub(super) organisations: HashMap<String, KnownOrganisation>,
    pub(super) waivers: Waivers,
    pub(super) transfers: Transfers,
    pub(super) managers: HashMap<BookingId, ManagerRequest>,
    pub(super) proposals: HashMap<BookingId, Proposal>,
    pub(super) nominations: Nominations,
}

impl Known {
    /// Loads what concerns these people, for these gates. `at_hand` are people who need no loading, those among them
    /// whom nobody knew before: attendance may be on record for their emails all the same.
    pub(super) async fn load(
        db: &impl Access,
        persons: &BTreeSet<PersonId>,
        gates: HashMap<CohortId, CohortGate>,
        ods_codes: BTreeSet<String>,
        at_hand: Vec<Participant>,
    ) -> Result<Self> {
        let mut participants = participants(db, persons.iter().copied()).await?;
        participants.extend(at_hand.into_iter().map(|participant| (participant.id, participant)));
        let asks_for_taster = |gate: &&CohortGate| gate.requirements.contains(&Requirement::TasterAttended);
        let programmes: BTreeSet<_> =
            gates.values().filter(asks_for_taster).map(|g| g.programme_id).collect();
        let (tasters, attendances) = if programmes.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            (tasters_of(db, programmes).await?, attendances_of(db, participants.values()).await?)
        };
        let organisations = organisations_by_ods(db, ods_codes).await?;
        Ok(Self { participants, gates, tasters, attendances, organisations, ..Self::default() })
    }

    /// What others than the participants are asked for, where a gate asks for it (ADM-20): the managers of these
    /// bookings, the nominations of these people. Most cohorts don't, and nothing is asked of the database for them.
    pub(super) async fn load_asks<'a>(
        &mut self,
        db: &impl Access,
        bookings: impl IntoIterator<Item = &'a Booking>,
    ) -> Result<()> {
        let asking = |requirement| {
            let gates = self.gates.iter().filter(move |(_, gate)| gate.requirements.contains(&requirement));
            gates.map(|(id, _)| *id).collect::<BTreeSet<CohortId>>()
        };
        let (managers, nominations) = (asking(Requirement::ManagerAgreed), asking(Requirement::Nominated));
        if !managers.is_empty() {
            let asked = bookings.into_iter().filter(|booking| managers.contains(&booking.cohort_id));
            self.managers = managers::load(db, asked.map(|booking| booking.id).collect()).await?;
        }
        if !nominations.is_empty() {
            self.nominations = Nominations::load(db, self.participants.values(), &nominations).await?;
        }
        Ok(())
    }

    /// What places were left for, and to whom those of `taken_over` are to be passed on (ADM-23).
    pub(super) async fn load_transfers(
        &mut self,
        db: &impl Access,
        bookings: impl Iterator<Item = BookingId>,
        taken_over: impl Iterator<Item = BookingId>,
    ) -> Result<()> {
        self.transfers = Transfers::load(db, bookings).await?;
        self.proposals = pass_on::load(db, taken_over).await?;
        Ok(())
    }

    /// Everybody whom it knows of.
    pub(super) fn people(&self) -> Vec<PersonId> {
        self.participants.keys().copied().collect()
    }

    /// The tasters of these cohorts' programmes too, whatever their gates ask for: a code is looked for among them.
    pub(super) async fn load_tasters_of(
        &mut self,
        db: &impl Access,
        cohorts: impl IntoIterator<Item = CohortId>,
    ) -> Result<()> {
        let known: BTreeSet<_> = self.tasters.iter().map(|taster| taster.programme_id).collect();
        let programmes = cohorts.into_iter().filter_map(|cohort| self.gates.get(&cohort));
        let mut programmes: BTreeSet<_> = programmes.map(|gate| gate.programme_id).collect();
        programmes.retain(|programme| !known.contains(programme));
        if !programmes.is_empty() {
            self.tasters.extend(tasters_of(db, programmes).await?);
            self.attendances = attendances_of(db, self.participants.values()).await?;
        }
        Ok(())
    }

    pub(super) fn gate(&self, cohort: CohortId) -> Result<&CohortGate> {
        self.gates.get(&cohort).ok_or_else(|| StoreError::corrupt("cohort", "id", cohort))
    }

    pub(super) fn participant(&self, person: PersonId) -> Result<&Participant> {
        self.participants.get(&person).ok_or_else(|| StoreError::corrupt("person", "id", person))
    }

    /// The gate of one booking as it stands at `now`.
    pub(super) fn look_at(&self, booking: &Booking, now: DateTime<Utc>) -> Result<Look> {
        let gate = self.gate(booking.cohort_id)?;
        Ok(look(&gate.requirements, &self.evidence(booking, gate)?, now))
    }

    pub(super) fn evidence(&self, booking: &Booking, gate: &CohortGate) -> Result<Evidence> {
        let participant = self.participant(booking.person_id)?;
        let email = match participant.email_verified_at {
            Some(at) => EmailStanding::Verified(at),
            None if booking.vouched => EmailStanding::Vouched,
            None => EmailStanding::Unverified,
        };
        Ok(Evidence {
            submitted_at: booking.submitted_at,
            received_at: booking.imported_since().map_or(booking.submitted_at, |_| booking.created_at),
            email,
            attended: self.attended(participant, gate, email != EmailStanding::Unverified),
            eligibility: self.eligibility(participant, booking.told.as_ref(), gate),
            eligible_since: booking.eligible_since,
            commits_to_all_sessions: booking.commits_to_all_sessions,
            waived: self.waivers.of(booking.cohort_id, booking.person_id).to_vec(),
            manager: self.managers.get(&booking.id).map_or(ManagerStanding::NotNamed, |asked| asked.standing),
            nominated_at: self.nominations.of(booking.cohort_id, participant, email),
        })
    }

    /// What is held by email counts for who has proved that email, or is vouched for; what a registration
    /// showed itself counts for it at once (ACC-1).
    pub(super) fn attended(
        &self,
        participant: &Participant,
        gate: &CohortGate,
        email_is_sure: bool,
    ) -> Vec<Attended> {
        let counts = |held: &&HeldAttendance| {
            let own = held.person_id == Some(participant.id);
            let by_email = held.person_id.is_none() && held.address == participant.email_key && email_is_sure;
            held.programme_id == gate.programme_id && (own || by_email)
        };
        let list = self.attendances.iter().filter(counts);
        list.map(|held| Attended { taster: held.taster_id, effective_at: held.effective_at }).collect()
    }

    /// The rules, over what the booker said and, for what they left out, the profile (ACC-4).
    pub(super) fn eligibility(
        &self,
        participant: &Participant,
        told: Option<&Told>,
        gate: &CohortGate,
    ) -> EligibilityLook {
        let Some(rules) = &gate.eligibility else { return EligibilityLook::Met };
        let assessment = rules.assess(&self.facts(participant, told));
        match assessment.verdict {
            Verdict::Met => EligibilityLook::Met,
            Verdict::Unknown => {
                EligibilityLook::Unknown(assessment.missing.iter().map(|f| (*f).to_owned()).collect())
            }
            Verdict::Failed => EligibilityLook::Failed(
                assessment
                    .failed
                    .into_iter()
                    .map(|rule| {
                        Fault::new(format!("/eligibility{}", rule.pointer), "not-eligible", rule.detail)
                    })
                    .collect(),
            ),
        }
    }

    fn facts(&self, participant: &Participant, told: Option<&Told>) -> Facts {
        match told {
            None => participant.facts.clone(),
            Some(told) => self.told_facts(told, &participant.facts),
        }
    }

    /// The reserves of its cohort that a booking fits, as far as is known (PRG-9).
    pub(super) fn fits(&self, booking: &Booking) -> Result<Fits> {
        let gate = self.gate(booking.cohort_id)?;
        Ok(self.fits_of(self.participant(booking.person_id)?, booking.told.as_ref(), gate))
    }

    /// The same for who may book.
    pub(super) fn fits_of(&self, participant: &Participant, told: Option<&Told>, gate: &CohortGate) -> Fits {
        if gate.reserves.is_empty() {
            return Fits::none();
        }
        let facts = self.facts(participant, told);
        let fitting =
            gate.reserves.iter().filter(|rule| rule.eligibility.assess(&facts).verdict == Verdict::Met);
        fitting.map(|rule| rule.id).collect()
    }

    /// When the participant, or who booked for them, had last told a fact that the rules can look at (ADM-4).
    pub(super) fn facts_told_at(&self, participant: &Participant, booking: &Booking) -> DateTime<Utc> {
        let corrected = booking.told.as_ref().and_then(|told| told.corrected_at);
        [corrected, participant.facts_at].into_iter().flatten().fold(booking.submitted_at, DateTime::max)
    }

    fn told_facts(&self, told: &Told, profile: &Facts) -> Facts {
        let organisation = told.organisation_ods_code.as_ref().and_then(|code| self.organisations.get(code));
        let region = organisation.and_then(|known| known.region.clone());
        let sector = organisation.and_then(|known| known.sector.clone());
        Facts {
            job_role: told.job_role.clone().or_else(|| profile.job_role.clone()),
            staff_group: told.staff_group.clone().or_else(|| profile.staff_group.clone()),
            qualifications: told.qualifications.clone().or_else(|| profile.qualifications.clone()),
            leads_or_manages: told.leads_or_manages.or(profile.leads_or_manages),
            region: region.or_else(|| told.region.clone()).or_else(|| profile.region.clone()),
            sector: sector.or_else(|| profile.sector.clone()),
            organisation_id: organisation.map(|known| known.id).or(profile.organisation_id),
            completed_programmes: profile.completed_programmes.clone(),
        }
    }
}
