//! A list to import on the wire (ADM-24): as JSON or as a file, and what became of its rows.

use super::book::ManagerIn;
use super::import_file::column_of;
use super::participant::ParticipantIn;
use crate::http::context::Body;
use crate::http::faults::Faults;
use crate::http::fields::{JsonObject, Line, Moment};
use crate::http::json::Json;
use crate::http::problem::{Code, Problem, ProblemFault};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use bytes::Bytes;
use deserr::Deserr;
use domain::fault::Fault;
use domain::time::wire;
use persistence::admission::BookingRecord;
use serde::Serialize;
use serde_json::Value;
use std::future::{Ready, ready};
use utoipa::ToSchema;
use uuid::Uuid;

/// An earlier moment, never without its evidence and a reason.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "moment": "2026-10-02T09:15:00+01:00", "evidence": "Email of 2 October in the programme's mailbox",
    "reason": "The form on the old site was closed for a week."
}))]
pub(crate) struct EarlierMomentIn {
    /// When they had asked for the place: it stands for the form's submission. In the past.
    pub(super) moment: Moment,
    /// What shows it. Write nothing about anybody's health.
    pub(super) evidence: Line<500>,
    /// Why it counts. Write nothing about anybody's health.
    pub(super) reason: Line<500>,
}

/// One person of a list.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "participant": {"email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan", "jobRole": "practice_manager"},
    "answers": {"why": "To look after my team better.", "consent": true}, "externalReference": "ESR-20931",
    "earlierMoment": {"moment": "2026-10-02T09:15:00+01:00", "evidence": "Email of 2 October in the programme's mailbox",
        "reason": "The form on the old site was closed for a week."}
}))]
pub(crate) struct ImportedRow {
    /// Who takes part.
    pub(super) participant: ParticipantIn,
    /// Answers to the joining form, by key.
    #[deserr(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) answers: Option<JsonObject>,
    /// The commitment to come to every session, where the cohort asks for it.
    #[deserr(default)]
    pub(super) commits_to_all_sessions: Option<bool>,
    /// Your own reference.
    #[deserr(default)]
    pub(super) external_reference: Option<Line<200>>,
    /// The participant's manager, whom we ask by mail, where the cohort asks for that agreement.
    #[deserr(default)]
    pub(super) manager: Option<ManagerIn>,
    /// Since when they had asked; left out, the request counts from now.
    #[deserr(default)]
    pub(super) earlier_moment: Option<EarlierMomentIn>,
}

/// A list to import.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(example = json!({"rows": [
    {"participant": {"email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan"},
     "answers": {"why": "To look after my team better.", "consent": true}}
]}))]
pub(crate) struct ImportedList {
    /// 1 to 500 people.
    #[schema(value_type = Vec<ImportedRow>, min_items = 1, max_items = 500)]
    pub(super) rows: Vec<Value>,
}

/// A list as JSON or as a file.
pub(crate) enum ListBody {
    Json(Vec<Value>),
    File(Bytes),
}

impl FromRequest for ListBody {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let raw = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = raw.and_then(|raw| raw.split(';').next()).unwrap_or_default().trim();
        let encoded =
            request.headers().get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity");
        if media_type.eq_ignore_ascii_case("text/csv") && !encoded {
            return ready(Ok(Self::File(Body::of(request))));
        }
        let read = Json::<ImportedList>::from_request(request, payload).into_inner();
        ready(read.map(|list| Self::Json(list.into_inner().rows)).map_err(|problem| {
            if problem.code() != Code::UnsupportedMediaType {
                return problem;
            }
            Problem::new(Code::UnsupportedMediaType)
                .detail("Send the list as application/json or text/csv in UTF-8, without a content encoding.")
                .header(header::ACCEPT, "application/json, text/csv")
        }))
    }
}

/// What became of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"dryRun": true, "rows": 1, "booked": 1, "unchanged": 0, "results": [
    {"index": 0, "line": 2, "outcome": "booked", "bookingId": null, "status": "waiting", "position": 1,
     "moment": "2026-10-02T08:15:00Z", "importedMoment": true, "missing": []}
]}))]
pub(crate) struct ImportView {
    /// Whether it was only tried.
    pub(super) dry_run: bool,
    /// How many rows there are.
    pub(super) rows: usize,
    /// How many bookings were made, or would be.
    pub(super) booked: usize,
    /// How many stay as they are.
    pub(super) unchanged: usize,
    /// One for each row, in their order.
    pub(super) results: Vec<ImportedRowView>,
}

/// What became of one row.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "index": 0, "line": 2, "outcome": "booked", "bookingId": null, "status": "waiting", "position": 1,
    "moment": "2026-10-02T08:15:00Z", "importedMoment": true, "missing": []
}))]
pub(super) struct ImportedRowView {
    /// Which row, counted from 0.
    pub(super) index: usize,
    /// The line of the file that it begins on; null in JSON.
    #[schema(required)]
    pub(super) line: Option<u64>,
    /// `booked`, or `unchanged` for who has a live booking in this cohort or was imported into it before.
    pub(super) outcome: &'static str,
    /// The booking; null for one that would be made.
    #[schema(required)]
    pub(super) booking_id: Option<Uuid>,
    /// Where it stands, as in bookings.
    pub(super) status: &'static str,
    /// Its place on the waiting list, counted from 1, once all rows are in; a number only while waiting.
    #[schema(required)]
    pub(super) position: Option<u64>,
    /// The moment that ranks it; null while something is missing.
    #[schema(required)]
    pub(super) moment: Option<String>,
    /// Whether it counts from an earlier moment of a list; the ledger marks its entry so.
    pub(super) imported_moment: bool,
    /// Requirements that are not met yet.
    pub(super) missing: Vec<&'static str>,
}

/// Where a row stands in what was sent.
#[derive(Clone, Copy)]
pub(super) enum RowPlace {
    Index(usize),
    Line(u64),
}

impl RowPlace {
    /// A fault of this row, seen from outside.
    pub(super) fn fault(self, fault: Fault) -> ProblemFault {
        match self {
            Self::Index(index) => fault.under(&format!("/rows/{index}")).into(),
            Self::Line(line) => {
                let column = column_of(&fault.pointer);
                let detail =
                    if column.is_empty() { fault.detail } else { format!("{column}: {}", fault.detail) };
                ProblemFault::line(line, fault.code, detail)
            }
        }
    }
}

pub(super) fn row_view(
    index: usize,
    place: RowPlace,
    record: &BookingRecord,
    outcome: &'static str,
    hidden: bool,
) -> ImportedRowView {
    let booking = &record.booking;
    let missing = record.look.items.iter().filter(|item| !item.met);
    ImportedRowView {
        index,
        line: match place {
            RowPlace::Line(line) => Some(line),
            RowPlace::Index(_) => None,
        },
        outcome,
        booking_id: (!hidden).then_some(booking.id.0),
        status: booking.status.as_str(),
        position: record.position,
        moment: booking.claim.as_ref().map(|claim| wire(claim.moment)),
        imported_moment: booking.imported_since().is_some(),
        missing: missing.map(|item| item.requirement.as_str()).collect(),
    }
}
