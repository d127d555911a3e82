//! One joining form for several cohorts of a programme (ADM-21).

use super::book::{ManagerIn, booker};
use super::participant::ParticipantIn;
use super::read::{missing, note_clashes, resource_of};
use super::submit::{problem, refused_for};
use super::view::{BookingView, booking_view};
use crate::http::answer::Answer;
use crate::http::app::{App, Shared};
use crate::http::caller::Caller;
use crate::http::etag::ETag;
use crate::http::faults::{Faults, pointer};
use crate::http::fields::{FromText, JsonObject, Line, Parsed};
use crate::http::json::Json;
use crate::http::path::{FormPath, Path, ProgrammePath};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::http::StatusCode;
use actix_web::{get, post};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use domain::admission::{MOST_CHOICES, Refusal, WhenPlaced};
use domain::catalogue::joining_form::JoiningForm;
use domain::fault::{Fault, Refused};
use domain::identity::{Action, Actor, Resource};
use domain::ids::{BookingId, CohortId, FormId, ProgrammeId};
use domain::time::wire;
use persistence::admission::{
    self, Book, BookRanked, Booker, BookingRecord, Choice, DeskError, OfClash, RankedForm, WriteRanked,
    bookings_of_form, ranked_form, records,
};
use persistence::catalogue::gates::{CohortGate, cohort_gates, programme_standing};
use persistence::governance::repeats::KeptAnswer;
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;
use uuid::Uuid;

impl FromText for WhenPlaced {
    fn from_text(raw: &str) -> Result<Self, Refused> {
        let refused = || Refused::new("unknown-value", "must be end_others or keep_others");
        Self::parse(raw).ok_or_else(refused)
    }

    fn describe(text: ObjectBuilder) -> ObjectBuilder {
        text.enum_values(Some(Self::ALL.map(Self::as_str)))
    }
}

pub(super) type Chosen = Parsed<WhenPlaced>;
type CohortRef = Parsed<CohortId>;

/// The cohorts that a form ranks, the one that is preferred first.
#[derive(Clone, Debug)]
pub(crate) struct Choices(pub(super) Vec<CohortId>);

impl Deserr<Faults> for Choices {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let list = Vec::<CohortRef>::deserialize_from_value(value, location)?;
        if list.is_empty() || list.len() > MOST_CHOICES {
            let detail = format!("must name 1 to {MOST_CHOICES} cohorts");
            return Err(Faults::one(Fault::new(pointer(location), "out-of-range", detail)));
        }
        Ok(Self(list.into_iter().map(|cohort| cohort.0).collect()))
    }
}

/// A joining form that ranks several cohorts of a programme.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "cohorts": ["0193f2a4-0000-7000-8000-000000000002", "0193f2a4-0000-7000-8000-000000000012"],
    "whenPlaced": "end_others", "hearOfLaterCohorts": true,
    "answers": {"why": "To look after my team better.", "consent": true}, "commitsToAllSessions": true
}))]
pub(crate) struct NewForm {
    /// 1 to 10 cohorts of the programme, each once, the one that is preferred first.
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 10)]
    cohorts: Choices,
    /// What becomes of the other requests once one of them has a confirmed place: `end_others` ends them all, also
    /// those that are preferred to it; `keep_others` lets them be. An offer alone ends nothing.
    #[schema(value_type = String)]
    when_placed: Chosen,
    /// Whether the participant asks to hear of later cohorts: registers interest in the programme. Not unless said.
    #[deserr(default)]
    hear_of_later_cohorts: Option<bool>,
    /// Answers to the joining form, by key. Where the cohorts' forms differ, send what any of them asks: each cohort gets the
    /// answers to its own questions.
    #[deserr(default)]
    #[schema(value_type = Option<Object>)]
    answers: Option<JsonObject>,
    /// The commitment to come to every session, where a cohort asks for it.
    #[deserr(default)]
    commits_to_all_sessions: Option<bool>,
    /// The code that was read out at the end of a taster.
    #[deserr(default)]
    taster_code: Option<Line<40>>,
    /// For whom, when somebody else books: coordinators and clients only.
    #[deserr(default)]
    participant: Option<ParticipantIn>,
    /// The booker's own reference, on each of the bookings.
    #[deserr(default)]
    external_reference: Option<Line<200>>,
    /// Whether the participant wishes to be carried over into the programme's next cohort; not unless said.
    #[deserr(default)]
    carry_over: Option<bool>,
    /// Whether it is known that sessions overlap with those of another confirmed place of the participant's, and these are
    /// wanted all the same.
    #[deserr(default)]
    acknowledges_clash: Option<bool>,
    /// The participant's manager, whom we ask by mail, where a cohort asks for that agreement.
    #[deserr(default)]
    manager: Option<ManagerIn>,
}

/// A joining form that ranks several cohorts of a programme.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "0193f2a4-0000-7000-8000-000000000008", "programmeId": "0193f2a4-0000-7000-8000-000000000003",
    "whenPlaced": "end_others", "hearOfLaterCohorts": true, "bookings": [],
    "createdAt": "2026-11-24T09:30:00Z", "updatedAt": "2026-11-24T09:30:00Z"
}))]
pub(crate) struct FormView {
    /// Its id.
    id: Uuid,
    /// Of which programme.
    programme_id: Uuid,
    /// What becomes of the other requests once one of them has a confirmed place: `end_others` or `keep_others`.
    when_placed: &'static str,
    /// Whether it asks to hear of later cohorts.
    hear_of_later_cohorts: bool,
    /// A booking for each cohort, in the order of preference; one that was carried over stands beside the one that it
    /// came from.
    bookings: Vec<BookingView>,
    /// When it was sent.
    created_at: String,
    /// When it last changed; its bookings tell their own changes.
    updated_at: String,
}

/// A form as a viewer may see it.
pub(super) fn form_view(form: &RankedForm, bookings: &[BookingRecord], viewer: &Actor) -> FormView {
    FormView {
        id: form.id.0,
        programme_id: form.programme_id.0,
        when_placed: form.when_placed.as_str(),
        hear_of_later_cohorts: form.hear_of_later,
        bookings: bookings.iter().map(|record| booking_view(record, viewer)).collect(),
        created_at: wire(form.created_at),
        updated_at: wire(form.updated_at),
    }
}

/// Book one of several cohorts
///
/// One joining form for several cohorts of a programme, in the order of preference: a booking for each, all or none. Each
/// goes the way of a single booking, with the same moment of submission, and they settle in the order of preference:
/// with `end_others` the first that gives a place ends all others, with one mail about it. A refusal names every reason
/// of every cohort at once, those of a cohort itself at `/cohorts/0`, `/cohorts/1` and so on.
#[utoipa::path(
    tag = "admission", operation_id = "createRankedBookings", params(ProgrammePath), request_body = NewForm,
    extensions(("x-problems" = json!(["already-booked", "not-published", "booking-closed", "cohort-full",
        "not-eligible", "answers-invalid", "commitment-required", "taster-code-invalid", "manager-required",
        "manager-is-participant", "session-clash"]))),
    responses((status = 201, description = "The form with its bookings", body = FormView))
)]
#[post("/v1/programmes/{programmeId}/bookings")]
pub(crate) async fn create_ranked_bookings(
    app: App,
    caller: Caller,
    path: Path<ProgrammePath>,
    _: Query<NoQuery>,
    body: Json<NewForm>,
) -> Result<Answer, Problem> {
    let programme_id = path.0.programme_id;
    let mut body = body.into_inner();
    let standing = programme_standing(&app.store.reader(), programme_id).await?;
    let (academy_id, public) = standing.ok_or_else(|| Problem::new(Code::NotFound))?;
    let resource = Resource::Catalogue { academy_id, public, run_by_actor: false, entitled: false };
    let booker = booker(&caller, &resource, body.participant.take())?;
    let cohorts = std::mem::take(&mut body.cohorts.0);
    let gates = cohort_gates(&app.store.reader(), cohorts.iter().copied()).await?;
    let faults = wrong_cohorts(programme_id, &cohorts, &gates);
    let Some(first) = cohorts.first().copied().filter(|_| faults.is_empty()) else {
        return Err(Problem::invalid(faults));
    };
    let form = FormId(persistence::new_id());
    let ranked = BookRanked {
        form,
        academy_id,
        programme_id,
        first,
        when_placed: body.when_placed.0,
        hear_of_later: body.hear_of_later_cohorts.unwrap_or(false),
        rows: body.into_books(form, &cohorts, &gates, &booker, &caller.actor),
        write: writer(caller.actor.clone()),
    };
    app.at_desk_for_form(&caller, ranked).await
}

impl NewForm {
    /// What the desk is asked for: a booking for each cohort. The code shows attendance once, for all of them.
    fn into_books(
        self,
        form: FormId,
        cohorts: &[CohortId],
        gates: &Gates,
        booker: &Booker,
        asks: &Actor,
    ) -> Vec<Book> {
        let sent = self.answers.unwrap_or_default().0;
        let forms: Vec<&JoiningForm> = gates.values().map(|gate| &gate.form).collect();
        let answers = |cohort: &CohortId| gates.get(cohort).map(|gate| gate.form.own_of(&sent, &forms));
        let reference = self.external_reference.map(|reference| reference.0);
        let manager = self.manager.map(|manager| manager.email.0);
        let clash = OfClash::said(self.acknowledges_clash.unwrap_or(false), asks);
        let mut taster_code = self.taster_code.map(|code| code.0);
        let book = |(cohort_id, preference): (&CohortId, u32)| Book {
            id: BookingId(persistence::new_id()),
            cohort_id: *cohort_id,
            booker: booker.clone(),
            answers: answers(cohort_id).unwrap_or_default(),
            commits_to_all_sessions: self.commits_to_all_sessions.unwrap_or(false),
            taster_code: taster_code.take(),
            external_reference: reference.clone(),
            carry_over: self.carry_over.unwrap_or(false),
            requires_place: false,
            earlier: None,
            manager: manager.clone(),
            choice: Some(Choice { form, preference, placed_elsewhere: None }),
            clash: clash.clone(),
        };
        cohorts.iter().zip(1_u32..).map(book).collect()
    }
}

type Gates = HashMap<CohortId, CohortGate>;

/// What is wrong with the cohorts that a form ranks.
fn wrong_cohorts(programme: ProgrammeId, cohorts: &[CohortId], gates: &Gates) -> Vec<Fault> {
    let wrong = |(index, cohort): (usize, &CohortId)| {
        let at = format!("/cohorts/{index}");
        if cohorts[..index].contains(cohort) {
            return Some(Fault::new(at, "duplicate", "is named before"));
        }
        let of_programme = gates.get(cohort).is_some_and(|gate| gate.programme_id == programme);
        (!of_programme).then(|| Fault::new(at, "not-of-programme", "is no cohort of this programme"))
    };
    cohorts.iter().enumerate().filter_map(wrong).collect()
}

impl Shared {
    /// Hands a form in; its answer is the form with its bookings, kept for repeats with its effect.
    async fn at_desk_for_form(&self, caller: &Caller, ranked: BookRanked) -> Result<Answer, Problem> {
        let key = caller.request_key()?;
        let _running = match &key {
            Some(key) => Some(self.in_flight.enter(key).await?),
            None => None,
        };
        let answered = self.desk.submit_ranked(ranked, caller.origin(), key).await;
        self.answered(answered.map_err(problem))
    }
}

/// Writes the answer to a form that was taken.
fn writer(viewer: Actor) -> WriteRanked {
    WriteRanked(Arc::new(move |form: &RankedForm, bookings: &[BookingRecord]| {
        let body = serde_json::to_string(&form_view(form, bookings, &viewer)).unwrap_or_default();
        let headers = json!({
            "content-type": "application/json", "cache-control": "no-store", "vary": "Authorization",
            "etag": ETag::of_parts(form.revision, body.as_bytes()).to_header(),
            "location": format!("/v1/joining-forms/{}", form.id),
        });
        KeptAnswer { status: StatusCode::CREATED.as_u16(), headers: headers.to_string(), body, sealed: false }
    }))
}

/// What some of the cohorts refuse: all of it at once. What lies in the request itself is told where it stands there,
/// once; what lies in a cohort, at its place in the order of preference.
pub(super) fn not_ranked(refused: Vec<(usize, DeskError)>) -> Problem {
    let mut refusals: Vec<(usize, Refusal)> = Vec::with_capacity(refused.len());
    for (index, error) in refused {
        match error {
            DeskError::Refused(refusal) => refusals.push((index, refusal)),
            other => return problem(other),
        }
    }
    let first = refusals.iter().map(|(_, refusal)| refusal.first).min();
    let Some(first) = first else { return Problem::new(Code::InternalError) };
    let already = refusals.iter().find_map(|(_, refusal)| refusal.already);
    let mut faults: Vec<Fault> = Vec::new();
    for (index, refusal) in refusals {
        for mut fault in refusal.faults {
            if fault.pointer.is_empty() {
                fault.pointer = format!("/cohorts/{index}");
            }
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    let problem = refused_for(first).faults(faults);
    match already {
        Some(id) => problem.with("bookingId", json!(id)),
        None => problem,
    }
}

/// A form that the caller may do this to, or 404 or 403: as each of its bookings.
pub(super) async fn permitted_form(
    app: &Shared,
    caller: &Caller,
    id: FormId,
    action: Action,
) -> Result<RankedForm, Problem> {
    let reader = app.store.reader();
    let form = ranked_form(&reader, id).await?;
    let of = bookings_of_form(&reader, id).await?;
    let (Some(form), Some(booking)) = (form, of.first()) else { return Err(missing(caller)) };
    caller.require(action, &resource_of(booking))?;
    Ok(form)
}

/// Read a joining form that ranks several cohorts
///
/// With each of its bookings as it stands now, in the order of preference. For whoever may read those.
#[utoipa::path(
    tag = "admission", operation_id = "getJoiningForm", params(FormPath),
    responses((status = 200, description = "The form with its bookings", body = FormView),
        (status = 304, description = "You have this version already."))
)]
#[get("/v1/joining-forms/{formId}")]
pub(crate) async fn get_joining_form(
    app: App,
    caller: Caller,
    path: Path<FormPath>,
    _: Query<NoQuery>,
) -> Result<Answer, Problem> {
    let form = permitted_form(&app, &caller, path.0.form_id, Action::ReadBooking).await?;
    let cohorts: Vec<CohortId> = bookings_of_form(&app.store.reader(), form.id)
        .await?
        .iter()
        .map(|booking: &admission::Booking| booking.cohort_id)
        .collect();
    app.enter_due(&cohorts).await?;
    let reader = app.store.reader();
    let (list, now) = (bookings_of_form(&reader, form.id).await?, reader.now().await?);
    let mut records = records(&reader, list, now).await?;
    note_clashes(&reader, &caller, &mut records).await?;
    let view = form_view(&form, &records, &caller.actor);
    let etag = ETag::of_parts(form.revision, &serde_json::to_vec(&view).unwrap_or_default());
    Ok(Answer::ok(&view).etag(etag).private().conditional(&caller))
}
