//! A sitting of the desk: some cohorts under their locks, in one transaction. Every fact that reaches
//! settling is entered here and nowhere else; what was decided is written in sets at its end.

use super::at_desk::AtDesk;
use super::booking::{self, Booking};
use super::clashes::Clashes;
use super::desk_row::{self, DeskRow, Opened};
use super::due::{load_due, load_heads};
use super::follow::{audit_row, done_by_themselves, follow_decision, mail_about, public_state};
use super::forms::{Forms, tied_under_locks, with_ties};
use super::ledger;
use super::prepared::{Changed, Prepared};
use crate::catalogue::gates::CohortGate;
use crate::governance::{AuditRow, insert_audit_of};
use crate::identity::participants::{NewBookingToken, create_booking_tokens};
use crate::messaging::{MailKind, OutboxRow, insert_outbox, insert_outbox_due};
use crate::rows::Writes;
use crate::{Origin, Result, StoreError, Work, new_id_at};
use chrono::{DateTime, Utc};
use domain::admission::{
    BookingStatus, Decision, Due, DueFact, Entry, EntryKind, Fact, Fits, Transfer, View, due_facts,
};
use domain::ids::{BookingId, CohortId};
use domain::planted::{Bug, is_on};
use std::collections::{BTreeMap, HashMap};

/// How much of the waiting lists' heads a sitting may need.
#[derive(Clone, Debug)]
pub(super) enum Heads {
    /// For each cohort, as many as its facts can free, besides what is free or due.
    Freed(HashMap<CohortId, u64>),
    /// All of them.
    All,
}

struct Touched {
    booking: Booking,
    is_new: bool,
    changed: bool,
}

/// Some cohorts under their locks.
pub(super) struct Sitting {
    pub(super) now: DateTime<Utc>,
    desks: BTreeMap<CohortId, AtDesk>,
    /// What each of these cohorts asks of those who book.
    pub(super) gates: HashMap<CohortId, CohortGate>,
    bookings: HashMap<BookingId, Touched>,
    /// What their people have elsewhere, where it matters (PRG-6).
    pub(super) clashes: Clashes,
    entries: Vec<(DeskKey, Entry)>,
    audit: Vec<(Origin, AuditRow)>,
    pub(super) mails: Vec<OutboxRow>,
    /// The forms that rank several cohorts, as far as they are known (ADM-21).
    pub(super) forms: Forms,
    /// Reminders of offers, each with the moment at which it is due (ADM-16).
    reminders: Vec<(OutboxRow, DateTime<Utc>)>,
    tokens: Vec<NewBookingToken>,
    /// Whether nothing of it will be kept: then nobody is told, and nothing is audited (ADM-14).
    rehearses: bool,
}

/// Whose ledger an entry belongs to.
#[derive(Clone, Copy)]
pub(super) struct DeskKey {
    pub(super) academy_id: domain::ids::AcademyId,
    pub(super) cohort_id: CohortId,
}

impl Sitting {
    /// Loads cohorts whose locks are held, and enters all that is due in them (ADM-11), before any other fact.
    pub(super) async fn open(work: &mut Work, cohorts: &[CohortId], heads: Heads) -> Result<Self> {
        let clock = work.now().await?;
        let tied = tied_under_locks(work, cohorts).await?;
        let cohorts: &[CohortId] = &with_ties(cohorts, tied.as_ref());
        let found = desk_row::opened(work, cohorts, clock).await?;
        // Never less than the time of a cohort's last entry, whatever the clock does.
        let held = found.values().map(|opened| opened.row.head_recorded_at).fold(clock, DateTime::max);
        let now = if is_on(Bug::OwnClock) { clock } else { held };
        let mut due = if now > clock || found.values().any(|opened| opened.has_due) {
            load_due(work, cohorts, now).await?
        } else {
            HashMap::new()
        };
        let mut sitting = Self::at(now, tied.is_some());
        sitting.rehearses = work.rehearsed.is_some();
        let mut all_due: Vec<(CohortId, DueFact)> = Vec::new();
        let mut dues: Vec<(CohortId, Due)> = Vec::with_capacity(found.len());
        for (id, Opened { row, gate, .. }) in found {
            sitting.gates.insert(id, gate);
            let mut of_cohort = due.remove(&id).unwrap_or_default();
            let mut view = row.view_without_heads();
            of_cohort.complete(work, &row, &view, now).await?;
            let due = &of_cohort.due;
            let undecided = tied.as_ref().and_then(|tied| tied.get(&id)).copied().unwrap_or_default();
            let needed = |view: &View, fits: &Fits, waiting: u64| match &heads {
                Heads::All => waiting,
                Heads::Freed(freed) => {
                    let freed = freed.get(&id).copied().unwrap_or(0);
                    undecided.heads(view.heads_needed(due, freed, fits, now), waiting)
                }
            };
            let head = load_heads(work, &row, &mut view, needed).await?;
            let before = public_state(&row);
            let too_late = of_cohort.too_late(&view);
            sitting.take(of_cohort.bookings.into_iter().chain(head));
            all_due.extend(due_facts(&view, &of_cohort.due, now).into_iter().map(|due| (id, due)));
            dues.push((id, of_cohort.due));
            sitting.desks.insert(id, AtDesk { row, view, before });
            for booking in too_late {
                sitting.change(booking, |booking| booking.claim_due_at = None);
            }
        }
        sitting.bring_choices(work).await?;
        for (id, due) in &dues {
            sitting.watch_due(work, *id, due).await?;
        }
        sitting.enter_due(all_due)?;
        Ok(sitting)
    }

    fn at(now: DateTime<Utc>, tied: bool) -> Self {
        Self {
            now,
            desks: BTreeMap::new(),
            gates: HashMap::new(),
            bookings: HashMap::new(),
            clashes: Clashes::default(),
            entries: Vec::new(),
            audit: Vec::new(),
            mails: Vec::new(),
            forms: Forms::new(tied),
            reminders: Vec::new(),
            tokens: Vec::new(),
            rehearses: false,
        }
    }

    /// Puts loaded bookings at hand; those at hand already stay as they are.
    pub(super) fn take(&mut self, list: impl IntoIterator<Item = Booking>) {
        for booking in list {
            self.forms.note(&booking);
            let touched = Touched { booking, is_new: false, changed: false };
            self.bookings.entry(touched.booking.id).or_insert(touched);
        }
    }

    /// Puts a booking at hand that is made now.
    pub(super) fn make(&mut self, booking: Booking) {
        self.forms.note(&booking);
        self.bookings.insert(booking.id, Touched { booking, is_new: true, changed: true });
    }

    pub(super) fn booking(&self, id: BookingId) -> Option<&Booking> {
        self.bookings.get(&id).map(|touched| &touched.booking)
    }

    /// The bookings at hand.
    pub(super) fn bookings(&self) -> impl Iterator<Item = &Booking> {
        self.bookings.values().map(|touched| &touched.booking)
    }

    /// Changes a booking in a way that does not reach settling.
    pub(super) fn change(&mut self, id: BookingId, change: impl FnOnce(&mut Booking)) {
        let now = self.now;
        if let Some(touched) = self.bookings.get_mut(&id) {
            change(&mut touched.booking);
            touched.changed = true;
            touched.booking.revision += i64::from(!touched.is_new);
            touched.booking.updated_at = now;
        }
    }

    /// Notes which reserves a booking fits (PRG-9), which nobody is shown.
    pub(super) fn set_fits(&mut self, id: BookingId, fits: Option<Fits>) {
        if let Some(touched) = self.bookings.get_mut(&id) {
            touched.changed = true;
            touched.booking.fits = fits;
        }
    }

    pub(super) fn desk(&self, cohort: CohortId) -> Result<&AtDesk> {
        self.desks.get(&cohort).ok_or_else(|| StoreError::corrupt("cohort_desk", "cohort_id", cohort))
    }

    /// The cohorts' rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &DeskRow> {
        self.desks.values().map(|desk| &desk.row)
    }

    /// Enters one fact: settles (ADM-7), writes the ledger's entry, and brings the bookings up to date.
    pub(super) fn enter(
        &mut self,
        origin: &Origin,
        cohort: CohortId,
        fact: &Fact,
        due: Option<DateTime<Utc>>,
    ) -> Result<u64> {
        let now = self.now;
        let marked = self.marked(fact);
        let fact = marked.as_ref().unwrap_or(fact);
        let clashing = self.clashing(cohort);
        let desk = self.desks.get_mut(&cohort);
        let desk = desk.ok_or_else(|| StoreError::corrupt("cohort_desk", "cohort_id", cohort))?;
        desk.view.clashing = clashing;
        let entry = Entry::enter(&mut desk.view, fact, due, now, desk.row.version + 1, &desk.row.head_hash)
            .map_err(|_| StoreError::NeedsMore)?;
        desk.follow(&entry);
        desk.count_places(&entry, |id| self.bookings.get(&id).map(|touched| touched.booking.status));
        let key = DeskKey { academy_id: desk.row.academy_id, cohort_id: cohort };
        for decision in &entry.decisions {
            self.record(&entry, decision, origin)?;
        }
        self.audit.push((origin.clone(), audit_row(key, &entry)));
        let (version, placed) = (entry.version, self.placed(&entry.decisions));
        self.entries.push((key, entry));
        self.end_others(origin, placed)?;
        Ok(version)
    }

    /// A claim whose submission came with an imported list, as the ledger marks it, whoever enters it (ADM-24).
    fn marked(&self, fact: &Fact) -> Option<Fact> {
        let Fact::Claim { booking, moment, submitted_at, ref fits, .. } = *fact else { return None };
        self.booking(booking)?.imported_since()?;
        Some(Fact::Claim { booking, moment, submitted_at, fits: fits.clone(), imported: true })
    }

    /// Adds an audit row for what does not reach settling.
    pub(super) fn audit(&mut self, origin: &Origin, row: AuditRow) {
        self.audit.push((origin.clone(), row));
    }

    /// Adds a mail about a booking that does not reach settling.
    pub(super) fn mail(&mut self, id: BookingId, kind: MailKind) {
        if let Some(touched) = self.bookings.get(&id) {
            self.mails.push(mail_about(&touched.booking, kind, None));
        }
    }

    /// Has the mails about a booking say that it was left, or came about, by a transfer (ADM-23).
    pub(super) fn mails_tell_of(&mut self, id: BookingId, transfer: Transfer) {
        let status = self.booking(id).map(|booking| booking.status.as_str());
        let tells_it =
            |mail: &&mut OutboxRow| mail.booking_id == Some(id) && mail.refs["status"].as_str() == status;
        for mail in self.mails.iter_mut().filter(tells_it) {
            mail.refs["transfer"] = transfer.as_str().into();
        }
    }

    /// Tells of the end of a booking that had not reached settling, unless its participant ended it.
    pub(super) fn mail_of_end(&mut self, origin: &Origin, id: BookingId) {
        let told = self.bookings.get(&id).filter(|touched| !done_by_themselves(&touched.booking, origin));
        if told.is_some() {
            self.mail(id, MailKind::BookingClosed);
        }
    }

    fn record(&mut self, entry: &Entry, decision: &Decision, origin: &Origin) -> Result<()> {
        let now = self.now;
        let touched = self.bookings.get_mut(&decision.booking);
        let touched = touched.ok_or_else(|| StoreError::corrupt("booking", "id", decision.booking))?;
        let earlier = touched.booking.status;
        follow_decision(&mut touched.booking, entry, decision);
        touched.changed = true;
        touched.booking.revision += i64::from(!touched.is_new);
        touched.booking.updated_at = now;
        let booking = touched.booking.clone();
        self.tell(&booking, earlier, entry, origin);
        Ok(())
    }

    /// Tells the participant of what became of their booking, unless they did it themselves.
    fn tell(&mut self, booking: &Booking, earlier: BookingStatus, entry: &Entry, origin: &Origin) {
        let kind = match booking.status {
            BookingStatus::Waiting => MailKind::BookingWaiting,
            BookingStatus::Offered => MailKind::OfferMade,
            BookingStatus::Confirmed => MailKind::PlaceConfirmed,
            BookingStatus::Pending => MailKind::BookingPending,
            // The mail about the place that is taken in its stead says so.
            BookingStatus::Closed if entry.kind.is_told_elsewhere() => return,
            BookingStatus::Closed if done_by_themselves(booking, origin) => return,
            BookingStatus::Closed => MailKind::BookingClosed,
            BookingStatus::Completed | BookingStatus::NotCompleted => return,
        };
        if self.rehearses || (earlier == booking.status && entry.kind != EntryKind::Expiry) {
            return;
        }
        let mut token_id = None;
        if let Some(expires_at) = booking.offer_expires_at {
            let id = new_id_at(self.now);
            token_id = Some(id);
            self.tokens.push(NewBookingToken {
                id,
                purpose: "offer",
                person_id: booking.person_id,
                booking_id: booking.id,
                expires_at,
            });
            let terms = self.desks.get(&booking.cohort_id).map(|desk| &desk.view.terms);
            let due = terms.and_then(|terms| terms.offer_reminder(entry.recorded_at, expires_at));
            self.reminders
                .extend(due.map(|due| (mail_about(booking, MailKind::OfferReminder, token_id), due)));
        }
        self.mails.push(mail_about(booking, kind, token_id));
    }

    /// Writes all of it; the caller commits.
    pub(super) async fn write(&mut self, work: &mut Work) -> Result<Changed> {
        if let Some(rehearsed) = &mut work.rehearsed {
            self.audit.clear();
            self.mails.clear();
            let entries = self.entries.iter().map(|(key, entry)| (key.cohort_id, entry.clone()));
            rehearsed.entries.extend(entries);
            rehearsed.bookings.extend(self.changed_bookings());
        }
        self.prepare(Writes::default()).run(work).await
    }

    /// All that is to be written, together with what others have to write.
    pub(super) fn prepare(&mut self, mut writes: Writes) -> Prepared {
        let changed: Vec<&Touched> = self.bookings.values().filter(|touched| touched.changed).collect();
        let made: Vec<&Booking> = changed.iter().filter(|t| t.is_new).map(|t| &t.booking).collect();
        let moved: Vec<&Booking> = changed.iter().filter(|t| !t.is_new).map(|t| &t.booking).collect();
        // Those that end first: one of a person's live bookings may make way for another in the same cohort.
        let (ended, others): (Vec<&Booking>, Vec<&Booking>) =
            moved.into_iter().partition(|booking| booking.status == BookingStatus::Closed);
        let mut first = Writes::default();
        booking::update(&mut first, &ended);
        booking::insert(&mut writes, &made);
        booking::update(&mut writes, &others);
        ledger::insert(&mut writes, &self.entries);
        let with_entries: Vec<&DeskRow> = self
            .desks
            .values()
            .filter(|desk| self.entries.iter().any(|(key, _)| key.cohort_id == desk.row.cohort_id))
            .map(|desk| &desk.row)
            .collect();
        desk_row::update(&mut writes, &with_entries);
        let public_state = self.desks.values().any(|desk| public_state(&desk.row) != desk.before);
        let witness = insert_audit_of(&mut writes, self.now, std::mem::take(&mut self.audit));
        let mails = std::mem::take(&mut self.mails);
        let mail = !mails.is_empty();
        insert_outbox(&mut writes, self.now, mails);
        insert_outbox_due(&mut writes, self.now, std::mem::take(&mut self.reminders));
        create_booking_tokens(&mut writes, self.now, std::mem::take(&mut self.tokens));
        Prepared { first, writes, changed: Changed { public_state, mail, witness } }
    }

    /// Each booking that was decided, in the order of the entries that first did, as it is now; then those that ended
    /// without an entry.
    fn changed_bookings(&self) -> Vec<Booking> {
        let decided =
            self.entries.iter().flat_map(|(_, entry)| &entry.decisions).map(|decision| decision.booking);
        let changed =
            self.bookings.values().filter(|touched| touched.changed).map(|touched| &touched.booking);
        let ended = changed.filter(|booking| booking.status == BookingStatus::Closed);
        let mut rest: Vec<BookingId> = ended.map(|booking| booking.id).collect();
        rest.sort_unstable();
        let mut seen = std::collections::HashSet::new();
        let order = decided.chain(rest).filter(|id| seen.insert(*id));
        order.filter_map(|id| self.booking(id).cloned()).collect()
    }

    /// Whether there is anything to write.
    pub(super) fn is_idle(&self) -> bool {
        self.entries.is_empty() && self.audit.is_empty() && self.bookings.values().all(|t| !t.changed)
    }
}
