//! Where places are given out: the desk that takes many facts into one transaction, and what it keeps.
//!
//! Only this room writes `cohort_desk`, `booking` and `ledger_entry`, and only through a `Sitting`, which
//! asks the domain to settle.

mod at_desk;
mod attempts;
mod attendance;
mod batch;
mod besides;
mod book_many;
mod book_ranked;
mod booking;
mod cancel;
mod carry;
mod choices;
mod clash_notices;
mod clashes;
mod command;
mod decide;
mod desk;
mod desk_row;
mod drafts;
mod due;
mod elsewhere;
mod evidence;
mod fit;
mod follow;
mod forms;
mod import;
mod interest;
mod invitations;
mod keys;
mod ledger;
mod ledger_checks;
mod life;
mod managers;
mod nominations;
mod nominators;
mod organisation_looks;
mod pass_on;
mod people;
mod planted;
mod positions;
mod prepared;
mod preview;
mod ranked_form;
mod reaches;
mod reads;
mod reassess;
mod record;
mod rewrite;
mod runs;
mod seat;
mod sitting;
mod take_over;
mod tasters;
mod terms;
mod told;
mod transfers;
mod tries;
mod verify;
mod waivers;
mod watch;

pub use attendance::{
    AtTaster, AttendanceSource, HeldAttendance, NewAttendance, attendance, attendance_page,
};
pub use book_many::{BookMany, DryRun, NoPlace, RowDone, WriteRows};
pub use book_ranked::{BookRanked, WriteRanked};
pub use booking::{Booking, ClaimReceipt, Told, booking, bookings};
pub use carry::{carries_due, carry_over};
pub use choices::Choice;
pub use clash_notices::tell_of_clashes;
pub use clashes::clashes_now;
pub use command::{Answered, Book, Booker, BookingRecord, Command, DeskError, OfClash, WriteAnswer};
pub use desk::Desk;
pub use desk_row::{DeskRow, desks};
pub use drafts::{Draft, draft, forget_drafts, remove_draft, save_draft};
pub(crate) use forms::tied_to;
pub use import::{ImportRecord, NotImported, RowRefused, import_record};
pub use interest::{NewInterest, register_interest};
pub use invitations::{CameOfInterest, came_of_interest, invitations_due, invite};
pub use ledger::{client_holds_receipt, cohorts_with_ledger, holds_receipt, ledger_page};
pub use ledger_checks::{CheckFigures, check_figures, checks_due, record_check};
pub use life::{cancel_cohort, close_cohort, complete_cohort};
pub use managers::{ManagerAnswered, ManagerRequest, answer_manager};
pub use nominations::{Nominated, Nomination, Withdrawn, nominate, nominations_page, withdraw_nomination};
pub use nominators::{Nominator, NominatorKey, NotNominated, nominator_of, nominators_page, set_nominator};
pub use organisation_looks::{look_at_organisation, organisation_changed, organisation_looks_due};
pub use pass_on::{
    NewProposal, Proposal, Proposed, forget_colleagues, propose_place, proposed, take_back_place,
};
pub use positions::position_changes;
pub use prepared::Changed;
pub use preview::{Ahead, AheadEntry, Preview, PreviewedBooking, catch_up, preview};
pub use ranked_form::{FormChange, RankedForm, bookings_of_form, change_form, lock_form, ranked_form};
pub use reads::{
    BookingFilter, bookings_of_cohort, bookings_of_person, due_among, due_cohorts, has_bookings,
    has_live_booking, holds_confirmed_place, waiting_page,
};
pub use reassess::{email_verified, facts_changed};
pub use record::{Asked, Checked, check, records};
pub use rewrite::{Rewrite, Rewritten, rewrite_booking};
pub use runs::tell_that_it_runs;
pub use take_over::TakeOver;
pub use tasters::{CheckedIn, Recorded, check_in, record_attendance, remove_attendance, seal, taster_moved};
pub use terms::{NewDesk, change_terms, open_desk, set_first_session};
pub use transfers::Leave;
pub use verify::{Verified, verify_cohort};
pub use waivers::{Attempted, NewWaiver, NotWaived, Waiver, refused_attempts, waive, waiver_of_cohort};
