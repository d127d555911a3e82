//! How a mail leaves: to a mail server, or into a folder where none is set.

use super::envelope::Envelope;
use futures::future::BoxFuture;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::fs::{DirBuilder, OpenOptions};
use tokio::io::AsyncWriteExt;

/// How long a mail server may take for one step; well within a lease.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a mail did not leave: a class or code, never an address (ACC-7).
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotTaken(pub(super) String);

/// Takes mails.
pub(crate) trait Transport: Send + Sync {
    /// Hands one mail over. Once this is `Ok` it is somebody else's to deliver.
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), NotTaken>>;
}

/// A mail server, spoken to by SMTP.
pub(crate) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// Takes `smtp://host:port` or `smtps://user:pass@host:port`; `smtp://…?tls=required` asks for STARTTLS.
    ///
    /// # Errors
    /// When it is no such address; the address is not repeated, since it can hold a password.
    pub(crate) fn new(url: &str) -> Result<Self, String> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| "ACADEMY_SMTP_URL must be smtp://HOST:PORT or smtps://USER:PASSWORD@HOST:PORT")?;
        Ok(Self(builder.timeout(Some(PATIENCE)).build()))
    }
}

impl Transport for Smtp {
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), NotTaken>> {
        Box::pin(async move {
            let answer = self.0.send(envelope.message().clone()).await;
            answer.map(drop).map_err(|error| {
                NotTaken(match error.status() {
                    Some(code) => format!("the mail server answered {code}"),
                    None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
                    None => "the mail server could not be reached".to_owned(),
                })
            })
        })
    }
}

/// A folder in which each mail becomes one `.eml` file; the same mail twice is one file.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Takes the folder, which is made when the first mail comes.
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    async fn write(&self, envelope: &Envelope) -> std::io::Result<()> {
        // Tokens and names stand in mails: they are for the program's own user only.
        let (mut folders, mut files) = (DirBuilder::new(), OpenOptions::new());
        #[cfg(unix)]
        folders.mode(0o700);
        #[cfg(unix)]
        files.mode(0o600);
        folders.recursive(true).create(&self.0).await?;
        // A reader of the folder never sees half a mail.
        let half = self.0.join(format!(".{}.part", envelope.id()));
        let mut file = files.create(true).truncate(true).write(true).open(&half).await?;
        file.write_all(&envelope.message().formatted()).await?;
        file.flush().await?;
        tokio::fs::rename(&half, self.0.join(format!("{}.eml", envelope.id()))).await
    }
}

impl Transport for Folder {
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), NotTaken>> {
        Box::pin(async move {
            let written = self.write(envelope).await;
            written.map_err(|error| NotTaken(format!("the mail folder cannot be written: {}", error.kind())))
        })
    }
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
