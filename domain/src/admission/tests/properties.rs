use super::ledgers::write;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What may be tried at each step; a step that does not fit the state is passed over.
#[derive(Clone, Debug)]
enum Step {
    Claim { moment: i64 },
    Leave { pick: usize },
    Answer { pick: usize, accept: bool },
    Lapse { pick: usize },
    Capacity { places: i64 },
    Open,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..200i64).prop_map(|moment| Step::Claim { moment }),
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
}

/// Makes the fact that a step stands for, where it fits.
fn fact_of(step: &Step, known: &BTreeMap<BookingId, Known>, view: &View, minute: i64) -> Option<Fact> {
    let pick = |pick: usize, wanted: &[BookingStatus]| {
        let fitting: Vec<_> = known.iter().filter(|(_, k)| wanted.contains(&k.status)).collect();
        (!fitting.is_empty()).then(|| fitting[pick % fitting.len()]).map(|(id, k)| (*id, k.clone()))
    };
    use BookingStatus::{Confirmed, Offered, Waiting};
    Some(match step {
        Step::Claim { moment } => {
            let n = known.len() as u128 + 1;
            claim(n, (*moment).min(minute))
        }
        Step::Leave { pick: n } => {
            let (booking, k) = pick(*n, &[Waiting, Offered, Confirmed])?;
            match k.status {
                Waiting => Fact::Withdrawal { booking, rank: k.rank },
                _ => Fact::Cancellation {
                    booking,
                    reason: ClosedReason::CancelledByParticipant,
                    held: Held::Place,
                },
            }
        }
        Step::Answer { pick: n, accept } => {
            let (booking, _) = pick(*n, &[Offered])?;
            if *accept { Fact::Acceptance { booking } } else { Fact::Decline { booking } }
        }
        Step::Lapse { pick: n } => {
            let (booking, k) = pick(*n, &[Offered])?;
            Fact::Expiry { booking, due: k.offer_ends?, lapses: k.lapses, rank: k.rank }
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

fn follow(known: &mut BTreeMap<BookingId, Known>, fact: &Fact, decisions: &[Decision]) {
    for decision in decisions {
        let rank = decision.rank.or(known.get(&decision.booking).map(|k| k.rank)).unwrap();
        let lapsed = matches!(fact, Fact::Expiry { booking, .. } if *booking == decision.booking);
        let lapses = known.get(&decision.booking).map_or(0, |k| k.lapses) + u32::from(lapsed);
        let offer_ends = decision.offer_expires_at;
        known.insert(decision.booking, Known { status: decision.status, rank, lapses, offer_ends });
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
    if view.settles() {
        assert!(
            view.places_free() == 0 || view.waiting.is_empty(),
            "ADM-7: a free place while somebody waits"
        );
    }
    // ADM-9: whoever waits still was not passed over by a later rank that was given a place now.
    let given = decisions.iter().filter(|d| matches!(d.status, Confirmed | Offered));
    for decision in given.filter(|d| before.get(&d.booking).is_none_or(|k| k.status == Waiting)) {
        let best = known.values().filter(|k| k.status == Waiting).map(|k| k.rank).min();
        assert!(best.is_none_or(|best| known[&decision.booking].rank < best), "ADM-9");
    }
}

fn run(steps: &[Step], terms: Terms, window: bool) -> (Vec<(Fact, i64)>, Vec<Vec<Decision>>) {
    let mut view = view(terms);
    let mut known = BTreeMap::new();
    let (mut facts, mut all) = (Vec::new(), Vec::new());
    for (n, step) in steps.iter().enumerate() {
        let minute = n as i64 * 10;
        if window && n % BATCH == 0 {
            narrow(&mut view, &known, &steps[n..steps.len().min(n + BATCH)]);
        }
        let Some(fact) = fact_of(step, &known, &view, minute) else { continue };
        let before = known.clone();
        let decisions = view.apply(&fact, at(minute)).unwrap();
        follow(&mut known, &fact, &decisions);
        check(&view, &known, &decisions, &before);
        facts.push((fact, minute));
        all.push(decisions.into_iter().collect());
    }
    (facts, all)
}

/// How many facts share a sitting.
const BATCH: usize = 4;

/// Leaves only as much of the waiting list's head as the desk loads for these steps.
fn narrow(view: &mut View, known: &BTreeMap<BookingId, Known>, batch: &[Step]) {
    let opening = batch.iter().any(|step| matches!(step, Step::Open | Step::Capacity { .. }));
    let needed = if opening { usize::MAX } else { view.places_free() as usize + batch.len() };
    let mut waiting: Vec<(Rank, Waiter)> = known
        .iter()
        .filter(|(_, k)| k.status == BookingStatus::Waiting)
        .map(|(id, k)| (k.rank, Waiter { booking: *id, lapses: k.lapses }))
        .collect();
    waiting.sort_by_key(|(rank, _)| *rank);
    let all = waiting.len() as u64;
    waiting.truncate(needed);
    view.waiting = Queue::new(waiting.clone(), all - waiting.len() as u64);
}

fn any_terms() -> impl Strategy<Value = Terms> {
    (1..5i64, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(capacity, automatic, requeue, gathers)| Terms {
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
        prop_assert_eq!(outcome.version as usize, facts.len() + 1);
    }
}
