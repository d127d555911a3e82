//! What several cohorts have to do with each other: forms, moves, carrying over. Looked at after every commit.

use super::fold::{Verdict, rule};
use crate::store::rows::{Booking, Rows, Write};
use domain::admission::{
    BookingStatus, CarryOver, ClosedReason, Entry, EntryKind, Transfer, WhenPlaced, carried_from,
};
use domain::ids::{BookingId, CohortId, FormId};
use std::collections::BTreeMap;

/// What a booking is beside the others of its form, and beside the one that it took the stead of.
pub(super) fn stands_beside_others(rows: &Rows, booking: &Booking) -> Verdict {
    let Some(choice) = booking.choice else { return Ok(()) };
    let when_placed = rows.forms.get(&choice.form);
    let when_placed = when_placed.ok_or_else(|| format!("ADM-21: no form for {booking:?}"))?;
    let of_form = |other: &&Booking| other.choice.is_some_and(|other| other.form == choice.form);
    if *when_placed == WhenPlaced::KeepOthers {
        return Ok(());
    }
    let all: Vec<&Booking> = rows.bookings.values().filter(of_form).collect();
    let placed: Vec<&&Booking> = all.iter().filter(|other| other.holds_for_good()).collect();
    rule(placed.len() <= 1, || format!("ADM-21: a form has two places: {placed:?}"))?;
    let lives_on = all.iter().find(|other| other.is_undecided());
    rule(placed.is_empty() || lives_on.is_none(), || {
        format!("ADM-21: {lives_on:?} lives on beside the place of its form, {placed:?}")
    })
}

/// What an entry of one cohort means for what stands in the others.
pub(super) fn goes_with_other_cohorts(rows: &Rows, entry: &Entry) -> Verdict {
    let Some(booking) = entry.booking.and_then(|id| rows.bookings.get(&id)) else { return Ok(()) };
    match entry.kind {
        EntryKind::Moved => left_for_another(rows, booking, Transfer::Moved),
        EntryKind::Deferred => left_for_another(rows, booking, Transfer::Deferred),
        EntryKind::PlacedElsewhere => ended_by_a_place(rows, booking),
        EntryKind::CarriedOver => carried_once(rows, entry, booking),
        _ => Ok(()),
    }
}

/// ADM-23: nobody loses a place for nothing: the claim that took its stead is there with it, confirmed at once where it
/// was a move.
fn left_for_another(rows: &Rows, left: &Booking, how: Transfer) -> Verdict {
    let joined = left.left_for.and_then(|id| rows.bookings.get(&id));
    let joined = joined.ok_or_else(|| format!("ADM-23: a place was left for nothing: {left:?}"))?;
    let other = joined.person == left.person && joined.cohort != left.cohort;
    rule(other, || format!("ADM-23: {left:?} was left for {joined:?}"))?;
    let claim = entry_of(rows, joined.cohort, EntryKind::Claim, joined.id);
    let status = claim.and_then(|claim| claim.decisions.iter().find(|one| one.booking == joined.id));
    let status = status.map(|decision| decision.status);
    rule(status.is_some() && (how == Transfer::Deferred || status == Some(BookingStatus::Confirmed)), || {
        format!("ADM-23: a place was left for {joined:?}, which became {status:?}")
    })
}

/// ADM-21: a choice ends because another one has a place, and was to end then.
fn ended_by_a_place(rows: &Rows, ended: &Booking) -> Verdict {
    let closed = (ended.status, ended.closed_reason);
    rule(closed == (BookingStatus::Closed, Some(ClosedReason::Withdrawn)), || {
        format!("ADM-21: a choice that ended is {ended:?}")
    })?;
    let choice = ended.choice.ok_or_else(|| format!("ADM-21: {ended:?} is no choice and was ended"))?;
    let ends = rows.forms.get(&choice.form) == Some(&WhenPlaced::EndOthers);
    rule(ends, || format!("ADM-21: {ended:?} was to be kept"))?;
    // It can have been given up again since, in the same transaction.
    let was_placed = rows.bookings.values().any(|other| {
        let same = other.choice.is_some_and(|other| other.form == choice.form);
        same && other.id != ended.id && was_confirmed(rows, other)
    });
    rule(was_placed, || format!("ADM-21: {ended:?} was ended and no other choice has a place"))
}

fn was_confirmed(rows: &Rows, booking: &Booking) -> bool {
    let entries = rows.ledger.get(&booking.cohort).into_iter().flatten();
    let mut decisions = entries.flat_map(|entry| &entry.decisions);
    decisions.any(|one| one.booking == booking.id && one.status == BookingStatus::Confirmed)
}

/// PRG-8: with the rank of before, once, and only who wished for it and was left without a place.
fn carried_once(rows: &Rows, entry: &Entry, carried: &Booking) -> Verdict {
    let from = carried_from(entry).and_then(|id| rows.bookings.get(&id));
    let from = from.ok_or_else(|| format!("PRG-8: {carried:?} is carried over from nothing"))?;
    let known = from.person == carried.person && from.cohort != carried.cohort;
    let left =
        matches!(from.closed_reason, Some(ClosedReason::BookingClosed | ClosedReason::CohortCancelled));
    rule(known && left && from.carry_over == CarryOver::Done, || {
        format!("PRG-8: {carried:?} is carried over from {from:?}")
    })?;
    let others = rows.bookings.values().filter(|one| one.carried_from == Some(from.id));
    rule(others.count() <= 1, || format!("PRG-8: {from:?} is carried over twice"))?;
    let Some(rank) = from.rank else { return Ok(()) };
    rule(entry.moment == rank.moment, || {
        format!("PRG-8: {carried:?} has the moment {}, not {}", entry.moment, rank.moment)
    })
}

/// ADM-21: in one transaction nothing is given to a choice after another one of its form got a place, not for a moment:
/// so that who got places by one fact leave the waiting lists before an offer goes on that one of them held.
pub(super) fn nothing_after_a_place(rows: &Rows, writes: &[Write]) -> Verdict {
    let mut placed: BTreeMap<FormId, (BookingId, usize)> = BTreeMap::new();
    let mut went_on = 0;
    for (n, entry) in writes.iter().filter_map(entry_in).enumerate() {
        let ended = entry.booking.filter(|_| entry.kind == EntryKind::PlacedElsewhere);
        let held = ended.and_then(|id| Some((rows.bookings.get(&id)?.status, form_of(rows, writes, id)?)));
        match held {
            Some((BookingStatus::Offered, _)) => went_on = n,
            Some((BookingStatus::Waiting, form)) => {
                let before = placed.get(&form).is_some_and(|(_, at)| *at < went_on);
                rule(!before, || format!("ADM-21: an offer went on while {ended:?} still waited"))?;
            }
            _ => {}
        }
        for decision in &entry.decisions {
            let Some(form) = form_of(rows, writes, decision.booking) else { continue };
            let other = placed.get(&form).is_some_and(|(known, _)| *known != decision.booking);
            let given = matches!(decision.status, BookingStatus::Offered | BookingStatus::Confirmed);
            rule(!(given && other), || {
                format!("ADM-21: {} is given a place after another choice got one", decision.booking)
            })?;
            if decision.status == BookingStatus::Confirmed {
                placed.insert(form, (decision.booking, n));
            }
        }
    }
    Ok(())
}

fn entry_in(write: &Write) -> Option<&Entry> {
    if let Write::Entry(_, entry) = write { Some(entry) } else { None }
}

/// The form of a booking whose place ends the other choices, as it is with these writes.
fn form_of(rows: &Rows, writes: &[Write], id: BookingId) -> Option<FormId> {
    let written = writes.iter().find_map(|write| match write {
        Write::Booking(booking) if booking.id == id => Some(booking.choice),
        _ => None,
    });
    let form = written.or_else(|| rows.bookings.get(&id).map(|booking| booking.choice))??.form;
    let told = writes.iter().find_map(|write| match write {
        Write::Form(of, chosen) if *of == form => Some(*chosen),
        _ => None,
    });
    let chosen = told.or_else(|| rows.forms.get(&form).copied());
    (chosen == Some(WhenPlaced::EndOthers)).then_some(form)
}

fn entry_of(rows: &Rows, cohort: CohortId, kind: EntryKind, booking: BookingId) -> Option<&Entry> {
    let entries = rows.ledger.get(&cohort)?;
    entries.iter().find(|entry| entry.kind == kind && entry.booking == Some(booking))
}
