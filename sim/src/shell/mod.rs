//! The shell around the domain, after `persistence::admission`: it loads, asks the domain, and writes. What
//! decides is the domain's; what is planted is marked with its [`crate::bugs::Bug`].

pub(crate) mod batch;
pub(crate) mod carry;
pub(crate) mod command;
pub(crate) mod decide;
pub(crate) mod evidence;
pub(crate) mod forms;
pub(crate) mod leave;
pub(crate) mod life;
pub(crate) mod reassess;
pub(crate) mod refused;
pub(crate) mod sitting;
pub(crate) mod tasters;
pub(crate) mod terms;
