//! What all handlers share.

use super::limit::Limit;
use super::list::Cursors;
use super::metrics::Metrics;
use super::problem::{Code, Problem};
use super::secrets::Secrets;
use super::write::InFlight;
use crate::admission::PublicCohorts;
use crate::catalogue::CatalogueCache;
use crate::identity::Identity;
use crate::program::Failure;
use crate::program::settings::{DEFAULT_RATE_LIMIT, Settings};
use persistence::Store;
use persistence::admission::Desk;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// What a process holds once, for every request and job.
pub(crate) struct Shared {
    /// The database.
    pub store: Arc<Store>,
    /// What is in force.
    pub settings: Settings,
    /// Keys for seals, signatures and mail tokens.
    pub secrets: Secrets,
    /// Signing keys, rights, passwords and failed sign-ins.
    pub identity: Identity,
    /// The public listing, ready serialised.
    pub catalogue: CatalogueCache,
    /// Signs and reads list cursors.
    pub cursors: Cursors,
    /// Where what reaches settling is handed in.
    pub desk: Desk,
    /// The desk's lanes; they end with the process.
    _lanes: JoinSet<()>,
    /// What every cohort that may be known to all is to permissions.
    pub public_cohorts: PublicCohorts,
    /// Keys of repeats whose first request runs in this process.
    pub in_flight: InFlight,
    /// How often each peer may call.
    pub peers: Limit<Option<IpAddr>>,
    /// Counters.
    pub metrics: Metrics,
    /// Starting, ready or draining.
    pub lifecycle: Lifecycle,
}

impl Shared {
    /// Puts the parts together; keys are made at the first start and kept in the database.
    ///
    /// # Errors
    /// When the database doesn't answer or holds a key that can't be read.
    pub(crate) async fn open(store: Arc<Store>, settings: Settings) -> Result<Self, Failure> {
        let refuses = settings.rate_limit.is_some();
        // Where the limit is off, the usual one is reported all the same.
        let amount =
            NonZeroU32::new(settings.rate_limit.unwrap_or(DEFAULT_RATE_LIMIT)).unwrap_or(NonZeroU32::MIN);
        let peers = Limit::new("peer", amount, Duration::from_secs(60), refuses);
        let secrets = Secrets::load(&store).await?;
        let identity = Identity::start(&store, refuses).await?;
        let (desk, work) = Desk::open(store.clone(), settings.desk_batch);
        let mut lanes = JoinSet::new();
        lanes.spawn(work);
        Ok(Self {
            identity,
            catalogue: CatalogueCache::new(),
            cursors: Cursors::new(secrets.clone()),
            store,
            settings,
            secrets,
            desk,
            _lanes: lanes,
            public_cohorts: PublicCohorts::new(),
            in_flight: InFlight::default(),
            peers,
            metrics: Metrics::new().map_err(|error| Failure::of("counters can't be made", error))?,
            lifecycle: Lifecycle::default(),
        })
    }
}

/// How handlers take [`Shared`].
pub(crate) type App = actix_web::web::Data<Shared>;

/// Where the process is in its life.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle(AtomicU8);

const READY: u8 = 1;
const DRAINING: u8 = 2;

impl Lifecycle {
    /// Requests may come.
    pub(crate) fn set_ready(&self) {
        self.0.store(READY, Ordering::Relaxed);
    }

    /// No more should come.
    pub(crate) fn set_draining(&self) {
        self.0.store(DRAINING, Ordering::Relaxed);
    }

    /// Whether the process is on its way out.
    pub(crate) fn is_draining(&self) -> bool {
        self.0.load(Ordering::Relaxed) == DRAINING
    }

    /// # Errors
    /// 503 unless requests may come.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        match self.0.load(Ordering::Relaxed) {
            READY => Ok(()),
            DRAINING => Err(Problem::new(Code::Unavailable).detail("The service is stopping.")),
            _ => Err(Problem::new(Code::Unavailable).detail("The service is starting.")),
        }
    }
}
