//! Attempts that were refused, kept apart from bookings for the day on which staff waive what was missing (ADM-19).

use super::batch::Batch;
use super::command::Book;
use crate::catalogue::gates::CohortGate;
use crate::identity::participants::{NewKnown, create_known, owners};
use crate::rows::{self, Kind, Row, Writes};
use crate::{Access, Result, Work, new_id_at};
use domain::admission::Refusal;
use domain::ids::{AcademyId, CohortId, PersonId};
use std::collections::BTreeSet;

/// An attempt that was refused, kept apart from bookings (ADM-2, ADM-19).
pub(super) struct KeptAttempt {
    academy_id: AcademyId,
    cohort_id: CohortId,
    person_id: PersonId,
    code: &'static str,
    codes: String,
}

/// Keeps an attempt that was refused for something that staff can waive, and counts a wrong code.
pub(super) fn keep_attempt(
    batch: &mut Batch,
    book: &Book,
    gate: &CohortGate,
    person: PersonId,
    refusal: &Refusal,
    code_is_wrong: bool,
) {
    if code_is_wrong {
        batch.tries.count_wrong(person);
    }
    if refusal.first.requirement().is_some() {
        batch.kept_strangers.insert(person);
        let codes: Vec<&str> = refusal.reasons.iter().map(|reason| reason.code()).collect();
        batch.attempts.push(KeptAttempt {
            academy_id: gate.academy_id,
            cohort_id: book.cohort_id,
            person_id: person,
            code: refusal.first.code(),
            codes: codes.join(" "),
        });
    }
}

/// Keeps the attempts and wrong codes of people who were known before, and nothing else.
pub(super) async fn write_attempts(batch: &Batch, work: &Work) -> Result<()> {
    let known = |id: PersonId| !batch.strangers.contains_key(&id);
    batch.tries.write(work, known).await?;
    rows::insert(work.connection(), "refused_attempt", &ATTEMPT, attempt_rows(batch, known), "").await?;
    Ok(())
}

/// Keeps the attempts and wrong codes of all, and nothing else: whom nobody knew is known from now on, as after any attempt
/// that is refused. Their locks were given back with what was refused.
pub(super) async fn write_all_attempts(batch: &mut Batch, work: &mut Work) -> Result<()> {
    let attempted: BTreeSet<PersonId> = batch.attempts.iter().map(|attempt| attempt.person_id).collect();
    let strangers: Vec<NewKnown> = attempted
        .into_iter()
        .filter_map(|id| {
            let (email_key, email) = batch.strangers.remove(&id)?;
            Some(NewKnown { id, email_key, email })
        })
        .collect();
    work.lock_persons(strangers.iter().map(|stranger| stranger.email_key.as_str())).await?;
    let now = work.now().await?;
    let known = owners(work, strangers.iter().map(|stranger| stranger.email_key.as_str())).await?;
    let (met, new): (Vec<NewKnown>, Vec<NewKnown>) =
        strangers.into_iter().partition(|stranger| known.contains_key(&stranger.email_key));
    for stranger in met {
        let person = known[&stranger.email_key];
        let theirs = batch.attempts.iter_mut().filter(|attempt| attempt.person_id == stranger.id);
        theirs.for_each(|attempt| attempt.person_id = person);
    }
    let mut writes = Writes::default();
    create_known(&mut writes, now, &new);
    writes.run(work.connection()).await?;
    write_attempts(batch, work).await
}

pub(super) fn attempt_rows(batch: &Batch, kept: impl Fn(PersonId) -> bool) -> Vec<Row> {
    let attempt = |kept: &KeptAttempt| {
        Row::default()
            .uuid("id", new_id_at(batch.sitting.now))
            .uuid("academy_id", kept.academy_id.0)
            .uuid("cohort_id", kept.cohort_id.0)
            .uuid("person_id", kept.person_id.0)
            .text("code", kept.code.to_owned())
            .text("codes", kept.codes.clone())
            .time("attempted_at", batch.sitting.now)
    };
    batch.attempts.iter().filter(|attempt| kept(attempt.person_id)).map(attempt).collect()
}

/// The columns of `refused_attempt`.
pub(super) const ATTEMPT: [rows::Column; 7] = [
    ("id", Kind::Uuid),
    ("academy_id", Kind::Uuid),
    ("cohort_id", Kind::Uuid),
    ("person_id", Kind::Uuid),
    ("code", Kind::Text),
    ("codes", Kind::Text),
    ("attempted_at", Kind::Time),
];
