//! The program: settings, commands, server and jobs.

pub(crate) mod demo;
pub(crate) mod settings;
