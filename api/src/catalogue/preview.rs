//! What a change of a cohort's terms and sessions would do, before it is made (ADM-14): it is made by the same code in a
//! rehearsal, which can't be kept.

use super::cohort_wire::CohortParts;
use super::cohorts::{change, desk_of, patched};
use super::facilitators::{self, Held};
use super::preview_wire::{PreviewPatch, PreviewSession, PreviewView};
use super::scope;
use super::session_changes;
use super::session_wire::SessionParts;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use chrono_tz::Tz;
use domain::catalogue::{Cohort, Session};
use domain::fault::Fault;
use domain::identity::Action;
use domain::ids::CohortId;
use persistence::admission::DeskRow;
use persistence::{Access, Work, admission, catalogue};
use std::collections::BTreeSet;

/// Preview a change of a cohort
///
/// Takes what `changeCohort` takes, and `sessions` that are to be moved or added, and says what all of it would do to
/// places, waiting list and bookings at once, what is due included. `ahead` says what is then due, up to the first session's
/// start, if nobody acts meanwhile: what a date does, it does later. Nothing is changed; the same rules refuse what
/// can't be done. With `sessions`, what people have elsewhere at those times is not looked at: who has a place there may get
/// an offer where this says that they are confirmed.
#[utoipa::path(
    tag = "admission",
    operation_id = "previewCohort",
    params(CohortPath),
    responses((status = 200, description = "What would change.", body = PreviewView)),
    extensions(("x-problems" = json!([
        "booking-already-open", "capacity-below-places-taken", "cohort-ended", "cohort-started", "gate-in-use",
        "session-clash"
    ])))
)]
#[post("/v1/cohorts/{cohortId}/preview")]
pub(crate) async fn preview_cohort(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<PreviewPatch>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let (cohort, programme) = scope::cohort(&app.store.reader(), path.0.cohort_id).await?;
    for action in [Action::ReadWaitingList, Action::WriteCatalogue] {
        caller.require(action, &scope::resource(&programme))?;
    }
    let seen = previewed(&app, &caller, cohort.id, &body.0).await;
    // Only the answer is kept, for repeats of it (ADM-10).
    if caller.request_key()?.is_none() { seen } else { app.write(&caller, async |_| seen).await }
}

/// Under the cohort's lock and never committed: it decides as the change itself would.
async fn previewed(
    app: &Shared,
    caller: &Caller,
    id: CohortId,
    patch: &PreviewPatch,
) -> Result<Answer, Problem> {
    let mut rehearsal = app.store.rehearse(caller.origin()).await?;
    let (sessions, faults) = patch.sessions();
    if !sessions.is_empty() {
        rehearsal.invents_dates();
    }
    let work = rehearsal.work();
    let held = hold(work, id, &sessions).await?;
    work.lock_cohorts([id]).await?;
    let cohort = catalogue::cohort(work, id).await?.ok_or_else(scope::not_found)?;
    let zone = scope::academy(work, cohort.academy_id).await?.zone;
    let desk = desk_of(work, id).await?;
    let wanted = Wanted::read(work, (&cohort, &desk), zone, (patch, &sessions, faults)).await?;
    admission::catch_up(work, id).await?;
    for (index, there, parts) in wanted.sessions {
        let made = take_session(work, &held, &cohort, there, parts).await;
        made.map_err(|problem| problem.under(&format!("/sessions/{index}")))?;
    }
    change(work, cohort, &desk, wanted.cohort).await?;
    let preview = admission::preview(&mut rehearsal, id).await?;
    Ok(Answer::ok(&PreviewView::from(&preview)).private())
}

/// Waits for who runs the sessions, or is to: before the cohort's lock, as everywhere.
async fn hold(
    work: &mut Work,
    cohort: CohortId,
    sessions: &[(usize, PreviewSession)],
) -> Result<Held, Problem> {
    let mut people = BTreeSet::new();
    for (_, session) in sessions {
        let there = there(work, cohort, session).await?;
        people.extend(there.as_ref().and_then(|there| there.facilitator_id));
        people.extend(facilitators::named(&session.draft(there.as_ref())?));
    }
    facilitators::hold_all(work, people).await
}

/// The cohort's session that is named, where it has it.
async fn there(
    db: &impl Access,
    cohort: CohortId,
    session: &PreviewSession,
) -> Result<Option<Session>, Problem> {
    let Some(id) = session.id else { return Ok(None) };
    Ok(catalogue::session(db, id).await?.filter(|session| session.cohort_id == cohort))
}

/// What is to be rehearsed.
struct Wanted {
    cohort: CohortParts,
    /// Each with its place in the list, and the session that is there.
    sessions: Vec<(usize, Option<Session>, SessionParts)>,
}

impl Wanted {
    /// Reads all of it under the cohort's lock.
    ///
    /// # Errors
    /// 422 with every fault.
    async fn read(
        work: &Work,
        (cohort, desk): (&Cohort, &DeskRow),
        zone: Tz,
        (patch, sessions, mut faults): (&PreviewPatch, &[(usize, PreviewSession)], Vec<Fault>),
    ) -> Result<Self, Problem> {
        let mut read = Vec::with_capacity(sessions.len());
        for (index, session) in sessions {
            let there = there(work, cohort.id, session).await?;
            if session.id.is_some() && there.is_none() {
                let detail = "is no session of this cohort; leave id out to add one";
                faults.push(Fault::new(format!("/sessions/{index}/id"), "unknown-session", detail));
                continue;
            }
            let draft = session.draft(there.as_ref())?;
            let runs_it = there.as_ref().and_then(|there| there.facilitator_id);
            match session_changes::read(work, cohort.academy_id, draft, runs_it, zone).await? {
                Ok(parts) => read.push((*index, there, parts)),
                Err(found) => {
                    faults.extend(found.into_iter().map(|fault| fault.under(&format!("/sessions/{index}"))));
                }
            }
        }
        match patched(&patch.cohort, cohort, desk)? {
            Ok(cohort) if faults.is_empty() => Ok(Self { cohort, sessions: read }),
            Ok(_) => Err(Problem::invalid(faults)),
            Err(found) => Err(Problem::invalid(found.into_iter().chain(faults).collect())),
        }
    }
}

async fn take_session(
    work: &mut Work,
    held: &Held,
    cohort: &Cohort,
    there: Option<Session>,
    parts: SessionParts,
) -> Result<(), Problem> {
    match there {
        Some(session) => session_changes::change(work, held, session, parts).await.map(|_| ()),
        None => {
            let session = session_changes::made(cohort, parts, work.now().await?);
            session_changes::add(work, held, cohort, std::slice::from_ref(&session)).await
        }
    }
}
