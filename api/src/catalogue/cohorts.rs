//! Cohorts: one run of a programme each (PRG-3).

use super::cohort_wire::{CohortFields, CohortInput, CohortParts, CohortView};
use super::merge::MergePatch;
use super::reserve_wire;
use super::scope;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::draft::Draft;
use crate::http::fields::Moment;
use crate::http::json::Json;
use crate::http::list::Page;
use crate::http::path::{CohortPath, Path, ProgrammePath};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, PageQuery, Query};
use actix_web::{get, patch, post};
use domain::admission::TermsRefused;
use domain::catalogue::Cohort;
use domain::catalogue::programme::{Gate, Programme};
use domain::fault::Fault;
use domain::identity::Action;
use domain::ids::CohortId;
use persistence::admission::{self, DeskRow, NewDesk};
use persistence::{Access, StoreError, Work, catalogue, new_id};
use serde_json::json;

/// A merge patch of it.
pub(crate) type CohortPatch = MergePatch<CohortInput>;

/// What should be one, with all that is wrong with it.
pub(crate) type CohortDraft = Draft<CohortInput>;

/// Add a cohort
///
/// It copies gate, form and confidentiality from its programme, less what is said here. Later changes of the
/// programme concern later cohorts.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "createCohort",
    params(ProgrammePath),
    responses((status = 201, description = "The cohort.", body = CohortView)),
    extensions(("x-problems" = json!(["not-published"])))
)]
#[post("/v1/programmes/{programmeId}/cohorts")]
pub(crate) async fn create_cohort(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    _: Query<NoQuery>,
    body: Json<CohortDraft>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let programme = scope::programme(&app.store.reader(), path.0.programme_id).await?;
    caller.require(Action::WriteCatalogue, &scope::resource(&programme))?;
    app.write(&caller, async |work| {
        let held = catalogue::programme_for_update(work, programme.id).await?;
        let programme = held.ok_or_else(scope::not_found)?;
        if programme.lifecycle.archived_at().is_some() {
            let detail = "The programme is archived: it takes no new cohorts.";
            return Err(Problem::new(Code::NotPublished).detail(detail));
        }
        let (gate, confidential) = (&programme.content.gate, programme.content.confidential);
        let mut faults = CohortInput::cross_faults(&body.0);
        faults.extend(reserve_wire::unknown(&body.0, &[]));
        let parts = body.0.finish(faults, |input| input.into_parts(gate, confidential))?;
        make(work, &programme, parts).await
    })
    .await
}

async fn make(work: &mut Work, programme: &Programme, parts: CohortParts) -> Result<Answer, Problem> {
    let now = work.now().await?;
    let cohort = Cohort {
        id: CohortId(new_id()),
        academy_id: programme.academy_id,
        programme_id: programme.id,
        title: parts.title,
        description: parts.description,
        announced_for: parts.announced_for,
        minimum: parts.minimum,
        minimum_decided_by: parts.minimum_decided_by,
        minimum_decided_at: None,
        interest_told_hours: parts.interest_told_hours,
        pass_on: parts.pass_on,
        gate: parts.gate,
        confidential: parts.confidential,
        reserves: parts.reserves,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    catalogue::insert_cohort(work, &cohort).await?;
    let desk = NewDesk {
        cohort_id: cohort.id,
        academy_id: cohort.academy_id,
        programme_id: cohort.programme_id,
        terms: parts.terms,
        first_session_at: None,
    };
    admission::open_desk(work, desk).await?;
    let subject = ("cohort", cohort.id.0);
    scope::audit(work, cohort.academy_id, "cohort_created", subject, scope::revision_detail(1));
    let desk = desk_of(work, cohort.id).await?;
    catalogue::listing_changed(work).await?;
    let view = CohortView::of(&cohort, programme, &desk, now);
    Ok(scope::made(format!("/v1/cohorts/{}", cohort.id), 1, &view))
}

pub(super) async fn desk_of(db: &impl Access, id: CohortId) -> Result<DeskRow, Problem> {
    let desk = admission::desks(db, &[id]).await?.remove(&id);
    desk.ok_or_else(|| {
        let error = StoreError::Corrupt { table: "cohort_desk", column: "cohort_id", row: id.to_string() };
        Problem::from(error)
    })
}

/// List a programme's cohorts
///
/// In the order of their making, ended ones included. Open to all once the programme is published.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "listCohorts",
    params(ProgrammePath, PageQuery),
    responses((status = 200, description = "One page.", body = Page<CohortView>)),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/programmes/{programmeId}/cohorts")]
pub(crate) async fn list_cohorts(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    let reader = app.store.reader();
    let programme = scope::programme(&reader, path.0.programme_id).await?;
    caller.require(Action::ReadCatalogue, &scope::resource(&programme))?;
    let after = app.cursors.position(&caller, query.0.cursor.as_ref())?;
    let limit = query.0.limit;
    let rows = catalogue::cohorts_of(&reader, programme.id, after, limit.one_more()).await?;
    let page = app.cursors.page(&caller, limit, rows, |cohort| cohort.id.0);
    let now = reader.now().await?;
    let ids: Vec<CohortId> = page.items.iter().map(|cohort| cohort.id).collect();
    app.enter_due(&ids).await?;
    let desks = admission::desks(&reader, &ids).await?;
    let view = |cohort: &Cohort| desks.get(&cohort.id).map(|d| CohortView::of(cohort, &programme, d, now));
    let items = page.items.iter().filter_map(view).collect();
    Ok(Answer::page(&caller, &Page { items, next_cursor: page.next_cursor }))
}

/// Read a cohort
///
/// Open to all once its programme is published. Its `ETag` has two parts, terms and counts: `If-None-Match`
/// compares both, `If-Match` the terms, so a rush of bookings makes no editor stale.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "readCohort",
    params(CohortPath),
    responses((status = 200, description = "The cohort.", body = CohortView)),
    security((), ("bearer" = []), ("clientCredentials" = []))
)]
#[get("/v1/cohorts/{cohortId}")]
pub(crate) async fn read_cohort(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let reader = app.store.reader();
    let (cohort, programme) = scope::cohort(&reader, path.0.cohort_id).await?;
    caller.require(Action::ReadCatalogue, &scope::resource(&programme))?;
    app.enter_due(&[cohort.id]).await?;
    let desk = desk_of(&reader, cohort.id).await?;
    let view = CohortView::of(&cohort, &programme, &desk, reader.now().await?);
    Ok(scope::shown(&caller, cohort.revision, &view))
}

/// Change a cohort
///
/// By merge patch. `bookingOpensAt` can change until it has passed, `bookingClosesAt` until the start, capacity
/// never below the places held, and the gate until the first booking.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "changeCohort",
    params(CohortPath),
    responses((status = 200, description = "The cohort as it is now.", body = CohortView)),
    extensions(("x-problems" = json!([
        "booking-already-open", "capacity-below-places-taken", "cohort-ended", "cohort-started", "gate-in-use"
    ])))
)]
#[patch("/v1/cohorts/{cohortId}")]
pub(crate) async fn change_cohort(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<CohortPatch>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let (cohort, programme) = scope::cohort(&app.store.reader(), path.0.cohort_id).await?;
    caller.require(Action::WriteCatalogue, &scope::resource(&programme))?;
    let id = cohort.id;
    app.write(&caller, async |work| {
        work.lock_cohorts([id]).await?;
        let cohort = catalogue::cohort(work, id).await?.ok_or_else(scope::not_found)?;
        scope::if_match(&caller, cohort.revision)?;
        let desk = desk_of(work, id).await?;
        let parts = patched(&body.0, &cohort, &desk)??;
        let cohort = change(work, cohort, &desk, parts).await?;
        let desk = desk_of(work, id).await?;
        catalogue::listing_changed(work).await?;
        let view = CohortView::of(&cohort, &programme, &desk, cohort.updated_at);
        Ok(scope::changed(cohort.revision, &view))
    })
    .await
}

/// What a cohort would be with a patch, or all that is wrong with it.
pub(super) fn patched(
    patch: &CohortPatch,
    cohort: &Cohort,
    desk: &DeskRow,
) -> Result<Result<CohortParts, Vec<Fault>>, Problem> {
    let draft = patch.onto(&CohortFields::of(cohort, &desk.terms))?;
    let mut faults = CohortInput::cross_faults(&draft);
    let date = |name| draft.field::<Moment>(name).map(|at| at.0);
    let terms = &desk.terms;
    if (date("bookingOpensAt"), date("bookingClosesAt")) == (terms.booking_opens_at, terms.booking_closes_at)
    {
        // Staff closed booking before it opened: that stands, whatever else is changed now.
        faults.retain(|fault| fault.code != "closes-before-opening");
    }
    faults.extend(reserve_wire::unknown(&draft, &cohort.reserves));
    Ok(draft.parts(faults, |input| input.into_parts(&Gate::default(), false)))
}

/// Changes a cohort whose lock is held, with its audit; the cohort as it is now. Who shows it says that the listing
/// changed.
pub(super) async fn change(
    work: &mut Work,
    mut cohort: Cohort,
    desk: &DeskRow,
    parts: CohortParts,
) -> Result<Cohort, Problem> {
    check_gate(work, &cohort, &parts.gate).await?;
    change_terms(work, &parts, &cohort, desk).await?;
    apply(&mut cohort, parts);
    cohort.revision += 1;
    cohort.updated_at = work.now().await?;
    catalogue::update_cohort(work, &cohort).await?;
    let (subject, detail) = (("cohort", cohort.id.0), scope::revision_detail(cohort.revision));
    scope::audit(work, cohort.academy_id, "cohort_changed", subject, detail);
    Ok(cohort)
}

/// ADM-2: a cohort's own gate can change until its first booking.
async fn check_gate(work: &Work, cohort: &Cohort, gate: &Gate) -> Result<(), Problem> {
    if *gate != cohort.gate && admission::has_bookings(work, cohort.id).await? {
        return Err(Problem::new(Code::GateInUse));
    }
    Ok(())
}

async fn change_terms(
    work: &mut Work,
    parts: &CohortParts,
    cohort: &Cohort,
    desk: &DeskRow,
) -> Result<(), Problem> {
    if parts.terms == desk.terms && parts.reserves == cohort.reserves {
        return Ok(());
    }
    let terms = parts.terms.clone();
    admission::change_terms(work, cohort.id, terms, &parts.reserves).await?.map_err(refused)
}

/// Why terms can't be changed, as a problem.
pub(super) fn refused(refused: TermsRefused) -> Problem {
    match refused {
        TermsRefused::Ended => Problem::new(Code::CohortEnded),
        TermsRefused::BookingAlreadyOpen => Problem::new(Code::BookingAlreadyOpen),
        TermsRefused::AlreadyStarted => Problem::new(Code::CohortStarted),
        TermsRefused::CapacityBelowPlacesTaken { taken } => {
            let detail = format!("{taken} places are taken; capacity can't be less.");
            Problem::new(Code::CapacityBelowPlacesTaken).detail(detail).with("placesTaken", json!(taken))
        }
    }
}

fn apply(cohort: &mut Cohort, parts: CohortParts) {
    cohort.title = parts.title;
    cohort.description = parts.description;
    cohort.announced_for = parts.announced_for;
    cohort.minimum = parts.minimum;
    cohort.minimum_decided_by = parts.minimum_decided_by;
    cohort.interest_told_hours = parts.interest_told_hours;
    cohort.pass_on = parts.pass_on;
    cohort.gate = parts.gate;
    cohort.confidential = parts.confidential;
    cohort.reserves = parts.reserves;
}
