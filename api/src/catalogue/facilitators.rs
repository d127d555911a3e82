//! A facilitator is not put on two sessions or tasters at once (PRG-6).

use super::fields::PersonRef;
use crate::http::draft::Draft;
use crate::http::problem::{Code, Problem};
use domain::admission::SessionTime;
use domain::catalogue::meeting::When;
use domain::catalogue::{Session, Span, double_booked};
use domain::ids::{AcademyId, PersonId};
use persistence::{Work, catalogue};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Facilitators who are held until the work ends, so that nobody else puts them on a meeting meanwhile.
pub(super) struct Held(BTreeSet<PersonId>);

/// What a facilitator is to run.
pub(super) struct Wanted<'a> {
    pub(super) academy: AcademyId,
    pub(super) facilitator: Option<PersonId>,
    pub(super) meetings: &'a [(String, Span)],
    /// The meeting itself, where it is there already.
    pub(super) itself: Option<Uuid>,
}

/// Waits for who is named in the body and for who runs the meeting so far: before the cohort's lock, as everywhere.
pub(super) async fn hold<T>(
    work: &mut Work,
    draft: &Draft<T>,
    runs_it: Option<PersonId>,
) -> Result<Held, Problem> {
    hold_all(work, named(draft).into_iter().chain(runs_it).collect()).await
}

/// The same for several meetings at once.
pub(super) async fn hold_all(work: &mut Work, people: BTreeSet<PersonId>) -> Result<Held, Problem> {
    catalogue::hold_facilitators(work, &people).await?;
    Ok(Held(people))
}

/// Who is to run a meeting.
pub(super) fn named<T>(draft: &Draft<T>) -> Option<PersonId> {
    draft.field::<PersonRef>("facilitatorId").map(|id| id.0)
}

impl Held {
    /// Refuses what would put the facilitator on two meetings at once.
    pub(super) async fn refuse_clash(&self, work: &Work, wanted: Wanted<'_>) -> Result<(), Problem> {
        let Some(facilitator) = wanted.facilitator else { return Ok(()) };
        if !self.0.contains(&facilitator) {
            // Somebody else was put on it while this waited for its cohort.
            return Err(Problem::new(Code::Unavailable));
        }
        let Some(around) = Span::around(wanted.meetings.iter().map(|(_, span)| *span)) else { return Ok(()) };
        let engaged = catalogue::engagements(work, facilitator, around, wanted.itself).await?;
        let faults = double_booked(wanted.academy, wanted.meetings, &engaged);
        if faults.is_empty() {
            return Ok(());
        }
        let detail = "The facilitator runs another session or taster at that time. `errors` names each; choose another \
                      time or somebody else.";
        Err(Problem::new(Code::SessionClash).detail(detail).faults(faults))
    }
}

/// When something takes place, as clashes look at it.
pub(super) fn span(when: &When) -> Span {
    Span { starts_at: when.starts_at, ends_at: when.ends_at }
}

/// The sessions that somebody is to run.
pub(super) fn meetings(sessions: &[Session]) -> Vec<(String, Span)> {
    sessions.iter().map(|session| (session.title.clone(), span(&session.when))).collect()
}

/// The same, as clashes of those who take part look at them.
pub(super) fn times(sessions: &[Session]) -> Vec<SessionTime> {
    let time = |session: &Session| SessionTime { title: session.title.clone(), span: span(&session.when) };
    sessions.iter().map(time).collect()
}
