//! `academy demo`: the five documents' programmes on a fresh database, made through the API itself.

mod client;
mod content;
mod dates;
mod guide;
mod scene;

use chrono::{DateTime, TimeDelta, Utc};
pub(crate) use client::DemoError;
use client::Guest;
use dates::Dates;
use std::path::Path;

/// The platform admin's email; the caller makes the account as `academy admin create` does.
pub(crate) const ADMIN_EMAIL: &str = scene::ADMIN;

/// The platform admin's password, the same as everybody's: a demo keeps no secrets.
pub(crate) const ADMIN_PASSWORD: &str = client::PASSWORD;

/// How long the printed tokens are good for: longer than a demo runs.
pub(crate) const ACCESS_LIFE: TimeDelta = TimeDelta::days(365);

/// Furnishes the server that answers at `base` (`http://ADDRESS:PORT`) and writes its mails into `mails`. Gives the
/// text to print: accounts, tokens and lines to paste.
///
/// # Errors
/// When the API refuses something or can't be reached.
pub(crate) async fn furnish(base: &str, mails: &Path, now: DateTime<Utc>) -> Result<String, DemoError> {
    let nobody = Guest::anonymous(base, mails.to_owned())?;
    let scene = scene::furnish(&nobody, &Dates::after(now)).await?;
    Ok(guide::guide(base, mails, &scene))
}
