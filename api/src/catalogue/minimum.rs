//! A cohort with a minimum is said to run, or cancelled, by its decision date (PRG-12).

use super::cohort_wire::CohortView;
use super::cohort_words::MinimumDecisionWord;
use super::cohorts::desk_of;
use super::scope;
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::json::NoBody;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use chrono::{DateTime, Utc};
use domain::admission::CohortStatus;
use domain::catalogue::Cohort;
use domain::catalogue::minimum::{NotConfirmed, Notice, confirms, minimum_decision};
use domain::identity::Action;
use domain::ids::CohortId;
use persistence::{Origin, StoreError, admission, catalogue};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether a cohort with a minimum runs, and by when that is decided.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MinimumDecision, example = json!({
    "decision": "open", "decidedBy": "2027-12-20T12:00:00Z", "decidedAt": null, "overdue": false
}))]
pub(crate) struct MinimumDecisionView {
    /// What was decided.
    #[schema(value_type = MinimumDecisionWord)]
    decision: &'static str,
    /// By when it is decided: `minimumDecidedBy` or, without one, a week before the first session; null while neither
    /// has a date.
    decided_by: Option<DateTime<Utc>>,
    /// When staff decided it, where that is known.
    decided_at: Option<DateTime<Utc>>,
    /// Whether the date has passed and nothing is decided. Nothing follows by itself.
    overdue: bool,
}

impl MinimumDecisionView {
    /// As it stands at `now`.
    pub(super) fn of(
        cohort: &Cohort,
        status: CohortStatus,
        first_session_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let shown = minimum_decision(cohort, status, first_session_at, now)?;
        Some(Self {
            decision: shown.decision.as_str(),
            decided_by: shown.decided_by,
            decided_at: shown.decided_at,
            overdue: shown.overdue,
        })
    }
}

/// Confirm that a cohort runs
///
/// Its minimum is decided: it takes place, also with fewer than that. Everybody is shown it, and those who have a place
/// are told. To say it again changes nothing; who decides otherwise cancels the cohort.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "confirmCohortRuns",
    params(CohortPath),
    responses((status = 200, description = "The cohort, which runs.", body = CohortView)),
    extensions(("x-problems" = json!([
        "cohort-ended", "no-minimum", "malformed-json", "unsupported-media-type", "invalid"
    ])))
)]
#[post("/v1/cohorts/{cohortId}/confirm-running")]
pub(crate) async fn confirm_cohort_runs(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    _: NoBody,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let id = path.0.cohort_id;
    let (_, programme) = scope::cohort(&app.store.reader(), id).await?;
    caller.require(Action::EndCohort, &scope::resource(&programme))?;
    app.write(&caller, async |work| {
        work.lock_cohorts([id]).await?;
        let mut cohort = catalogue::cohort(work, id).await?.ok_or_else(scope::not_found)?;
        let now = work.now().await?;
        if confirms(&cohort, desk_of(work, id).await?.status(now)).map_err(problem)? {
            admission::tell_that_it_runs(work, id).await?;
            cohort.minimum_decided_at = Some(now);
            cohort.revision += 1;
            cohort.updated_at = now;
            catalogue::update_cohort(work, &cohort).await?;
            let detail = scope::revision_detail(cohort.revision);
            scope::audit(work, cohort.academy_id, "cohort_runs", ("cohort", id.0), detail);
        }
        let desk = desk_of(work, id).await?;
        Ok(scope::changed(cohort.revision, &CohortView::of(&cohort, &programme, &desk, now)))
    })
    .await
}

fn problem(refused: NotConfirmed) -> Problem {
    Problem::new(match refused {
        NotConfirmed::NoMinimum => Code::NoMinimum,
        NotConfirmed::Ended => Code::CohortEnded,
    })
}

/// Tells staff of each minimum whose decision date is near, or has passed, a transaction each.
///
/// # Errors
/// When the database does not answer; the next run tells of what is left.
pub(crate) async fn notice_minimums(app: &Shared) -> Result<(), StoreError> {
    let reader = app.store.reader();
    for cohort in catalogue::minimum_notices_due(&reader, reader.now().await?).await? {
        if let Err(error) = notice_minimum(app, cohort).await {
            // What stands in the way of one cohort's notice stops nobody else's.
            tracing::error!(%cohort, %error, "staff could not be told of its minimum");
        }
    }
    Ok(())
}

async fn notice_minimum(app: &Shared, cohort: CohortId) -> Result<(), StoreError> {
    let mut work = app.store.begin(Origin::job()).await?;
    let noticed = catalogue::notice_minimum(&mut work, cohort).await?;
    work.commit().await?;
    if noticed == Some(Notice::Overdue) {
        tracing::warn!(%cohort, "the date by which its minimum was to be decided has passed");
    }
    Ok(())
}
