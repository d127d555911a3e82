//! What people, staff and clients ask for, at random, about what is there.

use super::setup::{fits, hour, id, pick};
use crate::Time;
use crate::ctx::State;
use crate::shell::command::{Book, Change, Command, Direct, Leave, Ranked, Request};
use crate::store::rows::{Booking, Choice, Known};
use chrono::TimeDelta;
use domain::admission::WhenPlaced::{EndOthers, KeepOthers};
use domain::admission::{BookingStatus, Transfer};
use domain::ids::{BookingId, CohortId, FormId, PersonId, TasterId};
use fastrand::Rng;

/// How many kinds of acts there are.
pub(crate) const KINDS: usize = 19;

/// The kind that ranks several cohorts with one form.
const RANKED: usize = 16;

/// Makes a request, where there is anything to ask for.
pub(crate) fn make(state: &mut State) -> Option<Request> {
    let kind = kind(&mut state.rng, &state.setup.weights);
    match kind {
        0..=3 => Some(Request::Desk(Command::Book(book(state)))),
        4 => cancel(state),
        5..=8 => answer(state),
        9 => Some(Request::Direct(Direct::Verify { person: person(state) })),
        10 | 11 | 14 => at_taster(state, kind == 11),
        12 => {
            let known = *pick(&mut state.rng, &[Known::Fits, Known::Fits, Known::Unknown, Known::Unfit]);
            Some(Request::Direct(Direct::Facts { person: person(state), known, fits: fits(&mut state.rng) }))
        }
        13 => {
            let cohort = cohort(state);
            let change = change(state, cohort);
            Some(Request::Direct(Direct::Terms { cohort, change }))
        }
        RANKED | 17 => Some(Request::Desk(Command::Ranked(Box::new(ranked(state))))),
        18 => leave(state),
        _ if state.rng.bool() => Some(Request::Direct(dates(state))),
        _ => None,
    }
}

fn kind(rng: &mut Rng, weights: &[u32]) -> usize {
    // Without anybody who books nothing else happens; and little does where the dates never rest.
    if rng.u8(0..5) == 0 {
        return *pick(rng, &[0, RANKED]);
    }
    let first = weights.iter().take(4).sum::<u32>() == 0;
    let sum: u32 = weights.iter().sum::<u32>() + u32::from(first);
    let mut left = rng.u32(0..sum.max(1));
    for (kind, weight) in weights.iter().enumerate() {
        if left < *weight {
            return kind;
        }
        left -= weight;
    }
    0
}

fn person(state: &mut State) -> PersonId {
    let n = state.rng.usize(0..state.db.rows.people.len());
    state.db.rows.people.keys().nth(n).copied().unwrap_or(PersonId(id(2, 0)))
}

fn cohort(state: &mut State) -> CohortId {
    let n = state.rng.usize(0..state.db.rows.desks.len());
    state.db.rows.desks.keys().nth(n).copied().unwrap_or(CohortId(id(1, 0)))
}

fn taster(state: &mut State) -> Option<TasterId> {
    let list: Vec<TasterId> = state.db.rows.tasters.keys().copied().collect();
    (!list.is_empty()).then(|| *pick(&mut state.rng, &list))
}

fn book(state: &mut State) -> Book {
    let n = state.new_id();
    let code = if state.rng.u8(0..3) == 0 { taster(state) } else { None };
    Book {
        id: BookingId(uuid::Uuid::from_u128(4 << 64 | u128::from(n))),
        cohort: cohort(state),
        person: person(state),
        vouched: state.rng.u8(0..4) == 0,
        commits: state.rng.u8(0..8) > 0,
        code: code.map(|taster| (taster, state.rng.u8(0..6) > 0)),
        choice: None,
        carry_over: state.rng.u8(0..3) == 0,
    }
}

/// A form for some of the cohorts, in any order.
fn ranked(state: &mut State) -> Ranked {
    let form = FormId(id(6, u32::try_from(state.new_id()).unwrap_or(0)));
    let mut cohorts: Vec<CohortId> = state.db.rows.desks.keys().copied().collect();
    state.rng.shuffle(&mut cohorts);
    let many =
        if state.rng.u8(0..8) == 0 { 1 } else { state.rng.usize(cohorts.len().min(2)..=cohorts.len()) };
    let asked = book(state);
    let mut rows = cohorts.into_iter().take(many).zip(1..).map(|(cohort, preference)| {
        let n = state.new_id();
        Book {
            id: BookingId(uuid::Uuid::from_u128(4 << 64 | u128::from(n))),
            cohort,
            code: asked.code.filter(|_| preference == 1),
            choice: Some(Choice { form, preference }),
            ..asked.clone()
        }
    });
    let first = rows.next().unwrap_or_else(|| asked.clone());
    let others = rows.collect();
    let when_placed = *pick(&mut state.rng, &[EndOthers, EndOthers, EndOthers, KeepOthers]);
    Ranked { form, when_placed, first, others }
}

/// A place is left for another cohort, where there is one.
fn leave(state: &mut State) -> Option<Request> {
    let left = booking(state, &[BookingStatus::Confirmed])?;
    let others = state.db.rows.desks.keys().copied().filter(|cohort| *cohort != left.cohort);
    let others: Vec<CohortId> = others.collect();
    let cohort = *(!others.is_empty()).then(|| pick(&mut state.rng, &others))?;
    let to = Book { cohort, person: left.person, code: None, ..book(state) };
    let how = *pick(&mut state.rng, &[Transfer::Moved, Transfer::Moved, Transfer::Deferred]);
    let academy = state.rng.bool();
    let leave = Leave { booking: left.id, cohort: left.cohort, how, academy, to };
    Some(Request::Desk(Command::Leave(Box::new(leave))))
}

/// A booking, one of these statuses if there is one.
fn booking(state: &mut State, wanted: &[BookingStatus]) -> Option<Booking> {
    let all: Vec<&Booking> = state.db.rows.bookings.values().collect();
    let fitting: Vec<&Booking> = all.iter().copied().filter(|b| wanted.contains(&b.status)).collect();
    let list = if state.rng.u8(0..10) == 0 { all } else { fitting };
    (!list.is_empty()).then(|| (*pick(&mut state.rng, &list)).clone())
}

fn cancel(state: &mut State) -> Option<Request> {
    use BookingStatus::{Confirmed, Offered, Pending, Waiting};
    let one = *pick(&mut state.rng, &[Confirmed, Confirmed, Offered, Pending, Waiting]);
    let booking = booking(state, &[one])?;
    let academy = state.rng.bool();
    Some(Request::Desk(Command::Cancel { booking: booking.id, cohort: booking.cohort, academy }))
}

fn answer(state: &mut State) -> Option<Request> {
    let booking = booking(state, &[BookingStatus::Offered])?;
    let accept = state.rng.u8(0..3) > 0;
    // Who answers by the token of a mail answers the offer that it was sent for, which may be an earlier one.
    let with_token = state.rng.bool();
    let offers = state.checker.offers_of(booking.id);
    let offer_end = if with_token && !offers.is_empty() {
        Some(*pick(&mut state.rng, &offers))
    } else {
        booking.offer_expires_at.filter(|_| with_token)
    };
    Some(Request::Desk(Command::Answer { booking: booking.id, cohort: booking.cohort, accept, offer_end }))
}

fn at_taster(state: &mut State, corrected: bool) -> Option<Request> {
    if corrected {
        let held: Vec<_> = state.db.rows.attendance.keys().copied().collect();
        let (person, taster, _) = *(!held.is_empty()).then(|| pick(&mut state.rng, &held))?;
        return Some(Request::Direct(Direct::Remove { taster, person }));
    }
    let taster = taster(state)?;
    if state.rng.u8(0..3) == 0 {
        return Some(Request::Direct(Direct::CheckIn { taster, person: person(state) }));
    }
    let mut people: Vec<PersonId> = (0..state.rng.u8(1..=4)).map(|_| person(state)).collect();
    people.sort_unstable();
    people.dedup();
    Some(Request::Direct(Direct::Attend { taster, people }))
}

fn change(state: &mut State, cohort: CohortId) -> Change {
    let desk = state.db.rows.desks.get(&cohort).cloned();
    let opens = desk.and_then(|desk| desk.terms.booking_opens_at);
    let now = state.db_now();
    let rng = &mut state.rng;
    match rng.u8(0..17) {
        0..=4 => Change::Capacity(rng.i64(-1..=2)),
        16 => Change::Capacity(3),
        5 => Change::WaitingList(rng.u8(0..3) > 0),
        6 | 15 => Change::Vacancies,
        7 => Change::AfterLapse,
        8 => Change::SettlesFirst,
        9 => Change::OpensAt(rng.bool().then(|| near(rng, now))),
        10 => {
            let closes = (rng.u8(0..3) == 0).then(|| near(rng, now));
            Change::ClosesAt(closes.filter(|at| opens.is_none_or(|opens| opens < *at)))
        }
        // A closing that passed, and is taken back: what came too late is in time.
        14 => Change::ClosesAt(None),
        11 | 12 => Change::Reserve(rng.usize(0..2), rng.u32(1..=2), near(rng, now)),
        _ => Change::Offers(*pick(rng, &[1, 2, 24, 48]), *pick(rng, &[0, 1, 24])),
    }
}

/// A moment about now, on the hour.
fn near(rng: &mut Rng, now: Time) -> Time {
    let hours = (now - super::setup::beginning()).num_hours();
    hour(rng, hours - 5..hours + 60)
}

fn dates(state: &mut State) -> Direct {
    let now = state.db_now();
    match (state.rng.u8(0..8), taster(state)) {
        (0..=2, Some(taster)) => Direct::Seal { taster },
        (3 | 4, Some(taster)) => Direct::Move { taster, ends_at: near(&mut state.rng, now) },
        (5, _) if state.rng.u8(0..4) == 0 => {
            let cohort = cohort(state);
            match state.rng.u8(0..4) {
                0 => Direct::Cancel { cohort },
                1 => Direct::Close { cohort },
                _ => Direct::Complete { cohort },
            }
        }
        _ => {
            let cohort = cohort(state);
            let start = (state.rng.u8(0..4) > 0).then(|| {
                // Nobody sets a start that has passed.
                near(&mut state.rng, now).max(now) + TimeDelta::hours(state.rng.i64(1..300))
            });
            Direct::FirstSession { cohort, start }
        }
    }
}
