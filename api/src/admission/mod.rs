//! Joining forms, gate, bookings, ledger, offers, waiting list and interest.

use utoipa_actix_web::service_config::ServiceConfig;

/// The room's operations.
pub(crate) fn routes(_cfg: &mut ServiceConfig) {}
