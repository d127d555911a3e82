//! Audit and privacy.

use utoipa_actix_web::service_config::ServiceConfig;

/// The room's operations.
pub(crate) fn routes(_cfg: &mut ServiceConfig) {}
