//! What is known of a participant, put together for the gate (after `persistence::admission::evidence`).

use crate::Time;
use crate::store::rows::{Booking, Person, Rows};
use crate::store::work::{Result, StoreError, Work};
use domain::admission::{
    Attended, EligibilityLook, EmailStanding, Evidence, Fits, Look, ManagerStanding, Requirement, View, look,
};
use std::collections::BTreeMap;

/// The gate of one booking as it stands at `now`, as a transaction sees it.
///
/// # Errors
/// When a row is missing.
pub(crate) fn look_at(work: &Work, booking: &Booking, now: Time) -> Result<Look> {
    let requirements = work.read(|rows| rows.gates.get(&booking.cohort).cloned());
    let requirements = requirements.ok_or(StoreError::Corrupt)?;
    let person = work.person(booking.person).ok_or(StoreError::Corrupt)?;
    let attended = work.attendances(booking.person);
    let evidence = evidence(booking, &requirements, person.email_verified_at, person.known.look(), &attended);
    Ok(look(&requirements, &evidence, now))
}

/// The reserves of a cohort that somebody fits (PRG-9).
pub(crate) fn fits_of(cohort: &View, person: &Person) -> Fits {
    let known = cohort.terms.reserves.iter().map(|reserve| reserve.id);
    known.filter(|id| person.fits.contains(*id)).collect()
}

/// The gate over what is committed: for the observer.
pub(crate) fn look_at_committed(rows: &Rows, booking: &Booking, now: Time) -> Option<Look> {
    let requirements = rows.gates.get(&booking.cohort)?;
    let person = rows.people.get(&booking.person)?;
    let of_person = rows.attendance.iter().filter(|((who, ..), _)| *who == booking.person);
    let attended = of_person.map(|(key, from)| (*key, *from)).collect();
    let evidence = evidence(booking, requirements, person.email_verified_at, person.known.look(), &attended);
    Some(look(requirements, &evidence, now))
}

fn evidence(
    booking: &Booking,
    requirements: &[Requirement],
    verified_at: Option<Time>,
    eligibility: EligibilityLook,
    attended: &BTreeMap<crate::store::rows::AttendanceKey, Time>,
) -> Evidence {
    let email = match verified_at {
        Some(at) => EmailStanding::Verified(at),
        None if booking.vouched => EmailStanding::Vouched,
        None => EmailStanding::Unverified,
    };
    let email_is_sure = email != EmailStanding::Unverified;
    // What is held by email counts for who has proved it, or is vouched for; what they showed counts at once.
    let counts = attended.iter().filter(|((.., shown), _)| *shown || email_is_sure);
    let rules = requirements.contains(&Requirement::Eligible);
    Evidence {
        submitted_at: booking.submitted_at,
        received_at: booking.submitted_at,
        email,
        attended: counts
            .map(|((_, taster, _), from)| Attended { taster: *taster, effective_at: *from })
            .collect(),
        eligibility: if rules { eligibility } else { EligibilityLook::Met },
        eligible_since: booking.eligible_since,
        commits_to_all_sessions: true,
        waived: Vec::new(),
        manager: ManagerStanding::NotNamed,
        nominated_at: None,
    }
}
