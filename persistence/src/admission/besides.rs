//! What a batch brings about besides bookings and ledger: attendances by code, refused attempts, tokens and mails.

use super::attempts::{ATTEMPT, attempt_rows};
use super::attendance::HeldAttendance;
use super::batch::Batch;
use super::{managers, pass_on};
use crate::identity::participants::create_booking_tokens;
use crate::messaging::insert_outbox;
use crate::rows::{self, Kind, Row, Writes};
use crate::{Access, Result, Work};
use domain::admission::Transfer;
use domain::ids::{AcademyId, BookingId, PersonId};

/// An attendance that a code showed.
pub(super) struct Shown {
    pub(super) held: HeldAttendance,
    pub(super) academy_id: AcademyId,
}

/// A booking that took another's stead (ADM-23).
pub(super) struct Replaced {
    pub(super) academy_id: AcademyId,
    pub(super) left: BookingId,
    pub(super) joined: BookingId,
    pub(super) transfer: Transfer,
}

/// Writes what a batch brought about besides bookings and ledger.
pub(super) async fn write_the_rest(batch: &mut Batch, work: &mut Work) -> Result<()> {
    let strangers = |id: PersonId| !batch.strangers.contains_key(&id) || batch.kept_strangers.contains(&id);
    batch.tries.write(work, strangers).await?;
    for token in std::mem::take(&mut batch.taken_up) {
        pass_on::end(work, token).await?;
    }
    let db = work.connection();
    rows::insert(db, "attendance", &ATTENDANCE, shown_rows(&batch.attendances), "ON CONFLICT DO NOTHING")
        .await?;
    rows::insert(db, "clash_acknowledgement", &ACKNOWLEDGED, acknowledged(batch), "ON CONFLICT DO NOTHING")
        .await?;
    let mut writes = Writes::default();
    writes.insert("refused_attempt", &ATTEMPT, attempt_rows(batch, strangers));
    let replaced = batch.replaced.iter().map(|replaced| {
        Row::default()
            .uuid("academy_id", replaced.academy_id.0)
            .uuid("left_booking", replaced.left.0)
            .uuid("joined_booking", replaced.joined.0)
            .text("transfer", replaced.transfer.as_str().to_owned())
            .time("transferred_at", batch.sitting.now)
    });
    writes.insert("booking_transfer", &REPLACED, replaced.collect());
    insert_outbox(&mut writes, batch.sitting.now, std::mem::take(&mut batch.verify_mails));
    create_booking_tokens(&mut writes, batch.sitting.now, std::mem::take(&mut batch.tokens));
    managers::insert(&mut writes, std::mem::take(&mut batch.managers));
    Ok(writes.run(db).await?)
}

fn shown_rows(list: &[Shown]) -> Vec<Row> {
    let row = |shown: &Shown| {
        let held = &shown.held;
        Row::default()
            .uuid("id", held.id.0)
            .uuid("academy_id", shown.academy_id.0)
            .uuid("taster_id", held.taster_id.0)
            .uuid("programme_id", held.programme_id.0)
            .text("address", held.address.clone())
            .uuid("person_id", held.person_id.map(|id| id.0))
            .text("source", held.source.as_str().to_owned())
            .uuid("recorded_by_client", held.recorded_by_client.map(|id| id.0))
            .time("effective_at", held.effective_at)
            .time("recorded_at", held.recorded_at)
    };
    list.iter().map(row).collect()
}

fn acknowledged(batch: &Batch) -> Vec<Row> {
    let row = |(academy, booking): &(AcademyId, BookingId)| {
        Row::default()
            .uuid("booking_id", booking.0)
            .uuid("academy_id", academy.0)
            .time("acknowledged_at", batch.sitting.now)
    };
    batch.acknowledged.iter().map(row).collect()
}

const ACKNOWLEDGED: [rows::Column; 3] =
    [("booking_id", Kind::Uuid), ("academy_id", Kind::Uuid), ("acknowledged_at", Kind::Time)];

const REPLACED: [rows::Column; 5] = [
    ("academy_id", Kind::Uuid),
    ("left_booking", Kind::Uuid),
    ("joined_booking", Kind::Uuid),
    ("transfer", Kind::Text),
    ("transferred_at", Kind::Time),
];

const ATTENDANCE: [rows::Column; 10] = [
    ("id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("taster_id", Kind::Uuid),
    ("programme_id", Kind::Uuid),
    ("address", Kind::Text),
    ("person_id", Kind::Uuid),
    ("source", Kind::Text),
    ("recorded_by_client", Kind::Uuid),
    ("effective_at", Kind::Time),
    ("recorded_at", Kind::Time),
];
