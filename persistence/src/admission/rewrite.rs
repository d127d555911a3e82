//! A booking is corrected (ADM-22).

use super::booking::{self, Told};
use super::command::BookingRecord;
use super::managers::name_again;
use super::reassess::{look_again, row, sit};
use super::record::record_in;
use crate::identity::participants::participants;
use crate::{Result, StoreError, Work};
use domain::admission::{BookingStatus, NotNamed};
use domain::identity::EmailAddress;
use domain::ids::BookingId;

/// What a correction of a booking changes (ADM-22); it never moves a claim.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    /// The revision that it was made for.
    pub expected_revision: i64,
    /// The answers, whole.
    pub answers: Option<serde_json::Map<String, serde_json::Value>>,
    /// What the booker says of the participant, whole.
    pub told: Option<Told>,
    /// The booker's own reference; `Some(None)` clears it.
    pub external_reference: Option<Option<String>>,
    /// Whether the participant wishes to go on into the next cohort (PRG-8).
    pub carry_over: Option<bool>,
    /// Whom the participant names as their manager now (ADM-20).
    pub manager: Option<EmailAddress>,
}

/// What became of a correction.
#[derive(Debug)]
pub enum Rewritten {
    /// The booking as it is now.
    Done(Box<BookingRecord>),
    /// It is over.
    NotLive,
    /// Somebody else changed it meanwhile.
    Stale,
    /// That manager can't be named.
    NotNamed(NotNamed),
}

/// Corrects a booking and looks at its gate again.
///
/// # Errors
/// When the database refuses.
pub async fn rewrite_booking(work: &mut Work, id: BookingId, rewrite: Rewrite) -> Result<Rewritten> {
    let found = booking::booking(work, id).await?;
    let found = found.ok_or_else(|| StoreError::corrupt("booking", "id", id))?;
    let people = participants(work, [found.person_id]).await?;
    let keys = people.values().map(|participant| participant.email_key.as_str());
    work.lock_persons(keys.chain(rewrite.manager.as_ref().map(EmailAddress::key))).await?;
    let mut sitting = sit(work, std::slice::from_ref(&found)).await?;
    match sitting.booking(id) {
        None => return Ok(Rewritten::NotLive),
        Some(booking) if booking.status == BookingStatus::Closed => return Ok(Rewritten::NotLive),
        Some(booking) if booking.revision != rewrite.expected_revision => return Ok(Rewritten::Stale),
        Some(_) => {}
    }
    if let Some(manager) = &rewrite.manager {
        let gate = sitting.gates.get(&found.cohort_id).cloned();
        let gate = gate.ok_or_else(|| StoreError::corrupt("cohort", "id", found.cohort_id))?;
        if let Err(why) = name_again(work, &gate, &found, manager).await? {
            return Ok(Rewritten::NotNamed(why));
        }
    }
    let origin = work.origin.clone();
    let now = sitting.now;
    sitting.change(id, |booking| {
        if let Some(answers) = rewrite.answers {
            booking.answers = answers;
        }
        if let Some(mut told) = rewrite.told {
            told.asked_at = booking.imported_since();
            told.corrected_at = booking.told.as_ref().and_then(|before| before.corrected_at);
            if booking.told.as_ref().is_none_or(|before| !before.tells_the_facts_of(&told)) {
                told.corrected_at = Some(now);
            }
            booking.told = Some(told);
        }
        if let Some(reference) = rewrite.external_reference {
            booking.external_reference = reference;
        }
        if let Some(wished) = rewrite.carry_over {
            booking.carry_over = booking.carry_over.wish(wished);
        }
    });
    sitting.audit(&origin, row("booking_corrected", &found, "correction"));
    look_again(work, &mut sitting, &[id]).await?;
    sitting.write(work).await?;
    let booking = sitting.booking(id).cloned().unwrap_or(found);
    Ok(Rewritten::Done(Box::new(record_in(work, &sitting, booking).await?)))
}
