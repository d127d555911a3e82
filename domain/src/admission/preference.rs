//! One joining form that ranks several cohorts of a programme (ADM-21): what taking a place in one does to the others.

use super::booking::{BookingStatus, ClosedReason};
use super::fact::{Fact, Held};
use super::leaving::Cancelling;
use super::ledger::Entry;
use super::queue::Rank;
use super::replay::{Disagreement, Standing, differs, reason};
use super::reserves::Fits;
use crate::ids::{BookingId, FormId};
use std::collections::BTreeMap;

/// How many cohorts one form can rank.
pub const MOST_CHOICES: usize = 10;

/// What a person chose for their other requests once one of them has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhenPlaced {
    /// They end, those preferred to it too.
    EndOthers,
    /// They stay as they are.
    KeepOthers,
}

impl WhenPlaced {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::EndOthers, Self::KeepOthers];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EndOthers => "end_others",
            Self::KeepOthers => "keep_others",
        }
    }

    /// The choice with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == word)
    }
}

/// A place that one choice of a form gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Of which form, one whose other claims end.
    pub form: FormId,
    /// Which choice, counted from 1.
    pub preference: u32,
    /// Whose booking.
    pub booking: BookingId,
}

/// Where several cohorts give out places at one moment: the bookings that give way because a cohort that the person
/// prefers would confirm them too, each with the booking that it gives way to. What they leave goes to the next in
/// rank, so that this is asked again until nobody gives way.
pub fn gives_way(placed: &[Placed]) -> Vec<(BookingId, BookingId)> {
    let mut best: BTreeMap<FormId, Placed> = BTreeMap::new();
    for one in placed {
        let known = best.entry(one.form).or_insert(*one);
        if one.preference < known.preference {
            *known = *one;
        }
    }
    let to_best = |one: &Placed| Some((one.booking, best.get(&one.form)?.booking));
    placed.iter().filter_map(to_best).filter(|(own, best)| own != best).collect()
}

/// How a choice ends because another of its form has a place; `None` where it is decided already. Nothing that is
/// confirmed is ever ended by it.
pub fn makes_way(
    booking: BookingId,
    (status, rank): (BookingStatus, Option<Rank>),
    fits: Fits,
) -> Option<Cancelling> {
    let held = match (status, rank) {
        (BookingStatus::Pending, _) => return Some(Cancelling::Closes(ClosedReason::Withdrawn)),
        (BookingStatus::Waiting, Some(rank)) => Held::Waiting(rank),
        (BookingStatus::Offered, _) => Held::Place,
        _ => return None,
    };
    Some(Cancelling::Settles(Fact::PlacedElsewhere { booking, held, fits }))
}

/// The order in which bookings end because another choice has a place: those that only wait before those that hold an
/// offer. The place that was offered goes on at once, and must find nobody waiting who got a place by the same fact.
pub fn in_order_of_ending<T>(mut ending: Vec<T>, status: impl Fn(&T) -> Option<BookingStatus>) -> Vec<T> {
    ending.sort_by_key(|one| status(one) == Some(BookingStatus::Offered));
    ending
}

/// The fact behind a kept entry of a booking that ended because another choice of its form got a place (ADM-12): it held
/// no confirmed place.
pub(super) fn placed_elsewhere(standing: &Standing, held: Held, entry: &Entry) -> Result<Fact, Disagreement> {
    let undecided = matches!(standing.status, BookingStatus::Waiting | BookingStatus::Offered);
    let booking = entry.booking.filter(|_| undecided);
    let booking = booking.ok_or_else(|| differs(entry, "the booking neither waits nor has an offer"))?;
    reason(entry)?;
    Ok(Fact::PlacedElsewhere { booking, held, fits: standing.fits.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn placed(form: u128, preference: u32, booking: u128) -> Placed {
        Placed {
            form: FormId(Uuid::from_u128(form)),
            preference,
            booking: BookingId(Uuid::from_u128(booking)),
        }
    }

    fn id(n: u128) -> BookingId {
        BookingId(Uuid::from_u128(n))
    }

    /// ADM-21.
    #[test]
    fn of_several_places_at_one_moment_the_most_preferred_is_taken() {
        let all = [placed(1, 2, 12), placed(1, 1, 11), placed(2, 3, 23), placed(1, 3, 13), placed(3, 1, 31)];
        assert_eq!(gives_way(&all), [(id(12), id(11)), (id(13), id(11))]);
        assert!(gives_way(&all[1..3]).is_empty());
    }

    /// ADM-21.
    #[test]
    fn a_choice_that_is_undecided_makes_way_and_a_place_never_does() {
        let at = chrono::DateTime::UNIX_EPOCH;
        let rank = Rank { moment: at, submitted_at: at, sequence: 1 };
        let ends = |status, rank| makes_way(id(1), (status, rank), Fits::none());
        let settles = |held| {
            Some(Cancelling::Settles(Fact::PlacedElsewhere { booking: id(1), held, fits: Fits::none() }))
        };
        assert_eq!(ends(BookingStatus::Pending, None), Some(Cancelling::Closes(ClosedReason::Withdrawn)));
        assert_eq!(ends(BookingStatus::Waiting, Some(rank)), settles(Held::Waiting(rank)));
        assert_eq!(ends(BookingStatus::Offered, Some(rank)), settles(Held::Place));
        for decided in [BookingStatus::Confirmed, BookingStatus::Completed, BookingStatus::Closed] {
            assert_eq!(ends(decided, Some(rank)), None);
        }
    }

    /// ADM-21.
    #[test]
    fn who_only_waits_leaves_before_an_offer_that_ends_goes_on() {
        let statuses = [BookingStatus::Offered, BookingStatus::Waiting, BookingStatus::Pending];
        let ordered = in_order_of_ending(vec![0, 1, 2], |n| statuses.get(*n).copied());
        assert_eq!(ordered, [1, 2, 0]);
    }

    /// ADM-21.
    #[test]
    fn each_choice_has_one_word() {
        for choice in WhenPlaced::ALL {
            assert_eq!(WhenPlaced::parse(choice.as_str()), Some(choice));
        }
    }
}
