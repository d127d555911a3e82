//! Sessions as a series (PRG-4).

use super::cohort_wire::whole;
use super::facilitators;
use super::scope;
use super::session_changes::add;
use super::session_wire::{
    EveryInput, SeriesCount, SeriesInput, SeriesNotice, SeriesParts, SeriesView, SessionView,
};
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::draft::Draft;
use crate::http::fields::{Moment, Zone};
use crate::http::json::Json;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use actix_web::post;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::catalogue::meeting::When;
use domain::catalogue::series::{Series, Slot};
use domain::catalogue::{Cohort, Session};
use domain::fault::Fault;
use domain::identity::Action;
use domain::ids::SessionId;
use persistence::new_id;
use uuid::Uuid;

/// What should be one, with all that is wrong with it.
pub(crate) type SeriesDraft = Draft<SeriesInput>;

/// Add a series of sessions
///
/// Weekly or monthly from the first date, at the same time by the clock on the wall when the clocks change. Months
/// count from the first date; a missing day is the month's last. A local time that the clocks skip is refused
/// (`skipped-local-time`); of one that comes twice the first is taken, and `notices` says so. Each session can then
/// be moved alone.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "createSessionSeries",
    params(CohortPath),
    responses((status = 201, description = "The sessions.", body = SeriesView)),
    extensions(("x-problems" = json!(["cohort-ended", "session-clash"])))
)]
#[post("/v1/cohorts/{cohortId}/sessions/series")]
pub(crate) async fn create_session_series(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Json<SeriesDraft>,
) -> Result<Answer, Problem> {
    scope::signed_in(&caller)?;
    let reader = app.store.reader();
    let (cohort, programme) = scope::cohort(&reader, path.0.cohort_id).await?;
    caller.require(Action::WriteCatalogue, &scope::resource(&programme))?;
    let zone = scope::academy(&reader, cohort.academy_id).await?.zone;
    app.write(&caller, async |work| {
        let held = facilitators::hold(work, &body.0, None).await?;
        work.lock_cohorts([cohort.id]).await?;
        let mut faults = series_faults(&body.0, zone);
        faults.extend(scope::facilitator_faults(work, cohort.academy_id, &body.0, None).await?);
        let (parts, slots) = body.0.finish(faults, |input| {
            let parts = input.into_parts(zone)?;
            let slots = parts.series.slots()?;
            Ok((parts, slots))
        })?;
        let sessions = sessions(&cohort, &parts, &slots, work.now().await?);
        add(work, &held, &cohort, &sessions).await?;
        let location = format!("/v1/cohorts/{}/sessions", cohort.id);
        Ok(Answer::created(location, &view(&sessions, &slots)))
    })
    .await
}

/// What is wrong with the dates that come out, whatever is wrong with the rest.
fn series_faults(draft: &Draft<SeriesInput>, zone: Tz) -> Vec<Fault> {
    let every = match draft.field::<EveryInput>("every").map(EveryInput::into_every) {
        Some(Ok(every)) => every,
        Some(Err(fault)) => return vec![fault],
        None => return Vec::new(),
    };
    let (first, count) = (draft.field::<Moment>("firstStartsAt"), draft.field::<SeriesCount>("count"));
    let shown_in = draft.optional::<Zone>("timeZone");
    let (Some(first), Some(count), Some(shown_in)) = (first, count, shown_in) else { return Vec::new() };
    let zone = shown_in.map_or(zone, |zone| zone.0);
    let series = Series { first: first.0, minutes: 1, count: whole(count), every, zone };
    series.slots().err().unwrap_or_default()
}

fn sessions(cohort: &Cohort, parts: &SeriesParts, slots: &[Slot], now: DateTime<Utc>) -> Vec<Session> {
    let series_id: Uuid = new_id();
    let session = |(index, slot): (usize, &Slot)| Session {
        id: SessionId(new_id()),
        academy_id: cohort.academy_id,
        cohort_id: cohort.id,
        series_id: Some(series_id),
        title: if slots.len() == 1 { parts.title.clone() } else { format!("{} {}", parts.title, index + 1) },
        when: When { starts_at: slot.starts_at, ends_at: slot.ends_at, zone: parts.series.zone },
        meeting: parts.meeting.clone(),
        facilitator_id: parts.facilitator_id,
        asks_for: parts.asks_for.clone(),
        adjustments_until: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    slots.iter().enumerate().map(session).collect()
}

fn view(sessions: &[Session], slots: &[Slot]) -> SeriesView {
    let notice = |(index, slot): (usize, &Slot)| {
        let detail = slot.notice.clone()?;
        Some(SeriesNotice { index, code: "repeated-local-time", detail })
    };
    SeriesView {
        items: sessions.iter().map(|session| SessionView::of(session, true)).collect(),
        notices: slots.iter().enumerate().filter_map(notice).collect(),
    }
}
