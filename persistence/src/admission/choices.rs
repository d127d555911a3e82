//! Which choice of a joining form a booking is (ADM-21). Only such a booking writes the columns that say so: a plain
//! claim is as small as ever.

use super::booking::Booking;
use crate::rows::{Column, Kind, Row};
use domain::ids::{BookingId, FormId};
use uuid::Uuid;

/// One choice of a joining form that ranks several cohorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Of which form.
    pub form: FormId,
    /// Its place in the person's order of preference, counted from 1.
    pub preference: u32,
    /// The booking of the same form whose place ended this one.
    pub placed_elsewhere: Option<BookingId>,
}

impl Choice {
    /// What the columns hold.
    pub(super) fn of_columns(
        form: Option<Uuid>,
        preference: Option<i64>,
        placed_elsewhere: Option<Uuid>,
    ) -> Option<Self> {
        let preference = u32::try_from(preference?).ok()?;
        Some(Self { form: FormId(form?), preference, placed_elsewhere: placed_elsewhere.map(BookingId) })
    }
}

/// What an insert writes of a choice.
pub(super) const MADE: [Column; 3] = [("form_id", Kind::Uuid), PREFERENCE, PLACED_ELSEWHERE];

/// What an update writes of it.
pub(super) const CHANGED: [Column; 2] = [PREFERENCE, PLACED_ELSEWHERE];

const PREFERENCE: Column = ("preference", Kind::Int);
const PLACED_ELSEWHERE: Column = ("placed_elsewhere", Kind::Uuid);

/// The bookings that are choices, and the others.
pub(super) fn apart<'a>(list: &[&'a Booking]) -> (Vec<&'a Booking>, Vec<&'a Booking>) {
    list.iter().copied().partition(|booking| booking.choice.is_some())
}

/// A booking's row with its choice.
pub(super) fn with_choice(row: Row, booking: &Booking) -> Row {
    let choice = booking.choice.as_ref();
    row.uuid("form_id", choice.map(|choice| choice.form.0))
        .int("preference", choice.map(|choice| i64::from(choice.preference)))
        .uuid("placed_elsewhere", choice.and_then(|choice| choice.placed_elsewhere).map(|id| id.0))
}
