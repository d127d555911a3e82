use super::ledgers::write;
use super::*;
use crate::admission::{PositionCause, PositionTrace};

type Step = (u64, PositionCause, Option<u64>, Option<u64>);

fn trace(n: u128, facts: &[(Fact, i64)], view: View) -> Vec<Step> {
    let mut trace = PositionTrace::new(booking(n));
    let changes = write(view, facts).0.into_iter().filter_map(|entry| trace.follow(&entry));
    changes.map(|change| (change.version, change.cause, change.from, change.to)).collect()
}

/// ADM-22.
#[test]
fn each_change_of_position_states_its_cause() {
    use PositionCause::{Claimed, JoinedBefore, LeftBefore, Placed, PlacedBefore};
    let facts = [
        (claim(1, 0), 0),
        (claim(2, 10), 10),
        (claim(3, 11), 11),
        (claim(4, 12), 12),
        (claim(5, 13), 13),
        (claim(6, 5), 14),
        (Fact::Withdrawal { booking: booking(3), rank: rank(11, 3), fits: Fits::none() }, 15),
        (Fact::Withdrawal { booking: booking(5), rank: rank(13, 5), fits: Fits::none() }, 16),
        (Fact::Decline { booking: booking(1), fits: Fits::none() }, 17),
        (Fact::Acceptance { booking: booking(6) }, 18),
        (
            Fact::Cancellation {
                booking: booking(6),
                reason: ClosedReason::Declined,
                held: Held::Place,
                fits: Fits::none(),
            },
            19,
        ),
        (Fact::Decline { booking: booking(2), fits: Fits::none() }, 20),
    ];
    assert_eq!(
        trace(4, &facts, view(terms(1))),
        [
            (5, Claimed, None, Some(3)),
            (7, JoinedBefore, Some(3), Some(4)),
            (8, LeftBefore, Some(4), Some(3)),
            (10, PlacedBefore, Some(3), Some(2)),
            (12, PlacedBefore, Some(2), Some(1)),
            (13, Placed, Some(1), None),
        ]
    );
}

/// ADM-17, ADM-22.
#[test]
fn who_lets_an_offer_lapse_is_told_that_it_put_them_behind() {
    use PositionCause::{Claimed, Lapsed, Left, Placed};
    let requeues = Terms { after_lapse: AfterLapse::Requeue, ..terms(1) };
    let expiry =
        Fact::Expiry { booking: booking(2), due: at(100), lapses: 0, rank: rank(10, 2), fits: Fits::none() };
    let facts = [
        (claim(1, 0), 0),
        (claim(2, 10), 10),
        (claim(3, 11), 11),
        (claim(4, 12), 12),
        (Fact::Decline { booking: booking(1), fits: Fits::none() }, 20),
        (expiry, 101),
        (
            Fact::GateFailed {
                fits: Fits::none(),
                booking: booking(2),
                held: Held::Waiting(Rank { moment: at(100), submitted_at: at(100), sequence: 2 }),
            },
            102,
        ),
    ];
    assert_eq!(
        trace(2, &facts, view(requeues)),
        [
            (3, Claimed, None, Some(1)),
            (6, Placed, Some(1), None),
            (7, Lapsed, None, Some(2)),
            (8, Left, Some(2), None),
        ]
    );
}
