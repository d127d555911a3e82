//! Which places of people overlap with those that they ask for (PRG-6). Nothing of it is loaded unless somebody has
//! something elsewhere.

use super::booking::Booking;
use crate::rows;
use crate::{Access, Result, StoreError};
use chrono::{DateTime, Utc};
use domain::admission::{BookingStatus, Clash, PlaceElsewhere, SessionTime, clashes};
use domain::catalogue::Span;
use domain::ids::{AcademyId, BookingId, ClientId, CohortId, PersonId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// A booking as clashes look at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) place: PlaceElsewhere,
    pub(super) status: BookingStatus,
}

impl From<&Booking> for Known {
    fn from(booking: &Booking) -> Self {
        let place = PlaceElsewhere {
            booking: booking.id,
            academy_id: booking.academy_id,
            cohort_id: booking.cohort_id,
            person_id: booking.person_id,
            booked_by_client: booking.booked_by_client,
        };
        Self { place, status: booking.status }
    }
}

/// What is known of people's bookings, and of when cohorts meet.
#[derive(Debug, Default)]
pub(super) struct Clashes {
    /// When these cohorts meet, by the start.
    sessions: HashMap<CohortId, Vec<SessionTime>>,
    /// Bookings of these people that are not closed, as they were read.
    places: HashMap<PersonId, Vec<Known>>,
    /// Bookings for which it was said that what overlaps is known.
    pub(super) acknowledged: HashSet<BookingId>,
    /// Bookings of people about whose other claims somebody else decides at this moment.
    pub(super) unsure: HashSet<BookingId>,
    /// Cohorts in which somebody who clashes could be confirmed by what others do.
    pub(super) watched: BTreeSet<CohortId>,
}

impl Clashes {
    /// Whether anything overlaps can be told: it is not asked for where nobody has anything elsewhere.
    pub(super) fn is_known(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// What is known of a person's bookings.
    pub(super) fn places(&self, person: PersonId) -> &[Known] {
        self.places.get(&person).map_or(&[], Vec::as_slice)
    }

    /// Notes a booking that was read for something else.
    pub(super) fn note(&mut self, booking: &Booking) {
        let known = self.places.entry(booking.person_id).or_default();
        if known.iter().all(|one| one.place.booking != booking.id) {
            known.push(booking.into());
        }
    }

    /// What overlaps in a cohort with these places in others.
    pub(super) fn among(
        &self,
        cohort: CohortId,
        confirmed: impl Iterator<Item = PlaceElsewhere>,
    ) -> Vec<Clash> {
        let meets = |cohort| self.sessions.get(&cohort).map_or(&[][..], Vec::as_slice);
        let elsewhere = confirmed.filter(|place| place.cohort_id != cohort);
        elsewhere.flat_map(|place| clashes(meets(cohort), place, meets(place.cohort_id))).collect()
    }

    /// Loads what these people have that is not closed, anew where it was loaded.
    pub(super) async fn load_places(
        &mut self,
        db: &impl Access,
        people: impl IntoIterator<Item = PersonId>,
    ) -> Result<()> {
        let people: BTreeSet<PersonId> = people.into_iter().collect();
        if people.is_empty() {
            return Ok(());
        }
        let db = db.connection();
        let backend = db.get_database_backend();
        let of_person = "b.person_id = r.id AND b.status IN ('pending', 'waiting', 'offered', 'confirmed')";
        let text = format!(
            "SELECT b.id, b.academy_id, b.cohort_id, b.person_id, b.booked_by_client, b.status FROM {} {}",
            rows::ids_source(backend),
            rows::lookup(backend, "booking", "b", of_person)
        );
        let ids = rows::ids(people.iter().map(|person| person.0));
        let found = PlaceRow::find_by_statement(Statement::from_sql_and_values(backend, text, [ids]));
        self.places.retain(|person, _| !people.contains(person));
        for row in found.all(db).await? {
            let known = Known::try_from(row)?;
            self.places.entry(known.place.person_id).or_default().push(known);
        }
        Ok(())
    }

    /// Loads when these cohorts meet.
    pub(super) async fn load_sessions(
        &mut self,
        db: &impl Access,
        cohorts: impl IntoIterator<Item = CohortId>,
    ) -> Result<()> {
        let mut cohorts: BTreeSet<CohortId> = cohorts.into_iter().collect();
        cohorts.retain(|cohort| !self.sessions.contains_key(cohort));
        if cohorts.is_empty() {
            return Ok(());
        }
        let db = db.connection();
        let backend = db.get_database_backend();
        let text = format!(
            "SELECT s.cohort_id, s.title, s.starts_at, s.ends_at FROM {} {} ORDER BY s.starts_at, s.id",
            rows::ids_source(backend),
            rows::lookup(backend, "session", "s", "s.cohort_id = r.id")
        );
        let ids = rows::ids(cohorts.iter().map(|cohort| cohort.0));
        let found = SessionRow::find_by_statement(Statement::from_sql_and_values(backend, text, [ids]));
        self.sessions.extend(cohorts.into_iter().map(|cohort| (cohort, Vec::new())));
        for row in found.all(db).await? {
            let span = Span { starts_at: row.starts_at, ends_at: row.ends_at };
            let of_cohort = self.sessions.entry(CohortId(row.cohort_id)).or_default();
            of_cohort.push(SessionTime { title: row.title, span });
        }
        Ok(())
    }

    /// Loads for which of these bookings it was said that what overlaps is known.
    pub(super) async fn load_acknowledged(
        &mut self,
        db: &impl Access,
        bookings: impl IntoIterator<Item = BookingId>,
    ) -> Result<()> {
        let bookings: BTreeSet<BookingId> = bookings.into_iter().collect();
        if bookings.is_empty() {
            return Ok(());
        }
        let db = db.connection();
        let backend = db.get_database_backend();
        let text = format!(
            "SELECT a.booking_id FROM {} {}",
            rows::ids_source(backend),
            rows::lookup(backend, "clash_acknowledgement", "a", "a.booking_id = r.id")
        );
        let ids = rows::ids(bookings.iter().map(|booking| booking.0));
        let found = KnownRow::find_by_statement(Statement::from_sql_and_values(backend, text, [ids]));
        self.acknowledged.extend(found.all(db).await?.into_iter().map(|row| BookingId(row.booking_id)));
        Ok(())
    }
}

#[derive(FromQueryResult)]
struct PlaceRow {
    id: Uuid,
    academy_id: Uuid,
    cohort_id: Uuid,
    person_id: Uuid,
    booked_by_client: Option<Uuid>,
    status: String,
}

impl TryFrom<PlaceRow> for Known {
    type Error = StoreError;

    fn try_from(row: PlaceRow) -> Result<Self> {
        let place = PlaceElsewhere {
            booking: BookingId(row.id),
            academy_id: AcademyId(row.academy_id),
            cohort_id: CohortId(row.cohort_id),
            person_id: PersonId(row.person_id),
            booked_by_client: row.booked_by_client.map(ClientId),
        };
        let status = BookingStatus::parse(&row.status);
        Ok(Self { place, status: status.ok_or_else(|| StoreError::corrupt("booking", "status", row.id))? })
    }
}

#[derive(FromQueryResult)]
struct SessionRow {
    cohort_id: Uuid,
    title: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct KnownRow {
    booking_id: Uuid,
}

/// What overlaps in these cohorts for these people, with their confirmed places as they are read now: for those who only
/// look.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn clashes_now(
    db: &impl Access,
    asked: &[(PersonId, CohortId)],
) -> Result<HashMap<(PersonId, CohortId), Vec<Clash>>> {
    let mut known = Clashes::default();
    known.load_places(db, asked.iter().map(|(person, _)| *person)).await?;
    let confirmed = |person: PersonId, cohort: CohortId| {
        let places = known.places(person).iter().filter(|known| known.status == BookingStatus::Confirmed);
        places.map(|known| known.place).filter(move |place| place.cohort_id != cohort).collect::<Vec<_>>()
    };
    let places: Vec<_> = asked.iter().map(|pair| (*pair, confirmed(pair.0, pair.1))).collect();
    let places: Vec<_> = places.into_iter().filter(|(_, places)| !places.is_empty()).collect();
    let cohorts: Vec<CohortId> = places
        .iter()
        .flat_map(|((_, cohort), places)| places.iter().map(|place| place.cohort_id).chain([*cohort]))
        .collect();
    known.load_sessions(db, cohorts).await?;
    let found = places.into_iter().map(|(pair, places)| (pair, known.among(pair.1, places.into_iter())));
    Ok(found.filter(|(_, clashes)| !clashes.is_empty()).collect())
}
