//! People, organisations, sign-in, roles and clients.

pub mod access;
pub mod clients;
mod emails;
pub(crate) mod entities;
pub mod keys;
pub mod mail_tokens;
pub mod members;
pub mod organisations;
pub mod participants;
pub mod people;
pub mod reference;
pub mod registrations;
pub mod sessions;
pub mod verification;
