//! The scenes: who asks for what, where things stand at the beginning, how much can go wrong.

use crate::rules::Cohort;
use crate::state::{Ask, Booking, Database, Id, Person, Time};
use domain::admission::{AfterLapse, BookingStatus, Vacancies};

/// Which scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// Three people book two places.
    Places,
    /// Somebody books, repeats it, and is cancelled by staff meanwhile.
    Keys,
    /// Somebody books who has a booking already, which staff cancel meanwhile.
    InTheWay,
    /// A place is freed while one waits and another comes.
    Freed,
    /// Offers are accepted, lapse, and pass on, while the clock moves.
    Offers,
    /// The same while a confirmed place is cancelled, with nothing that goes wrong.
    OffersFreed,
    /// An email is verified beside bookings.
    Verification,
    /// Two emails are verified beside bookings for the last place; nobody repeats.
    Verifications,
}

impl Name {
    /// All scenes.
    pub const ALL: [Self; 8] = [
        Self::Places,
        Self::Keys,
        Self::InTheWay,
        Self::Freed,
        Self::Offers,
        Self::OffersFreed,
        Self::Verification,
        Self::Verifications,
    ];

    /// What it is about.
    pub fn words(self) -> &'static str {
        match self {
            Self::Places => "three people book two places",
            Self::Keys => "a booking is repeated while staff cancel it",
            Self::InTheWay => "a booking stands in the way of another and is cancelled",
            Self::Freed => "a place is freed while one waits and another comes",
            Self::Offers => "offers are accepted and lapse while the clock moves",
            Self::OffersFreed => "offers go out and lapse while a place is freed",
            Self::Verification => "an email is verified beside bookings",
            Self::Verifications => "two emails are verified beside bookings for the last place",
        }
    }
}

/// A scene: always two servers.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Which.
    pub name: Name,
    /// The cohort's terms.
    pub cohort: Cohort,
    /// The requests, each of a client of its own, with a key of its own.
    pub asks: Vec<Ask>,
    /// Who stands where at the beginning; the others have nothing.
    pub standing: Vec<(Person, BookingStatus)>,
    /// Whose email is verified at the beginning.
    pub verified: Vec<Person>,
    /// The database's time at the beginning.
    pub begins_at: Time,
    /// Until when it moves on.
    pub ends_at: Time,
    /// How many faults there are in all, of any kind.
    pub faults: u8,
    /// How many repeats there are in all, whether or not there was a fault.
    pub repeats: u8,
}

/// The end of offers that stand at the beginning.
const FIRST_OFFER_ENDS: Time = 3;

const CONFIRMED: BookingStatus = BookingStatus::Confirmed;
const OFFERED: BookingStatus = BookingStatus::Offered;
const WAITING: BookingStatus = BookingStatus::Waiting;

impl Scene {
    /// The scene of this name.
    pub fn of(name: Name) -> Self {
        let scene = Self { name, ..Self::empty() };
        match name {
            Name::Places => Self { asks: vec![Ask::Book(0), Ask::Book(1), Ask::Book(2)], faults: 2, ..scene },
            Name::Keys => Self {
                asks: vec![Ask::Book(0), Ask::Cancel(0), Ask::Book(1)],
                standing: vec![(2, CONFIRMED)],
                ..scene
            },
            Name::InTheWay => Self {
                asks: vec![Ask::Book(0), Ask::Cancel(0), Ask::Book(1)],
                standing: vec![(0, CONFIRMED), (2, CONFIRMED)],
                ..scene
            },
            Name::Freed => Self {
                asks: vec![Ask::Cancel(0), Ask::Book(3), Ask::Cancel(1)],
                standing: vec![(0, CONFIRMED), (1, CONFIRMED), (2, WAITING)],
                ..scene
            },
            Name::Offers => Self {
                cohort: Cohort { vacancies: Vacancies::Offer, ..scene.cohort },
                asks: vec![Ask::Accept(1), Ask::Accept(2)],
                standing: vec![(0, CONFIRMED), (1, OFFERED), (2, WAITING)],
                ends_at: 4,
                ..scene
            },
            Name::OffersFreed => Self {
                name,
                asks: vec![Ask::Accept(1), Ask::Accept(2), Ask::Cancel(0)],
                ..Self::of(Name::Offers).calm()
            },
            Name::Verification => Self {
                asks: vec![Ask::Book(0), Ask::Verify(0), Ask::Book(1)],
                standing: vec![(2, CONFIRMED)],
                verified: vec![1, 2],
                ..scene
            },
            Name::Verifications => Self {
                asks: vec![Ask::Book(0), Ask::Verify(0), Ask::Book(1), Ask::Verify(1)],
                standing: vec![(2, CONFIRMED)],
                verified: vec![2],
                repeats: 0,
                ..scene
            },
        }
    }

    /// Two places, nobody there, one fault and one repeat.
    fn empty() -> Self {
        Self {
            name: Name::Places,
            cohort: Cohort {
                capacity: 2,
                vacancies: Vacancies::Automatic,
                offer_window: 1,
                after_lapse: AfterLapse::Requeue,
            },
            asks: Vec::new(),
            standing: Vec::new(),
            verified: vec![0, 1, 2, 3],
            begins_at: 2,
            ends_at: 2,
            faults: 1,
            repeats: 1,
        }
    }

    /// The same with nothing that goes wrong.
    pub fn calm(self) -> Self {
        Self { faults: 0, repeats: 0, ..self }
    }

    /// What is committed at the beginning.
    pub fn database(&self) -> Database {
        let mut database = Database { verified: self.verified.clone(), ..Database::default() };
        for (person, status) in &self.standing {
            let holds = *status != BookingStatus::Waiting;
            database.row.claim_sequence += 1;
            database.row.places_taken += u8::from(holds);
            database.row.waiting += u8::from(!holds);
            let booking = Booking {
                person: *person,
                status: *status,
                submitted_at: 0,
                rank: Some((0, 0, database.row.claim_sequence)),
                ranked_by: 0,
                placed_by: 0,
                offer_end: (*status == BookingStatus::Offered).then_some(FIRST_OFFER_ENDS),
                lapses: 0,
            };
            database.bookings.insert(Id { request: None, attempt: *person }, booking);
        }
        database
    }
}
