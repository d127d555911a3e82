//! Proposing a confirmed place to a colleague (ADM-23): when that can be, and for how long it stands.

use super::booking::BookingStatus;
use super::settle::View;
use super::transfer::{NoTransfer, may_leave};
use chrono::{DateTime, TimeDelta, Utc};

/// For how long a colleague can take a place over, unless booking closes or the cohort starts before.
pub const TAKEN_OVER_WITHIN: TimeDelta = TimeDelta::days(7);

/// How often a place is proposed, whoever the colleagues are: nobody's mailbox is filled through it.
pub const MOST_PROPOSED: u32 = 5;

/// How many proposals an email is sent within [`COUNTED_WITHIN`], whoever proposes whatever place.
pub const MOST_PROPOSED_TO: u64 = 6;

/// For how long a proposal counts towards [`MOST_PROPOSED_TO`].
pub const COUNTED_WITHIN: TimeDelta = TimeDelta::hours(24);

/// A place that is to be proposed to a colleague.
#[derive(Clone, Copy, Debug)]
pub struct Proposing<'a> {
    /// Where the booking stands.
    pub status: BookingStatus,
    /// Whether places of the cohort are passed on.
    pub allowed: bool,
    /// Whether the programme takes new bookings: the colleague's is one.
    pub published: bool,
    /// Whether the colleague is the participant.
    pub to_themselves: bool,
    /// How often it was proposed before.
    pub times: u32,
    /// How many proposals the colleague's email was sent within [`COUNTED_WITHIN`].
    pub sent_to_them: u64,
    /// The cohort.
    pub cohort: &'a View,
}

impl Proposing<'_> {
    /// Until when the colleague can take it over, where it can be proposed at `at`.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn ends(&self, at: DateTime<Utc>) -> Result<DateTime<Utc>, NoTransfer> {
        may_leave(self.status)?;
        let cohort = self.cohort;
        let refused = [
            (!self.allowed, NoTransfer::NotPassedOn),
            (!self.published, NoTransfer::NotPublished),
            (!cohort.takes_claim_of(at), NoTransfer::Closed),
            (!cohort.settles(), NoTransfer::NotGivenYet),
            (!cohort.waiting.is_empty(), NoTransfer::OthersWait),
            (self.to_themselves, NoTransfer::ToThemselves),
            (self.times >= MOST_PROPOSED, NoTransfer::TooOften),
            (self.sent_to_them >= MOST_PROPOSED_TO, NoTransfer::TooOftenToThem),
        ];
        match refused.into_iter().find(|(holds, _)| *holds) {
            Some((_, why)) => Err(why),
            None => Ok(cohort.proposal_ends(at + TAKEN_OVER_WITHIN)),
        }
    }
}

impl View {
    /// The end of a proposal: no claim is taken once booking has closed or the first session starts, also where that was
    /// set to be earlier meanwhile.
    pub fn proposal_ends(&self, end: DateTime<Utc>) -> DateTime<Utc> {
        let last = [self.terms.booking_closes_at, self.first_session_at];
        last.into_iter().flatten().fold(end, DateTime::min)
    }
}

/// Why a colleague can't take a place over with a token that was once sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoProposal {
    /// The place was taken over, taken back, or proposed to somebody else since.
    Used,
    /// It is too late.
    Expired,
}
