//! Which reserves a booking fits (PRG-9): noted while it is pending, an entry of the ledger once it is a claim.

use super::booking::Booking;
use super::evidence::Known;
use super::life::stored;
use super::sitting::Sitting;
use crate::catalogue::gates::cohort_gates;
use crate::{Origin, Result, Work};
use domain::admission::{BookingStatus, Fact, Fits, Refit};
use domain::ids::CohortId;

/// Notes that a booking fits these reserves now. Whose place is confirmed keeps what they fitted then.
pub(super) fn fit_again(sitting: &mut Sitting, origin: &Origin, booking: &Booking, fits: Fits) -> Result<()> {
    let sorts_by_fit = sitting.desk(booking.cohort_id)?.row.sorts_by_fit();
    let (before, id) = (booking.fits(), booking.id);
    if before == fits {
        if booking.fits.is_some() != sorts_by_fit {
            sitting.set_fits(id, sorts_by_fit.then_some(fits));
        }
        return Ok(());
    }
    sitting.set_fits(id, Some(fits.clone()));
    if let Some(refit) = refit_of(booking, fits) {
        sitting.enter(origin, booking.cohort_id, &Fact::FitChanged(refit), None)?;
    }
    Ok(())
}

fn refit_of(booking: &Booking, fits: Fits) -> Option<Refit> {
    let of_claim = (booking.lapses, booking.carries().is_some());
    Refit::of(booking.id, (booking.status, booking.rank), of_claim, booking.fits(), fits)
}

/// Looks at everybody in a cohort whose reserves are for others than before. Who is pending is noted; the claims that fit
/// others now are given back: who waits in the order of rank, then who holds a place.
pub(super) async fn fit_all_again(
    work: &Work,
    sitting: &mut Sitting,
    cohort: CohortId,
) -> Result<Vec<Refit>> {
    let live = stored(work, sitting, cohort, |status| status != BookingStatus::Closed).await?;
    let mut bookings: Vec<Booking> = live.iter().filter_map(|id| sitting.booking(*id)).cloned().collect();
    bookings.sort_by_key(|booking| (booking.status != BookingStatus::Waiting, booking.rank));
    let persons = bookings.iter().map(|booking| booking.person_id).collect();
    let told = bookings.iter().filter_map(|booking| booking.told.as_ref());
    let codes = told.filter_map(|told| told.organisation_ods_code.clone()).collect();
    let gates = cohort_gates(work, [cohort]).await?;
    // From here on everybody is looked at with the new rules.
    sitting.gates.extend(gates.clone());
    let known = Known::load(work, &persons, gates, codes, Vec::new()).await?;
    let mut refits = Vec::new();
    for booking in bookings {
        let fits = known.fits(&booking)?;
        refits.extend(refit_of(&booking, fits.clone()));
        if booking.fits.as_ref() != Some(&fits) {
            sitting.set_fits(booking.id, Some(fits));
        }
    }
    Ok(refits)
}
