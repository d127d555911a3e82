//! One form for several cohorts of a programme (ADM-21): its choices are taken in the order of preference, as one unit,
//! in a transaction of its own under the locks of all their cohorts. Each goes the way of a single booking.

use super::attempts::write_all_attempts;
use super::batch::{Batch, Done, Position, Step, conclude};
use super::book_many::{RowDone, answered, booked, keep, take};
use super::booking::Booking;
use super::command::{Answered, Book, Booker, BookingRecord, DeskError, Job};
use super::interest::{NewInterest, keep_interest};
use super::keys::Way;
use super::people::person_of;
use super::prepared::Changed;
use super::ranked_form::{self, RankedForm};
use super::seat::Seat;
use crate::governance::AuditRow;
use crate::governance::repeats::KeptAnswer;
use crate::identity::participants::create_known;
use crate::rows::Writes;
use crate::{Origin, Result, StoreError, Work, new_id_at};
use domain::admission::WhenPlaced;
use domain::ids::{AcademyId, BookingId, CohortId, FormId, InterestId, ProgrammeId};
use std::fmt;
use std::sync::Arc;

/// A form that ranks several cohorts.
#[derive(Clone, Debug)]
pub struct BookRanked {
    /// The id that it gets.
    pub form: FormId,
    /// Whose programme.
    pub academy_id: AcademyId,
    /// Of which programme all the cohorts are.
    pub programme_id: ProgrammeId,
    /// The cohort that is preferred to all others.
    pub first: CohortId,
    /// A booking for each cohort, in the order of preference.
    pub rows: Vec<Book>,
    /// What a place in one of the cohorts does to the other requests.
    pub when_placed: WhenPlaced,
    /// Whether the participant asks to hear of later cohorts.
    pub hear_of_later: bool,
    /// Writes the answer.
    pub write: WriteRanked,
}

type Write = dyn Fn(&RankedForm, &[BookingRecord]) -> KeptAnswer + Send + Sync;

/// Writes the answer to a form from itself and its bookings, in the order of preference.
#[derive(Clone)]
pub struct WriteRanked(pub Arc<Write>);

impl fmt::Debug for WriteRanked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteRanked(…)")
    }
}

/// Runs one such request.
pub(super) async fn attempt(
    seat: &mut Seat<'_>,
    jobs: &[Job],
    ranked: &BookRanked,
    way: Way,
) -> Result<Done> {
    let [Job { origin, key, .. }] = jobs else {
        return Err(StoreError::Unavailable("a form is taken by itself".to_owned()));
    };
    let mut work = seat.begin().await?;
    let mut batch = Batch::open(&mut work, jobs, way).await?;
    if let Some(answer) = batch.answers.pop().flatten().and_then(answered) {
        return Ok(Done { answers: vec![answer], changed: Changed::default() });
    }
    batch.sitting.forms.learn(ranked.form, ranked.when_placed);
    let mut rows = Vec::with_capacity(ranked.rows.len());
    for book in &ranked.rows {
        rows.push(take(&mut batch, origin, book)?);
    }
    if rows.iter().any(std::result::Result::is_err) {
        drop(work);
        return refuse(seat, &mut batch, ranked, rows).await;
    }
    let form = form_of(ranked, &batch);
    batch.sitting.audit(origin, sent(&form));
    ranked_form::insert(&work, &form).await?;
    let mut writes = Writes::default();
    create_known(&mut writes, batch.sitting.now, &batch.known_to_keep());
    let changed = batch.sitting.prepare(writes).run(&work).await?;
    batch.write_the_rest(&mut work).await?;
    if form.hear_of_later {
        hear_of_later(&mut work, &batch, &form, &ranked.rows).await?;
    }
    let made = booked(&batch, &work, rows).await?;
    let made: Vec<BookingRecord> = made.into_iter().filter_map(record).collect();
    let answer = (ranked.write.0)(&form, &made);
    keep(&work, &batch, key.as_ref(), &answer).await?;
    conclude(seat, work, vec![Ok(Answered::Done(Some(answer)))], changed).await
}

fn record(done: RowDone) -> Option<BookingRecord> {
    if let RowDone::Booked(record) = done { Some(*record) } else { None }
}

fn form_of(ranked: &BookRanked, batch: &Batch) -> RankedForm {
    let now = batch.sitting.now;
    RankedForm {
        id: ranked.form,
        academy_id: ranked.academy_id,
        programme_id: ranked.programme_id,
        when_placed: ranked.when_placed,
        hear_of_later: ranked.hear_of_later,
        revision: 1,
        created_at: now,
        updated_at: now,
    }
}

fn sent(form: &RankedForm) -> AuditRow {
    AuditRow {
        academy_id: Some(form.academy_id),
        action: "form_sent",
        subject_kind: "form",
        subject_id: Some(form.id.0),
        detail: serde_json::json!({
            "programmeId": form.programme_id.to_string(), "whenPlaced": form.when_placed.as_str(),
            "hearOfLaterCohorts": form.hear_of_later,
        }),
    }
}

/// Nothing of a form is kept where one of its cohorts refuses: its transaction is gone. What was refused is told of each
/// cohort; the attempts are kept apart from it (ADM-19).
async fn refuse(
    seat: &mut Seat<'_>,
    batch: &mut Batch,
    ranked: &BookRanked,
    rows: Vec<Result<BookingId, DeskError>>,
) -> Result<Done> {
    let own: Vec<BookingId> = ranked.rows.iter().map(|book| book.id).collect();
    let refused = rows.into_iter().enumerate().filter_map(|(row, done)| Some((row, done.err()?)));
    let refused = refused.map(|(row, error)| match error {
        DeskError::Refused(mut refusal) => {
            refusal.already = refusal.already.filter(|id| !own.contains(id));
            (row, DeskError::Refused(refusal))
        }
        other => (row, other),
    });
    let answers = vec![Err(DeskError::NotRanked(refused.collect()))];
    let mut work = seat.begin().await?;
    write_all_attempts(batch, &mut work).await?;
    conclude(seat, work, answers, Changed::default()).await
}

/// Makes a booking that ends at once: a preferred cohort gave a place, so that it never is a claim.
pub(super) fn make_ended(
    batch: &mut Batch,
    origin: &Origin,
    booking: Booking,
    placed: BookingId,
) -> Result<Step> {
    let id = booking.id;
    batch.sitting.make(booking);
    batch.sitting.end_choice(origin, id, placed)?;
    Ok(Step::Decided { booking: id, position: Position::None })
}

/// Leaves the wish to hear of later cohorts (COM-8), as the participant would: one that stands stays as it is.
async fn hear_of_later(work: &mut Work, batch: &Batch, form: &RankedForm, rows: &[Book]) -> Result<()> {
    let Some(book) = rows.first() else { return Ok(()) };
    let Some(person) = person_of(book, &batch.owners) else { return Ok(()) };
    let participant = batch.known.participant(person)?;
    let (as_typed, full_name) = match &book.booker {
        Booker::Participant { .. } => (participant.email.clone(), participant.full_name.clone()),
        Booker::Coordinator { told, .. } | Booker::Client { told, .. } => {
            (told.email.clone(), Some(told.full_name.clone()))
        }
    };
    let new = NewInterest {
        id: InterestId(new_id_at(batch.sitting.now)),
        academy_id: form.academy_id,
        programme_id: form.programme_id,
        address: participant.email_key.clone(),
        as_typed,
        full_name: full_name.unwrap_or_default(),
        job_role: None,
        staff_group: None,
        organisation_id: None,
        organisation_name: None,
        sector: None,
        locality: None,
        note: None,
    };
    keep_interest(work, new).await
}
