//! How sessions are added and changed, whoever asks: the operations of sessions, a series, or a preview (ADM-14).

use super::facilitators::{self, Held, Wanted};
use super::scope;
use super::session_wire::{SessionInput, SessionParts};
use crate::http::draft::Draft;
use crate::http::problem::Problem;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::catalogue::{Cohort, Session, limits};
use domain::fault::Fault;
use domain::ids::{AcademyId, CohortId, PersonId, SessionId};
use persistence::{Work, admission, catalogue, new_id};

/// What is said of a session, or all that is wrong with it; `runs_it` is its facilitator so far.
pub(super) async fn read(
    work: &Work,
    academy: AcademyId,
    draft: Draft<SessionInput>,
    runs_it: Option<PersonId>,
    zone: Tz,
) -> Result<Result<SessionParts, Vec<Fault>>, Problem> {
    let faults = scope::meeting_faults(work, academy, &draft, runs_it).await?;
    Ok(draft.parts(faults, |input| input.into_parts(zone)))
}

/// A session as it is made now.
pub(super) fn made(cohort: &Cohort, parts: SessionParts, now: DateTime<Utc>) -> Session {
    Session {
        id: SessionId(new_id()),
        academy_id: cohort.academy_id,
        cohort_id: cohort.id,
        series_id: None,
        title: parts.title,
        when: parts.when,
        meeting: parts.meeting,
        facilitator_id: parts.facilitator_id,
        asks_for: parts.asks_for,
        adjustments_until: parts.adjustments_until,
        revision: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Adds sessions to a cohort whose lock is held, with their audit and what follows from new dates.
pub(super) async fn add(
    work: &mut Work,
    held: &Held,
    cohort: &Cohort,
    sessions: &[Session],
) -> Result<(), Problem> {
    let there = usize::try_from(catalogue::count_sessions(work, cohort.id).await?).unwrap_or(usize::MAX);
    if there.saturating_add(sessions.len()) > limits::SESSIONS {
        let detail = format!("a cohort can have at most {} sessions", limits::SESSIONS);
        return Err(Problem::invalid(vec![Fault::new("", "too-many", detail)]));
    }
    let wanted = Wanted {
        academy: cohort.academy_id,
        facilitator: sessions.first().and_then(|session| session.facilitator_id),
        meetings: &facilitators::meetings(sessions),
        itself: None,
    };
    held.refuse_clash(work, wanted).await?;
    catalogue::insert_sessions(work, sessions).await?;
    for session in sessions {
        let subject = ("session", session.id.0);
        scope::audit(work, session.academy_id, "session_created", subject, scope::revision_detail(1));
    }
    dates_changed(work, cohort.id).await?;
    let times = facilitators::times(sessions);
    admission::tell_of_clashes(work, cohort.id, &times, None).await?;
    Ok(())
}

/// Changes a session of a cohort whose lock is held, with its audit and what follows from new dates; the session as it
/// is now.
pub(super) async fn change(
    work: &mut Work,
    held: &Held,
    mut session: Session,
    parts: SessionParts,
) -> Result<Session, Problem> {
    let stays = (session.facilitator_id, session.when) == (parts.facilitator_id, parts.when);
    let before = facilitators::span(&session.when);
    (session.title, session.when, session.meeting) = (parts.title, parts.when, parts.meeting);
    (session.facilitator_id, session.asks_for) = (parts.facilitator_id, parts.asks_for);
    session.adjustments_until = parts.adjustments_until;
    session.revision += 1;
    session.updated_at = work.now().await?;
    if !stays {
        let wanted = Wanted {
            academy: session.academy_id,
            facilitator: session.facilitator_id,
            meetings: &facilitators::meetings(std::slice::from_ref(&session)),
            itself: Some(session.id.0),
        };
        held.refuse_clash(work, wanted).await?;
    }
    catalogue::update_session(work, &session).await?;
    let (subject, detail) = (("session", session.id.0), scope::revision_detail(session.revision));
    scope::audit(work, session.academy_id, "session_changed", subject, detail);
    dates_changed(work, session.cohort_id).await?;
    let times = facilitators::times(std::slice::from_ref(&session));
    admission::tell_of_clashes(work, session.cohort_id, &times, Some(before)).await?;
    Ok(session)
}

async fn dates_changed(work: &mut Work, cohort: CohortId) -> Result<(), Problem> {
    let first = catalogue::first_start(work, cohort).await?;
    admission::set_first_session(work, cohort, first).await?.map_err(super::cohorts::refused)?;
    catalogue::listing_changed(work).await?;
    Ok(())
}
