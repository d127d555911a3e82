//! Whether the order in which calls were answered is the ledger's.

use std::time::Instant;

/// When a call was made and answered, and where its answer stands in the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Observed {
    /// Right before the request was sent.
    pub sent: Instant,
    /// Right after the answer was read.
    pub received: Instant,
    /// `cohortVersion` of the answer.
    pub version: u64,
}

/// All pairs where an answer had come before another request was sent, and yet has the greater version; one
/// line for each version that is too small.
pub fn inversions(observed: &[Observed]) -> Vec<String> {
    let mut sorted = observed.to_vec();
    sorted.sort_by_key(|one| std::cmp::Reverse(one.version));
    let mut earliest: Option<Observed> = None;
    let mut inverted = Vec::new();
    for one in sorted {
        // `earliest` is, among the greater versions, the one that was answered first.
        if let Some(greater) = earliest
            && greater.received < one.sent
        {
            inverted
                .push(format!("version {} was answered before {} was sent", greater.version, one.version));
        }
        if earliest.is_none_or(|known| one.received < known.received) {
            earliest = Some(one);
        }
    }
    inverted
}
