use super::ledgers::write;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What may be tried at each step; a step that does not fit the state is passed over.
#[derive(Clone, Debug)]
enum Step {
    Claim { moment: i64, fits: u8 },
    Fit { pick: usize, fits: u8 },
    Reserve { places: u32, releases: i64 },
    Rule { places: u32, salt: u8 },
    Leave { pick: usize },
    Answer { pick: usize, accept: bool },
    Lapse { pick: usize },
    Capacity { places: i64 },
    Open,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..200i64, 0..4u8).prop_map(|(moment, fits)| Step::Claim { moment, fits }),
        1 => (any::<usize>(), 0..4u8).prop_map(|(pick, fits)| Step::Fit { pick, fits }),
        1 => (1..4u32, 0..600i64).prop_map(|(places, releases)| Step::Reserve { places, releases }),
        1 => (1..4u32, any::<u8>()).prop_map(|(places, salt)| Step::Rule { places, salt }),
        2 => any::<usize>().prop_map(|pick| Step::Leave { pick }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(pick, accept)| Step::Answer { pick, accept }),
        1 => any::<usize>().prop_map(|pick| Step::Lapse { pick }),
        1 => (1..6i64).prop_map(|places| Step::Capacity { places }),
        1 => Just(Step::Open),
    ];
    prop::collection::vec(step, 1..60)
}

#[derive(Clone, Debug)]
struct Known {
    status: BookingStatus,
    rank: Rank,
    lapses: u32,
    offer_ends: Option<DateTime<Utc>>,
    fits: Fits,
}

/// The reserves with these bits, of those that the cohort has.
fn fits_of(bits: u8, view: &View) -> Fits {
    let known = view.terms.reserves.iter().enumerate();
    known.filter(|(n, _)| bits & (1 << n) != 0).map(|(_, reserve)| reserve.id).collect()
}

/// Makes the fact that a step stands for, where it fits.
fn fact_of(step: &Step, known: &BTreeMap<BookingId, Known>, view: &View, minute: i64) -> Option<Fact> {
    let pick = |pick: usize, wanted: &[BookingStatus]| {
        let fitting: Vec<_> = known.iter().filter(|(_, k)| wanted.contains(&k.status)).collect();
        (!fitting.is_empty()).then(|| fitting[pick % fitting.len()]).map(|(id, k)| (*id, k.clone()))
    };
    use BookingStatus::{Confirmed, Offered, Waiting};
    Some(match step {
        Step::Claim { moment, fits } => {
            let moment = at((*moment).min(minute));
            let booking = booking(known.len() as u128 + 1);
            Fact::Claim { booking, moment, submitted_at: moment, fits: fits_of(*fits, view), imported: false }
        }
        Step::Fit { pick: n, fits } => {
            let (booking, k) = pick(*n, &[Waiting, Offered, Confirmed])?;
            Fact::FitChanged(refit(booking, &k, fits_of(*fits, view))?)
        }
        Step::Rule { places, salt } => {
            let mut terms = view.terms.clone();
            terms.reserves.first_mut()?.places = *places;
            let live = known.iter().filter(|(_, k)| matches!(k.status, Waiting | Offered | Confirmed));
            // Who fits by the new rule is anybody's guess, and stays the same when it is looked up again.
            let bits = |id: &BookingId| (id.0.as_u128() as u8).wrapping_mul(37) ^ salt;
            let refits = live.filter_map(|(id, k)| refit(*id, k, fits_of(bits(id), view))).collect();
            Fact::ReservesChanged { terms, refits }
        }
        Step::Reserve { places, releases } => {
            let mut terms = view.terms.clone();
            let changed = terms.reserves.first_mut()?;
            (changed.places, changed.releases_at) = (*places, at(*releases));
            Fact::TermsChanged { terms, first_session_at: None }
        }
        Step::Leave { pick: n } => {
            let (booking, k) = pick(*n, &[Waiting, Offered, Confirmed])?;
            match k.status {
                Waiting => Fact::Withdrawal { booking, rank: k.rank, fits: k.fits },
                _ => Fact::Cancellation {
                    booking,
                    reason: ClosedReason::CancelledByParticipant,
                    held: Held::Place,
                    fits: k.fits,
                },
            }
        }
        Step::Answer { pick: n, accept } => {
            let (booking, k) = pick(*n, &[Offered])?;
            if *accept { Fact::Acceptance { booking } } else { Fact::Decline { booking, fits: k.fits } }
        }
        Step::Lapse { pick: n } => {
            let (booking, k) = pick(*n, &[Offered])?;
            Fact::Expiry { booking, due: k.offer_ends?, lapses: k.lapses, rank: k.rank, fits: k.fits }
        }
        Step::Capacity { places } => {
            let capacity = Capacity::new(*places).unwrap();
            if capacity.get() < view.places_taken {
                return None;
            }
            let terms = Terms { capacity, ..view.terms.clone() };
            Fact::TermsChanged { terms, first_session_at: None }
        }
        Step::Open if !view.opened => Fact::BookingOpened,
        Step::Open => return None,
    })
}

fn refit(booking: BookingId, k: &Known, fits: Fits) -> Option<Refit> {
    Refit::of(booking, (k.status, Some(k.rank)), (k.lapses, false), k.fits.clone(), fits)
}

fn follow(known: &mut BTreeMap<BookingId, Known>, fact: &Fact, decisions: &[Decision]) {
    for decision in decisions {
        let rank = decision.rank.or(known.get(&decision.booking).map(|k| k.rank)).unwrap();
        let lapsed = matches!(fact, Fact::Expiry { booking, .. } if *booking == decision.booking);
        let lapses = known.get(&decision.booking).map_or(0, |k| k.lapses) + u32::from(lapsed);
        let offer_ends = decision.offer_expires_at;
        let fits = known.get(&decision.booking).map(|k| k.fits.clone()).unwrap_or_default();
        known.insert(decision.booking, Known { status: decision.status, rank, lapses, offer_ends, fits });
    }
    let mut fit = |booking: &BookingId, fits: &Fits| known.get_mut(booking).unwrap().fits.clone_from(fits);
    match fact {
        Fact::Claim { booking, fits, .. } => fit(booking, fits),
        Fact::FitChanged(refit) => fit(&refit.booking, &refit.fits),
        Fact::ReservesChanged { refits, .. } => refits.iter().for_each(|one| fit(&one.booking, &one.fits)),
        _ => {}
    }
}

fn check(
    view: &View,
    known: &BTreeMap<BookingId, Known>,
    decisions: &[Decision],
    before: &BTreeMap<BookingId, Known>,
) {
    let count = |wanted: &[BookingStatus]| known.values().filter(|k| wanted.contains(&k.status)).count();
    use BookingStatus::{Confirmed, Offered, Waiting};
    let held = count(&[Confirmed, Offered]);
    assert!(held <= view.terms.capacity.get() as usize, "ADM-8");
    assert_eq!(held, view.places_taken as usize);
    assert_eq!(count(&[Waiting]) as u64, view.waiting.len());
    let room =
        |fits: &Fits| view.terms.reserves.iter().any(|r| fits.contains(r.id) && view.shares.room(r) > 0);
    if view.settles() && view.places_free() > 0 {
        let left =
            known.values().find(|k| k.status == Waiting && (view.places_open_to_all() > 0 || room(&k.fits)));
        assert!(left.is_none(), "ADM-7: a free place while somebody waits for it: {left:?}");
    }
    let holders = || known.values().filter(|k| matches!(k.status, Confirmed | Offered));
    for reserve in view.terms.reserves.iter().filter(|r| !view.shares.is_released(r.id)) {
        let fitting = holders().filter(|k| k.fits.contains(reserve.id)).count() as u32;
        let counted = view.shares.counted_in(reserve.id);
        assert!(counted <= fitting.min(reserve.places), "PRG-9: counts more than there are");
        if view.terms.reserves.len() == 1 {
            assert_eq!(counted, fitting.min(reserve.places), "PRG-9: a least share, not an extra");
        }
    }
    // ADM-9: whoever waits still was not passed over by a later rank that was given a place now, except through a
    // reserve that they don't fit.
    let live = |k: &Known| {
        let unreleased = k.fits.iter().filter(|id| !view.shares.is_released(*id));
        unreleased.filter(|id| view.terms.reserves.iter().any(|r| r.id == *id)).collect::<Vec<_>>()
    };
    let given = decisions.iter().filter(|d| matches!(d.status, Confirmed | Offered));
    for decision in given.filter(|d| before.get(&d.booking).is_none_or(|k| k.status == Waiting)) {
        let given = &known[&decision.booking];
        let passed = known.values().find(|k| {
            let through_reserve = live(given).iter().any(|id| !k.fits.contains(*id));
            k.status == Waiting && k.rank < given.rank && !through_reserve
        });
        assert!(passed.is_none(), "ADM-9: {passed:?} was passed over by {given:?}");
        if live(given).is_empty() {
            let kept: u32 = view.terms.reserves.iter().map(|r| view.shares.room(r)).sum();
            assert!(view.places_free() >= kept, "PRG-9: a place that is kept back went to who does not fit");
        }
    }
}

fn run(steps: &[Step], terms: Terms, window: bool) -> (Vec<(Fact, i64)>, Vec<Vec<Decision>>) {
    let mut view = view(terms);
    let mut known = BTreeMap::new();
    let (mut facts, mut all) = (Vec::new(), Vec::new());
    for (n, step) in steps.iter().enumerate() {
        let minute = n as i64 * 10;
        if window && n % BATCH == 0 {
            narrow(&mut view, &known, &steps[n..steps.len().min(n + BATCH)], minute);
        }
        let released = |due: &DueFact| matches!(due.fact, Fact::ReserveReleased { .. });
        let due = due_facts(&view, &Due::default(), at(minute)).into_iter().filter(released);
        let due: Vec<Option<Fact>> = due.map(|due| Some(due.fact)).chain([None]).collect();
        for fact in due {
            let Some(fact) = fact.or_else(|| fact_of(step, &known, &view, minute)) else { continue };
            let before = known.clone();
            let decisions = view.apply(&fact, at(minute)).unwrap();
            follow(&mut known, &fact, &decisions);
            check(&view, &known, &decisions, &before);
            facts.push((fact, minute));
            all.push(decisions.into_iter().collect());
        }
    }
    (facts, all)
}

/// How many facts share a sitting.
const BATCH: usize = 4;

/// Leaves only as much of the waiting list's heads as the desk loads for these steps.
fn narrow(view: &mut View, known: &BTreeMap<BookingId, Known>, batch: &[Step], minute: i64) {
    let whole = |step: &Step| {
        matches!(step, Step::Open | Step::Capacity { .. } | Step::Reserve { .. } | Step::Rule { .. })
    };
    let whole = batch.iter().any(whole);
    let mut lines: BTreeMap<Fits, Vec<(Rank, Waiter)>> = BTreeMap::new();
    for (id, k) in known.iter().filter(|(_, k)| k.status == BookingStatus::Waiting) {
        lines
            .entry(k.fits.clone())
            .or_default()
            .push((k.rank, Waiter { booking: *id, lapses: k.lapses, carried: false }));
    }
    let counts = lines.iter().map(|(fits, line)| (fits.clone(), line.len() as u64));
    view.waiting = Queue::unloaded(counts.collect::<Vec<_>>());
    let frees = |step: &&Step| !matches!(step, Step::Claim { .. });
    let freed = batch.iter().filter(frees).count() as u64;
    let last = at(minute + 10 * BATCH as i64);
    for (fits, mut line) in lines {
        line.sort_by_key(|(rank, _)| *rank);
        let all = line.len();
        let needed = view.heads_needed(&Due::default(), freed, &fits, last) as usize;
        line.truncate(if whole { all } else { needed });
        let beyond = (all - line.len()) as u64;
        view.waiting.load(fits, line, beyond);
    }
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let one = (1..4u32, 0..600i64);
    let reserves = prop::collection::vec(one, 0..3);
    (1..5i64, any::<bool>(), any::<bool>(), any::<bool>(), reserves).prop_map(
        |(capacity, automatic, requeue, gathers, reserves)| Terms {
            reserves: (0..).zip(reserves).map(|(n, (places, end))| reserve(n, places, end)).collect(),
            vacancies: if automatic { Vacancies::Automatic } else { Vacancies::Offer },
            after_lapse: if requeue { AfterLapse::Requeue } else { AfterLapse::Close },
            booking_opens_at: gathers.then(|| at(300)),
            ..terms(capacity)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// ADM-7, ADM-8, ADM-9: whatever happens, in whatever order.
    #[test]
    fn places_are_never_more_than_there_are_and_nobody_is_passed_over(steps in steps(), terms in any_terms()) {
        run(&steps, terms, false);
    }

    /// ADM-7: what the desk loads of a waiting list is enough, and changes no decision.
    #[test]
    fn the_head_of_the_waiting_list_decides_as_the_whole_would(steps in steps(), terms in any_terms()) {
        prop_assert_eq!(run(&steps, terms.clone(), false).1, run(&steps, terms, true).1);
    }

    /// ADM-12.
    #[test]
    fn any_ledger_replays_to_the_state_that_wrote_it(steps in steps(), terms in any_terms()) {
        let (facts, _) = run(&steps, terms.clone(), false);
        let (entries, end) = write(view(terms), &facts);
        let outcome = replay(&entries).unwrap().unwrap();
        prop_assert_eq!(outcome.view.places_taken, end.places_taken);
        prop_assert_eq!(outcome.view.waiting.len(), end.waiting.len());
        prop_assert_eq!(outcome.view.shares, end.shares);
        prop_assert_eq!(outcome.version as usize, facts.len() + 1);
    }
}
