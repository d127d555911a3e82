//! What all handlers share.

use super::list::Cursors;
use super::secrets::Secrets;
use super::write::InFlight;
use crate::program::settings::Settings;
use persistence::Store;
use std::sync::Arc;

/// What a process holds once, for every request and job.
pub(crate) struct Shared {
    /// The database.
    pub store: Arc<Store>,
    /// What is in force.
    pub settings: Settings,
    /// Keys for seals, signatures and mail tokens.
    pub secrets: Secrets,
    /// Signs and reads list cursors.
    pub cursors: Cursors,
    /// Keys of repeats whose first request runs in this process.
    pub in_flight: InFlight,
}

impl Shared {
    /// Puts the parts together.
    pub(crate) fn new(store: Arc<Store>, settings: Settings, secrets: Secrets) -> Self {
        let cursors = Cursors::new(secrets.clone());
        Self { store, settings, secrets, cursors, in_flight: InFlight::default() }
    }
}

/// How handlers take [`Shared`].
pub(crate) type App = actix_web::web::Data<Shared>;
