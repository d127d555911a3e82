//! A cohort's ledger (ADM-12): the booking order record, without names.

use super::book::gate_of;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::list::Page;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::Problem;
use crate::http::query::{PageQuery, Query};
use actix_web::get;
use domain::admission::Entry;
use domain::identity::{Action, Actor, Resource};
use domain::time::wire;
use persistence::admission::{client_holds_receipt, holds_receipt, ledger_page};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One entry of a ledger. `entryHash` is the SHA-256 over `previousHash` and the RFC 8785 form of the rest.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "version": 17, "kind": "claim", "sequence": 12, "bookingId": "0193f2a4-0000-7000-8000-000000000001",
    "moment": "2026-11-25T17:00:00Z", "recordedAt": "2026-11-25T17:04:00Z",
    "facts": {"submittedAt": "2026-11-24T09:30:00Z"},
    "decisions": [{"bookingId": "0193f2a4-0000-7000-8000-000000000001", "status": "waiting", "closedReason": null, "offerExpiresAt": null}],
    "previousHash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "entryHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
}))]
pub(crate) struct LedgerEntryView {
    /// Counts from 1 in each cohort without a gap, in commit order.
    version: u64,
    /// What it tells: `cohort_created`, `claim`, `carried_over` (a claim, with the moment that it had in an earlier cohort), `withdrawal`, `cancellation`, `placed_elsewhere` (another choice of the same joining form has a place), `moved`, `deferred`, `passed_on` (to a colleague, whose claim comes next), `acceptance`, `decline`, `expiry`,
    /// `gate_reopened`, `gate_failed`, `fit_changed` (which reserves it fits), `reserve_released`, `capacity_changed`,
    /// `terms_changed`, `tasters_sealed`, `booking_opened`, `booking_closed`, `cohort_started`, `cohort_cancelled` or
    /// `cohort_completed`.
    kind: &'static str,
    /// The claim's sequence; only at a claim.
    #[schema(required)]
    sequence: Option<u64>,
    /// Which booking it is about, where it is about one.
    #[schema(required)]
    booking_id: Option<String>,
    /// The claim's moment, or when what was due was due; else when it was recorded.
    moment: String,
    /// When it was written.
    recorded_at: String,
    /// What settling needs to know of it; a claim whose submission came with an imported list has `importedMoment: true`, a
    /// change of for whom the reserves are has `fits`, the claims that fit others now, and an entry that offered a place where
    /// it would else have confirmed it has `clashing`, the bookings that were asked first because sessions overlap.
    #[schema(value_type = Object)]
    facts: Map<String, Value>,
    /// Each booking whose status it changed, in order: `bookingId`, `status`, `closedReason`, `offerExpiresAt`.
    #[schema(value_type = Vec<Object>)]
    decisions: Value,
    /// The hash of the entry before; the first has 64 zeros.
    previous_hash: String,
    /// The hash of this entry.
    entry_hash: String,
}

fn view(entry: Entry) -> LedgerEntryView {
    LedgerEntryView {
        version: entry.version,
        kind: entry.kind.as_str(),
        sequence: entry.sequence,
        booking_id: entry.booking.map(|id| id.to_string()),
        moment: wire(entry.moment),
        recorded_at: wire(entry.recorded_at),
        decisions: entry.decisions_json(),
        facts: entry.facts,
        previous_hash: entry.previous_hash,
        entry_hash: entry.entry_hash,
    }
}

/// Read a cohort's ledger
///
/// Every fact that reached settling, in commit order, chained by hashes, without names. For staff, and for
/// whoever holds a receipt of it, so that anyone can check that the order was kept.
#[utoipa::path(
    tag = "admission", operation_id = "listLedger", params(CohortPath, PageQuery),
    responses((status = 200, description = "A page of the ledger", body = Page<LedgerEntryView>))
)]
#[get("/v1/cohorts/{cohortId}/ledger")]
pub(crate) async fn list_ledger(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let cohort = path.0.cohort_id;
    let reader = app.store.reader();
    let gate = gate_of(&reader, cohort).await?;
    let entitled = match &caller.actor {
        Actor::Person(person) => holds_receipt(&reader, cohort, person.id).await?,
        Actor::Client(client) => client_holds_receipt(&reader, cohort, client.id).await?,
        Actor::Anonymous => false,
    };
    let resource = Resource::Catalogue {
        academy_id: gate.academy_id,
        public: gate.public,
        run_by_actor: false,
        entitled,
    };
    caller.require(Action::ReadLedger, &resource)?;
    let after: Option<u64> = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    app.enter_due(&[cohort]).await?;
    let entries = ledger_page(&reader, cohort, after.unwrap_or(0), query.0.limit.one_more()).await?;
    let page = app.cursors.page(&caller, query.0.limit, entries, |entry: &Entry| entry.version);
    let page = page.map(view);
    Ok(Answer::page(&caller, &page).private())
}
