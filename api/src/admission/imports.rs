//! Existing lists come in before booking opens (ADM-24), with a dry run.

use super::book::{booker_for, gate_of, participant_missing, resource_of};
use super::import_file;
use super::import_wire::{
    ImportView, ImportedList, ImportedRow, ImportedRowView, ListBody, RowPlace, row_view,
};
use super::read::permitted;
use super::submit::problem;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::Faults;
use crate::http::fields::Parsed;
use crate::http::path::{BookingPath, CohortPath, Path};
use crate::http::problem::{Code, Problem, ProblemFault};
use crate::http::query::{NoQuery, Query};
use actix_web::http::StatusCode;
use actix_web::{get, post};
use deserr::Deserr;
use domain::admission::{EarlierMoment, ImportRefused};
use domain::catalogue::joining_form::JoiningForm;
use domain::fault::Fault;
use domain::identity::{Action, Actor};
use domain::ids::{BookingId, CohortId};
use domain::time::wire;
use persistence::admission::{
    Book, BookMany, DeskError, DryRun, NotImported, OfClash, RowDone, WriteRows, import_record,
};
use persistence::governance::repeats::KeptAnswer;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How many people one list may hold.
const MOST: usize = 500;

/// Whether a list is only tried.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct ImportQuery {
    /// `true`: says exactly what would happen, and changes nothing.
    #[deserr(default)]
    #[param(inline)]
    dry_run: Option<Parsed<bool>>,
}

/// Import an existing list
///
/// For staff and `operations` clients, before booking opens: 1 to 500 people as JSON or as a file (`text/csv` in UTF-8, whose
/// first line names the columns `email`, `fullName`, `jobRole`, `staffGroup`, `qualifications` (semicolons between them),
/// `leadsOrManages`, `organisationOdsCode`, `region`, `commitsToAllSessions`, `externalReference`, `moment`, `evidence`, `reason`
/// and `answers.KEY` for each question). Each row goes through the whole gate, and is pending where something is missing. A list
/// with a fault is refused whole, with every fault and its line. Who has a live booking or was imported before stays as they are:
/// the same list twice changes nothing. An earlier moment needs evidence and a reason, and the ledger marks it. With
/// `dryRun=true` the answer says exactly what would happen, and nothing does.
#[utoipa::path(
    tag = "admission", operation_id = "importBookings", params(CohortPath, ImportQuery),
    request_body(content((ImportedList = "application/json"), (String = "text/csv"))),
    extensions(("x-problems" = json!(["booking-already-open", "booking-closed"]))),
    responses((status = 200, description = "What became of each row", body = ImportView))
)]
#[post("/v1/cohorts/{cohortId}/bookings/imports")]
pub(crate) async fn import_bookings(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    query: Query<ImportQuery>,
    body: ListBody,
) -> Result<Answer, Problem> {
    let cohort_id = path.0.cohort_id;
    let gate = gate_of(&app.store.reader(), cohort_id).await?;
    caller.require(Action::ImportBookings, &resource_of(&gate))?;
    let dry = query.0.dry_run.is_some_and(|dry| dry.0);
    let (places, rows) = read(&caller.actor, cohort_id, body, &gate.form)?;
    let many = BookMany {
        cohort_id,
        rows,
        atomic: true,
        spoilt: false,
        import: Some(DryRun(dry)),
        write: writer(dry, places.clone()),
    };
    app.at_desk_for_list(&caller, many, |error| match error {
        DeskError::NotImported(why) => not_imported(why, Some(&places)),
        other => problem(other),
    })
    .await
}

/// Reads every row, or names every fault.
fn read(
    actor: &Actor,
    cohort: CohortId,
    body: ListBody,
    form: &JoiningForm,
) -> Result<(Vec<RowPlace>, Vec<Book>), Problem> {
    let whole = |faults| Problem::new(Code::Invalid).placed(faults);
    let is_file = matches!(body, ListBody::File(_));
    let sent: Vec<(RowPlace, Value)> = match body {
        ListBody::Json(rows) => {
            rows.into_iter().enumerate().map(|(index, value)| (RowPlace::Index(index), value)).collect()
        }
        ListBody::File(bytes) => {
            let rows = import_file::rows(&bytes, form).map_err(whole)?;
            rows.into_iter().map(|row| (RowPlace::Line(row.line), row.value)).collect()
        }
    };
    if !(1..=MOST).contains(&sent.len()) {
        let detail = format!("must have 1 to {MOST} rows");
        let fault = Fault::new("/rows", "out-of-range", detail.clone());
        let of_file = || ProblemFault::line(1, "out-of-range", detail);
        return Err(whole(vec![if is_file { of_file() } else { fault.into() }]));
    }
    let (mut places, mut books, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    let mut emails = HashSet::new();
    for (place, value) in sent {
        match row(actor, cohort, value) {
            Ok(book) if emails.insert(book.booker.email_key().to_owned()) => {
                places.push(place);
                books.push(book);
            }
            Ok(_) => {
                let detail = "stands in the list twice";
                faults.push(place.fault(Fault::new("/participant/email", "duplicate", detail)));
            }
            Err(wrong) => faults.extend(wrong.into_iter().map(|fault| place.fault(fault))),
        }
    }
    if faults.is_empty() { Ok((places, books)) } else { Err(whole(faults)) }
}

fn row(actor: &Actor, cohort: CohortId, value: Value) -> Result<Book, Vec<Fault>> {
    let row = deserr::deserialize::<ImportedRow, _, Faults>(value).map_err(|faults| faults.0)?;
    let booker = booker_for(actor, row.participant).ok_or_else(|| vec![participant_missing()])?;
    let earlier = row.earlier_moment.map(|earlier| {
        Box::new(EarlierMoment {
            moment: earlier.moment.0,
            evidence: earlier.evidence.0,
            reason: earlier.reason.0,
        })
    });
    Ok(Book {
        id: BookingId(persistence::new_id()),
        cohort_id: cohort,
        booker,
        answers: row.answers.unwrap_or_default().0,
        commits_to_all_sessions: row.commits_to_all_sessions.unwrap_or(false),
        taster_code: None,
        external_reference: row.external_reference.map(|reference| reference.0),
        carry_over: false,
        requires_place: false,
        choice: None,
        earlier,
        manager: row.manager.map(|manager| manager.email.0),
        // Nobody of the list is there to be asked: the place that comes to them is offered (PRG-6).
        clash: OfClash::NotAsked,
    })
}

/// Writes the answer from what became of each row.
fn writer(dry: bool, places: Vec<RowPlace>) -> WriteRows {
    WriteRows(Arc::new(move |done: Vec<RowDone>| {
        let rows = places.iter().zip(done).enumerate();
        let results: Vec<ImportedRowView> = rows
            .filter_map(|(index, (place, done))| match done {
                RowDone::Booked(record) => Some(row_view(index, *place, &record, "booked", dry)),
                RowDone::Unchanged(record) => Some(row_view(index, *place, &record, "unchanged", false)),
                RowDone::Refused(_) | RowDone::NotKept => None,
            })
            .collect();
        let booked = results.iter().filter(|row| row.outcome == "booked").count();
        let view = ImportView {
            dry_run: dry,
            rows: results.len(),
            booked,
            unchanged: results.len() - booked,
            results,
        };
        KeptAnswer {
            status: StatusCode::OK.as_u16(),
            headers:
                r#"{"cache-control":"no-store","content-type":"application/json","vary":"Authorization"}"#
                    .to_owned(),
            body: serde_json::to_string(&view).unwrap_or_default(),
            sealed: false,
        }
    }))
}

/// Why nothing of a list was imported; its rows are told by their places, or by their number where those are not known.
pub(super) fn not_imported(why: NotImported, places: Option<&[RowPlace]>) -> Problem {
    match why {
        NotImported::Refused(ImportRefused::Opened) => Problem::new(Code::BookingAlreadyOpen).detail(
            "Lists come in before booking opens. Book these people with POST \
             /v1/cohorts/{cohortId}/bookings/batch: each counts from now.",
        ),
        NotImported::Refused(ImportRefused::Closed) => Problem::new(Code::BookingClosed),
        NotImported::Rows(rows) => {
            let faults = rows.into_iter().flat_map(|refused| {
                let place = places.and_then(|places| places.get(refused.row)).copied();
                let place = place.unwrap_or(RowPlace::Index(refused.row));
                refused.faults.into_iter().map(move |fault| place.fault(fault))
            });
            Problem::new(Code::Invalid).placed(faults.collect())
        }
    }
}

/// What was imported of a booking.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "bookingId": "0193f2a4-0000-7000-8000-000000000001", "importedAt": "2026-11-20T10:00:00Z",
    "earlierMoment": {"moment": "2026-10-02T08:15:00Z", "evidence": "Email of 2 October in the programme's mailbox",
        "reason": "The form on the old site was closed for a week."}
}))]
pub(crate) struct ImportRecordView {
    /// Which booking.
    booking_id: Uuid,
    /// When it came in.
    imported_at: String,
    /// The earlier moment that came along; null where none did.
    #[schema(required)]
    earlier_moment: Option<EarlierMomentView>,
}

/// An earlier moment with its evidence and reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "moment": "2026-10-02T08:15:00Z", "evidence": "Email of 2 October in the programme's mailbox",
    "reason": "The form on the old site was closed for a week."
}))]
struct EarlierMomentView {
    /// When they had asked for the place.
    moment: String,
    /// What shows it.
    evidence: String,
    /// Why it counts.
    reason: String,
}

/// Read what was imported of a booking
///
/// When it came in with a list, and its earlier moment with evidence and reason. For whoever may read the booking.
#[utoipa::path(
    tag = "admission", operation_id = "getBookingImport", params(BookingPath),
    responses((status = 200, description = "What was imported", body = ImportRecordView))
)]
#[get("/v1/bookings/{bookingId}/import")]
pub(crate) async fn get_import(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let found = permitted(&app, &caller, path.0.booking_id, Action::ReadBooking).await?;
    let record = import_record(&app.store.reader(), found.id).await?;
    let record = record.ok_or_else(|| Problem::new(Code::NotFound))?;
    let view = ImportRecordView {
        booking_id: record.booking_id.0,
        imported_at: wire(record.imported_at),
        earlier_moment: record.earlier.map(|earlier| EarlierMomentView {
            moment: wire(earlier.moment),
            evidence: earlier.evidence,
            reason: earlier.reason,
        }),
    };
    let etag = ETag::of_content(&serde_json::to_vec(&view).unwrap_or_default());
    Ok(Answer::ok(&view).etag(etag).private().conditional(&caller))
}
