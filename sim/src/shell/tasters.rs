//! What happens at tasters and with people (after `persistence::admission::tasters` and its callers).

use super::carry::carry_over;
use super::command::{Direct, Reply};
use super::decide::{code_holds, record};
use super::forms::lock_cohorts;
use super::life::{cancel_cohort, close_cohort, complete_cohort};
use super::reassess::reassess;
use super::refused::Refused;
use super::sitting::{Heads, Sitting};
use super::terms::{change_terms, set_first_session};
use crate::Time;
use crate::bugs::Bug;
use crate::ctx::Ctx;
use crate::store::locks::LockKey;
use crate::store::rows::{Answer, AttendanceKey, Known, Person, Taster, Write};
use crate::store::work::{Result, StoreError, Work, find_out};
use domain::admission::{Fits, Reason, SettlesFirst};
use domain::ids::{CohortId, PersonId, TasterId};

/// Does it in a transaction of its own, and answers.
pub(crate) async fn run(ctx: Ctx, direct: Direct) -> Reply {
    match attempt(&ctx, &direct).await {
        Ok(reply) => reply,
        Err(error) => Reply::Failed(error),
    }
}

async fn attempt(ctx: &Ctx, direct: &Direct) -> Result<Reply> {
    let mut work = Work::begin(ctx).await?;
    if let Err(refused) = act(&mut work, direct).await? {
        return Ok(Reply::Refused(refused, work.seen));
    }
    let tx = work.tx;
    match work.commit().await {
        Err(StoreError::OutcomeUnknown) => match find_out(ctx, tx).await {
            Some(true) => Ok(done()),
            Some(false) => Err(StoreError::Unavailable),
            None => Err(StoreError::OutcomeUnknown),
        },
        other => other.map(|()| done()),
    }
}

fn done() -> Reply {
    Reply::Done(Answer { booking: None, status: None, offer_expires_at: None, version: None })
}

async fn act(work: &mut Work, direct: &Direct) -> Result<std::result::Result<(), Refused>> {
    match direct {
        Direct::Attend { taster, people } => attend(work, *taster, people).await?,
        Direct::Remove { taster, person } => return remove(work, *taster, *person).await,
        Direct::CheckIn { taster, person } => return check_in(work, *taster, *person).await,
        Direct::Verify { person } => verify(work, *person).await?,
        Direct::Facts { person, known, fits } => facts(work, *person, *known, fits).await?,
        Direct::Terms { cohort, change } => return change_terms(work, *cohort, *change).await,
        Direct::FirstSession { cohort, start } => set_first_session(work, *cohort, *start).await?,
        Direct::Seal { taster } => seal(work, *taster).await?,
        Direct::Close { cohort } => return close_cohort(work, *cohort).await,
        Direct::Cancel { cohort } => return cancel_cohort(work, *cohort).await,
        Direct::Complete { cohort } => return complete_cohort(work, *cohort).await,
        Direct::Carry { from, to } => carry_over(work, *from, *to).await?,
        Direct::Move { taster, ends_at } => move_end(work, *taster, *ends_at).await?,
    }
    Ok(Ok(()))
}

async fn lock_people(work: &mut Work, people: &[PersonId]) -> Result<()> {
    work.lock(people.iter().map(|id| LockKey::Person(*id))).await
}

async fn lock_at(work: &mut Work, taster: TasterId, people: &[PersonId]) -> Result<()> {
    let people = people.iter().map(|id| LockKey::Person(*id));
    work.lock([LockKey::Taster(taster)].into_iter().chain(people)).await
}

async fn attend(work: &mut Work, taster: TasterId, people: &[PersonId]) -> Result<()> {
    lock_at(work, taster, people).await?;
    let ends_at = work.taster(taster).ok_or(StoreError::Corrupt)?.ends_at;
    for person in people {
        record(work, (*person, taster, false), ends_at);
    }
    reassess(work, people, false).await
}

async fn remove(
    work: &mut Work,
    taster: TasterId,
    person: PersonId,
) -> Result<std::result::Result<(), Refused>> {
    lock_people(work, &[person]).await?;
    let of_taster = |shown| (person, taster, shown);
    let held = work.attendances(person);
    let Some(key) = [false, true].map(of_taster).into_iter().find(|key| held.contains_key(key)) else {
        return Ok(Err(Refused::NotFound));
    };
    work.write(Write::Attendance(key, None));
    if !work.ctx().has(Bug::GateNotReopened) {
        reassess(work, &[person], false).await?;
    }
    Ok(Ok(()))
}

async fn check_in(
    work: &mut Work,
    taster: TasterId,
    person: PersonId,
) -> Result<std::result::Result<(), Refused>> {
    lock_at(work, taster, &[person]).await?;
    let ends_at = work.taster(taster).ok_or(StoreError::Corrupt)?.ends_at;
    let now = work.now();
    if !code_holds(work, taster, now) {
        return Ok(Err(Refused::Attempt(Reason::TasterCodeInvalid, None)));
    }
    let unverified = work.person(person).is_some_and(|person| person.email_verified_at.is_none());
    record(work, (person, taster, unverified), ends_at);
    reassess(work, &[person], false).await?;
    Ok(Ok(()))
}

/// A person proves their email: what they showed before is held by it from now on (ACC-1).
async fn verify(work: &mut Work, id: PersonId) -> Result<()> {
    lock_people(work, &[id]).await?;
    let now = work.now();
    let person = work.person(id).ok_or(StoreError::Corrupt)?;
    if person.email_verified_at.is_none() {
        work.write(Write::Person(Person { email_verified_at: Some(now), ..person }));
    }
    let held = work.attendances(id);
    for ((_, taster, shown), from) in &held {
        if *shown && !held.contains_key(&(id, *taster, false)) {
            work.write(Write::Attendance((id, *taster, true), None));
            work.write(Write::Attendance((id, *taster, false), Some(*from)));
        }
    }
    reassess(work, &[id], false).await
}

async fn facts(work: &mut Work, id: PersonId, known: Known, fits: &Fits) -> Result<()> {
    let person = work.person(id).ok_or(StoreError::Corrupt)?;
    lock_people(work, &[id]).await?;
    let person = work.person(id).unwrap_or(person);
    work.write(Write::Person(Person { known, fits: fits.clone(), ..person }));
    reassess(work, &[id], false).await
}

/// That all tasters are sealed is a thing that is due, and entered first of all (ADM-6).
async fn seal(work: &mut Work, id: TasterId) -> Result<()> {
    work.lock([LockKey::Taster(id)]).await?;
    let waits = work.read(|rows| {
        let waiting = rows
            .desks
            .values()
            .filter(|desk| desk.terms.settles_first == SettlesFirst::TastersSealed && !desk.sealed);
        waiting.map(|desk| desk.cohort).collect::<Vec<CohortId>>()
    });
    lock_cohorts(work, waits.iter().copied()).await?;
    let now = work.now();
    let taster = work.taster(id).ok_or(StoreError::Corrupt)?;
    if taster.sealed_at.is_none() {
        work.write(Write::Taster(Taster { sealed_at: Some(now), ..taster }));
    }
    if waits.is_empty() {
        return Ok(());
    }
    let sitting = Sitting::open(work, &waits, &Heads::All).await?;
    sitting.write(work).await
}

/// A taster's end moves: attendance counts from the new end, and what is pending is looked at again.
async fn move_end(work: &mut Work, id: TasterId, ends_at: Time) -> Result<()> {
    work.lock([LockKey::Taster(id)]).await?;
    let held = |work: &Work| -> Vec<AttendanceKey> {
        work.read(|rows| rows.attendance.keys().filter(|(_, taster, _)| *taster == id).copied().collect())
    };
    let mut people: Vec<PersonId> = held(work).iter().map(|(person, ..)| *person).collect();
    people.dedup();
    lock_people(work, &people).await?;
    let taster = work.taster(id).ok_or(StoreError::Corrupt)?;
    work.write(Write::Taster(Taster { ends_at, ..taster }));
    for key in held(work) {
        work.write(Write::Attendance(key, Some(ends_at)));
    }
    reassess(work, &people, true).await
}
