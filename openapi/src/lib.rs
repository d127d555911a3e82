//! The API description: its base, the pass that finishes it, and the rules it is held to.

mod base;
mod finish;
mod lint;
mod schemas;
mod shape;

pub use base::base;
pub use finish::{ProblemEntry, finish};
pub use lint::lint;
pub use shape::{METHODS, operations};

/// Schemas whose name starts so are put in place by the finishing pass and never stand as components.
pub const INLINE: &str = "Inline_";

/// The document as it is committed: indented, with a line end.
pub fn to_text(document: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// Marks the schema of a merge patch's field, which is never required; the finishing pass takes it away.
pub const PATCH: &str = "x-merge-patch-field";
