//! The way to the desk and back: a command in, the answer's bytes out.

use super::view::{booking_view, version_of};
use crate::http::answer::Answer;
use crate::http::app::Shared;
use crate::http::caller::Caller;
use crate::http::problem::{Code, Problem};
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::admission::{GateItem, MOST_PROPOSED, NoProposal, NoTransfer, Reason, Refusal};
use domain::fault::Fault;
use domain::identity::Actor;
use domain::ids::CohortId;
use persistence::admission::{
    Answered, BookMany, BookingRecord, Command, DeskError, NoPlace, WriteAnswer, due_among,
};
use persistence::governance::repeats::{Claimed, KeptAnswer};
use serde_json::json;
use std::sync::Arc;

impl Shared {
    /// Hands a command in; its answer is the booking as the caller may see it, kept for repeats with its effect.
    ///
    /// # Errors
    /// The domain's refusals, the problems of keys, 503.
    pub(crate) async fn at_desk(
        &self,
        caller: &Caller,
        command: Command,
        status: StatusCode,
    ) -> Result<Answer, Problem> {
        let key = caller.request_key()?;
        let _running = match &key {
            Some(key) => Some(self.in_flight.enter(key).await?),
            None => None,
        };
        let answer = writer(caller.actor.clone(), status);
        let answered = self.desk.submit(command, caller.origin(), key, answer).await;
        self.answered(answered.map_err(problem))
    }

    /// The same for several people (ADM-18).
    ///
    /// # Errors
    /// The problems of keys, 503; what is refused of single people stands in the answer.
    pub(super) async fn at_desk_for_many(&self, caller: &Caller, many: BookMany) -> Result<Answer, Problem> {
        self.at_desk_for_list(caller, many, problem).await
    }

    /// The same for a list (ADM-24), whose refusal names its rows.
    ///
    /// # Errors
    /// The problems of keys, 503, and what `refused` makes of the desk's refusal.
    pub(super) async fn at_desk_for_list(
        &self,
        caller: &Caller,
        many: BookMany,
        refused: impl FnOnce(DeskError) -> Problem,
    ) -> Result<Answer, Problem> {
        let key = caller.request_key()?;
        let _running = match &key {
            Some(key) => Some(self.in_flight.enter(key).await?),
            None => None,
        };
        let answered = self.desk.submit_many(many, caller.origin(), key).await;
        self.answered(answered.map_err(refused))
    }

    pub(super) fn answered(&self, answered: Result<Answered, Problem>) -> Result<Answer, Problem> {
        match answered {
            Ok(Answered::Done(Some(kept))) => self.revive(kept),
            Ok(Answered::Repeated(kept)) => {
                self.replayed(Claimed::Answered(kept))?.ok_or_else(|| Problem::new(Code::InternalError))
            }
            Ok(Answered::Done(None)) => Err(Problem::new(Code::InternalError)),
            Err(problem) => Err(problem),
        }
    }

    /// Has all entered that the clock has made due in these cohorts, so that what is read next is right at once.
    ///
    /// # Errors
    /// 503 when the database does not answer.
    pub(crate) async fn enter_due(&self, cohorts: &[CohortId]) -> Result<(), Problem> {
        let reader = self.store.reader();
        let now = reader.now().await?;
        for cohort in due_among(&reader, cohorts, now).await? {
            self.desk.tick(cohort).await.map_err(problem)?;
        }
        Ok(())
    }
}

/// Writes the answer to a booking that was decided.
fn writer(viewer: Actor, status: StatusCode) -> WriteAnswer {
    Arc::new(move |record: &BookingRecord| kept(record, &viewer, status))
}

fn kept(record: &BookingRecord, viewer: &Actor, status: StatusCode) -> KeptAnswer {
    let body = serde_json::to_string(&booking_view(record, viewer)).unwrap_or_default();
    let mut headers = serde_json::Map::new();
    headers.insert("content-type".into(), "application/json".into());
    headers.insert("cache-control".into(), "no-store".into());
    headers.insert("vary".into(), "Authorization".into());
    headers.insert("etag".into(), version_of(record, body.as_bytes()).to_header().into());
    if status == StatusCode::CREATED {
        headers.insert("location".into(), format!("/v1/bookings/{}", record.booking.id).into());
    }
    KeptAnswer {
        status: status.as_u16(),
        headers: serde_json::Value::Object(headers).to_string(),
        body,
        sealed: false,
    }
}

/// The desk's refusals as problems.
pub(super) fn problem(error: DeskError) -> Problem {
    match error {
        DeskError::Refused(refusal) => refused(refusal),
        DeskError::NoPlace(why) => no_place(why),
        DeskError::NotTransferred(why) => not_transferred(why),
        DeskError::NoProposal(why) => no_proposal(why),
        DeskError::NotImported(why) => super::imports::not_imported(why, None),
        DeskError::NotRanked(refused) => super::ranked::not_ranked(refused),
        DeskError::NotFound => Problem::new(Code::NotFound),
        DeskError::NotLive => Problem::new(Code::BookingNotLive),
        DeskError::NoOffer => Problem::new(Code::NoOffer),
        DeskError::OfferExpired => Problem::new(Code::OfferExpired),
        DeskError::TooManyTries { until, now } => too_many_tries(until, now),
        DeskError::KeyReused => Problem::new(Code::IdempotencyKeyReused),
        DeskError::AnswerDropped => Problem::new(Code::AnswerDropped),
        DeskError::Overloaded => Problem::new(Code::Unavailable)
            .detail("Too many bookings are being made at this moment. Repeat in a second.")
            .retry_after(1),
        DeskError::Store(error) => error.into(),
    }
}

/// Wrong taster codes are counted an hour long.
pub(super) fn too_many_tries(until: DateTime<Utc>, now: DateTime<Utc>) -> Problem {
    let detail = format!(
        "Ten wrong taster codes were tried in this hour. Try again after {}, or ask the academy to mark your \
         attendance.",
        domain::time::wire(until)
    );
    Problem::too_many(u64::try_from((until - now).num_seconds()).unwrap_or(0) + 1).detail(detail)
}

/// A booking that was to be made only with a place (ADM-18).
fn no_place(why: NoPlace) -> Problem {
    match why {
        NoPlace::Full => Problem::new(Code::CohortFull)
            .detail("No place is free for this booking, and the request asks for one."),
        NoPlace::Missing(items) => {
            let missing = |item: GateItem| Fault::new("", "requirement-missing", item.detail);
            Problem::new(Code::NoPlaceNow)
                .detail("Something is still needed before this booking can have a place.")
                .faults(items.into_iter().map(missing).collect())
        }
        NoPlace::NotYet => Problem::new(Code::NoPlaceNow).detail(
            "Places of this cohort are not given out at this moment: make the booking without `require`.",
        ),
    }
}

/// A place that is not left for another (ADM-23).
fn not_transferred(why: NoTransfer) -> Problem {
    let of_cohort = |code, detail: &str| Problem::invalid(vec![Fault::new("/cohortId", code, detail)]);
    match why {
        NoTransfer::NotLive => Problem::new(Code::BookingNotLive),
        NoTransfer::NotConfirmed => Problem::new(Code::NotConfirmed),
        NoTransfer::SameCohort => of_cohort("same-cohort", "is the cohort of the booking itself"),
        NoTransfer::OtherProgramme => {
            of_cohort("not-of-programme", "is no cohort of the booking's programme: choose one of those")
        }
        NoTransfer::NotLater => Problem::new(Code::NotLater),
        NoTransfer::NotGivenYet => Problem::new(Code::NoPlaceNow)
            .detail("Places of that cohort are not given out yet. Try again when they are, or defer to it if it starts later."),
        NoTransfer::OthersWait => Problem::new(Code::OthersWait),
        NoTransfer::Full => Problem::new(Code::CohortFull)
            .detail("No place is free there. Nothing was moved: choose another cohort, or defer to a later one."),
        NoTransfer::NotPassedOn => Problem::new(Code::PassOnRefused)
            .detail("Places of this cohort are not passed on. One that is cancelled goes to who comes next."),
        NoTransfer::TooOften => Problem::new(Code::PassOnRefused)
            .detail(format!("A place is proposed to colleagues {MOST_PROPOSED} times at most. Ask the academy.")),
        NoTransfer::TooOftenToThem => Problem::new(Code::PassOnRefused)
            .detail("This email was sent as many proposals as may be in 24 hours. Try again later, or ask the academy."),
        NoTransfer::NothingProposed => {
            Problem::new(Code::PassOnRefused).detail("The place is proposed to nobody at this moment.")
        }
        NoTransfer::ToThemselves => {
            let detail = "is the email of who has the place already";
            Problem::invalid(vec![Fault::new("/email", "colleague-is-participant", detail)])
        }
        NoTransfer::NotPublished => Problem::new(Code::NotPublished),
        NoTransfer::Closed => Problem::new(Code::BookingClosed),
        NoTransfer::Kept => Problem::new(Code::NoPlaceNow)
            .detail("This place is kept for people whom the academy named. Nothing was passed on."),
    }
}

/// A token with which no place can be taken over any more (ADM-23).
pub(super) fn no_proposal(why: NoProposal) -> Problem {
    let (code, detail) = match why {
        NoProposal::Used => ("token-used", "was used, or the place is no longer to be passed on to you"),
        NoProposal::Expired => ("token-expired", "has expired"),
    };
    Problem::invalid(vec![Fault::new("/token", code, detail)])
}

fn refused(refusal: Refusal) -> Problem {
    let problem = refused_for(refusal.first).faults(refusal.faults);
    match refusal.already {
        Some(id) => problem.with("bookingId", json!(id)),
        None => problem,
    }
}

/// The problem that a reason to refuse is told as.
pub(super) fn refused_for(first: Reason) -> Problem {
    let problem = Problem::new(code_of(first));
    if first == Reason::SessionClash {
        let detail = "Sessions overlap with those of another place. `errors` names each; where both are wanted all the \
                      same, say so with `acknowledgesClash`.";
        return problem.detail(detail);
    }
    problem
}

fn code_of(reason: Reason) -> Code {
    match reason {
        Reason::AlreadyBooked => Code::AlreadyBooked,
        Reason::NotPublished => Code::NotPublished,
        Reason::BookingClosed => Code::BookingClosed,
        Reason::CohortFull => Code::CohortFull,
        Reason::NotEligible => Code::NotEligible,
        Reason::AnswersInvalid => Code::AnswersInvalid,
        Reason::CommitmentRequired => Code::CommitmentRequired,
        Reason::TasterCodeInvalid => Code::TasterCodeInvalid,
        Reason::ManagerRequired => Code::ManagerRequired,
        Reason::ManagerIsParticipant => Code::ManagerIsParticipant,
        Reason::SessionClash => Code::SessionClash,
    }
}
