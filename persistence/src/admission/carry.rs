//! Carrying over (PRG-8, PRG-7): who wished for it goes on into the programme's next cohort, with the rank that they
//! had. Each goes the way of any claim: gate, fact, settling, ledger.

use super::booking::{self, Booking, Told};
use super::desk_row::desks;
use super::evidence::Known;
use super::fit::fit_again;
use super::managers;
use super::reassess::{note_eligible, pending_again, row, withdraw_pending};
use super::sitting::{Heads, Sitting};
use super::waivers::{Waivers, waiving};
use crate::identity::participants::participants;
use crate::messaging::MailKind;
use crate::rows::{self, Writes};
use crate::{Access, Origin, Result, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::admission::{
    BookingStatus, CarryOver, CohortStatus, Fact, Fits, Rank, Run, Standing, is_carried_over, next_cohort,
};
use domain::ids::{BookingId, CohortId, ProgrammeId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

impl Booking {
    /// The booking that its claim is carried over from, until it had an offer (PRG-8).
    pub fn carries(&self) -> Option<BookingId> {
        self.carried_from.filter(|_| self.lapses == 0)
    }

    /// Whether it is over, and its person goes on into the programme's next cohort once there is one (PRG-8).
    pub fn goes_on(&self) -> bool {
        let ended = self.closed_reason.is_some_and(|reason| is_carried_over(reason, self.rank.is_some()));
        self.carry_over == CarryOver::Wished && ended
    }

    /// Its gate opened: the fact that is entered.
    pub(super) fn claims(&self, rank: (DateTime<Utc>, DateTime<Utc>), fits: Fits) -> Fact {
        Fact::claim(self.id, self.carries(), rank, fits)
    }
}

/// How many are carried over in one transaction.
const AT_ONCE: i64 = 100;

/// Those who wished to go on and have not. The words of [`is_carried_over`], for the index to find them.
const WISHED: &str = "b.carry_over = 'wished' AND b.status = 'closed' AND (b.closed_reason = 'cohort_cancelled' \
    OR (b.closed_reason = 'booking_closed' AND b.rank_moment IS NOT NULL))";

#[derive(FromQueryResult)]
struct WishRow {
    cohort_id: Uuid,
    programme_id: Uuid,
}

#[derive(FromQueryResult)]
struct RunRow {
    id: Uuid,
    programme_id: Uuid,
    created_at: DateTime<Utc>,
    published: bool,
}

/// The cohorts out of which somebody is to be carried over, each with the one that comes next; those after which none
/// comes yet are left out.
///
/// # Errors
/// When the database does not answer or a row is corrupt.
pub async fn carries_due(db: &impl Access, now: DateTime<Utc>) -> Result<Vec<(CohortId, CohortId)>> {
    let backend = db.connection().get_database_backend();
    let text = format!("SELECT DISTINCT b.cohort_id, b.programme_id FROM booking b WHERE {WISHED}");
    let wishes = Statement::from_string(backend, text);
    let wishes = WishRow::find_by_statement(wishes).all(db.connection()).await?;
    if wishes.is_empty() {
        return Ok(Vec::new());
    }
    let runs = runs_of(db, wishes.iter().map(|wish| ProgrammeId(wish.programme_id)), now).await?;
    let next = |wish: &WishRow| {
        let (all, others) = runs.get(&wish.programme_id)?;
        let of = all.iter().find(|run| run.cohort.0 == wish.cohort_id)?;
        Some((of.cohort, next_cohort(of, others)?))
    };
    Ok(wishes.iter().filter_map(next).collect())
}

type Runs = HashMap<Uuid, (Vec<Run>, Vec<Run>)>;

/// The cohorts of these programmes: all, and those of programmes that take bookings.
async fn runs_of(
    db: &impl Access,
    programmes: impl Iterator<Item = ProgrammeId>,
    now: DateTime<Utc>,
) -> Result<Runs> {
    let backend = db.connection().get_database_backend();
    let programmes: BTreeSet<Uuid> = programmes.map(|id| id.0).collect();
    let text = format!(
        "SELECT c.id, c.programme_id, c.created_at, (p.status = 'published') AS published FROM {} \
         JOIN cohort c ON c.programme_id = r.id JOIN programme p ON p.id = c.programme_id",
        rows::ids_source(backend)
    );
    let statement = Statement::from_sql_and_values(backend, text, [rows::ids(programmes)]);
    let found = RunRow::find_by_statement(statement).all(db.connection()).await?;
    let ids: Vec<CohortId> = found.iter().map(|row| CohortId(row.id)).collect();
    let rows = desks(db, &ids).await?;
    let mut runs = Runs::new();
    for row in found {
        let Some(desk) = rows.get(&CohortId(row.id)) else { continue };
        let (first_session_at, created_at) = (desk.first_session_at, row.created_at);
        let run = Run { cohort: desk.cohort_id, first_session_at, created_at, status: desk.status(now) };
        let of_programme = runs.entry(row.programme_id).or_default();
        of_programme.0.push(run);
        of_programme.1.extend(row.published.then_some(run));
    }
    Ok(runs)
}

/// Carries some over out of one cohort into the next; returns how many are done, none where nobody is left.
///
/// # Errors
/// When the database refuses.
pub async fn carry_over(work: &mut Work, from: CohortId, to: CohortId) -> Result<usize> {
    let found = wishing(work, from).await?;
    let people = participants(work, found.iter().map(|booking| booking.person_id)).await?;
    work.lock_persons(people.values().map(|participant| participant.email_key.as_str())).await?;
    work.lock_cohorts([from, to]).await?;
    let mut sitting = Sitting::open(work, &[from, to], Heads::Freed(HashMap::new())).await?;
    let status = sitting.desk(to)?.view.status(sitting.now);
    if !matches!(status, CohortStatus::Scheduled | CohortStatus::Open) {
        return Ok(0);
    }
    // As they are under the locks.
    let mut going = booking::bookings(work, found.iter().map(|booking| booking.id)).await?;
    going.retain(Booking::goes_on);
    going.sort_by_key(|booking| (booking.rank.is_none(), booking.rank, booking.submitted_at, booking.id));
    sitting.take(going.iter().cloned());
    let live = live_in(work, to, &going).await?;
    sitting.take(live.iter().cloned());
    sitting.bring_choices(work).await?;
    let next: Vec<Booking> = going.iter().map(|old| next_booking(old, to, sitting.now)).collect();
    let known = known_of(work, &sitting, &going, &next).await?;
    let (mut made, mut gone) = (Vec::new(), BTreeSet::new());
    for (old, new) in going.iter().zip(next) {
        let own = live.iter().find(|live| live.person_id == old.person_id);
        let own = own.and_then(|live| sitting.booking(live.id)).cloned();
        let opens = matches!(known.look_at(&new, sitting.now)?.standing, Standing::Open { .. });
        // ADM-21: another choice of the same form has a place, and ends the wish too.
        if sitting.placed_before(old)?.is_some() {
            sitting.change(old.id, |booking| booking.carry_over = CarryOver::No);
            continue;
        }
        // Of several wishes of one person the one that ranks first goes on.
        if gone.insert(old.person_id) && makes_way(&mut sitting, own.as_ref(), old, opens)? {
            made.push((new.id, old.rank));
            sitting.make(new);
        }
        sitting.change(old.id, |booking| booking.carry_over = CarryOver::Done);
    }
    let agreed = managers::agreed(&known, made.iter().filter_map(|(id, _)| sitting.booking(*id)));
    enter(&mut sitting, &known, to, made)?;
    sitting.write(work).await?;
    let mut writes = Writes::default();
    managers::insert(&mut writes, agreed);
    writes.run(work.connection()).await?;
    Ok(going.len())
}

/// What is known of those who go on: for the gate of the next cohort, with their managers' agreement.
async fn known_of(work: &Work, sitting: &Sitting, going: &[Booking], next: &[Booking]) -> Result<Known> {
    let persons = going.iter().map(|booking| booking.person_id).collect();
    let told = going.iter().filter_map(|booking| booking.told.as_ref());
    let codes = told.filter_map(|told| told.organisation_ods_code.clone()).collect();
    let mut known = Known::load(work, &persons, sitting.gates.clone(), codes, Vec::new()).await?;
    known.waivers = Waivers::load(work, known.people(), waiving(sitting.rows())).await?;
    known.load_asks(work, going).await?;
    for (old, new) in going.iter().zip(next) {
        managers::carry(&mut known, old.id, new.id);
    }
    Ok(known)
}

async fn wishing(db: &impl Access, from: CohortId) -> Result<Vec<Booking>> {
    let text = format!(
        "SELECT {} FROM booking b WHERE b.cohort_id = $1 AND {WISHED} \
         ORDER BY b.rank_moment IS NULL, b.rank_moment, b.rank_submitted_at, b.rank_sequence, b.submitted_at LIMIT $2",
        booking::SELECTED
    );
    booking::query(db.connection(), text, [from.0.into(), AT_ONCE.into()]).await
}

/// What these people have booked in the next cohort already.
async fn live_in(db: &impl Access, to: CohortId, going: &[Booking]) -> Result<Vec<Booking>> {
    let db = db.connection();
    let backend = db.get_database_backend();
    let on = "b.person_id = r.id AND b.status <> 'closed'";
    let text = format!(
        "SELECT {} FROM {} {}",
        booking::SELECTED,
        rows::ids_source(backend),
        rows::lookup(backend, "booking", "b", on),
    );
    let people = rows::ids(going.iter().map(|booking| booking.person_id.0));
    let mut found = booking::query(db, text, [people]).await?;
    found.retain(|booking| booking.cohort_id == to);
    Ok(found)
}

/// Whether one is carried over who has perhaps booked there already (ADM-1): a booking of their own makes way for one
/// that is a claim at once, unless it ranks before, or holds a place.
fn makes_way(sitting: &mut Sitting, own: Option<&Booking>, old: &Booking, opens: bool) -> Result<bool> {
    let Some(own) = own.filter(|own| own.status != BookingStatus::Closed) else { return Ok(true) };
    if !opens {
        return Ok(false);
    }
    let origin = Origin::job();
    match (own.status, own.rank, old.rank) {
        (BookingStatus::Pending, ..) => withdraw_pending(sitting, &origin, own, "carried_over"),
        (BookingStatus::Waiting, Some(rank), Some(before)) if before < rank => {
            let fact = Fact::Withdrawal { booking: own.id, rank, fits: own.fits() };
            sitting.enter(&origin, own.cohort_id, &fact, None)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The same booking in the next cohort, its gate not looked at yet.
fn next_booking(old: &Booking, to: CohortId, now: DateTime<Utc>) -> Booking {
    // What a list brought along was evidence for the earlier cohort: here the rank itself is carried over (ADM-24).
    let told = old.told.clone().map(|told| Told { asked_at: None, ..told });
    Booking {
        id: BookingId(new_id_at(now)),
        told,
        cohort_id: to,
        status: BookingStatus::Pending,
        closed_reason: None,
        eligible_since: None,
        claim_due_at: None,
        claim: None,
        rank: None,
        offer_expires_at: None,
        lapses: 0,
        fits: None,
        cohort_version: None,
        revision: 1,
        created_at: now,
        updated_at: now,
        carry_over: CarryOver::Wished,
        carried_from: Some(old.id),
        ..old.clone()
    }
}

/// Enters those who come in order of rank (ADM-5): whose gate is open there has the rank that they had. Whose isn't is
/// pending like anybody else, and claims with a moment of its own.
fn enter(
    sitting: &mut Sitting,
    known: &Known,
    to: CohortId,
    made: Vec<(BookingId, Option<Rank>)>,
) -> Result<()> {
    let (origin, now) = (Origin::job(), sitting.now);
    let mut claims: Vec<(Rank, BookingId)> = Vec::new();
    for (id, had) in made {
        let Some(booking) = sitting.booking(id).cloned() else { continue };
        note_eligible(sitting, known, &booking, now)?;
        fit_again(sitting, &origin, &booking, known.fits(&booking)?)?;
        let booking = sitting.booking(id).cloned().unwrap_or(booking);
        let standing = known.look_at(&booking, now)?.standing;
        match pending_again(sitting, &origin, &booking, standing)? {
            Some(rank) => claims.push((had.unwrap_or(rank), id)),
            None if sitting.booking(id).is_some_and(|now| now.status == BookingStatus::Pending) => {
                sitting.change(id, |booking| booking.carried_from = None);
                sitting.audit(&origin, row("booking_made", &booking, "carried_over"));
                sitting.mail(id, MailKind::BookingPending);
            }
            None => {}
        }
    }
    claims.sort_unstable();
    for (rank, id) in claims {
        let Some(booking) = sitting.booking(id) else { continue };
        let fact = booking.claims((rank.moment, rank.submitted_at), booking.fits());
        sitting.enter(&origin, to, &fact, None)?;
    }
    Ok(())
}
