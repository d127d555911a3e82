//! Joining forms that rank several cohorts (ADM-21): a choice that gets a place ends the others in the same transaction,
//! under the locks of all their cohorts, or lets them be.
//!
//! A sitting knows the forms only where the cohorts that are tied to its own by undecided choices are locked and open
//! too. The desk first decides without; where a choice gets a place, [`StoreError::NeedsChoices`] has it decide again
//! with them. So nothing is looked up for claims without a form, and no place is taken while another choice of its form
//! could be given one elsewhere.

use super::booking::{self, Booking};
use super::choices::Choice;
use super::reassess::withdraw_pending;
use super::sitting::Sitting;
use crate::rows;
use crate::{Access, Origin, Result, StoreError, Work};
use chrono::{DateTime, Utc};
use domain::admission::{
    BookingStatus, Cancelling, Decision, DueFact, Fact, Placed, WhenPlaced, gives_way, in_order_of_ending,
    makes_way,
};
use domain::ids::{BookingId, CohortId, FormId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// How many undecided choices a cohort holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Undecided {
    offered: u64,
    waiting: u64,
}

impl Undecided {
    /// How many have to be at hand of those who wait, where `needed` could get a place without the other choices: each
    /// offer can end and its place go out, and each of the first can end and make way for one more.
    pub(super) fn heads(self, needed: u64, waiting: u64) -> u64 {
        let going_out = needed + self.offered;
        if going_out == 0 { 0 } else { waiting.min(going_out + self.waiting) }
    }
}

/// The cohorts that share a programme with some others and hold undecided choices.
pub(crate) type Tied = BTreeMap<CohortId, Undecided>;

#[derive(FromQueryResult)]
struct TiedRow {
    cohort_id: Uuid,
    status: String,
    many: i64,
}

/// The cohorts in which what is decided in these can end a choice. Read before the locks it tells which cohorts to
/// lock; read again under them, it is so.
pub(crate) async fn tied_to(db: &impl Access, cohorts: impl IntoIterator<Item = CohortId>) -> Result<Tied> {
    let db = db.connection();
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT b.cohort_id, b.status, count(*) AS many FROM (SELECT DISTINCT c.programme_id FROM {} {}) AS p {} \
         GROUP BY b.cohort_id, b.status",
        rows::ids_source(backend),
        rows::lookup(backend, "cohort", "c", "c.id = r.id"),
        rows::lookup(
            backend,
            "booking",
            "b",
            "b.programme_id = p.programme_id AND b.form_id IS NOT NULL \
             AND b.status IN ('pending', 'waiting', 'offered')"
        ),
    );
    let values = [rows::ids(cohorts.into_iter().map(|id| id.0))];
    let statement = Statement::from_sql_and_values(backend, text, values);
    let mut tied = Tied::new();
    for row in TiedRow::find_by_statement(statement).all(db).await? {
        let known = tied.entry(CohortId(row.cohort_id)).or_default();
        let many = u64::try_from(row.many).unwrap_or(0);
        match row.status.as_str() {
            "offered" => known.offered = many,
            "waiting" => known.waiting = many,
            _ => {}
        }
    }
    Ok(tied)
}

/// Those that are tied to `cohorts`, where a sitting is to know of them: all of them must be locked.
pub(super) async fn tied_under_locks(work: &Work, cohorts: &[CohortId]) -> Result<Option<Tied>> {
    let Some(locked) = work.locked_with_ties() else { return Ok(None) };
    let tied = tied_to(work, cohorts.iter().copied()).await?;
    if tied.keys().all(|cohort| locked.contains(cohort)) {
        return Ok(Some(tied));
    }
    Err(StoreError::Unavailable("a form tied a cohort since the locks were chosen".to_owned()))
}

/// The cohorts that a sitting opens, in order.
pub(super) fn with_ties(cohorts: &[CohortId], tied: Option<&Tied>) -> Vec<CohortId> {
    let mut all: Vec<CohortId> = tied.into_iter().flat_map(Tied::keys).chain(cohorts).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What a sitting knows of forms.
pub(super) struct Forms {
    /// Whether the cohorts that are tied to its own are open too.
    tied: bool,
    /// The choices at hand, by form.
    choices: HashMap<FormId, BTreeSet<BookingId>>,
    /// What was chosen, of the forms of which all choices are at hand.
    known: HashMap<FormId, WhenPlaced>,
}

impl Forms {
    /// None known yet; whether the cohorts that are tied to the sitting's own are open too.
    pub(super) fn new(tied: bool) -> Self {
        Self { tied, choices: HashMap::new(), known: HashMap::new() }
    }

    /// Notes a booking that is put at hand.
    pub(super) fn note(&mut self, booking: &Booking) {
        if let Some(choice) = booking.choice {
            self.choices.entry(choice.form).or_default().insert(booking.id);
        }
    }

    /// Notes what was chosen of a form all of whose choices are at hand, or come to be.
    pub(super) fn learn(&mut self, form: FormId, when_placed: WhenPlaced) {
        self.known.insert(form, when_placed);
    }

    fn unknown(&self) -> Vec<FormId> {
        self.choices.keys().filter(|form| !self.known.contains_key(form)).copied().collect()
    }

    fn ends_others(&self, form: FormId) -> Result<bool> {
        let chosen = self.known.get(&form).ok_or(StoreError::NeedsChoices)?;
        Ok(*chosen == WhenPlaced::EndOthers)
    }

    /// The choices of a form of which a place in one ends the others: they never stand beside each other (PRG-6).
    pub(super) fn of_one_place(&self, form: FormId) -> Vec<BookingId> {
        if matches!(self.ends_others(form), Ok(true)) { self.of(form).collect() } else { Vec::new() }
    }

    fn of(&self, form: FormId) -> impl Iterator<Item = BookingId> {
        self.choices.get(&form).into_iter().flatten().copied()
    }
}

#[derive(FromQueryResult)]
struct ChosenRow {
    id: Uuid,
    when_placed: String,
}

impl Sitting {
    /// Puts the other choices of all forms at hand, where the sitting is to know of them.
    pub(super) async fn bring_choices(&mut self, work: &Work) -> Result<()> {
        let unknown = if self.forms.tied { self.forms.unknown() } else { Vec::new() };
        if unknown.is_empty() {
            return Ok(());
        }
        let backend = work.backend();
        let source = rows::ids_source(backend);
        let of_form = rows::lookup(backend, "booking", "b", "b.form_id = r.id AND b.form_id IS NOT NULL");
        let text = format!("SELECT {} FROM {source} {of_form}", booking::SELECTED);
        let ids = || rows::ids(unknown.iter().map(|form| form.0));
        self.take(booking::query(work.connection(), text, [ids()]).await?);
        let text = format!(
            "SELECT f.id, f.when_placed FROM {source} {}",
            rows::lookup(backend, "ranked_form", "f", "f.id = r.id")
        );
        let statement = Statement::from_sql_and_values(backend, text, [ids()]);
        for row in ChosenRow::find_by_statement(statement).all(work.connection()).await? {
            let chosen = WhenPlaced::parse(&row.when_placed);
            let chosen = chosen.ok_or_else(|| StoreError::corrupt("ranked_form", "when_placed", row.id))?;
            self.forms.learn(FormId(row.id), chosen);
        }
        Ok(())
    }

    /// The choices among those decided that have a place now.
    pub(super) fn placed(&self, decisions: &[Decision]) -> Vec<(BookingId, Choice)> {
        let confirmed = decisions.iter().filter(|one| one.status == BookingStatus::Confirmed);
        let chosen = |one: &Decision| Some((one.booking, self.booking(one.booking)?.choice?));
        confirmed.filter_map(chosen).collect()
    }

    /// Ends the other choices of those who have a place now, where that was chosen.
    pub(super) fn end_others(&mut self, origin: &Origin, placed: Vec<(BookingId, Choice)>) -> Result<()> {
        let mut ending: Vec<(BookingId, BookingId)> = Vec::new();
        for (id, choice) in placed {
            if self.forms.ends_others(choice.form)? {
                ending
                    .extend(self.forms.of(choice.form).filter(|other| *other != id).map(|other| (other, id)));
            }
        }
        let status = |(other, _): &(BookingId, BookingId)| self.booking(*other).map(|booking| booking.status);
        for (other, placed) in in_order_of_ending(ending, status) {
            self.end_choice(origin, other, placed)?;
        }
        Ok(())
    }

    /// The place that has ended, or ends, all other choices of a booking's form.
    pub(super) fn placed_before(&self, booking: &Booking) -> Result<Option<BookingId>> {
        let Some(choice) = booking.choice else { return Ok(None) };
        if !self.forms.ends_others(choice.form)? {
            return Ok(None);
        }
        let confirmed = |id: &BookingId| self.booking(*id).is_some_and(|booking| booking.status.has_place());
        Ok(self.forms.of(choice.form).find(confirmed))
    }

    /// Sets a choice's place in the person's order of preference.
    pub(super) fn prefer(&mut self, id: BookingId, preference: u32) {
        self.change(id, |booking| {
            booking.choice = booking.choice.map(|own| Choice { preference, ..own });
        });
    }

    /// Ends the others of a form's choices where one has a place already, as is chosen now.
    pub(super) fn end_unless_kept(
        &mut self,
        origin: &Origin,
        choices: impl Iterator<Item = BookingId>,
    ) -> Result<()> {
        let confirmed = |id: &BookingId| self.booking(*id).is_some_and(|booking| booking.status.has_place());
        let placed: Vec<(BookingId, Choice)> = choices
            .filter(confirmed)
            .filter_map(|id| Some((id, self.booking(id)?.choice?)))
            .take(1)
            .collect();
        self.end_others(origin, placed)
    }

    /// Ends a choice because another has a place, where it is undecided. The mail about that place tells of it.
    pub(super) fn end_choice(&mut self, origin: &Origin, id: BookingId, placed: BookingId) -> Result<()> {
        let Some(booking) = self.booking(id).cloned() else { return Ok(()) };
        let Some(ending) = makes_way(id, (booking.status, booking.rank), booking.fits()) else {
            return Ok(());
        };
        self.change(id, |booking| {
            booking.choice = booking.choice.map(|own| Choice { placed_elsewhere: Some(placed), ..own });
        });
        self.mails.retain(|mail| mail.booking_id != Some(id));
        match ending {
            Cancelling::Closes(_) => withdraw_pending(self, origin, &booking, "placed_elsewhere"),
            Cancelling::Settles(fact) => {
                self.enter(origin, booking.cohort_id, &fact, None)?;
            }
        }
        Ok(())
    }

    /// Tells of those among these choices that end because somebody else than the participant has now chosen so: the mail about
    /// the place has gone.
    pub(super) fn tell_of_ended_choices(
        &mut self,
        origin: &Origin,
        choices: impl Iterator<Item = BookingId>,
    ) {
        for id in choices {
            let ended = self.booking(id).and_then(|booking| booking.choice?.placed_elsewhere);
            if ended.is_some() {
                self.mail_of_end(origin, id);
                for mail in self.mails.iter_mut().filter(|mail| mail.booking_id == Some(id)) {
                    mail.refs["closedReason"] = "placed_elsewhere".into();
                }
            }
        }
    }

    /// Before facts of several cohorts are entered that go with one moment: whom more than one of them would confirm
    /// keeps the place that they prefer, and leaves the others before these go out.
    fn give_way(&mut self, origin: &Origin, facts: &[(CohortId, Fact)]) -> Result<()> {
        if !self.forms.tied {
            return Ok(());
        }
        loop {
            let giving = gives_way(&self.would_place(facts)?);
            if giving.is_empty() {
                return Ok(());
            }
            for (booking, placed) in giving {
                self.end_choice(origin, booking, placed)?;
            }
        }
    }

    fn would_place(&self, facts: &[(CohortId, Fact)]) -> Result<Vec<Placed>> {
        let cohorts: BTreeSet<CohortId> = facts.iter().map(|(cohort, _)| *cohort).collect();
        let mut placed = Vec::new();
        for cohort in cohorts {
            let mut view = self.desk(cohort)?.view.clone();
            view.clashing = self.clashing(cohort);
            for (_, fact) in facts.iter().filter(|(of, _)| *of == cohort) {
                let Some(fact) = self.as_it_is(fact) else { continue };
                let decisions = view.apply(&fact, self.now).map_err(|_| StoreError::NeedsMore)?;
                for (booking, choice) in self.placed(&decisions) {
                    if self.forms.ends_others(choice.form)? {
                        placed.push(Placed { form: choice.form, preference: choice.preference, booking });
                    }
                }
            }
        }
        Ok(placed)
    }

    /// A fact that was due, less the choices that have ended meanwhile.
    fn as_it_is(&self, fact: &Fact) -> Option<Fact> {
        let is = |id: &BookingId, status| self.booking(*id).is_none_or(|booking| booking.status == status);
        match fact {
            Fact::Claim { booking, .. } | Fact::CarriedOver { booking, .. } => {
                is(booking, BookingStatus::Pending).then(|| fact.clone())
            }
            Fact::Expiry { booking, .. } => is(booking, BookingStatus::Offered).then(|| fact.clone()),
            Fact::CohortStarted { pending } => {
                let pending = pending.iter().filter(|id| is(id, BookingStatus::Pending)).copied().collect();
                Some(Fact::CohortStarted { pending })
            }
            _ => Some(fact.clone()),
        }
    }

    /// Enters what is due: cohort by cohort, or where they are tied by forms, in the order of moments over all.
    pub(super) fn enter_due(&mut self, mut due: Vec<(CohortId, DueFact)>) -> Result<()> {
        let origin = Origin::job();
        if self.forms.tied {
            due.sort_by_key(|(cohort, due)| (due.moment, *cohort));
        }
        let tied = self.forms.tied;
        for at_once in due.chunk_by(|(_, one), (_, next)| tied && one.moment == next.moment) {
            let facts: Vec<(CohortId, Fact)> =
                at_once.iter().map(|(cohort, due)| (*cohort, due.fact.clone())).collect();
            self.enter_together(&origin, &facts, at_once.first().map(|(_, due)| due.moment))?;
        }
        Ok(())
    }

    /// Enters facts that go with one moment, in their order.
    pub(super) fn enter_together(
        &mut self,
        origin: &Origin,
        facts: &[(CohortId, Fact)],
        due: Option<DateTime<Utc>>,
    ) -> Result<()> {
        if facts.len() > 1 {
            self.give_way(origin, facts)?;
        }
        for (cohort, fact) in facts {
            if let Some(fact) = self.as_it_is(fact) {
                self.enter(origin, *cohort, &fact, due)?;
            }
        }
        Ok(())
    }
}
