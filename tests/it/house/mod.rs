//! The conventions of the API: what holds whatever is asked.

mod bodies;
mod document;
mod drain;
mod files;
mod lists;
mod parameters;
mod refusals;
mod repeats;
mod surface;
mod versions;
