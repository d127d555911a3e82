//! People, organisations, sign-in, roles and clients.

mod clients;
mod fields;
mod invitations;
mod jwks;
mod me;
mod members;
mod oauth;
mod organisations;
mod passwords;
mod reference;
mod registration;
mod rights;
mod sessions;
mod throttle;
mod tokens;

pub(crate) use passwords::hash_now;
pub(crate) use rights::AccessLoader;
pub(crate) use tokens::{ACCESS_LIFE, SigningKeys};

use crate::http::app::Shared;
use crate::http::limit::Limit;
use crate::http::problem::Problem;
use domain::identity::Actor;
use passwords::Passwords;
use persistence::{Store, StoreError};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use throttle::LoginThrottle;
use tokio::sync::Notify;
use utoipa_actix_web::service_config::ServiceConfig;

/// Registrations of one email that one network can make an hour.
const REGISTRATIONS_AN_HOUR: NonZeroU32 = NonZeroU32::new(20).unwrap();

const AN_HOUR: Duration = Duration::from_hours(1);

/// What this room holds once in a process.
pub(crate) struct Identity {
    /// Signs and reads access tokens.
    pub signing: SigningKeys,
    /// The rights in force.
    pub access: AccessLoader,
    /// Hashes passwords, a few at a time.
    pub passwords: Passwords,
    /// Counts wrong passwords.
    pub throttle: LoginThrottle,
    /// Counts registrations of one email from one network.
    pub registrations: Limit<(String, String)>,
    /// Says that an organisation changed here.
    pub organisations_changed: Notify,
}

impl Identity {
    /// Loads the signing keys, or makes them at the first start, and begins to serve rights.
    ///
    /// # Errors
    /// When the database doesn't answer, or a key of it is unusable.
    pub(crate) async fn start(store: &Arc<Store>, throttled: bool) -> Result<Self, StoreError> {
        Ok(Self {
            signing: SigningKeys::load(store).await?,
            access: AccessLoader::start(store.clone()),
            passwords: Passwords::new(),
            throttle: LoginThrottle::new(throttled),
            registrations: Limit::new("registrations", REGISTRATIONS_AN_HOUR, AN_HOUR, throttled),
            organisations_changed: Notify::new(),
        })
    }
}

/// The room's operations.
pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(registration::register)
        .service(registration::verify_email)
        .service(registration::resend_verification)
        .service(sessions::login)
        .service(sessions::refresh)
        .service(sessions::logout)
        .service(oauth::issue_client_token)
        .service(jwks::get_signing_keys)
        .service(me::get_me)
        .service(me::update_me)
        .service(members::list_members)
        .service(members::invite_member)
        .service(members::get_member)
        .service(members::set_member)
        .service(members::remove_member)
        .service(invitations::get_member_invitation)
        .service(invitations::withdraw_member_invitation)
        .service(clients::list_clients)
        .service(clients::create_client)
        .service(clients::get_client)
        .service(clients::revoke_client)
        .service(organisations::search_organisations)
        .service(organisations::create_organisation)
        .service(organisations::get_organisation)
        .service(organisations::change_organisation)
        .service(reference::get_reference_data)
        .service(reference::extend_reference_data);
}

/// Says who calls, from the bearer token that was sent.
///
/// # Errors
/// 401 for a token that doesn't hold: not ours, past its end, of an ended person or a revoked client.
pub(crate) async fn authenticate(shared: &Shared, bearer: Option<&str>) -> Result<Actor, Problem> {
    let Some(token) = bearer else { return Ok(Actor::Anonymous) };
    let holder = shared.identity.signing.read(token).ok_or_else(Problem::invalid_token)?;
    shared.identity.access.actor(&holder).await
}
