//! The program: settings, commands, server and jobs.

pub(crate) mod settings;
