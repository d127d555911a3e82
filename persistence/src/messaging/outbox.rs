//! The outbox (COM-1): written in the deciding transaction, delivered at least once by a leased job.

use crate::rows::{Column, Kind, Row, Writes};
use chrono::{DateTime, Utc};
use domain::ids::{AcademyId, BookingId, PersonId};
use domain::messaging::MailKind;
use uuid::{ContextV7, Timestamp, Uuid};

/// One mail that is due.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Whose programme it is about.
    pub academy_id: Option<AcademyId>,
    /// What it tells.
    pub kind: MailKind,
    /// To whom.
    pub person_id: PersonId,
    /// About which booking.
    pub booking_id: Option<BookingId>,
    /// The `mail_token` whose token it carries.
    pub token_id: Option<Uuid>,
    /// Codes and moments as they were when it was decided, all optional: `offerExpiresAt` (RFC 3339), `closedReason`,
    /// `transfer`, `byThemselves`.
    pub refs: serde_json::Value,
}

const COLUMNS: [Column; 11] = [
    ("id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("kind", Kind::Word),
    ("person_id", Kind::Uuid),
    ("booking_id", Kind::Uuid),
    ("token_id", Kind::Uuid),
    ("refs", Kind::Word),
    ("created_at", Kind::Time),
    ("due_at", Kind::Time),
    ("attempts", Kind::Int),
    ("lease", Kind::Int),
];

/// Mails that are due at once.
pub(crate) fn insert_outbox(writes: &mut Writes, at: DateTime<Utc>, list: Vec<OutboxRow>) {
    insert_outbox_due(writes, at, list.into_iter().map(|mail| (mail, at)).collect());
}

/// Mails that are due later, each at its moment. Until then they hold up no other.
pub(crate) fn insert_outbox_due(
    writes: &mut Writes,
    at: DateTime<Utc>,
    list: Vec<(OutboxRow, DateTime<Utc>)>,
) {
    writes.insert("outbox", &COLUMNS, to_rows(at, list));
}

fn to_rows(at: DateTime<Utc>, list: Vec<(OutboxRow, DateTime<Utc>)>) -> Vec<Row> {
    // One counter for all of them: ids say in which order a recipient gets them (COM-1).
    let counter = ContextV7::new();
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    let next_id = || Uuid::new_v7(Timestamp::from_unix(&counter, seconds, at.timestamp_subsec_nanos()));
    list.into_iter()
        .map(|(mail, due_at)| {
            Row::default()
                .uuid("id", next_id())
                .uuid("academy_id", mail.academy_id.map(|id| id.0))
                .text("kind", mail.kind.as_str().to_owned())
                .uuid("person_id", mail.person_id.0)
                .uuid("booking_id", mail.booking_id.map(|id| id.0))
                .uuid("token_id", mail.token_id)
                .text("refs", mail.refs.to_string())
                .time("created_at", at)
                .time("due_at", due_at)
                .int("attempts", 0)
                .int("lease", 0)
        })
        .collect()
}
