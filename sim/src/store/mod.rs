//! The store: rows in memory, transactions with locks, and a database that fails as real ones do.

pub(crate) mod locks;
pub(crate) mod rows;
pub(crate) mod work;

use domain::ids::BookingId;
use locks::{Locks, TxId};
use rows::{OpId, Rows, Write};
use std::collections::BTreeMap;

/// What a transaction came to, as `pg_xact_status` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TxStatus {
    /// Nobody knows yet.
    InProgress,
    /// Kept.
    Committed,
    /// Not kept.
    Aborted,
}

/// What a transaction has to write, and what the observer notes with it.
#[derive(Debug, Default)]
pub(crate) struct Buffered {
    /// Rows.
    pub(crate) writes: Vec<Write>,
    /// Requests whose effects are among them.
    pub(crate) effects: Vec<OpId>,
    /// Bookings whose claims came to light together (ADM-5).
    pub(crate) together: Vec<Vec<BookingId>>,
    /// The database's clock when the last lock was granted, and how often the clock had been set by then.
    pub(crate) granted: Option<(crate::Time, u64)>,
}

/// A COMMIT that is under way though nobody waits for its answer.
#[derive(Debug)]
pub(crate) struct InFlight {
    /// Which.
    pub(crate) tx: TxId,
    /// What it writes.
    pub(crate) buffered: Buffered,
}

/// The database.
#[derive(Debug, Default)]
pub(crate) struct Db {
    /// What is committed.
    pub(crate) rows: Rows,
    /// Who holds what.
    pub(crate) locks: Locks,
    /// Counts its restarts: connections of earlier ones are dead.
    pub(crate) epoch: u64,
    /// Ids for transactions.
    pub(crate) last_tx: TxId,
    /// What became of them.
    pub(crate) statuses: BTreeMap<TxId, TxStatus>,
    /// Commits whose answers were lost before they came to an end.
    pub(crate) in_flight: Vec<InFlight>,
}
