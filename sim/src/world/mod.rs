//! What a seed is like, and what is done in it.

pub(crate) mod acts;
pub(crate) mod moments;
pub(crate) mod setup;
