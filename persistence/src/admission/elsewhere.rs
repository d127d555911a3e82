//! A taster's code that comes with a booking shows an attendance that may open the gates of the person's other
//! bookings as well, in whatever cohort (ADM-2).

use super::batch::Batch;
use super::booking::{self, Booking};
use super::command::Book;
use super::reassess::look_over;
use super::sitting::Sitting;
use crate::rows::{self, Kind, Row};
use crate::{Access, Origin, Result, StoreError, Work};
use domain::admission::BookingStatus;
use domain::ids::{BookingId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// What a batch knows of the other bookings of those who bring a code.
pub(super) struct Elsewhere {
    /// Which are pending.
    pending: Vec<BookingId>,
    /// The organisations that whoever made them told of.
    pub(super) ods_codes: Vec<String>,
    /// Whose attendance the code of the last booking showed.
    pub(super) shown: Option<PersonId>,
}

impl Elsewhere {
    /// Puts them at hand, as they are under the locks.
    pub(super) async fn load(work: &Work, books: &[&Book], sitting: &mut Sitting) -> Result<Self> {
        let found = pending_of_code_bringers(work, books).await?;
        let told = found.iter().filter_map(|booking| booking.told.as_ref());
        let ods_codes = told.filter_map(|told| told.organisation_ods_code.clone()).collect();
        let pending: Vec<BookingId> = found.iter().map(|booking| booking.id).collect();
        sitting.take(found);
        sitting.watch(work, &pending).await?;
        Ok(Self { pending, ods_codes, shown: None })
    }
}

impl Batch {
    /// Looks at the gates that the code of a booking opened besides its own, before anybody else's turn (ADM-2).
    pub(super) fn look_at_others(&mut self, origin: &Origin, made: BookingId) -> Result<()> {
        let Some(person) = self.elsewhere.shown.take() else { return Ok(()) };
        let at_hand = self.elsewhere.pending.iter().filter_map(|id| self.sitting.booking(*id));
        let made_here = self.live.values().filter_map(|live| self.sitting.booking(live.id));
        let theirs = |booking: &&Booking| {
            booking.person_id == person && booking.id != made && booking.status == BookingStatus::Pending
        };
        let others: BTreeMap<BookingId, Booking> =
            at_hand.chain(made_here).filter(theirs).map(|booking| (booking.id, booking.clone())).collect();
        if others.values().any(|booking| self.sitting.desk(booking.cohort_id).is_err()) {
            return Err(StoreError::Unavailable("a booking was made since the locks were chosen".to_owned()));
        }
        look_over(&mut self.sitting, &self.known, origin, others.into_values().collect())?;
        Ok(())
    }
}

/// The pending bookings of those who bring a taster's code. Read before the locks it tells which cohorts have to be
/// locked; read again under them, it is so.
pub(super) async fn pending_of_code_bringers(work: &Work, books: &[&Book]) -> Result<Vec<Booking>> {
    let with_code = books.iter().filter(|book| book.taster_code.is_some());
    let addresses: BTreeSet<&str> = with_code.map(|book| book.booker.email_key()).collect();
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let source = rows::source(work.backend(), &[("address", Kind::Text)]);
    let text = format!(
        "SELECT {} FROM {source} JOIN person_email e ON e.address = r.address \
         JOIN booking b ON b.person_id = e.person_id WHERE b.status = 'pending'",
        booking::SELECTED
    );
    let named = addresses.into_iter().map(|key| Row::default().text("address", key.to_owned())).collect();
    booking::query(work.connection(), text, [rows::parameter(named)]).await
}
