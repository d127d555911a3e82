//! Which reserves a booking fits (PRG-9): noted while it is pending, an entry of its own once it is a claim.

use super::booking::Booking;
use super::evidence::Known;
use super::life::stored;
use super::sitting::Sitting;
use crate::catalogue::gates::cohort_gates;
use crate::{Origin, Result, Work};
use domain::admission::{BookingStatus, Fact, Fits, Held};
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
    let held = match (booking.status, booking.rank) {
        (BookingStatus::Waiting, Some(rank)) => Some(Held::Waiting(rank)),
        (BookingStatus::Offered | BookingStatus::Confirmed, _) => Some(Held::Place),
        _ => None,
    };
    sitting.set_fits(id, Some(fits.clone()));
    if let Some(held) = held {
        let (lapses, carried) = (booking.lapses, booking.carries().is_some());
        let fact = Fact::FitChanged { booking: id, held, lapses, carried, before, fits };
        sitting.enter(origin, booking.cohort_id, &fact, None)?;
    }
    Ok(())
}

/// Looks at everybody in a cohort whose reserves are for others than before: first those who hold a place, since they
/// make up its share, then those who wait, by rank.
pub(super) async fn fit_all_again(work: &Work, sitting: &mut Sitting, cohort: CohortId) -> Result<()> {
    let live = stored(work, sitting, cohort, |status| status != BookingStatus::Closed).await?;
    let mut bookings: Vec<Booking> = live.iter().filter_map(|id| sitting.booking(*id)).cloned().collect();
    bookings.sort_by_key(|booking| (booking.status == BookingStatus::Waiting, booking.rank));
    let persons = bookings.iter().map(|booking| booking.person_id).collect();
    let told = bookings.iter().filter_map(|booking| booking.told.as_ref());
    let codes = told.filter_map(|told| told.organisation_ods_code.clone()).collect();
    let gates = cohort_gates(work, [cohort]).await?;
    // From here on everybody is looked at with the new rules.
    sitting.gates.extend(gates.clone());
    let known = Known::load(work, &persons, gates, codes, Vec::new()).await?;
    let origin = work.origin.clone();
    for booking in bookings {
        // Who was given a place by an entry before this one holds it now.
        let Some(booking) = sitting.booking(booking.id).cloned() else { continue };
        let fits = known.fits(&booking)?;
        fit_again(sitting, &origin, &booking, fits)?;
    }
    Ok(())
}
