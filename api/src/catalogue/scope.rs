//! Loading what a path names, and saying what a caller may do with it.

use super::fields::PersonRef;
use crate::http::answer::Answer;
use crate::http::caller::Caller;
use crate::http::draft::Draft;
use crate::http::etag::ETag;
use crate::http::fields::{Moment, Parsed};
use crate::http::problem::{Code, Problem};
use actix_web::http::header::VARY;
use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::catalogue::adjustment::until_fault;
use domain::catalogue::meeting::When;
use domain::catalogue::programme::Programme;
use domain::catalogue::public_state::CohortFacts;
use domain::catalogue::{Academy, Cohort};
use domain::fault::Fault;
use domain::identity::{Action, Actor, Resource};
use domain::ids::{AcademyId, CohortId, PersonId, ProgrammeId};
use persistence::governance::AuditRow;
use persistence::{Access, Work, catalogue};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

/// 401 before anything is looked up: nobody learns from a missing token whether something exists.
pub(crate) fn signed_in(caller: &Caller) -> Result<(), Problem> {
    match caller.actor {
        Actor::Anonymous => Err(Problem::new(Code::Unauthenticated)),
        _ => Ok(()),
    }
}

/// An academy, or 404.
pub(crate) async fn academy(db: &impl Access, id: AcademyId) -> Result<Academy, Problem> {
    catalogue::academy(db, id).await?.ok_or_else(not_found)
}

/// A programme, or 404.
pub(crate) async fn programme(db: &impl Access, id: ProgrammeId) -> Result<Programme, Problem> {
    catalogue::programme(db, id).await?.ok_or_else(not_found)
}

/// A cohort with its programme, or 404.
pub(crate) async fn cohort(db: &impl Access, id: CohortId) -> Result<(Cohort, Programme), Problem> {
    let cohort = catalogue::cohort(db, id).await?.ok_or_else(not_found)?;
    let programme = programme(db, cohort.programme_id).await?;
    Ok((cohort, programme))
}

/// What a programme, or something below it, is to permissions.
pub(crate) fn resource(programme: &Programme) -> Resource {
    Resource::Catalogue {
        academy_id: programme.academy_id,
        public: programme.lifecycle.is_public(),
        run_by_actor: false,
        entitled: false,
    }
}

/// The same for a session or taster that somebody runs, and a caller who may hold a place.
pub(crate) fn resource_run_by(
    programme: &Programme,
    facilitator: Option<PersonId>,
    caller: &Caller,
    entitled: bool,
) -> Resource {
    let run_by_actor = match &caller.actor {
        Actor::Person(person) => facilitator == Some(person.id),
        _ => false,
    };
    Resource::Catalogue {
        academy_id: programme.academy_id,
        public: programme.lifecycle.is_public(),
        run_by_actor,
        entitled,
    }
}

/// Whether the caller is staff of the programme's academy, or a client that reads all of it.
pub(crate) fn reads_as_staff(caller: &Caller, programme: &Programme) -> bool {
    caller.may(Action::ReadDrafts, &resource(programme))
}

/// The version of a view: the revision that editors change, and a print of all that is shown, which also tells
/// apart what different callers see and what the clock or bookings change.
pub(crate) fn version(revision: i64, view: &impl Serialize) -> ETag {
    ETag::parts(revision, print(&serde_json::to_vec(view).unwrap_or_default()))
}

/// 48 bits of a hash, never negative.
fn print(bytes: &[u8]) -> i64 {
    let hash = digest(&SHA256, bytes);
    hash.as_ref().iter().take(6).fold(0, |print, byte| (print << 8) | i64::from(*byte))
}

/// 200 with a resource and its version; 304 where the caller has it.
pub(crate) fn shown(caller: &Caller, revision: i64, view: &impl Serialize) -> Answer {
    Answer::ok(view).etag(version(revision, view)).conditional(caller)
}

/// 200 with a changed resource and its version.
pub(crate) fn changed(revision: i64, view: &impl Serialize) -> Answer {
    Answer::ok(view).etag(version(revision, view))
}

/// 201 with a new resource and its version.
pub(crate) fn made(location: String, revision: i64, view: &impl Serialize) -> Answer {
    Answer::created(location, view).etag(version(revision, view))
}

/// Checks `If-Match` against the revision that is there now.
pub(crate) fn if_match(caller: &Caller, revision: i64) -> Result<(), Problem> {
    caller.if_match(&ETag::of_revision(revision))
}

/// Records a change of the catalogue (ACC-7).
pub(crate) fn audit(
    work: &mut Work,
    academy: AcademyId,
    action: &'static str,
    subject: (&'static str, Uuid),
    detail: Value,
) {
    work.audit(AuditRow {
        academy_id: Some(academy),
        action,
        subject_kind: subject.0,
        subject_id: Some(subject.1),
        detail,
    });
}

/// The revisions of a change, for the audit.
pub(crate) fn revision_detail(revision: i64) -> Value {
    json!({ "revision": revision })
}

/// The cohorts of one programme as its public state follows from them.
pub(crate) async fn facts_of(
    db: &impl Access,
    programme: &Programme,
    now: DateTime<Utc>,
) -> Result<Vec<CohortFacts>, Problem> {
    let mut found = catalogue::cohort_facts(db, std::slice::from_ref(programme), now).await?;
    Ok(found.remove(&programme.id).unwrap_or_default())
}

/// The fault of naming somebody as `facilitatorId` who isn't a facilitator, coordinator or admin of the academy.
/// Who runs the meeting already (`runs_it`) may have lost that role since.
pub(crate) async fn facilitator_faults<T>(
    db: &impl Access,
    academy: AcademyId,
    draft: &Draft<T>,
    runs_it: Option<PersonId>,
) -> Result<Vec<Fault>, Problem> {
    let named = draft.field::<PersonRef>("facilitatorId").map(|id| id.0);
    let Some(person) = named.filter(|_| named != runs_it) else { return Ok(Vec::new()) };
    if catalogue::runs_meetings(db, academy, person).await? {
        return Ok(Vec::new());
    }
    let detail = "must be a facilitator, coordinator or admin of this academy";
    Ok(vec![Fault::new("/facilitatorId", "unknown-facilitator", detail)])
}

/// What is wrong with a meeting's `startsAt`, `endsAt`, `adjustmentsUntil` and `facilitatorId`, whatever else is.
pub(crate) async fn meeting_faults<T>(
    db: &impl Access,
    academy: AcademyId,
    draft: &Draft<T>,
    runs_it: Option<PersonId>,
) -> Result<Vec<Fault>, Problem> {
    let mut faults = facilitator_faults(db, academy, draft, runs_it).await?;
    if let (Some(Parsed(starts)), Some(Parsed(ends))) =
        (draft.field::<Moment>("startsAt"), draft.field::<Moment>("endsAt"))
    {
        faults.extend(When::new(starts, ends, Tz::UTC).err());
    }
    if let (Some(Parsed(starts)), Some(Parsed(until))) =
        (draft.field::<Moment>("startsAt"), draft.field::<Moment>("adjustmentsUntil"))
    {
        faults.extend(until_fault(Some(until), starts));
    }
    Ok(faults)
}

/// A list whose items show more to some callers than to others.
pub(crate) fn varied(answer: Answer) -> Answer {
    answer.header(VARY, "Authorization")
}
