//! What a sitting has to write, and what that makes visible.

use crate::rows::Writes;
use crate::{Access, Result, Work};
use uuid::Uuid;

/// What a sitting has made visible.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changed {
    /// Whether a cohort's public state changed (PRG-10).
    pub public_state: bool,
    /// Whether mail is due.
    pub mail: bool,
    /// The id of an audit row that goes with it: once it is there, all of it is.
    pub(crate) witness: Option<Uuid>,
}

/// What a sitting has to write.
pub(super) struct Prepared {
    /// Before all else.
    pub(super) first: Writes,
    /// The rest.
    pub(super) writes: Writes,
    /// What it makes visible.
    pub(super) changed: Changed,
}

impl Prepared {
    /// Writes it; the caller commits.
    pub(super) async fn run(self, work: &Work) -> Result<Changed> {
        self.first.run(work.connection()).await?;
        self.writes.run(work.connection()).await?;
        if self.changed.public_state {
            // Last of all, so that nobody who holds this row waits for a cohort.
            crate::catalogue::listing_changed(work).await?;
        }
        Ok(self.changed)
    }
}
