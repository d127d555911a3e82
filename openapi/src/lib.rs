//! The API description: its base, the pass that finishes it, and the rules it is held to.

/// Schemas whose name starts so are put in place by the finishing pass and never stand as components.
pub const INLINE: &str = "Inline_";
