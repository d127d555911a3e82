//! What has to hold in every state, and what has to happen in some.

use crate::Protocol;
use crate::locks::Lock;
use crate::scene::{Name, Scene};
use crate::state::{Action, Answer, Booking, Client, Entry, Known, Outcome, Person, Request, State, Step};
use domain::admission::{BookingStatus, EntryKind};
use stateright::{Model, Property};

/// ADM-8.
pub const CAPACITY: &str = "capacity is never exceeded";
/// ADM-5: real-time order.
pub const ANSWERED_FIRST: &str = "who was answered before another asked stands before them";
/// ADM-5: order of arrival at the cohort's lock.
pub const STOOD_FIRST: &str = "who stood at the cohort's lock first is entered first";
/// ADM-9.
pub const BY_RANK: &str = "no place goes to one who ranks behind somebody waiting";
/// ADM-10: durable.
pub const NOT_LOST: &str = "what is acknowledged is durable";
/// ADM-10: repeats.
pub const ONCE: &str = "nothing is done twice by its key";
/// ADM-10: repeats.
pub const FIRST_ANSWER: &str = "what was done is not refused when it is repeated";
/// ADM-11.
pub const OFFERS_EXACT: &str = "an offer stands exactly until its end";
/// ADM-17, ADM-7.
pub const NO_FREE_PLACE: &str = "no freed place stands open while somebody waits";
/// ADM-2.
pub const NO_OPEN_GATE: &str = "there is no open gate that nobody sees";
/// ADM-12.
pub const LEDGER: &str = "ledger versions have no gaps, and the cohort's row agrees with the bookings";
/// Order of locks.
pub const NOBODY_STUCK: &str = "nobody waits for ever";

/// All that has to hold in every state of every scene.
pub const ALWAYS: [&str; 12] = [
    CAPACITY,
    ANSWERED_FIRST,
    STOOD_FIRST,
    BY_RANK,
    NOT_LOST,
    ONCE,
    FIRST_ANSWER,
    OFFERS_EXACT,
    NO_FREE_PLACE,
    NO_OPEN_GATE,
    LEDGER,
    NOBODY_STUCK,
];

/// The properties of a scene.
pub fn properties(scene: &Scene) -> Vec<Property<Protocol>> {
    let always = [
        Property::always(CAPACITY, capacity),
        Property::always(ANSWERED_FIRST, answered_first),
        Property::always(STOOD_FIRST, |_, state: &State| !state.overtaken),
        Property::always(BY_RANK, by_rank),
        Property::always(NOT_LOST, not_lost),
        Property::always(ONCE, once),
        Property::always(FIRST_ANSWER, first_answer),
        Property::always(OFFERS_EXACT, offers_exact),
        Property::always(NO_FREE_PLACE, no_free_place),
        Property::always(NO_OPEN_GATE, no_open_gate),
        Property::always(LEDGER, ledger),
        Property::always(NOBODY_STUCK, nobody_stuck),
    ];
    always.into_iter().chain(sometimes(scene)).collect()
}

/// So that a model that does nothing is no proof.
fn sometimes(scene: &Scene) -> Vec<Property<Protocol>> {
    let mut list = vec![
        Property::sometimes("every request is answered", |_, state: &State| {
            state.clients.iter().all(|client| matches!(client.known, Known::Answered(_)))
        }),
        Property::sometimes("two stand at the cohort's lock", |_, state: &State| {
            state.locks.crowd(Lock::Cohort) > 1
        }),
    ];
    if scene.faults > 0 {
        list.extend([
            Property::sometimes("a lost answer to COMMIT is found out", |_, state: &State| {
                let mut works = state.works.iter().flatten();
                works.any(|work| work.step == Step::FindOut { committed: true })
            }),
            Property::sometimes("a COMMIT is on its way whose server crashed", |_, state: &State| {
                state.works.iter().flatten().any(|work| work.server.is_none())
            }),
            Property::sometimes("a transaction is tried again", |_, state: &State| {
                state.works.iter().flatten().any(|work| work.again)
            }),
        ]);
    }
    if scene.repeats > 0 {
        list.push(Property::sometimes("a repeat gets the first answer", |_, state: &State| {
            outcomes(state).any(|outcome| matches!(outcome, Outcome::Repeated(_)))
        }));
    }
    list.extend(own(scene.name));
    list
}

fn own(scene: Name) -> Vec<Property<Protocol>> {
    match scene {
        Name::Places => vec![
            Property::sometimes("somebody waits while two are confirmed", |_, state: &State| {
                count(state, BookingStatus::Confirmed) == 2 && count(state, BookingStatus::Waiting) == 1
            }),
            Property::sometimes("three are decided in one batch", |_, state: &State| {
                state.works.iter().flatten().any(|work| work.outcomes.len() == 3)
            }),
        ],
        Name::Keys => vec![Property::sometimes(
            "a booking's repeat is answered after its cancellation",
            repeated_after_cancellation,
        )],
        Name::InTheWay => vec![Property::sometimes(
            "a first attempt is done after its repeat was refused",
            refused_and_done,
        )],
        Name::Freed => vec![Property::sometimes(
            "a freed place goes to who waited, and the newcomer waits",
            |_, state: &State| {
                status_of(state, 2) == Some(BookingStatus::Confirmed)
                    && status_of(state, 3) == Some(BookingStatus::Waiting)
            },
        )],
        Name::Offers | Name::OffersFreed => vec![
            Property::sometimes("an offer is accepted", |_, state: &State| {
                has_entry(state, EntryKind::Acceptance)
            }),
            Property::sometimes(
                "an offer lapses, and its place is offered to the next",
                |_, state: &State| {
                    has_entry(state, EntryKind::Expiry) && status_of(state, 2) == Some(BookingStatus::Offered)
                },
            ),
            Property::sometimes("an offer is answered too late", |_, state: &State| {
                outcomes(state).any(|outcome| matches!(outcome, Outcome::Refused { .. }))
                    && has_entry(state, EntryKind::Expiry)
            }),
            Property::sometimes("an offer is past its end, and nobody has said so", |_, state: &State| {
                let mut bookings = state.database.bookings.values();
                bookings.any(|booking| booking.offer_end.is_some_and(|end| end < state.clock))
            }),
        ],
        Name::Verification | Name::Verifications => vec![
            Property::sometimes("a verification opens a gate", |protocol: &Protocol, state: &State| {
                let by_verification = |entry: &Entry| entry.by.is_some_and(|by| !is_booking(protocol, by));
                state.database.ledger.iter().any(by_verification)
            }),
            Property::sometimes("a booking waits for its verification", |_, state: &State| {
                count(state, BookingStatus::Pending) > 0
            }),
            Property::sometimes("a booking after its verification is a claim at once", |_, state: &State| {
                let at_once = |entry: &Entry| entry.by == Some(0) && entry.kind == EntryKind::Claim;
                state.database.ledger.iter().any(at_once)
            }),
        ],
    }
}

/// A repeat gets the first answer, whatever happened since.
fn repeated_after_cancellation(_: &Protocol, state: &State) -> bool {
    let told = state.clients.first().map(|client| &client.known);
    let Some(Known::Answered(Outcome::Repeated(answer))) = told else { return false };
    let booking = state.database.bookings.get(&answer.booking);
    booking.is_some_and(|booking| booking.status == BookingStatus::Closed)
}

/// A refusal is not kept for its key, since it changed nothing: a first attempt that was held up elsewhere can
/// still be done after its repeat was refused.
fn refused_and_done(_: &Protocol, state: &State) -> bool {
    state.clients.iter().enumerate().any(|(request, client)| {
        let refused = matches!(client.known, Known::Answered(Outcome::Refused { .. }));
        refused && state.database.has_done(crate::rules::small(request))
    })
}

fn status_of(state: &State, person: Person) -> Option<BookingStatus> {
    state.database.bookings.values().find(|booking| booking.person == person).map(|booking| booking.status)
}

fn has_entry(state: &State, kind: EntryKind) -> bool {
    state.database.ledger.iter().any(|entry| entry.kind == kind)
}

fn outcomes(state: &State) -> impl Iterator<Item = &Outcome> {
    state.clients.iter().filter_map(|client| match &client.known {
        Known::Answered(outcome) => Some(outcome),
        _ => None,
    })
}

fn is_booking(protocol: &Protocol, request: Request) -> bool {
    matches!(protocol.scene.asks[usize::from(request)], crate::state::Ask::Book(_))
}

fn holds_place(booking: &Booking) -> bool {
    matches!(booking.status, BookingStatus::Offered | BookingStatus::Confirmed)
}

fn count(state: &State, status: BookingStatus) -> usize {
    state.database.bookings.values().filter(|booking| booking.status == status).count()
}

fn places_taken(state: &State) -> usize {
    state.database.bookings.values().filter(|booking| holds_place(booking)).count()
}

fn capacity(protocol: &Protocol, state: &State) -> bool {
    places_taken(state) <= usize::from(protocol.scene.cohort.capacity)
}

/// Of two bookings, the second asked for after the first was answered: its form is not earlier, and where both
/// were claims at once, its version is greater.
fn answered_first(protocol: &Protocol, state: &State) -> bool {
    let made_by =
        |request: Request| state.database.bookings.iter().find(move |(id, _)| id.request == Some(request));
    let version_of = |request: Request| {
        let own = |entry: &&Entry| entry.by == Some(request) && entry.kind == EntryKind::Claim;
        state.database.ledger.iter().find(own).map(|entry| entry.version)
    };
    let in_order = |(later, client): (usize, &Client)| {
        let later = crate::rules::small(later);
        client.after.iter().all(|earlier| {
            if !is_booking(protocol, *earlier) || !is_booking(protocol, later) {
                return true;
            }
            let (Some((_, first)), Some((_, second))) = (made_by(*earlier), made_by(later)) else {
                return true;
            };
            let versions = version_of(*earlier).zip(version_of(later));
            first.submitted_at <= second.submitted_at && versions.is_none_or(|(first, second)| first < second)
        })
    };
    state.clients.iter().enumerate().all(in_order)
}

/// Whoever got a place while another waited ranked before them.
fn by_rank(_: &Protocol, state: &State) -> bool {
    let bookings = &state.database.bookings;
    let mut waiting = bookings.values().filter(|booking| booking.status == BookingStatus::Waiting);
    waiting.all(|waits| {
        let passed = |holder: &Booking| {
            holds_place(holder) && holder.rank > waits.rank && holder.placed_by > waits.ranked_by
        };
        !bookings.values().any(passed)
    })
}

fn not_lost(_: &Protocol, state: &State) -> bool {
    outcomes(state).all(|outcome| match outcome {
        Outcome::Done(answer) | Outcome::Repeated(answer) => is_kept(state, answer),
        Outcome::Refused { .. } | Outcome::Nothing => true,
    })
}

fn is_kept(state: &State, answer: &Answer) -> bool {
    let entry = |version: u8| {
        let entry = state.database.ledger.iter().find(|entry| entry.version == version);
        entry.is_some_and(|entry| entry.booking == Some(answer.booking))
    };
    state.database.bookings.contains_key(&answer.booking) && answer.version.is_none_or(entry)
}

fn once(_: &Protocol, state: &State) -> bool {
    (0..state.clients.len()).all(|request| state.database.effects(crate::rules::small(request)) <= 1)
}

fn first_answer(_: &Protocol, state: &State) -> bool {
    !outcomes(state).any(|outcome| matches!(outcome, Outcome::Refused { although_done: true }))
}

fn offers_exact(_: &Protocol, state: &State) -> bool {
    state.database.ledger.iter().all(|entry| match (entry.kind, entry.offer_end) {
        (EntryKind::Acceptance, Some(end)) => entry.really_at < end,
        (EntryKind::Expiry, Some(end)) => entry.really_at >= end,
        _ => true,
    })
}

fn no_free_place(protocol: &Protocol, state: &State) -> bool {
    let free = places_taken(state) < usize::from(protocol.scene.cohort.capacity);
    !(free && count(state, BookingStatus::Waiting) > 0)
}

fn no_open_gate(_: &Protocol, state: &State) -> bool {
    let verified = &state.database.verified;
    let seen =
        |booking: &Booking| booking.status != BookingStatus::Pending || !verified.contains(&booking.person);
    state.database.bookings.values().all(seen)
}

fn ledger(_: &Protocol, state: &State) -> bool {
    let database = &state.database;
    let gapless = database.ledger.iter().zip(1..).all(|(entry, version)| entry.version == version);
    let row = &database.row;
    gapless
        && usize::from(row.version) == database.ledger.len()
        && usize::from(row.places_taken) == places_taken(state)
        && usize::from(row.waiting) == count(state, BookingStatus::Waiting)
}

/// Nobody waits in a circle, and where nothing can happen any more nothing is under way.
fn nobody_stuck(protocol: &Protocol, state: &State) -> bool {
    if state.locks.has_circle() {
        return false;
    }
    let mut actions: Vec<Action> = Vec::new();
    protocol.actions(state, &mut actions);
    !actions.is_empty() || state.works.iter().all(Option::is_none)
}
