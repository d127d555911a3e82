//! What a seed is like: servers, people, cohorts, terms, faults. Each seed turns another part of it on.

use crate::Time;
use crate::faults::Faults;
use crate::store::rows::{DeskRow, Known, Person, Rows, Taster};
use chrono::{DateTime, TimeDelta};
use domain::admission::{
    AfterLapse, Capacity, Entry, Fits, GateTerms, OfferClock, Queue, Requirement, Reserve, SettlesFirst,
    Shares, Terms, Vacancies,
};
use domain::ids::{CohortId, PersonId, ReserveId, TasterId};
use fastrand::Rng;
use uuid::Uuid;

/// How the job that announces expired offers runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobRuns {
    /// Often.
    Often,
    /// Seldom.
    Late,
    /// Never.
    Never,
}

/// What a seed is like.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// Servers.
    pub(crate) servers: usize,
    /// Lanes of each desk.
    pub(crate) lanes: usize,
    /// Commands that may share a transaction.
    pub(crate) max_batch: usize,
    /// How many things are asked for.
    pub(crate) acts: u32,
    /// How many clients are at work at once, at most.
    pub(crate) at_once: usize,
    /// What each kind of act weighs.
    pub(crate) weights: Vec<u32>,
    /// How often each fault strikes.
    pub(crate) faults: Faults,
    /// Whether time passes by whole hours only, so that many things are due at one moment.
    pub(crate) by_the_hour: bool,
    /// The most that passes in a step, in microseconds.
    pub(crate) step_micros: i64,
    /// How often time leaps, in a thousand turns.
    pub(crate) leaps: u32,
    /// The job.
    pub(crate) job: JobRuns,
}

/// Monday 4 January 2027, nine o'clock.
pub(crate) fn beginning() -> Time {
    DateTime::from_timestamp(1_799_053_200, 0).unwrap_or_default()
}

/// A random moment so many hours from the beginning, on the hour.
pub(crate) fn hour(rng: &mut Rng, hours: std::ops::Range<i64>) -> Time {
    beginning() + TimeDelta::hours(rng.i64(hours))
}

impl Setup {
    /// One.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let by_the_hour = rng.u8(0..4) == 0;
        let weight = |rng: &mut Rng| if rng.u8(0..4) == 0 { 0 } else { rng.u32(1..=8) };
        Self {
            servers: rng.usize(1..=3),
            lanes: rng.usize(1..=2),
            max_batch: rng.usize(1..=6),
            acts: rng.u32(30..=80),
            at_once: rng.usize(1..=6),
            weights: (0..super::acts::KINDS).map(|_| weight(rng)).collect(),
            faults: if rng.u8(0..6) == 0 { Faults::none() } else { Faults::some(rng) },
            by_the_hour,
            step_micros: if by_the_hour { 0 } else { *pick(rng, &[0, 50_000, 60_000_000]) },
            leaps: rng.u32(1..=10),
            job: *pick(rng, &[JobRuns::Often, JobRuns::Late, JobRuns::Never]),
        }
    }
}

/// One of a list that is not empty.
pub(crate) fn pick<'a, T>(rng: &mut Rng, list: &'a [T]) -> &'a T {
    &list[rng.usize(0..list.len())]
}

/// The rows that a seed begins with.
pub(crate) fn rows(rng: &mut Rng) -> Rows {
    let mut rows = Rows::default();
    for n in 0..rng.u32(0..=2) {
        let id = TasterId(id(3, n));
        let ends_at = hour(rng, -30..60);
        rows.tasters.insert(id, Taster { id, ends_at, sealed_at: None });
    }
    let gate = GateTerms {
        requires_taster: !rows.tasters.is_empty() && rng.bool(),
        commits_to_all_sessions: rng.bool(),
        has_eligibility: rng.bool(),
        has_questions: rng.bool(),
        requires_manager_agreement: false,
        requires_nomination: false,
    };
    for n in 0..rng.u32(3..=8) {
        let id = PersonId(id(2, n));
        let known = *pick(rng, &[Known::Fits, Known::Fits, Known::Fits, Known::Unknown, Known::Unfit]);
        let email_verified_at = (rng.u8(0..3) > 0).then(|| beginning() - TimeDelta::days(9));
        let fits = fits(rng);
        rows.people.insert(id, Person { id, email_verified_at, known, fits });
    }
    for n in 0..*pick(rng, &[1, 2, 2, 2, 3]) {
        open_desk(&mut rows, rng, CohortId(id(1, n)), gate.requirements());
    }
    rows
}

/// An id that is easy to read: its kind and its number.
pub(crate) fn id(kind: u128, n: u32) -> Uuid {
    Uuid::from_u128(kind << 64 | u128::from(n))
}

fn open_desk(rows: &mut Rows, rng: &mut Rng, cohort: CohortId, gate: Vec<Requirement>) {
    let terms = terms(rng);
    let now = beginning();
    let mut row = DeskRow {
        cohort,
        opened: terms.has_opened(now),
        terms,
        places_taken: 0,
        waiting_count: 0,
        first_session_at: (rng.u8(0..3) > 0).then(|| hour(rng, 100..700)),
        sealed: false,
        closed: false,
        started: false,
        ended: None,
        version: 1,
        claim_sequence: 0,
        head_hash: String::new(),
        head_recorded_at: now,
        shares: Shares::default(),
        kinds: Vec::new(),
    };
    row.shares = Shares::new(&row.terms.reserves, now);
    let entry = Entry::created(&row.view(Queue::default()), now);
    row.head_hash.clone_from(&entry.entry_hash);
    rows.ledger.insert(cohort, vec![entry]);
    rows.desks.insert(cohort, row);
    rows.gates.insert(cohort, gate);
}

fn terms(rng: &mut Rng) -> Terms {
    let opens = (rng.u8(0..3) == 0).then(|| hour(rng, 1..30));
    let closes =
        (rng.u8(0..6) == 0).then(|| opens.unwrap_or(beginning()) + TimeDelta::hours(rng.i64(1..200)));
    Terms {
        capacity: Capacity::new(rng.i64(1..=3)).unwrap_or(Capacity::ONE),
        waiting_list: rng.u8(0..6) > 0,
        vacancies: *pick(rng, &[Vacancies::Offer, Vacancies::Offer, Vacancies::Automatic]),
        offer_window_hours: *pick(rng, &[1, 2, 24, 48]),
        offer_clock: *pick(rng, &[OfferClock::Plain, OfferClock::Plain, OfferClock::Humane]),
        offers_stop_hours: *pick(rng, &[0, 0, 1, 24]),
        after_lapse: *pick(rng, &[AfterLapse::Close, AfterLapse::Requeue]),
        settles_first: *pick(
            rng,
            &[SettlesFirst::AtOpening, SettlesFirst::AtOpening, SettlesFirst::TastersSealed],
        ),
        sealed_after_hours: rng.bool().then(|| rng.u32(0..=30)),
        booking_opens_at: opens,
        booking_closes_at: closes,
        reserves: (0..*pick(rng, &[0, 0, 1, 1, 2])).map(|n| reserve(rng, n)).collect(),
    }
}

fn reserve(rng: &mut Rng, n: u32) -> Reserve {
    Reserve { id: ReserveId(id(5, n)), places: 1, releases_at: hour(rng, 0..400) }
}

/// Some of the reserves that cohorts may have.
pub(crate) fn fits(rng: &mut Rng) -> Fits {
    (0..2).filter(|_| rng.bool()).map(|n| ReserveId(id(5, n))).collect()
}
