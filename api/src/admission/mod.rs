//! Bookings, offers, the waiting list, the ledger, attendance at tasters, and interest.

mod attendance;
mod book;
mod book_many;
mod change;
mod check;
mod check_ins;
mod clash_view;
mod drafts;
mod gate_view;
mod import_file;
mod import_wire;
mod imports;
mod interest;
mod invitations;
pub(crate) mod jobs;
mod ledger;
mod lists;
mod managers;
mod nominations;
mod offer;
mod participant;
mod pass_on;
mod positions;
mod ranked;
mod ranked_change;
mod reach;
mod read;
mod submit;
mod take_over;
mod transfer;
mod view;
mod waivers;

pub(crate) use reach::PublicCohorts;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers this room's operations.
pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(book::create_booking)
        .service(book_many::create_bookings)
        .service(ranked::create_ranked_bookings)
        .service(ranked::get_joining_form)
        .service(ranked_change::change_joining_form)
        .service(imports::import_bookings)
        .service(imports::get_import)
        .service(lists::list_cohort_bookings)
        .service(lists::list_my_bookings)
        .service(lists::list_waiting)
        .service(read::get_booking)
        .service(change::change_booking)
        .service(change::cancel_booking)
        .service(transfer::move_booking)
        .service(transfer::defer_booking)
        .service(pass_on::propose)
        .service(pass_on::take_back)
        .service(take_over::take_over)
        .service(offer::accept_offer)
        .service(offer::decline_offer)
        .service(ledger::list_ledger)
        .service(check::check_eligibility)
        .service(check_ins::check_in)
        .service(attendance::record_attendance)
        .service(attendance::list_attendance)
        .service(attendance::remove_attendance)
        .service(attendance::seal_attendance)
        .service(positions::list_position_changes)
        .service(drafts::get_draft)
        .service(drafts::put_draft)
        .service(drafts::delete_draft)
        .service(waivers::waive_requirement)
        .service(waivers::get_waiver)
        .service(waivers::list_refused_attempts)
        .service(managers::agree_as_manager)
        .service(managers::refuse_as_manager)
        .service(nominations::set_nominator)
        .service(nominations::list_nominators)
        .service(nominations::nominate)
        .service(nominations::list_nominations)
        .service(nominations::withdraw_nomination)
        .service(interest::register_interest)
        .service(invitations::get_invitations);
}
