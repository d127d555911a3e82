//! Making a booking (ADM-1, ADM-2).

use super::participant::ParticipantIn;
use super::view::BookingView;
use crate::http::answer::Answer;
use crate::http::app::App;
use crate::http::caller::Caller;
use crate::http::context::Body;
use crate::http::faults::Faults;
use crate::http::fields::{JsonObject, Line, Parsed};
use crate::http::json::Json;
use crate::http::path::{CohortPath, Path};
use crate::http::problem::{Code, Problem};
use crate::http::query::{NoQuery, Query};
use actix_web::http::StatusCode;
use actix_web::post;
use deserr::Deserr;
use domain::fault::Fault;
use domain::identity::{Action, Actor, ClientKind, EmailAddress, Resource};
use domain::ids::{BookingId, CohortId};
use persistence::Access;
use persistence::admission::{Book, Booker, Command, OfClash};
use persistence::catalogue::gates::{CohortGate, cohort_gates};
use serde_json::Value;
use utoipa::ToSchema;

/// A request for a place.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({
    "answers": {"why": "To look after my team better.", "consent": true}, "commitsToAllSessions": true,
    "tasterCode": "KM7Q4XWP", "externalReference": "ESR-20931"
}))]
pub(crate) struct NewBooking {
    /// Answers to the joining form, by key.
    #[deserr(default)]
    #[schema(value_type = Option<Object>)]
    answers: Option<JsonObject>,
    /// The commitment to come to every session, where the cohort asks for it.
    #[deserr(default)]
    commits_to_all_sessions: Option<bool>,
    /// The code that was read out at the end of a taster.
    #[deserr(default)]
    taster_code: Option<Line<40>>,
    /// For whom, when somebody else books: coordinators and clients only.
    #[deserr(default)]
    participant: Option<ParticipantIn>,
    /// The booker's own reference.
    #[deserr(default)]
    external_reference: Option<Line<200>>,
    /// Whether the participant wishes to be carried over into the programme's next cohort, should they still wait when
    /// this one starts, or should it be cancelled; not unless said.
    #[deserr(default)]
    carry_over: Option<bool>,
    /// Whether it is known that sessions overlap with those of another confirmed place of the participant's, and this one
    /// is wanted all the same. It is kept: a place that comes by itself later is then confirmed.
    #[deserr(default)]
    acknowledges_clash: Option<bool>,
    /// The participant's manager, whom we ask by mail, where the cohort asks for that agreement; else it is not kept.
    #[deserr(default)]
    manager: Option<ManagerIn>,
}

/// A participant's manager.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", example = json!({"email": "fiona.greenfield@example.nhs.uk"}))]
pub(super) struct ManagerIn {
    /// Their email; another one than the participant's.
    #[schema(value_type = String, format = Email, max_length = 254)]
    pub(super) email: Parsed<EmailAddress>,
}

/// What admission needs of a cohort, or 404.
pub(super) async fn gate_of(db: &impl Access, cohort: CohortId) -> Result<CohortGate, Problem> {
    cohort_gates(db, [cohort]).await?.remove(&cohort).ok_or_else(|| Problem::new(Code::NotFound))
}

/// What a cohort is to permissions.
pub(super) fn resource_of(gate: &CohortGate) -> Resource {
    Resource::Catalogue {
        academy_id: gate.academy_id,
        public: gate.public,
        run_by_actor: false,
        entitled: false,
    }
}

/// Book a place
///
/// For yourself, or as a coordinator or client for a `participant`. When every requirement of the cohort's gate
/// is met it becomes a claim at once and gets a place, or a position on the waiting list; else it is `pending`
/// and `gate` says what is missing. A refusal names every reason at once and keeps nothing.
#[utoipa::path(
    tag = "admission", operation_id = "createBooking", params(CohortPath), request_body = NewBooking,
    extensions(("x-problems" = json!(["already-booked", "not-published", "booking-closed", "cohort-full",
        "not-eligible", "answers-invalid", "commitment-required", "taster-code-invalid", "manager-required",
        "manager-is-participant", "session-clash"]))),
    responses((status = 201, description = "The booking", body = BookingView))
)]
#[post("/v1/cohorts/{cohortId}/bookings")]
pub(crate) async fn create_booking(
    app: App,
    caller: Caller,
    path: Path<CohortPath>,
    _: Query<NoQuery>,
    body: Result<Json<NewBooking>, Problem>,
    sent: Body,
) -> Result<Answer, Problem> {
    let cohort_id = path.0.cohort_id;
    let mut body = body.map_err(|problem| with_participant(problem, &caller, &sent))?.into_inner();
    let resource = app.resource_of_cohort(cohort_id).await?;
    let booker = booker(&caller, &resource, body.participant.take())?;
    let book = body.into_book(cohort_id, booker, &caller.actor);
    app.at_desk(&caller, Command::Book(Box::new(book)), StatusCode::CREATED).await
}

impl NewBooking {
    /// For whom it is.
    pub(super) fn take_participant(&mut self) -> Option<ParticipantIn> {
        self.participant.take()
    }

    /// What the desk is asked for.
    pub(super) fn into_book(self, cohort_id: CohortId, booker: Booker, asks: &Actor) -> Book {
        Book {
            id: BookingId(persistence::new_id()),
            cohort_id,
            booker,
            answers: self.answers.unwrap_or_default().0,
            commits_to_all_sessions: self.commits_to_all_sessions.unwrap_or(false),
            taster_code: self.taster_code.map(|code| code.0),
            external_reference: self.external_reference.map(|reference| reference.0),
            carry_over: self.carry_over.unwrap_or(false),
            requires_place: false,
            choice: None,
            earlier: None,
            manager: self.manager.map(|manager| manager.email.0),
            clash: OfClash::said(self.acknowledges_clash.unwrap_or(false), asks),
        }
    }
}

/// Who books for whom, where they may.
pub(super) fn booker(
    caller: &Caller,
    resource: &Resource,
    participant: Option<ParticipantIn>,
) -> Result<Booker, Problem> {
    let for_other = participant.is_some() || caller.client().is_some();
    let action = if for_other { Action::BookForOther } else { Action::BookForSelf };
    // Staff who book for themselves on a draft may know of it; that it takes no bookings is the desk's to say.
    let staff = caller.may(Action::BookForOther, resource);
    if !(staff && !for_other && caller.client().is_none()) {
        caller.require(action, resource)?;
    }
    match (&caller.actor, participant) {
        (Actor::Person(person), None) => {
            Ok(Booker::Participant { person: person.id, email_key: person.email_key.clone() })
        }
        (Actor::Client(_), None) => Err(Problem::invalid(vec![participant_missing()])),
        (actor, Some(participant)) => {
            booker_for(actor, participant).ok_or_else(|| Problem::new(Code::Unauthenticated))
        }
        (Actor::Anonymous, None) => Err(Problem::new(Code::Unauthenticated)),
    }
}

/// Who books for somebody else; nobody who is not signed in.
pub(super) fn booker_for(actor: &Actor, participant: ParticipantIn) -> Option<Booker> {
    let (told, email_key) = participant.into_told();
    match actor {
        Actor::Person(person) => Some(Booker::Coordinator { person: person.id, told, email_key }),
        Actor::Client(client) => Some(Booker::Client {
            client: client.id,
            vouches: client.vouches_for_emails,
            operations: client.kind == ClientKind::Operations,
            told,
            email_key,
        }),
        Actor::Anonymous => None,
    }
}

/// What else is wrong with a client's request whose fields don't all read well.
fn with_participant(problem: Problem, caller: &Caller, sent: &Body) -> Problem {
    let raw: Value = serde_json::from_slice(&sent.0).unwrap_or_default();
    let for_nobody = raw.is_object() && raw.get("participant").is_none_or(Value::is_null);
    let missing = problem.code() == Code::Invalid && caller.client().is_some() && for_nobody;
    if missing { problem.faults(vec![participant_missing()]) } else { problem }
}

/// Who books for another has to say for whom.
pub(super) fn participant_missing() -> Fault {
    Fault::new("/participant", "required", "is required: this books for somebody else")
}
