//! One cohort's ledger held against the rules of admission, entry by entry, by code of the simulation's own.

use super::facts::{ends_as, fits_of, stop, through_reserve};
use crate::Time;
use domain::admission::{
    AfterLapse, BookingStatus, ClosedReason, Decision, Entry, EntryKind, Fits, Rank, Vacancies, View,
};
use domain::ids::BookingId;
use std::collections::BTreeMap;

/// One booking as the ledger tells it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) status: BookingStatus,
    pub(super) rank: Rank,
    offer: Option<Time>,
    lapses: u32,
    pub(super) fits: Fits,
    /// Whether it was carried over and has had no offer yet (PRG-8).
    pub(super) carried: bool,
}

/// A cohort as far as the ledger tells.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    /// Whether the database's clock was ever set back.
    pub(crate) clock_was_set_back: bool,
    pub(super) bookings: BTreeMap<BookingId, Known>,
    /// When the last entry was written.
    pub(super) recorded_at: Option<Time>,
    sequence: u64,
    settled: bool,
}

/// What a rule says to an entry: a sentence where it is broken.
pub(crate) type Verdict = Result<(), String>;

pub(super) fn rule(holds: bool, broken: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(broken()) }
}

pub(super) fn is_given(status: BookingStatus) -> bool {
    matches!(status, BookingStatus::Offered | BookingStatus::Confirmed)
}

impl Fold {
    /// How many hold a place.
    pub(crate) fn held(&self) -> usize {
        let holds = |known: &&Known| {
            let ended = matches!(known.status, BookingStatus::Completed | BookingStatus::NotCompleted);
            ended || is_given(known.status)
        };
        self.bookings.values().filter(holds).count()
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.bookings.values().filter(|known| known.status == BookingStatus::Waiting).count()
    }

    /// Whether an offer is live at `now` though its end has passed.
    pub(crate) fn expired_live_offer(&self, now: Time) -> Option<BookingId> {
        let over = |known: &Known| {
            known.status == BookingStatus::Offered && known.offer.is_some_and(|end| end <= now)
        };
        self.bookings.iter().find(|(_, known)| over(known)).map(|(id, _)| *id)
    }

    /// Takes in an entry; `before` and `after` are the cohort before and after it.
    ///
    /// # Errors
    /// A sentence that names the rule that is broken.
    pub(crate) fn take(&mut self, entry: &Entry, before: Option<&View>, after: &View) -> Verdict {
        rule(self.recorded_at.is_none_or(|at| at <= entry.recorded_at), || {
            "ADM-12: an entry was recorded before the one before it".to_owned()
        })?;
        if let Some(before) = before {
            self.own_fact(entry, before)?;
            self.no_offer_is_overdue(entry)?;
        }
        let own = entry.decisions.iter().find(|decision| Some(decision.booking) == entry.booking).copied();
        if let (EntryKind::FitChanged, Some(id)) = (entry.kind, entry.booking) {
            self.fits_anew(id, entry)?;
        }
        if let Some(own) = own {
            self.follow_own(entry, own, after)?;
        }
        for decision in entry.decisions.iter().filter(|decision| Some(decision.booking) != entry.booking) {
            self.follow_other(entry, *decision, after)?;
        }
        self.recorded_at = Some(entry.recorded_at);
        let settles = after.settles();
        self.settled |= settles;
        self.places(after)?;
        if after.ended.is_none() {
            self.shares(after)?;
        }
        self.nobody_waits_beside_a_free_place(entry.recorded_at, after, settles)
    }

    /// ADM-5, ADM-11, ADM-15: what the fact itself needs.
    fn own_fact(&mut self, entry: &Entry, before: &View) -> Verdict {
        let known = entry.booking.and_then(|id| self.bookings.get(&id).cloned());
        let status = known.as_ref().map(|known| known.status);
        let offered = status == Some(BookingStatus::Offered);
        let end = known.and_then(|known| known.offer);
        match entry.kind {
            EntryKind::Claim | EntryKind::CarriedOver => self.claims(entry, status, before),
            EntryKind::Acceptance | EntryKind::Decline => {
                rule(offered, || "ADM-11: an answer without an offer".to_owned())?;
                rule(end.is_some_and(|end| entry.recorded_at < end), || {
                    "ADM-11: an offer was answered at or after its end".to_owned()
                })
            }
            EntryKind::Expiry => {
                rule(offered && end == Some(entry.moment) && entry.moment <= entry.recorded_at, || {
                    "ADM-11: an offer ended at another moment than it was made for".to_owned()
                })
            }
            EntryKind::Moved | EntryKind::Deferred | EntryKind::PassedOn => {
                rule(status == Some(BookingStatus::Confirmed), || {
                    "ADM-23: a place was left that was not confirmed".to_owned()
                })?;
                let passes = entry.kind == EntryKind::PassedOn && !before.waiting.is_empty();
                rule(!passes, || "ADM-23: a place was passed on while somebody waits".to_owned())
            }
            EntryKind::Withdrawal => rule(status == Some(BookingStatus::Waiting), || {
                "ADM-7: somebody left the waiting list who was not on it".to_owned()
            }),
            EntryKind::PlacedElsewhere => rule(offered || status == Some(BookingStatus::Waiting), || {
                "ADM-21: a choice ended that neither waited nor had an offer".to_owned()
            }),
            EntryKind::Cancellation | EntryKind::GateReopened | EntryKind::GateFailed => {
                let live = matches!(
                    status,
                    Some(BookingStatus::Waiting | BookingStatus::Offered | BookingStatus::Confirmed)
                );
                let confirmed = status == Some(BookingStatus::Confirmed);
                let gate = entry.kind != EntryKind::Cancellation;
                rule(live && !(gate && confirmed), || "ADM-15: a confirmed place was taken away".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// ADM-4, ADM-5, PRG-7.
    fn claims(&mut self, entry: &Entry, status: Option<BookingStatus>, before: &View) -> Verdict {
        self.sequence += 1;
        rule(entry.sequence == Some(self.sequence), || "ADM-5: the sequence of claims has a gap".to_owned())?;
        // A clock that was set back can be earlier than a form that came before.
        rule(entry.moment <= entry.recorded_at || self.clock_was_set_back, || {
            "ADM-4: a claim's moment lies in the future".to_owned()
        })?;
        rule(matches!(status, None | Some(BookingStatus::Pending)), || {
            "ADM-5: a booking claims twice".to_owned()
        })?;
        let closed = before.terms.has_closed(entry.moment)
            || before.first_session_at.is_some_and(|start| start <= entry.moment);
        // What was carried over has the moment of another cohort.
        rule(!closed || entry.kind == EntryKind::CarriedOver, || {
            "PRG-7: a claim of a moment after the closing".to_owned()
        })
    }

    /// ADM-11: what the clock has ended is entered before anything else happens.
    fn no_offer_is_overdue(&self, entry: &Entry) -> Verdict {
        if entry.kind == EntryKind::PlacedElsewhere {
            // It goes with the moment of that place, which may have been due in the other cohort before this offer's
            // end was in this one: no ledger tells of another cohort.
            return Ok(());
        }
        let is_due = matches!(
            entry.kind,
            EntryKind::Expiry
                | EntryKind::BookingOpened
                | EntryKind::BookingClosed
                | EntryKind::TastersSealed
                | EntryKind::CohortStarted
                | EntryKind::ReserveReleased
        ) || (entry.kind == EntryKind::Claim && entry.moment < entry.recorded_at);
        let limit = if is_due { entry.moment.min(entry.recorded_at) } else { entry.recorded_at };
        let overdue = self.bookings.iter().find(|(id, known)| {
            let over = known.status == BookingStatus::Offered && known.offer.is_some_and(|end| end < limit);
            over && entry.booking != Some(**id)
        });
        rule(overdue.is_none(), || {
            format!("ADM-11: {} happened while an offer was past its end: {overdue:?}", entry.kind.as_str())
        })
    }

    /// What becomes of the booking that the fact is about.
    fn follow_own(&mut self, entry: &Entry, decision: Decision, after: &View) -> Verdict {
        let id = decision.booking;
        match entry.kind {
            EntryKind::Claim | EntryKind::CarriedOver => {
                let submitted = entry.facts.get("submittedAt").and_then(|value| value.as_str());
                let submitted_at = submitted.and_then(domain::time::from_wire);
                let submitted_at = submitted_at.ok_or("ADM-12: a claim without its submission")?;
                rule(entry.imported_moment().is_some(), || {
                    "ADM-24: a mark without an earlier moment".to_owned()
                })?;
                let rank = Rank { moment: entry.moment, submitted_at, sequence: self.sequence };
                // Whose gate was opened again claims anew, and keeps the lapses of before (ADM-17).
                let lapses = self.bookings.get(&id).map_or(0, |known| known.lapses);
                let fits = fits_of(entry);
                let carried = entry.kind == EntryKind::CarriedOver;
                let status = BookingStatus::Waiting;
                let newcomer = Known { status, rank, offer: None, lapses, fits, carried };
                self.bookings.insert(id, newcomer);
                self.newcomer(entry, decision, after)
            }
            EntryKind::FitChanged => self.follow_other(entry, decision, after),
            EntryKind::Expiry => self.lapse(entry, decision, after),
            _ => {
                let expected = match entry.kind {
                    EntryKind::Acceptance => (BookingStatus::Confirmed, None),
                    EntryKind::Decline => (BookingStatus::Closed, Some(ClosedReason::Declined)),
                    EntryKind::Withdrawal | EntryKind::PlacedElsewhere => {
                        (BookingStatus::Closed, Some(ClosedReason::Withdrawn))
                    }
                    EntryKind::GateReopened => (BookingStatus::Pending, None),
                    EntryKind::GateFailed => (BookingStatus::Closed, Some(ClosedReason::NotEligible)),
                    _ => (decision.status, decision.closed_reason),
                };
                rule((decision.status, decision.closed_reason) == expected, || {
                    format!("ADM-7: {} leads to {decision:?}", entry.kind.as_str())
                })?;
                self.set(id, decision);
                Ok(())
            }
        }
    }

    /// ADM-7, ADM-17: confirmed only on a free place that nobody waits for; closed only where nobody may wait.
    fn newcomer(&mut self, entry: &Entry, decision: Decision, after: &View) -> Verdict {
        let fits = self.bookings.get(&decision.booking).map(|known| known.fits.clone()).unwrap_or_default();
        let waits_too = |(id, known): (&BookingId, &Known)| {
            known.status == BookingStatus::Waiting
                && *id != decision.booking
                && !through_reserve(after, &fits, &known.fits)
        };
        let others = self.bookings.iter().any(waits_too);
        match decision.status {
            BookingStatus::Confirmed if others && after.terms.vacancies == Vacancies::Offer => {
                return Err("ADM-17: a newcomer got a place while somebody waited".to_owned());
            }
            BookingStatus::Closed => {
                rule(decision.closed_reason == Some(ClosedReason::CohortFull), || {
                    format!("ADM-7: a claim was closed {:?}", decision.closed_reason)
                })?;
                let full = !after.has_place_for(&fits);
                rule(!after.terms.waiting_list && full, || {
                    "ADM-9: a claim was closed though it could wait or have a place".to_owned()
                })?;
            }
            _ => {}
        }
        if is_given(decision.status) {
            self.next_in_rank(decision.booking, after)?;
            self.is_asked(entry.recorded_at, decision, after)?;
            self.offer_is_exact(entry.recorded_at, decision, after)?;
        }
        self.set(decision.booking, decision);
        Ok(())
    }

    /// PRG-9: told of who waits or was offered a place.
    fn fits_anew(&mut self, id: BookingId, entry: &Entry) -> Verdict {
        let Some(known) = self.bookings.get_mut(&id) else {
            return Err("PRG-9: what fits without a claim".to_owned());
        };
        let undecided = matches!(known.status, BookingStatus::Waiting | BookingStatus::Offered);
        known.fits = fits_of(entry);
        rule(undecided, || "PRG-9: a place that is confirmed, or none, fits anew".to_owned())
    }

    /// ADM-17: closed, or once behind everyone who waits.
    fn lapse(&mut self, entry: &Entry, decision: Decision, after: &View) -> Verdict {
        let id = decision.booking;
        let Some(mut known) = self.bookings.get(&id).cloned() else { return Ok(()) };
        let closes = after.terms.after_lapse == AfterLapse::Close || known.lapses > 0;
        known.lapses += 1;
        known.carried = false;
        if closes {
            rule(decision.closed_reason == Some(ClosedReason::OfferExpired), || {
                "ADM-17: an offer that lapsed did not close its booking".to_owned()
            })?;
            self.bookings.insert(id, known);
            self.set(id, decision);
            return Ok(());
        }
        rule(decision.status != BookingStatus::Closed, || {
            "ADM-17: a first lapse closed a booking that goes behind the others".to_owned()
        })?;
        known.rank = Rank { moment: entry.moment, submitted_at: entry.moment, ..known.rank };
        known.status = BookingStatus::Waiting;
        self.bookings.insert(id, known.clone());
        // Who let theirs lapse at the same moment may be on either side.
        let lapsed_too = |waits: &Known| waits.lapses > 0 && waits.rank.moment == known.rank.moment;
        if is_given(decision.status) {
            let served = entry.decisions.iter().filter(|other| other.booking != id && is_given(other.status));
            let served: Vec<BookingId> = served.map(|other| other.booking).collect();
            let passed = self.bookings.iter().any(|(other, waits)| {
                let passed = waits.status == BookingStatus::Waiting && !served.contains(other);
                let behind = !through_reserve(after, &known.fits, &waits.fits);
                *other != id && passed && behind && !lapsed_too(waits)
            });
            rule(!passed, || "ADM-17: who let an offer lapse went before somebody who waits".to_owned())?;
            self.offer_is_exact(entry.recorded_at, decision, after)?;
        } else {
            let ahead = self.bookings.iter().find(|(other, waits)| {
                let waits_behind = waits.status == BookingStatus::Waiting && waits.rank > known.rank;
                **other != id && waits_behind && !lapsed_too(waits)
            });
            rule(ahead.is_none(), || {
                format!("ADM-17: {id} let an offer lapse and is before {ahead:?} who waits")
            })?;
        }
        self.set(id, decision);
        Ok(())
    }

    /// What becomes of others: they get places, in the order of their ranks, or the first settling closes them.
    fn follow_other(&mut self, entry: &Entry, decision: Decision, after: &View) -> Verdict {
        let id = decision.booking;
        let status = self.bookings.get(&id).map(|known| known.status);
        if let Some(fits) = ends_as(entry.kind, status, decision) {
            self.set(id, decision);
            return rule(fits, || format!("PRG-7: {} makes {decision:?} of {status:?}", entry.kind.as_str()));
        }
        let waited = self.bookings.get(&id).is_some_and(|known| known.status == BookingStatus::Waiting);
        rule(waited, || format!("ADM-7: {id} did not wait and was decided"))?;
        if is_given(decision.status) {
            self.next_in_rank(id, after)?;
            self.is_asked(entry.recorded_at, decision, after)?;
            self.offer_is_exact(entry.recorded_at, decision, after)?;
        } else {
            let first = decision.closed_reason == Some(ClosedReason::CohortFull)
                && !after.terms.waiting_list
                && !self.settled;
            rule(first, || format!("ADM-9: {id} waited and was closed {:?}", decision.closed_reason))?;
        }
        self.set(id, decision);
        Ok(())
    }

    /// ADM-8.
    fn places(&self, after: &View) -> Verdict {
        let (held, capacity) = (self.held(), after.terms.capacity.get() as usize);
        rule(held <= capacity, || format!("ADM-8: {held} places are held of {capacity}"))?;
        rule(held == after.places_taken as usize, || {
            format!("ADM-8: {held} places are held and {} are counted", after.places_taken)
        })?;
        rule(self.waiting() as u64 == after.waiting.len(), || {
            format!("ADM-7: {} wait and {} are counted", self.waiting(), after.waiting.len())
        })
    }

    /// ADM-7: no place is free while somebody waits, but before the first settling and after offers stop.
    pub(crate) fn nobody_waits_beside_a_free_place(&self, now: Time, view: &View, settles: bool) -> Verdict {
        let stopped = match view.terms.vacancies {
            Vacancies::Offer => stop(&view.terms, view.first_session_at),
            Vacancies::Automatic => view.first_session_at,
        };
        let goes_out = settles && stopped.is_none_or(|stop| now < stop);
        let waits = |known: &&Known| known.status == BookingStatus::Waiting;
        let left = self.bookings.values().filter(waits).find(|known| view.has_place_for(&known.fits));
        rule(!(goes_out && left.is_some()), || {
            format!("ADM-7: a place is free while somebody waits for it: {left:?}")
        })
    }

    fn set(&mut self, id: BookingId, decision: Decision) {
        if let Some(known) = self.bookings.get_mut(&id) {
            (known.status, known.offer) = (decision.status, decision.offer_expires_at);
        }
    }
}
