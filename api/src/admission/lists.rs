//! Lists of bookings: a cohort's, one's own, and the waiting list in rank order.

use super::book::{gate_of, resource_of};
use super::read::note_clashes;
use super::view::{BookingView, booking_view};
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::faults::Faults;
use crate::http::fields::{FromText, Line, Parsed};
use crate::http::list::{Cursor, Limit, Page};
use crate::http::path::{CohortPath, Path};
use crate::http::problem::Problem;
use crate::http::query::{PageQuery, Query};
use actix_web::get;
use chrono::{DateTime, Utc};
use deserr::Deserr;
use domain::admission::{BookingStatus, Rank, Requirement};
use domain::fault::Refused;
use domain::identity::{Action, Actor, EmailAddress, Resource};
use domain::ids::{BookingId, CohortId};
use persistence::admission::{
    Booking, BookingFilter, BookingRecord, bookings_of_cohort, bookings_of_person, records, waiting_page,
};
use persistence::catalogue::gates::{CohortGate, runs_a_session};
use utoipa::IntoParams;
use utoipa::openapi::schema::ObjectBuilder;

/// A page of bookings.
pub(crate) type BookingPage = Page<BookingView>;

/// How many bookings are looked through at most for one page of a filter on requirements.
const LOOKED_THROUGH: u64 = 1_000;

impl FromText for BookingStatus {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        let words: Vec<&str> = Self::ALL.iter().map(|status| status.as_str()).collect();
        Self::parse(raw)
            .ok_or_else(|| Refused::new("unknown-value", format!("must be one of {}", words.join(", "))))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(Self::ALL.map(Self::as_str)))
    }
}

impl FromText for Requirement {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        let words: Vec<&str> = Self::ALL.iter().map(|requirement| requirement.as_str()).collect();
        Self::parse(raw)
            .ok_or_else(|| Refused::new("unknown-value", format!("must be one of {}", words.join(", "))))
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(Self::ALL.map(Self::as_str)))
    }
}

/// Which of a cohort's bookings are wanted.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct CohortBookingsQuery {
    /// How many at most, 1 to 200.
    #[deserr(default)]
    #[param(required = false)]
    limit: Limit,
    /// `nextCursor` of the page before.
    #[deserr(default)]
    cursor: Option<Cursor>,
    /// Only those with this status.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    status: Option<Parsed<BookingStatus>>,
    /// Only those of the participant with this email.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    email: Option<Parsed<EmailAddress>>,
    /// Only those with this reference.
    #[deserr(default)]
    external_reference: Option<Line<200>>,
    /// Only those that lack this requirement.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    missing: Option<Parsed<Requirement>>,
}

fn views(records: &[BookingRecord], viewer: &Actor) -> Vec<BookingView> {
    records.iter().map(|record| booking_view(record, viewer)).collect()
}

/// List a cohort's bookings
///
/// For staff all, closed ones included; for a partner client those that it made. In the order in which they
/// were made.
#[utoipa::path(
    tag = "admission", operation_id = "listCohortBookings", params(CohortPath, CohortBookingsQuery),
    responses((status = 200, description = "A page of bookings", body = Page<BookingView>))
)]
#[get("/v1/cohorts/{cohortId}/bookings")]
pub(crate) async fn list_cohort_bookings(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    query: Query<CohortBookingsQuery>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let gate = gate_of(&app.store.reader(), cohort).await?;
    caller.require(Action::ListBookings, &roster_of(&app, &caller, cohort, &gate).await?)?;
    let query = query.0;
    let after: Option<BookingId> = app.cursors.position(&caller, query.cursor.as_ref())?;
    app.enter_due(&[cohort]).await?;
    let filter = BookingFilter {
        status: query.status.map(|status| status.0),
        email_key: query.email.map(|email| email.0.key().to_owned()),
        external_reference: query.external_reference.map(|reference| reference.0),
        booked_by_client: caller.actor.confined_to(),
    };
    let page = match query.missing {
        None => all_of(&app, &caller, cohort, &filter, after, query.limit).await?,
        Some(missing) => lacking(&app, &caller, cohort, filter, after, query.limit, missing.0).await?,
    };
    Ok(Answer::page(&caller, &page).private())
}

/// What a cohort's roster is to permissions: a facilitator reads that of a cohort whose session they run.
async fn roster_of(
    app: &Shared,
    caller: &Caller,
    cohort: CohortId,
    gate: &CohortGate,
) -> Result<Resource, Problem> {
    let run_by_actor = match &caller.actor {
        Actor::Person(person) => runs_a_session(&app.store.reader(), cohort, person.id).await?,
        _ => false,
    };
    let (academy_id, public) = (gate.academy_id, gate.public);
    Ok(Resource::Catalogue { academy_id, public, run_by_actor, entitled: false })
}

async fn all_of(
    app: &Shared,
    caller: &Caller,
    cohort: CohortId,
    filter: &BookingFilter,
    after: Option<BookingId>,
    limit: Limit,
) -> Result<BookingPage, Problem> {
    let reader = app.store.reader();
    let rows = bookings_of_cohort(&reader, cohort, filter, after, limit.one_more()).await?;
    let page = app.cursors.page(caller, limit, rows, |booking: &Booking| booking.id);
    let records = records(&reader, page.items, reader.now().await?).await?;
    Ok(Page { items: views(&records, &caller.actor), next_cursor: page.next_cursor })
}

/// What is missing is seen by looking at each gate, so a page may hold fewer than asked for while more follow.
async fn lacking(
    app: &Shared,
    caller: &Caller,
    cohort: CohortId,
    filter: BookingFilter,
    after: Option<BookingId>,
    limit: Limit,
    missing: Requirement,
) -> Result<BookingPage, Problem> {
    let filter = BookingFilter { status: filter.status.or(Some(BookingStatus::Pending)), ..filter };
    let reader = app.store.reader();
    let rows = bookings_of_cohort(&reader, cohort, &filter, after, LOOKED_THROUGH).await?;
    let all_seen = (rows.len() as u64) < LOOKED_THROUGH;
    let last = rows.last().map(|booking| booking.id);
    let mut found = records(&reader, rows, reader.now().await?).await?;
    found.retain(|record| record.look.items.iter().any(|item| item.requirement == missing && !item.met));
    let mut page = app.cursors.page(caller, limit, found, |record: &BookingRecord| record.booking.id);
    if page.next_cursor.is_none() && !all_seen {
        page.next_cursor = last.and_then(|last| app.cursors.after(caller, &last));
    }
    Ok(Page { items: views(&page.items, &caller.actor), next_cursor: page.next_cursor })
}

/// List my bookings
///
/// The signed-in person's own, newest first.
#[utoipa::path(
    tag = "admission", operation_id = "listMyBookings", params(PageQuery),
    responses((status = 200, description = "A page of bookings", body = Page<BookingView>))
)]
#[get("/v1/me/bookings")]
pub(crate) async fn list_my_bookings(
    app: App,
    caller: Caller,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let person = caller.person()?.id;
    let query = query.0;
    let before: Option<BookingId> = app.cursors.position(&caller, query.cursor.as_ref())?;
    let reader = app.store.reader();
    let rows = bookings_of_person(&reader, person, before, query.limit.one_more()).await?;
    let cohorts: Vec<CohortId> = rows.iter().map(|booking| booking.cohort_id).collect();
    app.enter_due(&cohorts).await?;
    let rows = bookings_of_person(&reader, person, before, query.limit.one_more()).await?;
    let page = app.cursors.page(&caller, query.limit, rows, |booking: &Booking| booking.id);
    let mut records = records(&reader, page.items, reader.now().await?).await?;
    note_clashes(&reader, &caller, &mut records).await?;
    let page = Page { items: views(&records, &caller.actor), next_cursor: page.next_cursor };
    Ok(Answer::page(&caller, &page).private())
}

/// Where a page of the waiting list ended.
type Place = (DateTime<Utc>, DateTime<Utc>, u64);

/// Read the waiting list
///
/// For staff: the bookings that have a claim and no place, in rank order.
#[utoipa::path(
    tag = "admission", operation_id = "listWaiting", params(CohortPath, PageQuery),
    responses((status = 200, description = "A page of the waiting list", body = Page<BookingView>))
)]
#[get("/v1/cohorts/{cohortId}/waiting-list")]
pub(crate) async fn list_waiting(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let reader = app.store.reader();
    let gate = gate_of(&reader, cohort).await?;
    caller.require(Action::ReadWaitingList, &resource_of(&gate))?;
    let after: Option<Place> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    app.enter_due(&[cohort]).await?;
    let after = after.map(|(moment, submitted_at, sequence)| Rank { moment, submitted_at, sequence });
    let rows = waiting_page(&reader, cohort, after, query.0.limit.one_more()).await?;
    let place = |booking: &Booking| booking.rank.map(|rank| (rank.moment, rank.submitted_at, rank.sequence));
    let page = app.cursors.page(&caller, query.0.limit, rows, place);
    let records = records(&reader, page.items, reader.now().await?).await?;
    let page = Page { items: views(&records, &caller.actor), next_cursor: page.next_cursor };
    Ok(Answer::page(&caller, &page).private())
}
