//! Previews on the wire (ADM-14): what a change would be, and what it would do.

use super::cohorts::CohortPatch;
use super::fields::SessionRef;
use super::session_wire::SessionFields;
use super::sessions::{SessionDraft, SessionPatch};
use crate::http::faults::Faults;
use crate::http::fields::JsonObject;
use crate::http::problem::Problem;
use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as DeserrValue, ValuePointerRef};
use domain::admission::ClosedReason;
use domain::catalogue::Session;
use domain::catalogue::limits::ENTRIES;
use domain::fault::Fault;
use domain::ids::SessionId;
use persistence::admission::{Ahead, AheadEntry, Preview, PreviewedBooking};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Array, Ref, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// How many bookings of one moment are listed.
const LISTED: usize = 200;

/// How many entries to come are listed.
const ENTRIES_LISTED: usize = 100;

/// A merge patch of a cohort, with what is to become of its sessions.
#[derive(Debug)]
pub(crate) struct PreviewPatch {
    /// What `changeCohort` takes.
    pub(super) cohort: CohortPatch,
    sessions: Option<Value>,
}

/// A session that is to be moved, or added where it names none that is there.
#[derive(Debug)]
pub(super) struct PreviewSession {
    pub(super) id: Option<SessionId>,
    members: Map<String, Value>,
}

impl PreviewPatch {
    /// The sessions that it names, as far as they read well, with all that is wrong with their list.
    pub(super) fn sessions(&self) -> (Vec<(usize, PreviewSession)>, Vec<Fault>) {
        let list = match &self.sessions {
            None => return (Vec::new(), Vec::new()),
            Some(Value::Array(list)) if list.len() <= ENTRIES => list,
            Some(Value::Array(_)) => {
                let detail = format!("must list at most {ENTRIES}");
                return (Vec::new(), vec![Fault::new("/sessions", "too-many", detail)]);
            }
            Some(_) => return (Vec::new(), vec![Fault::new("/sessions", "wrong-type", "must be a list")]),
        };
        let (mut sessions, mut faults) = (Vec::with_capacity(list.len()), Vec::new());
        let mut named = BTreeSet::new();
        for (index, entry) in list.iter().enumerate() {
            match PreviewSession::read(entry.clone()) {
                Ok(session) if session.id.is_some_and(|id| !named.insert(id)) => {
                    faults.push(Fault::new(format!("/sessions/{index}/id"), "duplicate", "is listed twice"));
                }
                Ok(session) => sessions.push((index, session)),
                Err(found) => {
                    faults.extend(found.into_iter().map(|fault| fault.under(&format!("/sessions/{index}"))));
                }
            }
        }
        (sessions, faults)
    }
}

impl PreviewSession {
    fn read(entry: Value) -> Result<Self, Vec<Fault>> {
        let object = deserr::deserialize::<JsonObject, _, Faults>(entry).map_err(|faults| faults.0)?;
        let mut members = object.0;
        let id = match members.remove("id") {
            None => None,
            Some(id) => {
                let read = deserr::deserialize::<SessionRef, _, Faults>(id);
                Some(
                    read.map_err(|faults| faults.0.into_iter().map(|f| f.under("/id")).collect::<Vec<_>>())?
                        .0,
                )
            }
        };
        Ok(Self { id, members })
    }

    /// What it would be, as `changeSession` takes it for the session that is there, or `createSession` for a new one.
    ///
    /// # Errors
    /// 500 when the session can't be written as JSON.
    pub(super) fn draft(&self, there: Option<&Session>) -> Result<SessionDraft, Problem> {
        match there {
            Some(session) => SessionPatch::of(self.members.clone()).onto(&SessionFields::from(session)),
            None => Ok(SessionDraft::of(self.members.clone())),
        }
    }
}

impl Deserr<Faults> for PreviewPatch {
    fn deserialize_from_value<V: IntoValue>(
        value: DeserrValue<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let mut members = JsonObject::deserialize_from_value(value, location)?.0;
        let sessions = members.remove("sessions");
        Ok(Self { cohort: CohortPatch::of(members), sessions })
    }
}

/// The fields of a cohort's patch, and its sessions.
impl PartialSchema for PreviewPatch {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut object)) = CohortPatch::schema() else {
            return CohortPatch::schema();
        };
        let mut list = Array::new(Ref::from_schema_name("PreviewSession"));
        list.max_items = Some(ENTRIES);
        let detail = "What is to become of the cohort's sessions, in this order and before its terms: with `id` what \
                      `changeSession` takes for that one, without what `createSession` takes.";
        list.description = Some(detail.to_owned());
        object.properties.insert("sessions".to_owned(), RefOr::T(Schema::Array(list)));
        object.description =
            Some("What `changeCohort` takes, and what is to become of the sessions.".to_owned());
        object.example = Some(json!({
            "offersStopHours": 24,
            "sessions": [{
                "id": "019b0000-0000-7000-8000-000000000005", "startsAt": "2028-01-18T15:00:00Z",
                "endsAt": "2028-01-18T17:00:00Z"
            }]
        }));
        RefOr::T(Schema::Object(object))
    }
}

impl ToSchema for PreviewPatch {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("PreviewPatch")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CohortPatch::schemas(schemas);
        SessionPatch::schemas(schemas);
        if let RefOr::T(Schema::Object(mut object)) = SessionPatch::schema() {
            let mut id = <SessionRef as utoipa::__dev::ComposeSchema>::compose(Vec::new());
            if let RefOr::T(Schema::Object(id)) = &mut id {
                id.description = Some("Which session of the cohort; left out: one that is added.".to_owned());
            }
            object.properties.insert("id".to_owned(), id);
            object.description =
                Some("A session that is to be changed, or added where it has no `id`.".to_owned());
            object.example = Some(json!({
                "id": "019b0000-0000-7000-8000-000000000005", "startsAt": "2028-01-18T15:00:00Z",
                "endsAt": "2028-01-18T17:00:00Z"
            }));
            schemas.push(("PreviewSession".to_owned(), RefOr::T(Schema::Object(object))));
        }
    }
}

/// A booking that a change would reach, as it would be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PreviewedBooking, example = json!({
    "bookingId": "019b0000-0000-7000-8000-000000000009", "status": "offered", "closedReason": null,
    "offerExpiresAt": "2027-12-15T09:00:00Z", "carriesOver": false
}))]
pub(crate) struct PreviewedBookingView {
    /// Which.
    booking_id: Uuid,
    /// Its status.
    status: &'static str,
    /// Why it would be closed.
    closed_reason: Option<&'static str>,
    /// Until when a place would be held for it.
    offer_expires_at: Option<DateTime<Utc>>,
    /// Whether its person wished to go on, and would be carried over into the programme's next cohort, once there is one.
    carries_over: bool,
}

impl From<&PreviewedBooking> for PreviewedBookingView {
    fn from(booking: &PreviewedBooking) -> Self {
        Self {
            booking_id: booking.id.0,
            status: booking.status.as_str(),
            closed_reason: booking.closed_reason.map(ClosedReason::as_str),
            offer_expires_at: booking.offer_expires_at,
            carries_over: booking.carries_over,
        }
    }
}

/// An entry of the ledger to come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AheadEntry, example = json!({
    "at": "2028-01-18T15:00:00Z", "kind": "cohort_started", "bookingCount": 1,
    "bookings": [{"bookingId": "019b0000-0000-7000-8000-00000000000c", "status": "closed",
        "closedReason": "booking_closed", "offerExpiresAt": null, "carriesOver": true}]
}))]
pub(crate) struct AheadEntryView {
    /// When it is due.
    at: DateTime<Utc>,
    /// What it would tell, in the ledger's words: `booking_opened`, `booking_closed`, `claim` (of somebody who is marked
    /// for a taster that ends then), `expiry`, `reserve_released`, `tasters_sealed`, `cohort_started`, or
    /// `placed_elsewhere`.
    kind: &'static str,
    /// How many bookings it would change.
    booking_count: usize,
    /// Each of them, in the order in which it would be decided; the first 200.
    bookings: Vec<PreviewedBookingView>,
}

impl From<&AheadEntry> for AheadEntryView {
    fn from(entry: &AheadEntry) -> Self {
        Self {
            at: entry.at,
            kind: entry.kind.as_str(),
            booking_count: entry.bookings.len(),
            bookings: listed(&entry.bookings),
        }
    }
}

fn listed(bookings: &[PreviewedBooking]) -> Vec<PreviewedBookingView> {
    bookings.iter().take(LISTED).map(PreviewedBookingView::from).collect()
}

/// What is due after the change, up to the first session's start, if nobody acts meanwhile.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Ahead, example = json!({
    "entries": [{"at": "2028-01-17T15:00:00Z", "kind": "expiry", "bookingCount": 1,
        "bookings": [{"bookingId": "019b0000-0000-7000-8000-000000000009", "status": "closed",
            "closedReason": "offer_expired", "offerExpiresAt": null, "carriesOver": false}]}],
    "complete": true
}))]
pub(crate) struct AheadView {
    /// The entries of the ledger to come, in their order.
    entries: Vec<AheadEntryView>,
    /// Whether these are all of them; false where there are too many to tell.
    complete: bool,
}

impl From<&Ahead> for AheadView {
    fn from(ahead: &Ahead) -> Self {
        Self {
            entries: ahead.entries.iter().take(ENTRIES_LISTED).map(AheadEntryView::from).collect(),
            complete: ahead.complete && ahead.entries.len() <= ENTRIES_LISTED,
        }
    }
}

/// What would change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "capacity": 14, "placesTaken": 14, "placesFree": 0, "placesOpenToAll": 0, "waitingCount": 3,
    "firstSessionAt": "2028-01-18T15:00:00Z", "bookingCount": 1,
    "bookings": [{"bookingId": "019b0000-0000-7000-8000-000000000009", "status": "offered", "closedReason": null,
        "offerExpiresAt": "2027-12-15T09:00:00Z", "carriesOver": false}],
    "ahead": {"entries": [{"at": "2028-01-18T15:00:00Z", "kind": "cohort_started", "bookingCount": 1,
        "bookings": [{"bookingId": "019b0000-0000-7000-8000-00000000000c", "status": "closed",
            "closedReason": "booking_closed", "offerExpiresAt": null, "carriesOver": true}]}], "complete": true}
}))]
pub(crate) struct PreviewView {
    /// Places there would be.
    capacity: u32,
    /// Places that would be held.
    places_taken: u32,
    /// Places that nobody would hold.
    places_free: u32,
    /// Those of them that no reserve would keep.
    places_open_to_all: u32,
    /// Claims that would still wait.
    waiting_count: u64,
    /// When the first session would start; null where no dates stand.
    first_session_at: Option<DateTime<Utc>>,
    /// How many bookings would change at once.
    booking_count: usize,
    /// Each booking that would change at once, in the order in which it would be decided; the first 200.
    bookings: Vec<PreviewedBookingView>,
    /// What is due after that.
    ahead: AheadView,
}

impl From<&Preview> for PreviewView {
    fn from(preview: &Preview) -> Self {
        Self {
            capacity: preview.desk.terms.capacity.get(),
            places_taken: preview.desk.places_taken,
            places_free: preview.desk.places_free(),
            places_open_to_all: preview.desk.places_open_to_all(),
            waiting_count: preview.desk.waiting_count,
            first_session_at: preview.desk.first_session_at,
            booking_count: preview.bookings.len(),
            bookings: listed(&preview.bookings),
            ahead: AheadView::from(&preview.ahead),
        }
    }
}
