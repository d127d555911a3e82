//! What follows from an entry of the ledger: for a booking, its mails, and the audit trail.

use super::booking::{Booking, ClaimReceipt};
use super::desk_row::DeskRow;
use super::sitting::DeskKey;
use crate::Origin;
use crate::governance::{AuditActor, AuditRow};
use crate::messaging::{MailKind, OutboxRow};
use domain::admission::{ClosedReason, Decision, Entry, EntryKind, Rank, Waiter};

pub(super) fn follow_decision(booking: &mut Booking, entry: &Entry, decision: &Decision) {
    let own = entry.booking == Some(booking.id);
    booking.status = decision.status;
    booking.closed_reason = decision.closed_reason;
    booking.offer_expires_at = decision.offer_expires_at;
    booking.cohort_version = Some(entry.version);
    booking.claim_due_at = None;
    if decision.rank.is_some() {
        booking.rank = decision.rank;
    }
    match entry.kind {
        EntryKind::Claim | EntryKind::CarriedOver if own => {
            booking.claim = entry.sequence.map(|sequence| ClaimReceipt {
                sequence,
                moment: entry.moment,
                ledger_version: entry.version,
                entry_hash: entry.entry_hash.clone(),
                previous_hash: entry.previous_hash.clone(),
            });
        }
        EntryKind::Expiry if own => booking.lapses += 1,
        EntryKind::GateReopened if own => {
            booking.claim = None;
            booking.rank = None;
            // What was carried over is gone with the claim: a later one is like any other.
            booking.carried_from = None;
        }
        _ => {}
    }
}

/// Whether the participant ended the booking: signed in, or with the token of a mail.
pub(super) fn done_by_themselves(booking: &Booking, origin: &Origin) -> bool {
    let by_participant = match origin.actor {
        AuditActor::Person(person) => person == booking.person_id,
        AuditActor::Anonymous => true,
        AuditActor::Client(_) | AuditActor::Job | AuditActor::Operator => false,
    };
    let their_own = matches!(
        booking.closed_reason,
        Some(ClosedReason::Withdrawn | ClosedReason::Declined | ClosedReason::CancelledByParticipant)
    );
    by_participant && their_own
}

pub(super) fn mail_about(booking: &Booking, kind: MailKind, token_id: Option<uuid::Uuid>) -> OutboxRow {
    OutboxRow {
        academy_id: Some(booking.academy_id),
        kind,
        person_id: booking.person_id,
        booking_id: Some(booking.id),
        token_id,
        refs: serde_json::json!({
            "status": booking.status.as_str(),
            "closedReason": booking.closed_reason.map(ClosedReason::as_str),
            "offerExpiresAt": booking.offer_expires_at.map(domain::time::wire),
        }),
    }
}

pub(super) fn audit_row(key: DeskKey, entry: &Entry) -> AuditRow {
    let (subject_kind, subject_id) = match entry.booking {
        Some(booking) => ("booking", booking.0),
        None => ("cohort", key.cohort_id.0),
    };
    AuditRow {
        academy_id: Some(key.academy_id),
        action: entry.kind.as_str(),
        subject_kind,
        subject_id: Some(subject_id),
        detail: serde_json::json!({
            "cohortId": key.cohort_id.to_string(),
            "version": entry.version,
            "decisions": entry.decisions_json(),
        }),
    }
}

/// What the public sees change: whether places are free, and whether anybody waits.
pub(super) fn public_state(row: &DeskRow) -> (bool, bool, bool) {
    let reserved = || !row.terms.reserves.is_empty() && row.places_open_to_all() > 0;
    (row.places_free() > 0, reserved(), row.waiting_count > 0)
}

pub(super) fn waiter(booking: &Booking) -> Option<(Rank, Waiter)> {
    let carried = booking.carries().is_some();
    booking.rank.map(|rank| (rank, Waiter { booking: booking.id, lapses: booking.lapses, carried }))
}
