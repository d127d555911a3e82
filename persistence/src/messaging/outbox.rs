//! The outbox (COM-1): written in the deciding transaction, delivered at least once by a leased job.

use crate::rows::{self, Column, Kind, Row};
use crate::{Result, new_id_at};
use chrono::{DateTime, Utc};
use domain::ids::{AcademyId, BookingId, PersonId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

/// What a mail tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// Prove that this email is yours.
    VerifyEmail,
    /// Somebody registered an email that has an account.
    AlreadyRegistered,
    /// Your request for a place was received and something is still needed from you.
    BookingPending,
    /// You are on the waiting list.
    BookingWaiting,
    /// A place is held for you until a moment.
    OfferMade,
    /// You have a place.
    PlaceConfirmed,
    /// Your booking has ended, with its reason.
    BookingClosed,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::VerifyEmail,
        Self::AlreadyRegistered,
        Self::BookingPending,
        Self::BookingWaiting,
        Self::OfferMade,
        Self::PlaceConfirmed,
        Self::BookingClosed,
    ];

    /// Its word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::AlreadyRegistered => "already_registered",
            Self::BookingPending => "booking_pending",
            Self::BookingWaiting => "booking_waiting",
            Self::OfferMade => "offer_made",
            Self::PlaceConfirmed => "place_confirmed",
            Self::BookingClosed => "booking_closed",
        }
    }

    /// The kind with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

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
    /// Codes and moments as they were when it was decided.
    pub refs: serde_json::Value,
}

const COLUMNS: [Column; 11] = [
    ("id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("kind", Kind::Text),
    ("person_id", Kind::Uuid),
    ("booking_id", Kind::Uuid),
    ("token_id", Kind::Uuid),
    ("refs", Kind::Text),
    ("created_at", Kind::Time),
    ("due_at", Kind::Time),
    ("attempts", Kind::Int),
    ("lease", Kind::Int),
];

pub(crate) async fn insert_outbox<C: ConnectionTrait>(
    db: &C,
    at: DateTime<Utc>,
    list: Vec<OutboxRow>,
) -> Result<()> {
    let rows = list.into_iter().map(|mail| {
        Row::default()
            .uuid("id", new_id_at(at))
            .uuid("academy_id", mail.academy_id.map(|id| id.0))
            .text("kind", mail.kind.as_str().to_owned())
            .uuid("person_id", mail.person_id.0)
            .uuid("booking_id", mail.booking_id.map(|id| id.0))
            .uuid("token_id", mail.token_id)
            .text("refs", mail.refs.to_string())
            .time("created_at", at)
            .time("due_at", at)
            .int("attempts", 0)
            .int("lease", 0)
    });
    rows::insert(db, "outbox", &COLUMNS, rows.collect(), "").await?;
    Ok(())
}
