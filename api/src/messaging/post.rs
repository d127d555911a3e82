//! The post: takes what is due from the outbox, renders it and hands it over.

use super::envelope::{Envelope, Sender};
use super::transport::{Folder, NotTaken, Smtp, Transport};
use crate::http::app::App;
use crate::http::secrets::Secrets;
use crate::program::jobs::wait_behind;
use crate::program::settings::Settings;
use domain::messaging::{Links, render};
use futures::{StreamExt, stream};
use lettre::message::Mailbox;
use persistence::messaging::{Leased, Loaded, Outcome, lease_due, load, settle};
use persistence::{Origin, Store, StoreError};
use secrecy::ExposeSecret;

/// Mails taken at once, each to another recipient.
const BATCH: u32 = 50;

/// Mails on their way at the same time.
const AT_ONCE: usize = 8;

/// What of a lease must be left for a try to be worth beginning, in seconds.
const LEFT_OF_LEASE: i64 = 60;

/// The way out, and what every mail has in common.
pub(crate) struct Post {
    transport: Box<dyn Transport>,
    from: Mailbox,
    public_url: String,
}

impl Post {
    /// Opens the way out: the mail server that is set, else the folder.
    ///
    /// # Errors
    /// Says which setting is wrong.
    pub(crate) fn new(settings: &Settings) -> Result<Self, String> {
        let transport: Box<dyn Transport> = match &settings.smtp_url {
            Some(url) => Box::new(Smtp::new(url.expose_secret())?),
            None => Box::new(Folder::new(&settings.mail_dir)),
        };
        let from = settings.mail_from.parse().map_err(|_| "ACADEMY_MAIL_FROM must be NAME <ADDRESS>")?;
        Ok(Self { transport, from, public_url: settings.public_url.trim_end_matches('/').to_owned() })
    }

    /// Sends what is due, one batch. Returns how many mails it took: 0 when nothing was due. No transaction is
    /// open while a mail is on its way.
    ///
    /// # Errors
    /// When the database refuses; what was sent and not marked is sent again when its lease ends.
    async fn send_batch(&self, store: &Store, secrets: &Secrets) -> Result<usize, StoreError> {
        let mut work = store.begin(Origin::job()).await?;
        let batch = lease_due(&mut work, BATCH).await?;
        if batch.is_empty() {
            return Ok(0);
        }
        work.commit().await?;
        let tries = stream::iter(batch).map(|mail| self.attempt(store, secrets, mail));
        let tried: Vec<_> = tries.buffer_unordered(AT_ONCE).collect().await;
        let mut work = store.begin(Origin::job()).await?;
        settle(&mut work, &tried).await?;
        work.commit().await?;
        Ok(tried.len())
    }

    /// One turn of the job: sends a batch and, when there may be more, has itself called again.
    ///
    /// # Errors
    /// As [`Post::send_batch`].
    pub(crate) async fn turn(&self, app: &App) -> Result<(), StoreError> {
        let sent = self.send_batch(&app.store, &app.secrets).await?;
        if sent == BATCH as usize {
            // Mail drains behind the desk and leaves it the machine.
            wait_behind(&app.desk).await;
        }
        if sent > 0 {
            app.store.mail_is_due.notify_one();
        }
        Ok(())
    }

    async fn attempt(&self, store: &Store, secrets: &Secrets, mail: Leased) -> (Leased, Outcome) {
        let outcome = match self.deliver(store, secrets, &mail).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(mail = %mail.id, kind = mail.kind.as_str(), attempt = mail.attempts + 1, %error, "mail was not taken");
                Outcome::Failed
            }
        };
        (mail, outcome)
    }

    async fn deliver(&self, store: &Store, secrets: &Secrets, mail: &Leased) -> Result<Outcome, NotTaken> {
        let reader = store.reader();
        let not_read = |_: StoreError| NotTaken("the database did not answer".to_owned());
        let now = reader.now().await.map_err(not_read)?;
        if (mail.leased_until - now).num_seconds() < LEFT_OF_LEASE {
            return Err(NotTaken("those before it took too long".to_owned()));
        }
        let Some(loaded) = load(&reader, mail, now).await.map_err(not_read)? else {
            return Ok(Outcome::Pointless);
        };
        let Some(envelope) = self.envelope(secrets, mail, &loaded) else { return Ok(Outcome::Pointless) };
        let envelope = envelope.map_err(|_| NotTaken("an address cannot be written to".to_owned()))?;
        self.transport.send(&envelope).await?;
        Ok(Outcome::Sent)
    }

    fn envelope(
        &self,
        secrets: &Secrets,
        mail: &Leased,
        loaded: &Loaded,
    ) -> Option<Result<Envelope, Box<dyn std::error::Error>>> {
        let token = loaded.token.map(|token| secrets.mail_token(token.purpose.as_str(), token.id));
        let links = Links { public_url: &self.public_url, token: token.as_deref() };
        let written = render(&loaded.particulars, &links)?;
        let academy = loaded.particulars.academy();
        let sender = Sender {
            from: &self.from,
            name: academy.map(|(name, _)| name),
            answers_to: academy.map(|(_, contact)| contact),
        };
        Some(Envelope::new(mail.id, &loaded.address, &sender, written))
    }
}
