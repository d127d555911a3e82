//! Why a booking's position on the waiting list changed (ADM-22).

use super::read::permitted;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::list::Page;
use crate::http::path::{BookingPath, Path};
use crate::http::problem::Problem;
use crate::http::query::{PageQuery, Query};
use actix_web::get;
use domain::admission::PositionChange;
use domain::identity::Action;
use domain::time::wire;
use persistence::admission::position_changes;
use serde::Serialize;
use utoipa::ToSchema;

/// One change of a booking's position on the waiting list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "version": 31, "recordedAt": "2026-12-01T10:15:00Z", "from": 3, "to": 2, "cause": "placed_before",
    "detail": "A place went to somebody in front of you."
}))]
pub(crate) struct PositionChangeView {
    /// The version of the ledger's entry that changed it.
    version: u64,
    /// When that was written.
    recorded_at: String,
    /// The position before, counted from 1; null when it did not wait.
    #[schema(required)]
    from: Option<u64>,
    /// The position after; null when it waits no more.
    #[schema(required)]
    to: Option<u64>,
    /// Stable: `claimed`, `carried_over`, `lapsed`, `joined_before`, `carried_before`, `placed_before`, `left_before`, `placed` or `left`.
    cause: &'static str,
    /// A sentence for the person.
    detail: &'static str,
}

fn view(change: PositionChange) -> PositionChangeView {
    PositionChangeView {
        version: change.version,
        recorded_at: wire(change.recorded_at),
        from: change.from,
        to: change.to,
        cause: change.cause.as_str(),
        detail: change.cause.sentence(),
    }
}

/// List changes of a booking's position
///
/// Every change of its place on the waiting list, oldest first, each with its cause and the ledger's entry that shows it.
#[utoipa::path(
    tag = "admission", operation_id = "listPositionChanges", params(BookingPath, PageQuery),
    responses((status = 200, description = "A page of changes", body = Page<PositionChangeView>))
)]
#[get("/v1/bookings/{bookingId}/position-changes")]
pub(crate) async fn list_position_changes(
    app: App,
    caller: Caller,
    path: Path<BookingPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let found = permitted(&app, &caller, path.0.booking_id, Action::ReadBooking).await?;
    let after: Option<u64> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    app.enter_due(&[found.cohort_id]).await?;
    let reader = app.store.reader();
    let limit = query.0.limit.one_more();
    let changes = position_changes(&reader, found.cohort_id, found.id, after.unwrap_or(0), limit).await?;
    let page = app.cursors.page(&caller, query.0.limit, changes, |change: &PositionChange| change.version);
    Ok(Answer::page(&caller, &page.map(view)).private())
}
