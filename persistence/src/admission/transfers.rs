//! A confirmed place is left for another (ADM-23): both cohorts under their locks, both bookings in one transaction.

use super::batch::{Batch, Step};
use super::besides::Replaced;
use super::book_many::NoPlace;
use super::booking::{Booking, Told};
use super::command::{Book, DeskError, OfClash};
use super::decide::{admit, attempt, clash_faults_of, new_booking};
use super::managers;
use crate::governance::AuditRow;
use crate::rows;
use crate::{Access, Origin, Result, StoreError};
use domain::admission::{
    CancelledBy, EligibilityLook, Fact, NoTransfer, Refusal, Side, Standing, Transfer, Transferred,
    may_leave, refuse,
};
use domain::ids::{BookingId, ClientId, CohortId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::HashMap;
use uuid::Uuid;

/// A place that is to be left for one in another cohort.
#[derive(Clone, Debug)]
pub struct Leave {
    /// The booking whose place is left.
    pub booking: BookingId,
    /// Of which cohort.
    pub cohort: CohortId,
    /// How.
    pub transfer: Transfer,
    /// What is asked for in its stead, as if the participant asked; who booked stays as it was.
    pub to: Book,
    /// Whether `to` brings answers; those of the booking that is left go along otherwise.
    pub brings_answers: bool,
    /// On whose behalf.
    pub by: CancelledBy,
    /// The partner that asks, where one does: it is told only of its own bookings (ACC-4).
    pub partner: Option<ClientId>,
}

/// Decides a move or a deferral: all of it, or nothing.
pub(super) fn decide_leave(batch: &mut Batch, origin: &Origin, leave: &Leave) -> Result<Step> {
    let Some(left) = batch.sitting.booking(leave.booking).cloned() else {
        return Ok(Step::Refused(DeskError::NotFound));
    };
    managers::carry(&mut batch.known, left.id, leave.to.id);
    let joined = match look(batch, leave, &left)? {
        Ok(joined) => joined,
        Err(error) => return Ok(Step::Refused(error)),
    };
    let reason = leave.by.reason_of_place();
    let fact = Fact::Transferred { booking: left.id, transfer: leave.transfer, reason, fits: left.fits() };
    batch.sitting.enter(origin, left.cohort_id, &fact, None)?;
    if matches!(leave.to.clash, OfClash::Known) {
        batch.acknowledge(&joined);
    }
    replace(batch, origin, &left, joined, leave.transfer)
}

/// The booking that would take the stead of `left`, with all that is asked of it met.
fn look(batch: &Batch, leave: &Leave, left: &Booking) -> Result<std::result::Result<Booking, DeskError>> {
    if let Err(why) = may_leave(left.status) {
        return Ok(Err(why.into()));
    }
    let now = batch.sitting.now;
    let gate = match batch.known.gates.get(&leave.to.cohort_id) {
        _ if leave.to.cohort_id == left.cohort_id => return Ok(Err(NoTransfer::SameCohort.into())),
        Some(gate) if gate.programme_id == left.programme_id => gate,
        _ => return Ok(Err(NoTransfer::OtherProgramme.into())),
    };
    let mut book = leave.to.clone();
    if !leave.brings_answers {
        book.answers.clone_from(&left.answers);
    }
    let participant = batch.known.participant(left.person_id)?;
    let mut attempt = attempt(batch, &book, gate, left.person_id, false)?;
    attempt.eligibility = batch.known.eligibility(participant, left.told.as_ref(), gate);
    // The place that is left is in nobody's way.
    attempt.clashes = clash_faults_of(batch, &book, left.person_id, &[left.id]);
    let fits = batch.known.fits_of(participant, left.told.as_ref(), gate);
    let (view, from) = (&batch.sitting.desk(book.cohort_id)?.view, &batch.sitting.desk(left.cohort_id)?.view);
    attempt.full_without_waiting_list = view.is_full_without_waiting_list(&fits);
    let attempt = attempt.less(batch.known.waivers.of(book.cohort_id, left.person_id));
    if let Some(refusal) = refuse(&attempt) {
        return Ok(Err(DeskError::Refused(told_to(batch, leave, left, refusal))));
    }
    let joined = Booking {
        booked_by_person: left.booked_by_person,
        booked_by_client: left.booked_by_client,
        // An imported moment stays with the place that is left: this one ranks by its own (ADM-24).
        told: left.told.clone().map(|told| Told { asked_at: None, ..told }),
        vouched: left.vouched,
        external_reference: left.external_reference.clone(),
        eligible_since: (attempt.eligibility == EligibilityLook::Met).then_some(now),
        ..new_booking(&book, gate, left.person_id, now)
    };
    let look = batch.known.look_at(&joined, now)?;
    let Standing::Open { moment } = look.standing else {
        let missing = look.items.into_iter().filter(|item| !item.met).collect();
        return Ok(Err(DeskError::NoPlace(NoPlace::Missing(missing))));
    };
    let claim =
        Fact::Claim { booking: joined.id, moment, submitted_at: joined.submitted_at, fits, imported: false };
    let why_not = view.takes_from(from, leave.transfer, &claim, now).map_err(|_| StoreError::NeedsMore)?;
    Ok(why_not.map_or(Ok(joined), |why| Err(why.into())))
}

/// A partner is told of the booking that stands in the way only where it made it.
fn told_to(batch: &Batch, leave: &Leave, left: &Booking, refusal: Refusal) -> Refusal {
    let live = batch.live.get(&(leave.to.cohort_id, left.person_id));
    let own = |client: ClientId| live.is_some_and(|live| live.booked_by_client == Some(client));
    Refusal { already: refusal.already.filter(|_| leave.partner.is_none_or(own)), ..refusal }
}

/// Makes the booking that takes another's stead, and keeps which one did.
pub(super) fn replace(
    batch: &mut Batch,
    origin: &Origin,
    left: &Booking,
    joined: Booking,
    transfer: Transfer,
) -> Result<Step> {
    let (id, cohort) = (joined.id, joined.cohort_id);
    batch.live.insert((cohort, joined.person_id), joined.clone());
    managers::keep(batch, &joined);
    let themselves = batch.known.proposals.get(&left.id).is_some_and(|proposal| proposal.proposer.themselves);
    batch.known.transfers.note(left.id, id, transfer, themselves);
    batch.replaced.push(Replaced { academy_id: left.academy_id, left: left.id, joined: id, transfer });
    batch.sitting.audit(
        origin,
        AuditRow {
            academy_id: Some(left.academy_id),
            action: "booking_transferred",
            subject_kind: "booking",
            subject_id: Some(left.id.0),
            detail: serde_json::json!({
                "transfer": transfer.as_str(), "cohortId": left.cohort_id.to_string(),
                "toBookingId": id.to_string(), "toCohortId": cohort.to_string(),
            }),
        },
    );
    let step = admit(batch, origin, joined)?;
    for booking in [left.id, id] {
        batch.sitting.mails_tell_of(booking, transfer);
    }
    Ok(step)
}

impl From<NoTransfer> for DeskError {
    fn from(why: NoTransfer) -> Self {
        match why {
            NoTransfer::NotLive => Self::NotLive,
            other => Self::NotTransferred(other),
        }
    }
}

/// What some bookings have to do with transfers.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfers(HashMap<BookingId, Vec<Transferred>>);

#[derive(FromQueryResult)]
struct TransferRow {
    left_booking: Uuid,
    joined_booking: Uuid,
    transfer: String,
    by_themselves: Option<bool>,
}

impl Transfers {
    /// Those of these bookings.
    pub(super) async fn load(
        db: &impl Access,
        bookings: impl IntoIterator<Item = BookingId>,
    ) -> Result<Self> {
        let ids: Vec<Uuid> = bookings.into_iter().map(|id| id.0).collect();
        let mut found = Self::default();
        if ids.is_empty() {
            return Ok(found);
        }
        let db = db.connection();
        let backend = db.get_database_backend();
        let of = |side: &str| {
            let on = format!("t.{side} = r.id");
            let lookup = rows::lookup(backend, "booking_transfer", "t", &on);
            format!(
                "SELECT t.left_booking, t.joined_booking, t.transfer, p.by_themselves FROM {} {lookup} \
                 LEFT JOIN place_proposal p ON p.booking_id = t.left_booking",
                rows::ids_source(backend)
            )
        };
        let text = format!("{} UNION {}", of("left_booking"), of("joined_booking"));
        let statement = Statement::from_sql_and_values(backend, text, [rows::ids(ids)]);
        for row in TransferRow::find_by_statement(statement).all(db).await? {
            let corrupt = || StoreError::corrupt("booking_transfer", "transfer", row.left_booking);
            let transfer = Transfer::parse(&row.transfer).ok_or_else(corrupt)?;
            let themselves = row.by_themselves.unwrap_or(false);
            found.note(BookingId(row.left_booking), BookingId(row.joined_booking), transfer, themselves);
        }
        Ok(found)
    }

    fn note(&mut self, left: BookingId, joined: BookingId, transfer: Transfer, themselves: bool) {
        for (own, side, other) in [(left, Side::Left, joined), (joined, Side::Joined, left)] {
            self.0.entry(own).or_default().push(Transferred { transfer, side, themselves, other });
        }
    }

    /// What explains this booking: how it was left, else how it came about.
    pub(super) fn of(&self, booking: BookingId) -> Option<Transferred> {
        let list = self.0.get(&booking)?;
        list.iter().find(|one| one.side == Side::Left).or(list.first()).copied()
    }
}
