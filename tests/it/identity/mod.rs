//! People, sign-in, roles, clients: ACC-1 to ACC-9.

mod clients;
mod organisations;
mod registering;
mod roles;
mod sessions;
mod shared_emails;
mod tenants;
