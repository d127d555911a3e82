//! Mail that is due leaves through SMTP, or into a folder where no mail server is set.

mod envelope;
mod post;
mod transport;

pub(crate) use post::Post;
use utoipa_actix_web::service_config::ServiceConfig;

/// The room's operations.
pub(crate) fn routes(_cfg: &mut ServiceConfig) {}
