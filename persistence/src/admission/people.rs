//! The people of a batch: whose the emails are that others booked for, and who has a live booking already.

use super::booking::{self, Booking};
use super::command::{Book, Booker, Job};
use super::sitting::Sitting;
use crate::identity::participants::{Participant, create_unknown_organisations, in_the_way, named};
use crate::rows::{self, Kind, Row};
use crate::{Access, Result, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::catalogue::eligibility::Facts;
use domain::ids::{CohortId, PersonId};
use std::collections::{BTreeSet, HashMap, HashSet};

type Pair = (CohortId, PersonId);

/// Whom the bookings of a batch are for.
pub(super) struct People {
    /// By the email that was named, as it is compared.
    pub(super) owners: HashMap<String, PersonId>,
    /// Those whom nobody knew: their emails as compared and as typed.
    pub(super) strangers: HashMap<PersonId, (String, String)>,
    /// Who needs no loading: all of `owners`.
    pub(super) at_hand: HashMap<PersonId, Participant>,
    /// Their bookings that are in the way of one in these cohorts.
    pub(super) live: HashMap<Pair, Booking>,
}

impl People {
    /// Finds them; nobody's emails get an id that is kept only with a booking.
    pub(super) async fn find(work: &mut Work, now: DateTime<Utc>, books: &[&Book]) -> Result<Self> {
        let others = || books.iter().filter_map(|book| book.booker.told().map(|told| (book, told)));
        let codes: BTreeSet<String> =
            others().filter_map(|(_, told)| told.organisation_ods_code.clone()).collect();
        create_unknown_organisations(work, codes).await?;
        let mut people = Self {
            owners: HashMap::new(),
            strangers: HashMap::new(),
            at_hand: HashMap::new(),
            live: HashMap::new(),
        };
        let mut with_booking: HashSet<Pair> = HashSet::new();
        let list = others().map(|(book, _)| (book.booker.email_key(), book.cohort_id));
        for found in named(work, list).await? {
            let person = found.participant.id;
            // Who verified an email comes last, and it is theirs, whoever else is known by it.
            people.owners.insert(found.participant.email_key.clone(), person);
            people.at_hand.insert(person, found.participant);
            with_booking.extend(found.has_live.then_some((found.cohort, person)));
        }
        for (book, told) in others() {
            let key = book.booker.email_key();
            if !people.owners.contains_key(key) {
                let id = PersonId(new_id_at(now));
                people.owners.insert(key.to_owned(), id);
                people.strangers.insert(id, (key.to_owned(), told.email.clone()));
                people.at_hand.insert(id, stranger(id, key, &told.email));
            }
        }
        let own = books.iter().filter(|book| book.booker.told().is_none());
        with_booking
            .extend(own.filter_map(|book| person_of(book, &people.owners).map(|p| (book.cohort_id, p))));
        people.live = live_bookings(work, with_booking).await?;
        Ok(people)
    }
}

/// Everybody whose facts the commands of a batch need.
pub(super) fn persons_of(
    jobs: &[Job],
    books: &[&Book],
    owners: &HashMap<String, PersonId>,
    sitting: &Sitting,
) -> BTreeSet<PersonId> {
    let booked = books.iter().filter_map(|book| person_of(book, owners));
    let named = jobs.iter().filter_map(|job| job.command.booking()).filter_map(|id| sitting.booking(id));
    booked.chain(named.map(|booking| booking.person_id)).collect()
}

/// Who would take part, and where.
pub(super) fn booked(books: &[&Book], owners: &HashMap<String, PersonId>) -> Vec<(PersonId, CohortId)> {
    books.iter().filter_map(|book| person_of(book, owners).map(|person| (person, book.cohort_id))).collect()
}

/// Who would take part.
pub(super) fn person_of(book: &Book, owners: &HashMap<String, PersonId>) -> Option<PersonId> {
    match &book.booker {
        Booker::Participant { person, .. } => Some(*person),
        other => owners.get(other.email_key()).copied(),
    }
}

/// Somebody whom nobody knew before.
pub(super) fn stranger(id: PersonId, email_key: &str, email: &str) -> Participant {
    Participant {
        id,
        full_name: None,
        email: email.to_owned(),
        email_key: email_key.to_owned(),
        email_verified_at: None,
        has_account: false,
        facts: Facts::default(),
        facts_at: None,
    }
}

pub(super) fn tried(books: &[&Book], owners: &HashMap<String, PersonId>) -> BTreeSet<PersonId> {
    books
        .iter()
        .filter(|book| book.taster_code.is_some())
        .filter_map(|book| person_of(book, owners))
        .collect()
}

async fn live_bookings(work: &Work, pairs: HashSet<Pair>) -> Result<HashMap<Pair, Booking>> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let row = |(cohort, person): Pair| Row::default().uuid("cohort_id", cohort.0).uuid("person_id", person.0);
    let pairs: Vec<Row> = pairs.into_iter().map(row).collect();
    let source = rows::source(work.backend(), &[("cohort_id", Kind::Uuid), ("person_id", Kind::Uuid)]);
    let select = |on: String| {
        format!(
            "SELECT {} FROM {source} {}",
            booking::SELECTED,
            rows::lookup(work.backend(), "booking", "b", &on)
        )
    };
    let text = in_the_way("r.person_id").map(select).join(" UNION ALL ");
    let found = booking::query(work.connection(), text, [rows::parameter(pairs)]).await?;
    Ok(found.into_iter().map(|booking| ((booking.cohort_id, booking.person_id), booking)).collect())
}
