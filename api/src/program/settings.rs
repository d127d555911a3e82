//! What is in force: flags, then environment, then a TOML file, then defaults.

use persistence::DatabaseUrl;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Every setting of the program. Never shown whole: addresses can hold passwords.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Where the data lives (`DATABASE_URL`).
    pub database_url: DatabaseUrl,
    /// Address and port to serve on; port 0 picks one (`ACADEMY_LISTEN`).
    pub listen: String,
    /// What links in emails start with, without a slash at the end (`ACADEMY_PUBLIC_URL`).
    pub public_url: String,
    /// Where mail goes (`ACADEMY_SMTP_URL`); without it `.eml` files are written.
    pub smtp_url: Option<SecretString>,
    /// Folder of the `.eml` files (`ACADEMY_MAIL_DIR`).
    pub mail_dir: PathBuf,
    /// Who mails come from (`ACADEMY_MAIL_FROM`).
    pub mail_from: String,
    /// Address of `/metrics` alone (`ACADEMY_METRICS_LISTEN`).
    pub metrics_listen: Option<SocketAddr>,
    /// Requests a peer may make in a minute; `None` when the limit is off (`ACADEMY_RATE_LIMIT`).
    pub rate_limit: Option<u32>,
}
