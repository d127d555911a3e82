//! Clashes at the desk (PRG-6): of who asks, and of who could be confirmed by what others do.

use super::clashes::Known;
use super::sitting::Sitting;
use crate::identity::participants::email_keys;
use crate::{Result, StoreError, Work};
use domain::admission::{BookingStatus, Clash, Due, PlaceElsewhere};
use domain::ids::{BookingId, CohortId, PersonId};
use std::collections::{BTreeSet, HashMap};

impl Sitting {
    /// What a person has besides these bookings, as it stands in this sitting.
    fn places_now(&self, person: PersonId, besides: &[BookingId]) -> Vec<Known> {
        let read = self.clashes.places(person);
        let mut places: Vec<Known> = read
            .iter()
            .map(|known| self.booking(known.place.booking).map_or(*known, Known::from))
            .filter(|known| known.place.person_id == person)
            .collect();
        if self.rows().nth(1).is_some() {
            // What came to hand in another cohort of this sitting, or was made there.
            let at_hand = self.bookings().filter(|booking| booking.person_id == person);
            let unread = at_hand.filter(|b| read.iter().all(|known| known.place.booking != b.id));
            places.extend(unread.map(Known::from));
        }
        places.retain(|known| !besides.contains(&known.place.booking));
        places
    }

    /// What overlaps in a cohort with the confirmed places that a person has elsewhere, besides these bookings. Nothing
    /// is found for people whose places were not loaded.
    pub(super) fn clashes_of(&self, person: PersonId, cohort: CohortId, besides: &[BookingId]) -> Vec<Clash> {
        if !self.clashes.is_known() {
            return Vec::new();
        }
        let places = self.places_now(person, besides);
        let confirmed = places.iter().filter(|known| known.status == BookingStatus::Confirmed);
        self.clashes.among(cohort, confirmed.map(|known| known.place))
    }

    /// Those of a watched cohort who can't be confirmed by what others do, as it stands now.
    pub(super) fn clashing(&self, cohort: CohortId) -> BTreeSet<BookingId> {
        if !self.clashes.watched.contains(&cohort) {
            return BTreeSet::new();
        }
        let of_cohort = self.bookings().filter(|b| b.cohort_id == cohort && b.status.is_undecided());
        let silent = of_cohort.filter(|booking| !self.clashes.acknowledged.contains(&booking.id));
        let clashes = silent.filter(|booking| {
            self.clashes.unsure.contains(&booking.id)
                || !self.clashes_of(booking.person_id, cohort, &[booking.id]).is_empty()
        });
        clashes.map(|booking| booking.id).collect()
    }

    /// Looks, before settling, whether these bookings clash with places that their people have elsewhere: by what others
    /// do they may come to be confirmed. Their cohorts' locks are held.
    pub(super) async fn watch(&mut self, work: &Work, list: &[BookingId]) -> Result<()> {
        let undecided = list.iter().filter_map(|id| self.booking(*id)).filter(|b| b.status.is_undecided());
        let watched: Vec<PlaceElsewhere> = undecided.map(|booking| Known::from(booking).place).collect();
        let unseen = work.rehearsed.as_ref().is_some_and(|rehearsed| rehearsed.dates_invented);
        if watched.is_empty() || unseen {
            return Ok(());
        }
        self.clashes.watched.extend(watched.iter().map(|own| own.cohort_id));
        self.clashes.load_places(work, watched.iter().map(|own| own.person_id)).await?;
        let elsewhere = |own: &&PlaceElsewhere| {
            let places = self.clashes.places(own.person_id).iter();
            places.into_iter().any(|known| known.place.cohort_id != own.cohort_id)
        };
        let others: Vec<PlaceElsewhere> = watched.iter().filter(elsewhere).copied().collect();
        if others.is_empty() && self.rows().nth(1).is_none() {
            return Ok(());
        }
        self.load_meetings(work, others.iter().map(|own| own.person_id)).await?;
        self.clashes.load_acknowledged(work, others.iter().map(|own| own.booking)).await?;
        self.make_sure(work, &others).await
    }

    /// The same for those at hand of a cohort whom what is due, or what follows, can confirm.
    pub(super) async fn watch_due(&mut self, work: &Work, cohort: CohortId, due: &Due) -> Result<()> {
        let claims = due.claims.iter().map(|claim| claim.booking);
        let list: Vec<BookingId> = if self.desk(cohort)?.view.confirms_who_waits() {
            self.bookings().filter(|booking| booking.cohort_id == cohort).map(|booking| booking.id).collect()
        } else {
            claims.collect()
        };
        self.watch(work, &list).await
    }

    /// When all cohorts at the desk meet, and those in which these people have something.
    async fn load_meetings(&mut self, work: &Work, people: impl Iterator<Item = PersonId>) -> Result<()> {
        let theirs = people.flat_map(|person| self.clashes.places(person)).map(|known| known.place.cohort_id);
        let cohorts: Vec<CohortId> = theirs.chain(self.rows().map(|row| row.cohort_id)).collect();
        self.clashes.load_sessions(work, cohorts).await
    }

    /// Two cohorts that meet at the same time could confirm one person at the same moment, on two servers. So who waits
    /// in both is held here; whoever is held by somebody else is asked first. Nobody is waited for: the cohorts' locks
    /// are held already.
    async fn make_sure(&mut self, work: &Work, list: &[PlaceElsewhere]) -> Result<()> {
        let could_clash = |own: &&PlaceElsewhere| {
            let undecided = self.clashes.places(own.person_id).iter().filter(|k| k.status.is_undecided());
            let out_of_reach = undecided.filter(|known| self.desk(known.place.cohort_id).is_err());
            !self.clashes.among(own.cohort_id, out_of_reach.map(|known| known.place)).is_empty()
        };
        let at_risk: Vec<PlaceElsewhere> = list.iter().filter(could_clash).copied().collect();
        if at_risk.is_empty() {
            return Ok(());
        }
        let people: BTreeSet<PersonId> = at_risk.iter().map(|own| own.person_id).collect();
        let keys = email_keys(work, &people).await?;
        let held = work.try_lock_persons(keys.iter().map(|(_, key)| key.as_str())).await?;
        let missed = keys.iter().filter(|(_, key)| !held.contains(key)).map(|(person, _)| *person);
        let missed: BTreeSet<PersonId> = missed.collect();
        let unsure = at_risk.iter().filter(|own| missed.contains(&own.person_id));
        self.clashes.unsure.extend(unsure.map(|own| own.booking));
        // As it is now that they are held.
        self.clashes.load_places(work, people).await
    }

    /// Whether nobody gives a person, who was given a place in a cohort now, another one at the same time elsewhere: what they
    /// have asked for is out of everybody's reach but this sitting's. Who books holds the person, and a vacancy only its
    /// cohort, which does not see what is being booked.
    ///
    /// # Errors
    /// [`StoreError::NeedsClaims`] where it isn't so.
    pub(super) fn alone_with(&self, person: PersonId, cohort: CohortId) -> Result<()> {
        let undecided = self.clashes.places(person).iter().filter(|known| known.status.is_undecided());
        let out_of_reach = undecided.filter(|known| self.desk(known.place.cohort_id).is_err());
        let clashes = self.clashes.among(cohort, out_of_reach.map(|known| known.place));
        if clashes.is_empty() { Ok(()) } else { Err(StoreError::NeedsClaims) }
    }

    /// Looks, for who asks for a place or answers an offer, at what they have elsewhere. `read` are their bookings, as far
    /// as they were read: the live ones in these cohorts, and what is at the same time elsewhere.
    pub(super) async fn look_for_clashes<'a>(
        &mut self,
        work: &Work,
        asked: &[(PersonId, CohortId)],
        accepted: impl Iterator<Item = BookingId>,
        read: impl Iterator<Item = &'a super::Booking>,
    ) -> Result<()> {
        read.for_each(|booking| self.clashes.note(booking));
        let accepted: Vec<PlaceElsewhere> =
            accepted.filter_map(|id| self.booking(id)).map(|b| Known::from(b).place).collect();
        self.clashes.load_places(work, accepted.iter().map(|own| own.person_id)).await?;
        let mut cohorts: HashMap<PersonId, BTreeSet<CohortId>> = HashMap::new();
        let answered = accepted.iter().map(|own| (own.person_id, own.cohort_id));
        for (person, cohort) in asked.iter().copied().chain(answered) {
            cohorts.entry(person).or_default().insert(cohort);
        }
        cohorts.retain(|person, asked| {
            asked.len() > 1
                || self.places_now(*person, &[]).iter().any(|known| !asked.contains(&known.place.cohort_id))
        });
        if cohorts.is_empty() {
            return Ok(());
        }
        self.load_meetings(work, cohorts.keys().copied()).await?;
        self.clashes.load_acknowledged(work, accepted.iter().map(|own| own.booking)).await
    }
}
