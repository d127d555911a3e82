//! People, organisations, sign-in, roles and clients.

use crate::http::app::Shared;
use crate::http::problem::Problem;
use domain::identity::Actor;
use utoipa_actix_web::service_config::ServiceConfig;

/// The room's operations.
pub(crate) fn routes(_cfg: &mut ServiceConfig) {}

/// Says who calls, from the bearer token that was sent.
///
/// # Errors
/// 401 for a token that doesn't hold.
#[expect(clippy::unused_async, reason = "the lookup of roles waits for the database")]
pub(crate) async fn authenticate(_shared: &Shared, bearer: Option<&str>) -> Result<Actor, Problem> {
    match bearer {
        None => Ok(Actor::Anonymous),
        Some(_) => Err(Problem::invalid_token()),
    }
}

/// Hashes on this thread, for commands.
pub(crate) fn hash_now(
    password: &domain::identity::Password,
) -> Option<persistence::identity::registrations::PasswordHash> {
    use argon2::PasswordHasher;
    let hash = argon2::Argon2::default().hash_password(password.as_bytes()).ok()?;
    Some(persistence::identity::registrations::PasswordHash(hash.to_string()))
}
