//! Reading one booking (ADM-13).

use super::view::{BookingView, booking_etag, booking_view};
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::path::{BookingPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::get;
use domain::identity::{Action, Resource, sees_clashes};
use domain::ids::BookingId;
use persistence::Access;
use persistence::admission::{Booking, BookingRecord, booking, clashes_now, records};

/// What a booking is to permissions.
pub(super) fn resource_of(booking: &Booking) -> Resource {
    Resource::Booking {
        academy_id: booking.academy_id,
        person_id: booking.person_id,
        booked_by_client: booking.booked_by_client,
    }
}

/// A booking that the caller may do this to, or 404 or 403.
pub(super) async fn permitted(
    app: &Shared,
    caller: &Caller,
    id: BookingId,
    action: Action,
) -> Result<Booking, Problem> {
    let found = booking(&app.store.reader(), id).await?;
    let Some(found) = found else { return Err(missing(caller)) };
    caller.require(action, &resource_of(&found))?;
    Ok(found)
}

/// What isn't there looks like what may not be known: sign in first, then 404.
pub(super) fn missing(caller: &Caller) -> Problem {
    match caller.actor {
        domain::identity::Actor::Anonymous => Problem::new(Code::Unauthenticated),
        _ => Problem::new(Code::NotFound),
    }
}

/// The booking as it stands now, with all that is due entered first.
pub(super) async fn current(app: &Shared, found: Booking) -> Result<BookingRecord, Problem> {
    app.enter_due(&[found.cohort_id]).await?;
    let reader = app.store.reader();
    let again = booking(&reader, found.id).await?.unwrap_or(found);
    let now = reader.now().await?;
    let record = records(&reader, vec![again], now).await?.pop();
    record.ok_or_else(|| Problem::new(Code::NotFound))
}

/// What overlaps with the caller's other places, in their own bookings that can still be kept or given up (PRG-6).
pub(super) async fn note_clashes(
    db: &impl Access,
    caller: &Caller,
    records: &mut [BookingRecord],
) -> Result<(), Problem> {
    let told = |record: &&mut BookingRecord| {
        record.booking.status.is_live() && sees_clashes(&caller.actor, record.booking.person_id)
    };
    let own: Vec<&mut BookingRecord> = records.iter_mut().filter(told).collect();
    if own.is_empty() {
        return Ok(());
    }
    let place = |record: &BookingRecord| (record.booking.person_id, record.booking.cohort_id);
    let asked: Vec<_> = own.iter().map(|record| place(record)).collect();
    let mut found = clashes_now(db, &asked).await?;
    for record in own {
        record.clashes = found.remove(&place(record)).unwrap_or_default();
    }
    Ok(())
}

/// Read a booking
///
/// It explains itself: each requirement of the gate with its evidence, its claim and rank, its position on the
/// waiting list now, and why it stands where it stands.
#[utoipa::path(
    tag = "admission", operation_id = "getBooking", params(BookingPath),
    responses((status = 200, description = "The booking", body = BookingView))
)]
#[get("/v1/bookings/{bookingId}")]
pub(crate) async fn get_booking(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let found = permitted(&app, &caller, path.0.booking_id, Action::ReadBooking).await?;
    let mut record = current(&app, found).await?;
    note_clashes(&app.store.reader(), &caller, std::slice::from_mut(&mut record)).await?;
    let view = booking_view(&record, &caller.actor);
    Ok(Answer::ok(&view).etag(booking_etag(&record, &view)).private().conditional(&caller))
}
