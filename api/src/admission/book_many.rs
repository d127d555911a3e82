//! Booking several people in one request (ADM-18): each for itself, or all or none.

use super::book::{NewBooking, booker_for, participant_missing};
use super::submit::problem;
use super::view::{BookingView, booking_view};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::draft::Draft;
use crate::http::faults::Faults;
use crate::http::fields::{FromText, Parsed};
use crate::http::json::Json;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::http::StatusCode;
use actix_web::post;
use deserr::Deserr;
use domain::fault::{Fault, Refused};
use domain::identity::{Action, Actor};
use domain::ids::CohortId;
use persistence::admission::{Book, BookMany, RowDone, WriteRows};
use persistence::governance::repeats::KeptAnswer;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;

/// How many people one request may book.
const MOST: usize = 500;

/// What each row must get.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place;

impl FromText for Place {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        if raw == "place" { Ok(Self) } else { Err(Refused::new("unknown-value", "must be place")) }
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(["place"]))
    }
}

type Require = Parsed<Place>;

/// Requests for places of several people.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "atomic": false, "require": "place",
    "bookings": [{"participant": {"email": "amina.khan@example.nhs.uk", "fullName": "Amina Khan"},
                  "answers": {"why": "To look after my team better.", "consent": true}, "externalReference": "ESR-20931"}]
}))]
pub(crate) struct NewBookings {
    /// Whether all rows are kept or none; else each is for itself.
    atomic: bool,
    /// `place`: a row that would not get a place at once fails instead of waiting or being pending.
    #[deserr(default)]
    require: Option<Require>,
    /// 1 to 500 rows, each for a `participant`; they settle in this order.
    #[schema(value_type = Vec<NewBooking>, min_items = 1, max_items = 500)]
    bookings: Vec<Value>,
}

/// What became of several requests for a place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"results": [
    {"index": 0, "status": 409, "problem": {"type": "/problems/batch-refused", "title": "Another row of the batch failed",
     "status": 409, "detail": "The batch is atomic.", "code": "batch-refused"}}
]}))]
pub(crate) struct BookingsView {
    /// One for each row, in their order.
    results: Vec<RowView>,
}

/// What became of one row: its `booking`, or its `problem`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"index": 0, "status": 409, "problem": {"type": "/problems/batch-refused",
    "title": "Another row of the batch failed", "status": 409, "detail": "The batch is atomic.", "code": "batch-refused"}}))]
struct RowView {
    /// Which row, counted from 0.
    index: usize,
    /// The HTTP status that it would have had by itself: 201, or that of its problem.
    status: u16,
    /// The booking, as it stands once all rows are settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    booking: Option<BookingView>,
    /// Why it was not made. Pointers begin at the whole body: `/bookings/3/participant/email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

/// Book places for several people
///
/// For coordinators and clients: 1 to 500 people, who settle in the order of the rows, as one unit. Each row is for
/// itself, or with `atomic` all are kept or none: then the failing rows have their problem and the others
/// `batch-refused`. With `require: place` a row fails that would not get a place at once (`cohort-full`, `no-place`).
#[utoipa::path(
    tag = "admission", operation_id = "createBookings", params(CohortPath), request_body = NewBookings,
    responses((status = 200, description = "A result for each row", body = BookingsView))
)]
#[post("/v1/cohorts/{cohortId}/bookings/batch")]
pub(crate) async fn create_bookings(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<Draft<NewBookings>>,
) -> Result<Answer, Problem> {
    let cohort_id = path.0.cohort_id;
    caller.require(Action::BookForOther, &app.resource_of_cohort(cohort_id).await?)?;
    let out_of_range = body.0.list_length("bookings").is_some_and(|rows| rows == 0 || rows > MOST);
    let fault = || Fault::new("/bookings", "out-of-range", format!("must have 1 to {MOST} rows"));
    let faults = out_of_range.then(fault).into_iter().collect();
    let NewBookings { atomic, require, bookings } = body.0.finish(faults, Ok)?;
    let read = |(index, value)| row(&caller.actor, cohort_id, index, value);
    let mut rows: Vec<Result<Book, Problem>> = bookings.into_iter().enumerate().map(read).collect();
    for book in rows.iter_mut().flatten() {
        book.requires_place = require.is_some();
    }
    let spoilt = rows.iter().any(Result::is_err);
    let mut asked = Vec::with_capacity(rows.len());
    let wrong = rows.into_iter().map(|row| row.map(|book| asked.push(book)).err()).collect();
    let write = writer(caller.actor.clone(), wrong);
    app.at_desk_for_many(&caller, BookMany { cohort_id, rows: asked, atomic, spoilt, import: None, write })
        .await
}

/// Reads one row.
fn row(actor: &Actor, cohort: CohortId, index: usize, value: Value) -> Result<Book, Problem> {
    let for_nobody = value.is_object() && value.get("participant").is_none_or(Value::is_null);
    let read = deserr::deserialize::<NewBooking, _, Faults>(value).map_err(|mut faults| {
        faults.0.extend(for_nobody.then(participant_missing));
        faults.0
    });
    let booked = read.and_then(|mut body| {
        let participant = body.take_participant().ok_or_else(|| vec![participant_missing()])?;
        let booker = booker_for(actor, participant).ok_or_else(Vec::new)?;
        Ok(body.into_book(cohort, booker, actor))
    });
    booked.map_err(|faults| Problem::invalid(faults).under(&format!("/bookings/{index}")))
}

/// Writes the answer: rows that were wrong as they came, and for the others, in their order, what became of them.
fn writer(viewer: Actor, wrong: Vec<Option<Problem>>) -> WriteRows {
    WriteRows(Arc::new(move |done: Vec<RowDone>| {
        let mut done = done.into_iter();
        let mut result = |(index, wrong): (usize, &Option<Problem>)| {
            let done = if wrong.is_none() { done.next() } else { None };
            let refused = match (wrong, done) {
                (_, Some(RowDone::Booked(record))) => {
                    let booking = Some(booking_view(&record, &viewer));
                    return RowView { index, status: StatusCode::CREATED.as_u16(), booking, problem: None };
                }
                (Some(problem), _) => problem.clone(),
                (None, Some(RowDone::Refused(error))) => problem(error).under(&format!("/bookings/{index}")),
                (None, Some(RowDone::NotKept | RowDone::Unchanged(_)) | None) => {
                    Problem::new(Code::BatchRefused)
                }
            };
            let status = refused.status().as_u16();
            RowView { index, status, booking: None, problem: Some(refused.to_json(None, None)) }
        };
        let results = wrong.iter().enumerate().map(&mut result).collect();
        KeptAnswer {
            status: StatusCode::OK.as_u16(),
            headers:
                r#"{"cache-control":"no-store","content-type":"application/json","vary":"Authorization"}"#
                    .to_owned(),
            body: serde_json::to_string(&BookingsView { results }).unwrap_or_default(),
            sealed: false,
        }
    }))
}
