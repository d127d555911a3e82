//! Which choice of a joining form a booking is (ADM-21). Only such a booking writes the columns that say so: a plain
//! claim is as small as ever.

use super::booking::Booking;
use crate::rows::{Column, Kind, Row, Writes};
use domain::ids::{BookingId, FormId};

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
        form: Option<FormId>,
        preference: Option<i64>,
        placed_elsewhere: Option<BookingId>,
    ) -> Option<Self> {
        let preference = u32::try_from(preference?).ok()?;
        Some(Self { form: form?, preference, placed_elsewhere })
    }
}

const FORM: Column = ("form_id", Kind::Uuid);
const PREFERENCE: Column = ("preference", Kind::Int);
const PLACED_ELSEWHERE: Column = ("placed_elsewhere", Kind::Uuid);

fn with_choice(row: Row, booking: &Booking) -> Row {
    let choice = booking.choice.as_ref();
    row.uuid("form_id", choice.map(|choice| choice.form.0))
        .int("preference", choice.map(|choice| i64::from(choice.preference)))
        .uuid("placed_elsewhere", choice.and_then(|choice| choice.placed_elsewhere).map(|id| id.0))
}

/// Inserts bookings, those with a choice with its columns.
pub(super) fn insert(
    writes: &mut Writes,
    columns: &[Column],
    list: &[&Booking],
    row: impl Fn(&&Booking) -> Row,
) {
    let (chosen, plain): (Vec<&Booking>, Vec<&Booking>) = list.iter().partition(|one| one.choice.is_some());
    writes.insert("booking", columns, plain.iter().map(&row).collect());
    let columns: Vec<Column> = columns.iter().copied().chain([FORM, PREFERENCE, PLACED_ELSEWHERE]).collect();
    writes.insert("booking", &columns, chosen.iter().map(|one| with_choice(row(one), one)).collect());
}

/// Writes bookings that changed, those with a choice with what ended them.
pub(super) fn update(
    writes: &mut Writes,
    columns: &[Column],
    list: &[&Booking],
    row: impl Fn(&Booking) -> Row,
) {
    let (chosen, plain): (Vec<&Booking>, Vec<&Booking>) = list.iter().partition(|one| one.choice.is_some());
    writes.update("booking", columns, plain.iter().map(|one| row(one)).collect());
    let columns: Vec<Column> = columns.iter().copied().chain([PREFERENCE, PLACED_ELSEWHERE]).collect();
    writes.update("booking", &columns, chosen.iter().map(|one| with_choice(row(one), one)).collect());
}
